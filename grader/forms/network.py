"""A network as typed, read into exact numbers: valid, or invalid with the layer, the unit and both shapes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from grader import document
from grader.assignment.config import Limits
from grader.assignment.part_kinds import Layer as Stated, NetworkPart
from grader.forms import asking
from grader.forms.answer import Answer, Invalid, PartAnswers, Typed, attempt, described, shown, together
from grader.forms.asking import Schema
from grader.forms.weights import ZERO, Reader, Row, by_field, counted, empty, plain, shape
from grader.frozen import frozen
from grader.language import reading
from grader.language.nodes import Node
from grader.networks import activations
from grader.networks.network import Layer, Network


def answer(typed: Typed) -> PartAnswers:
    """The answer to a network part: a list of layers, or numbered fields (W1, b1, …), whichever it asks for."""
    (item,) = typed.items
    part, limits, value = typed.part, typed.config.limits, _labelled(typed.value)
    layers, remarks = _stated(value, part) if part.layers else _free(value, limits)
    reader = Reader(limits.digits)
    found: list[tuple[Layer, str] | Invalid] = []
    below: int | None = len(part.inputs)
    seen, weights = counted(len(part.inputs), "input"), 0
    for number, one in enumerate(layers, 1):
        layer = one if isinstance(one, Invalid) else attempt(_layer, one, below, seen, limits, reader)
        found.append(layer)
        if not isinstance(one, Invalid) and not isinstance(layer, Invalid):
            below = layer[0].width
            weights += below * len(layer[0].weights[0])
            if weights > limits.weights:
                raise Invalid(f"The network has more than {limits.weights:,} weights.", one.line)
        else:  # what is above a layer of unknown size is held against nothing
            below = part.layers[number - 1].units if part.layers else None
        seen = f"{counted(below or 0, 'unit')} of layer {number}"
    if below not in (1, None):
        last = f"The last layer has {below} units, and the answer is one number: it must have 1 unit."
        found.append(Invalid(last, layers[-1].line))
    whole, texts = zip(*together(*found, remarks=remarks))
    remarks += [remark for one in layers if not isinstance(one, Invalid) for remark in one.remarks]
    sizes = "-".join(str(size) for size in (len(part.inputs), *(layer.width for layer in whole)))
    understood, text = f"{sizes} network, {'; '.join(texts)}", shown(typed.file.typed(typed.value))
    answered = Answer(item, "read", Network(part.inputs, whole), text, understood, line=value.line)
    return PartAnswers((answered,), tuple(f"part {item.part}: {remark}." for remark in remarks))


# -- which field of which layer ----------------------------------------------------------------------------------------

_SPELLINGS = {
    "W": ("W", "weights", "weight"),
    "b": ("b", "bias", "biases"),
    "activation": ("activation", "activations", "phi", "act", "f", "activation function", "nonlinearity"),
}
_WEIGHTS = frozenset(map(plain, _SPELLINGS["W"]))
_NUMBERED = re.compile(r"([a-z]+)([1-9]\d{0,2})")
_LAYERS = ("layers", "layer")
_LABEL = re.compile(
    r"(?:^|[\n;,])[^\S\n]*((?:W|b|phi|activation)[_^{( ]{0,3}[1-9][)}]{0,2})\s*(?:\(z\)\s*)?[:=]", re.IGNORECASE
)


@frozen
class _Fields:
    """What was typed of one layer, by field; ``stated`` is what the part states of it, where it does."""

    given: Mapping[str, document.Node]
    line: int
    place: str = ""
    stated: Stated | None = None
    remarks: tuple[str, ...] = ()

    def called(self, field: str) -> str:
        """How messages call a field."""
        return getattr(self.stated, field) if self.stated else f"{self.place}, {field}"


def _spelled(field: str, number: int) -> tuple[str, ...]:
    """A field of a layer in its usual spellings, with the layer's number behind them or without."""
    return (*_SPELLINGS[field], *(f"{spelling}{number}" for spelling in _SPELLINGS[field]))


def _labelled(value: document.Node) -> document.Node:
    """A text such as ``W1 = [1 2; 3 4], b1 = [0 0]`` as the fields that it names."""
    first, *pieces = _LABEL.split(value.text) if isinstance(value, document.Scalar) else ("",)
    if first.strip() or not pieces:
        return value
    texts = [document.Scalar(value.line, text=piece.strip(" \t\n,;")) for piece in pieces]
    return document.Mapping(value.line, entries=tuple(zip(texts[::2], texts[1::2])))


