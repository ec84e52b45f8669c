"""Near misses: which slip was made, where mending one makes an answer right. Never shows the right answer.

But who is told the slip can mend it: before the due date, it is not said.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import combinations

from grader import slips
from grader.algebra import conditions, formulas, polynomials
from grader.language import nodes
from grader.language.nodes import Node, Product, Sum
from grader.report import Paragraph

_FACTOR = Paragraph("Only a constant factor is off.")
_LOWER = Paragraph("The leading term is right; look at the lower ones.")
_LARGE = 40
Exponents = tuple[int, ...]
Terms = Mapping[Exponents, Fraction]


def formula(given: Node, expected: Node, symbols: tuple[str, ...], same_growth: bool) -> tuple[Paragraph, ...]:
    """What is said of the slip in a wrong formula, if anything."""
    if nodes.size(given) > _LARGE:
        return ()
    slip = slips.recognised(given, slips.formula(symbols), lambda mended: formulas.equal(mended, expected))
    if slip is not None:
        return (Paragraph(slip.message, hint=""),)
    names = formulas.ordered(symbols, nodes.names(given) | nodes.names(expected))
    one, two = (formulas.quotient(side, names) for side in (given, expected))
    if one is None or two is None or not (one.is_polynomial and two.is_polynomial) or one.root != two.root:
        return ()
    own, right = polynomials.coefficients(one.top), polynomials.coefficients(two.top)
    if not _grouped(given) and _lost_parentheses(own, right):
        return (Paragraph(slips.PARENTHESES, hint=""),)
    return _coarse(own, right) if same_growth else ()


def condition(given: Node, expected: Node, symbols: tuple[str, ...]) -> tuple[Paragraph, ...]:
    """What is said of the slip in a wrong condition, if anything."""
    if nodes.size(given) > _LARGE:
        return ()
    slip = slips.recognised(given, slips.condition(symbols), lambda mended: conditions.same(mended, expected))
    return () if slip is None else (Paragraph(slip.message, hint=""),)


def _grouped(node: Node) -> bool:
    """Whether a sum is multiplied somewhere: then the parentheses were minded."""
    parts = list(nodes.children(node))
    return (isinstance(node, Product) and any(isinstance(part, Sum) for part in parts)) or any(map(_grouped, parts))


def _lost_parentheses(given: Terms, expected: Terms) -> bool:
    """Whether P + R was given for P + A R, with a monomial A that divides P: 2mn - 2n for n(2m - 2n)."""
    if not 2 <= len(given) == len(expected) <= 4:
        return False
    for size in range(1, len(given)):
        for chosen in combinations(given.items(), size):
            rest = dict(chosen)
            kept = {key: value for key, value in given.items() if key not in rest}
            missing = {key: expected.get(key, 0) - kept.get(key, 0) for key in expected.keys() | kept.keys()}
            factor = _monomial({key: Fraction(value) for key, value in missing.items() if value}, rest)
            if factor is not None and factor != _monomial(rest, rest) and _divides(factor, kept):
                return True
    return False


def _monomial(above: Terms, below: Terms) -> tuple[Exponents, Fraction] | None:
    """above/below where that is a natural number times a monomial."""
    if len(above) != len(below):
        return None
    top, bottom = max(above), max(below)
    monomial = tuple(own - other for own, other in zip(top, bottom))
    number = above[top] / below[bottom]
    scaled = {tuple(map(sum, zip(key, monomial))): value * number for key, value in below.items()}
    natural = number > 0 and number.denominator == 1 and min(monomial, default=0) >= 0
    return (monomial, number) if natural and scaled == above else None


def _divides(factor: tuple[Exponents, Fraction], terms: Terms) -> bool:
    monomial, number = factor
    return all(
        (value / number).denominator == 1 and all(own >= least for own, least in zip(key, monomial))
        for key, value in terms.items()
    )


def _coarse(given: Terms, expected: Terms) -> tuple[Paragraph, ...]:
    if given.keys() == expected.keys() and len({given[key] / expected[key] for key in given}) == 1:
        return (_FACTOR,)
    degree = max(map(sum, expected))
    top = [{key: value for key, value in side.items() if sum(key) == degree} for side in (given, expected)]
    return (_LOWER,) if top[0] == top[1] else ()
