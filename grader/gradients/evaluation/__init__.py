"""The value of a node on shaped arrays, in any domain of entries: one meaning for residues, real numbers and ranges.

What a name stands for is in ``walk``; each family of operations has a module of its own, as functions of the walk and
the node: ``arithmetic``, ``indices``, ``conditions``, ``calls``, ``kinks``; ``matrices`` is what they share.
"""

from __future__ import annotations

from grader.gradients.evaluation import arithmetic, calls, conditions, indices
from grader.gradients.evaluation.matrices import single
from grader.gradients.evaluation.walk import Walk
from grader.gradients.shapes import ShapeError, Value
from grader.gradients.spelling import spelled
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

    def gap_(self, node: nodes.Gap) -> Value:
        return single(None)

    def negative_(self, node: nodes.Negative) -> Value:
        return arithmetic.negative(self, self.of(node.operand))

    def sum_(self, node: nodes.Sum) -> Value:
        return arithmetic.summed(self, node)

    def product_(self, node: nodes.Product) -> Value:
        return arithmetic.product(self, node)

    def transpose_(self, node: nodes.Transpose) -> Value:
        return arithmetic.transposed(self.of(node.operand))

    def power_(self, node: nodes.Power) -> Value:
        return arithmetic.power(self, node)

    def array_(self, node: nodes.Array) -> Value:
        return indices.array(self, node)

    def entry_(self, node: nodes.Entry) -> Value:
        return indices.entry(self, node)

    def entries_(self, node: nodes.Entries) -> Value:
        return indices.entries(self, node)

    def total_(self, node: nodes.Total) -> Value:
        return indices.total(self, node)

    def truth_(self, node: nodes.Truth) -> Value:
        return single(node.value)

    def not_(self, node: nodes.Not) -> Value:
        return conditions.negated(self.array(node.part))

    def and_(self, node: nodes.And) -> Value:
        return conditions.all_of([self.array(part) for part in node.parts])

    def or_(self, node: nodes.Or) -> Value:
        return conditions.any_of([self.array(part) for part in node.parts])

    def comparison_(self, node: nodes.Comparison) -> Value:
        return conditions.comparison(self, node)

    def member_(self, node: nodes.Member) -> Value:
        return conditions.member(self, node)

    def indicator_(self, node: nodes.Indicator) -> Value:
        return conditions.indicator(self, node)

    def choice_(self, node: nodes.Choice) -> Value:
        return conditions.choice(self, node)

    def call_(self, node: nodes.Call) -> Value:
        return calls.call(self, node)
