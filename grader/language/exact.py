"""Exact values of expressions and conditions at given rational numbers, with a bound on how large they may grow."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

from grader.language.nodes import (
    And,
    Call,
    Choice,
    Comparison,
    Indicator,
    Interval,
    Member,
    Name,
    Negative,
    Node,
    Not,
    Number,
    Or,
    Power,
    Product,
    Set,
    Sum,
    Truth,
)

DIGITS = 400
_BITS = int(DIGITS * math.log2(10)) + 1
Values = Mapping[str, Fraction]


class Undefined(Exception):
    """The expression has no rational value here: a division by zero, a logarithm, an unknown name, a giant number."""


def value(node: Node, values: Values | None = None) -> Fraction:
    """The value of an expression where its names have the given values.

    Raises ``Undefined`` where that is not a rational number of at most 400 digits.
    """
    names: Values = values or {}
    if isinstance(node, Number):
        return node.value
    if isinstance(node, Name):
        if node.name not in names:
            raise Undefined(f"{node.name} has no value")
        return names[node.name]
    if isinstance(node, Sum):
        total = Fraction(0)
        for term in node.terms:
            total = _bounded(total + value(term, names))
        return total
    if isinstance(node, Negative):
        return -value(node.operand, names)
    if isinstance(node, Product):
        return _product(node, names)
    if isinstance(node, Power):
        return power(value(node.base, names), value(node.exponent, names))
    if isinstance(node, Indicator):
        return Fraction(holds(node.condition, names))
    if isinstance(node, Choice):
        for condition, chosen in node.branches:
            if holds(condition, names):
                return value(chosen, names)
        return value(node.otherwise, names)
    if isinstance(node, Call) and node.derivative == 0:
        return _call(node.function, [value(argument, names) for argument in node.arguments])
    raise Undefined("this has no number as its value")


def holds(node: Node, values: Values | None = None) -> bool:
    """Whether a condition holds at the given values. Raises ``Undefined`` as ``value`` does."""
    names: Values = values or {}
    if isinstance(node, Truth):
        return node.value
    if isinstance(node, And):
        return all(holds(part, names) for part in node.parts)
    if isinstance(node, Or):
        return any(holds(part, names) for part in node.parts)
    if isinstance(node, Not):
        return not holds(node.part, names)
    if isinstance(node, Comparison):
        operands = [value(operand, names) for operand in node.operands]
        return all(_compare(a, r, b) for a, r, b in zip(operands, node.relations, operands[1:]))
    if isinstance(node, Member):
        return _contains(node.container, value(node.element, names), names)
    raise Undefined("this is not a condition")


def power(base: Fraction, exponent: Fraction) -> Fraction:
    """``base`` to the ``exponent``, where that is rational; the bound is checked before anything is multiplied."""
    if exponent.denominator != 1:
        root = _root(base, exponent.denominator)
        return power(root, Fraction(exponent.numerator))
    if base == 0 and exponent < 0:
        raise Undefined("a division by zero")
    size = max(base.numerator.bit_length(), base.denominator.bit_length())
    if size > 1 and abs(exponent) * (size - 1) > _BITS:
        raise Undefined(f"a number of more than {DIGITS} digits")
    if size <= 1:
        one = exponent % 2 if base < 0 else Fraction(exponent != 0)
        exponent = Fraction(one)
    result: Fraction = base ** int(exponent)
    return _bounded(result)


def _root(base: Fraction, degree: int) -> Fraction:
    if base < 0 or degree > 64:
        raise Undefined("a root that is not rational")
    parts = []
    for part in (base.numerator, base.denominator):
        guess = math.isqrt(part) if degree == 2 else _integer_root(part, degree)
        if guess**degree != part:
            raise Undefined("a root that is not rational")
        parts.append(guess)
    return Fraction(parts[0], parts[1])


def _integer_root(number: int, degree: int) -> int:
    low, high = 0, 1 << (number.bit_length() // degree + 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**degree <= number else (low, middle - 1)
    return low


def _product(node: Product, names: Values) -> Fraction:
    total = value(node.factors[0], names)
    for sign, factor in zip(node.signs, node.factors[1:]):
        operand = value(factor, names)
        if sign == "/":
            if operand == 0:
                raise Undefined("a division by zero")
            total = _bounded(total / operand)
        else:
            total = _bounded(total * operand)
    return total


def _call(function: str, arguments: list[Fraction]) -> Fraction:
    if not arguments:
        raise Undefined(f"{function} of nothing")
    first = arguments[0]
    if function in ("max", "min"):
        return max(arguments) if function == "max" else min(arguments)
    if function == "factorial":
        if first.denominator != 1 or not 0 <= first <= 200:
            raise Undefined("a factorial of this number")
        return Fraction(math.factorial(int(first)))
    if function == "sqrt":
        return _root(first, 2)
    simple = {
        "identity": lambda: first, "relu": lambda: max(first, Fraction(0)), "step": lambda: Fraction(first >= 0),
        "sign": lambda: Fraction((first > 0) - (first < 0)), "abs": lambda: abs(first),
        "square": lambda: power(first, Fraction(2)),
        "cube": lambda: power(first, Fraction(3)), "floor": lambda: Fraction(math.floor(first)),
        "ceil": lambda: Fraction(math.ceil(first)),
    }  # fmt: skip
    if function not in simple:
        raise Undefined(f"{function} of this is not a rational number")
    return _bounded(simple[function]())


def _compare(left: Fraction, relation: str, right: Fraction) -> bool:
    return {
        "<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right, "=": left == right,
        "!=": left != right,
    }[relation]  # fmt: skip


def _contains(container: Interval | Set, element: Fraction, names: Values) -> bool:
    if isinstance(container, Set):
        return any(element == value(one, names) for one in container.elements)
    low, high = value(container.low, names), value(container.high, names)
    above = low <= element if container.low_closed else low < element
    return above and (element <= high if container.high_closed else element < high)


def _bounded(number: Fraction) -> Fraction:
    if number.numerator.bit_length() > _BITS or number.denominator.bit_length() > _BITS:
        raise Undefined(f"a number of more than {DIGITS} digits")
    return number
