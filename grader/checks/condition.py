"""Whether a condition is right: it holds for the same positive integers as the expected one."""

from __future__ import annotations

from grader import slips
from grader.algebra import conditions, polynomials
from grader.assignment.config import Shares
from grader.checks import target
from grader.checks.target import Target
from grader.language import nodes
from grader.language.reading import Reading
from grader.report import Finding, Paragraph, Verdict, correct, incorrect


def judge(read: Reading, expected: Target, symbols: tuple[str, ...], shares: Shares) -> Finding:
    """The finding for a condition."""
    given = read.node
    comparison = conditions.compare(given, expected.answer, symbols)
    if comparison.equal:
        names = " and ".join(polynomials.ordered(symbols, nodes.names(expected.answer)))
        same = Paragraph(f"It says the same as the right condition for all positive integers {names}.")
        return correct("condition.same", same, canonical=conditions.canonical(expected.answer))
    canonical = conditions.canonical(given)
    for alternative in expected.accepted:
        if conditions.compare(given, alternative.answer, symbols).equal:
            return target.finding(alternative, "condition.accepted", conditions.canonical(alternative.answer))
    if comparison.equal is None:
        reason = Paragraph(
            "No small numbers tell it from the right condition, and it could not be shown to be the same: "
            "no proof was found within the limits. A person will look at it."
        )
        return Finding(Verdict.REVIEW, (reason,), "condition.undecided", canonical=canonical)
    at = ", ".join(f"{name} = {number}" for name, number in comparison.point)
    holds = "it holds, but should not" if comparison.given_holds else "it does not hold, but should"
    where = Paragraph(f"At {at} {holds}." if at else f"Everywhere {holds}.")
    slip = target.near_miss(given, slips.condition(symbols), lambda mended: conditions.same(mended, expected.answer))
    return incorrect("condition.differs", where, *slip, canonical=canonical)
