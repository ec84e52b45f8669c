"""Conditions, cases, and functions that ask for the sign of a number: relu, abs, step, sign, max, min.

A condition is a matrix of True, False and None, where it is not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from grader.gradients.equation import spelled
from grader.gradients.evaluation.indices import onehot
from grader.gradients.evaluation.matrices import difference, mapped, single, spread, zipped
from grader.gradients.evaluation.walk import Walk
from grader.gradients.shapes import NUMBER, Matrix, ShapeError
from grader.language import nodes
from grader.language.exact import RELATIONS, comparisons
from grader.language.nodes import Call, Name, Negative, Node, Number, Relation, Sum


def negated(matrix: Matrix) -> Matrix:
    """Whether a condition does not hold."""
    return mapped(lambda part: None if part is None else not part, matrix)


def all_of(parts: Sequence[Matrix]) -> Matrix:
    """Whether every one of some conditions holds."""
    result = parts[0]
    for part in parts[1:]:
        result = zipped(_both, result, part)
    return result


def _both(a: bool | None, b: bool | None) -> bool | None:
    return False if a is False or b is False else None if a is None or b is None else True


def any_of(parts: Sequence[Matrix]) -> Matrix:
    """Whether one of some conditions holds."""
    return negated(all_of([negated(part) for part in parts]))


def comparison(walk: Walk, node: nodes.Comparison) -> Matrix:
    """A comparison, or a chain of them, by entries."""
    pairs = zip(node.operands, node.relations, node.operands[1:])
    return all_of([_compared(walk, left, relation, right) for left, relation, right in pairs])


def member(walk: Walk, node: nodes.Member) -> Matrix:
    """Whether something lies in an interval or a set."""
    said = comparisons(node)
    if isinstance(said, nodes.Comparison):
        return comparison(walk, said)
    return any_of([walk.array(part) for part in said.parts]) if said.parts else single(False)


def _compared(walk: Walk, left: Node, relation: Relation, right: Node) -> Matrix:
    first, second = _place(walk, left), _place(walk, right)
    if first is not None and second is not None and (isinstance(left, Name) or isinstance(right, Name)):
        return single(RELATIONS[relation](first, second))
    minus = difference(walk.domain, walk.array(left), walk.array(right))
    signs = walk.names.signs(Sum((left, Negative(right))), minus, walk)
    return Matrix(
        [[None if sign is None else RELATIONS[relation](sign, 0) for sign in row] for row in signs], minus.shape
    )


def _place(walk: Walk, node: Node) -> int | None:
    """What a class label, an index or a whole number says, from 1."""
    if isinstance(node, Name):
        at = walk.bound.get(node.name) or walk.label(node.name)
        return None if at is None else at[0] + 1
    return int(node.value) if isinstance(node, Number) and node.value.denominator == 1 else None


def indicator(walk: Walk, node: nodes.Indicator) -> Matrix:
    """1 where a condition holds, and 0 where it does not."""
    label = _class_label(walk, node.condition)
    if label is not None:
        return onehot(walk, label)
    one, zero = walk.domain.one, walk.domain.zero
    return mapped(lambda holds: walk.domain.chosen(holds, one, zero), _truth(walk, node.condition))


def _truth(walk: Walk, condition: Node) -> Matrix:
    if not isinstance(condition, (nodes.Truth, nodes.Not, nodes.And, nodes.Or, nodes.Comparison, nodes.Member)):
        raise ShapeError("I(…) needs a condition, such as I(z1 > 0)")
    return walk.array(condition)


def _class_label(walk: Walk, condition: Node) -> str | None:
    """The label of ``k = t``, where k is an index of no other meaning: I(k = t) over all classes is onehot(t)."""
    if not isinstance(condition, nodes.Comparison) or condition.relations != ("=",):
        return None
    names = [operand.name for operand in condition.operands if isinstance(operand, Name)]
    labels = [name for name in names if name in walk.names.labels]
    others = [name for name in names if name not in walk.names.labels]
    if len(labels) == len(others) == 1 and others[0] not in {*walk.where, *walk.bound}:
        return labels[0] if walk.names.value(others[0]) is None else None
    return None


def choice(walk: Walk, node: nodes.Choice) -> Matrix:
    """Cases, by entries: the first one whose condition holds."""
    result = walk.array(node.otherwise)
    for condition, branch in reversed(node.branches):
        parts = _truth(walk, condition), walk.array(branch), result
        shaped = [part for part in parts if part.shape != NUMBER]
        if len({part.shape for part in shaped}) > 1:
            raise ShapeError(f"{spelled(node)}: the cases have different shapes")
        like = shaped[0] if shaped else result
        wide = [spread(part, like).rows for part in parts]
        rows = [[walk.domain.chosen(*entries) for entries in zip(*row)] for row in zip(*wide)]
        result = Matrix(rows, like.shape)
    return result


# Functions that ask for a sign


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
