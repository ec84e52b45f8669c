"""The value of a formula where its names are positive integers, in bounded time whatever the formula."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

from grader.language import enclosure, nodes, polynomial
from grader.language.enclosure import Ball, Huge, Undefined, Unknown, Value

_PRECISION = 256
_DEPTH = 200


def value(node: nodes.Node, point: Mapping[str, int]) -> Value:
    """The value of a formula where each name is a positive integer. Raises Undefined."""
    if not _irrational(node):
        return _value(node, point, 0)
    import flint  # only formulas with irrational values need it

    with flint.ctx.workprec(_PRECISION):
        return _value(node, point, 0)


def _irrational(node: nodes.Node) -> bool:
    pending = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, nodes.Call) and current.function not in ("max", "min", "floor", "ceil", "factorial"):
            return True
        if isinstance(current, nodes.Power) and not _whole(current.exponent):
            return True
        pending.extend(nodes.children(current))
    return False


def _whole(exponent: nodes.Node) -> bool:
    if isinstance(exponent, nodes.Number):
        return exponent.value.denominator == 1
    return isinstance(exponent, nodes.Name)


def _value(node: nodes.Node, point: Mapping[str, int], depth: int) -> Value:
    if depth > _DEPTH:
        raise Unknown("nested too deeply")
    if isinstance(node, nodes.Number):
        return enclosure.bounded(polynomial.rational(node.value))
    if isinstance(node, nodes.Name):
        if node.name not in point:
            raise Unknown(f"{node.name} has no value")
        return point[node.name]
    if isinstance(node, nodes.Sum):
        total: Value = 0
        for term in node.terms:
            total = enclosure.plus(total, _value(term, point, depth + 1))
        return total
    if isinstance(node, nodes.Negative):
        return enclosure.times(-1, _value(node.operand, point, depth + 1))
    if isinstance(node, nodes.Product):
        product = _value(node.factors[0], point, depth + 1)
        for joined, factor in zip(node.signs, node.factors[1:]):
            other = _value(factor, point, depth + 1)
            product = enclosure.times(product, enclosure.inverse(other) if joined == "/" else other)
        return product
    if isinstance(node, nodes.Power):
        return enclosure.power(_value(node.base, point, depth + 1), _value(node.exponent, point, depth + 1))
    if isinstance(node, nodes.Call) and not node.derivative:
        return _call(node.function, [_value(argument, point, depth + 1) for argument in node.arguments])
    raise Unknown(f"{type(node).__name__.lower()} is not a number")


def _call(function: str, arguments: list[Value]) -> Value:
    if not arguments:
        return _constant(function)
    first = arguments[0]
    if function in _BASES and len(arguments) == 1:
        return _logarithm(first, _BASES[function])
    if function == "log" and len(arguments) == 2:
        base = arguments[1]
        if isinstance(base, int) and base > 1:
            return _logarithm(first, base)
        return enclosure.times(_logarithm(first, None), enclosure.inverse(_logarithm(base, None)))
    if function == "sqrt" and len(arguments) == 1:
        return enclosure.power(first, Fraction(1, 2))
    if function == "abs" and len(arguments) == 1:
        return enclosure.times(first, -1) if enclosure.sure_sign(first) < 0 else first
    if function == "exp" and len(arguments) == 1:
        if isinstance(first, Huge) or not abs(enclosure.arb(first)) < enclosure.BITS:
            raise Unknown("a power that is too large")
        return enclosure.ball(enclosure.arb(first).exp()) if enclosure.sure_sign(first) else 1
    if function in ("max", "min"):
        best = first
        for other in arguments[1:]:
            rises = enclosure.sure_sign(enclosure.plus(other, enclosure.times(-1, best))) > 0
            best = other if rises == (function == "max") else best
        return best
    if function in ("floor", "ceil") and len(arguments) == 1:
        return _floor(first, up=function == "ceil")
    if function == "factorial" and len(arguments) == 1:
        return _factorial(first)
    if function == "binomial" and len(arguments) == 2:
        return _binomial(first, arguments[1])
    raise Unknown(f"the function {function}")


def _constant(name: str) -> Value:
    import flint

    if name not in ("e", "pi"):
        raise Unknown(f"the name {name}")
    return enclosure.ball(flint.arb(1).exp() if name == "e" else flint.arb.pi())


_BASES: dict[str, int | None] = {"log": None, "ln": None, "log2": 2, "lg": 2, "log10": 10}


def _logarithm(number: Value, base: int | None) -> Value:
    if enclosure.sign(number) is None or isinstance(number, Huge):
        raise Unknown("a logarithm beyond the bounds")
    if enclosure.sign(number) != 1:
        raise Undefined("a logarithm of something that is not positive")
    if isinstance(number, (int, Fraction)):
        if number == 1:
            return 0
        if base is not None:
            whole = round(math.log(number.numerator, base) - math.log(number.denominator, base))
            if Fraction(base) ** whole == number:
                return whole
    top = enclosure.arb(number).log()
    return (
        enclosure.ball(top)
        if base is None
        else enclosure.times(enclosure.ball(top), enclosure.inverse(_logarithm(base, None)))
    )


def _floor(number: Value, up: bool) -> Value:
    if isinstance(number, Ball):
        whole = (number.arb.ceil() if up else number.arb.floor()).unique_fmpz()
        if whole is None:
            raise Unknown("a rounding that cannot be told")
        return int(whole)
    if isinstance(number, Huge):
        return number
    return math.ceil(number) if up else math.floor(number)


def _factorial(number: Value) -> Value:
    if isinstance(number, Huge):
        raise Unknown("the factorial of a huge number")
    if not isinstance(number, int) or number < 0:
        raise Unknown("a factorial of something that is not a natural number")
    return Huge(1) if number > 1000 else enclosure.bounded(math.factorial(number))


def _binomial(above: Value, below: Value) -> Value:
    if not isinstance(above, int) or not isinstance(below, int) or above < 0:
        raise Undefined("a binomial coefficient of something else than natural numbers")
    if below < 0 or below > above:
        return 0
    if min(below, above - below) > enclosure.BITS or above.bit_length() > 64:
        raise Unknown("a binomial coefficient that is too large")
    return enclosure.bounded(math.comb(above, below))
