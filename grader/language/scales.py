"""Growth of formulas with logarithms, powers such as 2^n, roots, maxima and factorials: as sums of comparable scales.

A scale is a product over the symbols of s^(a s) · r^s · s^p · (log s)^q. A formula made of positive terms (or of terms
that swallow what is subtracted) is of the size of the sum of its scales, of which only the largest count. The rules:
the log of a sum is of the size of the largest log; s! is of the size of s^s · e^(-s) · s^(1/2) (Stirling).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from itertools import product

from grader.language import nodes, normal_form, polynomial
from grader.language.growth import Growth
from grader.language.polynomial import ONE, UNIT, Budget, Rational

_SCALES = 40


class Undecided(Exception):
    """The growth of a formula cannot be told by these rules."""


@dataclass(frozen=True)
class Part:
    """The share of one symbol in a scale: s^(a s) · r^s · s^p · (log s)^q, with r as exponents of primes and of e."""

    factorial: Fraction = Fraction(0)
    rates: tuple[tuple[str, Fraction], ...] = ()
    power: Fraction = Fraction(0)
    log: Fraction = Fraction(0)

    def times(self, other: Part) -> Part:
        rates = dict(self.rates)
        for base, own in other.rates:
            rates[base] = rates.get(base, Fraction(0)) + own
        return Part(
            self.factorial + other.factorial,
            tuple(sorted((base, own) for base, own in rates.items() if own)),
            self.power + other.power,
            self.log + other.log,
        )

    def to_the(self, exponent: Rational) -> Part:
        e = Fraction(exponent)
        return Part(
            self.factorial * e, tuple((base, own * e) for base, own in self.rates), self.power * e, self.log * e
        )

    @property
    def order(self) -> tuple[Fraction, float, Fraction, Fraction]:
        """Compares as the growth does; the rate is a float, never near 0 unless the bases cancel."""
        rate = sum(float(own) * (1.0 if base == "e" else math.log(int(base))) for base, own in self.rates)
        if self.rates and abs(rate) < 1e-9:
            raise Undecided
        return self.factorial, rate, self.power, self.log


_NOTHING = Part()
Scale = tuple[tuple[str, Part], ...]
"""Symbols, sorted, with their parts; no part is trivial."""


def compare(given: nodes.Node, expected: nodes.Node, budget: Budget) -> Growth | None:
    """How ``given`` grows beside ``expected``; None where it cannot be told."""
    try:
        one, two = _scales(given, budget), _scales(expected, budget)
        below, above = _dominated(one, two), _dominated(two, one)
    except (Undecided, normal_form.Opaque, polynomial.TooLarge, ZeroDivisionError, OverflowError):
        return None
    if below and above:
        return Growth.SAME
    return Growth.SLOWER if below else Growth.FASTER if above else Growth.OTHER


def _scales(node: nodes.Node, budget: Budget) -> frozenset[Scale]:
    budget.spend(5)
    if isinstance(node, nodes.Number):
        if node.value <= 0:
            raise Undecided
        return frozenset({()})
    if isinstance(node, nodes.Name):
        return frozenset({((node.name, Part(power=Fraction(1))),)})
    if isinstance(node, nodes.Sum):
        return _sum(node, budget)
    if isinstance(node, nodes.Product):
        found = _scales(node.factors[0], budget)
        for sign, factor in zip(node.signs, node.factors[1:]):
            other = _scales(factor, budget)
            found = _product(found, _raised(other, -1) if sign == "/" else other)
        return found
    if isinstance(node, nodes.Power):
        return _power(node.base, node.exponent, budget)
    if isinstance(node, nodes.Call) and not node.derivative:
        return _call(node, budget)
    raise Undecided


def _sum(node: nodes.Sum, budget: Budget) -> frozenset[Scale]:
    """Terms that are below 0, and constants, must be swallowed by a larger one."""
    kept: set[Scale] = set()
    taken: set[Scale] = set()
    for term in node.terms:
        inner = term.operand if isinstance(term, nodes.Negative) else term
        if not (isinstance(inner, nodes.Number) and inner.value == 0):
            (taken if isinstance(term, nodes.Negative) else kept).update(_scales(inner, budget))
    top = _largest(kept)
    if any(not any(own != other and _at_most(own, other) for other in top) for own in taken):
        raise Undecided
    return top


def _product(left: frozenset[Scale], right: frozenset[Scale]) -> frozenset[Scale]:
    if len(left) * len(right) > _SCALES:
        raise Undecided
    return _largest({_times(one, two) for one, two in product(left, right)})


def _times(one: Scale, two: Scale) -> Scale:
    parts = dict(one)
    for symbol, part in two:
        parts[symbol] = parts.get(symbol, _NOTHING).times(part)
    return tuple(sorted(((s, part) for s, part in parts.items() if part != _NOTHING), key=lambda pair: pair[0]))


def _raised(scales: frozenset[Scale], exponent: Rational) -> frozenset[Scale]:
    """A sum to a positive power is of the size of the sum of the powers; to a negative one only if it is one term."""
    if exponent == 0:
        return frozenset({()})
    if exponent < 0 and len(scales) > 1:
        raise Undecided
    return frozenset(tuple((symbol, part.to_the(exponent)) for symbol, part in scale) for scale in scales)


def _power(base: nodes.Node, exponent: nodes.Node, budget: Budget) -> frozenset[Scale]:
    linear = _linear(exponent, budget)
    constant = linear.pop("", Fraction(0))
    if not linear:
        if constant.denominator == 1 and 1 < constant <= 6:
            own = _scales(base, budget)
            return reduce(_product, [own] * int(constant))
        return _raised(_scales(base, budget), constant)
    form = normal_form.of(base, budget)
    if form.denominator != ONE or len(form.numerator) != 1:
        raise Undecided
    ((monomial, number),) = form.numerator.items()
    if number <= 0:
        raise Undecided
    primes = {
        str(prime): Fraction(direction * own)
        for value, direction in ((number.numerator, 1), (number.denominator, -1))
        for prime, own in normal_form.prime_factors(value).items()
    }
    result: frozenset[Scale] = _raised(_scales(base, budget), constant) if constant else frozenset({()})
    for symbol, factor in linear.items():
        rates = dict(primes)
        superexponential = Fraction(0)
        for name, exponent_of in monomial:
            if name == "e":
                rates["e"] = rates.get("e", Fraction(0)) + Fraction(exponent_of)
            elif name == symbol:
                superexponential += Fraction(exponent_of)
            else:
                raise Undecided
        part = Part(superexponential, tuple(sorted((b, own) for b, own in rates.items()))).to_the(factor)
        result = _product(result, frozenset({((symbol, part),)} if part != _NOTHING else {()}))
    return result


def _linear(node: nodes.Node, budget: Budget) -> dict[str, Fraction]:
    """Coefficients by symbol, the constant term under ""."""
    form = normal_form.of(node, budget)
    if form.denominator != ONE or form.definitions:
        raise Undecided
    found: dict[str, Fraction] = {}
    for monomial, value in form.numerator.items():
        if monomial != UNIT and (len(monomial) != 1 or monomial[0][1] != 1):
            raise Undecided
        found[monomial[0][0] if monomial else ""] = Fraction(value)
    return found


def _call(node: nodes.Call, budget: Budget) -> frozenset[Scale]:
    function, first = node.function, node.arguments[0]
    if function in ("log", "ln", "log2", "lg", "log10"):
        if len(node.arguments) == 2 and nodes.names(node.arguments[1]):
            raise Undecided
        return _largest({log for scale in _scales(first, budget) for log in _logs(scale)})
    if function == "max":
        return _largest({scale for argument in node.arguments for scale in _scales(argument, budget)})
    if function == "sqrt":
        return _raised(_scales(first, budget), Fraction(1, 2))
    if function in ("floor", "ceil", "abs"):
        found = _scales(first, budget)
        if function != "abs" and any(part.order < (0, 0.0, 0, 0) for scale in found for _, part in scale):
            raise Undecided
        return found
    if function == "exp":
        return _power(nodes.Name("e"), first, budget)
    if function == "factorial":
        linear = _linear(first, budget)
        constant = linear.pop("", Fraction(0))
        if len(linear) != 1:
            raise Undecided
        ((symbol, slope),) = linear.items()
        if slope.denominator != 1 or slope <= 0:
            raise Undecided
        rates = {str(prime): slope * own for prime, own in normal_form.prime_factors(int(slope)).items()}
        rates["e"] = -slope
        return frozenset({((symbol, Part(slope, tuple(sorted(rates.items())), constant + Fraction(1, 2))),)})
    raise Undecided


def _logs(scale: Scale) -> list[Scale]:
    """The log of a product is the sum of the logs; each must grow."""
    found: list[Scale] = []
    for symbol, part in scale:
        if part.order < (0, 0.0, 0, 0) or (not part.factorial and not part.rates and not part.power):
            raise Undecided
        if part.factorial:
            found.append(((symbol, Part(power=Fraction(1), log=Fraction(1))),))
        elif part.rates:
            found.append(((symbol, Part(power=Fraction(1))),))
        else:
            found.append(((symbol, Part(log=Fraction(1))),))
    return found or [()]


def _largest(scales: set[Scale]) -> frozenset[Scale]:
    if len(scales) > _SCALES:
        raise Undecided
    return frozenset(
        scale for scale in scales if not any(scale != other and _at_most(scale, other) for other in scales)
    )


def _at_most(one: Scale, two: Scale) -> bool:
    parts, others = dict(one), dict(two)
    return all(
        parts.get(symbol, _NOTHING).order <= others.get(symbol, _NOTHING).order for symbol in parts.keys() | others
    )


def _dominated(these: frozenset[Scale], those: frozenset[Scale]) -> bool:
    """Whether each scale is bounded by the sum of those. Raises Undecided where only a convex combination might do."""
    for scale in these:
        if any(_at_most(scale, other) for other in those):
            continue
        if not any(_ahead(scale, those, order) for order in _paths(these | those)):
            raise Undecided
        return False
    return True


def _paths(scales: frozenset[Scale]) -> list[list[str]]:
    """Ways to infinity on which each symbol outgrows every function of those before it, here: one symbol first."""
    symbols = sorted({symbol for scale in scales for symbol, _ in scale})
    return [[symbol, *(other for other in symbols if other != symbol)] for symbol in symbols]


def _ahead(scale: Scale, others: frozenset[Scale], path: list[str]) -> bool:
    own = dict(scale)
    key = [own.get(symbol, _NOTHING).order for symbol in path]
    return all(key > [dict(other).get(symbol, _NOTHING).order for symbol in path] for other in others)
