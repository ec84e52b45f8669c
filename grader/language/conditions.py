"""What the meanings of conditions have in common: the relations, membership by comparisons, and true or false."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from grader.language.nodes import And, Comparison, Meaning, Member, Not, Or, Relation, Set, Truth

RELATIONS: Mapping[Relation, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq, "!=": operator.ne,
}  # fmt: skip
"""Each relation between two numbers, or between the sign of their difference and 0."""


def comparisons(node: Member) -> Comparison | Or:
    """Membership said by comparisons: z in [a, b) is a <= z < b, z in {a, b} is z = a or z = b."""
    within = node.container
    if isinstance(within, Set):
        return Or(tuple(Comparison((node.element, one), ("=",)) for one in within.elements))
    low: Relation = "<=" if within.low_closed else "<"
    high: Relation = "<=" if within.high_closed else "<"
    return Comparison((within.low, node.element, within.high), (low, high))


class Holds(Meaning[bool]):
    """Whether a condition holds; a subclass says when a comparison does."""

    def truth_(self, node: Truth) -> bool:
        return node.value

    def and_(self, node: And) -> bool:
        return all(map(self.of, node.parts))

    def or_(self, node: Or) -> bool:
        return any(map(self.of, node.parts))

    def not_(self, node: Not) -> bool:
        return not self.of(node.part)

    def member_(self, node: Member) -> bool:
        return self.of(comparisons(node))
