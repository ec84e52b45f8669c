"""Two layouts of a network, a list of layers and numbered fields (W1, b1, …), turned into the one a part asks for."""

from __future__ import annotations

import re

from grader.assignment.part_kinds import NetworkPart
from grader.document import Mapping, Node, Scalar, Sequence
from grader.forms.answer import Invalid
from grader.forms.weights import plain

_SPELLINGS = {
    "W": ("W", "weights", "weight"),
    "b": ("b", "bias", "biases"),
    "activation": ("activation", "activations", "phi"),
}
_NUMBERED = re.compile(r"([a-z]+)([1-9]\d{0,2})")


def of_layer(number: int) -> dict[str, tuple[str, ...]]:
    """The fields of a layer in their usual spellings, with its number behind them or without."""
    return {
        name: (*spellings, *(f"{spelling}{number}" for spelling in spellings)) for name, spellings in _SPELLINGS.items()
    }


def layers(value: Node) -> Node:
    """The value of a part that asks for ``layers``: a bare list of layers or numbered fields become that field."""
    if isinstance(value, Sequence):
        return Mapping(value.line, value.column, entries=((_key(value, "layers"), value),))
    if not isinstance(value, Mapping) or any(_names_layers(key) for key, _ in value.entries):
        return value
    numbered: dict[int, list[tuple[Scalar, Node]]] = {}
    others = []
    for key, node in value.entries:
        found = _NUMBERED.fullmatch(plain(key.text))
        if found is not None and any(found[1] in map(plain, usual) for usual in _SPELLINGS.values()):
            numbered.setdefault(int(found[2]), []).append((key, node))
        else:
            others.append((key, node))
    if sorted(numbered) != list(range(1, len(numbered) + 1)) or not numbered:
        return value
    listed = Sequence(
        value.line,
        value.column,
        items=tuple(Mapping(fields[0][0].line, 0, entries=tuple(fields)) for _, fields in sorted(numbered.items())),
    )
    return Mapping(value.line, value.column, entries=(*others, (_key(value, "layers"), listed)))


def fields(value: Node, part: NetworkPart) -> Node:
    """The value of a part with fixed layers: a list of layers becomes its fields W1, b1, …

    What else a layer holds stays as it is: activations are stated by the part, and left aside with a note. Raises
    ``Invalid`` for another number of layers, and for a field that is given twice.
    """
    listed = value
    if isinstance(value, Mapping) and len(value.entries) == 1 and _names_layers(value.entries[0][0]):
        listed = value.entries[0][1]
    if not isinstance(listed, Sequence) or not all(isinstance(item, Mapping) for item in listed.items):
        return value
    if len(listed.items) != len(part.layers):
        raise Invalid(
            f"The network of this part has {len(part.layers)} layers, and {len(listed.items)} are given.", value.line
        )
    found: list[tuple[Scalar, Node]] = []
    for number, (item, layer) in enumerate(zip(listed.items, part.layers), 1):
        assert isinstance(item, Mapping)
        named = {spelling: name for name, usual in of_layer(number).items() for spelling in map(plain, usual)}
        names = {"W": layer.W, "b": layer.b}
        given = [(names.get(named.get(plain(key.text), ""), key.text), key, node) for key, node in item.entries]
        found += [(_key(key, name), node) for name, key, node in given]
        if layer.b not in (name for name, _, _ in given):
            zeros = (Scalar(item.line, item.column, text="0"),) * layer.units
            found.append((_key(item, layer.b), Sequence(item.line, item.column, items=zeros)))
    return Mapping(value.line, value.column, entries=tuple(found))


def _names_layers(key: Scalar) -> bool:
    return plain(key.text) in ("layer", "layers")


def _key(at: Node, name: str) -> Scalar:
    return Scalar(at.line, at.column, text=name)
