"""A feed-forward network of exact numbers, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from grader.language.nodes import Node


@dataclass(frozen=True)
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


@dataclass(frozen=True)
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
