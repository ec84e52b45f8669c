"""Polynomials in one variable with exact coefficients, lowest power first, and their signs over the integers."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import lcm

Polynomial = tuple[Fraction, ...]

ZERO: Polynomial = ()


def trimmed(coefficients: list[Fraction]) -> Polynomial:
    """Without zeros at the high end."""
    while coefficients and not coefficients[-1]:
        coefficients.pop()
    return tuple(coefficients)


def constant(value: Fraction) -> Polynomial:
    """The polynomial that is ``value`` everywhere."""
    return (value,) if value else ZERO


def add(left: Polynomial, right: Polynomial) -> Polynomial:
    """The sum of two polynomials."""
    if len(left) < len(right):
        left, right = right, left
    total = list(left)
    for power, coefficient in enumerate(right):
        total[power] += coefficient
    return trimmed(total)


def scaled(polynomial: Polynomial, factor: Fraction) -> Polynomial:
    """A number times a polynomial."""
    return tuple(coefficient * factor for coefficient in polynomial) if factor else ZERO


def multiply(left: Polynomial, right: Polynomial) -> Polynomial:
    """The product of two polynomials."""
    if not left or not right:
        return ZERO
    total = [Fraction(0)] * (len(left) + len(right) - 1)
    for low, first in enumerate(left):
        for high, second in enumerate(right):
            total[low + high] += first * second
    return trimmed(total)


def integral(polynomial: Polynomial) -> list[int]:
    """Integer coefficients with the same signs everywhere."""
    common = lcm(*(coefficient.denominator for coefficient in polynomial)) if polynomial else 1
    return [int(coefficient * common) for coefficient in polynomial]


def value(coefficients: list[int], at: int) -> int:
    """Horner's rule."""
    total = 0
    for coefficient in reversed(coefficients):
        total = total * at + coefficient
    return total


def signs(coefficients: list[int]) -> tuple[list[int], list[int]]:
    """Where the sign changes over the integers: cuts, and the sign left of the first cut and from each cut on.

    A polynomial is monotone on every run of integers where its forward difference p(k + 1) - p(k), of one degree
    less, keeps its sign; there each change of sign is found by bisection.
    """
    while coefficients and not coefficients[-1]:
        coefficients = coefficients[:-1]
    if len(coefficients) <= 1:
        return [], [_sign(coefficients[0]) if coefficients else 0]
    turns, _ = signs(_difference(coefficients))
    bound = 2 + max(abs(c) for c in coefficients[:-1]) // abs(coefficients[-1])  # Cauchy: no root beyond it
    marks = sorted({-bound, bound, *(turn for turn in turns if -bound < turn < bound)})
    cuts: list[int] = []
    found = [_sign(value(coefficients, -bound))]
    low = marks[0]
    for high in marks[1:]:
        last = _sign(value(coefficients, high))
        while found[-1] != last:
            now = found[-1]
            cut = _first(lambda at, now=now: _sign(value(coefficients, at)) != now, low, high)  # type: ignore[misc]
            cuts.append(cut)
            found.append(_sign(value(coefficients, cut)))
            low = cut
        low = high
    return cuts, found


def _first(holds: Callable[[int], bool], low: int, high: int) -> int:
    """The first integer in (low, high] where a condition holds that, once true, stays true up to ``high``."""
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def _difference(coefficients: list[int]) -> list[int]:
    """p(k + 1) - p(k), by the binomial theorem."""
    total = [0] * (len(coefficients) - 1)
    for power, coefficient in enumerate(coefficients):
        binomial = 1
        for lower in range(power):
            total[lower] += coefficient * binomial
            binomial = binomial * (power - lower) // (lower + 1)
    return total
