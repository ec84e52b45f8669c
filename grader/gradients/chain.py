"""What a student's equations give on the instances: each fed the right upstream values, and all as one chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Union

import numpy as np

from grader.gradients import evaluation
from grader.gradients.equation import Equation, bar, circle
from grader.gradients.evaluation import Scope
from grader.gradients.instances import Differentiated, Instance
from grader.gradients.shapes import Flexible, Matrix, Unfit

TOLERANCE = 1e-9
"""Of the largest entry. Rounding stays below 1e-12 here; an error of 0.01% in a factor is far above."""

Outcome = Union[tuple[Matrix, ...], Unfit]
"""A value on each instance, or why there is none."""


@dataclass(frozen=True)
class Premise:
    """Why an equation stands on nothing: it goes in a circle, or uses what can only be known after it."""

    code: str
    message: str


def same(value: Matrix, gradient: Matrix) -> bool:
    """Whether a value is the gradient; a row is the same vector as a column."""
    if value.shape != gradient.shape:
        if value.shape != gradient.T.shape or 1 not in gradient.shape:
            return False
        value = value.T
    if not np.isfinite(value).all():
        return False
    return bool(np.abs(value - gradient).max() <= TOLERANCE * np.abs(gradient).max())


def right(outcome: Outcome, variable: str, differentiated: Differentiated) -> bool:
    """Whether an outcome is the gradient of a variable on every instance."""
    if isinstance(outcome, Unfit):
        return False
    gradients = (instance.gradients[bar(variable)] for instance in differentiated.instances)
    return all(same(value, gradient) for value, gradient in zip(outcome, gradients))


class Chain:
    """The equations of one submission, by variable."""

    def __init__(self, differentiated: Differentiated, equations: Mapping[str, Equation]) -> None:
        self.differentiated = differentiated
        self.equations = equations
        self._faulty = {name: fault for name in equations if (fault := self._alone(name)) is not None}

    def premise(self, variable: str) -> Premise | None:
        """What makes an equation no answer before any value is looked at."""
        if variable in self._faulty:
            return self._faulty[variable]
        asks = {bar(name): other.uses() for name, other in self.equations.items() if name not in self._faulty}
        around = circle(asks, bar(variable))
        if around:
            names = " -> ".join((*around, around[0]))
            return Premise("backward.circular", f"These equations go in a circle: {names}.")
        return None

    def _alone(self, variable: str) -> Premise | None:
        """What makes an equation no answer whatever the others are."""
        equation = self.equations[variable]
        around = equation.circle()
        if around:
            names = " -> ".join((*around, around[0]))
            return Premise("backward.circular_definition", f"The definitions under where go in a circle: {names}.")
        uses, own = equation.uses(), bar(variable)
        if own in uses:
            return Premise("backward.circular", f"{own} is defined through itself, so it cannot be computed.")
        procedure = self.differentiated.procedure
        before = procedure.ancestors(variable)
        for earlier in procedure.variables:
            if bar(earlier) in uses and earlier in before:
                return Premise(
                    "backward.downstream",
                    f"{own} uses {bar(earlier)}. But {variable} is computed from {earlier}, so the backward pass "
                    f"reaches {variable} first: {bar(earlier)} is not known yet.",
                )
        return None

    def fed(self, variable: str) -> Outcome:
        """An equation's values where every upstream gradient is the true one.

        The true ones come as columns. Where that does not fit and the student's own equations give rows, as rows.
        """
        equation = self.equations[variable]
        try:
            return tuple(self._value(equation, variable, each, each.gradients) for each in self._instances)
        except Unfit as unfit:
            rows = {name for name in equation.uses() if self._is_row(name)}
            if not rows:
                return unfit
            try:
                return tuple(
                    self._value(equation, variable, each, _turned(each.gradients, rows)) for each in self._instances
                )
            except Unfit:
                return unfit

    def followed(self, variable: str) -> Outcome:
        """An equation's values where every upstream gradient is what the student's own equation for it gives."""
        outcomes = [own.get(bar(variable), Unfit("Never reached")) for own in self._own]
        values = tuple(outcome for outcome in outcomes if not isinstance(outcome, Unfit))
        return values if len(values) == len(outcomes) else next(o for o in outcomes if isinstance(o, Unfit))

    @cached_property
    def _own(self) -> list[dict[str, Matrix | Unfit]]:
        return [self._follow(instance) for instance in self._instances]

    @property
    def _instances(self) -> tuple[Instance, ...]:
        return self.differentiated.instances

    def _is_row(self, name: str) -> bool:
        own = self._own[0].get(name)
        return own is not None and not isinstance(own, Unfit) and own.shape[0] == 1 != own.shape[1]

    def _value(
        self, equation: Equation, variable: str, instance: Instance, upstream: Mapping[str, Matrix | Unfit]
    ) -> Matrix:
        scope = instance.scope
        known = {name: array for name, array in upstream.items() if not isinstance(array, Unfit)}
        here = Scope(scope.sizes, {**scope.values, **known}, scope.labels, equation.where)
        result = evaluation.value(equation.node, here)
        if not isinstance(result, Flexible):
            return result
        like = instance.gradients[bar(variable)].shape
        return result.scale * (np.eye(*like) if result.kind == "identity" else np.ones(like))

    def _follow(self, instance: Instance) -> dict[str, Matrix | Unfit]:
        """The student's own gradients, each after those it uses; the true ones where the student gives none."""
        own: dict[str, Matrix | Unfit] = {
            name: gradient for name, gradient in instance.gradients.items() if name not in map(bar, self.equations)
        }
        waiting = {name: equation.uses() for name, equation in self.equations.items()}
        bars = {bar(name) for name in self.equations}
        while True:
            ready = [name for name, uses in waiting.items() if (uses & bars) <= own.keys()]
            if not ready:
                return own
            for name in ready:
                del waiting[name]
                own[bar(name)] = self._followed_value(name, instance, own)

    def _followed_value(self, name: str, instance: Instance, own: Mapping[str, Matrix | Unfit]) -> Matrix | Unfit:
        equation = self.equations[name]
        stuck = next((o for u in equation.uses() if isinstance(o := own.get(u), Unfit)), None)
        if stuck is not None:
            return stuck
        try:
            return self._value(equation, name, instance, own)
        except Unfit as unfit:
            return unfit


def _turned(gradients: Mapping[str, Matrix], rows: set[str]) -> dict[str, Matrix]:
    return {name: gradient.T if name in rows else gradient for name, gradient in gradients.items()}
