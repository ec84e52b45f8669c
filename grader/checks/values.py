"""Whether a vector or a matrix of numbers is right, entry by entry and exactly."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

from grader.algebra import values
from grader.assignment.config import Shares
from grader.checks import target
from grader.checks.target import Target
from grader.language import exact, nodes
from grader.language.reading import Reading
from grader.report import Finding, Paragraph, Verdict, correct, incorrect

Rows = tuple[tuple[Fraction, ...], ...]


def judge(
    read: Reading, expected: Target, symbols: tuple[str, ...], shares: Shares, *, vector: bool = False
) -> Finding:
    """The finding for an array of numbers, or for a chain of equalities, of which every member must be right.

    Where a ``vector`` is asked for, a row and a column are the same.
    """
    return target.of_chain([_judged(member, expected, vector) for member in read.members])


def _judged(given: nodes.Node, expected: Target, vector: bool) -> Finding:
    try:
        own = _shaped(given, vector)
    except exact.Undefined as reason:
        message = f"The value of an entry could not be told: {reason}. A person will look at it."
        return Finding(Verdict.REVIEW, (Paragraph(message),), "values.undecided")
    right = _shaped(expected.answer, vector)
    lines = [f"[{', '.join(map(values.text, row))}]" for row in own]
    canonical = lines[0] if vector and len(lines) == 1 else f"[{', '.join(lines)}]"
    if own == right:
        return correct("values.equal", Paragraph("Every entry is right."), canonical=canonical)
    for alternative in expected.accepted:
        if own == _shaped(alternative.answer, vector):
            return target.finding(alternative, "values.accepted", canonical)
    turned = tuple(zip(*own)) == right
    hint = (Paragraph("It is the transpose of the right matrix: exchange rows and columns.", hint=""),) * turned
    if (len(own), len(own[0])) != (len(right), len(right[0])):
        shapes = Paragraph(f"{_shape(own, vector).capitalize()} is given, and {_shape(right, vector)} is right.")
        return incorrect("values.shape", shapes, *hint, canonical=canonical)
    places = list(product(range(len(right)), range(len(right[0]))))
    wrong = [(row, column) for row, column in places if own[row][column] != right[row][column]]
    row, column = wrong[0]
    place = f"Entry {column + 1}" if vector else f"The entry in row {row + 1}, column {column + 1}"
    first = Paragraph(f"{place} is {values.text(own[row][column])}, which is not right.")
    more = Paragraph(f"{len(places) - len(wrong)} of the {len(places)} entries are right.")
    return incorrect("values.differ", first, more, *(hint or _slip(own, right)), canonical=canonical)


def _shaped(node: nodes.Node, vector: bool) -> Rows:
    """Rows of exact numbers; a vector, typed as a list, a row or a column, as one row."""
    lines = node.entries if isinstance(node, nodes.Array) else (node,)
    flat = not any(isinstance(line, nodes.Array) for line in lines)
    rows = tuple(tuple(map(exact.value, line.entries if isinstance(line, nodes.Array) else (line,))) for line in lines)
    return tuple(zip(*rows)) if flat or (vector and all(len(row) == 1 for row in rows)) else rows


def _slip(own: Rows, right: Rows) -> tuple[Paragraph, ...]:
    pairs = [(one, two) for mine, theirs in zip(own, right) for one, two in zip(mine, theirs)]
    if all(one == -two for one, two in pairs):
        return (Paragraph("Every sign is the other way round.", hint=""),)
    if sorted(one for one, _ in pairs) == sorted(two for _, two in pairs):
        return (Paragraph("The right numbers are there, in another order.", hint=""),)
    ratios = {one / two for one, two in pairs if two}
    if len(ratios) == 1 and 0 not in ratios and all(one == 0 for one, two in pairs if not two):
        return (Paragraph("Only a constant factor is off."),)
    return ()


def _shape(rows: Rows, vector: bool) -> str:
    if vector and len(rows) == 1:
        return f"a vector with {len(rows[0])} {'entry' if len(rows[0]) == 1 else 'entries'}"
    return f"a {len(rows)}×{len(rows[0])} matrix"
