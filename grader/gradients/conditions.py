"""Conditions inside equations: entry by entry, and the class label compared with an index."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.gradients.shapes import Matrix, Unfit
from grader.language import nodes
from grader.language.nodes import Node

if TYPE_CHECKING:
    from grader.gradients.evaluation import Evaluation, Scope

_RELATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "!=": operator.ne,
}


def class_label(condition: Node, scope: Scope) -> str | None:
    """The label of ``k = t``, where k is an index of no other meaning: I(k = t) over all classes is onehot(t)."""
    if not isinstance(condition, nodes.Comparison) or condition.relations != ("=",):
        return None
    operands = condition.operands
    if not all(isinstance(operand, nodes.Name) for operand in operands):
        return None
    names = [operand.name for operand in operands if isinstance(operand, nodes.Name)]
    labels = [name for name in names if name in scope.labels]
    others = [name for name in names if name not in scope.labels]
    if len(labels) == len(others) == 1 and others[0] not in {*scope.values, *scope.definitions}:
        return labels[0]
    return None


def holds(condition: Node, evaluation: Evaluation) -> Matrix:
    """Where a condition holds, entry by entry."""
    match condition:
        case nodes.Truth():
            return np.array([[condition.value]])
        case nodes.Not():
            return ~holds(condition.part, evaluation)
        case nodes.And():
            return _joined([holds(part, evaluation) for part in condition.parts], np.logical_and)
        case nodes.Or():
            return _joined([holds(part, evaluation) for part in condition.parts], np.logical_or)
        case nodes.Comparison():
            return _comparison(condition, evaluation)
        case nodes.Member():
            return _member(condition, evaluation)
    raise Unfit("I(…) needs a condition, such as I(z1 > 0)")


def _fitting(left: Matrix, right: Matrix) -> None:
    if left.shape != right.shape and 1 not in (left.size, right.size):
        raise Unfit("A condition compares things of different shapes")


def _joined(parts: list[Matrix], operation: Callable[[Any, Any], Any]) -> Matrix:
    result = parts[0]
    for part in parts[1:]:
        _fitting(result, part)
        result = operation(result, part)
    return result


def _comparison(condition: nodes.Comparison, evaluation: Evaluation) -> Matrix:
    values = [evaluation.array(operand).real for operand in condition.operands]
    parts = []
    for left, relation, right in zip(values, condition.relations, values[1:]):
        _fitting(left, right)
        parts.append(np.asarray(_RELATIONS[relation](left, right)))
    return _joined(parts, np.logical_and)


def _member(condition: nodes.Member, evaluation: Evaluation) -> Matrix:
    element = evaluation.array(condition.element).real
    if isinstance(condition.container, nodes.Set):
        choices = [evaluation.array(choice).real for choice in condition.container.elements]
        for choice in choices:
            _fitting(element, choice)
        return _joined([element == choice for choice in choices] or [np.zeros(element.shape, bool)], np.logical_or)
    interval = condition.container
    low, high = evaluation.array(interval.low).real, evaluation.array(interval.high).real
    _fitting(element, low)
    _fitting(element, high)
    above = element >= low if interval.low_closed else element > low
    below = element <= high if interval.high_closed else element < high
    return np.asarray(above & below)
