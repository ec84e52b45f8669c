"""A JSON Schema of answers.yaml, from the config, so that an editor completes and checks fields while one types."""

from __future__ import annotations

from typing import Any

from grader import kinds
from grader.assignment.config import Config, Part
from grader.assignment.parts import BackwardPart, FieldItem, FieldsPart, GraphPart, NetworkPart

Schema = dict[str, Any]

_NUMBER: Schema = {"type": ["number", "string"]}
_TEXT: Schema = {"type": ["string", "number"]}


def of(config: Config) -> Schema:
    """The schema (draft 7, which editors know). It is stricter than the reader: it knows one spelling of each name."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": config.title,
        "description": "The answers, by part. Leave out what you have no answer to.",
        "type": "object",
        "additionalProperties": False,
        "properties": {name: _part(part, config) for name, part in config.parts.items()},
    }


def _part(part: Part, config: Config) -> Schema:
    if isinstance(part, NetworkPart):
        found = _fixed(part) if part.layers else _free(config)
    elif isinstance(part, GraphPart):
        found = _graph()
    elif isinstance(part, BackwardPart):
        found = _backward(part, config)
    else:
        assert isinstance(part, FieldsPart)
        found = _fields(part)
    return {**found, "title": part.title}


def _object(properties: Schema, **more: Any) -> Schema:
    # A part that was begun and left empty is no mistake.
    return {"type": ["object", "null"], "additionalProperties": False, "properties": properties, **more}


def _array(*shape: int) -> Schema:
    """A vector or matrix of this shape, 0 for any size, as lists or as text."""
    if not shape:
        return _NUMBER
    sizes = {"minItems": shape[0], "maxItems": shape[0]} if shape[0] else {"minItems": 1}
    return {"anyOf": [{"type": "array", "items": _array(*shape[1:]), **sizes}, _TEXT]}


def _fixed(part: NetworkPart) -> Schema:
    properties: Schema = {}
    below = len(part.inputs)
    for number, layer in enumerate(part.layers, 1):
        rows = f"{layer.units} rows of {below} weights" if layer.units > 1 else f"{below} weights"
        says = f"Weights of layer {number}: {rows}."
        matrix = {"anyOf": [_array(layer.units, below), *([_array(below)] if layer.units == 1 else [])]}
        properties[layer.W] = {**matrix, "description": says}
        biases = _array(layer.units) if layer.units > 1 else {"anyOf": [_NUMBER, _array(1)]}
        properties[layer.b] = {**biases, "description": f"Biases of layer {number}: one a unit."}
        below = layer.units
    return _object(properties)


def _free(config: Config) -> Schema:
    activation = {
        "anyOf": [_TEXT, {"type": "array", "items": _TEXT, "minItems": 1}],
        "description": 'A name (relu, step, …) or an expression in z, such as "I(z >= 1)"; or a list, one a unit.',
    }
    layer = {
        "type": "object",
        "additionalProperties": False,
        "required": ["W", "activation"],
        "properties": {
            "W": {"anyOf": [_array(0, 0), _array(0)], "description": "Weights: one row a unit."},
            "b": {"anyOf": [_array(0), _NUMBER], "description": "Biases: one a unit. Left out: zeros."},
            "activation": activation,
        },
    }
    layers = {"type": "array", "items": layer, "minItems": 1, "maxItems": config.limits.layers}
    return _object({"layers": {**layers, "description": "The layers, from the inputs to the one output unit."}})


def _graph() -> Schema:
    edge = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT, "minItems": 2, "maxItems": 2}]}
    above = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}
    parents = {"type": "object", "additionalProperties": above}
    says = "Edges such as [x -> z1, z1 -> h], or the parents of each variable: {z1: [x], h: [z1]}."
    edges = {"anyOf": [{"type": "array", "items": edge}, parents, {"type": "string"}], "description": says}
    return _object({"edges": edges}, additionalProperties=above)


def _backward(part: BackwardPart, config: Config) -> Schema:
    where = {
        "type": ["object", "null"],
        "additionalProperties": _TEXT,
        "description": "Names of your own, such as {A: diag(u)}.",
    }
    properties: Schema = {"where": where}
    for name in part.variables(config.procedures[part.procedure]):
        says = f"The gradient of {part.of} with respect to {name}."
        properties[f"{name}_bar"] = {"type": ["string", "number", "null"], "description": says}
    # Names have other spellings too (\\bar{x}), and all equations may stand in one text.
    return _object(properties, additionalProperties=_TEXT, type=["object", "string", "null"])


def _fields(part: FieldsPart) -> Schema:
    properties: Schema = {}
    for name, entry in part.items.items():
        if isinstance(entry, FieldItem):
            properties[name] = _field(entry, part)
        else:
            properties[name] = _object({inner: _field(item, part) for inner, item in entry.items()})
    return _object(properties)


def _field(item: FieldItem, part: FieldsPart) -> Schema:
    symbols = " and ".join(part.symbols)
    example = " > ".join([*part.symbols, "1"][:2])
    shape = "×".join(map(str, item.shape))
    says = kinds.TABLE[item.kind].described.format(symbols=symbols, example=example, shape=shape)
    found = _array(*item.shape) if item.shape else _TEXT
    empty = {"anyOf": [*found["anyOf"], {"type": "null"}]} if item.shape else {"type": [*found["type"], "null"]}
    return {**empty, "description": f"{item.title[:1].upper()}{item.title[1:]}. {says}" if item.title else says}
