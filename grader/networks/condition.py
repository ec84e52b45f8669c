"""Conditions on the integer inputs (the predicate, a tier's domain, a shared property) in a normal form.

A ``Condition`` is a tree of ``And``, ``Or`` and ``Atom``; an atom compares a polynomial in the inputs with 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm, prod
from typing import Literal, Union

from grader.language import nodes
from grader.language.nodes import Node
from grader.networks.pieces import membership

Relation = Literal["<", "<=", "=", "!="]
Monomial = tuple[tuple[int, int], ...]
"""Pairs (index of the input, power above 0), by index; () is the constant."""


class Unsupported(ValueError):
    """A condition that is no combination of polynomial comparisons."""


@dataclass(frozen=True)
class Atom:
    """``Σ coefficient · monomial  relation  0``, in integers without a common factor."""

    terms: tuple[tuple[Monomial, int], ...]
    relation: Relation

    @property
    def linear(self) -> bool:
        return all(sum(power for _, power in monomial) <= 1 for monomial, _ in self.terms)


@dataclass(frozen=True)
class And:
    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Or:
    parts: tuple[Condition, ...]


Condition = Union[Atom, And, Or]
ALWAYS = And(())
NEVER = Or(())


def of(node: Node, inputs: Sequence[str]) -> Condition:
    """Compile a condition over the named inputs. Raises ``Unsupported``."""
    return _of(node, {name: index for index, name in enumerate(inputs)}, positive=True)


def holds(condition: Condition, point: Sequence[int]) -> bool:
    """Whether a condition holds at a point."""
    if isinstance(condition, And):
        return all(holds(part, point) for part in condition.parts)
    if isinstance(condition, Or):
        return any(holds(part, point) for part in condition.parts)
    value: int = sum(c * prod(point[index] ** power for index, power in monomial) for monomial, c in condition.terms)
    return {"<": value < 0, "<=": value <= 0, "=": value == 0, "!=": value != 0}[condition.relation]


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


def _of(node: Node, index: Mapping[str, int], positive: bool) -> Condition:
    if isinstance(node, nodes.Truth):
        return ALWAYS if node.value is positive else NEVER
    if isinstance(node, (nodes.And, nodes.Or)):
        parts = tuple(_of(part, index, positive) for part in node.parts)
        return And(parts) if isinstance(node, nodes.And) is positive else Or(parts)
    if isinstance(node, nodes.Not):
        return _of(node.part, index, not positive)
    if isinstance(node, nodes.Member):
        return _of(membership(node), index, positive)
    if isinstance(node, nodes.Comparison):
        values = [_polynomial(operand, index) for operand in node.operands]
        links = tuple(_atom(a, relation, b) for a, relation, b in zip(values, node.relations, values[1:]))
        whole: Condition = links[0] if len(links) == 1 else And(links)
        return whole if positive else negated(whole)
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


def _polynomial(node: Node, index: Mapping[str, int]) -> _Polynomial:
    if isinstance(node, nodes.Number):
        return {(): node.value} if node.value else {}
    if isinstance(node, nodes.Name):
        if node.name not in index:
            raise Unsupported(f"{node.name} is not one of the inputs {', '.join(index)}")
        return {((index[node.name], 1),): Fraction(1)}
    if isinstance(node, nodes.Negative):
        return _plus({}, _polynomial(node.operand, index), -1)
    if isinstance(node, nodes.Sum):
        total: _Polynomial = {}
        for term in node.terms:
            total = _plus(total, _polynomial(term, index), 1)
        return total
    if isinstance(node, nodes.Product) and "/" not in node.signs:
        total = {(): Fraction(1)}
        for factor in node.factors:
            total = _times(total, _polynomial(factor, index))
        return total
    if isinstance(node, nodes.Power) and isinstance(node.exponent, nodes.Number):
        power = node.exponent.value
        if power.denominator == 1 and 0 <= power <= 12:
            total = {(): Fraction(1)}
            for _ in range(int(power)):
                total = _times(total, _polynomial(node.base, index))
            return total
    raise Unsupported("a condition on the inputs may use sums, products and whole powers up to 12")


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
