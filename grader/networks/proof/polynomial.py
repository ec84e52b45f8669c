"""Proofs for polynomial networks: units that test polynomials in the inputs for one value, and any network above them.

The predicate must be a union of linear subspaces. On each of them the tests are decided by substitution, and must
give 1; wherever the tests give 1, their polynomials must vanish on these subspaces only.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import comb
from typing import Any

from grader.frozen import frozen
from grader.networks import condition
from grader.networks.condition import ALWAYS, Atom, Condition
from grader.networks.network import IntegerNetwork, Unit
from grader.networks.pieces import value_at

_MOST_TERMS = 6000
_MOST_TESTS = 12
_MOST_SUBSPACES = 200
_MOST_STEPS = 2000
_BASIS_LIMITS = (200, 5000, 4000)  # polynomials, terms, bits

Polynomial = Any  # an fmpz_mpoly of flint
Subspaces = list[list[Polynomial]]
"""A union of subspaces; each is where all its linear forms vanish."""


@frozen
class _Test:
    """H is ``zero`` where the polynomial vanishes, and ``other`` elsewhere."""

    polynomial: Any
    zero: int
    other: int


class _Unfit(Exception):
    """The network or the condition has not the form that this proof needs."""


def proves(network: IntegerNetwork, predicate: Condition, domain: Condition = ALWAYS) -> bool:
    """Whether the network is shown to agree with the predicate for all integers in the domain."""
    from flint import Ordering, fmpz_mpoly_ctx

    context = fmpz_mpoly_ctx.get([f"x{index}" for index in range(len(network.inputs))], Ordering.degrevlex)
    try:
        tests, rest = _tests(network, context)
        target = _subspaces(predicate, context)
        outside = [] if domain == ALWAYS else _subspaces(condition.negated(domain), context)
        return _agree(network, tests, rest, target, outside)
    except _Unfit:
        return False


def _agree(network: IntegerNetwork, tests: list[_Test], rest: int, target: Subspaces, outside: Subspaces) -> bool:
    outputs = {
        vanishing: _output(network, rest, [test.zero if zero else test.other for test, zero in zip(tests, vanishing)])
        for vanishing in product((True, False), repeat=len(tests))
    }
    for space in target:
        output = outputs[tuple(_vanishes(test, space) for test in tests)]
        if output != network.one:
            return False
    shown: list[tuple[set[int], bool]] = []
    for vanishing, output in sorted(outputs.items(), key=lambda item: sum(item[0])):
        if output == network.zero:
            continue
        true = {place for place, zero in enumerate(vanishing) if zero}
        right = output == network.one
        if any(known <= true and (right or not whole) for known, whole in shown):
            continue
        polynomials = [tests[place].polynomial for place in sorted(true)]
        if not _within(polynomials, (target if right else []) + outside):
            return False
        shown.append((true, right))
    return True


def _tests(network: IntegerNetwork, context: Any) -> tuple[list[_Test], int]:
    below: list[Any] = list(context.gens())
    for depth, layer in enumerate(network.layers):
        sums = [sum((weight * below[at] for at, weight in unit.terms), context.constant(0)) for unit in layer]
        if any(unit.pieces.cuts for unit in layer):
            if len(layer) > _MOST_TESTS:
                raise _Unfit
            return [_test(unit, total) for unit, total in zip(layer, sums)], depth + 1
        below = [_composed(unit.pieces.values[0], total, context) for unit, total in zip(layer, sums)]
    raise _Unfit


def _composed(coefficients: tuple[int, ...], at: Any, context: Any) -> Any:
    degree = (len(coefficients) - 1) * max(at.total_degree(), 1)
    if comb(context.nvars() + degree, degree) > _MOST_TERMS:
        raise _Unfit
    return context.constant(0) + value_at(coefficients, at)


def _test(unit: Unit, total: Any) -> _Test:
    cuts, values = unit.pieces.cuts, unit.pieces.values
    if len(cuts) == 2 and cuts[1] == cuts[0] + 1 and values[0] == values[2] and max(map(len, values)) <= 1:
        other, zero, _ = (value[0] if value else 0 for value in values)
        return _Test(total - cuts[0], zero, other)
    raise _Unfit


def _output(network: IntegerNetwork, depth: int, below: list[int]) -> int:
    """The output above the tests, for what they give."""
    for layer in network.layers[depth:]:
        sums = [sum(weight * below[index] for index, weight in unit.terms) for unit in layer]
        below = [value_at(unit.pieces.at(total), total) for unit, total in zip(layer, sums)]
    return below[0]


def _vanishes(test: _Test, space: list[Polynomial]) -> bool:
    """Whether a test's polynomial vanishes on a whole subspace; raises ``_Unfit`` where that varies within it."""
    rest = _rest(test.polynomial, _basis(space) if space else [])
    if not rest.is_constant():
        raise _Unfit
    return bool(rest.is_zero())


