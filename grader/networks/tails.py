"""Finite patterns for units that level off, a Gaussian, a sigmoid or tanh of one difference, and for sums that balance.

Beyond a gap of k a unit that levels off is not constant, as the proof by finite patterns asks, but it stays within
rigorous bounds. So each pattern is evaluated with the exact bounds at differences below k and the bounds of the whole
tail from k on; any other unit of the first layer may give all that its activation ever gives. What ``balances`` knows
of the sums of the second layer comes on top. Where the output is certain all the same, on every pattern, the network
is proved for all integers; where it is certain and wrong, the pattern is a counterexample.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from grader.language.nodes import Node
from grader.networks import balances, enclosed, enclosures, intervals, masks, patterns, totality
from grader.networks.arrays import Array
from grader.networks.balances import Balance
from grader.networks.box import least, simplicity
from grader.networks.condition import Condition
from grader.networks.enclosures import Interval
from grader.networks.network import Layer, Network

_CHUNK = 60_000
_MOST_WORK = 10**9
_MOST_BITS = 2000

Point = tuple[int, ...]


def agree(network: Network, predicate: Condition, domain: Condition) -> str | Point | None:
    """The name of the proof that the network agrees with the predicate for all integers in the domain.

    Else a failing input in the domain, or ``None`` where neither is found.
    """
    if not all(map(totality.defined, {node for layer in network.layers for node in layer.activations})):
        return None
    first, *others = network.layers
    pairs = [_pair(row) for row in first.weights]
    summed = _balances(first, others[0]) if others and not all(pairs) else []
    gap = patterns.within_sight([predicate, domain])
    if gap is None or not (all(pairs) or any(balance.powers for balance in summed)):
        return None
    gap = max([gap, *(balance.reach for balance in summed)])
    inputs = len(network.inputs)
    work = sum(layer.width * len(layer.weights[0]) for layer in network.layers) + sum(one.work for one in summed)
    while (total := patterns.count(inputs, gap)) <= patterns.MOST_PATTERNS and total * work <= _MOST_WORK:
        if any(balance.bits(gap * (inputs - 1)) > _MOST_BITS for balance in summed):
            break
        found = _Question(network, pairs, summed, gap).answer(predicate, domain)
        if found is not None:
            return found if isinstance(found, tuple) else SUMS if summed else TAILS
        if not any(pairs):  # a larger gap would tell nothing more
            break
        gap += 1
    return None


TAILS = "finite patterns with bounds of the tails"
SUMS = "finite patterns with sums of exponentials"

_Pair = tuple[int, int, Fraction]


def _pair(row: tuple[Fraction, ...]) -> _Pair | None:
    """The i, j and weight of a unit that sees weight · (x_i - x_j); ``None`` for one that sees anything else."""
    seen = [(place, weight) for place, weight in enumerate(row) if weight]
    return (seen[0][0], seen[1][0], seen[0][1]) if len(seen) == 2 and seen[0][1] + seen[1][1] == 0 else None


def _balances(first: Layer, second: Layer) -> list[Balance]:
    below = balances.sources(first)
    return [
        Balance(below, row, bias, node) for row, bias, node in zip(second.weights, second.biases, second.activations)
    ]


class _Question:
    """A network on all patterns with gaps up to a limit."""

    def __init__(self, network: Network, pairs: list[_Pair | None], summed: list[Balance], gap: int) -> None:
        first, *self.others = network.layers
        self.inputs, self.summed, self.gap, self.pairs = len(network.inputs), summed, gap, pairs
        self.tables: dict[Any, Any] = {}
        self.levels = [
            _levels(node, pair[2], bias, gap, self.tables) if pair else [_anything(node)]
            for node, pair, bias in zip(first.activations, pairs, first.biases)
        ]

    def answer(self, predicate: Condition, domain: Condition) -> bool | Point | None:
        """``True`` for a proof, a failing input, or ``None`` where the output is not certain on every pattern."""
        table = patterns.listed(self.inputs, self.gap)
        bounds = [(0, self.gap * (self.inputs - 1))] * self.inputs
        certain, failing = True, []
        for start in range(0, table.shape[1], _CHUNK):
            columns = list(table[:, start : start + _CHUNK])
            output = self._output(columns)
            expected = np.asarray(masks.mask(predicate, columns, bounds), dtype=float)
            asked = np.broadcast_to(masks.mask(domain, columns, bounds), columns[0].shape)
            wrong = asked & ((output.low > expected) | (output.high < expected))
            middle = np.sort(np.stack(columns), axis=0)[self.inputs // 2]  # moved there, the sum of sizes is least
            failing.append(least([column - middle for column in columns], wrong))
            certain = certain and bool(np.all(((output.low == expected) & (output.high == expected)) | ~asked))
        found = [point for point in failing if point is not None]
        return min(found, key=simplicity) if found else True if certain else None

    def _output(self, columns: list[Array]) -> Interval:
        values = []
        for level, pair in zip(self.levels, self.pairs):
            apart = np.clip(columns[pair[0]] - columns[pair[1]], -self.gap, self.gap) + self.gap if pair else None
            values.append(enclosed.looked_up(level, np.array(0) if apart is None else apart.astype(np.intp)))
        if not self.summed:
            return enclosed.above(self.others, values, self.tables)
        second, *above = self.others
        sums = enclosed.through(second, values, self.tables, last=not above)
        sums = [balance.values(columns, known, self.tables) for balance, known in zip(self.summed, sums)]
        return enclosed.above(above, sums, self.tables)


def _anything(node: Node) -> tuple[float, float, bool]:
    """Bounds of an activation at any number."""
    return _bounds(node, Interval(np.array(-np.inf), np.array(np.inf)))


def _levels(
    node: Node, weight: Fraction, bias: Fraction, gap: int, tables: dict[Any, Any]
) -> list[tuple[float, float, bool]]:
    """Bounds of a unit at the differences from -gap to gap; the two ends stand for all that lies beyond."""
    inner = [enclosed.bounds_at(node, weight * t + bias, tables) for t in range(1 - gap, gap)]
    return [_tail(node, -weight, bias, gap), *inner, _tail(node, weight, bias, gap)]


def _tail(node: Node, weight: Fraction, bias: Fraction, gap: int) -> tuple[float, float, bool]:
    """Bounds at bias + weight t for every t from the gap on."""
    edge = enclosures.constant(weight * gap + bias)
    infinite = np.array(np.inf)
    tail = Interval(edge.low, infinite) if weight > 0 else Interval(-infinite, edge.high)
    return _bounds(node, tail)


def _bounds(node: Node, z: Interval) -> tuple[float, float, bool]:
    try:
        found = intervals.value(node, z)
    except intervals.NotEnclosed:
        return -np.inf, np.inf, False
    return float(found.low), float(found.high), found.integral
