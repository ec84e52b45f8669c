"""Greatest common divisors, factors and positive roots of polynomials, by sympy; what would take it long is refused."""

from __future__ import annotations

import math
from typing import Literal

from grader.language import polynomial, terms
from grader.language.polynomial import Polynomial, Rational
from grader.language.terms import Term

_DEGREE = 24
_TERMS = 100
_FACTORED = {False: 12, True: 6}
_FEWER = 30
"""Factors in two symbols take longer, and in more symbols longer still: beyond these degrees they may take seconds."""


def without_common_factor(left: Polynomial, right: Polynomial) -> tuple[Polynomial, Polynomial] | None:
    """Both divided by their greatest common divisor; None where they are too large, or have other exponents than
    natural numbers."""
    one, two = terms.together(terms.term(left), terms.term(right))
    return terms.common(one, two)[1] if _fits(one) and _fits(two) else None


def factors(source: Polynomial) -> list[tuple[Polynomial, int]] | None:
    """The irreducible factors with their multiplicities, up to a positive number: a polynomial -1 leads where the sign
    asks for it. None where the polynomial is too large, or has other exponents than natural numbers."""
    whole = terms.term(source)
    if not (_fits(whole) if len(whole.names) < 2 else _fits(whole, _FACTORED[len(whole.names) > 2], _FEWER)):
        return None
    number, found = terms.factors(whole)
    parts: list[tuple[Polynomial, int]] = list(found)
    return [({polynomial.UNIT: -1}, 1), *parts] if number < 0 else parts


def shared_positive_roots(
    one: list[tuple[Rational, Rational]], two: list[tuple[Rational, Rational]]
) -> Literal["none", "different", "odd", "even"]:
    """Whether two polynomials in one variable, as (exponent, coefficient) pairs, have the same positive roots.

    "different": not the same roots with the same multiplicities; "odd", "even": the same, one of them of odd
    multiplicity, or all of them even.
    """
    steps = math.lcm(*(exponent.denominator for exponent, _ in (*one, *two)))
    first, second = terms.together(_univariate(one, steps), _univariate(two, steps))
    shared, rests = terms.common(first, second)
    if any(terms.positive_roots(rest) for rest in rests):
        return "different"
    multiplicities = terms.positive_roots(shared)
    if not multiplicities:
        return "none"
    return "odd" if any(multiplicity % 2 for multiplicity in multiplicities) else "even"


def _univariate(edge: list[tuple[Rational, Rational]], steps: int) -> Term:
    return terms.term({(("c", exponent * steps),) if exponent else (): value for exponent, value in edge})


def _fits(source: Term, degree: int = _DEGREE, length: int = _TERMS) -> bool:
    return source.natural and len(source) <= length and polynomial.degree(source) <= degree
