"""Conditions on the integer inputs (the predicate, a tier's domain, a shared property) in a normal form.

A ``Condition`` is a tree of ``And``, ``Or`` and ``Atom``; an atom compares a polynomial in the inputs with 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import reduce
from math import gcd, lcm
from typing import Literal, Union

from grader.frozen import frozen
from grader.language import nodes
from grader.language.exact import RELATIONS, comparisons
from grader.language.nodes import Meaning, Node

Relation = Literal["<", "<=", "=", "!="]
Monomial = tuple[tuple[int, int], ...]
"""Pairs (index of the input, power above 0), by index; () is the constant."""


_HIGHEST_POWER = 12


class Unsupported(ValueError):
    """A condition that is no combination of polynomial comparisons."""


@frozen
class Atom:
    """``Σ coefficient · monomial  relation  0``, in integers without a common factor."""

    terms: tuple[tuple[Monomial, int], ...]
    relation: Relation

    @property
    def linear(self) -> bool:
        return all(sum(power for _, power in monomial) <= 1 for monomial, _ in self.terms)


@frozen
class And:
    parts: tuple[Condition, ...]


@frozen
class Or:
    parts: tuple[Condition, ...]


Condition = Union[Atom, And, Or]
ALWAYS = And(())
NEVER = Or(())


def of(node: Node, inputs: Sequence[str]) -> Condition:
    """Compile a condition over the named inputs. Raises ``Unsupported``."""
    return _Compiled(inputs).of(node)


def holds(condition: Condition, point: Sequence[int]) -> bool:
    """Whether a condition holds at a point."""
    return held(condition, [(entry,) for entry in point])[0]


def held(condition: Condition, columns: Sequence[Sequence[int]]) -> list[bool]:
    """At which of many points a condition holds; a column has what all of them have in one input."""
    if not isinstance(condition, Atom):
        every, join = (True, all) if isinstance(condition, And) else (False, any)
        parts = [held(part, columns) for part in condition.parts]
        return list(map(join, zip(*parts))) if parts else [every] * len(columns[0])
    total = [0] * len(columns[0])
    for monomial, coefficient in condition.terms:
        term = [coefficient] * len(total)
        for index, power in monomial:
            term = [number * entry**power for number, entry in zip(term, columns[index])]
        total = [number + more for number, more in zip(total, term)]
    compare = RELATIONS[condition.relation]
    return [compare(number, 0) for number in total]


def negated(condition: Condition) -> Condition:
    """The condition that holds where this one does not."""
    if isinstance(condition, And):
        return Or(tuple(map(negated, condition.parts)))
    if isinstance(condition, Or):
        return And(tuple(map(negated, condition.parts)))
    if condition.relation in ("=", "!="):
        return Atom(condition.terms, "!=" if condition.relation == "=" else "=")
    flipped = tuple((monomial, -c) for monomial, c in condition.terms)
    return Atom(flipped, "<=" if condition.relation == "<" else "<")


def atoms(condition: Condition) -> frozenset[Atom]:
    """Every comparison in a condition."""
    if isinstance(condition, Atom):
        return frozenset((condition,))
    return frozenset(atom for part in condition.parts for atom in atoms(part))


class _Compiled(Meaning[Condition]):
    """A condition over the inputs."""

    def __init__(self, inputs: Sequence[str]) -> None:
        self.polynomials = _Polynomials({name: index for index, name in enumerate(inputs)})

    def truth_(self, node: nodes.Truth) -> Condition:
        return ALWAYS if node.value else NEVER

    def and_(self, node: nodes.And) -> Condition:
        return And(tuple(map(self.of, node.parts)))

    def or_(self, node: nodes.Or) -> Condition:
        return Or(tuple(map(self.of, node.parts)))

    def not_(self, node: nodes.Not) -> Condition:
        return negated(self.of(node.part))

    def member_(self, node: nodes.Member) -> Condition:
        return self.of(comparisons(node))

    def comparison_(self, node: nodes.Comparison) -> Condition:
        values = [self.polynomials.of(operand) for operand in node.operands]
        links = tuple(_atom(a, relation, b) for a, relation, b in zip(values, node.relations, values[1:]))
        return links[0] if len(links) == 1 else And(links)

    def other(self, node: Node) -> Condition:
        raise Unsupported(f"{type(node).__name__.lower()} is no condition on the inputs")


_Polynomial = dict[Monomial, Fraction]


def _atom(left: _Polynomial, relation: str, right: _Polynomial) -> Atom:
    if relation in (">", ">="):
        left, right, relation = right, left, {">": "<", ">=": "<="}[relation]
    difference = _plus(left, right, -1)
    common = lcm(*(c.denominator for c in difference.values()))
    whole = {monomial: int(c * common) for monomial, c in difference.items()}
    divisor = gcd(*whole.values()) or 1
    terms = tuple((monomial, whole[monomial] // divisor) for monomial in sorted(whole))
    if relation in ("=", "!=") and terms and terms[0][1] < 0:
        terms = tuple((monomial, -c) for monomial, c in terms)
    return Atom(terms, relation)  # type: ignore[arg-type]


class _Polynomials(Meaning[_Polynomial]):
    """An expression in the inputs as a polynomial."""

    def __init__(self, index: Mapping[str, int]) -> None:
        self.index = index

    def number_(self, node: nodes.Number) -> _Polynomial:
        return {(): node.value} if node.value else {}

    def name_(self, node: nodes.Name) -> _Polynomial:
        if node.name not in self.index:
            raise Unsupported(f"{node.name} is not one of the inputs {', '.join(self.index)}")
        return {((self.index[node.name], 1),): Fraction(1)}

    def negative_(self, node: nodes.Negative) -> _Polynomial:
        return _plus({}, self.of(node.operand), -1)

    def sum_(self, node: nodes.Sum) -> _Polynomial:
        total: _Polynomial = {}
        for term in node.terms:
            total = _plus(total, self.of(term), 1)
        return total

    def product_(self, node: nodes.Product) -> _Polynomial:
        if "/" in node.signs:
            return self.other(node)
        return reduce(_times, map(self.of, node.factors))

    def power_(self, node: nodes.Power) -> _Polynomial:
        power = node.exponent.value if isinstance(node.exponent, nodes.Number) else Fraction(-1)
        if power.denominator != 1 or not 0 <= power <= _HIGHEST_POWER:
            return self.other(node)
        return reduce(_times, [self.of(node.base)] * int(power), {(): Fraction(1)})

    def other(self, node: Node) -> _Polynomial:
        raise Unsupported(f"a condition on the inputs may use sums, products and whole powers up to {_HIGHEST_POWER}")


def _plus(left: _Polynomial, right: _Polynomial, factor: int) -> _Polynomial:
    total = dict(left)
    for monomial, coefficient in right.items():
        total[monomial] = total.get(monomial, Fraction(0)) + factor * coefficient
    return {monomial: coefficient for monomial, coefficient in total.items() if coefficient}


def _times(left: _Polynomial, right: _Polynomial) -> _Polynomial:
    total: _Polynomial = {}
    for first, a in left.items():
        for second, b in right.items():
            powers = dict(first)
            for index, power in second:
                powers[index] = powers.get(index, 0) + power
            total = _plus(total, {tuple(sorted(powers.items())): a * b}, 1)
    return total
