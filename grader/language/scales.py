"""Growth of formulas with logarithms, powers such as 2^n, roots, maxima and factorials: as sums of comparable scales.

A scale is a product over the symbols of s^(a s) · r^s · s^p · (log s)^q · (log log s)^k. A formula made of positive
terms (or of terms that swallow what is subtracted) is of the size of the sum of its scales, of which only the largest
count. The rules: the log of a sum is of the size of the largest log; s! is of the size of
s^s · e^(-s) · s^(1/2) (Stirling).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import reduce

from grader.language import nodes, normal_form, polynomial, quotients
from grader.language.growth import Growth
from grader.language.polynomial import ONE, UNIT, Budget
from grader.language.scale import (
    CONSTANT,
    LINEAR,
    NOTHING,
    Part,
    Scale,
    Undecided,
    at_most,
    dominated,
    largest,
    multiplied,
    raised,
)

_ENORMOUS = (str(2**61 - 1), Fraction(1))
_HIGH = Fraction(10_000)
_SHORT = 15


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
        below, above = dominated(first.scales, second.scales), dominated(second.scales, first.scales)
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
            except (Undecided, quotients.Opaque, polynomial.TooLarge, ZeroDivisionError, OverflowError):
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
    rules.budget.spend(20)
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
            found = multiplied(found, raised(other, -1) if sign == "/" else other)
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
    top = largest(kept)
    if any(not any(own != other and at_most(own, other) for other in top) for own in taken):
        raise Undecided
    return top


def _power(base: nodes.Node, exponent: nodes.Node, rules: _Rules) -> frozenset[Scale]:
    if rules.bounds:
        return _at_least(base, exponent, rules)
    linear = _linear(exponent, rules.budget)
    constant = linear.pop("", Fraction(0))
    if not linear:
        if constant.denominator == 1 and 1 < constant <= 6:
            own = _scales(base, rules)
            return reduce(multiplied, [own] * int(constant))
        return raised(_scales(base, rules), constant)
    form = normal_form.of(base, rules.budget)
    if form.denominator != ONE or len(form.numerator) != 1:
        raise Undecided
    ((monomial, number),) = form.numerator.items()
    if number <= 0:
        raise Undecided
    primes = {
        str(prime): Fraction(direction * own)
        for value, direction in ((number.numerator, 1), (number.denominator, -1))
        for prime, own in quotients.prime_factors(value).items()
    }
    result: frozenset[Scale] = raised(_scales(base, rules), constant) if constant else frozenset({()})
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
        result = multiplied(result, frozenset({((symbol, part),)} if part != NOTHING else {()}))
    return result


def _at_least(base: nodes.Node, exponent: nodes.Node, rules: _Rules) -> frozenset[Scale]:
    """A lower bound of a power that is no product of parts: of n^m, n^(log n), 2^(n^3), 2^sqrt(n).

    A growing base to a growing exponent outgrows each power of the base; it outgrows r^s for each r if the exponent
    grows at least like s, and so does a number above 1 if the exponent grows faster than s; if the exponent grows like
    a lower power of s, that outgrows each power of s. One large r, and one high power, stand for all.
    """
    if nodes.size(exponent) <= _SHORT:
        try:
            return _power(base, exponent, _Rules(rules.budget))
        except (Undecided, quotients.Opaque):
            pass
    below = _scales(base, rules)
    if any(part.order < CONSTANT for scale in below for _, part in scale):
        raise Undecided
    growing = {symbol for scale in below if len(below) == 1 for symbol, part in scale if part.order > CONSTANT}
    if not growing and not (isinstance(base, nodes.Number) and base.value > 1):
        raise Undecided
    found: set[Scale] = set()
    for scale in _scales(exponent, rules):
        if not scale or any(part.order < CONSTANT for _, part in scale):
            raise Undecided
        parts = dict.fromkeys(growing, Part(power=_HIGH))
        for symbol, part in scale:
            if part.order > LINEAR or (part.order == LINEAR and (growing or len(scale) > 1)):
                parts[symbol] = Part(rates=(_ENORMOUS,))
            elif not growing and part.power > 0:
                parts[symbol] = Part(power=_HIGH)
        if parts:
            found.add(tuple(sorted(parts.items(), key=lambda pair: pair[0])))
    if not found:
        raise Undecided
    return largest(found)


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
    if not node.arguments:
        if node.function in ("e", "pi"):
            return frozenset({()})
        raise Undecided
    function, first = node.function, node.arguments[0]
    if function in ("log", "ln", "log2", "lg", "log10"):
        if len(node.arguments) == 2 and nodes.names(node.arguments[1]):
            raise Undecided
        return largest({log for scale in _scales(first, rules) for log in _logs(scale)})
    if function == "max":
        return largest({scale for argument in node.arguments for scale in _scales(argument, rules)})
    if function == "sqrt":
        return raised(_scales(first, rules), Fraction(1, 2))
    if function in ("floor", "ceil", "abs"):
        found = _scales(first, rules)
        if function != "abs" and any(part.order < CONSTANT for scale in found for _, part in scale):
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
        rates = {str(prime): slope * own for prime, own in quotients.prime_factors(int(slope)).items()}
        rates["e"] = -slope
        return frozenset({((symbol, Part(slope, tuple(sorted(rates.items())), constant + Fraction(1, 2))),)})
    raise Undecided


def _logs(scale: Scale) -> list[Scale]:
    """The log of a product is the sum of the logs; each must grow."""
    found: list[Scale] = []
    for symbol, part in scale:
        if part.order < CONSTANT or not (part.factorial or part.rates or part.power or part.log):
            raise Undecided
        if part.factorial:
            found.append(((symbol, Part(power=Fraction(1), log=Fraction(1))),))
        elif part.rates:
            found.append(((symbol, Part(power=Fraction(1))),))
        elif part.power:
            found.append(((symbol, Part(log=Fraction(1))),))
        else:
            found.append(((symbol, Part(double_log=Fraction(1))),))
    return found or [()]
