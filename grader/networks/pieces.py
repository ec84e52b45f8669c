"""What may be an activation; and one as a function of an integer: runs of integers, and on each a polynomial."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import cache, lru_cache
from itertools import pairwise, zip_longest
from math import comb, lcm
from typing import Any, Generic, TypeVar

from grader.frozen import frozen
from grader.language import nodes, reading
from grader.language.exact import RELATIONS, comparisons
from grader.language.nodes import Meaning, Node
from grader.language.reading import Reading

_MOST_PIECES = 4000
_HIGHEST_DEGREE = 60
_LOW_DEGREE = 8

T = TypeVar("T")
U = TypeVar("U")


DEFINED: Mapping[str, str] = {
    "identity": "z",
    "relu": "max(0, z)",
    "step": "1 if z >= 0 else 0",
    "sign": "1 if z > 0 else -1 if z < 0 else 0",
    "abs": "z if z >= 0 else -z",
    "square": "z^2",
    "cube": "z^3",
    "sqrt": "z^(1/2)",
    "sigmoid": "1/(1 + exp(-z))",
    "tanh": "1 - 2/(1 + exp(2z))",
}
"""The functions of one number that an activation may call, as expressions in that number."""

_OTHERS = frozenset({"max", "min", "exp", "log"})


def definition(call: nodes.Call) -> Node | None:
    """What a function means, as an expression in its argument z; ``None`` for one that is no expression of others."""
    return None if call.derivative or call.function not in DEFINED else _defined(call.function)


@cache
def _defined(function: str) -> Node:
    return reading.activation(DEFINED[function]).node


@lru_cache(maxsize=4096)
def read(text: str) -> Reading:
    """A typed activation. Raises ``Unreadable``, and ``ValueError`` for an expression that has no place in one."""
    found = reading.activation(text)
    for part in nodes.parts(found.node):
        strange = ""
        if isinstance(part, nodes.Name) and part.name not in ("z", "e"):
            strange = f"the name {part.name}"
        elif isinstance(part, nodes.Call) and (part.derivative or part.function not in (*DEFINED, *_OTHERS)):
            strange = f"the function {part.function}" + "'" * part.derivative
        elif isinstance(part, (nodes.Array, nodes.Transpose, nodes.Order)):
            strange = f"a {type(part).__name__.lower()}"
        if strange:
            raise ValueError(f"an activation is an expression in z; {strange} is not known in one")
    return found


# -- on the integers ---------------------------------------------------------------------------------------------------


class NotPiecewise(Exception):
    """The activation is no piecewise polynomial: it needs exp, a quotient, or more pieces than are followed."""


@frozen
class Runs(Generic[T]):
    """``values[i]`` holds for the integers from ``cuts[i - 1]`` up to, and without, ``cuts[i]``."""

    cuts: tuple[int, ...]
    values: tuple[T, ...]

    def at(self, number: int) -> T:
        """The value for one integer."""
        return self.values[bisect_right(self.cuts, number)]

    def map(self, change: Callable[[T], U]) -> Runs[U]:
        """The same runs with every value changed."""
        return Runs(self.cuts, tuple(map(change, self.values)))


Polynomial = tuple[Fraction, ...]
"""Coefficients, lowest power first, without zeros at the high end."""
Pieces = Runs[Polynomial]


def of(activation: Node, scale: Fraction, offset: Fraction) -> Pieces:
    """The activation at z = scale · k + offset, for integers k. Raises ``NotPiecewise``."""
    return _shortened(_merged(_Values(Runs((), (_trimmed([offset, scale]),))).of(activation)))


class _Values(Meaning[Pieces]):
    """An expression in z as pieces."""

    def __init__(self, z: Pieces) -> None:
        self.z = z
        self.conditions = _Conditions(self)

    def number_(self, node: nodes.Number) -> Pieces:
        return _constant(node.value)

    def name_(self, node: nodes.Name) -> Pieces:
        return self.z if node.name == "z" else self.other(node)

    def sum_(self, node: nodes.Sum) -> Pieces:
        return _folded(plus, [self.of(term) for term in node.terms])

    def negative_(self, node: nodes.Negative) -> Pieces:
        return _negative(self.of(node.operand))

    def product_(self, node: nodes.Product) -> Pieces:
        value = self.of(node.factors[0])
        for sign, factor in zip(node.signs, node.factors[1:]):
            other = self.of(factor)
            value = _folded(_times, [value, _constant(_inverse(_number(other))) if sign == "/" else other])
        return value

    def power_(self, node: nodes.Power) -> Pieces:
        base, exponent = self.of(node.base), _number(self.of(node.exponent))
        if exponent < 0:
            base, exponent = _constant(_inverse(_number(base))), -exponent
        degree = max(1, *(len(value) - 1 for value in base.values))
        if exponent.denominator != 1 or degree * exponent > _HIGHEST_DEGREE:
            raise NotPiecewise(f"a root, or a power above {_HIGHEST_DEGREE}")
        value = _constant(Fraction(1))
        for _ in range(int(exponent)):
            value = _folded(_times, [value, base])
        return value

    def indicator_(self, node: nodes.Indicator) -> Pieces:
        return _selected(self.conditions.of(node.condition), _constant(Fraction(1)), _constant(Fraction(0)))

    def choice_(self, node: nodes.Choice) -> Pieces:
        value = self.of(node.otherwise)
        for condition, branch in reversed(node.branches):
            value = _selected(self.conditions.of(condition), self.of(branch), value)
        return value

    def call_(self, node: nodes.Call) -> Pieces:
        value, *others = [self.of(argument) for argument in node.arguments]
        if node.function in ("max", "min"):
            for other in others:
                larger = _compared(value, ">=", other)
                value = _selected(larger, value, other) if node.function == "max" else _selected(larger, other, value)
            return value
        defined = definition(node)
        return self.other(node) if defined is None else _Values(value).of(defined)

    def other(self, node: Node) -> Pieces:
        raise NotPiecewise(type(node).__name__.lower())


class _Conditions(Meaning[Runs[bool]]):
    """Where a condition on z holds."""

    def __init__(self, values: _Values) -> None:
        self.values = values

    def truth_(self, node: nodes.Truth) -> Runs[bool]:
        return Runs((), (node.value,))

    def and_(self, node: nodes.And) -> Runs[bool]:
        return _folded(lambda a, b: a and b, [self.of(part) for part in node.parts])

    def or_(self, node: nodes.Or) -> Runs[bool]:
        return _folded(lambda a, b: a or b, [self.of(part) for part in node.parts])

    def not_(self, node: nodes.Not) -> Runs[bool]:
        return self.of(node.part).map(lambda value: not value)

    def member_(self, node: nodes.Member) -> Runs[bool]:
        return self.of(comparisons(node))

    def comparison_(self, node: nodes.Comparison) -> Runs[bool]:
        values = [self.values.of(operand) for operand in node.operands]
        links = [_compared(a, relation, b) for a, relation, b in zip(values, node.relations, values[1:])]
        return _folded(lambda a, b: a and b, links)

    def other(self, node: Node) -> Runs[bool]:
        raise NotPiecewise(type(node).__name__.lower())


def _constant(value: Fraction) -> Pieces:
    return Runs((), (_trimmed([value]),))


def _negative(pieces: Pieces) -> Pieces:
    return pieces.map(lambda value: tuple(-coefficient for coefficient in value))


def _number(pieces: Pieces) -> Fraction:
    if len(set(pieces.values)) > 1 or len(pieces.values[0]) > 1:
        raise NotPiecewise("an exponent or divisor that depends on z")
    return sum(pieces.values[0], Fraction(0))


def _inverse(number: Fraction) -> Fraction:
    if not number:
        raise NotPiecewise("division by zero")
    return 1 / number


def _compared(left: Pieces, relation: nodes.Relation, right: Pieces) -> Runs[bool]:
    difference = _folded(plus, [left, _negative(right)]).map(integral)
    cuts = set(difference.cuts)
    for start, end, value in zip((None, *difference.cuts), (*difference.cuts, None), difference.values):
        cuts.update(at for at in sign_changes(value) if (start is None or start < at) and (end is None or at < end))
    ordered = tuple(sorted(cuts))
    values = (value_at(difference.at(start), start) for start in _starts(ordered))
    return _merged(Runs(ordered, tuple(RELATIONS[relation](value, 0) for value in values)))


def _starts(cuts: tuple[int, ...]) -> tuple[int, ...]:
    """An integer in every run."""
    return (cuts[0] - 1, *cuts) if cuts else (0,)


def _folded(combine: Callable[[T, T], T], many: list[Runs[T]]) -> Runs[T]:
    """Neighbours first, so that n of them with a cut each take n log n steps."""
    while len(many) > 1:
        pairs = [_merged(_paired(a, b).map(lambda pair: combine(*pair))) for a, b in zip(many[::2], many[1::2])]
        many = pairs + many[len(pairs) * 2 :]
    return many[0]


def _paired(left: Runs[T], right: Runs[U]) -> Runs[tuple[T, U]]:
    cuts = tuple(sorted({*left.cuts, *right.cuts}))
    if len(cuts) >= _MOST_PIECES:
        raise NotPiecewise(f"more than {_MOST_PIECES} pieces")
    return Runs(cuts, tuple((left.at(start), right.at(start)) for start in _starts(cuts)))


def _selected(condition: Runs[bool], yes: Pieces, no: Pieces) -> Pieces:
    branches = _paired(condition, _paired(yes, no))
    return _merged(branches.map(lambda one: one[1][0] if one[0] else one[1][1]))


def least(runs: Runs[tuple[int, ...]], start: int | None = None) -> int | None:
    """The least value at an integer, from ``start`` on if one is given.

    ``None`` where there is none, and where a high power would make it long to find.
    """
    if max(map(len, runs.values)) > _LOW_DEGREE + 1:
        return None
    tails = [(runs.values[-1], 1)] if start is not None else [(runs.values[-1], 1), (runs.values[0], -1)]
    if any(len(value) > 1 and value[-1] * side ** (len(value) - 1) < 0 for value, side in tails):
        return None
    places = {start or 0, *runs.cuts, *(cut - 1 for cut in runs.cuts)}
    for value in runs.values:
        places.update(sign_changes(_difference(value)))
    within = (place for place in places if start is None or place >= start)
    return min(int(value_at(runs.at(place), place)) for place in within)


def capped(runs: Runs[Any], cap: int) -> Runs[tuple[int, ...]]:
    """The smaller of each value and the cap."""
    level: Runs[Any] = Runs((), ((cap,) if cap else (),))
    result: Runs[Any] = _shortened(_selected(_compared(runs, "<", level), runs, level))
    return result


def _shortened(runs: Pieces) -> Pieces:
    """A run of one integer holds a constant, and ends that a constant beside it gives as well are left to that one.

    So 1 - min(1, |z|) on integers becomes what I(z = 0) is.
    """
    cuts, values = list(runs.cuts), list(runs.values)
    for place, value in enumerate(values):
        while len(value) > 1:
            first = cuts[place - 1] if place else None
            last = cuts[place] - 1 if place < len(cuts) else None
            if first is not None and first == last:
                values[place] = value = _trimmed([value_at(value, first)])
            elif first is not None and values[place - 1] == _trimmed([value_at(value, first)]):
                cuts[place - 1] += 1
            elif last is not None and values[place + 1] == _trimmed([value_at(value, last)]):
                cuts[place] -= 1
            else:
                break
    return _merged(Runs(tuple(cuts), tuple(values)))


def _merged(runs: Runs[T]) -> Runs[T]:
    """Without cuts at which nothing changes."""
    cuts: list[int] = []
    values = [runs.values[0]]
    for cut, value in zip(runs.cuts, runs.values[1:]):
        if value != values[-1]:
            cuts.append(cut)
            values.append(value)
    return Runs(tuple(cuts), tuple(values))


# -- polynomials -------------------------------------------------------------------------------------------------------


def _trimmed(coefficients: list[Fraction]) -> Polynomial:
    while coefficients and not coefficients[-1]:
        coefficients.pop()
    return tuple(coefficients)


def plus(left: Polynomial, right: Polynomial) -> Polynomial:
    """The sum of two polynomials."""
    return _trimmed([a + b for a, b in zip_longest(left, right, fillvalue=Fraction(0))])


def _times(left: Polynomial, right: Polynomial) -> Polynomial:
    total = [Fraction(0)] * (len(left) + len(right))
    for low, first in enumerate(left):
        for high, second in enumerate(right):
            total[low + high] += first * second
    return _trimmed(total)


def integral(polynomial: Polynomial) -> tuple[int, ...]:
    """Integer coefficients with the same signs everywhere."""
    common = lcm(*(coefficient.denominator for coefficient in polynomial))
    return tuple(int(coefficient * common) for coefficient in polynomial)


def value_at(coefficients: Sequence[Any], at: Any) -> Any:
    """The value of a polynomial, by Horner's rule."""
    total = coefficients[-1] if coefficients else 0
    for coefficient in reversed(coefficients[:-1]):
        total = total * at + coefficient
    return total


