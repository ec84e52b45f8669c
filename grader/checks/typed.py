"""Which check judges a formula, an order, a condition, a vector or a matrix."""

from __future__ import annotations

from grader.checks import condition, formula, order, values
from grader.checks.target import Target
from grader.config import Shares
from grader.language.reading import Reading
from grader.report import Finding


def judge(kind: str, read: Reading, target: Target, symbols: tuple[str, ...], shares: Shares) -> Finding:
    """The finding of the check for this kind of answer."""
    if kind == "condition":
        return condition.judge(read.node, target, symbols)
    if kind in ("vector", "matrix"):
        return values.judge(read.members, target, vector=kind == "vector")
    if kind == "order":
        return order.judge(read.members, target, symbols, shares.same_growth)
    return formula.judge(read.members, target, symbols, shares.same_growth, shares.order)
