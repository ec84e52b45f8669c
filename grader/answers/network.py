"""A network as typed, read into exact numbers: valid, or invalid with the layer, the unit and both shapes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from grader import document
from grader.answers import layouts
from grader.answers.answer import Invalid, described
from grader.answers.weights import ZERO, Entry, Reader, Row, by_field, empty, shape
from grader.assignment.config import NetworkPart
from grader.language import reading
from grader.language.nodes import Node
from grader.networks import activation
from grader.networks.network import Layer, Network


class Limits(Protocol):
    """The limits of the config that bear on a network."""

    @property
    def units(self) -> int: ...
    @property
    def layers(self) -> int: ...
    @property
    def weights(self) -> int: ...
    @property
    def digits(self) -> int: ...


@dataclass(frozen=True)
class NetworkAnswer:
    """``understood`` says the sizes and activations; ``remarks`` are remarks that change nothing (an unknown field)."""

    network: Network
    understood: str
    remarks: tuple[str, ...] = ()


def read(value: document.Node, part: NetworkPart, limits: Limits) -> NetworkAnswer:
    """Read the value of a network part. Raises ``Invalid`` with blocks and, where there is one, the line."""
    value = layouts.fields(value, part) if part.layers else layouts.layers(value)
    if not isinstance(value, document.Mapping):
        wanted = " and ".join(name for layer in part.layers for name in (layer.W, layer.b)) or "layers"
        raise Invalid(f"Here {described(value)} stands; the answer needs the fields {wanted}.", value.line)
    reader = Reader(limits.digits)
    return _fixed(value, part, reader) if part.layers else _free(value, part, limits, reader)


def _fixed(value: document.Mapping, part: NetworkPart, reader: Reader) -> NetworkAnswer:
    wanted = {name: (name,) for layer in part.layers for name in (layer.W, layer.b)}
    fields, remarks = by_field(value, wanted, "")
    layers = []
    below, seen = len(part.inputs), _counted(len(part.inputs), "input")
    for layer in part.layers:
        for name in (layer.W, layer.b):
            if name not in fields:
                raise Invalid(f"{name} is missing.", value.line)
        weights = reader.matrix(fields[layer.W], layer.W)
        rows = _rows(weights, layer.W, layer.units, below, seen)
        biases = _biases(reader.matrix(fields[layer.b], layer.b), layer.b, layer.units)
        node, _ = _activation(layer.activation)
        layers.append(Layer(rows, biases, (node,) * layer.units))
        below, seen = layer.units, f"{_counted(layer.units, 'unit')} of layer {len(layers)}"
    return _answer(part.inputs, layers, [layer.activation for layer in part.layers], remarks)


def _free(value: document.Mapping, part: NetworkPart, limits: Limits, reader: Reader) -> NetworkAnswer:
    fields, remarks = by_field(value, {"layers": ("layers", "layer")}, "")
    if "layers" not in fields:
        raise Invalid("The field layers is missing: a list with W, b and activation for each layer.", value.line)
    typed = fields["layers"]
    if isinstance(typed, document.Mapping):
        typed = document.Sequence(typed.line, typed.column, items=(typed,))
    if not isinstance(typed, document.Sequence) or not typed.items:
        raise Invalid("layers must be a list of layers, each with W, b and activation.", typed.line)
    if len(typed.items) > limits.layers:
        raise Invalid(f"{len(typed.items)} layers are more than the {limits.layers} that are read.", typed.line)
    layers: list[Layer] = []
    shown: list[str] = []
    below, seen, weights = len(part.inputs), _counted(len(part.inputs), "input"), 0
    for number, item in enumerate(typed.items, 1):
        layer, text, more = _layer(item, number, below, seen, limits, reader)
        weights += layer.width * below
        if weights > limits.weights:
            raise Invalid(f"The network has more than {limits.weights:,} weights.", item.line)
        layers.append(layer)
        shown.append(text)
        remarks += more
        below, seen = layer.width, f"{_counted(layer.width, 'unit')} of layer {number}"
    if below != 1:
        raise Invalid(
            f"The last layer has {below} units, and the answer is one number: it must have 1 unit.",
            typed.items[-1].line,
        )
    return _answer(part.inputs, layers, shown, remarks)


def _layer(
    item: document.Node, number: int, below: int, seen: str, limits: Limits, reader: Reader
) -> tuple[Layer, str, list[str]]:
    place = f"Layer {number}"
    if not isinstance(item, document.Mapping):
        raise Invalid(f"{place}: here {described(item)} stands; a layer has W, b and activation.", item.line)
    fields, remarks = by_field(item, layouts.of_layer(number), f"{place}: ")
    if "W" not in fields:
        raise Invalid(f"{place}: W is missing.", item.line)
    typed = reader.matrix(fields["W"], f"{place}, W")
    if typed.shape[:1] > (limits.units,) and len(typed.shape) == 2:
        raise Invalid(f"{place} has {typed.shape[0]} units, more than the {limits.units} that are read.", item.line)
    units = _free_units(typed, below)
    rows = _rows(typed, f"{place}, W", units, below, seen)
    if "b" in fields and not empty(fields["b"]):
        biases = _biases(reader.matrix(fields["b"], f"{place}, b"), f"{place}, b", units)
    else:
        biases = (ZERO,) * units
    functions, text = _activations(fields.get("activation"), item, place, units)
    return Layer(rows, biases, functions), text, remarks


def _free_units(typed: Entry, below: int) -> int:
    """How many units the shape of W speaks of: a vector is one row, or a column where one number stands below."""
    if len(typed.shape) == 2:
        return typed.shape[0]
    return typed.shape[0] if typed.shape and below == 1 else 1


def _rows(typed: Entry, field: str, units: int, below: int, seen: str) -> tuple[Row, ...]:
    wanted = (units, below)
    if typed.shape == wanted:
        return typed.rows
    flat = typed.flat
    if min(wanted) == 1 and len(flat) == max(wanted) and (len(typed.shape) < 2 or 1 in typed.shape):
        return (flat,) if units == 1 else tuple((number,) for number in flat)
    hint = " It looks transposed: a unit is a row, not a column." if typed.shape == (below, units) else ""
    plural = "unit has a row" if units == 1 else "units have a row each"
    raise Invalid(
        f"{field} is {shape(typed.shape)}, and must be {shape(wanted)}: "
        f"{units} {plural}, with a weight for {'each of the' if below > 1 else 'the'} {seen}.{hint}",
        typed.line,
    )


def _biases(typed: Entry, field: str, units: int) -> Row:
    flat = typed.flat
    if len(flat) == units and (len(typed.shape) < 2 or 1 in typed.shape):
        return flat
    if not typed.shape and not any(flat):
        return (ZERO,) * units  # b = 0 is the vector of zeros, however many there are
    wanted = "a number" if units == 1 else f"a vector of {units} numbers"
    raise Invalid(
        f"{field} is {shape(typed.shape)}, and must be {wanted}: a bias is one number for "
        f"{'each of the' if units > 1 else 'the'} {_counted(units, 'unit')}.",
        typed.line,
    )


def _activations(
    typed: document.Node | None, item: document.Node, place: str, units: int
) -> tuple[tuple[Node, ...], str]:
    if typed is None or empty(typed):
        raise Invalid(f'{place}: the activation is missing, as in activation: "I(z >= 1)".', item.line)
    if isinstance(typed, document.Scalar):
        node, text = _read_activation(typed, place)
        return (node,) * units, text
    if not isinstance(typed, document.Sequence):
        raise Invalid(f"{place}: here {described(typed)} stands for the activation.", typed.line)
    if len(typed.items) == 1 and units > 1:
        typed = document.Sequence(typed.line, typed.column, items=typed.items * units)
    if len(typed.items) != units:
        raise Invalid(
            f"{place} has {_counted(len(typed.items), 'activation')} for {_counted(units, 'unit')}: "
            "give one for the layer, or one a unit.",
            typed.line,
        )
    read_ = [_read_activation(one, f"{place}, unit {unit}") for unit, one in enumerate(typed.items, 1)]
    texts = list(dict.fromkeys(text for _, text in read_))
    return tuple(node for node, _ in read_), " | ".join(texts[:4]) + (" | …" if len(texts) > 4 else "")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _read_activation(typed: document.Node, place: str) -> tuple[Node, str]:
    if not isinstance(typed, document.Scalar) or empty(typed):
        raise Invalid(f"{place}: the activation is missing, or is no text.", typed.line)
    try:
        return _activation(typed.text)
    except reading.Unreadable as error:
        raise Invalid(f"{place}: the activation cannot be read.", typed.line, *error.blocks()) from None
    except ValueError as error:
        raise Invalid(f"{place}: {error}.", typed.line) from None


@lru_cache(maxsize=4096)
def _activation(text: str) -> tuple[Node, str]:
    found = reading.activation(text)
    strange = activation.unknown(found.node)
    if strange:
        raise ValueError(f"an activation is an expression in z; {strange} is not known in one")
    return found.node, found.understood


def _answer(inputs: tuple[str, ...], layers: list[Layer], shown: list[str], remarks: list[str]) -> NetworkAnswer:
    sizes = "-".join(str(size) for size in (len(inputs), *(layer.width for layer in layers)))
    return NetworkAnswer(Network(inputs, tuple(layers)), f"{sizes} network, {'; '.join(shown)}", tuple(remarks))