def sign_changes(coefficients: Sequence[int]) -> list[int]:
    """Every integer at which the sign of a polynomial is another than at the integer before.

    A polynomial is monotone on every run of integers where its forward difference p(k + 1) - p(k), of one degree
    less, keeps its sign; there each change of sign is found by bisection.
    """
    if len(coefficients) <= 1:
        return []
    difference = _difference(coefficients)
    bound = 2 + max(map(abs, coefficients[:-1])) // abs(coefficients[-1])  # Cauchy: no root beyond it
    marks = sorted({-bound, bound, *(turn for turn in sign_changes(difference) if -bound < turn < bound)})
    cuts: list[int] = []
    for low, high in pairwise(marks):
        while _sign(coefficients, low) != _sign(coefficients, high):
            low = _first_of_another_sign(coefficients, low, high)
            cuts.append(low)
    return cuts


def _difference(coefficients: Sequence[int]) -> list[int]:
    """p(k + 1) - p(k) of a polynomial p."""
    degree = len(coefficients) - 1
    return [sum(coefficients[p] * comb(p, low) for p in range(low + 1, degree + 1)) for low in range(degree)]


def _first_of_another_sign(coefficients: Sequence[int], low: int, high: int) -> int:
    """The first integer in (low, high] where a polynomial, monotone there, has not the sign that it has at ``low``."""
    sign = _sign(coefficients, low)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _sign(coefficients, middle) == sign else (low, middle)
    return high


def _sign(coefficients: Sequence[int], at: int) -> int:
    value: int = value_at(coefficients, at)
    return (value > 0) - (value < 0)
