"""Proofs for polynomial networks: units that test polynomials in the inputs for one value, and any network above them.

The predicate must be a union of linear subspaces. On each of them the tests are decided by substitution, and must
give 1; wherever the tests give 1, their polynomials must vanish on these subspaces only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import comb
from typing import Any

from grader.networks import condition, varieties
from grader.networks.condition import ALWAYS, Atom, Condition, Or
from grader.networks.polynomial import value as polynomial_value
from grader.networks.program import Program, Unit
from grader.networks.varieties import Contained, Form, Subspaces

_MOST_TERMS = 6000
_MOST_TESTS = 12
_MOST_SUBSPACES = 200


@dataclass(frozen=True)
class _Test:
    """H is ``zero`` where all the polynomials vanish and ``other`` elsewhere."""

    polynomials: tuple[Any, ...]
    zero: int
    other: int


class _Unfit(Exception):
    """The network or the condition has not the form that this proof needs."""


def proves(program: Program, predicate: Condition, domain: Condition = ALWAYS) -> bool:
    """Whether the program is shown to agree with the predicate for all integers in the domain."""
    from flint import Ordering, fmpz_mpoly_ctx

    context = fmpz_mpoly_ctx.get([f"x{index}" for index in range(len(program.inputs))], Ordering.degrevlex)
    try:
        tests, rest = _tests(program, context)
        target = _subspaces(predicate, context.nvars())
        outside = [] if domain == ALWAYS else _subspaces(condition.negated(domain), context.nvars())
        return _agree(program, tests, rest, target, outside, context)
    except _Unfit:
        return False


def _agree(
    program: Program, tests: list[_Test], rest: int, target: Subspaces, outside: Subspaces, context: Any
) -> bool:
    outputs = {
        vanishing: _rest(program, rest, [test.zero if zero else test.other for test, zero in zip(tests, vanishing)])
        for vanishing in product((True, False), repeat=len(tests))
    }
    for space in target:
        if outputs[tuple(_vanishes(test, space) for test in tests)] != program.one:
            return False
    shown: list[tuple[set[int], bool]] = []
    for vanishing, output in sorted(outputs.items(), key=lambda item: sum(item[0])):
        if output == program.zero:
            continue
        true = {place for place, zero in enumerate(vanishing) if zero}
        right = output == program.one
        if any(known <= true and (right or not whole) for known, whole in shown):
            continue
        polynomials = [one for place in sorted(true) for one in tests[place].polynomials]
        if not Contained(context).within(polynomials, (target if right else []) + outside):
            return False
        shown.append((true, right))
    return True


def _tests(program: Program, context: Any) -> tuple[list[_Test], int]:
    below: list[Any] = list(context.gens())
    squared: list[Any] = [None] * len(below)
    for depth, layer in enumerate(program.layers):
        sums = [_sum(unit, below, context) for unit in layer]
        if any(unit.pieces.cuts for unit in layer):
            if len(layer) > _MOST_TESTS:
                raise _Unfit
            return [_test(unit, total, squared) for unit, total in zip(layer, sums)], depth + 1
        below = [_composed(unit.pieces.values[0], total, context) for unit, total in zip(layer, sums)]
        squared = [total if _even(unit.pieces.values[0]) else None for unit, total in zip(layer, sums)]
    raise _Unfit


def _sum(unit: Unit, below: list[Any], context: Any) -> Any:
    return sum((weight * below[index] for index, weight in unit.terms), context.constant(0))


def _composed(coefficients: tuple[int, ...], at: Any, context: Any) -> Any:
    degree = (len(coefficients) - 1) * max(at.total_degree(), 1)
    if comb(context.nvars() + degree, degree) > _MOST_TERMS:
        raise _Unfit
    total = context.constant(0)
    for coefficient in reversed(coefficients):
        total = total * at + coefficient
    return total


def _even(coefficients: tuple[int, ...]) -> bool:
    """Whether a polynomial is 0 at 0 only, and positive elsewhere, by its shape."""
    powers = {power for power, c in enumerate(coefficients) if c}
    return bool(powers) and all(power and power % 2 == 0 and coefficients[power] > 0 for power in powers)


def _test(unit: Unit, total: Any, squared: list[Any]) -> _Test:
    cuts = unit.pieces.cuts
    if any(len(value) > 1 for value in unit.pieces.values):
        raise _Unfit
    levels = [value[0] if value else 0 for value in unit.pieces.values]
    if all(weight > 0 and squared[index] is not None for index, weight in unit.terms):
        inner = [cut for cut in cuts if cut > 0]  # a sum of squares is never below 0
        if inner == [1]:
            return _Test(tuple(squared[index] for index, _ in unit.terms), levels[cuts.index(1)], levels[-1])
    if len(cuts) == 2 and cuts[1] == cuts[0] + 1 and levels[0] == levels[2]:
        return _Test((total - cuts[0],), levels[1], levels[0])
    if len(cuts) == 1:
        for edge, zero, other in ((cuts[0] - 1, levels[0], levels[1]), (cuts[0], levels[1], levels[0])):
            shifted = total - edge if zero == levels[0] else edge - total
            if shifted.total_degree() == 2 and varieties.positive(shifted):
                return _Test((shifted,), zero, other)
    raise _Unfit


def _rest(program: Program, depth: int, below: Sequence[int]) -> int:
    values = list(below)
    for layer in program.layers[depth:]:
        sums = [sum(weight * values[index] for index, weight in unit.terms) for unit in layer]
        values = [polynomial_value(list(unit.pieces.at(at)), at) for unit, at in zip(layer, sums)]
    return values[0]


def _vanishes(test: _Test, space: frozenset[Form]) -> bool:
    """Whether a test's polynomials vanish on a whole subspace; raises ``_Unfit`` where that varies within it."""
    forms, polynomials = sorted(space), list(test.polynomials)
    while forms:
        one = forms.pop()
        if not any(one[:-1]):
            if one[-1]:
                raise _Unfit
            continue
        plane = varieties.Plane(one)
        forms = [plane.form(other) for other in forms]
        polynomials = [plane.polynomial(other) for other in polynomials]
    if all(one.is_zero() for one in polynomials):
        return True
    if any(one.is_constant() and not one.is_zero() for one in polynomials):
        return False
    raise _Unfit


def _subspaces(whole: Condition, inputs: int) -> Subspaces:
    if isinstance(whole, Atom):
        if whole.relation != "=" or not whole.linear:
            raise _Unfit
        return [frozenset((_form(whole, inputs),))]
    parts = [_subspaces(part, inputs) for part in whole.parts]
    if isinstance(whole, Or):
        return [space for part in parts for space in part]
    found: Subspaces = [frozenset()]
    for part in parts:
        found = [first | second for first in found for second in part]
        if len(found) > _MOST_SUBSPACES:
            raise _Unfit
    return found


def _form(atom: Atom, inputs: int) -> Form:
    found = [0] * (inputs + 1)
    for monomial, coefficient in atom.terms:
        found[monomial[0][0] if monomial else inputs] = coefficient
    return varieties.normal(tuple(found))
