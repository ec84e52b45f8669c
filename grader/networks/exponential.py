"""Numbers with exponentials in them, exactly where theory allows it and in rigorous bounds elsewhere.

An ``Exponential`` is a quotient of sums c · e^q · p1^r1 · p2^r2 · … with rational c and q, primes p and 0 < r < 1.
Such terms with different (q, r1, r2, …) are linearly independent over the rationals (Lindemann and Weierstrass;
Besicovitch), so a sum is zero only where all its terms cancel. What leaves this field (an exponential of an
exponential) becomes a ``Ball``.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Union

from grader.networks import exponential_sums as sums
from grader.networks.exponential_sums import MOST_TERMS, ONE, Terms, Undecided as Undecided

_PRECISIONS = (64, 256, 1024, 4096, 16384)


class Undefined(Exception):
    """The expression has no value: a division by zero, a root of a negative number."""


class Imprecise(Undecided):
    """A ball contains the number it is compared with: more digits may decide."""


@dataclass(frozen=True)
class Ball:
    """A real number enclosed at the working precision (an ``arb`` of flint)."""

    enclosure: Any

    def __neg__(self) -> Ball:
        return Ball(-self.enclosure)

    def __add__(self, other: Number) -> Ball:
        return Ball(self.enclosure + enclosed(other))

    def __mul__(self, other: Number) -> Ball:
        return Ball(self.enclosure * enclosed(other))

    def __sub__(self, other: Number) -> Ball:
        return Ball(self.enclosure - enclosed(other))

    def __rsub__(self, other: Number) -> Ball:
        return Ball(enclosed(other) - self.enclosure)

    def __truediv__(self, other: Number) -> Ball:
        return Ball(self.enclosure / enclosed(other))

    def __rtruediv__(self, other: Number) -> Ball:
        return Ball(enclosed(other) / self.enclosure)

    __radd__ = __add__
    __rmul__ = __mul__

    def power(self, exponent: int) -> Ball:
        return Ball(self.enclosure**exponent)


@dataclass(frozen=True)
class Exponential:
    """A quotient of two sums of terms; the denominator is not zero."""

    above: Terms
    below: Terms

    def __neg__(self) -> Exponential:
        return Exponential({key: -c for key, c in self.above.items()}, self.below)

    def __add__(self, other: Number) -> Any:
        if isinstance(other, Ball):
            return other + self
        other = _lifted(other)
        if self.below == other.below:
            return _quotient(sums.plus(self.above, other.above), self.below)
        crossed = sums.plus(sums.times(self.above, other.below), sums.times(other.above, self.below))
        return _quotient(crossed, sums.times(self.below, other.below))

    def __mul__(self, other: Number) -> Any:
        if isinstance(other, Ball):
            return other * self
        other = _lifted(other)
        return _quotient(sums.times(self.above, other.above), sums.times(self.below, other.below))

    def __sub__(self, other: Number) -> Any:
        return self + other * -1

    def __rsub__(self, other: Number) -> Any:
        return -self + other

    def __truediv__(self, other: Number) -> Any:
        if isinstance(other, Ball):
            return 1 / other * self
        other = _lifted(other)
        return _quotient(sums.times(self.above, other.below), sums.times(self.below, other.above))

    def __rtruediv__(self, other: Number) -> Any:
        return _lifted(other) / self

    __radd__ = __add__
    __rmul__ = __mul__

    def power(self, exponent: int) -> Any:
        if abs(exponent) > 64:
            return Ball(enclosed(self) ** exponent)
        total: Any = Exponential({ONE: Fraction(1)}, {ONE: Fraction(1)})
        for _ in range(abs(exponent)):
            total = total * self
        return total if exponent >= 0 else 1 / total


Number = Union[Fraction, int, Exponential, Ball]


def exp(number: Number) -> Any:
    """e to the power of a number."""
    if isinstance(number, (Fraction, int)):
        return _quotient({(Fraction(number), ()): Fraction(1)}, {ONE: Fraction(1)})
    return Ball(enclosed(number).exp())


def log(number: Number) -> Any:
    """The natural logarithm. Raises ``Undefined`` outside the positive numbers."""
    if sign(number) <= 0:
        raise Undefined("a logarithm of a number that is not positive")
    if number == 1:
        return Fraction(0)
    alone = _single(number)
    return alone[0] if alone is not None and alone[1] == 1 else Ball(enclosed(number).log())


def power(base: Number, exponent: Number) -> Any:
    """A real power. Raises ``Undefined`` for what has no real value."""
    positive = sign(base)
    if isinstance(exponent, int):
        exponent = Fraction(exponent)
    if positive == 0:
        if sign(exponent) < 0:
            raise Undefined("a division by zero")
        return Fraction(1 if sign(exponent) == 0 else 0)
    if positive < 0:
        if isinstance(exponent, Fraction) and exponent.denominator == 1:
            size = power(base * -1, exponent)
            return -size if exponent.numerator % 2 else size
        raise Undefined("a root or power of a negative number")
    if base == 1:
        return Fraction(1)
    if isinstance(exponent, Fraction):
        if isinstance(base, (Fraction, int)):
            terms = sums.radical(Fraction(base), exponent)
            if terms is not None:
                return _quotient(terms, {ONE: Fraction(1)})
        alone = _single(base)
        if alone is not None and alone[1] == Fraction(1):
            return exp(alone[0] * exponent)
    return Ball((enclosed(base).log() * enclosed(exponent)).exp())


def sign(number: Number) -> int:
    """-1, 0 or 1. Raises ``Undecided`` (``Imprecise`` for a ball)."""
    if isinstance(number, (Fraction, int)):
        return (number > 0) - (number < 0)
    if isinstance(number, Ball):
        return _ball_sign(number.enclosure)
    if not number.above:
        return 0
    return _terms_sign(number.above) * _terms_sign(number.below)


def enclosed(number: Number) -> Any:
    """An ``arb`` around a number, at the working precision."""
    import flint

    if isinstance(number, (Fraction, int)):
        return flint.arb(flint.fmpq(number.numerator, number.denominator))
    if isinstance(number, Ball):
        return number.enclosure
    return _terms_enclosed(number.above) / _terms_enclosed(number.below)


def approximate(number: Number) -> str:
    """A decimal reading of a number, for people."""
    import flint

    with flint.ctx.workprec(128):
        return str(enclosed(number).str(10, radius=False))


def _ball_sign(enclosure: Any) -> int:
    if enclosure > 0:
        return 1
    if enclosure < 0:
        return -1
    if enclosure == 0:
        return 0
    raise Imprecise("two numbers could not be told apart")


def _terms_sign(terms: Terms) -> int:
    import flint

    if all(c > 0 for c in terms.values()):
        return 1
    for precision in _PRECISIONS:
        with flint.ctx.workprec(precision):
            total = _terms_enclosed(terms)
            if total > 0 or total < 0:
                return 1 if total > 0 else -1
    raise Undecided(f"two numbers agree to {_PRECISIONS[-1]} binary digits")


def _terms_enclosed(terms: Terms) -> Any:
    import flint

    total = flint.arb(0)
    for (exponent, radicals), coefficient in terms.items():
        one = enclosed(coefficient) * enclosed(exponent).exp()
        for prime, root in radicals:
            one *= enclosed(prime) ** enclosed(root)
        total += one
    return total


def _lifted(number: Any) -> Exponential:
    if isinstance(number, Exponential):
        return number
    return Exponential({ONE: Fraction(number)} if number else {}, {ONE: Fraction(1)})


def _quotient(above: Terms, below: Terms) -> Any:
    """The quotient in lowest form that is cheap to find: a ``Fraction`` where it is one."""
    if not below:
        raise Undefined("a division by zero")
    if not above:
        return Fraction(0)
    if len(below) == 1:
        ((exponent, radicals), coefficient) = next(iter(below.items()))
        if not radicals and (exponent or coefficient != 1):
            above = {(q - exponent, r): c / coefficient for (q, r), c in above.items()}
            below = {ONE: Fraction(1)}
    if set(above) == set(below):
        ratios = {above[key] / below[key] for key in above}
        if len(ratios) == 1:
            return ratios.pop()
    result = Exponential(above, below)
    return Ball(enclosed(result)) if len(above) + len(below) > MOST_TERMS else result


def _single(number: Number) -> tuple[Fraction, Fraction] | None:
    """(q, c) where a number is c · e^q."""
    if isinstance(number, Exponential) and len(number.above) == 1 and number.below == {ONE: Fraction(1)}:
        ((exponent, roots), coefficient) = next(iter(number.above.items()))
        return None if roots else (exponent, coefficient)
    return None
