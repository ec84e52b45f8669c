"""What a write-up says of each item: the texts that may answer it, before any of them is read or judged."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from grader.writeup.sources import Sourced

Strength = Literal["total", "label", "unit"]
"""How an amount was told: as the total, by the label before it, or only by the unit behind it."""

_STRENGTHS: tuple[Strength, ...] = ("total", "label", "unit")


@dataclass(frozen=True)
class Candidate:
    """A text that may answer an item, or one field of it."""

    text: Sourced
    how: Literal["marked", "found"]
    strength: Strength = "label"


@dataclass
class Candidates:
    """All that was gathered from one write-up.

    ``fields`` has the candidates by item and field (``("1.1", "W1")``, ``("2.3.z", "")``), ``lines`` the formulas of
    the parts that are read as a whole, ``passages`` all that stands under a part, ``drawn`` the parts with a picture,
    and ``unknown`` the marks whose name is no item.
    """

    fields: dict[tuple[str, str], list[Candidate]] = field(default_factory=dict)
    lines: dict[str, list[Sourced]] = field(default_factory=dict)
    passages: dict[str, list[Sourced]] = field(default_factory=dict)
    drawn: set[str] = field(default_factory=set)
    unknown: list[Sourced] = field(default_factory=list)

    def add(self, item: str, name: str, candidate: Candidate) -> None:
        """One more candidate; a text without a letter or a digit is none."""
        if any(sign.isalnum() for sign in candidate.text.text):
            self.fields.setdefault((item, name), []).append(candidate)

    def best(self, item: str, name: str = "") -> tuple[Candidate, ...]:
        """The candidates that count: the marked ones, or else the strongest of those that were found."""
        found = self.fields.get((item, name), [])
        marked = tuple(one for one in found if one.how == "marked")
        if marked:
            return marked
        by_strength = (tuple(one for one in found if one.strength == strength) for strength in _STRENGTHS)
        return next((some for some in by_strength if some), ())
