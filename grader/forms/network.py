"""A network as typed, read into exact numbers: valid, or invalid with the layer, the unit and both shapes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Protocol

from grader import document
from grader.assignment.part_kinds import Layer as Stated, NetworkPart
from grader.forms import asking, layouts
from grader.forms.answer import Answer, Invalid, PartAnswers, Typed, attempt, described, shown, together
from grader.forms.asking import Schema
from grader.forms.weights import ZERO, Entry, Reader, Row, by_field, empty, shape
from grader.frozen import frozen
from grader.language import reading
from grader.language.nodes import Node
from grader.networks.network import Layer, Network, unknown


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


def answer(typed: Typed) -> PartAnswers:
    """The answer to a network part."""
    found = read(typed.value, typed.part, typed.config.limits)
    (item,) = typed.items
    text = shown(typed.file.typed(typed.value))
    one = Answer(item, "read", found.network, text, found.understood, line=typed.value.line)
    return PartAnswers((one,), tuple(f"part {item.part}: {remark}." for remark in found.remarks))


@frozen
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

    def matrix(name: str) -> Entry:
        if name not in fields:
            raise Invalid(f"{name} is missing.", value.line)
        return reader.matrix(fields[name], name)

    def rows(layer: Stated, below: int, seen: str) -> tuple[Row, ...]:
        return _rows(matrix(layer.W), layer.W, layer.units, below, seen)

    def biases(layer: Stated) -> Row:
        return _biases(matrix(layer.b), layer.b, layer.units)

    read_: list[tuple[Stated, tuple[Row, ...] | Invalid, Row | Invalid]] = []
    below, seen = len(part.inputs), _counted(len(part.inputs), "input")
    for number, layer in enumerate(part.layers, 1):
        read_.append((layer, attempt(rows, layer, below, seen), attempt(biases, layer)))
        below, seen = layer.units, f"{_counted(layer.units, 'unit')} of layer {number}"
    together(*(one for _, *both in read_ for one in both), remarks=remarks)
    layers = [
        Layer(weights, bias, (_activation(layer.activation)[0],) * layer.units)
        for layer, weights, bias in read_
        if not isinstance(weights, Invalid) and not isinstance(bias, Invalid)
    ]
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
    read_: list[tuple[Layer, str, list[str]] | Invalid] = []
    below: int | None = len(part.inputs)
    seen, weights = _counted(len(part.inputs), "input"), 0
    for number, item in enumerate(typed.items, 1):
        layer = attempt(_layer, item, number, below, seen, limits, reader)
        read_.append(layer)
        if isinstance(layer, Invalid):
            below = None  # what is above it is held against nothing
            continue
        weights += layer[0].width * len(layer[0].weights[0])
        if weights > limits.weights:
            raise Invalid(f"The network has more than {limits.weights:,} weights.", item.line)
        below, seen = layer[0].width, f"{_counted(layer[0].width, 'unit')} of layer {number}"
    if below not in (1, None):
        last = f"The last layer has {below} units, and the answer is one number: it must have 1 unit."
        read_.append(Invalid(last, typed.items[-1].line))
    together(*read_, remarks=remarks)
    layers = [layer for layer in read_ if not isinstance(layer, Invalid)]
    remarks += [remark for _, _, more in layers for remark in more]
    return _answer(part.inputs, [layer for layer, _, _ in layers], [text for _, text, _ in layers], remarks)


def _layer(
    item: document.Node, number: int, below: int | None, seen: str, limits: Limits, reader: Reader
) -> tuple[Layer, str, list[str]]:
    place = f"Layer {number}"
    if not isinstance(item, document.Mapping):
        raise Invalid(f"{place}: here {described(item)} stands; a layer has W, b and activation.", item.line)
    fields, remarks = by_field(item, layouts.of_layer(number), f"{place}: ")
    rows = attempt(_free_rows, fields, item, place, below, seen, limits, reader)
    units = None if isinstance(rows, Invalid) else len(rows)
    biases = attempt(_free_biases, fields, place, units, reader)
    functions = attempt(_activations, fields.get("activation"), item, place, units)
    together(rows, biases, functions, remarks=remarks)
    assert not isinstance(rows, Invalid)
    assert not isinstance(biases, Invalid)
    assert not isinstance(functions, Invalid)
    return Layer(rows, biases, functions[0]), functions[1], remarks


def _free_rows(
    fields: Mapping[str, document.Node],
    item: document.Node,
    place: str,
    below: int | None,
    seen: str,
    limits: Limits,
    reader: Reader,
) -> tuple[Row, ...]:
    if "W" not in fields:
        raise Invalid(f"{place}: W is missing.", item.line)
    typed = reader.matrix(fields["W"], f"{place}, W")
    if typed.shape[:1] > (limits.units,) and len(typed.shape) == 2:
        raise Invalid(f"{place} has {typed.shape[0]} units, more than the {limits.units} that are read.", item.line)
    if below is None:
        return typed.rows
    return _rows(typed, f"{place}, W", _free_units(typed, below), below, seen)


def _free_biases(fields: Mapping[str, document.Node], place: str, units: int | None, reader: Reader) -> Row:
    if "b" not in fields or empty(fields["b"]):
        return (ZERO,) * (units or 0)
    typed = reader.matrix(fields["b"], f"{place}, b")
    return typed.flat if units is None else _biases(typed, f"{place}, b", units)


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
    typed: document.Node | None, item: document.Node, place: str, units: int | None
) -> tuple[tuple[Node, ...], str]:
    """The activations of a layer, and how they are understood; where its units are not known, one for each typed."""
    if typed is None or empty(typed):
        raise Invalid(f'{place}: the activation is missing, as in activation: "I(z >= 1)".', item.line)
    if isinstance(typed, document.Scalar):
        node, text = _read_activation(typed, place)
        return (node,) * (units or 1), text
    if not isinstance(typed, document.Sequence):
        raise Invalid(f"{place}: here {described(typed)} stands for the activation.", typed.line)
    units = units or len(typed.items)
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
    strange = unknown(found.node)
    if strange:
        raise ValueError(f"an activation is an expression in z; {strange} is not known in one")
    return found.node, found.understood


def _answer(inputs: tuple[str, ...], layers: list[Layer], shown: list[str], remarks: list[str]) -> NetworkAnswer:
    sizes = "-".join(str(size) for size in (len(inputs), *(layer.width for layer in layers)))
    return NetworkAnswer(Network(inputs, tuple(layers)), f"{sizes} network, {'; '.join(shown)}", tuple(remarks))


def template(part: NetworkPart) -> Iterator[str]:
    """The lines of a template: the layers that are asked for, or how layers are typed."""
    below = len(part.inputs)
    for layer in part.layers:
        one = layer.units == 1
        rows = f"{below} numbers: the weights of one unit" if one else f"{layer.units} × {below}, one row for each unit"
        yield asking.line(f"{layer.W}:", f"{rows}, φ(z) = {layer.activation}")
        yield asking.line(f"{layer.b}:", "a number" if one else f"{layer.units} numbers")
        below = layer.units
    if not part.layers:
        yield asking.line("layers:", f"as many as you like, the first with {below} inputs, the last with one unit:")
        yield asking.line("# - W: [[...], [...]]", "one row for each unit")
        yield asking.line("#   b: [..., ...]", "left out: zeros")
        yield asking.line("#   activation: relu", "or an expression in z, or a list with one for each unit")


def schema(part: NetworkPart, most: int) -> Schema:
    """The JSON Schema of the part; a network has at ``most`` so many layers."""
    return _fixed_schema(part) if part.layers else _free_schema(most)


def _fixed_schema(part: NetworkPart) -> Schema:
    properties: Schema = {}
    below = len(part.inputs)
    for number, layer in enumerate(part.layers, 1):
        rows = f"{layer.units} rows of {below} weights" if layer.units > 1 else f"{below} weights"
        says = f"Weights of layer {number}: {rows}."
        matrix = {"anyOf": [asking.array(layer.units, below), *([asking.array(below)] if layer.units == 1 else [])]}
        properties[layer.W] = {**matrix, "description": says}
        biases = asking.array(layer.units) if layer.units > 1 else {"anyOf": [asking.NUMBER, asking.array(1)]}
        properties[layer.b] = {**biases, "description": f"Biases of layer {number}: one a unit."}
        below = layer.units
    return asking.fields(properties)


def _free_schema(most: int) -> Schema:
    activation = {
        "anyOf": [asking.TEXT, {"type": "array", "items": asking.TEXT, "minItems": 1}],
        "description": 'A name (relu, step, …) or an expression in z, such as "I(z >= 1)"; or a list, one a unit.',
    }
    layer = {
        "type": "object",
        "additionalProperties": False,
        "required": ["W", "activation"],
        "properties": {
            "W": {"anyOf": [asking.array(0, 0), asking.array(0)], "description": "Weights: one row a unit."},
            "b": {"anyOf": [asking.array(0), asking.NUMBER], "description": "Biases: one a unit. Left out: zeros."},
            "activation": activation,
        },
    }
    layers = {"type": "array", "items": layer, "minItems": 1, "maxItems": most}
    return asking.fields({"layers": {**layers, "description": "The layers, from the inputs to the one output unit."}})
