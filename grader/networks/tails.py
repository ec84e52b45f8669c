"""Finite patterns for units that level off: a Gaussian, a sigmoid or tanh of one difference of inputs.

Beyond a gap of k such a unit is not constant, as the proof by finite patterns asks, but it stays within rigorous
bounds. So each pattern is evaluated with the exact bounds at differences below k and the bounds of the whole tail from
k on; where the output is certain all the same, on every pattern, the network is proved for all integers.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from grader.language.nodes import Node
from grader.networks import enclosed, intervals, masks, patterns
from grader.networks.condition import Condition
from grader.networks.intervals import Interval
from grader.networks.network import Layer, Network

_CHUNK = 60_000
_MOST_WORK = 10**9


def proves(network: Network, predicate: Condition, domain: Condition) -> bool:
    """Whether the network is shown to agree with the predicate for all integers in the domain."""
    pairs = _pairs(network.layers[0])
    gap = patterns.within_sight([predicate, domain])
    inputs = len(network.inputs)
    if pairs is None or gap is None:
        return False
    weights = sum(layer.width * len(layer.weights[0]) for layer in network.layers)
    while (total := patterns.count(inputs, gap)) <= patterns.MOST_PATTERNS and total * weights <= _MOST_WORK:
        if _agree(network, predicate, domain, pairs, gap):
            return True
        gap += 1
    return False


def _pairs(layer: Layer) -> list[tuple[int, int, Fraction]] | None:
    """For each unit i, j and the weight of x_i - x_j; ``None`` where a unit sees anything else."""
    found = []
    for row in layer.weights:
        seen = [(place, weight) for place, weight in enumerate(row) if weight]
        if len(seen) != 2 or seen[0][1] + seen[1][1] != 0:
            return None
        found.append((seen[0][0], seen[1][0], seen[0][1]))
    return found


def _agree(
    network: Network, predicate: Condition, domain: Condition, pairs: list[tuple[int, int, Fraction]], gap: int
) -> bool:
    first, *others = network.layers
    tables: dict[Any, Any] = {}
    levels = [
        _levels(node, weight, bias, gap, tables)
        for node, (_, _, weight), bias in zip(first.activations, pairs, first.biases)
    ]
    inputs = len(network.inputs)
    table = patterns.listed(inputs, gap)
    bounds = [(0, gap * (inputs - 1))] * inputs
    for start in range(0, table.shape[1], _CHUNK):
        columns = list(table[:, start : start + _CHUNK])
        values = [
            enclosed.looked_up(level, np.clip(columns[i] - columns[j], -gap, gap).astype(np.intp) + gap)
            for level, (i, j, _) in zip(levels, pairs)
        ]
        output = enclosed.above(others, values, tables)
        expected = np.asarray(masks.mask(predicate, columns, bounds), dtype=float)
        certain = (output.low == expected) & (output.high == expected)
        if not np.all(certain | ~masks.mask(domain, columns, bounds)):
            return False
    return True


def _levels(
    node: Node, weight: Fraction, bias: Fraction, gap: int, tables: dict[Any, Any]
) -> list[tuple[float, float, bool]]:
    """Bounds of a unit at the differences from -gap to gap; the two ends stand for all that lies beyond."""
    inner = [enclosed.bounds_at(node, weight * t + bias, tables) for t in range(1 - gap, gap)]
    return [_tail(node, -weight, bias, gap), *inner, _tail(node, weight, bias, gap)]


def _tail(node: Node, weight: Fraction, bias: Fraction, gap: int) -> tuple[float, float, bool]:
    """Bounds at bias + weight t for every t from the gap on."""
    edge = intervals.constant(weight * gap + bias)
    infinite = np.array(np.inf)
    tail = Interval(edge.low, infinite) if weight > 0 else Interval(-infinite, edge.high)
    try:
        found = intervals.value(node, tail)
    except intervals.NotEnclosed:
        return -np.inf, np.inf, False
    return float(found.low), float(found.high), found.integral
