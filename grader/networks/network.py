"""A feed-forward network of exact numbers, as plain data, and what may be an activation in it."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cache

from grader.frozen import frozen
from grader.language import nodes, reading
from grader.language.nodes import Node


@frozen
class Layer:
    """``weights`` has one row a unit; ``biases`` and ``activations`` (expressions in z) have one entry a unit."""

    weights: tuple[tuple[Fraction, ...], ...]
    biases: tuple[Fraction, ...]
    activations: tuple[Node, ...]

    def __post_init__(self) -> None:
        if not self.weights or len({len(row) for row in self.weights}) != 1:
            raise ValueError("a layer needs at least one row of weights, all of one length")
        if not len(self.weights) == len(self.biases) == len(self.activations):
            raise ValueError("a layer needs a bias and an activation for each of its units")

    @property
    def width(self) -> int:
        return len(self.weights)


@frozen
class Network:
    """Layers over named integer inputs; the last layer has one unit.

    Raises ``ValueError`` where a layer's rows do not fit what stands below it.
    """

    inputs: tuple[str, ...]
    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        width = len(self.inputs)
        for number, layer in enumerate(self.layers, 1):
            if len(layer.weights[0]) != width:
                raise ValueError(
                    f"layer {number} has rows of {len(layer.weights[0])} weights for {width} numbers below it"
                )
            width = layer.width
        if width != 1 or not self.layers:
            raise ValueError("the last layer must have one unit")


DEFINED: Mapping[str, str] = {
    "identity": "z",
    "relu": "max(0, z)",
    "step": "1 if z >= 0 else 0",
    "sign": "1 if z > 0 else -1 if z < 0 else 0",
    "abs": "z if z >= 0 else -z",
    "square": "z^2",
    "cube": "z^3",
    "sqrt": "z^(1/2)",
    "sigmoid": "1/(1 + exp(-z))",
    "tanh": "1 - 2/(1 + exp(2z))",
}
"""The functions of one number that an activation may call, as expressions in that number."""

_OTHERS = frozenset({"max", "min", "exp", "log"})


def definition(call: nodes.Call) -> Node | None:
    """What a function means, as an expression in its argument z; ``None`` for one that is no expression of others."""
    return None if call.derivative or call.function not in DEFINED else _defined(call.function)


@cache
def _defined(function: str) -> Node:
    return reading.activation(DEFINED[function]).node


def unknown(node: Node) -> str:
    """What in an expression is no activation: a name other than z, a function not on the list; "" if all is."""
    for part in nodes.parts(node):
        if isinstance(part, nodes.Name) and part.name not in ("z", "e"):
            return f"the name {part.name}"
        if isinstance(part, nodes.Call) and (part.derivative or part.function not in (*DEFINED, *_OTHERS)):
            return f"the function {part.function}" + "'" * part.derivative
        if isinstance(part, (nodes.Array, nodes.Transpose, nodes.Order)):
            return f"a {type(part).__name__.lower()}"
    return ""
