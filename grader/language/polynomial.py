"""Polynomials with rational coefficients over named generators: bounded before sympy expands them, and spelled.

Exponents may be negative or fractional, so that ``m/n`` and ``sqrt(n)`` need no denominator: every generator stands for
something positive. Sums and products are terms of sympy; small ones may be written as plain data, from monomials to
non-zero coefficients.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

from grader.language import terms
from grader.language.terms import Monomial as Monomial, Rational as Rational, Term

Polynomial = Mapping[Monomial, Rational]

UNIT: Monomial = ()
ONE: Polynomial = {UNIT: 1}

_TERMS = 3000
_BITS = 8000
_STEPS = 30_000
_OVERHEAD = 5
"""The steps that a product takes however small it is."""


class TooLarge(Exception):
    """An expansion would need more terms, digits or steps than are allowed."""


class Budget:
    """The steps that a computation may take, each of one to three microseconds."""

    __slots__ = ("left",)

    def __init__(self, steps: int = _STEPS) -> None:
        self.left = steps

    def spend(self, steps: int) -> None:
        """Raises TooLarge once more steps have been spent than there were."""
        self.left -= steps
        if self.left < 0:
            raise TooLarge


def rational(value: Fraction) -> Rational:
    """The same number, as an int where it is one: ints are many times faster."""
    return value.numerator if value.denominator == 1 else value


def constant(value: Rational) -> Polynomial:
    """A number as a polynomial."""
    return {UNIT: value} if value else {}


def generator(name: str, exponent: Rational = 1) -> Polynomial:
    """A generator to a power."""
    return {((name, exponent),): 1} if exponent else ONE


def is_constant(polynomial: Polynomial) -> bool:
    """Whether no generator occurs."""
    return not polynomial or (len(polynomial) == 1 and UNIT in polynomial)


def constant_value(polynomial: Polynomial) -> Rational:
    """The constant term."""
    return polynomial.get(UNIT, 0)


def generators(polynomial: Polynomial) -> set[str]:
    """Every generator that occurs."""
    return {name for monomial in polynomial for name, _ in monomial}


def add(left: Polynomial, right: Polynomial, factor: Rational = 1) -> Polynomial:
    """left + factor * right."""
    if not right:
        return left
    if factor == -1:
        return terms.term(left) - terms.term(right)
    added = terms.term(right) if factor == 1 else terms.term(right).scaled(factor)
    return terms.term(left) + added if left else added


def scale(polynomial: Polynomial, factor: Rational) -> Polynomial:
    """factor * polynomial."""
    return polynomial if factor == 1 else terms.term(polynomial).scaled(factor)


def join(left: Monomial, right: Monomial) -> Monomial:
    """The product of two monomials."""
    if not left:
        return right
    if not right:
        return left
    exponents = dict(left)
    for name, exponent in right:
        value = exponents.get(name, 0) + exponent
        if value:
            exponents[name] = value
        else:
            del exponents[name]
    return tuple(sorted(exponents.items()))


def raised(monomial: Monomial, exponent: Rational) -> Monomial:
    """A monomial to a power other than 0."""
    return tuple((name, _plain(own * exponent)) for name, own in monomial)


def _plain(value: Rational) -> Rational:
    return value if type(value) is int else rational(Fraction(value))


def multiply(left: Polynomial, right: Polynomial, budget: Budget) -> Polynomial:
    """The product. Raises TooLarge before it takes more steps than the budget has."""
    if left is ONE or right is ONE:
        return left if right is ONE else right
    one, two = terms.term(left), terms.term(right)
    budget.spend(_cost(one) * _cost(two) + _OVERHEAD)
    product = one * two
    if len(product) > _TERMS or product.bits > _BITS:
        raise TooLarge
    return product


def _cost(term: Term) -> int:
    """The number of terms; roots and terms of many generators count more."""
    return len(term) if term.natural and len(term.names) <= 2 else 2 * len(term)


def power(base: Polynomial, exponent: int, budget: Budget) -> Polynomial:
    """``base`` to a power of at least 0. Raises TooLarge beforehand where the result would be too large."""
    if exponent == 0:
        return ONE
    if len(base) <= 1:
        return {raised(monomial, exponent): number_power(value, exponent) for monomial, value in base.items()}
    terms = len(base)
    if exponent > 200 or math.comb(exponent + terms - 1, terms - 1) > _TERMS * 4:
        raise TooLarge
    result = base
    for digit in bin(exponent)[3:]:
        result = multiply(result, result, budget)
        if digit == "1":
            result = multiply(result, base, budget)
    return result


def number_power(base: Rational, exponent: int) -> Rational:
    """A rational number to an integer power; ZeroDivisionError for 0 to a negative one. Raises TooLarge beforehand."""
    if abs(exponent) * (bits(base) - 1) > _BITS:
        raise TooLarge
    if exponent >= 0:
        return base**exponent
    return rational(Fraction(base) ** exponent)


def bits(value: Rational) -> int:
    """The length of the longer of numerator and denominator."""
    return max(value.numerator.bit_length(), value.denominator.bit_length())


def content(polynomial: Polynomial) -> tuple[Rational, Monomial, Polynomial]:
    """A non-zero polynomial as number * monomial * rest; the rest has coprime integers, the first positive, and no
    common generator."""
    values = list(polynomial.values())
    number = Fraction(
        math.gcd(*(value.numerator for value in values)), math.lcm(*(value.denominator for value in values))
    )
    if polynomial[leading(polynomial)] < 0:
        number = -number
    common = dict(next(iter(polynomial)))
    for monomial in polynomial:
        exponents = dict(monomial)
        common = {name: min(own, exponents.get(name, 0)) for name, own in common.items()}
        for name, own in monomial:
            if name not in common and own < 0:
                common[name] = own
    shared = tuple(sorted((name, own) for name, own in common.items() if own))
    inverse = raised(shared, -1)
    rest = {join(monomial, inverse): rational(Fraction(value) / number) for monomial, value in polynomial.items()}
    return rational(number), shared, rest


def degree(polynomial: Polynomial) -> Rational:
    """The largest sum of the sizes of the exponents of a term."""
    return max((sum(own if own > 0 else -own for _, own in monomial) for monomial in polynomial), default=0)


def leading(polynomial: Polynomial) -> Monomial:
    """The first monomial by degree, then by spelling."""
    return min(polynomial, key=_rank)


def _rank(monomial: Monomial) -> tuple[Rational, list[tuple[str, Rational]]]:
    return -sum(own for _, own in monomial), [(name, -own) for name, own in monomial]


def value(polynomial: Polynomial, point: Mapping[str, int]) -> Fraction:
    """The value where every generator is a symbol of ``point`` with a whole exponent.

    Raises TooLarge beforehand, and ZeroDivisionError.
    """
    total: Rational = 0
    for monomial, coefficient in polynomial.items():
        term = coefficient
        for name, exponent in monomial:
            term *= number_power(point[name], int(exponent))
        total += term
    return Fraction(total)


def text(polynomial: Polynomial) -> str:
    """One spelling for all equal polynomials, fit for people: ``2mn - 2n^2 + 1``."""
    if not polynomial:
        return "0"
    pieces: list[str] = []
    for monomial in sorted(polynomial, key=_rank):
        value = polynomial[monomial]
        sign = "-" if value < 0 else "+"
        pieces.append(f" {sign} " if pieces else sign.replace("+", ""))
        pieces.append(_term(value if value > 0 else -value, monomial))
    return "".join(pieces)


def _term(size: Rational, monomial: Monomial) -> str:
    if not monomial:
        return str(size)
    factors = [name if own == 1 else f"{name}^{own if isinstance(own, int) and own > 0 else f'({own})'}"
               for name, own in monomial]  # fmt: skip
    product = ("" if all(len(name) == 1 for name, _ in monomial) else " ").join(factors)
    if size == 1:
        return product
    return f"{size if isinstance(size, int) else f'({size})'}{'' if product[0].isalpha() else ' '}{product}"
