"""Every integer point of a box: how many fail, the simplest of them, and what the failing ones have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from grader.networks import arrays, masks
from grader.networks.arrays import Array, Plan
from grader.networks.condition import Condition
from grader.networks.program import Program

_TAIL = 4000
_CHUNK_BYTES = 8_000_000
_SLOWER = 40  # Python's integers, against those of the machine
_MOST_WORK = 4 * 10**9


@dataclass(frozen=True)
class Survey:
    """``points`` is the size of the box that was searched, from ``low`` to ``high`` in every input.

    ``watched`` counts, for each condition that was watched, the failing points at which it holds.
    """

    low: int
    high: int
    points: int
    failing: int
    simplest: tuple[int, ...] | None
    watched: tuple[int, ...]


@dataclass(frozen=True)
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


def grid(inputs: int, low: int, high: int, bytes_a_point: int = 8, chunk_bytes: int = _CHUNK_BYTES) -> Grid:
    """Lay out a box so that a chunk stays within ``chunk_bytes``."""
    side = high - low + 1
    tail = 1
    while tail < inputs and side ** (tail + 1) <= _TAIL:
        tail += 1
    fixed = 0
    while fixed < inputs - tail and side ** (inputs - fixed) * bytes_a_point > chunk_bytes:
        fixed += 1
    return Grid(inputs, low, high, tail, fixed)


def survey(
    program: Program,
    predicate: Condition,
    low: int,
    high: int,
    watch: Sequence[Condition] = (),
    layout: Grid | None = None,
) -> Survey:
    """Evaluate the program on every point of [low, high]^inputs.

    A network so large that this would take minutes is searched on a smaller box; the survey says which.
    """
    inputs = len(program.inputs)
    low, high = affordable(program, low, high)
    bounds = [(low, high)] * inputs
    planned = arrays.plan(program, bounds)
    layout = layout or grid(inputs, low, high, _bytes_a_point(planned))
    failing = 0
    watched = [0] * len(watch)
    best: tuple[Any, ...] | None = None
    for fixed, values in layout.chunks():
        known: dict[Condition, Array] = {}
        wrong = arrays.failing(planned, values, masks.mask(predicate, values, bounds, known))
        count = int(np.count_nonzero(wrong))
        if not count:
            continue
        wrong = np.broadcast_to(wrong, layout.shape)
        failing += int(np.count_nonzero(wrong))
        for number, condition in enumerate(watch):
            watched[number] += int(np.count_nonzero(wrong & masks.mask(condition, values, bounds, known)))
        if best is None or sum(map(abs, fixed)) <= best[0]:
            found = simplest(layout, fixed, values, wrong)
            best = found if best is None else min(best, found)
    return Survey(
        low, high, (high - low + 1) ** inputs, failing, None if best is None else best[-1], tuple(watched)
    )  # fmt: skip


def simplicity(point: Sequence[int]) -> tuple[Any, ...]:
    """What failing inputs are ordered by: least sum of sizes, fewest negatives, least size, then the point itself."""
    sizes = [abs(value) for value in point]
    return sum(sizes), sum(value < 0 for value in point), max(sizes), tuple(point)


def least(columns: Sequence[Array], wrong: Array) -> tuple[int, ...] | None:
    """The simplest of the points, given as columns, that are marked."""
    places = np.flatnonzero(np.broadcast_to(wrong, columns[0].shape))
    if not places.size:
        return None
    chosen = [column[places] for column in columns]
    cost = sum((np.abs(column) for column in chosen[1:]), np.abs(chosen[0]))
    points = (tuple(int(column[place]) for column in chosen) for place in np.flatnonzero(cost == cost.min()))
    return min(points, key=simplicity)


def simplest(layout: Grid, fixed: tuple[int, ...], values: list[Array], wrong: Array) -> tuple[Any, ...]:
    """The least of the failing points of a chunk, with what orders it; the point stands last."""
    cost = sum((np.abs(value.astype(np.int64)) for value in values), np.int64(0))
    cost = np.broadcast_to(cost, layout.shape)[wrong]
    places = np.argwhere(wrong)[cost == cost.min()]
    return min(simplicity(layout.point(fixed, place)) for place in places)


def _bytes_a_point(planned: Plan) -> int:
    """An estimate: two layers at full size, and the temporaries of one unit."""
    most = 0
    below = 0
    for layer in planned.layers:
        own = sum(np.dtype(step.type).itemsize for step in layer)
        most = max(most, own + below + 2 * max(np.dtype(step.sums).itemsize for step in layer))
        below = own
    return most + 4


def affordable(program: Program, low: int, high: int) -> tuple[int, int]:
    """The largest box around the middle whose search stays within the work that is allowed."""
    weights = sum(len(unit.terms) + len(unit.pieces.values) for layer in program.layers[1:] for unit in layer) + 1
    weights += sum(len(unit.pieces.values) for layer in program.layers[:1] for unit in layer)
    while high - low > 1:
        work = (high - low + 1) ** len(program.inputs) * weights
        if work <= _MOST_WORK and (work * _SLOWER <= _MOST_WORK or not _slow(program, low, high)):
            break
        low, high = low + (high - low > 2 or low < 0), high - (high > 0)
    return low, high


def _slow(program: Program, low: int, high: int) -> bool:
    """Whether some unit above the first layer needs Python's integers."""
    planned = arrays.plan(program, [(low, high)] * len(program.inputs))
    return any(step.sums is object or step.type is object for layer in planned.layers[1:] for step in layer)
