"""Quotients of polynomials whose generators may be roots, powers such as 2^n, logarithms or factorials.

The rules that keep one spelling for equal quotients: roots have exponents between 0 and 1, a power is split by the
terms of its exponent and the factors of its base, and a monomial never stands in a denominator.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Union

from grader.language import factoring, polynomial, regions
from grader.language.polynomial import ONE, UNIT, Budget, Monomial, Polynomial, Rational


class Opaque(Exception):
    """A formula that has no normal form here; the message says what stands in the way."""


@dataclass(frozen=True)
class Base:
    """A generator that stands for a polynomial or a prime number and is only used with exponents between 0 and 1."""

    meaning: Polynomial


@dataclass(frozen=True)
class Exponential:
    """A generator that stands for ``atom`` to the power of a monomial: 2^n, n^m."""

    atom: str
    exponent: Monomial


@dataclass(frozen=True)
class Special:
    """Any other generator: a factorial, a floor, a positive part. ``signed``: may be below 0."""

    signed: bool = False


@dataclass(frozen=True)
class Logarithm:
    """A generator that stands for the natural logarithm of another one, or of a prime number."""

    atom: str
    signed: bool


Definition = Union[Base, Exponential, Logarithm, Special]


Quotient = tuple[Polynomial, Polynomial]


class Quotients:
    """Arithmetic of quotients that share their definitions and one budget."""

    def __init__(self, budget: Budget, definitions: dict[str, Definition] | None = None) -> None:
        self.budget = budget
        self.definitions: dict[str, Definition] = definitions or {}

    # Arithmetic of quotients

    def plus(self, left: Quotient, right: Quotient, factor: Rational = 1) -> Quotient:
        if left[1] == right[1]:
            total = polynomial.add(left[0], right[0], factor)
            return total, left[1] if total else ONE
        one = self.times((left[0], ONE), (right[1], ONE))
        two = self.times((right[0], ONE), (left[1], ONE))
        return self.over(self.plus(one, two, factor), self.times((left[1], ONE), (right[1], ONE)))

    def times(self, left: Quotient, right: Quotient) -> Quotient:
        top = polynomial.multiply(left[0], right[0], self.budget)
        if left[1] is ONE and right[1] is ONE:
            return self.reduced(top, ONE)
        below = polynomial.multiply(left[1], right[1], self.budget)
        return self.over(self.reduced(top, ONE), self.reduced(below, ONE))

    def over(self, left: Quotient, right: Quotient) -> Quotient:
        if right[0] == ONE and right[1] == ONE:
            return left
        below = polynomial.multiply(left[1], right[0], self.budget)
        if not below:
            raise ZeroDivisionError
        top = polynomial.multiply(left[0], right[1], self.budget)
        number, common, rest = polynomial.content(below)
        inverse = {polynomial.raised(common, -1): polynomial.rational(1 / Fraction(number))}
        top = polynomial.multiply(top, inverse, self.budget)
        if len(rest) == 1:
            return self.reduced(top, ONE)
        return self.reduced(top, ONE if not top else rest)

    def reduced(self, top: Polynomial, below: Polynomial) -> Quotient:
        """Brings the exponents of roots back to between 0 and 1."""
        if not self.definitions:
            return top, below
        whole: dict[Monomial, Polynomial] = {}
        outer: Quotient | None = None
        for monomial, value in top.items():
            kept = []
            factor: Quotient = (ONE, ONE)
            for name, own in monomial:
                definition = self.definitions.get(name)
                if isinstance(definition, Base) and not 0 < own < 1:
                    floor = own.numerator // own.denominator
                    factor = self.times(factor, self.whole_power(definition.meaning, floor))
                    own = polynomial.rational(Fraction(own) - floor)
                if own:
                    kept.append((name, own))
            if factor == (ONE, ONE):
                whole[monomial] = {UNIT: value}
                continue
            piece = self.times(({tuple(kept): value}, ONE), factor)
            outer = piece if outer is None else self.plus(outer, piece)
        if outer is None:
            return top, below
        rest = {monomial: value[UNIT] for monomial, value in whole.items()}
        total = self.plus(outer, (rest, ONE))
        return total if below == ONE else self.over(total, (below, ONE))

    def whole_power(self, base: Polynomial, exponent: int) -> Quotient:
        raised = polynomial.power(base, abs(exponent), self.budget)
        return (raised, ONE) if exponent >= 0 else self.over((ONE, ONE), (raised, ONE))

    def power(self, base: Quotient, exponent: Quotient) -> Quotient:
        if exponent[1] != ONE:
            raise Opaque("an exponent with a denominator")
        if polynomial.is_constant(exponent[0]):
            return self.number_power(base, polynomial.constant_value(exponent[0]))
        if not base[0]:
            raise Opaque("a power of zero")
        result: Quotient = (ONE, ONE)
        for monomial, value in exponent[0].items():
            if monomial == UNIT:
                result = self.times(result, self.number_power(base, value))
                continue
            for atom, own in self.atoms(base).items():
                inverse = self.inverse(atom, monomial)
                if inverse is not None:
                    result = self.times(result, (polynomial.generator(inverse, _plain(own * value)), ONE))
                else:
                    result = self.times(result, (self.exponential(atom, monomial, own * value), ONE))
        return result

    def number_power(self, base: Quotient, exponent: Rational) -> Quotient:
        if isinstance(exponent, int):
            raised = (
                polynomial.power(base[0], abs(exponent), self.budget),
                polynomial.power(base[1], abs(exponent), self.budget),
            )
            plain = self.reduced(raised[0], ONE), self.reduced(raised[1], ONE)
            return self.over(plain[0], plain[1]) if exponent >= 0 else self.over(plain[1], plain[0])
        if not base[0]:
            if exponent < 0:
                raise ZeroDivisionError
            return {}, ONE
        result: Quotient = (ONE, ONE)
        for atom, own in self.atoms(base).items():
            result = self.times(result, (polynomial.generator(atom, _plain(own * exponent)), ONE))
        return result

    def inverse(self, atom: str, exponent: Monomial) -> str | None:
        """The generator x where atom^exponent is 2^log2(x), or e^ln(x)."""
        logs = [(definition.atom, own) for name, own in exponent
                if isinstance(definition := self.definitions.get(name), Logarithm)]  # fmt: skip
        if len(logs) != len(exponent):
            return None
        tops = [of for of, own in logs if own == 1]
        natural = atom == "e" and len(logs) == 1
        based = (atom, -1) in logs and len(logs) == 2
        return tops[0] if len(tops) == 1 and (natural or based) else None

    def exponential(self, atom: str, exponent: Monomial, factor: Rational) -> Polynomial:
        definition = self.definitions.get(atom)
        if isinstance(definition, Exponential):
            atom, exponent = definition.atom, polynomial.join(definition.exponent, exponent)
        name = f"{atom}^({polynomial.text({exponent: 1})})"
        self.definitions[name] = Exponential(atom, exponent)
        return polynomial.generator(name, _plain(factor))

    def atoms(self, quotient: Quotient) -> dict[str, Rational]:
        """A positive quotient as a product of generators and prime numbers, each with its exponent."""
        found: dict[str, Rational] = {}
        for part, side in ((quotient[0], 1), (quotient[1], -1)):
            number, common, rest = polynomial.content(part)
            if number < 0:
                raise Opaque("a root, power or logarithm of something negative")
            for name, own in common:
                definition = self.definitions.get(name)
                if isinstance(definition, (Special, Logarithm)) and definition.signed:
                    raise Opaque(f"a root, power or logarithm of {name}")
                found[name] = found.get(name, 0) + side * own
            for value, direction in ((number.numerator, side), (number.denominator, -side)):
                for prime, own in prime_factors(value).items():
                    self.definitions[str(prime)] = Base({UNIT: prime})
                    found[str(prime)] = found.get(str(prime), 0) + direction * own
            for factor, own in self.factors(rest):
                name = f"({polynomial.text(factor)})"
                self.definitions[name] = Base(factor)
                found[name] = found.get(name, 0) + side * own
        return {name: own for name, own in found.items() if own}

    def factors(self, rest: Polynomial) -> list[tuple[Polynomial, int]]:
        """The factors with their multiplicities if each is surely positive, else the whole as one factor."""
        if len(rest) == 1:
            return []
        if not polynomial.generators(rest) & self.definitions.keys():
            parts = factoring.factors(rest)
            if parts is not None and all(regions.bounded_sign(factor) == 1 for factor, _ in parts):
                return parts
        return [(rest, 1)]

    def negated(self, quotient: Quotient) -> Quotient:
        return polynomial.scale(quotient[0], -1), quotient[1]

    def special(self, name: str, signed: bool = False) -> Quotient:
        self.definitions[name] = Special(signed)
        return polynomial.generator(name), ONE


def _plain(value: Rational) -> Rational:
    return polynomial.rational(Fraction(value))


def prime_factors(value: int) -> dict[int, int]:
    """The prime factors; what is left after trial division up to 1,000 stays whole."""
    found: dict[int, int] = {}
    candidate = 2
    while candidate * candidate <= value and candidate <= 1000:
        while value % candidate == 0:
            found[candidate] = found.get(candidate, 0) + 1
            value //= candidate
        candidate += 1
    if value > 1:
        found[value] = found.get(value, 0) + 1
    return found
