"""Activations on arrays of intervals in machine numbers, rounded outwards: what they exclude is excluded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from grader.language import nodes
from grader.language.nodes import Node
from grader.networks.enclosures import EXACT, Array, Interval, constant, machine, weighted, widened
from grader.networks.pieces import membership


class NotEnclosed(Exception):
    """The activation uses something that intervals do not follow."""


@dataclass(frozen=True)
class _Maybe:
    """Where a condition holds for certain, and where it may hold."""

    sure: Array
    possible: Array


def value(node: Node, z: Interval) -> Interval:
    """The activation on intervals. Raises ``NotEnclosed``."""
    with np.errstate(all="ignore"):
        return _value(node, z)


def _value(node: Node, z: Interval) -> Interval:
    if isinstance(node, nodes.Number):
        return constant(node.value)
    if isinstance(node, nodes.Name):
        return z if node.name == "z" else widened(np.array(np.e), np.array(np.e))
    if isinstance(node, nodes.Negative):
        return _negative(_value(node.operand, z))
    if isinstance(node, nodes.Sum):
        return weighted([(Fraction(1), _value(term, z)) for term in node.terms], Fraction(0))
    if isinstance(node, nodes.Product):
        total = _value(node.factors[0], z)
        for sign, factor in zip(node.signs, node.factors[1:]):
            other = _value(factor, z)
            total = _times(total, _inverse(other) if sign == "/" else other)
        return total
    if isinstance(node, nodes.Power):
        return _power(node, z)
    if isinstance(node, nodes.Indicator):
        holds = _condition(node.condition, z)
        return Interval(holds.sure.astype(float), holds.possible.astype(float), True)
    if isinstance(node, nodes.Choice):
        chosen = _value(node.otherwise, z)
        for condition, branch in reversed(node.branches):
            chosen = _chosen(_condition(condition, z), _value(branch, z), chosen)
        return chosen
    if isinstance(node, nodes.Call) and not node.derivative:
        return _call(node.function, [_value(argument, z) for argument in node.arguments])
    raise NotEnclosed(type(node).__name__)


def _power(node: nodes.Power, z: Interval) -> Interval:
    exponent = node.exponent.value if isinstance(node.exponent, nodes.Number) else None
    if exponent is not None and exponent.denominator == 1 and 0 <= exponent <= 60:
        base = _value(node.base, z)
        total = constant(Fraction(1))
        for _ in range(int(exponent)):
            total = _times(total, base)
        return total if exponent % 2 else Interval(np.maximum(total.low, 0), total.high, total.integral)
    if isinstance(node.base, nodes.Number) and node.base.value > 0:
        logarithm = float(np.log(machine(node.base.value)))
        return _call("exp", [_times(widened(np.array(logarithm), np.array(logarithm)), _value(node.exponent, z))])
    raise NotEnclosed("power")


def _call(function: str, arguments: list[Interval]) -> Interval:
    if function in ("max", "min"):
        choose = np.maximum if function == "max" else np.minimum
        total = arguments[0]
        for other in arguments[1:]:
            whole = total.integral and other.integral
            total = Interval(choose(total.low, other.low), choose(total.high, other.high), whole)
        return total
    z = arguments[0]
    if function in _MONOTONE:
        return widened(_MONOTONE[function](z.low), _MONOTONE[function](z.high))
    if function == "identity":
        return z
    if function == "relu":
        return Interval(np.maximum(z.low, 0), np.maximum(z.high, 0), z.integral)
    if function == "step":
        return Interval((z.low >= 0).astype(float), (z.high >= 0).astype(float), True)
    if function == "sign":
        return Interval(np.sign(z.low), np.sign(z.high), True)
    if function == "abs":
        return Interval(np.maximum(np.maximum(z.low, -z.high), 0), np.maximum(-z.low, z.high), z.integral)
    if function == "square":
        total = _times(z, z)
        return Interval(np.maximum(total.low, 0), total.high, total.integral)
    if function == "cube":
        return _times(_times(z, z), z)
    raise NotEnclosed(function)


def _sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


_MONOTONE: dict[str, Callable[[Array], Array]] = {"exp": np.exp, "sigmoid": _sigmoid, "tanh": np.tanh}


def _negative(one: Interval) -> Interval:
    return Interval(-one.high, -one.low, one.integral)


def _times(left: Interval, right: Interval) -> Interval:
    corners = [a * b for a in (left.low, left.high) for b in (right.low, right.high)]
    low, high = np.minimum.reduce(corners), np.maximum.reduce(corners)
    small = max(float(np.max(np.abs(low))), float(np.max(np.abs(high)))) < EXACT
    if left.integral and right.integral and small:
        return Interval(low, high, True)
    return widened(low, high)


def _inverse(one: Interval) -> Interval:
    apart = (one.low > 0) | (one.high < 0)
    ends = (np.where(apart, 1 / one.high, -np.inf), np.where(apart, 1 / one.low, np.inf))
    return widened(*ends)


def _chosen(holds: _Maybe, yes: Interval, no: Interval) -> Interval:
    low = np.where(holds.sure, yes.low, np.where(holds.possible, np.minimum(yes.low, no.low), no.low))
    high = np.where(holds.sure, yes.high, np.where(holds.possible, np.maximum(yes.high, no.high), no.high))
    return Interval(low, high, yes.integral and no.integral)


def _condition(node: Node, z: Interval) -> _Maybe:
    if isinstance(node, nodes.Truth):
        return _Maybe(np.array(node.value), np.array(node.value))
    if isinstance(node, (nodes.And, nodes.Or)):
        join = np.logical_and if isinstance(node, nodes.And) else np.logical_or
        parts = [_condition(part, z) for part in node.parts]
        total = parts[0]
        for other in parts[1:]:
            total = _Maybe(join(total.sure, other.sure), join(total.possible, other.possible))
        return total
    if isinstance(node, nodes.Not):
        inner = _condition(node.part, z)
        return _Maybe(~inner.possible, ~inner.sure)
    if isinstance(node, nodes.Member):
        return _condition(membership(node), z)
    if isinstance(node, nodes.Comparison):
        values = [_value(operand, z) for operand in node.operands]
        links = [_compared(a, relation, b) for a, relation, b in zip(values, node.relations, values[1:])]
        total = links[0]
        for other in links[1:]:
            total = _Maybe(total.sure & other.sure, total.possible & other.possible)
        return total
    raise NotEnclosed(type(node).__name__)


def _compared(left: Interval, relation: str, right: Interval) -> _Maybe:
    if relation in (">", ">="):
        left, right = right, left
    if relation in ("<", ">"):
        return _Maybe(left.high < right.low, left.low < right.high)
    if relation in ("<=", ">="):
        return _Maybe(left.high <= right.low, left.low <= right.high)
    touching = (left.low <= right.high) & (right.low <= left.high)
    same = (left.low == left.high) & (right.low == right.high) & (left.low == right.low)
    return _Maybe(same, touching) if relation == "=" else _Maybe(~touching, ~same)
