"""Functions that ask for the sign of a number: relu, abs, step and sign, their derivatives, max and min."""

from __future__ import annotations

from typing import Any

from grader.gradients.evaluation.matrices import difference, spread
from grader.gradients.evaluation.walk import Walk
from grader.gradients.shapes import NUMBER, Matrix, ShapeError
from grader.language.nodes import Call, Negative, Node, Sum


def kinked(walk: Walk, name: str, derivative: int, argument: Node) -> Matrix:
    """relu, abs, step or sign, or the derivative of one, at each entry of an argument."""
    array = walk.array(argument)
    if derivative and name in ("step", "sign"):
        return walk.full(array.shape, walk.domain.zero)
    signs = walk.names.signs(argument, array, walk)
    rows = [
        [_by_sign(walk, name, derivative, value, sign) for value, sign in zip(*pair)] for pair in zip(array.rows, signs)
    ]
    return Matrix(rows, array.shape)


def _by_sign(walk: Walk, name: str, derivative: int, value: Any, sign: int | None) -> Any:
    domain = walk.domain
    if value is None:
        return None
    if sign is None:
        return domain.unsure(name, derivative, value)
    value = domain.signed(value, sign)
    zero, one, slope, minus = domain.zero, domain.one, walk.names.slope, domain.negative
    at_zero: Any
    if name == "relu":
        below, at_zero, above = (zero, slope, one) if derivative else (zero, zero, value)
    elif name == "step":
        below, at_zero, above = zero, one, one
    elif name == "sign":
        below, at_zero, above = minus(one), zero, one
    elif derivative:
        # Between -1 and 1, as the slope of relu is between 0 and 1.
        below, at_zero, above = minus(one), domain.add(domain.add(slope, slope), minus(one)), one
    else:
        below, at_zero, above = minus(value), value, value
    return above if sign > 0 else below if sign < 0 else at_zero


def extreme(walk: Walk, node: Call) -> Matrix:
    """The largest (max) or smallest (min) of some arguments, entry by entry."""
    result_node, result = node.arguments[0], walk.array(node.arguments[0])
    walk.budget.spend(len(node.arguments) ** 2)
    for argument in node.arguments[1:]:
        array = walk.array(argument)
        if result.shape != array.shape and NUMBER not in (result.shape, array.shape):
            raise ShapeError(f"{node.function} needs equal shapes")
        result = _larger(walk, node.function, result, array, Sum((result_node, Negative(argument))))
        result_node = Call(node.function, (result_node, argument))
    return result


def _larger(walk: Walk, name: str, left: Matrix, right: Matrix, difference_node: Node) -> Matrix:
    minus = difference(walk.domain, left, right)
    signs = walk.names.signs(difference_node, minus, walk)
    lefts, rights = spread(left, minus).rows, spread(right, minus).rows
    chosen = walk.domain.chosen
    rows = [
        [chosen((sign >= 0) == (name == "max") if sign is not None else None, a, b) for a, b, sign in zip(*row)]
        for row in zip(lefts, rights, signs)
    ]
    return Matrix(rows, minus.shape)
