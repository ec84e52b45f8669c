"""Nodes to terms of sympy: a formula as a quotient of two polynomials over symbols, logarithms, powers, factorials.

Two formulas with the same normal form are equal wherever both are defined, for all positive integers: each rewriting
used here is an identity there. Where every generator is a symbol the converse holds too, so equality is decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from grader.language import nodes, polynomial
from grader.language.polynomial import ONE, UNIT, Budget, Monomial, Polynomial, Rational, TooLarge
from grader.language.quotients import Base, Definition, Exponential, Logarithm, Opaque, Quotient, Quotients, Special

_DEPTH = 120
_SHIFT = 40


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


def of(node: nodes.Node, budget: Budget) -> Form:
    """The normal form. Raises TooLarge, Opaque, or ZeroDivisionError where the formula divides by zero everywhere."""
    builder = _Builder(budget)
    numerator, denominator = builder.build(node, 0)
    return Form(numerator, denominator, builder.definitions)


def difference(left: Form, right: Form, budget: Budget) -> Polynomial:
    """The numerator of left - right: empty exactly when the two normal forms are the same."""
    builder = Quotients(budget, {**left.definitions, **right.definitions})
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


class _Builder(Quotients):
    """Nodes to quotients."""

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

    def call(self, function: str, arguments: list[Quotient]) -> Quotient:
        if function in ("e", "pi") and not arguments:
            return self.special(function)
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
        rest: dict[Monomial, Rational] = {}
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
