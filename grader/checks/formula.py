"""Whether a formula, an order of growth or a condition is right, or in part: a formula of the same growth, say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import combinations

from grader import slips
from grader.algebra import conditions, formulas, polynomials
from grader.algebra.polynomials import Element, Growth
from grader.assignment.config import Item, Shares
from grader.checks import target
from grader.checks.target import Target
from grader.language import nodes
from grader.language.nodes import Node, Product, Sum
from grader.language.reading import Reading
from grader.report import Finding, Paragraph, Verdict, correct, incorrect

_GROWS = {
    Growth.FASTER: "It grows faster than the right count.",
    Growth.SLOWER: "It grows more slowly than that.",
    Growth.OTHER: "The right count grows differently.",
}
_NO_BOUND = {
    "Ω": "Ω states a lower bound only: it is not a claim about how fast the cost grows at most.",
    "ω": "ω states a lower bound only: it is not a claim about how fast the cost grows at most.",
    "o": "o(…) says that the cost grows strictly more slowly than that.",
}
_NOT_THE_ORDER = {
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
    """The finding for a formula, or for a chain of equalities, of which every member must be right.

    An order in a chain whose other members are right costs nothing.
    """
    found = [_judged(member, expected, symbols, shares) for member in read.members]
    counts = [place for place, member in enumerate(read.members) if not isinstance(member, nodes.Order)]
    wrong = [place for place, one in enumerate(found) if one.verdict is not Verdict.PARTIAL]
    return target.of_chain(found, sorted({*counts, *wrong}) if counts else None)


def _judged(given: Node, expected: Target, symbols: tuple[str, ...], shares: Shares) -> Finding:
    if isinstance(given, nodes.Order):
        return _order(given, expected, symbols, shares.order)
    comparison = formulas.compare(given, expected.answer, symbols)
    if comparison.equal:
        names = " and ".join(polynomials.ordered(symbols, nodes.names(expected.answer)))
        right = Paragraph(f"Equal to the right formula for all {names}." if names else "This is the right number.")
        return correct("formula.equal", right, canonical=formulas.canonical(expected.answer))
    canonical = formulas.canonical(given)
    for alternative in expected.accepted:
        if formulas.compare(given, alternative.answer, symbols).equal:
            return target.finding(alternative, "formula.accepted", canonical)
    if comparison.equal is None:
        message = f"It could not be shown equal to the right formula, nor different from it: {comparison.reason}."
        return _review("formula.undecided", Paragraph(message), canonical)
    difference = _difference(comparison)
    constant = not nodes.names(expected.answer)
    if comparison.growth is Growth.SAME and not constant:
        near = _after("The growth is right, but not the formula itself.", difference)
        shown = (near, *_near_miss(given, expected.answer, symbols, same_growth=True))
        return Finding(Verdict.PARTIAL, shown, "formula.growth", shares.same_growth, canonical)
    if comparison.growth is None and not constant:
        open_ = _after("It is not equal to the right formula. Whether it grows alike could not be decided.", difference)
        return _review("formula.growth_undecided", open_, canonical)
    slip = _near_miss(given, expected.answer, symbols, same_growth=False)
    return incorrect("formula.differs", difference, *slip, canonical=canonical)


def _order(given: nodes.Order, expected: Target, symbols: tuple[str, ...], credit: Fraction) -> Finding:
    canonical = f"{given.kind}({formulas.canonical(given.argument)})"
    asked = Paragraph("The exact count is asked for, not its order of growth.")
    if not nodes.names(expected.answer):
        return incorrect("formula.order_for_number", asked, canonical=canonical)
    growth = formulas.compare(given.argument, expected.answer, symbols).growth
    if given.kind not in ("O", "Θ"):
        other = Paragraph(
            f"{given.kind}(…) is not the order of the right count: write O(…) or Θ(…), or the count itself."
        )
        return incorrect("formula.order_kind", asked, other, canonical=canonical)
    if growth is Growth.SAME:
        right = Paragraph("The order is right; the exact count is asked for, with its constants and lower terms.")
        return Finding(Verdict.PARTIAL, (right,), "formula.order", credit, canonical)
    if growth is None:
        open_ = Paragraph("The growth could not be compared with that of the count.")
        return _review("formula.order_undecided", open_, canonical)
    return incorrect("formula.order_differs", asked, Paragraph(_GROWS[growth]), canonical=canonical)


def _difference(comparison: formulas.Comparison) -> Paragraph:
    witness = comparison.witness
    if witness is None:
        faster = comparison.growth is Growth.FASTER
        return Paragraph("It grows faster than the right formula." if faster else "It differs from the right formula.")
    at = f"At {witness} it" if witness.point else "It"
    gives = f"gives {witness.given}" if witness.given != "no value" else "has no value"
    return Paragraph(f"{at} {gives}; right is {witness.expected}.", hint=f"{at} {gives}, which is not right.")


def _after(message: str, block: Paragraph) -> Paragraph:
    return Paragraph(f"{message} {block.text}", None if block.hint is None else f"{message} {block.hint}")


def _review(code: str, reason: Paragraph, canonical: str) -> Finding:
    return Finding(Verdict.REVIEW, (reason, Paragraph("A person will look at it.")), code, canonical=canonical)


def _near_miss(given: Node, expected: Node, symbols: tuple[str, ...], *, same_growth: bool) -> tuple[Paragraph, ...]:
    """A message on the slip that was made; it never tells what is right."""
    slip = target.near_miss(given, slips.formula(symbols), lambda mended: formulas.equal(mended, expected))
    if slip or nodes.size(given) > slips.LARGE:
        return slip
    names = polynomials.ordered(symbols, nodes.names(given) | nodes.names(expected))
    one, two = (formulas.quotient(side, names) for side in (given, expected))
    if one is None or two is None or not (one.is_polynomial and two.is_polynomial) or one.root != two.root:
        return ()
    products = (part for part in nodes.parts(given) if isinstance(part, Product))
    grouped = any(isinstance(factor, Sum) for product in products for factor in product.factors)
    if not grouped and _lost_parentheses(one.top, two.top):
        return (Paragraph(slips.PARENTHESES, hint=""),)
    if not same_growth:
        return ()
    if one.top.monic() == two.top.monic():
        return (Paragraph("Only a constant factor is off."),)
    degree = max(map(sum, two.top))
    leading, right = ({key: value for key, value in side.top.items() if sum(key) == degree} for side in (one, two))
    if leading == right:
        return (Paragraph("The leading term is right; look at the lower ones."),)
    return ()


def _lost_parentheses(given: Element, right: Element) -> bool:
    """Whether P + R was given for P + A R, with a monomial A that divides P: 2mn - 2n for n(2m - 2n)."""
    if not 2 <= len(given) == len(right) <= 4:
        return False
    for size in range(1, len(given)):
        for chosen in combinations(given.items(), size):
            rest = given.ring.from_dict(dict(chosen))
            kept = given - rest
            factor, left = (right - kept).div(rest)
            if not left and len(factor) == 1 and factor != 1 and _whole(factor) and factor.LC > 0:
                quotient, left = kept.div(factor)
                if not left and _whole(quotient):
                    return True
    return False


def _whole(polynomial: Element) -> bool:
    return all(value.denominator == 1 for value in polynomial.values())


def exchanged(
    finding: Finding, item: Item, given: Mapping[str, Node], known: Mapping[str, Target], items: Iterable[Item]
) -> Finding:
    """The finding, with a remark where this answer and a neighbour's are right for each other's items."""

    def right(one: Item, other: Item) -> bool:
        own = given.get(one.name)
        return own is not None and formulas.compare(own, known[other.name].answer, one.symbols).equal is True

    for other in items:
        neighbours = other != item and other.path[:-1] == item.path[:-1] and other.kind == item.kind
        if neighbours and right(item, other) and right(other, item):
            message = f"This and your answer to {other.name} are right for each other: did you exchange them?"
            return replace(finding, blocks=(*finding.blocks, Paragraph(message, hint="")))
    return finding


# -- orders of growth --------------------------------------------------------------------------------------------------


def judge_order(read: Reading, expected: Target, symbols: tuple[str, ...], shares: Shares) -> Finding:
    """The finding for an order; without an O around it a formula is read as what stands inside.

    The expected order is taken in its simplest form, however the reference states it. In a chain (n^5 + 4n = O(n^5))
    the last member is the answer, and those before it must grow alike.
    """
    found = [_judged_order(member, expected, symbols, shares.same_growth) for member in read.members]
    other = [place for place, one in enumerate(found[:-1]) if one.verdict not in (Verdict.CORRECT, Verdict.PARTIAL)]
    return replace(target.of_chain(found, other[:1]), canonical=found[-1].canonical) if other else found[-1]


def _judged_order(given: Node, expected: Target, symbols: tuple[str, ...], not_simplest: Fraction) -> Finding:
    kind, argument = given.kind if isinstance(given, nodes.Order) else "", _inside(given)
    right = _inside(expected.answer)
    canonical = f"{kind or 'O'}({formulas.canonical(argument)})"
    for alternative in expected.accepted:
        other = formulas.one_base(_inside(alternative.answer))
        if kind not in _NO_BOUND and formulas.equal(formulas.one_base(argument), other):
            return target.finding(alternative, "order.accepted", canonical)
    comparison = formulas.compare(formulas.one_base(argument), formulas.simplest(right, symbols), symbols)
    if kind in _NO_BOUND:
        return incorrect("order.kind", Paragraph(_NO_BOUND[kind]), canonical=canonical)
    if comparison.equal:
        return correct("order.equal", Paragraph("This is the right order."), canonical=canonical)
    if comparison.growth is Growth.SAME:
        message = "The order is right, but not in its simplest form: leave out constant factors and lower terms."
        return Finding(Verdict.PARTIAL, (Paragraph(message),), "order.not_simplest", not_simplest, canonical)
    if comparison.growth is None:
        message = "Its growth could not be compared with the right one. A person will look at it."
        return Finding(Verdict.REVIEW, (Paragraph(message),), "order.undecided", canonical=canonical)
    code, message = _NOT_THE_ORDER[comparison.growth]
    return incorrect(code, Paragraph(message), canonical=canonical)


def _inside(node: Node) -> Node:
    return node.argument if isinstance(node, nodes.Order) else node


# -- conditions --------------------------------------------------------------------------------------------------------


def judge_condition(read: Reading, expected: Target, symbols: tuple[str, ...], shares: Shares) -> Finding:
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
