"""The value of a node on shaped arrays, in any domain of entries: one meaning for residues, real numbers and ranges.

In the order to read in: ``walk`` says what a name stands for; ``arithmetic`` and ``calls`` hold the operations, as
functions of the walk and the node.
"""

from __future__ import annotations

from grader.gradients.equation import spelled
from grader.gradients.evaluation import arithmetic, calls
from grader.gradients.evaluation.walk import Walk
from grader.gradients.shapes import Matrix, ShapeError, single
from grader.language import nodes
from grader.language.nodes import Node


class Evaluation(Walk):
    """Which operation each kind of node is.

    Raises:
        ShapeError: shapes that do not fit, or something that has no value.
        Unplaced: an index whose range cannot be told.
        Limit: it takes too many steps.
    """

    negative_ = arithmetic.negative
    transpose_ = arithmetic.transpose
    sum_ = arithmetic.summed
    product_ = arithmetic.product
    power_ = arithmetic.power
    entry_ = arithmetic.entry
    entries_ = arithmetic.entries
    total_ = arithmetic.total
    call_ = calls.call
    indicator_ = calls.indicator
    choice_ = calls.choice
    comparison_ = calls.comparison
    member_ = calls.member
    not_ = calls.negated
    and_ = calls.all_of
    or_ = calls.any_of

    def truth_(self, node: nodes.Truth) -> Matrix:
        return single(node.value)

    def gap_(self, node: nodes.Gap) -> Matrix:
        return single(None)

    def other(self, node: Node) -> Matrix:
        raise ShapeError(f"{spelled(node)} has no value in an equation")
