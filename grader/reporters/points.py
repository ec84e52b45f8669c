"""Points as people write them: exact where short, else rounded to three places."""

from __future__ import annotations

from fractions import Fraction


def text(value: Fraction | None) -> str:
    """``1``, ``0.5``, ``0.167``; nothing where there are none."""
    if value is None:
        return ""
    rounded = round(value, 3)
    return f"{float(rounded):.3f}".rstrip("0").rstrip(".")
