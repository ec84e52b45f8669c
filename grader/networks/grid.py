"""The box on whole arrays of inputs: where most of the time of marking a network goes, so where numpy does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np

from grader.frozen import frozen
from grader.networks import arrays
from grader.networks.arrays import Array, Plan
from grader.networks.box import Survey, simplicity, smaller
from grader.networks.condition import Condition
from grader.networks.integer_network import IntegerNetwork, TooLarge

_TAIL = 4000


@frozen
class Grid:
    """The box as arrays: the last ``tail`` inputs share one axis, the first ``fixed`` are set chunk by chunk."""

    inputs: int
    low: int
    high: int
    tail: int
    fixed: int

    @property
    def side(self) -> int:
        return self.high - self.low + 1

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one chunk."""
        return (*([self.side] * (self.inputs - self.tail - self.fixed)), self.side**self.tail)

    def chunks(self) -> Iterator[tuple[tuple[int, ...], list[Array]]]:
        """The fixed values of each chunk, and an array for each input."""
        kind = arrays.integer_type(max(abs(self.low), abs(self.high)))
        line = np.arange(self.low, self.high + 1, dtype=kind)
        axes = len(self.shape)
        free: list[Array] = []
        for axis in range(axes - 1):
            free.append(line.reshape([-1 if other == axis else 1 for other in range(axes)]))
        for place in range(self.tail):
            pattern = np.tile(np.repeat(line, self.side ** (self.tail - 1 - place)), self.side**place)
            free.append(pattern.reshape([1] * (axes - 1) + [-1]))
        for values in product(range(self.low, self.high + 1), repeat=self.fixed):
            yield values, [np.full((1,) * axes, value, dtype=kind) for value in values] + free

    def point(self, fixed: tuple[int, ...], place: Sequence[int]) -> tuple[int, ...]:
        """The inputs at an index of a chunk."""
        last = []
        rest = int(place[-1])
        for _ in range(self.tail):
            rest, digit = divmod(rest, self.side)
            last.append(self.low + digit)
        return (*fixed, *(self.low + int(index) for index in place[:-1]), *reversed(last))


def grid(inputs: int, low: int, high: int, bytes_a_point: int = 8, chunk_bytes: int = arrays.CHUNK_BYTES) -> Grid:
    """Lay out a box so that a chunk stays within ``chunk_bytes``."""
    side = high - low + 1
    tail = 1
    while tail < inputs and side ** (tail + 1) <= min(_TAIL, max(chunk_bytes, 10**6) // bytes_a_point):
        tail += 1
    fixed = 0
    while fixed < inputs - tail and side ** (inputs - fixed) * bytes_a_point > chunk_bytes:
        fixed += 1
    return Grid(inputs, low, high, tail, fixed)


def survey(
    network: IntegerNetwork,
    predicate: Condition,
    low: int,
    high: int,
    watch: Sequence[Condition] = (),
    layout: Grid | None = None,
) -> Survey:
    """Evaluate a network on every point of [low, high]^inputs.

    A network so large that this would take minutes is searched on a smaller box; the survey says which. Raises
    ``TooLarge`` where even the smallest one holds numbers that are too long.
    """
    inputs = len(network.inputs)
    low, high, planned = affordable(network, low, high)
    bounds = [(low, high)] * inputs
    layout = layout or grid(inputs, low, high, planned.bytes)
    failing = 0
    watched = [0] * len(watch)
    best: tuple[Any, ...] | None = None
    for fixed, values in layout.chunks():
        known: dict[Condition, Array] = {}
        wrong = arrays.failing(planned, values, arrays.mask(predicate, values, bounds, known))
        count = int(np.count_nonzero(wrong))
        if not count:
            continue
        wrong = np.broadcast_to(wrong, layout.shape)
        failing += int(np.count_nonzero(wrong))
        for number, condition in enumerate(watch):
            watched[number] += int(np.count_nonzero(wrong & arrays.mask(condition, values, bounds, known)))
        if best is None or sum(map(abs, fixed)) <= best[0]:
            found = simplest(layout, fixed, values, wrong)
            best = found if best is None else min(best, found)
    return Survey(
        low, high, (high - low + 1) ** inputs, failing, None if best is None else best[-1], tuple(watched)
    )  # fmt: skip


def simplest(layout: Grid, fixed: tuple[int, ...], values: list[Array], wrong: Array) -> tuple[Any, ...]:
    """The least of the failing points of a chunk, with what orders it; the point stands last."""
    cost = sum((np.abs(value.astype(np.int64)) for value in values), np.int64(0))
    cost = np.broadcast_to(cost, layout.shape)[wrong]
    places = np.argwhere(wrong)[cost == cost.min()]
    return min(simplicity(layout.point(fixed, place)) for place in places)


def affordable(network: IntegerNetwork, low: int, high: int) -> tuple[int, int, Plan]:
    """The largest box around the middle whose search stays within the work that is allowed. Raises ``TooLarge``."""
    while True:
        last = high - low <= 1
        try:
            planned = arrays.plan(network, [(low, high)] * len(network.inputs))
        except TooLarge:
            if last:
                raise
        else:
            if last or _work(network, planned, high - low + 1) <= arrays.MOST_WORK:
                return low, high, planned
        low, high = smaller(low, high)


def _work(network: IntegerNetwork, planned: Plan, side: int) -> float:
    """What all units cost: each is computed for every value of the inputs that it depends on."""
    total = 0.0
    below = [frozenset((index,)) for index in range(len(network.inputs))]
    for layer in planned.layers:
        below = [frozenset[int]().union(*(below[index] for index, _ in step.terms)) for step in layer]
        total += sum(step.work * side ** len(seen) for step, seen in zip(layer, below))
    return total
