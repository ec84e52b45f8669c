"""Scales of growth: products of s^(a s) · r^s · s^p · (log s)^q · (log log s)^k over the symbols, and their order."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from grader.language import growth
from grader.language.polynomial import Rational

_MOST = 40


class Undecided(Exception):
    """The growth of a formula cannot be told by these rules."""


@dataclass(frozen=True)
class Part:
    """The share of one symbol s in a scale: s^(a s) · r^s · s^p · (log s)^q · (log log s)^k.

    r is given by the exponents of primes and of e.
    """

    factorial: Fraction = Fraction(0)
    rates: tuple[tuple[str, Fraction], ...] = ()
    power: Fraction = Fraction(0)
    log: Fraction = Fraction(0)
    double_log: Fraction = Fraction(0)

    def times(self, other: Part) -> Part:
        rates = dict(self.rates)
        for base, own in other.rates:
            rates[base] = rates.get(base, Fraction(0)) + own
        return Part(
            self.factorial + other.factorial,
            tuple(sorted((base, own) for base, own in rates.items() if own)),
            self.power + other.power,
            self.log + other.log,
            self.double_log + other.double_log,
        )

    def to_the(self, exponent: Rational) -> Part:
        e = Fraction(exponent)
        return Part(
            self.factorial * e,
            tuple((base, own * e) for base, own in self.rates),
            self.power * e,
            self.log * e,
            self.double_log * e,
        )

    @property
    def order(self) -> tuple[Fraction, float, Fraction, Fraction, Fraction]:
        """Compares as the growth does; the rate is a float, never near 0 unless the bases cancel."""
        rate = sum(float(own) * (1.0 if base == "e" else math.log(int(base))) for base, own in self.rates)
        if self.rates and abs(rate) < 1e-9:
            raise Undecided
        return self.factorial, rate, self.power, self.log, self.double_log


NOTHING = Part()
CONSTANT = NOTHING.order
LINEAR = Part(power=Fraction(1)).order
Scale = tuple[tuple[str, Part], ...]
"""Symbols, sorted, with their parts; no part is trivial."""


def multiplied(left: frozenset[Scale], right: frozenset[Scale]) -> frozenset[Scale]:
    """The scales of a product of two sums."""
    if len(left) * len(right) > _MOST:
        raise Undecided
    return largest({_times(one, two) for one, two in product(left, right)})


def _times(one: Scale, two: Scale) -> Scale:
    parts = dict(one)
    for symbol, part in two:
        parts[symbol] = parts.get(symbol, NOTHING).times(part)
    return tuple(sorted(((s, part) for s, part in parts.items() if part != NOTHING), key=lambda pair: pair[0]))


def raised(scales: frozenset[Scale], exponent: Rational) -> frozenset[Scale]:
    """A sum to a positive power is of the size of the sum of the powers; to a negative one only if it is one term."""
    if exponent == 0:
        return frozenset({()})
    if exponent < 0 and len(scales) > 1:
        raise Undecided
    return frozenset(tuple((symbol, part.to_the(exponent)) for symbol, part in scale) for scale in scales)


def largest(scales: set[Scale]) -> frozenset[Scale]:
    """Those that no other one outgrows."""
    if len(scales) > _MOST:
        raise Undecided
    return frozenset(scale for scale in scales if not any(scale != other and at_most(scale, other) for other in scales))


def at_most(one: Scale, two: Scale) -> bool:
    """Whether ``one`` is bounded by ``two`` for each symbol by itself."""
    parts, others = dict(one), dict(two)
    return all(
        parts.get(symbol, NOTHING).order <= others.get(symbol, NOTHING).order for symbol in parts.keys() | others
    )


def dominated(these: frozenset[Scale], those: frozenset[Scale]) -> bool:
    """Whether each scale is bounded by the sum of those. Raises Undecided where only a convex combination might do."""
    symbols = sorted({symbol for scale in these | those for symbol, _ in scale})
    if len(symbols) == 2 and all(part == Part(power=part.power) for one in these | those for _, part in one):
        points = [_powers(other, symbols) for other in those]
        return all(growth.bounded(_powers(scale, symbols), points) for scale in these)
    for scale in these:
        if any(at_most(scale, other) for other in those):
            continue
        if not any(_ahead(scale, those, order) for order in _paths(these | those)):
            raise Undecided
        return False
    return True


def _powers(scale: Scale, symbols: list[str]) -> tuple[Fraction, Fraction]:
    parts = dict(scale)
    first, second = (parts.get(symbol, NOTHING).power for symbol in symbols)
    return first, second


def _paths(scales: frozenset[Scale]) -> list[list[str]]:
    """Ways to infinity on which each symbol outgrows every function of those before it, here: one symbol first."""
    symbols = sorted({symbol for scale in scales for symbol, _ in scale})
    return [[symbol, *(other for other in symbols if other != symbol)] for symbol in symbols]


def _ahead(scale: Scale, others: frozenset[Scale], path: list[str]) -> bool:
    own = dict(scale)
    key = [own.get(symbol, NOTHING).order for symbol in path]
    return all(key > [dict(other).get(symbol, NOTHING).order for symbol in path] for other in others)
