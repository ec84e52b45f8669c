"""Mistakes in a config, or another file of an instructor's: each with its line, its place and what would be right."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from grader import document
from grader.frozen import frozen

Path = tuple[str, ...]
Mistake = tuple[Path, str]


class Faulty(Exception):
    """A config, a reference or decisions that cannot be used. One line a mistake: ``config.yaml:12: parts.1.1: …``."""

    def __init__(self, *messages: str) -> None:
        super().__init__("\n".join(messages))
        self.messages = messages


@frozen
class Lines:
    """The line on which each key of a file stands, by its path."""

    file: str = "config.yaml"
    of: Mapping[Path, int] = field(default_factory=dict)

    def line(self, path: Sequence[str | int]) -> int:
        """The line of a path, or of the nearest thing around it."""
        names = tuple(str(name) for name in path)
        while names and names not in self.of:
            names = names[:-1]
        return self.of.get(names, 1)

    def located(self, path: Sequence[str | int], message: str) -> str:
        """``message`` with the file, line and path in front."""
        dotted = ".".join(str(name) for name in path)
        return f"{self.file}:{self.line(path)}: {dotted}: {message}" if dotted else f"{self.file}:1: {message}"


def plain(root: document.Node, file: str) -> tuple[Any, Lines]:
    """A file as nested dicts, lists and text, and where it all stands. An unquoted empty value is None."""
    lines: dict[Path, int] = {}

    def data(node: document.Node, path: Path) -> Any:
        lines[path] = node.line
        if isinstance(node, document.Scalar):
            return None if node.plain and node.empty else node.text
        if isinstance(node, document.Sequence):
            return [data(item, (*path, str(number))) for number, item in enumerate(node.items)]
        assert isinstance(node, document.Mapping), "a strict document has no broken places"
        found = {}
        for key, value in node.entries:
            found[key.text] = data(value, (*path, key.text))
            lines[(*path, key.text)] = key.line
        return found

    return data(root, ()), Lines(file, lines)


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that ``name`` was probably meant to be, or ""."""
    lowered = {candidate.lower(): candidate for candidate in known}
    found = difflib.get_close_matches(name.lower()[:80], list(lowered), n=1, cutoff=0.6)
    return lowered[found[0]] if found else ""


def meant(name: str, known: Iterable[str]) -> str:
    """Which of the known names was probably meant, or which there are."""
    found = nearest(name, known)
    return f"did you mean {found!r}?" if found else f"known are: {', '.join(known)}"


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """That there is no such thing of this name."""
    return f"unknown {what} {name!r}; {meant(name, known)}"


def none_of(given: object, known: Iterable[str], listed: str) -> str:
    """That something is none of the known names; ``listed`` are these as a sentence has them."""
    found = nearest(str(given), known)
    return f"{_given(given)} is not one of: {listed}{f'; did you mean {found!r}?' if found else ''}"


WITHIN = "\0"
"""Between a group and a field of it, where both are one step of a path: no key holds it."""


def stated(message: str) -> PydanticCustomError:
    """What a validator raises for a mistake with our words."""
    return PydanticCustomError("stated", "{message}", {"message": message})


def refused(mistakes: Iterable[Mistake]) -> ValidationError:
    """What a validator raises for mistakes with our words, each at its place in the value."""
    errors = [InitErrorDetails(type=stated(message), loc=path, input=None) for path, message in mistakes]
    return ValidationError.from_exception_data("", errors)


def of_model(error: ValidationError, path: Path, model: type[BaseModel]) -> list[Mistake]:
    """The mistakes that pydantic found in the value at ``path``, with our words."""
    return [
        ((*path, *(name for step in mistake["loc"] for name in str(step).split(WITHIN))), _message(mistake, model))
        for mistake in error.errors(include_url=False, include_context=True)
    ]


_WRONG = {
    "string_pattern_mismatch": "text is expected",
    "greater_than": "a number greater than {gt} is expected",
    "greater_than_equal": "a number from {ge} on is expected",
    "less_than_equal": "a share from 0 to 1 is expected",
    "fraction": "a number such as 1, 0.5 or 1/2 is expected",
    "string": "text is expected",
    "int": "a whole number is expected",
    "bool": "true or false is expected",
    "tuple": "a list is expected",
    "dict": "names with values is expected",
    "model": "names with values is expected",
}
"""What is said of a value, by the type of pydantic's error or by the first word of that, which is the type expected."""


def _message(mistake: Any, model: type[BaseModel]) -> str:
    kind, context, value = mistake["type"], mistake.get("ctx", {}), mistake.get("input")
    if kind == "extra_forbidden":
        *around, key = mistake["loc"]
        more = "; a value with a comma inside {…} needs quotes" if value is None else ""
        return f"unknown key; {meant(str(key), _keys(model, around))}{more}"
    if kind == "missing":
        return "is missing"
    if kind in ("literal_error", "enum"):
        expected = str(context["expected"]).replace("'", "")
        return none_of(value, [word.strip() for word in expected.replace(" or ", ",").split(",")], expected)
    if kind == "too_short":
        return "it cannot be empty"
    if kind == "too_long":
        return f"it has {context['actual_length']} entries, but {context['max_length']} are expected"
    wrong = _WRONG.get(kind) or _WRONG.get(kind.partition("_")[0])
    return f"{wrong.format(**context)}, not {_given(value)}" if wrong else str(mistake["msg"])


def _given(value: object) -> str:
    if value is None:
        return "an empty value"
    if isinstance(value, dict):
        return "names with values"
    if isinstance(value, (list, tuple)):
        return "a list"
    text = str(value)
    return repr(text if len(text) <= 40 else text[:37] + "...")


def _keys(model: type[BaseModel], location: Sequence[str | int]) -> tuple[str, ...]:
    """The keys that a model at some place inside of another one knows."""
    for step in location:  # one that is no key of the model is a place in a list or a name of the file's own
        stated = model.model_fields.get(str(step))
        model = _model(stated.annotation) or model if stated else model
    return tuple(model.model_fields)


def _model(annotation: Any) -> type[BaseModel] | None:
    """The model in an annotation such as ``tuple[Layer, ...]``, where there is one."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model, get_args(annotation))), None)
