"""Backward equations, evaluated plainly on random numbers: every vector is a column, every product as it is written."""

from __future__ import annotations

import contextlib
import functools
import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from grader.assignment.config import Procedure
from grader.language import nodes, reading
from grader.language.nodes import Node
from grader.language.unreadable import Unreadable

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
        values[name] = _value(reading.equation(text, names).node, values)
    return values


def _equation(variable: str, answer: Answer, values: Values, names: list[str]) -> Any:
    """The value of an equation; text that says why, where it has none."""
    own = dict(values)
    definitions = answer.get("where") or {}
    known = [*names, *definitions]
    try:
        for name, definition in definitions.items():
            with contextlib.suppress(KeyError):  # it builds on what comes later, and so does what needs it
                own[name] = _value(reading.equation(str(definition), known).node, own)
        return _value(reading.equation(str(answer[variable + _BAR]), known).node, own)
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


def _value(node: Node, values: Values) -> Any:
    def of(inner: Node) -> Any:
        return _value(inner, values)

    match node:
        case nodes.Number():
            return np.array([[float(node.value)]])
        case nodes.Name():
            if isinstance(found := values[node.name], str):
                raise ValueError(found)
            return found
        case nodes.Negative():
            return -of(node.operand)
        case nodes.Transpose():
            return of(node.operand).T
        case nodes.Sum():
            return functools.reduce(functools.partial(_elementwise, np.add), map(of, node.terms))
        case nodes.Product():
            result = of(node.factors[0])
            for sign, factor in zip(node.signs, node.factors[1:]):
                result = _times(result, sign, of(factor))
            return result
        case nodes.Power():
            return _elementwise(np.power, of(node.base), of(node.exponent))
        case nodes.Call():
            return _call(node, of(node.arguments[0]))
    raise TypeError(node)


def _elementwise(operation: Any, left: Any, right: Any) -> Any:
    if left.size != 1 and right.size != 1 and left.shape != right.shape:
        raise ValueError("shapes")
    with np.errstate(all="ignore"):  # infinities and nan are values like others here
        return operation(left, right)


def _times(left: Any, sign: str, right: Any) -> Any:
    if sign == "/":
        return _elementwise(np.divide, left, right)
    if sign == "∘" or left.size == 1 or right.size == 1 or (sign == "*" and left.shape == right.shape):
        return _elementwise(np.multiply, left, right)
    return left @ right


def _call(node: nodes.Call, z: Any) -> Any:
    functions: dict[tuple[str, int], Callable[[], Any]] = {
        ("relu", 0): lambda: np.maximum(z, 0.0), ("relu", 1): lambda: (z > 0) * 1.0,
        ("sigmoid", 0): lambda: 1 / (1 + np.exp(-z)), ("sigmoid", 1): lambda: np.exp(-z) / (1 + np.exp(-z)) ** 2,
        ("tanh", 0): lambda: np.tanh(z), ("tanh", 1): lambda: 1 - np.tanh(z) ** 2,
        ("exp", 0): lambda: np.exp(z), ("log", 0): lambda: np.log(z), ("onehot", 0): lambda: z,
        ("softmax", 0): lambda: np.exp(z) / np.exp(z).sum(), ("diag", 0): lambda: np.diagflat(z),
        ("sum", 0): lambda: np.array([[z.sum()]]), ("square", 0): lambda: z * z,
    }  # fmt: skip
    with np.errstate(all="ignore"):
        return functions[node.function, node.derivative]()
