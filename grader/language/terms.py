"""What formulas are made of once they have a meaning: terms of sympy, elements of its sparse rings over the rationals.

The only door to sympy, which is imported when the first term is made. Terms are built from numbers, names and exponents
and never from text; nothing here is bounded, so whoever calls estimates the size of a result beforehand.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any, Union

Rational = Union[int, Fraction]
Monomial = tuple[tuple[str, Rational], ...]
"""Generators with their exponents (not zero), sorted by generator."""


class Term(Mapping[Monomial, Rational]):
    """A polynomial over named generators with rational exponents, read as a mapping from monomials to coefficients.

    It is ``element / x^lift``: an element of a ring of sympy, whose generators x are roots of the named ones.
    """

    __slots__ = ("_plain", "element", "lift", "names", "roots")

    def __init__(self, names: tuple[str, ...], roots: tuple[int, ...], lift: tuple[int, ...], element: Any) -> None:
        self.names = names
        self.roots = roots
        self.lift = lift
        self.element = element
        self._plain: dict[Monomial, Rational] | None = None

    @property
    def plain(self) -> dict[Monomial, Rational]:
        """The coefficients by monomial."""
        if self._plain is None:
            self._plain = dict(self._terms())
        return self._plain

    def _terms(self) -> Iterator[tuple[Monomial, Rational]]:
        plain = self.natural
        for exponents, value in self.element.terms():
            own = exponents if plain else self._exponents(exponents)
            yield tuple([(name, one) for name, one in zip(self.names, own) if one]), number(value)

    def _exponents(self, exponents: tuple[int, ...]) -> list[Rational]:
        found = (Fraction(own - lift, root) for own, lift, root in zip(exponents, self.lift, self.roots))
        return [own.numerator if own.denominator == 1 else own for own in found]

    @property
    def natural(self) -> bool:
        """Whether every exponent is a natural number."""
        return not any(self.lift) and all(root == 1 for root in self.roots)

    @property
    def degrees(self) -> tuple[int, ...]:
        """The largest exponent of each generator, where exponents are natural."""
        return tuple(self.element.degrees())

    @property
    def bits(self) -> int:
        """The length of the longest numerator or denominator."""
        parts = (part for own in self.element.values() for part in (own.numerator, own.denominator))
        return max((int(part).bit_length() for part in parts), default=0)

    def __getitem__(self, monomial: Monomial) -> Rational:
        return self.plain[monomial]

    def __iter__(self) -> Iterator[Monomial]:
        return iter(self.plain)

    def __len__(self) -> int:
        return len(self.element)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mapping):
            return NotImplemented
        return self is other or (len(self) == len(other) and self.plain == dict(other))

    __hash__ = None  # type: ignore[assignment]  # as of any mapping

    def __add__(self, other: Term) -> Term:
        one, two = together(self, other)
        lift, element, added = _aligned(one, two)
        return Term(one.names, one.roots, lift, element + added)._simplest()

    def __sub__(self, other: Term) -> Term:
        one, two = together(self, other)
        lift, element, taken = _aligned(one, two)
        return Term(one.names, one.roots, lift, element - taken)._simplest()

    def __mul__(self, other: Term) -> Term:
        one, two = together(self, other)
        lift = tuple([a + b for a, b in zip(one.lift, two.lift)])
        return Term(one.names, one.roots, lift, one.element * two.element)._simplest()

    def scaled(self, factor: Rational) -> Term:
        """The term times a number."""
        return Term(self.names, self.roots, self.lift, self.element * _number(factor))

    def _simplest(self) -> Term:
        """With no larger roots and lifts than its exponents need."""
        if self.natural:
            return self
        columns = [[own - lift for own in column] for lift, column in zip(self.lift, zip(*self.element))] or [
            [0]
        ] * len(self.names)
        shrunk = [math.gcd(root, *column) for root, column in zip(self.roots, columns)]
        lift = tuple([max(0, -min(column)) // by for by, column in zip(shrunk, columns)])
        if lift == self.lift and all(by == 1 for by in shrunk):
            return self
        keys = zip(*([own // by + up for own in column] for by, up, column in zip(shrunk, lift, columns)))
        roots = tuple([root // by for root, by in zip(self.roots, shrunk)])
        found = dict(zip(keys, self.element.values())) if self.element else {}
        return Term(self.names, roots, lift, _ring(self.names, roots).from_dict(found))


def term(source: Mapping[Monomial, Rational]) -> Term:
    """The term of plain data."""
    return source if isinstance(source, Term) else _built(source, _names(source))


def common(one: Term, two: Term) -> tuple[Term, tuple[Term, Term]]:
    """The greatest common divisor of two terms with natural exponents, and what is left of each."""
    one, two = together(one, two)
    shared, first, second = (_alike(one, found) for found in one.element.cofactors(two.element))
    return shared, (first, second)


def factors(source: Term) -> tuple[Rational, list[tuple[Term, int]]]:
    """A term with natural exponents as a number and irreducible factors with their multiplicities."""
    value, found = source.element.factor_list()
    return number(value), [(_alike(source, factor), int(multiplicity)) for factor, multiplicity in found]


def shifted(source: Term) -> Term:
    """A term with natural exponents where each name n is replaced by n + 1."""
    return _alike(source, source.element.shift_list([1] * len(source.names))) if source.names else source


def positive_roots(source: Term) -> list[int]:
    """The multiplicities of the positive roots of a term in one name, with natural exponents."""
    if not source.names:
        return []
    parts = source.element.sqf_list()[1]
    count = source.element.ring.dup_count_real_roots
    return [int(multiplicity) for part, multiplicity in parts for _ in range(count(part, inf=0) - (not part.coeff(1)))]


def _alike(source: Term, element: Any) -> Term:
    return Term(source.names, source.roots, source.lift, element)


def together(left: Term, right: Term) -> tuple[Term, Term]:
    """Two terms with elements of one ring."""
    if left.names == right.names and left.roots == right.roots:
        return left, right
    names = tuple(sorted({*left.names, *right.names}))
    roots = dict.fromkeys(names, 1)
    for name, root in (*zip(left.names, left.roots), *zip(right.names, right.roots)):
        roots[name] = math.lcm(roots[name], root)
    common = tuple(roots.values())
    one, two = (
        side if side.names == names and side.roots == common else _built(side.plain, names, common)
        for side in (left, right)
    )
    return one, two


def _aligned(one: Term, two: Term) -> tuple[tuple[int, ...], Any, Any]:
    """Two elements of one ring over one lift."""
    if one.lift == two.lift:
        return one.lift, one.element, two.element
    lift = tuple([max(a, b) for a, b in zip(one.lift, two.lift)])
    first, second = (
        side.element.mul_monom(tuple([to - own for to, own in zip(lift, side.lift)])) for side in (one, two)
    )
    return lift, first, second


@lru_cache(maxsize=256)
def _ring(names: tuple[str, ...], roots: tuple[int, ...]) -> Any:
    """The ring of polynomials over these roots of these generators, each of which stands for something positive."""
    from sympy import QQ, Symbol
    from sympy.polys.rings import PolyRing

    return PolyRing([Symbol(name if root == 1 else f"{name}^(1/{root})") for name, root in zip(names, roots)], QQ)


def _names(source: Iterable[Monomial]) -> tuple[str, ...]:
    return tuple(sorted({name for monomial in source for name, _ in monomial}))


def _built(source: Mapping[Monomial, Rational], names: tuple[str, ...], roots: tuple[int, ...] | None = None) -> Term:
    columns = {name: column for column, name in enumerate(names)}
    rows: list[list[Rational]] = []
    for monomial in source:
        row: list[Rational] = [0] * len(names)
        for name, own in monomial:
            row[columns[name]] = own
        rows.append(row)
    if roots is None:
        roots = tuple([math.lcm(*(own.denominator for own in column)) for column in zip(*rows)]) or (1,) * len(names)
    keys = [tuple([int(own * root) for own, root in zip(row, roots)]) for row in rows]
    lift = tuple([max(0, -min(column)) for column in zip(*keys)]) or (0,) * len(names)
    if any(lift):
        keys = [tuple([own + up for own, up in zip(key, lift)]) for key in keys]
    found = {key: _number(value) for key, value in zip(keys, source.values())}
    return Term(names, roots, lift, _ring(names, roots).from_dict(found))


def number(value: Any) -> Rational:
    """A number of sympy's as one of Python's."""
    below = int(value.denominator)
    return int(value.numerator) if below == 1 else Fraction(int(value.numerator), below)


def _number(value: Rational) -> Any:
    from sympy import QQ

    return QQ(value.numerator, value.denominator)
