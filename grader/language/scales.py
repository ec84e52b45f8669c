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
_CONSTANT = _NOTHING.order
_LINEAR = Part(power=Fraction(1)).order
_ENORMOUS = (str(2**61 - 1), Fraction(1))
Scale = tuple[tuple[str, Part], ...]
"""Symbols, sorted, with their parts; no part is trivial."""


@dataclass(frozen=True)
class _Rules:
    """``bounds``: a power such as m^n, which is no product of parts, stands for a lower bound of it."""

    budget: Budget
    bounds: bool = False


def compare(given: nodes.Node, expected: nodes.Node, budget: Budget) -> Growth | None:
    """How ``given`` grows beside ``expected``; None where it cannot be told."""
    first, second = _sized(given, budget), _sized(expected, budget)
    if first is None or second is None or (first.least and second.least):
        return None
    if first.sign != second.sign:
        return Growth.OTHER
    try:
        below, above = _dominated(first.scales, second.scales), _dominated(second.scales, first.scales)
    except Undecided:
        return None
    if (first.least and below) or (second.least and above):
        return None
    if below and above:
        return Growth.SAME
    return Growth.SLOWER if below else Growth.FASTER if above else Growth.OTHER


@dataclass(frozen=True)
class _Size:
    """The sign of a formula for large numbers, its scales, and whether they are only a lower bound of its size."""

    sign: int
    scales: frozenset[Scale]
    least: bool


def _sized(node: nodes.Node, budget: Budget) -> _Size | None:
    for bounds in (False, True):
        for sign, own in ((1, node), (-1, _flipped(node))):
            try:
                return _Size(sign, _scales(own, _Rules(budget, bounds)), bounds)
            except (Undecided, normal_form.Opaque, polynomial.TooLarge, ZeroDivisionError, OverflowError):
                continue
    return None


def _flipped(node: nodes.Node) -> nodes.Node:
    if isinstance(node, nodes.Negative):
        return node.operand
    if isinstance(node, nodes.Sum):
        return nodes.Sum(tuple(_flipped(term) for term in node.terms))
    if isinstance(node, nodes.Product):
        return nodes.Product((_flipped(node.factors[0]), *node.factors[1:]), node.signs)
    return nodes.Number(-node.value) if isinstance(node, nodes.Number) else nodes.Negative(node)


def _scales(node: nodes.Node, rules: _Rules) -> frozenset[Scale]:
    rules.budget.spend(5)
    if isinstance(node, nodes.Number):
        if node.value <= 0:
            raise Undecided
        return frozenset({()})
    if isinstance(node, nodes.Name):
        return frozenset({((node.name, Part(power=Fraction(1))),)})
    if isinstance(node, nodes.Sum):
        return _sum(node, rules)
    if isinstance(node, nodes.Product):
        found = _scales(node.factors[0], rules)
        for sign, factor in zip(node.signs, node.factors[1:]):
            other = _scales(factor, rules if sign != "/" else _Rules(rules.budget))
            found = _product(found, _raised(other, -1) if sign == "/" else other)
        return found
    if isinstance(node, nodes.Power):
        return _power(node.base, node.exponent, rules)
    if isinstance(node, nodes.Call) and not node.derivative:
        return _call(node, rules)
    raise Undecided


def _sum(node: nodes.Sum, rules: _Rules) -> frozenset[Scale]:
    """Terms that are below 0, and constants, must be swallowed by a larger one."""
    kept: set[Scale] = set()
    taken: set[Scale] = set()
    for term in node.terms:
        inner = term.operand if isinstance(term, nodes.Negative) else term
        if not (isinstance(inner, nodes.Number) and inner.value == 0):
            exact = _Rules(rules.budget)
            if isinstance(term, nodes.Negative):
                taken.update(_scales(inner, exact))
            else:
                kept.update(_scales(inner, rules))
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


def _power(base: nodes.Node, exponent: nodes.Node, rules: _Rules) -> frozenset[Scale]:
    if rules.bounds:
        return _at_least(base, exponent, rules)
    linear = _linear(exponent, rules.budget)
    constant = linear.pop("", Fraction(0))
    if not linear:
        if constant.denominator == 1 and 1 < constant <= 6:
            own = _scales(base, rules)
            return reduce(_product, [own] * int(constant))
        return _raised(_scales(base, rules), constant)
    form = normal_form.of(base, rules.budget)
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
    result: frozenset[Scale] = _raised(_scales(base, rules), constant) if constant else frozenset({()})
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


def _at_least(base: nodes.Node, exponent: nodes.Node, rules: _Rules) -> frozenset[Scale]:
    """A lower bound of a power.

    If the base grows and the exponent grows at least like s, or the base is a number above 1 and the exponent grows
    faster than s, then the power outgrows r^s for each r: here one large r.
    """
    try:
        return _power(base, exponent, _Rules(rules.budget))
    except (Undecided, normal_form.Opaque):
        pass
    below = _scales(base, rules)
    grows = any(part.order > _CONSTANT for scale in below for _, part in scale)
    if any(part.order < _CONSTANT for scale in below for _, part in scale):
        raise Undecided
    if not grows and not (isinstance(base, nodes.Number) and base.value > 1):
        raise Undecided
    least = Part(power=Fraction(1)).order if grows else Part(power=Fraction(1), log=Fraction(1)).order
    found: set[Scale] = set()
    for scale in _scales(exponent, rules):
        if any(part.order < _CONSTANT for _, part in scale):
            raise Undecided
        if any(part.order >= least for _, part in scale) or (len(scale) > 1 and not grows):
            bound = Part(rates=(_ENORMOUS,))
            found.add(tuple((symbol, bound) for symbol, part in scale if part.order >= _LINEAR))
    if not found:
        raise Undecided
    return _largest(found)


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


def _call(node: nodes.Call, rules: _Rules) -> frozenset[Scale]:
    function, first = node.function, node.arguments[0]
    if function in ("log", "ln", "log2", "lg", "log10"):
        if len(node.arguments) == 2 and nodes.names(node.arguments[1]):
            raise Undecided
        return _largest({log for scale in _scales(first, rules) for log in _logs(scale)})
    if function == "max":
        return _largest({scale for argument in node.arguments for scale in _scales(argument, rules)})
    if function == "sqrt":
        return _raised(_scales(first, rules), Fraction(1, 2))
    if function in ("floor", "ceil", "abs"):
        found = _scales(first, rules)
        if function != "abs" and any(part.order < _CONSTANT for scale in found for _, part in scale):
            raise Undecided
        return found
    if function == "exp":
        return _power(nodes.Name("e"), first, rules)
    if function == "factorial":
        linear = _linear(first, rules.budget)
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
        if part.order < _CONSTANT or (not part.factorial and not part.rates and not part.power):
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
