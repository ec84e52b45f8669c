"""What every reporter shows in one way: points, and typed text, of which nothing acts unseen.

Control and bidirectional characters are shown by their number.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from fractions import Fraction

MARKS_IN_A_ROW = 3
"""Combining marks that one character may carry; a taller pile would climb over the lines around it."""

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def points(value: Fraction | None) -> str:
    """Exact where short, else rounded to three places: ``1``, ``0.5``, ``0.167``; nothing where there are none."""
    return "" if value is None else f"{float(round(value, 3)):.3f}".rstrip("0").rstrip(".")


def text(raw: str, keep: str = "\n\t", limit: int | None = None) -> str:
    """The text with each unseen character as ``⟨U+202E⟩``; past ``limit`` characters only their count is given."""
    cut = raw if limit is None or len(raw) <= limit else raw[:limit]
    shown = _shown(cut, keep, lambda character: f"⟨U+{ord(character):04X}⟩")
    return shown if len(cut) == len(raw) else f"{shown} … ({len(raw) - len(cut):,} more characters)"


def columns(raw: str) -> str:
    """As ``text``, one character for each, for lines whose columns matter."""
    return _shown(raw.replace("\r\n", "\n"), "\n", lambda character: " " if character == "\t" else "\ufffd")


def line(raw: str, limit: int = 200) -> str:
    """As ``text``, on one line, runs of blanks made one, and cut after ``limit`` characters."""
    start = raw[: 4 * limit].replace("\r\n", "\n").replace("\t", " ").replace("\n", " ")
    shown = " ".join(text(start, keep="").split())
    return shown if len(shown) <= limit and len(raw) <= 4 * limit else shown[: limit - 1] + "…"


def _shown(raw: str, keep: str, stand_in: Callable[[str], str]) -> str:
    if raw.isascii() and raw.isprintable():
        return raw
    shown: list[str] = []
    marks = 0
    for character in raw:
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if character in keep:
            shown.append(character)
        elif category in _UNSEEN or character in _BLANK or marks > MARKS_IN_A_ROW:
            shown.append(stand_in(character))
        else:
            shown.append(" " if category == "Zs" else character)
    return "".join(shown)
