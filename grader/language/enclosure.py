"""The value of a formula at a point: exact where rational, else an interval that holds it, or just "huge".

Nothing larger than the stated bound is ever computed, so any formula has a value, or a reason for none, in
bounded time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Union

from grader.language import nodes, polynomial
from grader.language.polynomial import Rational

_BITS = 4000
_PRECISION = 256
_DEPTH = 200


class Undefined(Exception):
    """The formula has no value there (a division by zero, the logarithm of zero), or none that can be bounded."""


@dataclass(frozen=True)
class Huge:
    """A number of which only this is known: its sign, and that its size is above 2^4000."""

    sign: int


@dataclass(frozen=True)
class Ball:
    """A real number, given by an interval that holds it (an arb of python-flint)."""

    arb: Any


Value = Union[int, Fraction, Huge, Ball]


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


def differ(left: Value, right: Value) -> bool | None:
    """Whether two values are surely different (True), surely the same (False), or cannot be told apart (None)."""
    if isinstance(left, Huge) or isinstance(right, Huge):
        if isinstance(left, Huge) and isinstance(right, Huge):
            return True if left.sign != right.sign else None
        return None if isinstance(left, Ball) or isinstance(right, Ball) else True
    if isinstance(left, Ball) or isinstance(right, Ball):
        return None if _arb(left).overlaps(_arb(right)) else True
    return left != right


def larger(left: Value, right: Value) -> bool:
    """Whether left > right, for two values that surely differ."""
    if isinstance(left, Huge) or isinstance(right, Huge):
        return left.sign > 0 if isinstance(left, Huge) else isinstance(right, Huge) and right.sign < 0
    if isinstance(left, Ball) or isinstance(right, Ball):
        return bool(_arb(left) > _arb(right))
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


def _value(node: nodes.Node, point: Mapping[str, int], depth: int) -> Value:
    if depth > _DEPTH:
        raise Undefined("nested too deeply")
    if isinstance(node, nodes.Number):
        return _bounded(polynomial.rational(node.value))
    if isinstance(node, nodes.Name):
        if node.name not in point:
            raise Undefined(f"{node.name} has no value")
        return point[node.name]
    if isinstance(node, nodes.Sum):
        total: Value = 0
        for term in node.terms:
            total = _plus(total, _value(term, point, depth + 1))
        return total
    if isinstance(node, nodes.Negative):
        return _times(-1, _value(node.operand, point, depth + 1))
    if isinstance(node, nodes.Product):
        product = _value(node.factors[0], point, depth + 1)
        for joined, factor in zip(node.signs, node.factors[1:]):
            other = _value(factor, point, depth + 1)
            product = _times(product, _inverse(other) if joined == "/" else other)
        return product
    if isinstance(node, nodes.Power):
        return _power(_value(node.base, point, depth + 1), _value(node.exponent, point, depth + 1))
    if isinstance(node, nodes.Call) and not node.derivative:
        return _call(node.function, [_value(argument, point, depth + 1) for argument in node.arguments])
    raise Undefined(f"{type(node).__name__.lower()} is not a number")


def _bounded(number: Rational) -> Value:
    if polynomial.bits(number) <= _BITS:
        return number
    if abs(number) > 2**_BITS:
        return Huge(1 if number > 0 else -1)
    raise Undefined("too many digits")


def _plus(left: Value, right: Value) -> Value:
    if isinstance(left, (int, Fraction)) and isinstance(right, (int, Fraction)):
        return _bounded(left + right)
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Huge):
            if sign(other) in (0, one.sign):
                return one
            raise Undefined("a difference of huge numbers")
    return _ball(_arb(left) + _arb(right))


def _times(left: Value, right: Value) -> Value:
    if isinstance(left, (int, Fraction)) and isinstance(right, (int, Fraction)):
        return _bounded(left * right)
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Huge):
            if isinstance(other, (int, Fraction)) and other == 0:
                return 0
            if isinstance(other, Huge) or (isinstance(other, (int, Fraction)) and not -1 < other < 1):
                return Huge(one.sign * (sign(other) or 1))
            raise Undefined("a product of huge numbers and small ones")
    return _ball(_arb(left) * _arb(right))


def _inverse(number: Value) -> Value:
    if isinstance(number, Huge):
        raise Undefined("a division by a huge number")
    if isinstance(number, Ball):
        if sign(number) is None:
            raise Undefined("a division by something that may be zero")
        return _ball(1 / number.arb)
    if not number:
        raise Undefined("a division by zero")
    return polynomial.rational(Fraction(number.denominator, number.numerator))


def _power(base: Value, exponent: Value) -> Value:
    if isinstance(exponent, (int, Fraction)) and exponent == 0:
        return 1
    if isinstance(base, (int, Fraction)):
        if base == 1:
            return 1
        if isinstance(exponent, Huge):
            if base >= 2 and exponent.sign > 0:
                return Huge(1)
            raise Undefined("a power that is too large")
        if isinstance(exponent, int):
            return _whole_power(base, exponent)
        root = _root(base, exponent) if isinstance(exponent, Fraction) else None
        if root is not None:
            return root
    if isinstance(base, Huge):
        if isinstance(exponent, int) and exponent > 0:
            return Huge(base.sign if exponent % 2 else 1)
        raise Undefined("a power of a huge number")
    if sign(base) == 0 and sign(exponent) == 1:
        return 0
    if isinstance(exponent, Huge) or (sign(base) != 1 and not isinstance(exponent, int)):
        raise Undefined("a power of something that is not positive")
    size = _arb(exponent) * abs(_arb(base)).log() if sign(base) else None
    if size is None or not size < _BITS:
        raise Undefined("a power that is too large")
    return _ball(_arb(base) ** _arb(exponent))


def _whole_power(base: Rational, exponent: int) -> Value:
    if base == 0:
        if exponent < 0:
            raise Undefined("a division by zero")
        return 0
    if base == -1:
        return -1 if exponent % 2 else 1
    if abs(exponent) * polynomial.bits(base) <= _BITS:
        return polynomial.rational(Fraction(base) ** exponent)
    # |base| >= 2 in size: base^exponent has at least (bits - 1) * exponent bits
    whole = abs(base.numerator) // base.denominator
    if whole >= 2 and exponent * (whole.bit_length() - 1) > _BITS:
        return Huge(-1 if base < 0 and exponent % 2 else 1)
    if abs(exponent) * polynomial.bits(base) <= 64 * _BITS:
        return _bounded(polynomial.rational(Fraction(base) ** exponent))
    raise Undefined("a power that is too large")


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


def _call(function: str, arguments: list[Value]) -> Value:
    first = arguments[0]
    if function in _BASES and len(arguments) == 1:
        return _logarithm(first, _BASES[function])
    if function == "log" and len(arguments) == 2:
        return _times(_logarithm(first, None), _inverse(_logarithm(arguments[1], None)))
    if function == "sqrt" and len(arguments) == 1:
        return _power(first, Fraction(1, 2))
    if function == "abs" and len(arguments) == 1:
        return _times(first, -1) if _sure_sign(first) < 0 else first
    if function == "exp" and len(arguments) == 1:
        if isinstance(first, Huge) or not abs(_arb(first)) < _BITS:
            raise Undefined("a power that is too large")
        return _ball(_arb(first).exp()) if _sure_sign(first) else 1
    if function in ("max", "min"):
        best = first
        for other in arguments[1:]:
            rises = _sure_sign(_plus(other, _times(-1, best))) > 0
            best = other if rises == (function == "max") else best
        return best
    if function in ("floor", "ceil") and len(arguments) == 1:
        return _floor(first, up=function == "ceil")
    if function == "factorial" and len(arguments) == 1:
        return _factorial(first)
    if function == "binomial" and len(arguments) == 2:
        return _binomial(first, arguments[1])
    raise Undefined(f"the function {function}")


_BASES: dict[str, int | None] = {"log": None, "ln": None, "log2": 2, "lg": 2, "log10": 10}


def _logarithm(number: Value, base: int | None) -> Value:
    if sign(number) != 1 or isinstance(number, Huge):
        raise Undefined("a logarithm of something that is not positive")
    if isinstance(number, (int, Fraction)):
        if number == 1:
            return 0
        if base is not None:
            whole = round(math.log(number.numerator, base) - math.log(number.denominator, base))
            if Fraction(base) ** whole == number:
                return whole
    top = _arb(number).log()
    return _ball(top) if base is None else _times(_ball(top), _inverse(_logarithm(base, None)))


def _floor(number: Value, up: bool) -> Value:
    if isinstance(number, Ball):
        whole = (number.arb.ceil() if up else number.arb.floor()).unique_fmpz()
        if whole is None:
            raise Undefined("a rounding that cannot be told")
        return int(whole)
    if isinstance(number, Huge):
        return number
    return math.ceil(number) if up else math.floor(number)


def _factorial(number: Value) -> Value:
    if isinstance(number, Huge):
        raise Undefined("the factorial of a huge number")
    if not isinstance(number, int) or number < 0:
        raise Undefined("a factorial of something that is not a natural number")
    return Huge(1) if number > 1000 else _bounded(math.factorial(number))


def _binomial(above: Value, below: Value) -> Value:
    if not isinstance(above, int) or not isinstance(below, int) or above < 0:
        raise Undefined("a binomial coefficient of something else than natural numbers")
    if below < 0 or below > above:
        return 0
    if min(below, above - below) > _BITS or above.bit_length() > 64:
        raise Undefined("a binomial coefficient that is too large")
    return _bounded(math.comb(above, below))


def _sure_sign(number: Value) -> int:
    known = sign(number)
    if known is None:
        raise Undefined("a sign that cannot be told")
    return known


def _arb(number: Value) -> Any:
    import flint

    if isinstance(number, Ball):
        return number.arb
    if isinstance(number, Huge):
        raise Undefined("a huge number")
    return flint.arb(flint.fmpq(number.numerator, number.denominator))


def _ball(arb: Any) -> Ball:
    if not arb.is_finite():
        raise Undefined("no finite value")
    return Ball(arb)
