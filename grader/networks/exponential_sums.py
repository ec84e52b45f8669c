"""Sums c · e^q · p1^r1 · p2^r2 · … as tables: each key (q, roots) with its rational coefficient."""

from __future__ import annotations

from fractions import Fraction

Key = tuple[Fraction, tuple[tuple[int, Fraction], ...]]
Terms = dict[Key, Fraction]

ONE: Key = (Fraction(0), ())
MOST_TERMS = 600
_LARGEST_BASE = 10**9


class Undecided(Exception):
    """A comparison could not be decided, or a number is too large or too long to be followed."""


def plus(left: Terms, right: Terms) -> Terms:
    """The sum, without terms that cancel."""
    total = dict(left)
    for key, coefficient in right.items():
        total[key] = total.get(key, Fraction(0)) + coefficient
        if not total[key]:
            del total[key]
    return total


def times(left: Terms, right: Terms) -> Terms:
    """The product. Raises ``Undecided`` where it grew too long."""
    if len(left) * len(right) > MOST_TERMS**2:
        raise Undecided("an expression grew too long")
    total: Terms = {}
    for (q, roots), c in left.items():
        for (other_q, other_roots), other in right.items():
            factor, key = joined(q + other_q, roots, other_roots)
            total[key] = total.get(key, Fraction(0)) + c * other * factor
    return {key: coefficient for key, coefficient in total.items() if coefficient}


def joined(
    exponent: Fraction, left: tuple[tuple[int, Fraction], ...], right: tuple[tuple[int, Fraction], ...]
) -> tuple[Fraction, Key]:
    """The key of a product of two terms, and the rational factor that whole powers of primes leave."""
    if not left or not right:
        return Fraction(1), (exponent, left or right)
    roots = dict(left)
    factor = Fraction(1)
    for prime, root in right:
        roots[prime] = roots.get(prime, Fraction(0)) + root
        if roots[prime] >= 1:
            roots[prime] -= 1
            factor *= prime
    return factor, (exponent, tuple(sorted((p, r) for p, r in roots.items() if r)))


def radical(base: Fraction, exponent: Fraction) -> Terms | None:
    """A positive rational to a rational power as one term; ``None`` where its primes are not found quickly."""
    if max(base.numerator, base.denominator) > _LARGEST_BASE or abs(exponent) > 100_000:
        return None
    factor = Fraction(1)
    roots = []
    for prime, multiplicity in sorted(primes(base).items()):
        full = multiplicity * exponent
        whole = full.numerator // full.denominator
        factor *= Fraction(prime) ** whole
        if full != whole:
            roots.append((prime, full - whole))
    return {(Fraction(0), tuple(roots)): factor}


def primes(number: Fraction) -> dict[int, int]:
    """Primes with their multiplicities, negative ones from the denominator."""
    found: dict[int, int] = {}
    for part, direction in ((number.numerator, 1), (number.denominator, -1)):
        divisor = 2
        while divisor * divisor <= part:
            while part % divisor == 0:
                found[divisor] = found.get(divisor, 0) + direction
                part //= divisor
            divisor += 1
        if part > 1:
            found[part] = found.get(part, 0) + direction
    return found
