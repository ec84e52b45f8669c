"""Mistakes in a config: each with its line, its place and what would be right."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

Path = tuple[str, ...]
Mistake = tuple[Path, str]


class Faulty(Exception):
    """The config cannot be used. One line a mistake: ``config.yaml:12: parts.1.1.points: …``."""

    def __init__(self, *messages: str) -> None:
        super().__init__("\n".join(messages))
        self.messages = messages


@dataclass(frozen=True)
class Lines:
    """The line on which each key of a file stands, by its path."""

    file: str = "config.yaml"
    of: dict[Path, int] = field(default_factory=dict)

    def line(self, path: Sequence[str | int]) -> int:
        """The line of a path, or of the nearest thing around it."""
        names = tuple(str(name) for name in path)
        while names and names not in self.of:
            names = names[:-1]
        return self.of.get(names, 1)

    def say(self, path: Sequence[str | int], message: str) -> str:
        """``message`` with the file, line and path in front."""
        dotted = ".".join(str(name) for name in path)
        return f"{self.file}:{self.line(path)}: {dotted}: {message}" if dotted else f"{self.file}:1: {message}"


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that ``name`` was probably meant to be, or ""."""
    lowered = {candidate.lower(): candidate for candidate in known}
    found = difflib.get_close_matches(name.lower()[:80], list(lowered), n=1, cutoff=0.6)
    return lowered[found[0]] if found else ""


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """That there is no such thing of this name, and which there are."""
    meant = nearest(name, known)
    return f"unknown {what} {name!r}" + (f"; did you mean {meant!r}?" if meant else f"; known are: {', '.join(known)}")


def none_of(given: object, known: Iterable[str], listed: str) -> str:
    """That something is none of the known names; ``listed`` are these as a sentence has them."""
    meant = nearest(str(given), known)
    return f"{_given(given)} is not one of: {listed}{f'; did you mean {meant!r}?' if meant else ''}"


def of_model(error: ValidationError, path: Path, model: Any) -> list[Mistake]:
    """The mistakes that pydantic found in the value at ``path``, with our words."""
    return [
        (path + _path(model, mistake["loc"]), _message(mistake, model))
        for mistake in error.errors(include_url=False, include_context=True)
    ]


def _message(mistake: Any, model: Any) -> str:
    kind, context, value = mistake["type"], mistake.get("ctx", {}), mistake.get("input")
    if kind == "extra_forbidden":
        known = _fields(model, mistake["loc"][:-1])
        meant = nearest(str(mistake["loc"][-1]), known)
        hint = f"did you mean {meant!r}?" if meant else f"known are: {', '.join(known)}"
        if value is None:
            hint += "; a value with a comma inside {…} needs quotes"
        return f"unknown key; {hint}"
    if kind == "missing":
        return "is missing"
    if kind in ("literal_error", "enum"):
        expected = str(context["expected"]).replace("'", "")
        return none_of(value, [word.strip() for word in expected.replace(" or ", ",").split(",")], expected)
    if kind == "value_error":
        return f"{context['error']}" if isinstance(value, (list, tuple)) else f"{context['error']}, not {_given(value)}"
    wanted = {
        "string_type": "text",
        "int_parsing": "a whole number",
        "int_type": "a whole number",
        "int_from_float": "a whole number",
        "bool_parsing": "true or false",
        "bool_type": "true or false",
        "tuple_type": "a list",
        "dict_type": "names with values",
        "model_type": "names with values",
        "model_attributes_type": "names with values",
        "greater_than": f"a number greater than {context.get('gt')}",
    }.get(kind)
    if wanted:
        return f"{wanted} is expected, not {_given(value)}"
    if kind == "too_short":
        return "it cannot be empty"
    if kind == "too_long":
        return f"it has {context.get('actual_length')} entries, but {context.get('max_length')} are expected"
    return str(mistake["msg"])


def _given(value: object) -> str:
    if value is None:
        return "an empty value"
    if isinstance(value, dict):
        return "names with values"
    if isinstance(value, (list, tuple)):
        return "a list"
    text = str(value)
    return repr(text if len(text) <= 40 else text[:37] + "...")


def _path(model: Any, location: Sequence[str | int]) -> Path:
    """pydantic's location without the tags of unions, which stand in no file."""
    names: list[str] = []
    for step in location:
        model, tag = _into(model, step)
        if not tag:
            names.append(str(step))
    return tuple(names)


def _fields(model: Any, location: Sequence[str | int]) -> tuple[str, ...]:
    for step in location:
        model, _ = _into(model, step)
    return tuple(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else ()


def _into(model: Any, step: str | int) -> tuple[Any, bool]:
    """The type at one step of a location, and whether the step is a union's tag."""
    while get_origin(model) is Annotated:
        if any(getattr(extra, "tag", None) == step for extra in get_args(model)[1:]):
            break
        model = get_args(model)[0]
    if get_origin(model) is Union or str(get_origin(model)) == "<class 'types.UnionType'>":
        for choice in get_args(model):
            if _tag(choice) == step:
                return (get_args(choice)[0] if get_origin(choice) is Annotated else choice), True
        return None, False
    if isinstance(model, type) and issubclass(model, BaseModel):
        known = model.model_fields.get(str(step))
        if known is None:
            return None, False
        kept = [extra for extra in known.metadata if getattr(extra, "tag", None)]
        return (Annotated[(known.annotation, *kept)] if kept else known.annotation), False
    arguments = get_args(model)
    if get_origin(model) is dict:
        return arguments[1], False
    if get_origin(model) is tuple:
        return arguments[0], False
    return None, False


def _tag(choice: Any) -> str | None:
    if get_origin(choice) is Annotated:
        return next((extra.tag for extra in get_args(choice)[1:] if hasattr(extra, "tag")), None)
    return None
