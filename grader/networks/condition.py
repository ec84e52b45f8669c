"""Conditions on the integer inputs (the predicate, a tier's domain, a shared property) in a normal form.

A ``Condition`` joins others, or is an ``Atom``, which compares a polynomial in the inputs with 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from itertools import product
from math import gcd, lcm, prod
from operator import mul
from typing import Any, Literal, TypeVar, Union

from grader.frozen import frozen
from grader.language import nodes
from grader.language.exact import RELATIONS, Arithmetic, comparisons
from grader.language.nodes import Meaning, Node

T = TypeVar("T")
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

    def value(self, inputs: Sequence[Any] | Mapping[int, Any]) -> Any:
        """The polynomial at inputs of any kind that can be added and multiplied."""
        terms = [
            prod((inputs[index] for index, power in monomial for _ in range(power)), start=c)
            for monomial, c in self.terms
        ]
        return sum(terms[1:], terms[0]) if terms else 0


@frozen
class Joined:
    """All of some conditions (``every``), or one of them."""

    every: bool
    parts: tuple[Condition, ...]


Condition = Union[Atom, Joined]
ALWAYS = Joined(True, ())


def of(node: Node, inputs: Sequence[str]) -> Condition:
    """Compile a condition over the named inputs. Raises ``Unsupported``."""
    return _Compiled(inputs).of(node)


def folded(condition: Condition, atom: Callable[[Atom], T], join: Callable[[bool, list[T]], T]) -> T:
    """What a condition comes to where that of each atom is known; ``join`` is told whether all parts must hold."""
    if isinstance(condition, Atom):
        return atom(condition)
    return join(condition.every, [folded(part, atom, join) for part in condition.parts])


def holds(condition: Condition, point: Sequence[int]) -> bool:
    """Whether a condition holds at a point."""
    return held(condition, [(entry,) for entry in point])[0]


def held(condition: Condition, columns: Sequence[Sequence[int]]) -> list[bool]:
    """At which of many points a condition holds; a column has what all of them have in one input."""
    count = len(columns[0])

    def atom(one: Atom) -> list[bool]:
        total = [0] * count
        for monomial, coefficient in one.terms:
            term = [coefficient] * count
            for index, power in monomial:
                term = [number * entry**power for number, entry in zip(term, columns[index])]
            total = [number + more for number, more in zip(total, term)]
        return [RELATIONS[one.relation](number, 0) for number in total]

    def join(every: bool, parts: list[list[bool]]) -> list[bool]:
        return list(map(all if every else any, zip(*parts))) if parts else [every] * count

    return folded(condition, atom, join)


def negated(condition: Condition) -> Condition:
    """The condition that holds where this one does not."""

    def atom(one: Atom) -> Condition:
        if one.relation in ("=", "!="):
            return Atom(one.terms, "!=" if one.relation == "=" else "=")
        flipped = tuple((monomial, -c) for monomial, c in one.terms)
        return Atom(flipped, "<=" if one.relation == "<" else "<")

    return folded(condition, atom, lambda every, parts: Joined(not every, tuple(parts)))


def atoms(condition: Condition) -> frozenset[Atom]:
    """Every comparison in a condition."""
    return folded(condition, lambda one: frozenset((one,)), lambda _, parts: frozenset[Atom]().union(*parts))


class _Compiled(Meaning[Condition]):
    """A condition over the inputs."""

    def __init__(self, inputs: Sequence[str]) -> None:
        self.polynomials = _Polynomials({name: index for index, name in enumerate(inputs)})

    def truth_(self, node: nodes.Truth) -> Condition:
        return Joined(node.value, ())

    def and_(self, node: nodes.And) -> Condition:
        return Joined(True, tuple(map(self.of, node.parts)))

    def or_(self, node: nodes.Or) -> Condition:
        return Joined(False, tuple(map(self.of, node.parts)))

    def not_(self, node: nodes.Not) -> Condition:
        return negated(self.of(node.part))

    def member_(self, node: nodes.Member) -> Condition:
        return self.of(comparisons(node))

    def comparison_(self, node: nodes.Comparison) -> Condition:
        values = [self.polynomials.of(operand) for operand in node.operands]
        links = tuple(_atom(a, relation, b) for a, relation, b in zip(values, node.relations, values[1:]))
        return links[0] if len(links) == 1 else Joined(True, links)

    def other(self, node: Node) -> Condition:
        raise Unsupported(f"{type(node).__name__.lower()} is no condition on the inputs")


class _Polynomial(dict[Monomial, Fraction]):
    """The coefficients that are not 0."""

    def __add__(self, other: _Polynomial) -> _Polynomial:
        total = {monomial: self.get(monomial, 0) + other.get(monomial, 0) for monomial in {**self, **other}}
        return _Polynomial({monomial: Fraction(c) for monomial, c in total.items() if c})

    def __neg__(self) -> _Polynomial:
        return _Polynomial({monomial: -c for monomial, c in self.items()})

    def __mul__(self, other: _Polynomial) -> _Polynomial:
        total = _Polynomial()
        for (first, a), (second, b) in product(self.items(), other.items()):
            powers = Counter(dict(first)) + Counter(dict(second))
            total += _Polynomial({tuple(sorted(powers.items())): a * b})
        return total


def _atom(left: _Polynomial, relation: str, right: _Polynomial) -> Atom:
    if relation in (">", ">="):
        left, right, relation = right, left, {">": "<", ">=": "<="}[relation]
    difference = left + -right
    common = lcm(*(c.denominator for c in difference.values()))
    whole = {monomial: int(c * common) for monomial, c in difference.items()}
    divisor = gcd(*whole.values()) or 1
    terms = tuple((monomial, whole[monomial] // divisor) for monomial in sorted(whole))
    if relation in ("=", "!=") and terms and terms[0][1] < 0:
        terms = tuple((monomial, -c) for monomial, c in terms)
    return Atom(terms, relation)  # type: ignore[arg-type]


class _Polynomials(Arithmetic[_Polynomial]):
    """An expression in the inputs as a polynomial."""

    def __init__(self, index: Mapping[str, int]) -> None:
        self.index = index

    def number_(self, node: nodes.Number) -> _Polynomial:
        return _Polynomial({(): node.value} if node.value else {})

    def name_(self, node: nodes.Name) -> _Polynomial:
        if node.name not in self.index:
            raise Unsupported(f"{node.name} is not one of the inputs {', '.join(self.index)}")
        return _Polynomial({((self.index[node.name], 1),): Fraction(1)})

    def product_(self, node: nodes.Product) -> _Polynomial:
        return self.other(node) if "/" in node.signs else super().product_(node)

    def power_(self, node: nodes.Power) -> _Polynomial:
        power = node.exponent.value if isinstance(node.exponent, nodes.Number) else Fraction(-1)
        if power.denominator != 1 or not 0 <= power <= _HIGHEST_POWER:
            return self.other(node)
        return reduce(mul, [self.of(node.base)] * int(power), _Polynomial({(): Fraction(1)}))

    def other(self, node: Node) -> _Polynomial:
        raise Unsupported(f"a condition on the inputs may use sums, products and whole powers up to {_HIGHEST_POWER}")
