"""The config: the problems as stated, the rubric and the limits, read from config.yaml. It holds no answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from grader import document
from grader.assignment import faults
from grader.assignment.faults import Faulty, Lines
from grader.assignment.models import (
    Feedback,
    Gradescope,
    Limits,
    Procedure,
    PythonAnswers,
    Rubric,
    SelfCheck,
    Shares,
    Strict,
)
from grader.assignment.part_kinds import PART_KINDS, Item, Part
from grader.frozen import frozen

__all__ = ["Config", "Faulty", "Item", "Limits", "Part", "Procedure", "Rubric", "Shares", "load", "read"]

_SECTIONS: dict[str, type[Strict]] = {
    "rubric": Rubric,
    "feedback": Feedback,
    "self_check": SelfCheck,
    "limits": Limits,
    "python_answers": PythonAnswers,
    "gradescope": Gradescope,
}
_KNOWN = ("title", "procedures", "parts", *_SECTIONS)
_Piece = tuple[faults.Path, "Strict | str"]
"""A part, a procedure or a section with its place, or what is wrong there."""


@frozen
class Config:
    """One homework. ``lines`` knows where in the file each value stands, for faults that are found later."""

    title: str
    parts: dict[str, Part]
    procedures: dict[str, Procedure] = field(default_factory=dict)
    rubric: Rubric = field(default_factory=Rubric)
    feedback: Feedback = field(default_factory=Feedback)
    self_check: SelfCheck = field(default_factory=SelfCheck)
    limits: Limits = field(default_factory=Limits)
    python_answers: PythonAnswers = field(default_factory=PythonAnswers)
    gradescope: Gradescope = field(default_factory=Gradescope)
    lines: Lines = field(default_factory=Lines, compare=False, repr=False)

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """Everything that is marked, in the order of the file."""
        return tuple(item for items in self.items_of.values() for item in items)

    @cached_property
    def items_of(self) -> dict[str, tuple[Item, ...]]:
        """The items of each part."""
        return {name: tuple(part.asks(name, self.procedures)) for name, part in self.parts.items()}

    @property
    def points(self) -> Fraction:
        return sum((part.points for part in self.parts.values()), Fraction(0))

    def item(self, name: str) -> Item:
        """The item of this name; raises ``KeyError``."""
        for item in self.items:
            if item.name == name:
                return item
        raise KeyError(name)


def load(path: Path | str) -> Config:
    """Read a config file. Raises ``Faulty`` with every mistake in it, each with its line."""
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Faulty(f"{path.name}: {error.strerror or 'cannot be read'}") from None
    return read(data, path.name)


def read(data: bytes | str, name: str = "config.yaml") -> Config:
    """Read the text of a config file; ``name`` is what its faults call it. Raises ``Faulty`` as ``load`` does."""
    try:
        root = document.read(data).root
    except document.Unreadable as fault:
        raise Faulty(f"{name}:{fault.line or 1}: {fault.message}") from None
    if not isinstance(root, document.Mapping):
        raise Faulty(f"{name}:1: a config holds 'title' and 'parts'; see the config.yaml that comes with the grader")
    plain, lines = faults.plain(root, name)
    pieces = list(_pieces(plain))
    stated = {path: one for path, one in pieces if isinstance(one, Strict)}
    parts = {path[1]: one for path, one in stated.items() if isinstance(one, Part)}
    procedures = {path[1]: one for path, one in stated.items() if isinstance(one, Procedure)}
    mistakes = [(path, message) for path, message in pieces if isinstance(message, str)]
    mistakes += [((*path, *at), text) for path, one in stated.items() for at, text in one.mistakes(procedures)]
    mistakes.sort(key=lambda mistake: lines.line(mistake[0]))
    once: dict[Any, faults.Path] = {}
    for path, message in mistakes:  # a piece that an anchor repeats has its mistakes once
        once.setdefault((lines.line(path), path[-1:], message), path)
    if once:
        raise Faulty(*(lines.located(path, message) for (_, _, message), path in once.items()))
    sections: dict[str, Any] = {path[0]: one for path, one in stated.items() if path[0] in _SECTIONS}
    return Config(plain["title"], parts, procedures, **sections, lines=lines)


def _pieces(plain: dict[str, Any]) -> Iterator[_Piece]:
    for key in plain:
        if key not in _KNOWN:
            yield (key,), f"unknown key; {faults.meant(key, _KNOWN)}"
    title = plain.get("title")
    if not isinstance(title, str) or not title.strip():
        yield ("title",), "is missing" if title is None else "text is expected"
    for section, read_one in (("parts", _part), ("procedures", _procedure)):
        named = plain.get(section)
        if isinstance(named, dict) and (named or section != "parts"):
            for name, value in named.items():
                yield from read_one((section, name), value)
        elif section == "parts" or section in plain:
            yield (section,), "is missing" if named is None else "names with values are expected"
    for section, model in _SECTIONS.items():
        if section in plain:
            yield from _read((section,), plain[section], model)


def _procedure(path: faults.Path, value: Any) -> Iterator[_Piece]:
    return _read(path, value, Procedure)


def _part(path: faults.Path, value: Any) -> Iterator[_Piece]:
    *names, last = PART_KINDS
    if not isinstance(value, dict):
        yield from _read(path, value, Part)
    elif value.get("kind") is None:
        yield path, f"'kind' is missing ({', '.join(names)} or {last})"
    elif str(value["kind"]) not in PART_KINDS:
        yield (*path, "kind"), faults.none_of(value["kind"], PART_KINDS, ", ".join(PART_KINDS))
    else:
        yield from _read(path, value, PART_KINDS[value["kind"]])


def _read(path: faults.Path, value: Any, model: type[Strict]) -> Iterator[_Piece]:
    try:
        yield path, model.model_validate(value)
    except ValidationError as error:
        yield from faults.of_model(error, path, model)
