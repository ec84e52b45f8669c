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
from operator import ge, le
from typing import Any

from grader.algebra.polynomials import Element, coefficients

Point = tuple[int, ...]
Terms = Mapping[Point, Fraction]
_TERMS = 200
_FACTORED = 100
_DEGREE = 48


class Growth(str, Enum):
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
    one, two = _used(given, expected)
    if not one or not two:
        return Growth.SAME if not one and not two else Growth.OTHER
    count = len(next(iter(one)))
    if count > 2 and len(one) + len(two) > _TERMS:
        return None
    verdict = _by_boundary(one, two)
    degree = sum((*given.degrees(), *expected.degrees()))
    if verdict is not None or max(len(one), len(two)) > _FACTORED or degree > _DEGREE:
        return verdict
    _, given, expected = given.cofactors(expected)
    one, two = _used(given, expected)
    verdict = _by_boundary(one, two)
    return verdict if verdict is not None or count != 2 else _by_roots(one, two)


def _used(given: Element, expected: Element) -> tuple[Terms, Terms]:
    """The coefficients of both by exponents, without the symbols that occur in neither."""
    one, two = coefficients(given), coefficients(expected)
    columns = [number for number, column in enumerate(zip(*one, *two)) if any(column)]
    first, second = ({tuple(key[c] for c in columns): value for key, value in side.items()} for side in (one, two))
    return first, second


def _by_boundary(one: Terms, two: Terms) -> Growth | None:
    ratios = {value / two[point] for point, value in one.items()} if one.keys() == two.keys() else set()
    if len(ratios) == 1:
        return Growth.SAME if min(ratios) > 0 else Growth.OTHER
    if len(next(iter(one))) > 2:
        return _by_maxima(one, two)
    ways = _ways(one, two)
    leading = [(_leading(one, way), _leading(two, way)) for way in ways]
    changes = [(_changes(first), _changes(second)) for first, second in leading]
    gaps = [_dot(way, first[0][0]) - _dot(way, second[0][0]) for way, (first, second) in zip(ways, leading)]
    if any(gaps):
        signs = {edge[end][1] > 0 for pair in leading for edge in pair for end in (0, -1)}
        if len(signs) > 1 or any(map(any, changes)):
            return Growth.OTHER
        return Growth.SLOWER if max(gaps) <= 0 else Growth.FASTER if min(gaps) >= 0 else Growth.OTHER
    if any(first[end][1] * second[end][1] < 0 for first, second in leading for end in (0, -1)):
        return Growth.OTHER
    rooted = next((pair for pair in changes if any(pair)), (0, 0))
    if not any(rooted):
        return Growth.SAME
    return Growth.OTHER if 0 in rooted and sum(rooted) % 2 else None


def _ways(one: Terms, two: Terms) -> list[Point]:
    """The directions that matter: across each edge of the boundaries, and close to the axes."""
    if len(next(iter(one))) < 2:
        return [(1,)]
    edges = (edge for terms in (one, two) for edge in pairwise(_chain(terms)))
    across = [(left[1] - right[1], right[0] - left[0]) for left, right in edges if left[1] > right[1]]
    far = 1 + max(map(max, (*one, *two)))
    return [*across, (far, 1), (1, far)]


def _chain(points: Iterable[Point]) -> list[Point]:
    """The vertices of the upper boundary of the hull, from the left."""
    chain: list[Point] = []
    for point in sorted(points):
        while len(chain) > 1:
            (a, b), (c, d) = chain[-2:]
            if (c - a) * (point[1] - b) < (d - b) * (point[0] - a):
                break  # a turn to the right
            chain.pop()
        chain.append(point)
    return chain


def _dot(way: Point, point: Point) -> int:
    return sum(weight * own for weight, own in zip(way, point))


Edge = list[tuple[Point, Fraction]]


def _leading(terms: Terms, way: Point) -> Edge:
    """The leading form for a direction: terms on a vertex or an edge, from the left."""
    height = max(_dot(way, point) for point in terms)
    return [(point, terms[point]) for point in sorted(terms) if _dot(way, point) == height]


def _changes(edge: Edge) -> int:
    """Descartes: as many positive roots, or fewer by an even number."""
    return sum(a[1] * b[1] < 0 for a, b in pairwise(edge))


def _by_roots(one: Terms, two: Terms) -> Growth | None:
    """For polynomials with no common factor and the same vertices and signs."""
    undecided = False
    for way in _ways(one, two):
        first, second = (_univariate(_leading(terms, way)) for terms in (one, two))
        shared, *rests = first.cofactors(second)
        multiplicities = _positive_roots(shared)
        if any(map(_positive_roots, rests)) or any(multiplicity % 2 for multiplicity in multiplicities):
            return Growth.OTHER
        undecided = undecided or bool(multiplicities)
    return None if undecided else Growth.SAME


def _univariate(edge: Edge) -> Any:
    from sympy import QQ, Poly, Symbol

    start = edge[0][0][0]
    terms = {(point[0] - start,): QQ(value.numerator, value.denominator) for point, value in edge}
    return Poly.from_dict(terms, Symbol("c"), domain=QQ)


def _positive_roots(source: Any) -> list[int]:
    """The multiplicities of the positive roots."""
    _, parts = source.sqf_list()
    return [times for part, times in parts for _ in range(part.count_roots(inf=0) - (part.eval(0) == 0))]


def _by_maxima(one: Terms, two: Terms) -> Growth | None:
    """For three symbols or more: by the exponents that no other one reaches or passes in every symbol."""
    tops = [[p for p in side if not any(q != p and all(map(ge, q, p)) for q in side)] for side in (one, two)]
    if len({terms[point] > 0 for terms, top in zip((one, two), tops) for point in top}) > 1:
        return None
    below, above = _dominated(tops[0], tops[1]), _dominated(tops[1], tops[0])
    if below is None or above is None:
        return None
    return {(True, True): Growth.SAME, (True, False): Growth.SLOWER, (False, True): Growth.FASTER}.get(
        (below, above), Growth.OTHER
    )


def _dominated(these: list[Point], those: list[Point]) -> bool | None:
    """Whether each monomial is bounded by the sum of ``those``; a direction in which it is not proves the contrary."""
    if all(any(all(map(le, point, other)) for other in those) for point in these):
        return True
    ways = product((1, 2, 3, 5, 9, 20), repeat=len(these[0])) if len(these[0]) <= 4 else ()
    passed = any(max(_dot(way, own) for own in these) > max(_dot(way, other) for other in those) for way in ways)
    return False if passed else None
