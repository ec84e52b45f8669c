"""Mistakes in a config whose values are each of the right type: names that do not exist, bounds that cross.

Whether conditions, activations and steps can be read is for a floor above, which knows the language.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

from grader.assignment.faults import Path, nearest
from grader.assignment.items import fields, variables
from grader.assignment.models import (
    FIELD_KINDS,
    BackwardPart,
    FieldsPart,
    GraphPart,
    Limits,
    NetworkPart,
    Part,
    Procedure,
)

Mistake = tuple[Path, str]


def find(read: dict[str, Any]) -> list[Mistake]:
    """The mistakes in what was read; sections that could not be read are left out."""
    procedures: dict[str, Procedure] = read["procedures"]
    parts: dict[str, Part] = read["parts"]
    found: list[Mistake] = []
    for name, procedure in procedures.items():
        found += [(("procedures", name, *path), message) for path, message in _procedure(procedure)]
    for name, part in parts.items():
        found += [(("parts", name, *path), message) for path, message in _part(part, procedures)]
    limits: Limits = read.get("limits", Limits())
    for key in ("proof_seconds", "python_seconds"):
        if getattr(limits, key) >= limits.deadline:
            found.append((("limits", key), f"it must be less than the deadline ({limits.deadline} seconds)"))
    return found


def _twice(names: Iterable[str], path: Path) -> Iterator[Mistake]:
    for name, count in Counter(names).items():
        if count > 1:
            yield path, f"{name!r} stands here {count} times"


def _procedure(procedure: Procedure) -> Iterator[Mistake]:
    for section, shapes in (("inputs", procedure.inputs), ("parameters", procedure.parameters)):
        for name, shape in shapes.items():
            for size in shape:
                if size not in procedure.sizes and not size.isdigit():
                    yield (section, name), _unknown("size", size, procedure.sizes)
            if len(shape) > 2:
                yield (section, name), "a vector or a matrix is expected: at most two sizes"
    for name, size in procedure.label.items():
        if size not in procedure.sizes:
            yield ("label", name), _unknown("size", size, procedure.sizes)
    if not procedure.steps:
        yield ("steps",), "it cannot be empty"
    taken = Counter([*procedure.inputs, *procedure.label, *procedure.parameters, *procedure.steps])
    for name, count in taken.items():
        if count > 1:
            section = "steps" if name in procedure.steps else "parameters"
            yield (section, name), "this name is given to two things"


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    meant = nearest(name, known)
    return f"unknown {what} {name!r}" + (f"; did you mean {meant!r}?" if meant else f"; known are: {', '.join(known)}")


def _part(part: Part, procedures: dict[str, Procedure]) -> Iterator[Mistake]:
    if isinstance(part, NetworkPart):
        yield from _network(part)
    elif isinstance(part, FieldsPart):
        yield from _fields(part)
    elif part.procedure not in procedures:
        yield ("procedure",), _unknown("procedure", part.procedure, procedures)
    elif isinstance(part, BackwardPart):
        yield from _backward(part, procedures[part.procedure])
    else:
        assert isinstance(part, GraphPart)


def _network(part: NetworkPart) -> Iterator[Mistake]:
    yield from _twice(part.inputs, ("inputs",))
    yield from _twice((name for layer in part.layers for name in (layer.W, layer.b)), ("layers",))
    if part.layers and part.layers[-1].units != 1:
        yield ("layers",), f"the last layer has {part.layers[-1].units} units, but a predicate is one output"


def _backward(part: BackwardPart, procedure: Procedure) -> Iterator[Mistake]:
    if part.of not in procedure.steps:
        yield ("of",), _unknown("step", part.of, procedure.steps)
        return
    known = (*procedure.inputs, *procedure.parameters)
    if unknown := [name for name in part.with_respect_to if name not in known]:
        yield ("with_respect_to",), _unknown("input or parameter", unknown[0], known)
        return
    wanted = variables(part, procedure)
    for name in part.weights:
        if name not in wanted:
            yield ("weights", name), _unknown("variable", name, wanted)
    if part.points and not any(part.weights.get(name, Fraction(1)) for name in wanted):
        yield ("weights",), "no item has a weight, so that no item can earn the points"


def _fields(part: FieldsPart) -> Iterator[Mistake]:
    yield from _twice(part.symbols, ("symbols",))
    weights = Fraction(0)
    for path, item in fields(part):
        weights += item.weight
        kind = FIELD_KINDS[item.kind]
        if len(item.shape) != kind.sizes:
            wanted = f"{kind.sizes} size{'s' * (kind.sizes > 1)}" if kind.sizes else "no shape"
            yield ("items", *path), f"a {item.kind} has {wanted}, not {list(item.shape)}"
        if kind.symbols and not part.symbols:
            yield ("items", *path), f"a {item.kind} needs 'symbols' in its part"
    if part.points and not weights:
        yield ("items",), "no item has a weight, so that no item can earn the points"
