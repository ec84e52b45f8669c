"""An item of a homework: one thing that is marked, with its name, its place in answers.yaml and its points."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from grader.report import Visibility


@dataclass(frozen=True)
class Item:
    """One thing that is marked.

    ``path`` is where its answer stands inside its part of answers.yaml; it is empty where the whole part is the
    answer. ``kind`` is that of its field, or of its part. ``variable`` is the name whose gradient a backward equation
    gives. ``needs_reference``: only the reference can judge it; all others are held against the problem itself.
    ``found``: as what the text of a write-up may hold its answer: amount, condition, value, or an empty string.
    """

    name: str
    part: str
    path: tuple[str, ...]
    kind: str
    title: str
    points: Fraction
    visibility: Visibility = "visible"
    symbols: tuple[str, ...] = ()
    shape: tuple[int, ...] = ()
    variable: str = ""
    needs_reference: bool = False
    found: str = ""
