"""Ranges of real numbers, with open and closed ends: what is known of a value's sign on a region of signs."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple, Union

from grader.gradients.domains import Domain

INFINITY = float("inf")
Bound = Union[Fraction, float]

LARGEST_POWER = 16
"""Powers of ranges are multiplied out up to here."""


class Range(NamedTuple):
    """The real numbers between two bounds, which may be infinite; an open bound is not reached."""

    low: Bound
    high: Bound
    low_open: bool = True
    high_open: bool = True

    @property
    def sign(self) -> int | None:
        """-1, 0 or 1 where all numbers in it have that sign, else None."""
        if self.low > 0 or (self.low == 0 and self.low_open and self.high != 0):
            return 1
        if self.high < 0 or (self.high == 0 and self.high_open and self.low != 0):
            return -1
        return 0 if self.low == self.high == 0 else None


ANY = Range(-INFINITY, INFINITY)
POSITIVE = Range(Fraction(0), INFINITY)
NEGATIVE = Range(-INFINITY, Fraction(0))
UNIT = Range(Fraction(0), Fraction(1))


class Ranges(Domain[Range]):
    """Interval arithmetic (Moore, Interval Analysis, 1966). No result is narrower than what it stands for."""

    zero, one = Range(Fraction(0), Fraction(0), False, False), Range(Fraction(1), Fraction(1), False, False)

    def number(self, value: Fraction) -> Range:
        return Range(value, value, False, False)

    def add(self, a: Range | None, b: Range | None) -> Range | None:
        if a is None or b is None:
            return None
        return Range(a.low + b.low, a.high + b.high, a.low_open or b.low_open, a.high_open or b.high_open)

    def negative(self, a: Range | None) -> Range | None:
        return None if a is None else Range(-a.high, -a.low, a.high_open, a.low_open)

    def times(self, a: Range | None, b: Range | None) -> Range | None:
        if a is None or b is None:
            return None
        corners = [
            _corner(x, x_open, y, y_open)
            for x, x_open in ((a.low, a.low_open), (a.high, a.high_open))
            for y, y_open in ((b.low, b.low_open), (b.high, b.high_open))
        ]
        # Of two corners of one value the one that is reached counts.
        low, low_open = min(corners)
        high, high_open = max(corners, key=lambda corner: (corner[0], not corner[1]))
        return Range(low, high, low_open, high_open)

    def over(self, a: Range | None, b: Range | None) -> Range | None:
        if a is None or b is None or b == self.zero:
            return None
        if not b.sign:
            return ANY
        low, high = (_inverse(b.high, b.sign), _inverse(b.low, b.sign))
        return self.times(a, Range(low, high, b.high_open or b.high in (0, INFINITY), b.low_open or b.low == 0))

    def power(self, a: Range | None, exponent: Fraction) -> Range | None:
        if a is None:
            return None
        if exponent < 0:
            return self.over(self.one, self.power(a, -exponent))
        if exponent.denominator != 1 or exponent > LARGEST_POWER:
            return POSITIVE if a.sign == 1 else Range(Fraction(0), INFINITY, False) if exponent % 2 == 0 else ANY
        if exponent % 2 == 0 and a.sign is None:
            return Range(Fraction(0), max(-a.low, a.high) ** int(exponent), False, False)
        found: Range | None = self.one
        for _ in range(int(exponent)):
            found = self.times(found, a)
        return found

    def function(self, name: str, a: Range | None, exponent: Range | None = None) -> Range | None:
        if a is None:
            return None
        if name == "log":
            if a.low >= 1:
                return Range(Fraction(0), INFINITY, a.low_open or a.low > 1)
            return Range(-INFINITY, Fraction(0), True, a.high_open or a.high < 1) if a.high <= 1 else ANY
        if name in ("sqrt", "power"):
            return POSITIVE if a.sign == 1 else Range(Fraction(0), INFINITY, False)
        return ANY

    def exponential(self, a: Range | None) -> Range | None:
        if a is None:
            return None
        if a == self.zero:
            return self.one
        if a.low >= 0:
            return Range(Fraction(1), INFINITY, a.low_open or a.low > 0)
        return Range(Fraction(0), Fraction(1), True, a.high_open or a.high < 0) if a.high <= 0 else POSITIVE

    def logistic(self, power: Range | None) -> Range | None:
        if power is None:
            return None
        low, high = (Fraction(1) if end == INFINITY else end / (1 + Fraction(end)) for end in (power.low, power.high))
        return Range(low, high, power.low_open, power.high_open)

    def shares(self, powers: Sequence[Range | None]) -> list[Range | None]:
        return [self.one if len(powers) == 1 else UNIT for _ in powers]

    def chosen(self, first: bool | None, a: Range | None, b: Range | None) -> Range | None:
        if first is not None:
            return a if first else b
        if a is None or b is None:
            return None
        low, low_open = min((a.low, a.low_open), (b.low, b.low_open))
        high, closed = max((a.high, not a.high_open), (b.high, not b.high_open))
        return Range(low, high, low_open, not closed)

    def signed(self, value: Range, sign: int) -> Range:
        return value if value.sign is not None else {1: POSITIVE, -1: NEGATIVE, 0: self.zero}[sign]

    def unsure(self, name: str, derivative: int, value: Range) -> Range | None:
        if not derivative and name in ("relu", "abs"):
            return Range(Fraction(0), max(value.high, -value.low if name == "abs" else 0), False, False)
        return Range(Fraction(-1 if name in ("sign", "abs") else 0), Fraction(1), False, False)


def _corner(x: Bound, x_open: bool, y: Bound, y_open: bool) -> tuple[Bound, bool]:
    # 0 · ∞ is 0: an infinite end is never reached. A reached 0 is reached whatever the other end is.
    if (x == 0 and not x_open) or (y == 0 and not y_open):
        return Fraction(0), False
    return (Fraction(0), True) if x == 0 or y == 0 else (x * y, x_open or y_open)


def _inverse(end: Bound, sign: int) -> Bound:
    return sign * INFINITY if end == 0 else Fraction(0) if abs(end) == INFINITY else 1 / Fraction(end)
