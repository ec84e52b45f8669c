"""Greatest common divisors, factors and positive roots of polynomials, by python-flint, imported only when needed.

A computer algebra system would do as well, but takes longer to import than a whole submission takes to mark.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any, Literal

from grader.language import polynomial
from grader.language.polynomial import Polynomial, Rational

_DEGREE = 24
_TERMS = 100


def without_common_factor(left: Polynomial, right: Polynomial) -> tuple[Polynomial, Polynomial] | None:
    """Both divided by their greatest common divisor; None where they are too large, or have other exponents than
    natural numbers."""
    names = sorted(polynomial.generators(left) | polynomial.generators(right))
    if not _fits(left) or not _fits(right):
        return None
    context = _context(names)
    one, two = _element(context, names, left), _element(context, names, right)
    common = one.gcd(two)
    return _back(one / common, names), _back(two / common, names)


def factors(source: Polynomial) -> list[tuple[Polynomial, int]] | None:
    """The irreducible factors with their multiplicities, up to a positive number: a polynomial -1 leads where the sign
    asks for it. None where the polynomial is too large, or has other exponents than natural numbers."""
    names = sorted(polynomial.generators(source))
    if not _fits(source):
        return None
    number, found = _element(_context(names), names, source).factor()
    parts = [(_back(factor, names), int(multiplicity)) for factor, multiplicity in found]
    return [({polynomial.UNIT: -1}, 1), *parts] if number < 0 else parts


def shared_positive_roots(
    one: list[tuple[Rational, Rational]], two: list[tuple[Rational, Rational]]
) -> Literal["none", "different", "odd", "even"]:
    """Whether two polynomials in one variable, as (exponent, coefficient) pairs, have the same positive roots.

    "different": not the same roots with the same multiplicities; "odd", "even": the same, one of them of odd
    multiplicity, or all of them even.
    """
    steps = math.lcm(*(exponent.denominator for exponent, _ in (*one, *two)))
    first, second = _univariate(one, steps), _univariate(two, steps)
    common = first.gcd(second)
    if _positive_roots(first / common) or _positive_roots(second / common):
        return "different"
    multiplicities = _positive_roots(common)
    if not multiplicities:
        return "none"
    return "odd" if any(multiplicity % 2 for multiplicity in multiplicities) else "even"


def _univariate(edge: list[tuple[Rational, Rational]], steps: int) -> Any:
    import flint

    scale = math.lcm(*(value.denominator for _, value in edge))
    dense = [0] * (max(int(exponent * steps) for exponent, _ in edge) + 1)
    for exponent, value in edge:
        dense[int(exponent * steps)] = int(value * scale)
    return flint.fmpz_poly(dense)


def _positive_roots(poly: Any) -> list[int]:
    """The multiplicities of the positive roots (a real root is enclosed with an imaginary part of exactly 0)."""
    if poly.degree() < 1:
        return []
    return [int(multiplicity) for root, multiplicity in poly.complex_roots() if root.imag == 0 and root.real > 0]


def _fits(source: Polynomial) -> bool:
    return len(source) <= _TERMS and all(
        all(isinstance(own, int) and own > 0 for _, own in monomial) and sum(own for _, own in monomial) <= _DEGREE
        for monomial in source
    )


def _context(names: list[str]) -> Any:
    import flint

    return flint.fmpq_mpoly_ctx.get(tuple(f"x{number}" for number in range(max(len(names), 1))), "lex")


def _element(context: Any, names: list[str], source: Polynomial) -> Any:
    import flint

    terms = {}
    for monomial, value in source.items():
        exponents = dict(monomial)
        key = tuple(int(exponents.get(name, 0)) for name in names) or (0,)
        terms[key] = flint.fmpq(value.numerator, value.denominator)
    return context.from_dict(terms)


def _back(element: Any, names: list[str]) -> Polynomial:
    found: Polynomial = {}
    for exponents, value in element.to_dict().items():
        monomial = tuple((name, int(own)) for name, own in zip(names, exponents) if own)
        found[monomial] = polynomial.rational(Fraction(int(value.p), int(value.q)))
    return found
