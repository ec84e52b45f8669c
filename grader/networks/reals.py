"""Real numbers: known exactly (a ``Fraction``), or within rigorous bounds (a ``Ball``: what exp, log or a root gave).

A comparison that the bounds leave open raises ``Imprecise``; a higher working precision may decide it.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from typing import Any, Union, cast

from grader.language.exact import Undefined


class Undecided(Exception):
    """A number cannot be followed, or not be told apart from another; the message says so to a person."""


class Imprecise(Undecided):
    """A ball contains the number that it is compared with: more digits may decide."""


@dataclass(frozen=True, eq=False)
class Ball:
    """A real number enclosed at the working precision (an ``arb`` of flint). A ball equals itself only."""

    enclosure: Any

    def __neg__(self) -> Ball:
        return Ball(-self.enclosure)

    def __add__(self, other: Real | int) -> Ball:
        return Ball(self.enclosure + enclosed(other))

    def __sub__(self, other: Real | int) -> Ball:
        return Ball(self.enclosure - enclosed(other))

    def __rsub__(self, other: Real | int) -> Ball:
        return Ball(enclosed(other) - self.enclosure)

    def __mul__(self, other: Real | int) -> Any:
        if not isinstance(other, Ball) and not other:
            return Fraction(0)
        return Ball(self.enclosure * enclosed(other))

    def __truediv__(self, other: Real) -> Any:
        return self * inverse(other)

    def __rtruediv__(self, other: Fraction) -> Any:
        return inverse(self) * other

    def __pow__(self, exponent: int) -> Ball:
        return Ball(self.enclosure**exponent)

    __radd__ = __add__
    __rmul__ = __mul__

    def sign(self) -> int:
        """-1, 0 or 1. Raises ``Imprecise``."""
        if self.enclosure > 0 or self.enclosure < 0:
            return 1 if self.enclosure > 0 else -1
        if self.enclosure == 0:
            return 0
        raise Imprecise("two numbers could not be told apart within 4096 binary digits")


Real = Union[Fraction, Ball]


def enclosed(number: Real | int) -> Any:
    """An ``arb`` around a number, at the working precision."""
    if not isinstance(number, (Fraction, int)):
        return number.enclosure
    import flint

    if number.denominator == 1:
        return flint.arb(number.numerator)
    return flint.arb(flint.fmpq(number.numerator, number.denominator))


def sign(number: Real) -> int:
    """-1, 0 or 1. Raises ``Imprecise``."""
    if isinstance(number, Fraction):
        return (number.numerator > 0) - (number.numerator < 0)
    return number.sign()


def inverse(number: Real) -> Real:
    """1 over a number. Raises ``Undefined`` for 0, ``Imprecise``."""
    if sign(number) == 0:
        raise Undefined("a division by zero")
    return 1 / number if isinstance(number, Fraction) else Ball(1 / number.enclosure)


def exp(number: Real) -> Real:
    """e to the power of a number."""
    return Fraction(1) if number == 0 else Ball(enclosed(number).exp())


def log(number: Real, base: Real | None = None) -> Real:
    """The logarithm, the natural one without a base. Raises ``Undefined`` outside the positive numbers."""
    if base is not None:
        return cast(Real, log(number) * inverse(log(base)))
    if sign(number) <= 0:
        raise Undefined("a logarithm of a number that is not positive")
    return Fraction(0) if number == 1 else Ball(enclosed(number).log())


def power(base: Real, exponent: Real) -> Real:
    """A real power; rational where that is quickly seen. Raises ``Undefined`` for what has no real value."""
    if isinstance(exponent, Fraction) and exponent.denominator == 1:
        return _whole_power(base, int(exponent))
    positive = sign(base)
    if positive < 0:
        raise Undefined("a root or power of a negative number")
    if positive == 0:
        if sign(exponent) < 0:
            raise Undefined("a division by zero")
        return Fraction(int(sign(exponent) == 0))
    if isinstance(base, Fraction) and isinstance(exponent, Fraction) and exponent.denominator == 2:
        root = Fraction(isqrt(base.numerator), isqrt(base.denominator))
        if root * root == base:
            return _whole_power(root, exponent.numerator)
    return Fraction(1) if base == 1 else Ball((enclosed(base).log() * enclosed(exponent)).exp())


_MOST_BITS = 60_000


def _whole_power(base: Real, exponent: int) -> Real:
    if exponent < 0:
        return _whole_power(inverse(base), -exponent)
    if isinstance(base, Fraction):
        if base in (-1, 0, 1):
            return base ** (exponent % 2 or min(exponent, 2))
        if (base.numerator.bit_length() + base.denominator.bit_length()) * exponent <= _MOST_BITS:
            return base**exponent
        base = Ball(enclosed(base))
    return base**exponent


def approximate(number: Real) -> str:
    """A decimal reading of a number, for people."""
    import flint

    with flint.ctx.workprec(128):
        return str(enclosed(number).str(10, radius=False))
