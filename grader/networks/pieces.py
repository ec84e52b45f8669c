"""An activation as a function of an integer: runs of integers, and on each a polynomial."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Generic, TypeVar

from grader.language import nodes
from grader.language.nodes import Node
from grader.networks import polynomial
from grader.networks.polynomial import Polynomial

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
    return _shortened(_merged(_value(activation, Runs((), (polynomial.trimmed([offset, scale]),)))))


def _value(node: Node, z: Pieces) -> Pieces:
    if isinstance(node, nodes.Number):
        return _constant(node.value)
    if isinstance(node, nodes.Name):
        if node.name != "z":
            raise NotPiecewise(f"the name {node.name}")
        return z
    if isinstance(node, nodes.Sum):
        return _folded(polynomial.add, [_value(term, z) for term in node.terms])
    if isinstance(node, nodes.Negative):
        return _negative(_value(node.operand, z))
    if isinstance(node, nodes.Product):
        return _product(node, z)
    if isinstance(node, nodes.Power):
        return _power(_value(node.base, z), _number(_value(node.exponent, z)))
    if isinstance(node, nodes.Indicator):
        return _selected(_condition(node.condition, z), _constant(Fraction(1)), _constant(Fraction(0)))
    if isinstance(node, nodes.Choice):
        value = _value(node.otherwise, z)
        for condition, branch in reversed(node.branches):
            value = _selected(_condition(condition, z), _value(branch, z), value)
        return value
    if isinstance(node, nodes.Call) and not node.derivative:
        return _call(node.function, [_value(argument, z) for argument in node.arguments])
    raise NotPiecewise(type(node).__name__.lower())


def _constant(value: Fraction) -> Pieces:
    return Runs((), (polynomial.constant(value),))


def _negative(pieces: Pieces) -> Pieces:
    return pieces.map(lambda value: polynomial.scaled(value, Fraction(-1)))


def _number(pieces: Pieces) -> Fraction:
    if len(set(pieces.values)) == 1 and len(pieces.values[0]) <= 1:
        return pieces.values[0][0] if pieces.values[0] else Fraction(0)
    raise NotPiecewise("an exponent or divisor that depends on z")


def _product(node: nodes.Product, z: Pieces) -> Pieces:
    value = _value(node.factors[0], z)
    for sign, factor in zip(node.signs, node.factors[1:]):
        other = _value(factor, z)
        if sign == "/":
            divisor = _number(other)
            if not divisor:
                raise NotPiecewise("division by zero")
            value = value.map(lambda p, divisor=divisor: polynomial.scaled(p, 1 / divisor))  # type: ignore[misc]
        else:
            value = _folded(polynomial.multiply, [value, other])
    return value


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
        value = _folded(polynomial.multiply, [value, base])
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


def _condition(node: Node, z: Pieces) -> Runs[bool]:
    if isinstance(node, nodes.Truth):
        return Runs((), (node.value,))
    if isinstance(node, nodes.And):
        return _folded(lambda a, b: a and b, [_condition(part, z) for part in node.parts])
    if isinstance(node, nodes.Or):
        return _folded(lambda a, b: a or b, [_condition(part, z) for part in node.parts])
    if isinstance(node, nodes.Not):
        return _condition(node.part, z).map(lambda value: not value)
    if isinstance(node, nodes.Comparison):
        values = [_value(operand, z) for operand in node.operands]
        links = [_compared(a, relation, b) for a, relation, b in zip(values, node.relations, values[1:])]
        return _folded(lambda a, b: a and b, links)
    if isinstance(node, nodes.Member):
        return _condition(membership(node), z)
    raise NotPiecewise(type(node).__name__.lower())


def membership(node: nodes.Member) -> Node:
    """A membership as comparisons: z in [a, b) is a <= z < b, z in {a, b} is z = a or z = b."""
    container, element = node.container, node.element
    if isinstance(container, nodes.Set):
        return nodes.Or(tuple(nodes.Comparison((element, member), ("=",)) for member in container.elements))
    low: nodes.Relation = "<=" if container.low_closed else "<"
    high: nodes.Relation = "<=" if container.high_closed else "<"
    return nodes.Comparison((container.low, element, container.high), (low, high))


def _compared(left: Pieces, relation: str, right: Pieces) -> Runs[bool]:
    difference = _folded(polynomial.add, [left, _negative(right)]).map(polynomial.integral)
    cuts = set(difference.cuts)
    for start, end, value in zip((None, *difference.cuts), (*difference.cuts, None), difference.values):
        inner, _ = polynomial.signs(value)
        cuts.update(cut for cut in inner if (start is None or start < cut) and (end is None or cut < end))
    ordered = tuple(sorted(cuts))
    signs = (polynomial.value(difference.at(start), start) for start in _starts(ordered))
    return _merged(Runs(ordered, tuple(((sign > 0) - (sign < 0)) in _HOLDS[relation] for sign in signs)))


_HOLDS = {"<": (-1,), "<=": (-1, 0), ">": (1,), ">=": (0, 1), "=": (0,), "!=": (-1, 1)}


def _starts(cuts: tuple[int, ...]) -> tuple[int, ...]:
    """An integer in every run."""
    return (cuts[0] - 1, *cuts) if cuts else (0,)


def _folded(combine: Callable[[T, T], T], many: list[Runs[T]]) -> Runs[T]:
    total = many[0]
    for other in many[1:]:
        total = _merged(_paired(total, other).map(lambda pair: combine(*pair)))
    return total


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
        value = polynomial.integral(values[place])
        common = values[place][-1] / value[-1] if value else Fraction(0)
        while len(value) > 1 and cuts[place] > cuts[place - 1] + 1:
            first, last = (common * polynomial.value(value, at) for at in (cuts[place - 1], cuts[place] - 1))
            if values[place - 1] == polynomial.constant(first):
                cuts[place - 1] += 1
            elif place + 1 < len(values) and values[place + 1] == polynomial.constant(last):
                cuts[place] -= 1
            else:
                break
        if len(value) > 1 and cuts[place] == cuts[place - 1] + 1:
            values[place] = polynomial.constant(common * polynomial.value(value, cuts[place - 1]))
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
