"""Many points whose output bounds leave open, decided together: once for all that the second layer cannot tell apart.

A sum of the second layer is bias + Σ c · φ(z), over activations φ of the first layer at exact numbers z. At each point
the terms with the same φ and z are collected, what is rational is added up, and what cancels is gone. Points at which
every unit of the second layer has the same collected sum have the same output, so one of them is evaluated for all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import lcm
from typing import Union

import numpy as np

from grader.language.nodes import Node
from grader.networks import activation, arrays, exact
from grader.networks.arrays import Array
from grader.networks.exponential import Undecided, Undefined
from grader.networks.network import Layer, Network
from grader.networks.program import common_factor

Point = tuple[int, ...]

_MOST_CELLS = 20_000_000


class TooMany(Exception):
    """More points than can be decided one by one."""


def decided(
    network: Network, points: Sequence[Point], targets: Sequence[int], most: int
) -> Iterator[tuple[Point, bool | None]]:
    """For each point whether the output is exactly its target; ``None`` where that stays undecided.

    Raises ``TooMany`` where the points fall into more than ``most`` groups.
    """
    groups: dict[int, list[int]] = {}
    for place, label in enumerate(labels(network, points, targets)):
        groups.setdefault(int(label), []).append(place)
    if len(groups) > most:
        raise TooMany
    for places in groups.values():
        answer = _gives(network, points[places[0]], targets[places[0]])
        for place in places:
            alone = answer is None and place != places[0]  # its terms may stand in an order that is decided
            yield points[place], _gives(network, points[place], targets[place]) if alone else answer


def _gives(network: Network, point: Point, target: int) -> bool | None:
    try:
        return exact.gives(network, point, target)
    except Undecided:
        return None


def labels(network: Network, points: Sequence[Point], targets: Sequence[int]) -> Array:
    """A number for each point; the same one only where the outputs are the same, and the targets."""
    alone = np.arange(len(points))
    if len(network.layers) < 2 or len(points) < 2:
        return alone
    columns = [arrays.column([point[index] for point in points]) for index in range(len(network.inputs))]
    units = [_unit(network.layers[0], unit, columns) for unit in range(network.layers[0].width)]
    terms = {value for values, _ in units for value in values if not isinstance(value, Fraction)}
    if len(terms) * len(points) > _MOST_CELLS:
        return alone
    found = np.asarray(targets)
    for row in network.layers[1].weights:
        for column in _collected([(weight, *unit) for weight, unit in zip(row, units) if weight]):
            if np.any(column != column[0]):
                found = np.unique(found, return_inverse=True)[1] * column.size
                found = found + np.unique(column, return_inverse=True)[1]
    for values, places in units:  # terms without a number must not cancel
        valueless = np.array([value is None for value in values])[places]
        found = np.where(valueless, -1 - alone, found)
    return found


Value = Union[Fraction, tuple[Node, Fraction], None]
"""What a first-layer unit gives: a rational number, any other as (φ, z), or none at all."""


def _unit(layer: Layer, unit: int, columns: Sequence[Array]) -> tuple[list[Value], Array]:
    """The different values of a first-layer unit, and which of them it has at each point."""
    row, bias, node = layer.weights[unit], layer.biases[unit], layer.activations[unit]
    seen = [(weight, column) for weight, column in zip(row, columns) if weight]
    common = common_factor([weight for weight, _ in seen]) if seen else Fraction(1)
    total = _sum([(int(weight / common), column) for weight, column in seen], columns[0].size)
    distinct, places = np.unique(total, return_inverse=True)
    return [_value(node, common * int(number) + bias) for number in distinct], places


def _value(node: Node, z: Fraction) -> Value:
    try:
        value = activation.value(node, z)
    except (Undefined, Undecided):
        return None
    return value if isinstance(value, Fraction) else (node, z)


def _collected(seen: Sequence[tuple[Fraction, list[Value], Array]]) -> Iterator[Array]:
    """What is rational in a sum, at each point, then the collected weight of each other term: all times a constant."""
    rational: list[tuple[list[Fraction], Array]] = []
    others: dict[Value, list[tuple[Fraction, Array]]] = {}
    for weight, values, places in seen:
        rational.append(([weight * value if isinstance(value, Fraction) else Fraction(0) for value in values], places))
        for place, value in enumerate(values):
            if value is not None and not isinstance(value, Fraction):
                others.setdefault(value, []).append((weight, places == place))
    if rational:
        whole = lcm(*(number.denominator for numbers, _ in rational for number in numbers))
        scaled = [arrays.column([int(number * whole) for number in numbers]) for numbers, _ in rational]
        yield _sum([(1, numbers[places]) for numbers, (_, places) in zip(scaled, rational)], 1)
    for terms in others.values():
        whole = lcm(*(weight.denominator for weight, _ in terms))
        yield _sum([(int(weight * whole), there) for weight, there in terms], 1)


def _sum(terms: Sequence[tuple[int, Array]], size: int) -> Array:
    """A weighted sum of columns of integers; Python's own where no machine integer is wide enough."""
    bound = sum(abs(weight) * max(abs(int(column.max())), abs(int(column.min()))) for weight, column in terms)
    kind = np.int64 if bound < 2**63 else object
    total: Array = np.zeros(size, dtype=kind)
    for weight, column in terms:
        total = total + column.astype(kind) * weight
    return total
