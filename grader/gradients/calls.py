"""The value of a function call in an equation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from grader.gradients import functions, shapes
from grader.gradients.shapes import Flexible, Matrix, Unfit, Value
from grader.gradients.spelling import spelled
from grader.language import nodes
from grader.language.nodes import Call

if TYPE_CHECKING:
    from grader.gradients.evaluation import Evaluation, Scope


def value(node: Call, evaluation: Evaluation) -> Value:
    """The value of a call.

    Raises:
        Unfit: an argument that the function does not take.
    """
    name, arguments = node.function, node.arguments
    if name in functions.ENTRYWISE and len(arguments) == 1 and node.derivative <= 1:
        return functions.ENTRYWISE[name][node.derivative](evaluation.array(arguments[0]))
    if node.derivative == 0:
        if name == "onehot" and arguments and isinstance(arguments[0], nodes.Name):
            return onehot(arguments[0].name, evaluation.scope)
        if name in ("ones", "zeros", "eye", "identity"):
            return _constant(node, evaluation)
        if name in ("max", "min") and len(arguments) > 1:
            return _extreme(node, evaluation)
    if len(arguments) == 1:
        return _whole(node, evaluation.value(arguments[0]), evaluation)
    raise Unfit(f"{spelled(node)} cannot be used here")


def onehot(label: str, scope: Scope) -> Matrix:
    """The column with a 1 at the place of a class label."""
    if label not in scope.labels:
        raise Unfit(f"onehot({label}): {label} is not the class label")
    place, size = scope.labels[label]
    result = np.zeros((scope.sizes[size], 1))
    result[place] = 1.0
    return result


def _whole(node: Call, argument: Value, evaluation: Evaluation) -> Value:
    name = node.function
    if isinstance(argument, Flexible):
        if name == "diag" and argument.kind == "ones":
            return Flexible("identity", argument.scale)
        raise Unfit(f"The size of {spelled(node.arguments[0])} does not show here")
    vector = 1 in argument.shape
    if name == "softmax" and vector and node.derivative <= 1:
        return functions.softmax_jacobian(argument) if node.derivative else functions.softmax(argument)
    if name == "diag" and node.derivative == 0:
        return np.diagflat(argument) if vector else np.diagonal(argument).reshape(-1, 1).copy()
    if name == "sum" and node.derivative == 0:
        return np.array([[argument.sum()]])
    if name in ("max", "min") and node.derivative == 0:
        return np.array([[argument.max() if name == "max" else argument.min()]])
    here = shapes.said(shapes.of(argument), evaluation.scope.sizes)
    raise Unfit(f"{spelled(node)} cannot be used on something of shape {here}")


def _constant(node: Call, evaluation: Evaluation) -> Value:
    """Ones, zeros or the identity, of sizes by name, of the shape of another vector, or of an open size."""
    name, arguments = node.function, node.arguments
    sizes = evaluation.scope.sizes
    if not arguments and name != "zeros":
        return Flexible("ones" if name == "ones" else "identity")
    given = [evaluation.array(argument) for argument in arguments]
    if len(given) == 1 and given[0].size > 1 and name in ("ones", "zeros"):
        return np.full(given[0].shape, 1.0 if name == "ones" else 0.0)
    counts = [float(array.real.ravel()[0]) for array in given]
    if not 1 <= len(counts) <= 2 or not set(counts) <= {1.0, *map(float, sizes.values())}:
        raise Unfit(f"{name} takes the names of sizes: {', '.join(sizes)}")
    rows, columns = (int(count) for count in (*counts, counts[0] if name in ("eye", "identity") else 1.0)[:2])
    return np.eye(rows, columns) if name in ("eye", "identity") else np.full((rows, columns), float(name == "ones"))


def _extreme(node: Call, evaluation: Evaluation) -> Matrix:
    arrays = [evaluation.array(argument) for argument in node.arguments]
    result = arrays[0]
    for array in arrays[1:]:
        if result.shape != array.shape and 1 not in (result.size, array.size):
            raise Unfit(f"{node.function} needs equal shapes")
        first = result.real >= array.real if node.function == "max" else result.real <= array.real
        result = np.where(first, result, array)
    return result
