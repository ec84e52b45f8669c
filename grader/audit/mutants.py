"""Mutants of the reference: its answers with one slip in one item, as a student could have typed them."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from grader import kinds, slips
from grader.assignment.answer_key import AnswerKey
from grader.assignment.config import Config, Item
from grader.assignment.parts import BackwardPart, FieldsPart, NetworkPart
from grader.language import exact, reading, writing
from grader.language.nodes import Array, Node, Order
from grader.language.unreadable import Unreadable

Sheet = dict[str, Any]
Path = tuple[Any, ...]


@dataclass(frozen=True)
class Mutant:
    """A sheet in which ``item`` has a slip; ``where`` says in which of its places, ``typed`` what stands there."""

    item: str
    slip: str
    where: str
    typed: str
    sheet: Sheet


def sheet(key: AnswerKey, config: Config) -> Sheet:
    """The reference's answers as an ``answers.yaml`` would hold them."""
    whole: Sheet = {}
    for name, answer in key.answers.items():
        if name in config.parts:
            whole[name] = copy.deepcopy(answer)
        else:
            item = config.item(name)
            _put(whole, (item.part, *item.path), copy.deepcopy(answer))
    return whole


def replaced(whole: Sheet, path: Path, answer: Any) -> Sheet:
    """The sheet with another answer in one place."""
    changed = copy.deepcopy(whole)
    _put(changed, path, answer)
    return changed


def _put(whole: Any, path: Path, answer: Any) -> None:
    *way, last = path
    for step in way:
        whole = whole.setdefault(step, {}) if isinstance(whole, dict) else whole[step]
    whole[last] = answer


def of(item: Item, config: Config, whole: Sheet) -> Iterator[Mutant]:
    """Every mutant of one item; two slips that give the same text are one mutant."""
    seen = set()
    for slip, path, answer in _slips(item, config, whole):
        mark = (path, str(answer))
        changed = replaced(whole, path, answer)
        if mark not in seen and changed != whole:
            seen.add(mark)
            where = ".".join(str(step) for step in path)
            yield Mutant(item.name, slip, where, str(answer), changed)


def _slips(item: Item, config: Config, whole: Sheet) -> Iterator[tuple[str, Path, Any]]:
    part = config.parts[item.part]
    path: Path = (item.part, *item.path)
    answer: Any = whole
    for step in path:
        answer = answer[step]
    if isinstance(part, NetworkPart):
        yield from _network((item.part,), answer)
    elif isinstance(part, BackwardPart):
        yield from _equations(item, config, whole[item.part])
    elif isinstance(part, FieldsPart) and item.shape:
        yield from _values(path, _numbers(reading.array(answer).node) if isinstance(answer, str) else answer)
    elif isinstance(part, FieldsPart):
        for slip, other in _typed(item, str(answer)):
            yield slip, path, writing.text(other)
    else:
        yield from _graph((item.part, "edges"), answer["edges"])


def _typed(item: Item, answer: str) -> Iterator[tuple[str, Node]]:
    """Of an order what stands inside is changed."""
    kind = kinds.TABLE[item.kind]
    node = kind.read(answer, item.symbols).node
    inside = node.argument if isinstance(node, Order) else node
    found = slips.mutants(inside, kind.slips(item.symbols))
    return ((slip, replace(node, argument=other) if isinstance(node, Order) else other) for slip, other in found)


def _numbers(node: Node) -> Any:
    """An array as lists of numbers."""
    return list(map(_numbers, node.entries)) if isinstance(node, Array) else _written(exact.value(node))


def _network(path: Path, answer: Any) -> Iterator[tuple[str, Path, Any]]:
    """Every number and every activation in turn, and each two neighbouring units exchanged."""
    if isinstance(answer, dict):
        for name, inner in answer.items():
            yield from _network((*path, name), inner)
    elif isinstance(answer, list):
        if all(isinstance(row, list) for row in answer):
            for index in range(len(answer) - 1):
                rows = [*answer[:index], answer[index + 1], answer[index], *answer[index + 2 :]]
                yield "a swapped unit", path, rows
        for index, inner in enumerate(answer):
            yield from _network((*path, index), inner)
    elif (isinstance(answer, str) and path[-1] == "activation") or "activation" in path[-2:-1]:
        try:
            for slip, other in slips.mutants(reading.activation(answer).node, slips.activation()):
                yield slip, path, writing.text(other)
        except Unreadable:
            return
    else:
        number = Fraction(str(answer))
        bias = any(str(step).startswith("b") for step in path[1:])
        yield "a bias off by one" if bias else "a coefficient", path, _written(number + 1)
        if bias:
            yield "a bias off by one", path, _written(number - 1)
        if number:
            yield "a sign", path, _written(-number)
            yield "a dropped term", path, 0


def _written(number: Fraction) -> Any:
    return number.numerator if number.denominator == 1 else str(number)


def _equations(item: Item, config: Config, answer: Any) -> Iterator[tuple[str, Path, Any]]:
    """The variable's own equation, and the student's own names that it uses."""
    part = config.parts[item.part]
    assert isinstance(part, BackwardPart)
    procedure = config.procedures[part.procedure]
    own = answer.get("where") or {}
    forward = [*procedure.inputs, *procedure.parameters, *procedure.label, *procedure.steps]
    bars = [f"{name}_bar" for name in (*procedure.steps, *procedure.inputs)]
    names = (*forward, *bars, *own)
    node = reading.equation(str(answer[item.path[0]]), names).node
    table = slips.equation(names)
    for slip, other in slips.mutants(node, table):
        yield slip, (item.part, *item.path), writing.text(other)
    for name, definition in own.items():
        if name in str(answer[item.path[0]]).replace("^", " ").split():
            for slip, other in slips.mutants(reading.equation(str(definition), names).node, table):
                yield slip, (item.part, "where", name), writing.text(other)


def _values(path: Path, answer: Any) -> Iterator[tuple[str, Path, Any]]:
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


def _graph(path: Path, edges: list[str]) -> Iterator[tuple[str, Path, Any]]:
    pairs = [tuple(edge.split(" -> ")) for edge in edges]
    for index, (source, target) in enumerate(pairs):
        rest = [*edges[:index], *edges[index + 1 :]]
        yield "a dropped term", path, rest
        yield "a transpose", path, [*rest, f"{target} -> {source}"]
    ends = [pairs[0][0], pairs[-1][1]]
    yield "a coefficient", path, [*edges, f"{ends[0]} -> {ends[1]}"]
