"""Sets of positive integers given by inequalities between polynomials, and a proof that two of them are the same set.

A region is built from atoms p >= 0 with integer coefficients, in one spelling (over integers p > 0 is p - 1 >= 0,
common factors are divided out and the constant is rounded), by union and intersection; negation goes into the atoms.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import combinations
from typing import Union

from grader.language import polynomial, terms
from grader.language.polynomial import UNIT, Polynomial

_WORK = 60_000
_SHIFTED = 20_000


@dataclass(frozen=True)
class Atom:
    """p >= 0 for a polynomial with integer coefficients."""

    terms: tuple[tuple[polynomial.Monomial, int], ...]

    @cached_property
    def left(self) -> Polynomial:
        return dict(self.terms)

    @property
    def linear(self) -> bool:
        return all(len(monomial) <= 1 and (not monomial or monomial[0][1] == 1) for monomial, _ in self.terms)


@dataclass(frozen=True)
class All:
    """The intersection; with no parts: every point."""

    parts: frozenset[Region]


@dataclass(frozen=True)
class Any:
    """The union; with no parts: no point."""

    parts: frozenset[Region]


Region = Union[Atom, All, Any]
EVERYTHING: Region = All(frozenset())
NOTHING: Region = Any(frozenset())


def both(*parts: Region) -> Region:
    """The intersection, flattened."""
    return _flat(All, Any, parts)


def either(*parts: Region) -> Region:
    """The union, flattened."""
    return _flat(Any, All, parts)


def _flat(own: type[All] | type[Any], other: type[All] | type[Any], parts: Iterable[Region]) -> Region:
    kept: set[Region] = set()
    for part in parts:
        if isinstance(part, own):
            kept |= part.parts
        elif isinstance(part, other) and not part.parts:
            return part
        else:
            kept.add(part)
    kept = _telling(kept, min if own is All else max)
    return kept.pop() if len(kept) == 1 else own(frozenset(kept))


def _telling(parts: set[Region], chosen: Callable[[int, int], int]) -> set[Region]:
    """Of atoms that differ in the constant alone the one that decides: in an intersection the tightest."""
    constants: dict[tuple[tuple[polynomial.Monomial, int], ...], int] = {}
    others: set[Region] = set()
    for part in parts:
        if isinstance(part, Atom):
            (rest, constant) = (part.terms[1:], part.terms[0][1]) if part.terms[0][0] == UNIT else (part.terms, 0)
            constants[rest] = chosen(constants.get(rest, constant), constant)
        else:
            others.add(part)
    return others | {Atom(((UNIT, constant), *rest) if constant else rest) for rest, constant in constants.items()}


def complement(region: Region) -> Region:
    """All other points."""
    if isinstance(region, Atom):
        return at_least_zero(polynomial.add(polynomial.scale(region.left, -1), {UNIT: -1}))
    parts = [complement(part) for part in region.parts]
    return either(*parts) if isinstance(region, All) else both(*parts)


def at_least_zero(source: Polynomial) -> Region:
    """p >= 0 for a polynomial with rational coefficients and natural exponents, over positive integers."""
    if not source:
        return EVERYTHING
    scale = math.lcm(*(value.denominator for value in source.values()))
    terms = {monomial: int(value * scale) for monomial, value in source.items()}
    constant = terms.pop(UNIT, 0)
    if not terms:
        return EVERYTHING if constant >= 0 else NOTHING
    common = math.gcd(*terms.values())
    terms = {monomial: value // common for monomial, value in terms.items()}
    constant //= common
    if constant:
        terms[UNIT] = constant
    known = bounded_sign({**terms})
    if known is not None:
        return EVERYTHING if known >= 0 else NOTHING
    return Atom(tuple(sorted(terms.items())))


def above_zero(source: Polynomial) -> Region:
    """p > 0, likewise: for integer coefficients p >= 1."""
    scale = math.lcm(*(value.denominator for value in source.values())) if source else 1
    return at_least_zero(polynomial.add(polynomial.scale(source, scale), {UNIT: -1}))


def bounded_sign(source: Polynomial) -> int | None:
    """1 (or 0) where p > 0 (or p >= 0) at all positive integers, -1 where p < 0 at all of them, else None.

    A sufficient condition: the coefficients of p in n - 1 and m - 1 all have one sign.
    """
    shifted = source
    if min(source.values()) >= 0 or max(source.values()) <= 0 or _linear(source):
        start = sum(source.values())
    else:
        term = terms.term(source)
        degrees = [int(own) for own in term.degrees]
        if not term.natural or math.prod(own + 1 for own in degrees) * max(degrees) > _SHIFTED:
            return None
        shifted = terms.shifted(term)
        start = shifted.get(UNIT, 0)
    rest = [value for monomial, value in shifted.items() if monomial != UNIT]
    if start >= 0 and all(value >= 0 for value in rest):
        return 1 if start > 0 else 0
    return -1 if start < 0 and all(value <= 0 for value in rest) else None


def _linear(source: Polynomial) -> bool:
    return all(not monomial or (len(monomial) == 1 and monomial[0][1] == 1) for monomial in source)


def contains(region: Region, point: Mapping[str, int]) -> bool:
    """Whether a point is in a region."""
    if isinstance(region, Atom):
        return _at(region, point) >= 0
    if isinstance(region, All):
        return all(contains(part, point) for part in region.parts)
    return any(contains(part, point) for part in region.parts)


def _at(atom: Atom, point: Mapping[str, int]) -> int:
    total = 0
    for monomial, value in atom.terms:
        for name, exponent in monomial:
            value *= point[name] ** int(exponent)
        total += value
    return total


def atoms(region: Region) -> Iterator[Atom]:
    """Every atom of a region."""
    if isinstance(region, Atom):
        yield region
    else:
        for part in region.parts:
            yield from atoms(part)


def text(region: Region) -> str:
    """One spelling for one region as built (equal sets may still be built differently)."""
    if isinstance(region, Atom):
        constant = region.left.get(UNIT, 0)
        rest: Polynomial = {monomial: value for monomial, value in region.terms if monomial != UNIT}
        if rest[polynomial.leading(rest)] < 0:
            return f"{polynomial.text(polynomial.scale(rest, -1))} <= {constant}"
        return f"{polynomial.text(rest)} >= {-constant}"
    if not region.parts:
        return "always" if isinstance(region, All) else "never"
    parts = sorted(text(part) if isinstance(part, Atom) else f"({text(part)})" for part in region.parts)
    return (" and " if isinstance(region, All) else " or ").join(parts)


class Undecided(Exception):
    """Neither a proof of sameness within the bounds nor a point of only one region."""


def difference(one: Region, two: Region) -> dict[str, int] | None:
    """A point of only one of two regions, or None, which is a proof that they are the same set.

    Decided for atoms in one symbol, and for linear atoms in two. For a fixed first coordinate x an atom a x + b y >= k
    changes its truth along y once, next to the line y = (k - a x)/b. So it is enough to look at y = 1 and at the first
    integers from each line on. Beyond some x the lines keep their order, those of different slope stay at least 2
    apart, and those of one slope repeat with the least common multiple of the b: agreement up to there and for one more
    period is agreement everywhere. Raises Undecided for other regions, and where that is too far.
    """
    if one == two:
        return None
    everything = {*atoms(one), *atoms(two)}
    names = sorted({name for atom in everything for name in polynomial.generators(atom.left)})
    if len(names) == 1 and not all(atom.linear for atom in everything):
        return _beside_roots(one, two, names[0], everything)
    if len(names) > 2 or not all(atom.linear for atom in everything):
        raise Undecided
    padded = [*names, "", " "][:2]
    x, y = min(padded, padded[::-1], key=lambda order: _period(everything, order[1]))
    lines: set[tuple[Fraction, Fraction]] = {(Fraction(0), Fraction(1))}
    last = Fraction(1)
    for atom in everything:
        a, b, constant = (int(atom.left.get(key, 0)) for key in (((x, 1),), ((y, 1),), UNIT))
        if b:
            lines.add((Fraction(-a, b), Fraction(-constant, b)))
        elif a:
            last = max(last, Fraction(-constant, a) + 1)
    for (slope, height), (other, level) in combinations(lines, 2):
        if slope != other:
            last = max(last, (level - height) / (slope - other) + 2 / abs(slope - other))
    end = math.ceil(last) + _period(everything, y)
    if end * len(lines) * len(everything) > _WORK:
        raise Undecided
    for first in range(1, end + 1):
        for slope, height in lines:
            start = slope * first + height
            for second in {math.ceil(start), math.floor(start) + 1}:
                point = {x: first, y: second}
                if second >= 1 and contains(one, point) != contains(two, point):
                    return {name: point[name] for name in names}
    return None


def _beside_roots(one: Region, two: Region, name: str, everything: set[Atom]) -> dict[str, int] | None:
    """For polynomials in one symbol: beyond Cauchy's bound 1 + max |c_i/c_d| of its roots none changes its sign."""
    last = Fraction(1)
    for atom in everything:
        *rest, (_, top) = sorted((dict(monomial).get(name, 0), value) for monomial, value in atom.terms)
        last = max(last, 2 + max((abs(Fraction(value, top)) for _, value in rest), default=Fraction(0)))
    if math.ceil(last) * len(everything) > _WORK:
        raise Undecided
    for number in range(1, math.ceil(last) + 1):
        if contains(one, {name: number}) != contains(two, {name: number}):
            return {name: number}
    return None


def _period(everything: set[Atom], y: str) -> int:
    return math.lcm(*(int(atom.left.get(((y, 1),), 0)) or 1 for atom in everything))
