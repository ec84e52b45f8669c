"""The config as it is used: the problems as stated, the rubric and the limits. It holds no answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from grader.assignment import loading
from grader.assignment.faults import Faulty, Lines
from grader.assignment.items import Item
from grader.assignment.models import (
    Feedback,
    Gradescope,
    Limits,
    Procedure,
    PythonAnswers,
    Rubric,
    SelfCheck,
    Shares,
)
from grader.assignment.part_kinds import Part

__all__ = ["Config", "Faulty", "Item", "Limits", "Part", "Procedure", "Rubric", "Shares", "load", "read"]


@dataclass(frozen=True)
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
        return tuple(item for name, part in self.parts.items() for item in part.asks(name, self.procedures))

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
    """Read the text of a config file; ``name`` is what its faults call it."""
    return Config(**loading.sections(data, name))
