"""The normal form of a formula: a quotient of two polynomials over symbols, logarithms, powers such as 2^n, factorials.

Two formulas with the same normal form are equal wherever both are defined, for all positive integers: each rewriting
used here is an identity there. Where every generator is a symbol the converse holds too, so equality is decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Union

from grader.language import factoring, nodes, polynomial, regions
from grader.language.polynomial import ONE, UNIT, Budget, Monomial, Polynomial, Rational, TooLarge

_DEPTH = 120
_SHIFT = 40


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


@dataclass(frozen=True)
class Form:
    """numerator / denominator; ``definitions`` say what the generators that are not symbols stand for."""

    numerator: Polynomial
    denominator: Polynomial
    definitions: dict[str, Definition]

    @property
    def rational(self) -> bool:
        """Whether this is a rational function of the symbols."""
        return not self.definitions and all(
            isinstance(own, int)
            for part in (self.numerator, self.denominator)
            for monomial in part
            for _, own in monomial
        )


Quotient = tuple[Polynomial, Polynomial]


def of(node: nodes.Node, budget: Budget) -> Form:
    """The normal form. Raises TooLarge, Opaque, or ZeroDivisionError where the formula divides by zero everywhere."""
    builder = _Builder(budget)
    numerator, denominator = builder.build(node, 0)
    return Form(numerator, denominator, builder.definitions)


def difference(left: Form, right: Form, budget: Budget) -> Polynomial:
    """The numerator of left - right: empty exactly when the two normal forms are the same."""
    builder = _Builder(budget, {**left.definitions, **right.definitions})
    if left.denominator == right.denominator:
        return polynomial.add(left.numerator, right.numerator, -1)
    one = builder.times((left.numerator, ONE), (right.denominator, ONE))
    two = builder.times((right.numerator, ONE), (left.denominator, ONE))
    return builder.plus(one, two, -1)[0]


def text(form: Form) -> str:
    """One spelling for one normal form (equal rational functions may still differ by a common factor)."""
    if form.denominator == ONE:
        return polynomial.text(form.numerator)
    return f"({polynomial.text(form.numerator)})/({polynomial.text(form.denominator)})"


class _Builder:
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

    # Nodes

    def build(self, node: nodes.Node, depth: int) -> Quotient:
        if depth > _DEPTH:
            raise TooLarge
        self.budget.spend(1)
        if isinstance(node, nodes.Number):
            return polynomial.constant(polynomial.rational(node.value)), ONE
        if isinstance(node, nodes.Name):
            return polynomial.generator(node.name), ONE
        if isinstance(node, nodes.Sum):
            total: Quotient = ({}, ONE)
            for term in node.terms:
                negative = isinstance(term, nodes.Negative)
                inner = term.operand if isinstance(term, nodes.Negative) else term
                total = self.plus(total, self.build(inner, depth + 1), -1 if negative else 1)
            return total
        if isinstance(node, nodes.Negative):
            top, below = self.build(node.operand, depth + 1)
            return polynomial.scale(top, -1), below
        if isinstance(node, nodes.Product):
            product = self.build(node.factors[0], depth + 1)
            for sign, factor in zip(node.signs, node.factors[1:]):
                combine = self.over if sign == "/" else self.times
                product = combine(product, self.build(factor, depth + 1))
            return product
        if isinstance(node, nodes.Power):
            return self.power(self.build(node.base, depth + 1), self.build(node.exponent, depth + 1))
        if isinstance(node, nodes.Call) and not node.derivative:
            return self.call(node.function, [self.build(argument, depth + 1) for argument in node.arguments])
        raise Opaque(type(node).__name__.lower())

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

    # Functions

    def call(self, function: str, arguments: list[Quotient]) -> Quotient:
        if function in _LOGARITHMS and len(arguments) == 1:
            base = _LOGARITHMS[function]
            top = self.logarithm(arguments[0])
            return top if base is None else self.over(top, self.logarithm(({UNIT: base}, ONE)))
        if function == "log" and len(arguments) == 2:
            return self.over(self.logarithm(arguments[0]), self.logarithm(arguments[1]))
        if function == "sqrt" and len(arguments) == 1:
            return self.number_power(arguments[0], Fraction(1, 2))
        if function == "exp" and len(arguments) == 1:
            self.definitions["e"] = Special()
            return self.power((polynomial.generator("e"), ONE), arguments[0])
        if function == "factorial" and len(arguments) == 1:
            return self.factorial(arguments[0])
        if function == "binomial" and len(arguments) == 2:
            return self.binomial(arguments[0], arguments[1])
        if function in ("floor", "ceil") and len(arguments) == 1:
            if function == "floor":
                return self.floor(arguments[0])
            return self.negated(self.floor(self.negated(arguments[0])))
        if function in ("max", "min") and arguments:
            result = arguments[0]
            for other in arguments[1:]:
                # max(a, b) = a + (b - a)+ and min(a, b) = b - (b - a)+
                part = self.positive_part(self.plus(other, result, -1))
                result = self.plus(result, part) if function == "max" else self.plus(other, part, -1)
            return result
        if function == "abs" and len(arguments) == 1:
            return self.plus(self.negated(arguments[0]), self.positive_part(arguments[0]), 2)
        raise Opaque(f"the function {function}")

    def negated(self, quotient: Quotient) -> Quotient:
        return polynomial.scale(quotient[0], -1), quotient[1]

    def special(self, name: str, signed: bool = False) -> Quotient:
        self.definitions[name] = Special(signed)
        return polynomial.generator(name), ONE

    def logarithm(self, argument: Quotient) -> Quotient:
        if not argument[0]:
            raise Opaque("the logarithm of zero")
        total: Quotient = ({}, ONE)
        for atom, own in sorted(self.atoms(argument).items()):
            definition = self.definitions.get(atom)
            exponent: Polynomial = ONE
            if isinstance(definition, Exponential):
                atom, exponent = definition.atom, {definition.exponent: 1}
            if atom == "e":
                term: Quotient = (exponent, ONE)
            else:
                inner = definition.meaning if isinstance(definition, Base) else {}
                sure = all(isinstance(value, int) and value > 0 for value in inner.values())
                name = f"ln({atom.removeprefix('(').removesuffix(')') if inner else atom})"
                self.definitions[name] = Logarithm(atom, signed=not sure)
                term = self.times((polynomial.generator(name), ONE), (exponent, ONE))
            total = self.plus(total, term, own)
        return total

    def factorial(self, argument: Quotient) -> Quotient:
        top, below = argument
        if below != ONE:
            raise Opaque("a factorial of a quotient")
        shift = polynomial.constant_value(top)
        rest = {monomial: value for monomial, value in top.items() if monomial != UNIT}
        if not isinstance(shift, int):
            raise Opaque("a factorial of a fraction")
        if not rest and shift < 0:
            raise Opaque("a factorial of a negative number")
        if abs(shift) > _SHIFT:
            raise TooLarge
        result: Quotient = self.special(f"({polynomial.text(rest)})!") if rest else (ONE, ONE)
        for step in range(1, shift + 1):
            result = self.times(result, (polynomial.add(rest, {UNIT: step}), ONE))
        for step in range(-shift):
            result = self.over(result, (polynomial.add(rest, {UNIT: -step}) if step else rest, ONE))
        return result

    def binomial(self, above: Quotient, below: Quotient) -> Quotient:
        count = polynomial.constant_value(below[0]) if below[1] == ONE and polynomial.is_constant(below[0]) else None
        if isinstance(count, int) and 0 <= count <= _SHIFT:
            result: Quotient = (ONE, ONE)
            for step in range(count):
                result = self.times(result, self.plus(above, (polynomial.constant(step), ONE), -1))
                result = self.over(result, ({UNIT: step + 1}, ONE))
            return result
        rest = self.factorial(self.plus(above, below, -1))
        return self.over(self.over(self.factorial(above), self.factorial(below)), rest)

    def floor(self, argument: Quotient) -> Quotient:
        top, below = argument
        whole: Polynomial = {}
        rest: Polynomial = {}
        for monomial, value in top.items():
            integral = below == ONE and all(
                isinstance(own, int) and own > 0 and name not in self.definitions for name, own in monomial
            )
            if integral:
                floor = value.numerator // value.denominator
                whole = polynomial.add(whole, {monomial: floor} if floor else {})
                value = polynomial.rational(Fraction(value) - floor)
            if value:
                rest[monomial] = value
        if not rest or (below == ONE and polynomial.is_constant(rest)):
            return whole, ONE
        name = f"floor({text(Form(rest, below, {}))})"
        return self.plus((whole, ONE), self.special(name, signed=True))

    def positive_part(self, argument: Quotient) -> Quotient:
        """(x)+ = max(0, x), with (-x)+ = (x)+ - x and (cx)+ = c(x)+ for positive c."""
        top, below = argument
        if not top:
            return {}, ONE
        if below != ONE:
            raise Opaque("the larger of two quotients")
        number, common, rest = polynomial.content(top)
        if any(isinstance(d := self.definitions.get(name), (Special, Logarithm)) and d.signed for name, _ in common):
            raise Opaque("the larger of two terms of unknown sign")
        factor: Quotient = ({common: number}, ONE)
        if len(rest) == 1:
            return ({}, ONE) if number < 0 else factor
        if not self.definitions and all(value > 0 for value in rest.values()):
            return ({}, ONE) if number < 0 else self.times(factor, (rest, ONE))
        part = self.special(f"({polynomial.text(rest)})+")
        if number < 0:
            part = self.plus(part, (rest, ONE), -1)
            factor = self.negated(factor)
        return self.times(factor, part)


_LOGARITHMS: dict[str, int | None] = {"log": None, "ln": None, "log2": 2, "lg": 2, "log10": 10}


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
