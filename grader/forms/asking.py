"""What asks for an answer: lines of the template, and pieces of the JSON Schema."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

NUMBER: Schema = {"type": ["number", "string"]}
TEXT: Schema = {"type": ["string", "number"]}


def line(field: str, comment: str = "") -> str:
    """A line of the template, with a comment on it that begins in the same column for all."""
    return f"{field:36}  # {comment}" if comment else field


def fields(properties: Schema, **more: Any) -> Schema:
    """A group of fields, and no others; one that was begun and left empty is no mistake."""
    return {"type": ["object", "null"], "additionalProperties": False, "properties": properties, **more}


def array(*shape: int) -> Schema:
    """A vector or matrix of this shape, 0 for any size, as lists or as text."""
    if not shape:
        return NUMBER
    sizes = {"minItems": shape[0], "maxItems": shape[0]} if shape[0] else {"minItems": 1}
    return {"anyOf": [{"type": "array", "items": array(*shape[1:]), **sizes}, TEXT]}
