"""Polynomials and quotients of polynomials: from nodes straight into sympy's sparse rings over the rationals.

Roots of names belong here as well: where sqrt(n) occurs, the generator is sqrt(n) and n is its square. Every name
stands for a positive integer, and a polynomial that is 0 at all roots of those is 0: so equality is decided. Nothing is
expanded before the size of the result is known to be bounded.

Growth is that of n and m independently: whether the quotient of two formulas stays between two positive constants. Θ is
meant over real n and m beyond some bound. For quotients of polynomials this is decided by the Newton polygon. Cross
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

import math
from collections.abc import Iterable, Mapping
from enum import Enum
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise, product
from operator import ge, le
from typing import Any

from grader.frozen import frozen
from grader.language import exact, nodes, writing
from grader.language.nodes import Meaning

Element = Any
"""An element of a ring of sympy."""

_STEPS = 30_000
_TERMS = 3000
_BITS = 8000
_ROOT = 12


class NotRational(Exception):
    """The formula is no quotient of polynomials in its names or in roots of them, or one that is too large."""


@frozen
class Quotient:
    """``top/below``; the generators of their ring stand for the ``root``-th roots of the ``names``."""

    top: Element
    below: Element
    names: tuple[str, ...]
    root: int

    @property
    def is_polynomial(self) -> bool:
        return bool(self.below == 1)


def ordered(symbols: tuple[str, ...], names: frozenset[str]) -> tuple[str, ...]:
    """The names that occur, in the order in which the problem declares them."""
    return (*(name for name in symbols if name in names), *sorted(names - set(symbols)))


def quotients(formulas: tuple[nodes.Node, ...], names: tuple[str, ...]) -> list[Quotient]:
    """Formulas in one ring.

    Raises:
        NotRational: one of them is none, or would be too large.
        ZeroDivisionError: one of them divides by zero everywhere.
    """
    root = math.lcm(*map(_root, formulas))
    if root > _ROOT:
        raise NotRational
    return [quotient(formula, names, root) for formula in formulas]


@lru_cache(maxsize=256)
def quotient(formula: nodes.Node, names: tuple[str, ...], root: int) -> Quotient:
    """A formula in the ring of the roots of these names. Raises as ``quotients`` does."""
    builder = _Builder(names, root)
    top, below = builder.of(formula)
    if len(below) == 1:
        ((monomial, number),) = below.terms()
        if not any(monomial):
            top, below = top.quo_ground(number), below.ring.one
    return Quotient(top, below, names, root)


def with_parts_named(formula: nodes.Node) -> nodes.Node:
    """The formula with a name in place of each part that is no quotient of polynomials: what the part is spelled as."""

    def named(part: nodes.Node) -> nodes.Node:
        exponent = _number(part.exponent) if isinstance(part, nodes.Power) else None
        plain = exponent.denominator == 1 if exponent is not None else not isinstance(part, (nodes.Power, nodes.Call))
        return part if plain or not nodes.names(part) else nodes.Name(writing.text(part))

    return nodes.changed_everywhere(formula, named)


@lru_cache(maxsize=256)
def ring(names: tuple[str, ...]) -> Any:
    """The ring of polynomials in the names."""
    from sympy import QQ, Symbol
    from sympy.polys.rings import PolyRing

    return PolyRing([Symbol(name) for name in names], QQ)


def crossed(one: nodes.Node, two: nodes.Node, names: tuple[str, ...]) -> tuple[Element, Element]:
    """p, q with one/two = p/q. Raises as ``quotients`` does."""
    first, second = quotients((one, two), names)
    if first.below == second.below:
        return first.top, second.top
    steps = _Builder(names, first.root)
    return steps.product(first.top, second.below), steps.product(second.top, first.below)


def coefficients(source: Element) -> dict[tuple[int, ...], Fraction]:
    """The coefficients by the exponents of the generators."""
    return {key: Fraction(int(value.numerator), int(value.denominator)) for key, value in source.terms()}


def text(found: Quotient) -> str:
    """One spelling for all equal quotients, as far as a common factor is found: ``2mn - 2n^2``."""
    top, below = found.top, found.below
    if not found.is_polynomial and len(top) + len(below) <= 60 and sum((*top.degrees(), *below.degrees())) <= 60:
        top, below = top.cancel(below)
    above, under = (spelled(terms(part, found.root)) for part in (top, below))
    return above if below == 1 else f"({above})/({under})"


Monomial = tuple[tuple[str, Fraction], ...]
"""Names with their exponents, by name; 1 has none."""


def terms(source: Element, root: int = 1) -> dict[Monomial, Fraction]:
    """The coefficients by monomials, where the generators stand for the ``root``-th roots of the names."""
    names = list(map(str, source.ring.symbols))
    return {
        tuple(sorted((name, Fraction(own, root)) for name, own in zip(names, key) if own)): value
        for key, value in coefficients(source).items()
    }


def spelled(terms: Mapping[Monomial, Any]) -> str:
    """A polynomial as a person reads it, by degree and then by name, the larger powers of a name first."""

    def place(term: tuple[Monomial, Any]) -> Any:
        return -sum(own for _, own in term[0]), [(name, -own) for name, own in term[0]]

    placed = sorted(terms.items(), key=place)
    written = " ".join(f"{'-' if value < 0 else '+'} {_term(abs(value), monomial)}" for monomial, value in placed)
    return written[:1].strip("+") + written[2:] or "0"


def _term(size: Fraction | int, monomial: Monomial) -> str:
    if not monomial:
        return str(size)
    parts = [name if own == 1 else f"{_atomic(name)}^{_atomic(str(own))}" for name, own in monomial]
    product = ("" if all(len(name) == 1 for name, _ in monomial) else " ").join(parts)
    if size == 1:
        return product
    return f"{_atomic(str(size))}{'' if product[0].isalpha() else ' '}{product}"


def _atomic(text: str) -> str:
    return text if text.isidentifier() or text.isdigit() else f"({text})"


def _root(formula: nodes.Node) -> int:
    """The n for which every name that stands under a root is needed as a power of its n-th root."""
    roots = [1]
    for part in nodes.parts(formula):
        if isinstance(part, nodes.Power) and nodes.names(part.base):
            roots.append((_number(part.exponent) or Fraction(1)).denominator)
        elif isinstance(part, nodes.Call) and part.function == "sqrt" and nodes.names(part):
            roots.append(2)
    return math.lcm(*roots)


def _number(node: nodes.Node) -> Fraction | None:
    """The value of a formula without names, where that is a rational number."""
    if isinstance(node, nodes.Number):
        return node.value
    if nodes.names(node):
        return None
    try:
        return exact.value(node)
    except exact.Undefined:
        return None


def _bits(value: Any) -> int:
    return max(int(value.numerator).bit_length(), int(value.denominator).bit_length())


Pair = tuple[Element, Element]


class _Builder(Meaning[Pair]):
    """Nodes to a numerator and a denominator, not reduced; the steps of that are counted before they are taken."""

    def __init__(self, names: tuple[str, ...], root: int) -> None:
        self.ring = ring(names)
        self.names = dict(zip(names, self.ring.gens))
        self.root = root
        self.left = _STEPS

    def product(self, one: Element, two: Element) -> Element:
        self.left -= len(one) * len(two) + 5
        if self.left < 0:
            raise NotRational
        found = one * two
        if len(found) > _TERMS or any(_bits(value) > _BITS for value in found.values()):
            raise NotRational
        return found

    def power(self, base: Element, exponent: int) -> Element:
        plain = all(value in (1, -1) for value in base.values())
        if not plain and max(map(_bits, base.values())) * exponent > _BITS:
            raise NotRational
        if len(base) <= 1:
            return base**exponent
        result = base
        for digit in bin(exponent)[3:]:
            result = self.product(result, result)
            if digit == "1":
                result = self.product(result, base)
        return result

    def _constant(self, value: Fraction) -> Pair:
        return self.ring.ground_new(self.ring.domain(value.numerator, value.denominator)), self.ring.one

    def number_(self, node: nodes.Number) -> Pair:
        return self._constant(node.value)

    def name_(self, node: nodes.Name) -> Pair:
        return self.names[node.name] ** self.root, self.ring.one

    def negative_(self, node: nodes.Negative) -> Pair:
        top, below = self.of(node.operand)
        return -top, below

    def sum_(self, node: nodes.Sum) -> Pair:
        top, below = self.of(node.terms[0])
        for term in node.terms[1:]:
            above, under = self.of(term)
            if under == below:
                top += above
            else:
                top = self.product(top, under) + self.product(above, below)
                below = self.product(below, under)
        return top, below

    def product_(self, node: nodes.Product) -> Pair:
        top, below = self.of(node.factors[0])
        for sign, factor in zip(node.signs, node.factors[1:]):
            above, under = self._inverse(self.of(factor)) if sign == "/" else self.of(factor)
            top, below = self.product(top, above), self.product(below, under)
        return top, below

    def _inverse(self, pair: Pair) -> Pair:
        if not pair[0]:
            raise ZeroDivisionError
        return pair[1], pair[0]

    def power_(self, node: nodes.Power) -> Pair:
        exponent = _number(node.exponent)
        base = self.of(node.base)
        if exponent is None:
            raise NotRational
        if exponent == 0:
            return self.ring.one, self.ring.one
        if exponent < 0:
            base, exponent = self._inverse(base), -exponent
        if exponent.denominator == 1:
            top, below = (part if part == 1 else self.power(part, int(exponent)) for part in base)
        else:
            top, below = (self._rooted(part, exponent) for part in base)
        return top, below

    def _rooted(self, source: Element, exponent: Fraction) -> Element:
        if len(source) != 1:
            raise NotRational
        ((monomial, number),) = coefficients(source).items()
        own = [exponent * each for each in monomial]
        try:
            value = exact.power(number, exponent)
        except exact.Undefined:
            raise NotRational from None
        if any(each.denominator != 1 for each in own):
            raise NotRational
        return self.ring.from_dict({tuple(map(int, own)): self.ring.domain(value.numerator, value.denominator)})

    def call_(self, node: nodes.Call) -> Pair:
        value = _number(node)
        if value is not None:
            return self._constant(value)
        if node.function == "sqrt" and not node.derivative:
            return self.of(nodes.Power(node.arguments[0], nodes.Number(Fraction(1, 2))))
        raise NotRational

    def other(self, node: nodes.Node) -> Pair:
        raise NotRational


# Growth

Point = tuple[int, ...]
Coefficients = Mapping[Point, Fraction]
_BOUNDARY = 200
_FACTORED = 100
_DEGREE = 48


class Growth(str, Enum):
    """How one formula grows beside another."""

    SAME = "same"
    SLOWER = "slower"
    FASTER = "faster"
    OTHER = "other"


def growth(given: Element, expected: Element) -> Growth | None:
    """How given/expected behaves, for two polynomials of one ring.

    None where it is left undecided: both have the same double root on an edge, or there are three symbols or more and
    a sign or a convex combination stands in the way.
    """
    one, two = _used(given, expected)
    if not one or not two:
        return Growth.SAME if not one and not two else Growth.OTHER
    count = len(next(iter(one)))
    if count > 2 and len(one) + len(two) > _BOUNDARY:
        return None
    verdict = _by_boundary(one, two)
    degree = sum((*given.degrees(), *expected.degrees()))
    if verdict is not None or max(len(one), len(two)) > _FACTORED or degree > _DEGREE:
        return verdict
    _, given, expected = given.cofactors(expected)
    one, two = _used(given, expected)
    verdict = _by_boundary(one, two)
    return verdict if verdict is not None or count != 2 else _by_roots(one, two)


def _used(given: Element, expected: Element) -> tuple[Coefficients, Coefficients]:
    """The coefficients of both by exponents, without the symbols that occur in neither."""
    one, two = coefficients(given), coefficients(expected)
    columns = [number for number, column in enumerate(zip(*one, *two)) if any(column)]
    first, second = ({tuple(key[c] for c in columns): value for key, value in side.items()} for side in (one, two))
    return first, second


def _by_boundary(one: Coefficients, two: Coefficients) -> Growth | None:
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


def _ways(one: Coefficients, two: Coefficients) -> list[Point]:
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


def _leading(terms: Coefficients, way: Point) -> Edge:
    """The leading form for a direction: terms on a vertex or an edge, from the left."""
    height = max(_dot(way, point) for point in terms)
    return [(point, terms[point]) for point in sorted(terms) if _dot(way, point) == height]


def _changes(edge: Edge) -> int:
    """Descartes: as many positive roots, or fewer by an even number."""
    return sum(a[1] * b[1] < 0 for a, b in pairwise(edge))


def _by_roots(one: Coefficients, two: Coefficients) -> Growth | None:
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
    _, parts = source.sqf_list()
    return [times for part, times in parts for _ in range(part.count_roots(inf=0) - (part.eval(0) == 0))]


def _by_maxima(one: Coefficients, two: Coefficients) -> Growth | None:
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
