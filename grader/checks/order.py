"""Whether an order of growth is right: O(n^5) for O(n^5); O(2n^5) and O(n^5 + n) are right but not in simplest form."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from grader.algebra import formulas
from grader.algebra.newton import Growth
from grader.assignment.config import Shares
from grader.checks import target
from grader.checks.target import Target
from grader.language import nodes
from grader.language.reading import Reading
from grader.report import Finding, Paragraph, Verdict, correct, incorrect

_KINDS = {
    "Ω": "Ω states a lower bound only: it is not a claim about how fast the cost grows at most.",
    "ω": "ω states a lower bound only: it is not a claim about how fast the cost grows at most.",
    "o": "o(…) says that the cost grows strictly more slowly than that.",
}
_OTHERS = {
    Growth.FASTER: (
        "order.loose",
        "It grows faster than the right order: as an upper bound it is true, but not tight.",
    ),
    Growth.SLOWER: ("order.too_small", "It grows more slowly than the right order, so it is no upper bound."),
    Growth.OTHER: (
        "order.differs",
        "It grows differently from the right order: let each of the sizes grow while the others stay small.",
    ),
}


def judge(read: Reading, expected: Target, symbols: tuple[str, ...], shares: Shares) -> Finding:
    """The finding for an order; without an O around it a formula is read as what stands inside.

    The expected order is taken in its simplest form, however the reference states it. In a chain (n^5 + 4n = O(n^5))
    the last member is the answer, and those before it must grow alike.
    """
    found = [_judged(member, expected, symbols, shares.same_growth) for member in read.members]
    other = [place for place, one in enumerate(found[:-1]) if one.verdict not in (Verdict.CORRECT, Verdict.PARTIAL)]
    return replace(target.of_chain(found, other[:1]), canonical=found[-1].canonical) if other else found[-1]


def _judged(given: nodes.Node, expected: Target, symbols: tuple[str, ...], not_simplest: Fraction) -> Finding:
    kind, argument = given.kind if isinstance(given, nodes.Order) else "", _inside(given)
    right = _inside(expected.answer)
    canonical = f"{kind or 'O'}({formulas.canonical(argument)})"
    for alternative in expected.accepted:
        other = formulas.one_base(_inside(alternative.answer))
        if kind not in _KINDS and formulas.equal(formulas.one_base(argument), other):
            return target.finding(alternative, "order.accepted", canonical)
    comparison = formulas.compare(formulas.one_base(argument), formulas.simplest(right, symbols), symbols)
    if kind in _KINDS:
        return incorrect("order.kind", Paragraph(_KINDS[kind]), canonical=canonical)
    if comparison.equal:
        return correct("order.equal", Paragraph("This is the right order."), canonical=canonical)
    if comparison.growth is Growth.SAME:
        message = "The order is right, but not in its simplest form: leave out constant factors and lower terms."
        return Finding(Verdict.PARTIAL, (Paragraph(message),), "order.not_simplest", not_simplest, canonical)
    if comparison.growth is None:
        message = "Its growth could not be compared with the right one. A person will look at it."
        return Finding(Verdict.REVIEW, (Paragraph(message),), "order.undecided", canonical=canonical)
    code, message = _OTHERS[comparison.growth]
    return incorrect(code, Paragraph(message), canonical=canonical)


def _inside(node: nodes.Node) -> nodes.Node:
    return node.argument if isinstance(node, nodes.Order) else node
