"""An activation as a function of an integer: runs of integers, and on each a polynomial."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Generic, TypeVar

from grader.language import nodes
from grader.language.exact import RELATIONS, comparisons
from grader.language.nodes import Meaning, Node
from grader.networks import univariate
from grader.networks.univariate import Polynomial

_MOST_PIECES = 4000
_HIGHEST_DEGREE = 60

T = TypeVar("T")
U = TypeVar("U")


class NotPiecewise(Exception):
    """The activation is no piecewise polynomial: it needs exp, a quotient, or more pieces than are followed."""


@dataclass(frozen=True)
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


Pieces = Runs[Polynomial]


def of(activation: Node, scale: Fraction, offset: Fraction) -> Pieces:
    """The activation at z = scale · k + offset, for integers k. Raises ``NotPiecewise``."""
    z: Pieces = Runs((), (univariate.trimmed([offset, scale]),))
    return _shortened(_merged(_Values(z).of(activation)))


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
        return _folded(univariate.add, [self.of(term) for term in node.terms])

    def negative_(self, node: nodes.Negative) -> Pieces:
        return _negative(self.of(node.operand))

    def product_(self, node: nodes.Product) -> Pieces:
        value = self.of(node.factors[0])
        for sign, factor in zip(node.signs, node.factors[1:]):
            other = self.of(factor)
            if sign == "/":
                divisor = 1 / _nonzero(_number(other))
                value = _folded(univariate.multiply, [value, _constant(divisor)])
            else:
                value = _folded(univariate.multiply, [value, other])
        return value

    def power_(self, node: nodes.Power) -> Pieces:
        return _power(self.of(node.base), _number(self.of(node.exponent)))

    def indicator_(self, node: nodes.Indicator) -> Pieces:
        return _selected(self.conditions.of(node.condition), _constant(Fraction(1)), _constant(Fraction(0)))

    def choice_(self, node: nodes.Choice) -> Pieces:
        value = self.of(node.otherwise)
        for condition, branch in reversed(node.branches):
            value = _selected(self.conditions.of(condition), self.of(branch), value)
        return value

    def call_(self, node: nodes.Call) -> Pieces:
        if node.derivative:
            return self.other(node)
        return _call(node.function, [self.of(argument) for argument in node.arguments])

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
    return Runs((), (univariate.constant(value),))


def _negative(pieces: Pieces) -> Pieces:
    return pieces.map(lambda value: univariate.scaled(value, Fraction(-1)))


def _number(pieces: Pieces) -> Fraction:
    if len(set(pieces.values)) == 1 and len(pieces.values[0]) <= 1:
        return pieces.values[0][0] if pieces.values[0] else Fraction(0)
    raise NotPiecewise("an exponent or divisor that depends on z")


def _power(base: Pieces, exponent: Fraction) -> Pieces:
    if exponent.denominator != 1:
        raise NotPiecewise("a root")
    if exponent < 0:
        return _power(_constant(1 / _nonzero(_number(base))), -exponent)
    degree = max(len(value) - 1 for value in base.values)
    if max(degree, 1) * exponent > _HIGHEST_DEGREE:
        raise NotPiecewise(f"a power above {_HIGHEST_DEGREE}")
    value = _constant(Fraction(1))
    for _ in range(int(exponent)):
        value = _folded(univariate.multiply, [value, base])
    return value


def _nonzero(number: Fraction) -> Fraction:
    if not number:
        raise NotPiecewise("division by zero")
    return number


def _call(function: str, arguments: list[Pieces]) -> Pieces:
    zero, one = _constant(Fraction(0)), _constant(Fraction(1))
    if function in ("max", "min"):
        value = arguments[0]
        for other in arguments[1:]:
            larger = _compared(value, ">=", other)
            value = _selected(larger, value, other) if function == "max" else _selected(larger, other, value)
        return value
    if len(arguments) == 1:
        z = arguments[0]
        if function == "identity":
            return z
        if function == "relu":
            return _selected(_compared(z, ">", zero), z, zero)
        if function == "step":
            return _selected(_compared(z, ">=", zero), one, zero)
        if function == "sign":
            return _selected(_compared(z, ">", zero), one, _selected(_compared(z, "<", zero), _negative(one), zero))
        if function == "abs":
            return _selected(_compared(z, ">=", zero), z, _negative(z))
        if function in ("square", "cube"):
            return _power(z, Fraction(2 if function == "square" else 3))
    raise NotPiecewise(function)


def _compared(left: Pieces, relation: nodes.Relation, right: Pieces) -> Runs[bool]:
    difference = _folded(univariate.add, [left, _negative(right)]).map(univariate.integral)
    cuts = set(difference.cuts)
    for start, end, value in zip((None, *difference.cuts), (*difference.cuts, None), difference.values):
        inner, _ = univariate.signs(value)
        cuts.update(cut for cut in inner if (start is None or start < cut) and (end is None or cut < end))
    ordered = tuple(sorted(cuts))
    signs = (univariate.value(difference.at(start), start) for start in _starts(ordered))
    return _merged(Runs(ordered, tuple(RELATIONS[relation](sign, 0) for sign in signs)))


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


def _shortened(runs: Pieces) -> Pieces:
    """A run of one integer holds a constant, and ends that a constant beside it gives as well are left to that one.

    So 1 - min(1, |z|) on integers becomes what I(z = 0) is.
    """
    cuts, values = list(runs.cuts), list(runs.values)
    for place in range(1, len(cuts)):
        value = univariate.integral(values[place])
        common = values[place][-1] / value[-1] if value else Fraction(0)
        while len(value) > 1 and cuts[place] > cuts[place - 1] + 1:
            first, last = (common * univariate.value(value, at) for at in (cuts[place - 1], cuts[place] - 1))
            if values[place - 1] == univariate.constant(first):
                cuts[place - 1] += 1
            elif place + 1 < len(values) and values[place + 1] == univariate.constant(last):
                cuts[place] -= 1
            else:
                break
        if len(value) > 1 and cuts[place] == cuts[place - 1] + 1:
            values[place] = univariate.constant(common * univariate.value(value, cuts[place - 1]))
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
