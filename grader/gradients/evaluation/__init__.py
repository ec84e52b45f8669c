"""The value of a node on shaped arrays, in any domain of entries: one meaning for residues, real numbers and ranges.

What a name stands for is in ``walk``; each family of operations has a module of its own, as functions of the walk and
the node: ``arithmetic``, ``indices``, ``conditions``, ``calls``; ``matrices`` is what they share.
"""

from __future__ import annotations

from grader.gradients.equation import spelled
from grader.gradients.evaluation import arithmetic, calls, conditions, indices
from grader.gradients.evaluation.matrices import single
from grader.gradients.evaluation.walk import Walk
from grader.gradients.shapes import ShapeError, Value
from grader.language import nodes
from grader.language.nodes import Node


class Evaluation(Walk):
    """Which operation each kind of node is.

    Raises:
        ShapeError: shapes that do not fit, or something that has no value.
        Unplaced: an index whose range cannot be told.
        Limit: it takes too many steps.
    """

    def other(self, node: Node) -> Value:
        raise ShapeError(f"{spelled(node)} has no value in an equation")

    sum_ = arithmetic.summed
    product_ = arithmetic.product
    power_ = arithmetic.power
    array_ = indices.array
    entry_ = indices.entry
    entries_ = indices.entries
    total_ = indices.total
    comparison_ = conditions.comparison
    member_ = conditions.member
    indicator_ = conditions.indicator
    choice_ = conditions.choice
    call_ = calls.call

    def negative_(self, node: nodes.Negative) -> Value:
        return arithmetic.negative(self, self.of(node.operand))

    def transpose_(self, node: nodes.Transpose) -> Value:
        return arithmetic.transposed(self.of(node.operand))

    def truth_(self, node: nodes.Truth) -> Value:
        return single(node.value)

    def gap_(self, node: nodes.Gap) -> Value:
        return single(None)

    def not_(self, node: nodes.Not) -> Value:
        return conditions.negated(self.array(node.part))

    def and_(self, node: nodes.And) -> Value:
        return conditions.all_of([self.array(part) for part in node.parts])

    def or_(self, node: nodes.Or) -> Value:
        return conditions.any_of([self.array(part) for part in node.parts])
