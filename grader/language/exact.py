"""Exact values of expressions and conditions at given rational numbers, with a bound on how large they may grow."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, TypeVar, cast

from grader.language import nodes
from grader.language.nodes import Comparison, Meaning, Node, Number, Relation, names

DIGITS = 400
_BITS = int(DIGITS * math.log2(10)) + 1
Values = Mapping[str, Fraction]
T = TypeVar("T")


class Undefined(Exception):
    """The expression has no rational value here, and the message says why: a division by zero, an unknown name."""


class Unknown(Undefined):
    """There may be a real value, but no rational one of at most 400 digits that this module knows."""


def value(node: Node, values: Values | None = None) -> Fraction:
    """The value of an expression where its names have the given values.

    Raises ``Undefined`` where that is not a rational number of at most 400 digits.
    """
    return _Exact(values or {}).of(node)


def holds(node: Node, values: Values | None = None) -> bool:
    """Whether a condition holds at the given values. Raises ``Undefined`` as ``value`` does."""
    return _Exact(values or {}).holds.of(node)


def power(base: Fraction, exponent: Fraction) -> Fraction:
    """``base`` to the ``exponent``, where that is rational; the bound is checked before anything is multiplied."""
    if exponent.denominator != 1:
        root = _root(base, exponent.denominator)
        return power(root, Fraction(exponent.numerator))
    if base == 0 and exponent < 0:
        raise Undefined("a division by zero")
    size = max(base.numerator.bit_length(), base.denominator.bit_length())
    if size > 1 and abs(exponent) * (size - 1) > _BITS:
        raise Unknown(f"a number of more than {DIGITS} digits")
    if size <= 1:
        exponent = Fraction(exponent % 2 if base < 0 else exponent != 0)
    return bounded(Fraction(base ** int(exponent)))


RELATIONS: Mapping[Relation, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq, "!=": operator.ne,
}  # fmt: skip
"""Each relation between two numbers, or between the sign of their difference and 0."""


def comparisons(node: nodes.Member) -> Comparison | nodes.Or:
    """Membership said by comparisons: z in [a, b) is a <= z < b, z in {a, b} is z = a or z = b."""
    within = node.container
    if isinstance(within, nodes.Set):
        return nodes.Or(tuple(Comparison((node.element, one), ("=",)) for one in within.elements))
    low: Relation = "<=" if within.low_closed else "<"
    high: Relation = "<=" if within.high_closed else "<"
    return Comparison((within.low, node.element, within.high), (low, high))


class Holds(Meaning[bool]):
    """Whether a condition holds: what it compares has a ``value``, and the difference of two values a ``sign``.

    Raises ``Undefined`` where that cannot be told.
    """

    def __init__(self, value: Callable[[Node], Any], sign: Callable[[Any, Any], Any] = operator.sub) -> None:
        self.value = value
        self.sign = sign

    def comparison_(self, node: Comparison) -> bool:
        found = [self.value(operand) for operand in node.operands]
        signs = map(self.sign, found, found[1:])
        return all(RELATIONS[relation](sign, 0) for relation, sign in zip(node.relations, signs))

    def truth_(self, node: nodes.Truth) -> bool:
        return node.value

    def and_(self, node: nodes.And) -> bool:
        return all(map(self.of, node.parts))

    def or_(self, node: nodes.Or) -> bool:
        return any(map(self.of, node.parts))

    def not_(self, node: nodes.Not) -> bool:
        return not self.of(node.part)

    def member_(self, node: nodes.Member) -> bool:
        return self.of(comparisons(node))

    def other(self, node: Node) -> bool:
        raise Undefined("this is not a condition")


class Arithmetic(Meaning[T]):
    """Sums, products and quotients by the operators of the values themselves; ``kept`` may bound each result."""

    def kept(self, value: T) -> T:
        return value

    def sum_(self, node: nodes.Sum) -> T:
        total: Any = self.of(node.terms[0])
        for term in node.terms[1:]:
            total = self.kept(total + self.of(term))
        return cast(T, total)

    def negative_(self, node: nodes.Negative) -> T:
        operand: Any = self.of(node.operand)
        return cast(T, -operand)

    def product_(self, node: nodes.Product) -> T:
        total: Any = self.of(node.factors[0])
        for sign, factor in zip(node.signs, node.factors[1:]):
            operand: Any = self.of(factor)
            if sign == "/" and operand == 0:
                raise Undefined("a division by zero")
            total = self.kept(total / operand if sign == "/" else total * operand)
        return cast(T, total)


class _Exact(Arithmetic[Fraction]):
    def __init__(self, values: Values) -> None:
        self.values = values
        self.holds = Holds(self.of)

    def number_(self, node: Number) -> Fraction:
        return node.value

    def name_(self, node: nodes.Name) -> Fraction:
        if node.name not in self.values:
            raise Undefined(f"{node.name} has no value")
        return self.values[node.name]

    def kept(self, value: Fraction) -> Fraction:
        return bounded(value)

    def power_(self, node: nodes.Power) -> Fraction:
        return power(self.of(node.base), self.of(node.exponent))

    def indicator_(self, node: nodes.Indicator) -> Fraction:
        return Fraction(self.holds.of(node.condition))

    def choice_(self, node: nodes.Choice) -> Fraction:
        chosen = (branch for condition, branch in node.branches if self.holds.of(condition))
        return self.of(next(chosen, node.otherwise))

    def call_(self, node: nodes.Call) -> Fraction:
        if node.derivative:
            return self.other(node)
        arguments = [self.of(argument) for argument in node.arguments]
        if node.function == "exp" and arguments[0] == 0:
            return Fraction(1)
        fits = 1 <= len(arguments) <= _MOST.get(node.function, 1)  # a function of one's own can have any name
        if not fits or node.function not in _FUNCTIONS:
            raise Unknown(f"{node.function}{' of this' * bool(arguments)} is not a rational number")
        return bounded(Fraction(_FUNCTIONS[node.function](*arguments)))

    def other(self, node: Node) -> Fraction:
        raise Undefined("this has no number as its value")


_ALIKE = ((2, 3, 5, 7), (7, 4, 3, 5), (11, 30, 2, 13))


def alike(one: Node, other: Node) -> bool:
    """Whether two formulas have the same values at a few points: enough to see a restatement, and no proof.

    Formulas with more than four names are never alike.
    """
    letters = sorted(names(one) | names(other))
    if len(letters) > len(_ALIKE[0]):
        return False
    try:
        return all(
            value(one, point) == value(other, point)
            for point in (dict(zip(letters, map(Fraction, numbers))) for numbers in _ALIKE)
        )
    except Undefined:
        return False


def _root(base: Fraction, degree: int) -> Fraction:
    if base < 0:
        raise Undefined("a root of a negative number")
    if degree > 64:
        raise Unknown("a root that is not rational")
    parts = []
    for part in (base.numerator, base.denominator):
        root = 1 << (part.bit_length() // degree + 1)
        while root**degree > part:  # Newton's method from above, in whole numbers
            root = ((degree - 1) * root + part // root ** (degree - 1)) // degree
        if root**degree != part:
            raise Unknown("a root that is not rational")
        parts.append(root)
    return Fraction(*parts)


def _factorial(number: Fraction) -> int:
    if number.denominator != 1 or number < 0:
        raise Undefined("a factorial of something that is not a natural number")
    if number > 200:
        raise Unknown("a factorial of this number")
    return math.factorial(int(number))


def _logarithm(number: Fraction, base: Fraction = Fraction(0)) -> Fraction:
    """Rational only for 1, and for powers of a whole base; without one it is natural."""
    if number <= 0:
        raise Undefined("a logarithm of something that is not positive")
    if number == 1:
        return Fraction(0)
    if base.denominator == 1 and base > 1 and 1 in (number.numerator, number.denominator):
        size = max(number.numerator, number.denominator)
        whole = round(math.log(size) / math.log(base))
        if power(base, Fraction(whole)) == size:
            return Fraction(whole if number > 1 else -whole)
    raise Unknown("a logarithm that is not rational")


_FUNCTIONS: Mapping[str, Callable[..., Fraction | int]] = {
    "identity": lambda x: x, "relu": lambda x: max(x, Fraction(0)), "step": lambda x: int(x >= 0), "abs": abs,
    "sign": lambda x: (x > 0) - (x < 0), "square": lambda x: power(x, Fraction(2)),
    "cube": lambda x: power(x, Fraction(3)), "floor": math.floor, "ceil": math.ceil, "sqrt": lambda x: _root(x, 2),
    "factorial": _factorial, "log": _logarithm, "max": lambda *of: max(of), "min": lambda *of: min(of),
}  # fmt: skip
_MOST = {"log": 2, "max": math.inf, "min": math.inf}
"""How many arguments a function takes at most, where it is not one."""


def bounded(number: Fraction) -> Fraction:
    """The number. Raises ``Unknown`` where it has more than 400 digits."""
    if number.numerator.bit_length() > _BITS or number.denominator.bit_length() > _BITS:
        raise Unknown(f"a number of more than {DIGITS} digits")
    return number