def _stated(value: document.Node, part: NetworkPart) -> tuple[list[_Fields | Invalid], list[str]]:
    """The layers of a part that states them. Activations are not asked for, and left aside with a remark."""
    listed = value
    if isinstance(value, document.Mapping) and [plain(key.text) in _LAYERS for key, _ in value.entries] == [True]:
        listed = value.entries[0][1]
    names = {name: (name,) for layer in part.layers for name in (layer.W, layer.b)}
    items, others = _grouped(listed)
    items = listed.items if isinstance(listed, document.Sequence) else items
    by_layer = bool(items) and all(isinstance(one, document.Mapping) for one in items)
    if by_layer:
        beside, remarks = by_field(others, {"W": _SPELLINGS["W"], "b": _SPELLINGS["b"], **names}, "")
    elif isinstance(listed, document.Mapping):
        items = (document.Mapping(value.line, entries=()),) * len(part.layers)
        beside, remarks = by_field(listed, names, "")
    else:
        wanted = " and ".join(names)
        raise Invalid(f"Here {described(value)} stands; the answer needs the fields {wanted}.", value.line)
    if len(items) != len(part.layers):
        message = f"The network of this part has {len(part.layers)} layers, and {len(items)} are given."
        raise Invalid(message, value.line)
    dealt = {field: _each(field, beside[field], len(items)) for field in ("W", "b") if by_layer and field in beside}
    layers: list[_Fields | Invalid] = []
    for number, (item, layer) in enumerate(zip(items, part.layers), 1):
        assert isinstance(item, document.Mapping)
        own, more = by_field(item, {layer.W: _spelled("W", number), layer.b: _spelled("b", number)}, "")
        remarks += more
        called = {"W": layer.W, "b": layer.b}
        shared = {name: beside[name] for name in called.values() if name in beside}
        shared |= {called[field]: entries[number - 1] for field, entries in dealt.items()}
        found = _both(shared, own)
        given = {field: found[name] for field, name in called.items() if name in found}
        if by_layer:  # biases that are left out are 0
            given.setdefault("b", document.Scalar(item.line, text="0"))
        layers.append(_Fields(given, value.line, stated=layer))
    return layers, remarks


def _free(value: document.Node, limits: Limits) -> tuple[list[_Fields | Invalid], list[str]]:
    """The layers of a part that asks for as many as one likes."""
    remarks: list[str] = []
    whole: dict[str, document.Node] = {}
    items: tuple[document.Node, ...] = ()
    listed: document.Node | None = value
    if isinstance(value, document.Mapping):
        items, others = _apart(value)
        whole, remarks = by_field(others, {"layers": _LAYERS, **_SPELLINGS}, "")
        listed = whole.pop("layers", None)
    if isinstance(listed, document.Sequence):
        items = listed.items
    elif isinstance(listed, document.Mapping):
        items, others = _apart(listed)
        more, again = by_field(others, _SPELLINGS, "") if items else ({}, [])
        whole, remarks, items = _both(whole, more), remarks + again, items or (listed,)
    elif listed is None:
        items = items or (document.Mapping(value.line, entries=()),) * len(_matrices(whole.get("W")))
        if not items:
            raise Invalid("The field layers is missing: a list with W, b and activation for each layer.", value.line)
    elif listed is value:
        raise Invalid(f"Here {described(value)} stands; the answer needs the fields layers.", value.line)
    if not items:
        raise Invalid("layers must be a list of layers, each with W, b and activation.", value.line)
    if len(items) > limits.layers:
        raise Invalid(f"{len(items)} layers are more than the {limits.layers} that are read.", value.line)
    beside = {field: _each(field, node, len(items)) for field, node in whole.items()}
    layers = (
        attempt(_free_layer, item, number, {field: entries[number - 1] for field, entries in beside.items()})
        for number, item in enumerate(items, 1)
    )
    return list(layers), remarks


