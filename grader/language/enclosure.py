"""Numbers as far as they are known: exact where rational, else an interval that holds them, or just "huge".

Nothing larger than 2^4000 is ever computed, so arithmetic ends in a value, or a reason for none, in bounded time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Union

from grader.language import polynomial
from grader.language.polynomial import Rational

BITS = 4000


class Undefined(Exception):
    """The formula has no value there: a division by zero, the logarithm of zero."""


class Unknown(Undefined):
    """Whether there is a value, or which, is beyond the bounds."""


@dataclass(frozen=True)
class Huge:
    """A number of which only this is known: its sign, and that its size is above 2^4000."""

    sign: int


@dataclass(frozen=True)
class Ball:
    """A real number, given by an interval that holds it (an arb of python-flint)."""

    arb: Any


Value = Union[int, Fraction, Huge, Ball]


def differ(left: Value, right: Value) -> bool | None:
    """Whether two values are surely different (True), surely the same (False), or cannot be told apart (None)."""
    if isinstance(left, Huge) or isinstance(right, Huge):
        if isinstance(left, Huge) and isinstance(right, Huge):
            return True if left.sign != right.sign else None
        return None if isinstance(left, Ball) or isinstance(right, Ball) else True
    if isinstance(left, Ball) or isinstance(right, Ball):
        return None if arb(left).overlaps(arb(right)) else True
    return left != right


def larger(left: Value, right: Value) -> bool:
    """Whether left > right, for two values that surely differ."""
    if isinstance(left, Huge) or isinstance(right, Huge):
        return left.sign > 0 if isinstance(left, Huge) else isinstance(right, Huge) and right.sign < 0
    if isinstance(left, Ball) or isinstance(right, Ball):
        return bool(arb(left) > arb(right))
    return left > right


def sign(number: Value) -> int | None:
    """-1, 0 or 1, or None where an interval holds both signs."""
    if isinstance(number, Huge):
        return number.sign
    if isinstance(number, Ball):
        return 1 if number.arb > 0 else -1 if number.arb < 0 else None
    return (number > 0) - (number < 0)


def text(number: Value) -> str:
    """A value as a person reads it."""
    if isinstance(number, Huge):
        return "more than 10^1000" if number.sign > 0 else "less than -10^1000"
    if isinstance(number, Ball):
        return f"about {number.arb.mid().str(7, radius=False)}"
    if polynomial.bits(number) > 200:
        digits = len(str(abs(number.numerator) // number.denominator))
        return f"a number of {digits} digits" if digits > 1 else f"about {float(number):.6g}"
    return str(number)


def bounded(number: Rational) -> Value:
    """A number, or just its sign where it is huge. Raises Undefined for a small one of many digits."""
    if polynomial.bits(number) <= BITS:
        return polynomial.rational(number) if isinstance(number, Fraction) else number
    if abs(number) > 2**BITS:
        return Huge(1 if number > 0 else -1)
    raise Unknown("too many digits")


def plus(left: Value, right: Value) -> Value:
    """The sum. Raises Undefined where nothing is known of it, as all that follows."""
    if isinstance(left, (int, Fraction)) and isinstance(right, (int, Fraction)):
        return bounded(left + right)
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Huge):
            if sign(other) in (0, one.sign):
                return one
            raise Unknown("a difference of huge numbers")
    return ball(arb(left) + arb(right))


def times(left: Value, right: Value) -> Value:
    """The product."""
    if isinstance(left, (int, Fraction)) and isinstance(right, (int, Fraction)):
        return bounded(left * right)
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Huge):
            if isinstance(other, (int, Fraction)) and other == 0:
                return 0
            if isinstance(other, Huge) or (isinstance(other, (int, Fraction)) and not -1 < other < 1):
                return Huge(one.sign * (sign(other) or 1))
            raise Unknown("a product of huge numbers and small ones")
    return ball(arb(left) * arb(right))


def inverse(number: Value) -> Value:
    """1/number."""
    if isinstance(number, Huge):
        raise Unknown("a division by a huge number")
    if isinstance(number, Ball):
        if sign(number) is None:
            raise Unknown("a division by something that may be zero")
        return ball(1 / number.arb)
    if not number:
        raise Undefined("a division by zero")
    return polynomial.rational(Fraction(number.denominator, number.numerator))


def power(base: Value, exponent: Value) -> Value:
    """base to the exponent; its size is estimated before it is computed."""
    if isinstance(exponent, (int, Fraction)) and exponent == 0:
        return 1
    if isinstance(base, (int, Fraction)):
        if base == 1:
            return 1
        if isinstance(exponent, Huge):
            if base >= 2 and exponent.sign > 0:
                return Huge(1)
            raise Unknown("a power that is too large")
        if isinstance(exponent, int):
            return _whole_power(base, exponent)
        root = _root(base, exponent) if isinstance(exponent, Fraction) else None
        if root is not None:
            return root
    if isinstance(base, Huge):
        if isinstance(exponent, int) and exponent > 0:
            return Huge(base.sign if exponent % 2 else 1)
        raise Unknown("a power of a huge number")
    if sign(base) == 0 and sign(exponent) == 1:
        return 0
    if isinstance(exponent, Huge) or (sign(base) != 1 and not isinstance(exponent, int)):
        known = sign(base) is not None and not isinstance(exponent, Huge)
        raise (Undefined if known else Unknown)("a power of something that is not positive")
    size = arb(exponent) * abs(arb(base)).log() if sign(base) else None
    if size is None or not size < BITS:
        raise Unknown("a power that is too large")
    return ball(arb(base) ** arb(exponent))


def _whole_power(base: Rational, exponent: int) -> Value:
    if base == 0:
        if exponent < 0:
            raise Undefined("a division by zero")
        return 0
    if base == -1:
        return -1 if exponent % 2 else 1
    if abs(exponent) * polynomial.bits(base) <= BITS:
        return polynomial.rational(Fraction(base) ** exponent)
    # |base| >= 2 in size: base^exponent has at least (bits - 1) * exponent bits
    whole = abs(base.numerator) // base.denominator
    if whole >= 2 and exponent * (whole.bit_length() - 1) > BITS:
        return Huge(-1 if base < 0 and exponent % 2 else 1)
    if abs(exponent) * polynomial.bits(base) <= 64 * BITS:
        return bounded(polynomial.rational(Fraction(base) ** exponent))
    raise Unknown("a power that is too large")


def _root(base: Rational, exponent: Fraction) -> Value | None:
    """base^(p/q) where that is rational."""
    if base <= 0 or exponent.denominator > 64:
        return None
    above, below = (_whole_root(part, exponent.denominator) for part in (base.numerator, base.denominator))
    if above is None or below is None:
        return None
    return _whole_power(polynomial.rational(Fraction(above, below)), exponent.numerator)


def _whole_root(number: int, degree: int) -> int | None:
    if degree == 2:
        root = math.isqrt(number)
    else:
        low, high = 0, 1 << (number.bit_length() // degree + 1)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if middle**degree <= number else (low, middle - 1)
        root = low
    return root if root**degree == number else None


def sure_sign(number: Value) -> int:
    """-1, 0 or 1. Raises Undefined where an interval holds both signs."""
    known = sign(number)
    if known is None:
        raise Unknown("a sign that cannot be told")
    return known


def arb(number: Value) -> Any:
    """A number as an interval of python-flint."""
    import flint

    if isinstance(number, Ball):
        return number.arb
    if isinstance(number, Huge):
        raise Unknown("a huge number")
    return flint.arb(flint.fmpq(number.numerator, number.denominator))


def ball(arb: Any) -> Ball:
    """An interval as a value. Raises Undefined for an infinite one."""
    if not arb.is_finite():
        raise Unknown("no finite value")
    return Ball(arb)
