"""Slips in right answers, one in one place, as a student could have typed them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

from grader import slips
from grader.assignment.config import Config, Item
from grader.gradients.procedure import bar
from grader.language import exact, reading, writing
from grader.language.nodes import Array, Node, Order
from grader.language.unreadable import Unreadable
from grader.slips import Slip

Path = tuple[Any, ...]
Change = tuple[str, Path, Any]
"""The slip's name, the place in the answer to the part, and what stands there with the slip."""


def typed(path: Path, node: Node, table: Collection[Slip]) -> Iterator[Change]:
    """Slips in what is typed in a line; of an order what stands inside is changed."""
    inside = node.argument if isinstance(node, Order) else node
    for slip, other in slips.mutants(inside, table):
        yield slip, path, writing.text(replace(node, argument=other) if isinstance(node, Order) else other)


def _numbers(node: Node) -> Any:
    return list(map(_numbers, node.entries)) if isinstance(node, Array) else _written(exact.value(node))


def network(path: Path, answer: Any) -> Iterator[Change]:
    """Every number and every activation in turn, and each two neighbouring units exchanged."""
    if isinstance(answer, dict):
        for name, inner in answer.items():
            yield from network((*path, name), inner)
    elif isinstance(answer, list):
        if all(isinstance(row, list) for row in answer):
            for index in range(len(answer) - 1):
                rows = [*answer[:index], answer[index + 1], answer[index], *answer[index + 2 :]]
                yield "a swapped unit", path, rows
        for index, inner in enumerate(answer):
            yield from network((*path, index), inner)
    elif (isinstance(answer, str) and path[-1] == "activation") or "activation" in path[-2:-1]:
        try:
            for slip, other in slips.mutants(reading.activation(answer).node, slips.activation()):
                yield slip, path, writing.text(other)
        except Unreadable:
            return
    else:
        number = Fraction(str(answer))
        bias = any(str(step).startswith("b") for step in path)
        yield "a bias off by one" if bias else "a coefficient", path, _written(number + 1)
        if bias:
            yield "a bias off by one", path, _written(number - 1)
        if number:
            yield "a sign", path, _written(-number)
            yield "a dropped term", path, 0


def _written(number: Fraction) -> Any:
    return number.numerator if number.denominator == 1 else str(number)


def equations(item: Item, config: Config, answer: Any) -> Iterator[Change]:
    """The variable's own equation, and the student's own names that it uses."""
    part: Any = config.parts[item.part]
    procedure = config.procedures[part.procedure]
    own = answer.get("where") or {}
    forward = [*procedure.inputs, *procedure.parameters, *procedure.label, *procedure.steps]
    names = (*forward, *(bar(name) for name in (*procedure.steps, *procedure.inputs)), *own)
    table = slips.equation(names)
    text = str(answer[item.path[0]])
    yield from typed(item.path, reading.equation(text, names).node, table)
    for name, definition in own.items():
        if name in text.replace("^", " ").split():
            yield from typed(("where", name), reading.equation(str(definition), names).node, table)


def values(path: Path, answer: Any) -> Iterator[Change]:
    """Every number in turn; rows, columns and entries exchanged and left out."""
    return _values(path, _numbers(reading.array(answer).node) if isinstance(answer, str) else answer)


def _values(path: Path, answer: Any) -> Iterator[Change]:
    rows = isinstance(answer, list) and all(isinstance(row, list) for row in answer)
    if rows:
        yield "a transpose", path, [list(column) for column in zip(*answer)]
    if isinstance(answer, list):
        yield "a swapped unit", path, answer[::-1]
        if len(answer) > 1:
            yield "a dropped term", path, answer[:-1]
        for index, inner in enumerate(answer):
            for slip, _, other in _values((), inner):
                if slip != "a dropped term":
                    yield slip, path, [*answer[:index], other, *answer[index + 1 :]]
    else:
        number = Fraction(str(answer))
        yield "a coefficient", path, _written(number + 1)
        yield "a coefficient", path, _written(2 * number)
        if number:
            yield "a sign", path, _written(-number)


def graph(edges: list[str]) -> Iterator[Change]:
    """Every edge left out and turned round, and one too many."""
    path = ("edges",)
    pairs = [tuple(edge.split(" -> ")) for edge in edges]
    for index, (source, target) in enumerate(pairs):
        rest = [*edges[:index], *edges[index + 1 :]]
        yield "a dropped term", path, rest
        yield "a transpose", path, [*rest, f"{target} -> {source}"]
    ends = [pairs[0][0], pairs[-1][1]]
    yield "a coefficient", path, [*edges, f"{ends[0]} -> {ends[1]}"]
