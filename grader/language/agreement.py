"""Whether two formulas agree at a few points: enough to see that one restates the other, and no proof."""

from __future__ import annotations

from fractions import Fraction

from grader.language import exact
from grader.language.nodes import Node, names

_NUMBERS = ((2, 3, 5, 7), (7, 4, 3, 5), (11, 30, 2, 13))


def alike(one: Node, other: Node) -> bool:
    """Whether both have one value, and the same, at each of the points; names beyond the fourth are never alike."""
    letters = sorted(names(one) | names(other))
    if len(letters) > len(_NUMBERS[0]):
        return False
    try:
        return all(
            exact.value(one, point) == exact.value(other, point)
            for point in (dict(zip(letters, map(Fraction, numbers))) for numbers in _NUMBERS)
        )
    except exact.Undefined:
        return False
