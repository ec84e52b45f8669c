"""What a proof stands on: a chain of primes, residues that obey the laws of exponents, ranges that hold true."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import sympy
from hypothesis import given, strategies as st

from grader.gradients.matrices import GENERATORS, INFINITY, NEGATIVE, POSITIVE, PRIMES, Field, Range, Ranges

FIELD, BELOW = Field(0), Field(1)
RANGES = Ranges()
residues = st.integers(0, PRIMES[1] - 1)


def test_the_primes_are_a_chain_of_primes() -> None:
    assert all(map(sympy.isprime, PRIMES))
    assert PRIMES[-1] >= 2**61 - 1
    for prime, order, generator in zip(PRIMES, PRIMES[1:], GENERATORS):
        assert (prime - 1) % order == 0
        assert generator != 1
        assert pow(generator, order, prime) == 1


@given(u=residues, v=residues)
def test_exponents_add_up(u: int, v: int) -> None:
    both = FIELD.exponential(BELOW.add(u, v))
    assert both == FIELD.times(FIELD.exponential(u), FIELD.exponential(v))
    assert FIELD.exponential(0) == 1
    assert FIELD.times(FIELD.exponential(u), FIELD.exponential(BELOW.negative(u))) == 1


@given(numerator=st.integers(-(10**6), 10**6), denominator=st.integers(1, 10**6))
def test_small_fractions_are_told(numerator: int, denominator: int) -> None:
    fraction = Fraction(numerator, denominator)
    assert FIELD.small(FIELD.number(fraction)) == fraction


def test_atoms_are_functions_of_their_arguments_alone() -> None:
    assert FIELD.log(5) == Field(0).log(5)
    assert len({FIELD.log(5), FIELD.log(6), FIELD.raised(5, 6), FIELD.power(5, Fraction(1, 2))}) == 4
    assert FIELD.power(FIELD.power(7, Fraction(1, 2)), Fraction(3)) == FIELD.power(7, Fraction(3, 2))


ends = st.fractions(-4, 4, max_denominator=4)


inside = st.fractions(0, 1, max_denominator=8).filter(lambda share: 0 < share < 1)


@st.composite
def ranges(draw: st.DrawFn) -> tuple[Range, Fraction]:
    """A range and a number in it."""
    low, high = sorted((draw(ends), draw(ends)))
    number = low + (high - low) * draw(inside)
    if low < high:
        low, high = draw(st.sampled_from((-INFINITY, low))), draw(st.sampled_from((INFINITY, high)))
    return Range(low, high), number


def holds(found: Range | None, number: Any) -> bool:
    if found is None or found == (number, number):
        return True
    slack = 0 if isinstance(number, Fraction) else 1e-9
    return bool(found.low - slack < number < found.high + slack)


@given(one=ranges(), other=ranges())
def test_ranges_hold_what_comes_out(one: tuple[Range, Fraction], other: tuple[Range, Fraction]) -> None:
    (a, x), (b, y) = one, other
    assert holds(a, x)
    assert holds(RANGES.add(a, b), x + y)
    assert holds(RANGES.negative(a), -x)
    assert holds(RANGES.times(a, b), x * y)
    if y:
        assert holds(RANGES.over(a, b), x / y)
    for exponent in (0, 1, 2, 3):
        assert holds(RANGES.power(a, Fraction(exponent)), x**exponent)
    if x:
        assert holds(RANGES.power(a, Fraction(-2)), 1 / x**2)
        assert holds(RANGES.power(a, Fraction(-3)), 1 / x**3)
    assert holds(RANGES.exponential(a), math.exp(x))
    assert holds(RANGES.logistic(RANGES.exponential(a)), 1 / (1 + math.exp(-x)))
    if x > 0:
        assert holds(RANGES.log(a), math.log(x))
        assert holds(RANGES.power(a, Fraction(1, 2)), math.sqrt(x))


@given(one=ranges())
def test_signs_of_ranges_are_signs(one: tuple[Range, Fraction]) -> None:
    found, number = one
    assert found.sign in (None, (number > 0) - (number < 0))


def test_a_fraction_over_a_prime_has_no_residue() -> None:
    assert FIELD.number(Fraction(1, PRIMES[0])) is None
    assert FIELD.times(FIELD.number(Fraction(1, PRIMES[1])), PRIMES[1]) == 1


def test_long_bounds_are_not_multiplied_out() -> None:
    square = RANGES.number(Fraction(3))
    for _ in range(60):
        square = RANGES.times(square, square)
    assert square == POSITIVE
    negative = RANGES.negative(square)
    assert RANGES.add(negative, RANGES.number(Fraction(-(10**300)))) == NEGATIVE
    assert RANGES.add(square, negative) == Range(-INFINITY, INFINITY)
    assert RANGES.times(RANGES.number(Fraction(1, 10**300)), square) == POSITIVE


def test_a_logistic_function_of_what_may_be_negative_has_a_range() -> None:
    for low in (Fraction(-2), Fraction(-1), -INFINITY):
        assert holds(RANGES.logistic(Range(low, Fraction(2))), Fraction(1, 2))