def _apart(value: document.Mapping) -> tuple[tuple[document.Node, ...], document.Mapping]:
    """Layers that stand in fields of their own, and what else stands there.

    They are groups with a W in each, or numbered fields: W1, b1, W2, …
    """
    if any(plain(key.text) in _LAYERS for key, _ in value.entries):
        return (), value
    numbered: dict[int, list[tuple[document.Scalar, document.Node]]] = {}
    others = []
    for key, node in value.entries:
        found = _NUMBERED.fullmatch(plain(key.text))
        if found is not None and any(found[1] in map(plain, usual) for usual in _SPELLINGS.values()):
            numbered.setdefault(int(found[2]), []).append((key, node))
        else:
            others.append((key, node))
    if not numbered:
        return _grouped(value)
    if sorted(numbered) != list(range(1, len(numbered) + 1)):
        return (), value
    layers = (document.Mapping(fields[0][0].line, entries=tuple(fields)) for _, fields in sorted(numbered.items()))
    return tuple(layers), document.Mapping(value.line, entries=tuple(others))


def _grouped(value: document.Node) -> tuple[tuple[document.Node, ...], document.Mapping]:
    """The groups of fields with a W in them, and what stands beside them.

    The groups stand in their order, or in that of the numbers that all their names hold.
    """
    found, others = [], []
    for key, node in value.entries if isinstance(value, document.Mapping) else ():
        inner = node.entries if isinstance(node, document.Mapping) else ()
        if any(re.sub(r"\d", "", plain(name.text)) in _WEIGHTS for name, _ in inner):
            found.append((re.findall(r"(?<!\d)\d{1,9}(?!\d)", key.text), node))
        else:
            others.append((key, node))
    if all(len(numbers) == 1 for numbers, _ in found):
        found.sort(key=lambda one: int(one[0][0]))
    return tuple(node for _, node in found), document.Mapping(value.line, entries=tuple(others))


def _both(beside: Mapping[str, document.Node], own: Mapping[str, document.Node]) -> dict[str, document.Node]:
    """The fields beside a layer and its own, which may have an activation of its own, but no second W or b."""
    for field in sorted((beside.keys() & own.keys()) - {"activation"}):
        raise Invalid(f"{field} is given twice (again in line {beside[field].line}).", beside[field].line)
    return {**beside, **own}


def _each(field: str, given: document.Node, layers: int) -> tuple[document.Node, ...]:
    """What stands beside the layers, dealt out to them: a list with an entry for each, or one activation for all."""
    if field == "activation" and isinstance(given, document.Scalar):
        return (given,) * layers
    if not isinstance(given, document.Sequence) or len(given.items) != layers:
        message = f"{field} stands beside {counted(layers, 'layer')}, and must be a list with an entry for each."
        raise Invalid(message, given.line)
    return given.items


def _matrices(weights: document.Node | None) -> tuple[document.Node, ...]:
    """The matrices in a list of them; none in a matrix."""
    many = weights.items if isinstance(weights, document.Sequence) else ()
    rows = [row for one in many if isinstance(one, document.Sequence) for row in one.items]
    return many if any(isinstance(row, document.Sequence) for row in rows) else ()


def _free_layer(item: document.Node, number: int, beside: Mapping[str, document.Node]) -> _Fields:
    place = f"Layer {number}"
    if not isinstance(item, document.Mapping):
        raise Invalid(f"{place}: here {described(item)} stands; a layer has W, b and activation.", item.line)
    fields, remarks = by_field(item, {field: _spelled(field, number) for field in _SPELLINGS}, f"{place}: ")
    return _Fields(_both(beside, fields), item.line, place, remarks=tuple(remarks))


# -- one layer ---------------------------------------------------------------------------------------------------------


def _layer(one: _Fields, below: int | None, seen: str, limits: Limits, reader: Reader) -> tuple[Layer, str]:
    """A layer over so many numbers, where that is known, and how its activations are understood."""
    rows = attempt(_weights, one, below, seen, limits, reader)
    units = one.stated.units if one.stated else None if isinstance(rows, Invalid) else len(rows)
    biases, functions = attempt(_biases, one, units, reader), attempt(_activations, one, units)
    rows, biases, (activations_, text) = together(rows, biases, functions, remarks=one.remarks)
    return Layer(rows, biases, activations_), text


