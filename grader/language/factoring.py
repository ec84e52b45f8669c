"""Greatest common divisors, factors and positive roots of polynomials, by sympy, which is imported only when needed."""

from __future__ import annotations

from functools import reduce
from typing import Any, Literal

from grader.language import polynomial
from grader.language.polynomial import Polynomial, Rational

_DEGREE = 40
_TERMS = 200


def without_common_factor(left: Polynomial, right: Polynomial) -> tuple[Polynomial, Polynomial] | None:
    """Both divided by their greatest common divisor; None where they are too large, or no polynomials in symbols."""
    names = sorted(polynomial.generators(left) | polynomial.generators(right))
    ring = _ring(names, left, right)
    if ring is None:
        return None
    _, one, two = _element(ring, names, left).cofactors(_element(ring, names, right))
    return _back(one, names), _back(two, names)


def factors(source: Polynomial) -> list[tuple[Polynomial, int]] | None:
    """The irreducible factors with their multiplicities, up to a number (whose sign is kept in the first factor, of
    multiplicity 1: the polynomial -1 where it is negative); None where the polynomial is too large."""
    names = sorted(polynomial.generators(source))
    ring = _ring(names, source)
    if ring is None:
        return None
    number, found = _element(ring, names, source).factor_list()
    parts = [(_back(factor, names), int(multiplicity)) for factor, multiplicity in found]
    return [({polynomial.UNIT: -1}, 1), *parts] if number < 0 else parts


def shared_positive_roots(
    one: list[tuple[Rational, Rational]], two: list[tuple[Rational, Rational]]
) -> Literal["none", "different", "odd", "even"]:
    """Whether two polynomials in one variable, as (exponent, coefficient) pairs, have the same positive roots.

    "different": not the same roots with the same multiplicities; "odd", "even": the same, one of them of odd
    multiplicity, or all of them even.
    """
    import sympy

    variable = sympy.Symbol("c")
    exponents = [exponent for exponent, _ in (*one, *two)]
    common = reduce(sympy.ilcm, (exponent.denominator for exponent in exponents), 1)
    first, second = (
        sympy.Poly(
            {(int(exponent * common),): sympy.Rational(value.numerator, value.denominator) for exponent, value in edge},
            variable,
            domain="QQ",
        )
        for edge in (one, two)
    )
    shared, left, right = first.cofactors(second)
    if _positive_roots(left) or _positive_roots(right):
        return "different"
    multiplicities = [multiplicity for factor, multiplicity in shared.sqf_list()[1] if _positive_roots(factor)]
    if not multiplicities:
        return "none"
    return "odd" if any(multiplicity % 2 for multiplicity in multiplicities) else "even"


def _positive_roots(poly: Any) -> int:
    if poly.degree() < 1:
        return 0
    shift = min(monomial[0] for monomial in poly.monoms())
    lowered = poly.quo(type(poly)({(shift,): 1}, *poly.gens, domain="QQ")) if shift else poly
    return int(lowered.count_roots(0, None))


def _ring(names: list[str], *sources: Polynomial) -> Any | None:
    for source in sources:
        if len(source) > _TERMS:
            return None
        for monomial in source:
            exponents = [own for _, own in monomial]
            if any(not isinstance(own, int) or own < 0 for own in exponents) or sum(exponents) > _DEGREE:
                return None
    from sympy.polys.domains import QQ
    from sympy.polys.rings import PolyRing

    return PolyRing(names or ["n"], QQ)


def _element(ring: Any, names: list[str], source: Polynomial) -> Any:
    width = max(len(names), 1)
    terms = {}
    for monomial, value in source.items():
        exponents = dict(monomial)
        key = tuple(exponents.get(name, 0) for name in names) or (0,) * width
        terms[key] = ring.domain(value.numerator, value.denominator)
    return ring.from_dict(terms)


def _back(element: Any, names: list[str]) -> Polynomial:
    found: Polynomial = {}
    for exponents, value in element.items():
        monomial = tuple((name, int(own)) for name, own in zip(names, exponents) if own)
        number = int(value.numerator) if value.denominator == 1 else None
        found[monomial] = number if number is not None else _fraction(value)
    return found


def _fraction(value: Any) -> Rational:
    from fractions import Fraction

    return Fraction(int(value.numerator), int(value.denominator))
