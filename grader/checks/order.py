"""Whether an order of growth is right: O(n^5) for O(n^5); O(2n^5) and O(n^5 + n) are right but not in simplest form."""

from __future__ import annotations

from fractions import Fraction

from grader.algebra import formulas
from grader.algebra.formulas import Equality
from grader.algebra.newton import Growth
from grader.checks import target
from grader.checks.target import Target
from grader.language import nodes
from grader.report import Finding, Paragraph, Verdict, correct, incorrect

_KINDS = {
    "Ω": "Ω states a lower bound only: it is not a claim about how fast the cost grows at most.",
    "ω": "ω states a lower bound only: it is not a claim about how fast the cost grows at most.",
    "o": "o(…) says that the cost grows strictly more slowly than that.",
}


def judge(
    members: tuple[nodes.Node, ...], expected: Target, symbols: tuple[str, ...], not_simplest: Fraction
) -> Finding:
    """The finding for an order; without an O around it a formula is read as what stands inside.

    The expected order is taken in its simplest form, however the reference states it.

    In a chain (n^5 + 4n = O(n^5)) the last member is the answer, and those before it must grow alike. ``not_simplest``
    is the credit for the right growth with a constant factor or a lower term left in.
    """
    found = _judged(members[-1], expected, symbols, not_simplest)
    for number, member in enumerate(members[:-1], 1):
        other = _judged(member, expected, symbols, not_simplest)
        if other.verdict not in (Verdict.CORRECT, Verdict.PARTIAL):
            says = Paragraph(f"In your chain of equalities, look at member {number} of {len(members)}.")
            return Finding(other.verdict, (says, *other.blocks), other.code, other.credit, found.canonical)
    return found


def _judged(given: nodes.Node, expected: Target, symbols: tuple[str, ...], not_simplest: Fraction) -> Finding:
    kind, argument = (given.kind, given.argument) if isinstance(given, nodes.Order) else ("", given)
    right = expected.node.argument if isinstance(expected.node, nodes.Order) else expected.node
    canonical = f"{kind or 'O'}({formulas.canonical(argument)})"
    for alternative in expected.accepted:
        other = alternative.node
        other = other.argument if isinstance(other, nodes.Order) else other
        if kind not in _KINDS and formulas.equal(formulas.one_base(argument), formulas.one_base(other)):
            return target.finding(alternative, "order.accepted", canonical)
    comparison = formulas.compare(formulas.one_base(argument), formulas.simplest(right, symbols), symbols)
    if kind in _KINDS:
        return incorrect("order.kind", Paragraph(_KINDS[kind]), canonical=canonical)
    if comparison.equality is Equality.EQUAL:
        return correct("order.equal", Paragraph("This is the right order."), canonical=canonical)
    if comparison.growth is Growth.SAME:
        says = "The order is right, but not in its simplest form: leave out constant factors and lower terms."
        return Finding(Verdict.PARTIAL, (Paragraph(says),), "order.not_simplest", not_simplest, canonical)
    if comparison.growth is None:
        says = "Its growth could not be compared with the right one. A person will look at it."
        return Finding(Verdict.REVIEW, (Paragraph(says),), "order.undecided", Fraction(0), canonical)
    if comparison.growth is Growth.FASTER:
        says = "It grows faster than the right order: as an upper bound it is true, but not tight."
        return incorrect("order.loose", Paragraph(says), canonical=canonical)
    if comparison.growth is Growth.SLOWER:
        says = "It grows more slowly than the right order, so it is no upper bound."
        return incorrect("order.too_small", Paragraph(says), canonical=canonical)
    says = "It grows differently from the right order: let each of the sizes grow while the others stay small."
    return incorrect("order.differs", Paragraph(says), canonical=canonical)