def _weights(one: _Fields, below: int | None, seen: str, limits: Limits, reader: Reader) -> tuple[Row, ...]:
    if "W" not in one.given:
        raise Invalid(f"{one.stated.W if one.stated else f'{one.place}: W'} is missing.", one.line)
    typed = reader.matrix(one.given["W"], one.called("W"))
    if one.stated:
        units = one.stated.units
    elif len(typed.shape) == 2 and typed.shape[0] > limits.units:
        raise Invalid(f"{one.place} has {typed.shape[0]} units, more than the {limits.units} that are read.", one.line)
    else:  # a vector is one row, or a column where one number stands below
        units = typed.shape[0] if len(typed.shape) == 2 or (typed.shape and below == 1) else 1
        if below is not None and units == below > 1:
            units = typed.shape[1]  # as many rows as inputs: if that fits no row, it is transposed
    wanted = (units, below)
    if below is None or typed.shape == wanted:
        return typed.rows
    flat = typed.flat
    if min(units, below) == 1 and len(flat) == max(units, below) and (len(typed.shape) < 2 or 1 in typed.shape):
        return (flat,) if units == 1 else tuple((number,) for number in flat)
    hint = " It looks transposed: a unit is a row, not a column." if typed.shape == (below, units) else ""
    plural = "unit has a row" if units == 1 else "units have a row each"
    raise Invalid(
        f"{one.called('W')} is {shape(typed.shape)}, and must be {shape((units, below))}: "
        f"{units} {plural}, with a weight for {'each of the' if below > 1 else 'the'} {seen}.{hint}",
        typed.line,
    )


def _biases(one: _Fields, units: int | None, reader: Reader) -> Row:
    if "b" not in one.given and one.stated:
        raise Invalid(f"{one.stated.b} is missing.", one.line)
    if "b" not in one.given or (empty(one.given["b"]) and not one.stated):
        return (ZERO,) * (units or 0)
    typed = reader.matrix(one.given["b"], one.called("b"))
    flat = typed.flat
    if units is None or (len(flat) == units and (len(typed.shape) < 2 or 1 in typed.shape)):
        return flat
    if not typed.shape and not any(flat):
        return (ZERO,) * units  # b = 0 is the vector of zeros, however many there are
    wanted = "a number" if units == 1 else f"a vector of {units} numbers"
    raise Invalid(
        f"{one.called('b')} is {shape(typed.shape)}, and must be {wanted}: a bias is one number for "
        f"{'each of the' if units > 1 else 'the'} {counted(units, 'unit')}.",
        typed.line,
    )


def _activations(one: _Fields, units: int | None) -> tuple[tuple[Node, ...], str]:
    """The activations of a layer, and how they are understood; where its units are not known, one for each typed."""
    if one.stated:
        return (activations.read(one.stated.activation).node,) * one.stated.units, one.stated.activation
    typed, place = one.given.get("activation"), one.place
    if typed is None or empty(typed):
        raise Invalid(f'{place}: the activation is missing, as in activation: "I(z >= 1)".', one.line)
    if isinstance(typed, document.Scalar):
        node, text = _read_activation(typed, place)
        return (node,) * (units or 1), text
    if not isinstance(typed, document.Sequence):
        raise Invalid(f"{place}: here {described(typed)} stands for the activation.", typed.line)
    units = units or len(typed.items)
    if len(typed.items) == 1 and units > 1:
        typed = document.Sequence(typed.line, items=typed.items * units)
    if len(typed.items) != units:
        raise Invalid(
            f"{place} has {counted(len(typed.items), 'activation')} for {counted(units, 'unit')}: "
            "give one for the layer, or one a unit.",
            typed.line,
        )
    read_ = [_read_activation(one, f"{place}, unit {unit}") for unit, one in enumerate(typed.items, 1)]
    texts = list(dict.fromkeys(text for _, text in read_))
    return tuple(node for node, _ in read_), " | ".join(texts[:4]) + (" | …" if len(texts) > 4 else "")


def _read_activation(typed: document.Node, place: str) -> tuple[Node, str]:
    if not isinstance(typed, document.Scalar) or empty(typed):
        raise Invalid(f"{place}: the activation is missing, or is no text.", typed.line)
    try:
        found = activations.read(typed.text)
    except reading.Unreadable as error:
        raise Invalid(f"{place}: the activation cannot be read.", typed.line, *error.blocks()) from None
    except ValueError as error:
        raise Invalid(f"{place}: {error}.", typed.line) from None
    return found.node, found.understood


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
    if not part.layers:
        return _free_schema(most)
    properties: Schema = {}
    below = len(part.inputs)
    for number, layer in enumerate(part.layers, 1):
        rows = f"{layer.units} rows of {below} weights" if layer.units > 1 else f"{below} weights"
        description = f"Weights of layer {number}: {rows}."
        matrix = {"anyOf": [asking.array(layer.units, below), *([asking.array(below)] if layer.units == 1 else [])]}
        properties[layer.W] = {**matrix, "description": description}
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
