"""Growth as n and m grow independently: whether the quotient of two formulas stays between two positive constants.

Θ is meant over real n and m beyond some bound. For rational functions this is decided by the Newton polygon. Cross
multiplied, the formulas f and g become polynomials P and Q with f/g = P/Q. Along n = t^a, m = c t^b (a, b > 0) a
polynomial behaves like its leading form for the direction (a, b): the part of it on a vertex, or on an edge, of the
upper right boundary of its Newton polygon. So P/Q can stay between positive constants only if both have the same
vertices, the same signs there, and on every edge the same positive roots c with the same multiplicities. If no edge has
a positive root, each polynomial is of the size of the sum of its vertices, and these conditions suffice. If P and Q
share no factor and share a root of odd multiplicity on some edge, P is zero along a curve there that goes to infinity,
on which Q has finitely many zeros: the quotient has no lower bound. (n + 1)(m - n) and n(m - n) share a factor, which
is divided out first; 2mn and 2mn - 2n^2 differ in a vertex; mn - n^2 and mn - n^2 + n have the curve.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from fractions import Fraction
from itertools import pairwise, product

from grader.language import factoring, polynomial
from grader.language.polynomial import Polynomial, Rational

Point = tuple[Rational, ...]
_TERMS = 200


class Growth(Enum):
    """How one formula grows beside another."""

    SAME = "same"
    SLOWER = "slower"
    FASTER = "faster"
    OTHER = "other"


def compare(given: Polynomial, expected: Polynomial) -> Growth | None:
    """How given/expected behaves, for polynomials over symbols (exponents may be any rational numbers).

    None where it is left undecided: both have the same double root on an edge, or there are three symbols or more and
    a sign or a convex combination stands in the way.
    """
    names = sorted(polynomial.generators(given) | polynomial.generators(expected))
    one, two = _points(given, names), _points(expected, names)
    if len(names) > 2 and len(one) + len(two) > _TERMS:
        return None
    if not one or not two:
        return Growth.SAME if not one and not two else Growth.OTHER
    if _proportional(one, two) is not None:
        return Growth.SAME if (_proportional(one, two) or 0) > 0 else Growth.OTHER
    verdict = _by_boundary(one, two, len(names))
    if verdict is not None:
        return verdict
    reduced = factoring.without_common_factor(given, expected)
    if reduced is None:
        return None
    one, two = _points(reduced[0], names), _points(reduced[1], names)
    verdict = _by_boundary(one, two, len(names))
    return verdict if verdict is not None or len(names) != 2 else _by_edges(one, two)


def _points(source: Polynomial, names: list[str]) -> dict[Point, Rational]:
    found: dict[Point, Rational] = {}
    for monomial, value in source.items():
        exponents = dict(monomial)
        found[tuple(exponents.get(name, 0) for name in names)] = value
    return found


def _proportional(one: dict[Point, Rational], two: dict[Point, Rational]) -> Rational | None:
    if one.keys() != two.keys():
        return None
    ratios = {Fraction(value) / two[point] for point, value in one.items()}
    return ratios.pop() if len(ratios) == 1 else None


def _by_boundary(one: dict[Point, Rational], two: dict[Point, Rational], count: int) -> Growth | None:
    """The verdict where vertices and signs decide alone; None where the roots of the edges matter."""
    tops = _maximal(one), _maximal(two)
    if count <= 1:
        (first,), (second,) = tops
        if one[first] * two[second] < 0:
            return Growth.OTHER
        return Growth.SAME if first == second else Growth.SLOWER if first < second else Growth.FASTER
    if count > 2:
        return _by_maxima(one, two, tops)
    chains = _chain(tops[0]), _chain(tops[1])
    if chains[0] == chains[1]:
        if any(one[point] * two[point] < 0 for point in chains[0]):
            return Growth.OTHER
        for edge in pairwise(chains[0]):
            changes = _changes(_edge(one, *edge)), _changes(_edge(two, *edge))
            if changes[0] == 0 and changes[1] == 0:
                continue
            if (changes[0] == 0 and changes[1] % 2) or (changes[1] == 0 and changes[0] % 2):
                return Growth.OTHER
            return None
        return Growth.SAME
    signs = {
        value > 0 for points, chain in ((one, chains[0]), (two, chains[1])) for p in chain for value in [points[p]]
    }
    plain = all(
        _changes(_edge(points, *edge)) == 0
        for points, chain in ((one, chains[0]), (two, chains[1]))
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


def _maximal(points: dict[Point, Rational]) -> list[Point]:
    """The exponents that no other one reaches or passes in every symbol."""
    if points and len(next(iter(points))) == 2:
        return _staircase(points)
    return [
        point
        for point in points
        if not any(other != point and all(a >= b for a, b in zip(other, point)) for other in points)
    ]


def _staircase(points: Iterable[Point]) -> list[Point]:
    kept: list[Point] = []
    for point in sorted(points, reverse=True):
        if not kept or point[1] > kept[-1][1]:
            kept.append(point)
    return kept


def _chain(maximal: list[Point]) -> list[Point]:
    """The vertices of the upper right boundary, from the left."""
    chain: list[Point] = []
    for point in sorted(maximal):
        while len(chain) > 1 and _turn(chain[-2], chain[-1], point) >= 0:
            chain.pop()
        chain.append(point)
    return chain


def _turn(a: Point, b: Point, c: Point) -> Rational:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def bounded(point: tuple[Fraction, Fraction], others: list[tuple[Fraction, Fraction]]) -> bool:
    """Whether n^a m^b is bounded by the sum of the other monomials, given as (a, b)."""
    found: list[Point] = list(others)
    return _under(point, _chain(_maximal(dict.fromkeys(found, 1))))


def _under(point: Point, chain: list[Point]) -> bool:
    """Whether the monomial is bounded by the sum of the monomials of a boundary."""
    if point[0] > chain[-1][0] or point[1] > chain[0][1]:
        return False
    return all(_turn(a, b, point) <= 0 for a, b in pairwise(chain))


def _edge(points: dict[Point, Rational], left: Point, right: Point) -> list[tuple[Rational, Rational]]:
    """The terms on an edge as (exponent, coefficient) of one variable, from low to high."""
    on_it = [p for p in points if left[0] <= p[0] <= right[0] and _turn(left, right, p) == 0]
    return [(p[0] - left[0], points[p]) for p in sorted(on_it)]


def _changes(edge: list[tuple[Rational, Rational]]) -> int:
    """Descartes: as many positive roots, or fewer by an even number."""
    return sum(a[1] * b[1] < 0 for a, b in pairwise(edge))


def _by_edges(one: dict[Point, Rational], two: dict[Point, Rational]) -> Growth | None:
    """For polynomials with no common factor and the same vertices and signs."""
    undecided = False
    chain = _chain(_maximal(one))
    for edge in pairwise(chain):
        shared = factoring.shared_positive_roots(_edge(one, *edge), _edge(two, *edge))
        if shared in ("different", "odd"):
            return Growth.OTHER
        undecided = undecided or shared == "even"
    return None if undecided else Growth.SAME


def _by_maxima(
    one: dict[Point, Rational], two: dict[Point, Rational], tops: tuple[list[Point], list[Point]]
) -> Growth | None:
    signs = {value > 0 for points, top in zip((one, two), tops) for value in (points[p] for p in top)}
    if len(signs) > 1:
        return None
    below, above = dominated(tops[0], tops[1]), dominated(tops[1], tops[0])
    return None if below is None or above is None else _contained(below, above)


def dominated(these: list[Point], those: list[Point]) -> bool | None:
    """Whether each monomial is bounded by the sum of ``those``; a direction in which it is not proves the contrary."""
    for point in these:
        if any(all(a <= b for a, b in zip(point, other)) for other in those):
            continue
        if any(
            _dot(weights, point) > max(_dot(weights, other) for other in those) for weights in _directions(len(point))
        ):
            return False
        return None
    return True


def _dot(weights: tuple[int, ...], point: Point) -> Rational:
    return sum((weight * own for weight, own in zip(weights, point)), 0)


def _directions(count: int) -> Iterator[tuple[int, ...]]:
    return product((1, 2, 3, 5, 9, 20), repeat=count) if count <= 4 else iter(())
