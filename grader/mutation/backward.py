"""Backward equations, evaluated plainly on random numbers: every vector is a column, every product as it is written."""

from __future__ import annotations

import contextlib
import itertools
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from grader.assignment.config import Procedure
from grader.language import reading
from grader.language.unreadable import Unreadable
from grader.mutation import brute_force
from grader.mutation.brute_force import Arithmetic, Operation

Values = Mapping[str, Any]
Answer = Mapping[str, Any]
_INSTANCES = 3
_BAR = "_bar"


def gradients(procedure: Procedure, variable: str, base: Answer, answer: Answer) -> Iterator[Any]:
    """What the equation of one variable gives on some instances, where those above it are as they are in ``base``."""
    above = list(itertools.takewhile(lambda name: name != variable, reversed(procedure.steps)))
    for seed in range(_INSTANCES):
        values = _forward(procedure, np.random.default_rng(seed))
        names = [*values, *(name + _BAR for name in procedure.steps)]
        for name in above:
            values[name + _BAR] = _equation(name, base, values, names)
        yield _rounded(_equation(variable, answer, values, names))


def _forward(procedure: Procedure, rng: np.random.Generator) -> dict[str, Any]:
    """Values of everything in the forward pass; the sizes are pairwise different."""
    sizes = {name: 3 + 2 * number for number, name in enumerate(procedure.sizes)}
    values: dict[str, Any] = {}
    for name, shape in {**procedure.inputs, **procedure.parameters}.items():
        lengths = [sizes[size] for size in shape] + [1] * (2 - len(shape))
        values[name] = rng.normal(size=lengths)
    for name, size in procedure.label.items():
        values[name] = np.eye(sizes[size])[:, [rng.integers(sizes[size])]]
    names = [*values, *procedure.steps]
    for name, text in procedure.steps.items():
        values[name] = _value(text, values, names)
    return values


def _equation(variable: str, answer: Answer, values: Values, names: list[str]) -> Any:
    """The value of an equation; text that says why, where it has none."""
    own = dict(values)
    definitions = answer.get("where") or {}
    known = [*names, *definitions]
    try:
        for name, definition in definitions.items():
            with contextlib.suppress(KeyError):  # it builds on what comes later, and so does what needs it
                own[name] = _value(str(definition), own, known)
        return _value(str(answer[variable + _BAR]), own, known)
    except Unreadable:
        return "unreadable"
    except (KeyError, ValueError, TypeError) as error:
        return f"undefined: {type(error).__name__}"


def _rounded(found: Any) -> Any:
    if isinstance(found, str):
        return found
    array = np.asarray(found, dtype=float)
    if array.shape[0] == 1:  # a row and a column are the same vector
        array = array.T
    return array.shape, tuple(float(f"{entry:.9g}") + 0.0 for entry in array.ravel())


def _value(text: str, values: Values, names: Sequence[str]) -> Any:
    """What a text comes to. Numbers are arrays of one entry; infinities and nan are values like others here."""
    with np.errstate(all="ignore"):
        return brute_force.evaluated(reading.equation(text, names).node, values, _MATRICES)


def _entrywise(operation: Operation, left: Any, right: Any) -> Any:
    if left.size != 1 and right.size != 1 and left.shape != right.shape:
        raise ValueError("shapes")
    return operation(left, right)


def _times(left: Any, sign: str, right: Any) -> Any:
    if sign == "∘" or left.size == 1 or right.size == 1 or (sign == "*" and left.shape == right.shape):
        return _entrywise(operator.mul, left, right)
    return left @ right


_FUNCTIONS: Mapping[str, Callable[[Any], Any]] = {
    "relu": lambda z: np.maximum(z, 0.0), "relu'": lambda z: (z > 0) * 1.0,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)), "sigmoid'": lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2,
    "tanh": np.tanh, "tanh'": lambda z: 1 - np.tanh(z) ** 2, "exp": np.exp, "log": np.log, "onehot": lambda z: z,
    "softmax": lambda z: np.exp(z) / np.exp(z).sum(), "diag": np.diagflat, "sum": lambda z: np.array([[z.sum()]]),
    "square": lambda z: z * z, "transpose": np.transpose,
}  # fmt: skip
_MATRICES = Arithmetic(_FUNCTIONS, lambda number: np.array([[float(number)]]), _entrywise, _times)
