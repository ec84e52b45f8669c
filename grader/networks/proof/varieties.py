"""Whether polynomials vanish together only on given linear subspaces: by substitution, factors and Gröbner bases.

Over the reals: a quadratic polynomial that is a sum of squares vanishes only where all the squares do.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations
from math import gcd, lcm, prod
from typing import Any

Polynomial = Any  # an fmpz_mpoly of flint
Form = tuple[int, ...]
"""A linear polynomial: the factor of each variable, then the constant; no common factor, the first one positive."""
Subspaces = list[frozenset[Form]]
"""A union of subspaces; each is where all its forms vanish. A form without variables vanishes nowhere."""

_MOST_STEPS = 2000
_BASIS_LIMITS = (200, 5000, 4000)  # polynomials, terms, bits


class Contained:
    """One question, with a budget of steps."""

    def __init__(self, context: Any) -> None:
        self.context = context
        self.steps = 0

    def within(self, polynomials: Sequence[Polynomial], target: Subspaces) -> bool:
        """Whether every common real zero lies in one of the subspaces; ``False`` also where that stays open."""
        self.steps += 1
        if self.steps > _MOST_STEPS:
            return False
        many: list[Polynomial] = []
        for one in polynomials:
            if not one.is_zero() and one not in many:
                many.append(one)
        if any(one.is_constant() for one in many) or frozenset() in target:
            return True
        linear = next((one for one in many if one.total_degree() == 1), None)
        if linear is not None:
            return self._substituted(linear, many, target)
        split = self._split(many, target)
        if split is not None:
            return split
        basis = self._basis(many)
        if basis is None:
            return False
        if any(one.is_constant() or one.total_degree() == 1 for one in basis):
            return self.within([*many, *basis], target)
        split = self._split(list(basis), target)
        return split if split is not None else self._covered(many, basis, target)

    def _substituted(self, linear: Polynomial, many: list[Polynomial], target: Subspaces) -> bool:
        plane = Plane(form(linear))
        rest = [plane.polynomial(one) for one in many if one != linear]
        return self.within(rest, plane.subspaces(target))

    def _split(self, many: list[Polynomial], target: Subspaces) -> bool | None:
        """Case by case along the factors of one polynomial; ``None`` where none has several."""
        for one in many:
            _, factors = one.factor()
            pieces: list[list[Polynomial]] = [squares(factor) or [factor] for factor, _ in factors]
            if len(pieces) > 1 or pieces[0] not in ([one], [-one]):
                others = [other for other in many if other != one]
                return all(self.within([*others, *piece], target) for piece in pieces)
        return None

    def _basis(self, many: list[Polynomial]) -> Any:
        from flint import fmpz_mpoly_vec

        start: Any = fmpz_mpoly_vec(many, self.context)
        found, complete = start.buchberger_naive(limits=_BASIS_LIMITS)
        return found.autoreduction() if complete else None

    def _covered(self, many: list[Polynomial], basis: Any, target: Subspaces) -> bool:
        """Find linear forms, one at least of each subspace, whose product vanishes; then go on form by form."""
        forms = sorted({one for space in target for one in space})
        for size in range(1, 5):
            for chosen in combinations(forms, size):
                if all(space & set(chosen) for space in target):
                    cases = [polynomial(one, self.context) for one in chosen]
                    if prod(cases, start=self.context.constant(1)).reduction_primitive_part(basis).is_zero():
                        return all(self.within([*many, one], target) for one in cases)
        return False


class Plane:
    """Where a form vanishes: one variable is replaced, and all is multiplied by ``scale`` to stay integral."""

    def __init__(self, vanishing: Form) -> None:
        self.place = next(place for place, factor in enumerate(vanishing[:-1]) if factor)
        self.scale = vanishing[self.place]
        self.image = tuple(0 if place == self.place else -factor for place, factor in enumerate(vanishing))

    def form(self, one: Form) -> Form:
        """A form on the plane."""
        moved = one[self.place]
        return normal(
            tuple(
                moved * image + (0 if place == self.place else self.scale * factor)
                for place, (factor, image) in enumerate(zip(one, self.image))
            )
        )

    def subspaces(self, target: Subspaces) -> Subspaces:
        """Subspaces cut with the plane, without those that do not meet it."""
        cut = [{self.form(one) for one in space} for space in target]
        return [
            frozenset(one for one in space if any(one))
            for space in cut
            if not any(one[-1] and not any(one[:-1]) for one in space)
        ]

    def polynomial(self, one: Polynomial) -> Polynomial:
        """A polynomial on the plane, times a power of the scale."""
        context = one.context()
        image = polynomial(self.image, context)
        degree = one.total_degree()
        total = context.constant(0)
        for exponents, coefficient in one.to_dict().items():
            power = int(exponents[self.place])
            others = tuple(0 if place == self.place else int(e) for place, e in enumerate(exponents))
            term = context.from_dict({others: int(coefficient) * self.scale ** (degree - power)})
            total += term * image**power
        return total


def normal(one: Form) -> Form:
    """The same zeros, in one spelling."""
    divisor = gcd(*one)
    if not divisor:
        return one
    sign = 1 if next(factor for factor in one if factor) > 0 else -1
    return tuple(sign * factor // divisor for factor in one)


def form(linear: Polynomial) -> Form:
    """A linear polynomial as a form."""
    size = linear.context().nvars()
    found = [0] * (size + 1)
    for exponents, coefficient in linear.to_dict().items():
        found[next((place for place, power in enumerate(exponents) if power), size)] = int(coefficient)
    return normal(tuple(found))


def polynomial(one: Form, context: Any) -> Polynomial:
    """A form as a polynomial."""
    return sum((factor * x for factor, x in zip(one, context.gens())), context.constant(one[-1]))


def squares(one: Polynomial) -> list[Polynomial] | None:
    """The linear forms of which a quadratic polynomial, up to its sign, is a sum of squares with positive weights."""
    if one.total_degree() != 2:
        return None
    return positive(one) or positive(-one)


def positive(one: Polynomial) -> list[Polynomial] | None:
    """The linear forms of a sum of squares with positive weights; ``None`` for any other quadratic polynomial."""
    context = one.context()
    variables = [*context.gens(), context.constant(1)]
    size = len(variables)
    matrix = [[Fraction(0)] * size for _ in range(size)]
    for exponents, coefficient in one.to_dict().items():
        places = [place for place, power in enumerate(exponents) for _ in range(int(power))]
        first, second = [*places, size - 1, size - 1][:2]
        matrix[first][second] += Fraction(int(coefficient), 2)
        matrix[second][first] += Fraction(int(coefficient), 2)
    forms = []
    for pivot in range(size):
        lead = matrix[pivot][pivot]
        if lead < 0 or (lead == 0 and any(matrix[pivot])):
            return None
        if lead == 0:
            continue
        row = [value / lead for value in matrix[pivot]]
        common = lcm(*(value.denominator for value in row))
        forms.append(sum((int(v * common) * x for v, x in zip(row, variables)), context.constant(0)))
        for first in range(size):
            for second in range(size):
                if first != pivot and second != pivot:
                    matrix[first][second] -= lead * row[first] * row[second]
        for other in range(size):
            matrix[pivot][other] = matrix[other][pivot] = Fraction(0)
    return forms or None
