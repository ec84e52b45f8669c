"""Whether a formula is right: equal to the expected one, or in part: of the same growth, or a right order."""

from __future__ import annotations

from fractions import Fraction

from grader.algebra import formulas
from grader.algebra.formulas import Equality
from grader.algebra.newton import Growth
from grader.checks import hints, target
from grader.checks.target import Target
from grader.language import nodes
from grader.report import Finding, Paragraph, Verdict, correct, incorrect

_RANK = {Verdict.CORRECT: 0, Verdict.PARTIAL: 1, Verdict.REVIEW: 2, Verdict.INCORRECT: 3}


def judge(
    members: tuple[nodes.Node, ...],
    expected: Target,
    symbols: tuple[str, ...],
    same_growth: Fraction,
    order: Fraction,
) -> Finding:
    """The finding for a formula, or for a chain of equalities, of which every member must be right.

    ``same_growth`` and ``order`` are the credit for a formula of the right growth and for a right order such as O(n^5).
    An order in a chain whose other members are right costs nothing.
    """
    found = [_judged(member, expected, symbols, same_growth, order) for member in members]
    if len(found) == 1:
        return found[0]
    counts = [number for number, member in enumerate(members) if not isinstance(member, nodes.Order)]
    deciding = [
        number
        for number in range(len(members))
        if not counts or number in counts or found[number].verdict is not Verdict.PARTIAL
    ]
    worst = max(deciding, key=lambda number: (_RANK[found[number].verdict], -number))
    if found[worst].verdict is Verdict.CORRECT:
        return found[worst]
    says = Paragraph(f"In your chain of equalities, look at member {worst + 1} of {len(members)}.")
    return Finding(
        found[worst].verdict,
        (says, *found[worst].blocks),
        found[worst].code,
        found[worst].credit,
        found[worst].canonical,
    )


def _judged(
    given: nodes.Node, expected: Target, symbols: tuple[str, ...], same_growth: Fraction, order: Fraction
) -> Finding:
    if isinstance(given, nodes.Order):
        return _order(given, expected, symbols, order)
    comparison = formulas.compare(given, expected.node, symbols)
    if comparison.equality is Equality.EQUAL:
        canonical = formulas.canonical(expected.node)
        return correct("formula.equal", Paragraph(_for_all(expected.node, symbols)), canonical=canonical)
    canonical = formulas.canonical(given)
    for alternative in expected.accepted:
        if formulas.compare(given, alternative.node, symbols).equality is Equality.EQUAL:
            return target.finding(alternative, "formula.accepted", canonical)
    if comparison.equality is Equality.UNDECIDED:
        says = f"It could not be shown equal to the right formula, nor different from it: {comparison.reason}."
        return _review("formula.undecided", Paragraph(says), canonical)
    difference = _difference(comparison)
    constant = not nodes.names(expected.node)
    if comparison.growth is Growth.SAME and not constant:
        near = _after("The growth is right, but not the formula itself.", difference)
        shown = (near, *hints.formula(given, expected.node, symbols, same_growth=True))
        return Finding(Verdict.PARTIAL, shown, "formula.growth", same_growth, canonical)
    if comparison.growth is None and not constant:
        open_ = _after("It is not equal to the right formula. Whether it grows alike could not be decided.", difference)
        return _review("formula.growth_undecided", open_, canonical)
    slip = hints.formula(given, expected.node, symbols, same_growth=False)
    return incorrect("formula.differs", difference, *slip, canonical=canonical)


def _order(given: nodes.Order, expected: Target, symbols: tuple[str, ...], credit: Fraction) -> Finding:
    canonical = f"{given.kind}({formulas.canonical(given.argument)})"
    asked = Paragraph("The exact count is asked for, not its order of growth.")
    if not nodes.names(expected.node):
        return incorrect("formula.order_for_number", asked, canonical=canonical)
    growth = formulas.compare(given.argument, expected.node, symbols).growth
    if given.kind not in ("O", "Θ"):
        says = Paragraph(
            f"{given.kind}(…) is not the order of the right count: write O(…) or Θ(…), or the count itself."
        )
        return incorrect("formula.order_kind", asked, says, canonical=canonical)
    if growth is Growth.SAME:
        says = Paragraph("The order is right; the exact count is asked for, with its constants and lower terms.")
        return Finding(Verdict.PARTIAL, (says,), "formula.order", credit, canonical)
    if growth is None:
        says = Paragraph("The growth could not be compared with that of the count.")
        return _review("formula.order_undecided", says, canonical)
    how = {Growth.FASTER: "It grows faster than the right count.", Growth.SLOWER: "It grows more slowly than that."}
    more = (Paragraph(how[growth]),) if growth in how else (Paragraph("The right count grows differently."),)
    return incorrect("formula.order_differs", asked, *more, canonical=canonical)


def _for_all(node: nodes.Node, symbols: tuple[str, ...]) -> str:
    names = formulas.ordered(symbols, nodes.names(node))
    return f"Equal to the right formula for all {' and '.join(names)}." if names else "This is the right number."


def _difference(comparison: formulas.Comparison) -> Paragraph:
    witness = comparison.witness
    if witness is None:
        faster = comparison.growth is Growth.FASTER
        return Paragraph("It grows faster than the right formula." if faster else "It differs from the right formula.")
    at = f"At {witness} it" if witness.point else "It"
    gives = f"gives {witness.given}" if witness.given != "no value" else "has no value"
    return Paragraph(f"{at} {gives}; right is {witness.expected}.", hint=f"{at} {gives}, which is not right.")


def _after(sentence: str, said: Paragraph) -> Paragraph:
    return Paragraph(f"{sentence} {said.text}", None if said.hint is None else f"{sentence} {said.hint}")


def _review(code: str, says: Paragraph, canonical: str) -> Finding:
    person = Paragraph("A person will look at it.")
    return Finding(Verdict.REVIEW, (says, person), code, Fraction(0), canonical)
