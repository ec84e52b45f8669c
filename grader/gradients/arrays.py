"""Runs of a procedure as arrays of numpy: what a student's program gets, and the right rules on what it returns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

import numpy as np

from grader.gradients.equation import bar
from grader.gradients.instances import Differentiated, NoInstance
from grader.gradients.points import Numbers, Place
from grader.gradients.shapes import Matrix

Array = np.ndarray[Any, np.dtype[Any]]

COUNT = 6
"""Runs beside the small one."""

TRIES = 500
LARGEST, SMALLEST = 20.0, 0.01


@dataclass(frozen=True, eq=False)
class Instance:
    """One run: forward values and gradients by name (``x_bar``), each of two dimensions, numbers and vectors too."""

    numbers: Numbers
    values: Mapping[str, Array]
    gradients: Mapping[str, Array]

    @property
    def sizes(self) -> Mapping[str, int]:
        """The sizes of this run."""
        return self.numbers.sizes

    def inputs(self) -> dict[str, Array]:
        """The forward values as a student's program gets them: vectors of one dimension, labels from 0.

        ``y'`` is named ``y_prime``.
        """
        found: dict[str, Array] = {}
        for name, array in self.values.items():
            flat = array.reshape(()) if array.size == 1 else array.ravel() if array.shape[1] == 1 else array
            found[name.replace("'", "_prime")] = flat.copy()
        return {**found, **{name: np.array(place) for name, (place, _) in self.numbers.labels.items()}}

    def changed(self, values: Mapping[str, Array]) -> Instance:
        """The run with other inputs and parameters."""
        return _run(self._with(values))

    def rule(self, variable: str, upstream: Mapping[str, Array]) -> Array:
        """The right rule of a variable on other upstream gradients."""
        return _array(self._with(upstream), bar(variable))

    def _with(self, values: Mapping[str, Array]) -> Numbers:
        numbers = Numbers(self.numbers.problem, self.numbers.place, digits=DIGITS)
        kept = self.values if values.keys() & self.gradients.keys() else numbers.problem.given
        for name, array in {**{name: self.values[name] for name in kept}, **values}.items():
            like = self.numbers.value(name)
            assert like is not None
            numbers.assume(name, matrix(array, like.shape))
        return numbers


DIGITS = 25
"""Of the decimal numbers that arrays are computed with: more than theirs."""


def matrix(array: Array, shape: tuple[Any, Any]) -> Matrix:
    """An array of two dimensions as a matrix over axes."""
    return Matrix([[Decimal(float(entry)) for entry in row] for row in array], shape)


def _run(numbers: Numbers) -> Instance:
    problem = numbers.problem
    values = _arrays(numbers, (*problem.given, *problem.steps))
    return Instance(numbers, values, _arrays(numbers, problem.bars))


def _arrays(numbers: Numbers, names: Iterable[str]) -> dict[str, Array]:
    return {name: _array(numbers, name) for name in names}


def _array(numbers: Numbers, name: str) -> Array:
    value = numbers.value(name)
    assert value is not None
    return np.array([[np.nan if entry is None else float(entry) for entry in row] for row in value.rows])


@lru_cache(maxsize=16)
def instances(derived: Differentiated) -> tuple[Instance, ...]:
    """Random runs with gradients of moderate size and no kink near, the small one first; kept for the next call.

    Raises:
        NoInstance: gradients vanish or explode wherever it was tried.
    """
    return tuple(_instance(derived, turn) for turn in range(COUNT + 1))


def _instance(derived: Differentiated, turn: int) -> Instance:
    sizes = derived.sizes(turn)
    for seed in range(turn, turn + TRIES, COUNT + 1):
        run = _run(Numbers(derived.problem, Place(sizes, derived.labels(sizes, turn), seed=seed), digits=DIGITS))
        if _moderate(run.gradients):
            return run
    raise NoInstance("no random run had gradients of moderate size away from every kink")


def _moderate(gradients: Mapping[str, Array]) -> bool:
    sizes = [float(abs(gradient).max()) for gradient in gradients.values()]
    return max(sizes) < LARGEST and min(sizes) > SMALLEST
