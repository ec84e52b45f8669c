"""Growth as n and m grow independently: whether the quotient of two formulas stays between two positive constants.

Θ is meant over real n and m beyond some bound. For quotients of polynomials this is decided by the Newton polygon.
Cross multiplied, the formulas f and g become polynomials P and Q with f/g = P/Q. Along n = t^a, m = c t^b (a, b > 0) a
polynomial behaves like its leading form for the direction (a, b): the part of it on a vertex, or on an edge, of the
upper right boundary of its Newton polygon. So P/Q can stay between positive constants only if both have the same
vertices, the same signs there, and on every edge the same positive roots c with the same multiplicities. If no edge has
a positive root, each polynomial is of the size of the sum of its vertices, and these conditions suffice. If P and Q
share no factor and share a root of odd multiplicity on some edge, P is zero along a curve there that goes to infinity,
on which Q has finitely many zeros: the quotient has no lower bound. (n + 1)(m - n) and n(m - n) share a factor, which
is divided out first; 2mn and 2mn - 2n^2 differ in a vertex; mn - n^2 and mn - n^2 + n have the curve.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from fractions import Fraction
from itertools import pairwise, product
from typing import Any

from grader.algebra.polynomials import Element, coefficients

Point = tuple[int, ...]
Terms = Mapping[Point, Fraction]
_TERMS = 200
_FACTORED = 100
_DEGREE = 24


class Growth(Enum):
    """How one formula grows beside another."""

    SAME = "same"
    SLOWER = "slower"
    FASTER = "faster"
    OTHER = "other"


def compare(given: Element, expected: Element) -> Growth | None:
    """How given/expected behaves, for two polynomials of one ring.

    None where it is left undecided: both have the same double root on an edge, or there are three symbols or more and
    a sign or a convex combination stands in the way.
    """
    one, two = _used(coefficients(given), coefficients(expected))
    if not one or not two:
        return Growth.SAME if not one and not two else Growth.OTHER
    count = len(next(iter(one)))
    if count > 2 and len(one) + len(two) > _TERMS:
        return None
    verdict = _by_boundary(one, two)
    if verdict is not None or max(len(one), len(two)) > _FACTORED or sum((*given.degrees(), *expected.degrees())) > 48:
        return verdict
    _, given, expected = given.cofactors(expected)
    one, two = _used(coefficients(given), coefficients(expected))
    verdict = _by_boundary(one, two)
    return verdict if verdict is not None or count != 2 else _by_edges(one, two)


def _used(one: Terms, two: Terms) -> tuple[Terms, Terms]:
    """Without the symbols that occur in neither."""
    columns = [number for number, column in enumerate(zip(*one, *two)) if any(column)]
    first, second = ({tuple(key[c] for c in columns): value for key, value in side.items()} for side in (one, two))
    return first, second


def _by_boundary(one: Terms, two: Terms) -> Growth | None:
    tops = _maximal(one), _maximal(two)
    count = len(tops[0][0])
    if count < 2:
        first, second = tops[0][0], tops[1][0]
        if one[first] * two[second] < 0:
            return Growth.OTHER
        return Growth.SAME if first == second else Growth.SLOWER if first < second else Growth.FASTER
    if one.keys() == two.keys() and len({value / two[point] for point, value in one.items()}) == 1:
        return Growth.SAME if one[tops[0][0]] * two[tops[0][0]] > 0 else Growth.OTHER
    if count > 2:
        return _by_maxima(one, two, tops)
    chains = _chain(tops[0]), _chain(tops[1])
    if chains[0] == chains[1]:
        if any(one[point] * two[point] < 0 for point in chains[0]):
            return Growth.OTHER
        for edge in pairwise(chains[0]):
            changes = _changes(_edge(one, *edge)), _changes(_edge(two, *edge))
            if changes != (0, 0):
                alone = changes[0] if changes[1] == 0 else changes[1] if changes[0] == 0 else 0
                return Growth.OTHER if alone % 2 else None
        return Growth.SAME
    signs = {terms[p] > 0 for terms, chain in ((one, chains[0]), (two, chains[1])) for p in chain}
    plain = all(
        _changes(_edge(terms, *edge)) == 0
        for terms, chain in ((one, chains[0]), (two, chains[1]))
        for edge in pairwise(chain)
    )
    if len(signs) > 1 or not plain:
        return Growth.OTHER
    return _contained(
        all(_under(point, chains[1]) for point in chains[0]), all(_under(point, chains[0]) for point in chains[1])
    )


def _contained(one_in_two: bool, two_in_one: bool) -> Growth:
    if one_in_two and two_in_one:
        return Growth.SAME
    return Growth.SLOWER if one_in_two else Growth.FASTER if two_in_one else Growth.OTHER


def _maximal(points: Iterable[Point]) -> list[Point]:
    """The exponents that no other one reaches or passes in every symbol."""
    found = list(points)
    if len(found[0]) == 2:
        kept: list[Point] = []
        for point in sorted(found, reverse=True):
            if not kept or point[1] > kept[-1][1]:
                kept.append(point)
        return kept
    return [p for p in found if not any(other != p and all(a >= b for a, b in zip(other, p)) for other in found)]


def _chain(maximal: list[Point]) -> list[Point]:
    """The vertices of the upper right boundary, from the left."""
    chain: list[Point] = []
    for point in sorted(maximal):
        while len(chain) > 1 and _turn(chain[-2], chain[-1], point) >= 0:
            chain.pop()
        chain.append(point)
    return chain


def _turn(a: Point, b: Point, c: Point) -> int:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _under(point: Point, chain: list[Point]) -> bool:
    """Whether the monomial is bounded by the sum of the monomials of a boundary."""
    if point[0] > chain[-1][0] or point[1] > chain[0][1]:
        return False
    return all(_turn(a, b, point) <= 0 for a, b in pairwise(chain))


def _edge(terms: Terms, left: Point, right: Point) -> list[tuple[int, Fraction]]:
    """The terms on an edge as (exponent, coefficient) of one variable, from low to high."""
    on_it = [p for p in terms if left[0] <= p[0] <= right[0] and _turn(left, right, p) == 0]
    return [(p[0] - left[0], terms[p]) for p in sorted(on_it)]


def _changes(edge: list[tuple[int, Fraction]]) -> int:
    """Descartes: as many positive roots, or fewer by an even number."""
    return sum(a[1] * b[1] < 0 for a, b in pairwise(edge))


def _by_edges(one: Terms, two: Terms) -> Growth | None:
    """For polynomials with no common factor and the same vertices and signs."""
    undecided = False
    chain = _chain(_maximal(one))
    for edge in pairwise(chain):
        if chain[-1][0] - chain[0][0] > _DEGREE:
            return None
        first, second = (_univariate(_edge(terms, *edge)) for terms in (one, two))
        shared, *rests = first.cofactors(second)
        multiplicities = _positive_roots(shared)
        if any(map(_positive_roots, rests)) or any(multiplicity % 2 for multiplicity in multiplicities):
            return Growth.OTHER
        undecided = undecided or bool(multiplicities)
    return None if undecided else Growth.SAME


def _univariate(edge: list[tuple[int, Fraction]]) -> Any:
    from sympy import QQ, Poly, Symbol

    terms = {(exponent,): QQ(value.numerator, value.denominator) for exponent, value in edge}
    return Poly.from_dict(terms, Symbol("c"), domain=QQ)


def _positive_roots(source: Any) -> list[int]:
    """The multiplicities of the positive roots."""
    _, parts = source.sqf_list()
    return [times for part, times in parts for _ in range(part.count_roots(inf=0) - (part.eval(0) == 0))]


def _by_maxima(one: Terms, two: Terms, tops: tuple[list[Point], list[Point]]) -> Growth | None:
    if len({terms[p] > 0 for terms, top in ((one, tops[0]), (two, tops[1])) for p in top}) > 1:
        return None
    below, above = _dominated(tops[0], tops[1]), _dominated(tops[1], tops[0])
    return None if below is None or above is None else _contained(below, above)


def _dominated(these: list[Point], those: list[Point]) -> bool | None:
    """Whether each monomial is bounded by the sum of ``those``; a direction in which it is not proves the contrary."""
    ways = list(product((1, 2, 3, 5, 9, 20), repeat=len(these[0]))) if len(these[0]) <= 4 else []
    for point in these:
        if any(all(a <= b for a, b in zip(point, other)) for other in those):
            continue
        if any(_dot(way, point) > max(_dot(way, other) for other in those) for way in ways):
            return False
        return None
    return True


def _dot(weights: Point, point: Point) -> int:
    return sum(weight * own for weight, own in zip(weights, point))