def _rest(one: Polynomial, basis: Any) -> Polynomial:
    return one.reduction_primitive_part(basis) if basis else one


def _subspaces(whole: Condition, context: Any) -> Subspaces:
    def atom(one: Atom) -> Subspaces:
        if one.relation != "=" or not one.linear:
            raise _Unfit
        return [[context.constant(0) + one.value(context.gens())] if one.terms else []]

    def join(every: bool, parts: list[Subspaces]) -> Subspaces:
        if not every:
            return [space for part in parts for space in part]
        found: Subspaces = [[]]
        for part in parts:
            found = [first + second for first in found for second in part]
            if len(found) > _MOST_SUBSPACES:
                raise _Unfit
        return found

    return condition.folded(whole, atom, join)


def _within(polynomials: Sequence[Polynomial], target: Subspaces) -> bool:
    """Whether every common real zero lies in one of the subspaces; ``False`` also where that stays open.

    Case by case, along the factors of the polynomials of a Gröbner basis.
    """
    cases = [polynomials]
    for _ in range(_MOST_STEPS):
        if not cases:
            return True
        many = [one for one in cases.pop() if not one.is_zero()]
        basis = _basis(many) if many else []
        if basis is None:
            return False
        empty = any(one.is_constant() for one in basis)
        if empty or any(all(_rest(one, basis).is_zero() for one in space) for space in target):
            continue
        factored = _factored(list(basis))
        if not factored:
            return False
        cases += factored
    return False


def _factored(basis: list[Polynomial]) -> Subspaces:
    """The cases that one of the polynomials falls into by its factors; none where none of them has several."""
    for one in basis:
        _, factors = one.factor()
        pieces = [_squares(factor) or [factor] for factor, _ in factors]
        if len(pieces) > 1 or pieces[0] not in ([one], [-one]):
            others = [other for other in basis if other != one]
            return [[*others, *piece] for piece in pieces]
    return []


def _basis(many: Sequence[Polynomial]) -> Any:
    """A Gröbner basis; ``None`` where it grows too large."""
    from flint import fmpz_mpoly_vec

    start: Any = fmpz_mpoly_vec(list(many), many[0].context())
    found, complete = start.buchberger_naive(limits=_BASIS_LIMITS)
    return found.autoreduction() if complete else None


def _squares(one: Polynomial) -> list[Polynomial]:
    """The linear forms of which a quadratic polynomial, up to its sign, is a sum of squares with positive weights."""
    return _positive(one) or _positive(-one) if one.total_degree() == 2 else []


def _positive(quadratic: Polynomial) -> list[Polynomial]:
    """The linear forms of a sum of squares with positive weights, by completing the square; none where it is none."""
    forms = []
    for x in range(quadratic.context().nvars()):
        slope = quadratic.derivative(x)
        if slope.is_zero():
            continue
        twice = slope.derivative(x).leading_coefficient() if not slope.derivative(x).is_zero() else 0
        if twice <= 0:
            return []
        forms.append(slope)
        quadratic = 2 * twice * quadratic - slope**2  # x is gone: 4a(ax² + bx + c) - (2ax + b)²
    if quadratic.is_zero():
        return forms
    return [*forms, quadratic] if quadratic.leading_coefficient() > 0 else []
