"""Integer networks and conditions on whole arrays of inputs, in the smallest integers that bounds beforehand allow.

Arrays broadcast: a unit keeps size only along the axes of the inputs it depends on. Where no machine integer is wide
enough, Python's own integers stand in. Floats never occur.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import product
from operator import le
from typing import Any

import numpy as np

from grader.frozen import frozen
from grader.networks.box import Point, Survey, simplicity, smaller
from grader.networks.condition import And, Atom, Condition, Or
from grader.networks.network import IntegerNetwork, TooLarge, Unit
from grader.networks.pieces import Runs, value_at

Array = np.ndarray[Any, np.dtype[Any]]
Bounds = tuple[int, int]

CHUNK_BYTES = 8_000_000
MOST_WORK = 6 * 10**9

_MACHINE = (np.int8, np.int16, np.int32, np.int64)
_TABLE = 4096
_TAIL = 4000
_MOST_BITS = 100_000


@frozen
class Step:
    """A unit with its pieces cut to the values that can occur, and the types that hold every intermediate sum."""

    terms: tuple[tuple[int, int], ...]
    sums: Any
    reach: Bounds
    pieces: Runs[tuple[int, ...]]
    type: Any
    bounds: Bounds
    bits: int

    @property
    def work(self) -> float:
        """About how many billionths of a second it takes at one point."""
        sums, powers = len(self.terms), sum(max(len(value) - 1, 1) for value in self.pieces.values)
        if self.sums is not object and self.type is not object:
            return (sums + powers) * _width(self.type) / 8
        return sums * (60 + self.bits / 50) + powers * (60 + math.pow(self.bits / 30, 1.6))

    @property
    def bytes(self) -> int:
        """About how many bytes its value takes at one point."""
        return 48 + self.bits // 7 if self.type is object else _width(self.type)


@frozen
class Plan:
    layers: tuple[tuple[Step, ...], ...]
    one: int | None
    zero: int | None
    always: Any

    @property
    def work(self) -> float:
        """As ``Step.work``, of all units."""
        return sum(step.work for layer in self.layers for step in layer)

    @property
    def bytes(self) -> int:
        """About how many bytes one point takes: two layers at full size, and the temporaries of one unit."""
        most = below = 0
        for layer in self.layers:
            own = sum(step.bytes for step in layer)
            sums = max(48 + step.bits // 7 if step.sums is object else _width(step.sums) for step in layer)
            most = max(most, own + below + 2 * sums)
            below = own
        return most + 4


def _width(kind: Any) -> int:
    """Bytes of a machine integer."""
    return int(np.dtype(kind).itemsize)


def integer_type(bound: int) -> Any:
    """The smallest type for integers of at most this size; ``object`` (Python's integers) beyond 64 bits."""
    return next((kind for kind in _MACHINE if bound <= np.iinfo(kind).max), object)


def plan(network: IntegerNetwork, bounds: Sequence[Bounds]) -> Plan:
    """Bound every unit for inputs within the given bounds. Raises ``TooLarge``."""
    below = list(bounds)
    layers = []
    for layer in network.layers:
        steps = tuple(_step(unit, below) for unit in layer)
        layers.append(steps)
        below = [step.bounds for step in steps]
    return Plan(tuple(layers), network.one, network.zero, network.always)


def column(numbers: Sequence[int]) -> Array:
    """Integers of any size as an array of the smallest type."""
    return np.array(numbers, dtype=integer_type(max(map(abs, numbers), default=0)))


def evaluate(planned: Plan, inputs: Sequence[Array]) -> Array:
    """The last layer's H for arrays of inputs that broadcast against one another."""
    below = list(inputs)
    for layer in planned.layers:
        below = [_unit(step, below) for step in layer]
    return below[0]


def failing(planned: Plan, inputs: Sequence[Array], expected: Array) -> Array:
    """Where the output is not exactly 1 although ``expected`` holds, or not exactly 0 although it does not."""
    if planned.always is not None:
        return np.logical_not(expected) if planned.always == 1 else expected | (planned.always != 0)
    output = evaluate(planned, inputs)
    low, high = planned.layers[-1][0].bounds
    one = output == planned.one if planned.one is not None and low <= planned.one <= high else np.False_
    if {planned.one, planned.zero} == {low, high} and high - low == 1:
        return np.not_equal(one, expected)
    zero = output == planned.zero if planned.zero is not None and low <= planned.zero <= high else np.False_
    return np.logical_not(np.where(expected, one, zero))


def counterexample(
    network: IntegerNetwork, predicate: Condition, domain: Condition, points: Sequence[Point], largest: int
) -> Point | None:
    """As ``box.counterexample``."""
    bounds = [(-largest, largest)] * len(network.inputs)
    planned = plan(network, bounds)
    if planned.work * len(points) > MOST_WORK:
        raise TooLarge
    size = max(1, CHUNK_BYTES // planned.bytes)
    found = []
    for start in range(0, len(points), size):
        columns = [column(entries) for entries in zip(*points[start : start + size])]
        wrong = failing(planned, columns, mask(predicate, columns, bounds)) & mask(domain, columns, bounds)
        found.append(least(columns, np.broadcast_to(wrong, columns[0].shape)))
    return min((point for point in found if point is not None), key=simplicity, default=None)


def least(inputs: Sequence[Array], wrong: Array) -> Point | None:
    """The simplest of the points that are marked; the arrays of inputs broadcast against the marks."""
    if not wrong.any():
        return None
    chosen = [np.broadcast_to(array, wrong.shape)[wrong] for array in inputs]
    kind = integer_type(sum(int(np.abs(column).max()) for column in chosen))
    cost = sum(np.abs(column).astype(kind) for column in chosen)
    points = (tuple(int(column[place]) for column in chosen) for place in np.flatnonzero(cost == cost.min()))
    return min(points, key=simplicity)


def mask(
    condition: Condition, inputs: Sequence[Array], bounds: Sequence[Bounds], known: dict[Condition, Array] | None = None
) -> Array:
    """Where a condition holds; ``known`` keeps what was computed for the same inputs."""
    known = {} if known is None else known
    if condition not in known:
        if isinstance(condition, Atom):
            known[condition] = _atom(condition, inputs, bounds)
        else:
            known[condition] = _joined(condition, [mask(part, inputs, bounds, known) for part in condition.parts])
    return known[condition]


def _joined(condition: And | Or, parts: list[Array]) -> Array:
    join, start = (np.logical_and, True) if isinstance(condition, And) else (np.logical_or, False)
    total: Array = np.array(start)
    owned = False
    for part in sorted(parts, key=lambda part: part.size):
        out = total if owned and within(part, total) else None
        total = part if total.ndim == 0 and bool(total) is start else join(total, part, out=out)
        owned = total is not part
    return total


def _atom(atom: Atom, inputs: Sequence[Array], bounds: Sequence[Bounds]) -> Array:
    compare = {"<": np.less, "<=": np.less_equal, "=": np.equal, "!=": np.not_equal}[atom.relation]
    if atom.linear and [c for _, c in atom.terms] in ([1, -1], [-1, 1]) and all(monomial for monomial, _ in atom.terms):
        first, second = (inputs[monomial[0][0]] for monomial, _ in atom.terms)
        return np.asarray(compare(first, second) if atom.terms[0][1] == 1 else compare(second, first), dtype=bool)
    sizes = [max(abs(low), abs(high)) for low, high in bounds]
    bound = sum(abs(c) * math.prod(max(sizes[i], 1) ** power for i, power in monomial) for monomial, c in atom.terms)
    kind = integer_type(bound)
    total: Array = np.zeros((), dtype=kind)
    for monomial, coefficient in atom.terms:
        term: Array = np.array(coefficient, dtype=kind)
        for index, power in monomial:
            for _ in range(power):
                term = term * inputs[index].astype(kind)
        total = total + term
    return np.asarray(compare(total, 0), dtype=bool)


def within(part: Array, whole: Array) -> bool:
    """Whether an array broadcasts into the shape of another."""
    return len(part.shape) <= whole.ndim and all(map(le, part.shape, whole.shape[whole.ndim - part.ndim :]))


def _step(unit: Unit, below: Sequence[Bounds]) -> Step:
    low = high = size = 0
    terms = []
    for index, weight in unit.terms:
        start, end = below[index]
        if start == end == 0:
            continue
        terms.append((index, weight))
        first, last = (weight * start, weight * end) if weight > 0 else (weight * end, weight * start)
        low += first
        high += last
        size += max(-first, last)
    pieces = _clipped(unit.pieces, low, high)
    degree = max(1, *(len(value) - 1 for value in pieces.values))
    if size.bit_length() * degree > _MOST_BITS:
        raise TooLarge
    bounds, largest = _bounds(pieces, low, high)
    largest = max(largest, abs(bounds[0]), abs(bounds[1]))
    bits = max(size, largest).bit_length()
    return Step(tuple(terms), integer_type(size), (low, high), pieces, integer_type(largest), bounds, bits)


def _clipped(runs: Runs[tuple[int, ...]], low: int, high: int) -> Runs[tuple[int, ...]]:
    cuts = tuple(cut for cut in runs.cuts if low < cut <= high)
    return Runs(cuts, tuple(runs.at(start) for start in (low, *cuts)))


def _bounds(runs: Runs[tuple[int, ...]], low: int, high: int) -> tuple[Bounds, int]:
    """Bounds of the values, and of everything that Horner's rule meets on the way."""
    if max(map(len, runs.values)) > 2 and (high - low) * max(map(len, runs.values)) < _TABLE:
        values = [value_at(runs.at(at), at) for at in range(low, high + 1)]
        found = (min(values), max(values))
    else:
        found = None
    size = 0
    ends: list[int] = []
    for start, end, value in zip((low, *runs.cuts), (*(cut - 1 for cut in runs.cuts), high), runs.values):
        ends += [value_at(value, start), value_at(value, end)]
        reach = max(abs(low), abs(high), 1)  # a piece is computed everywhere before its part is chosen
        bound = sum(abs(c) * reach**power for power, c in enumerate(value))
        size = max(size, bound, reach if len(value) > 1 else 0)
        if len(value) > 2:
            reach = max(abs(start), abs(end))
            inner = sum(abs(c) * reach**power for power, c in enumerate(value))
            ends += [-inner, inner]
    return found or (min(ends), max(ends)), size


def _unit(step: Step, below: Sequence[Array]) -> Array:
    values = _values(step, _sum(step, below))
    if values.dtype == object:  # wide sums on the way to small values: back to machine integers
        return values.astype(integer_type(max(abs(step.bounds[0]), abs(step.bounds[1]))))
    return values


def _values(step: Step, total: Array) -> Array:
    values = step.pieces.values
    if all(len(value) <= 1 for value in values):
        levels = sorted({value[0] if value else 0 for value in values})
        if len(levels) == 1:
            return np.full((1,) * total.ndim, levels[0], dtype=step.type)
        if len(levels) == 2:
            chosen = _chosen(step, total)
            lower, upper = (np.array(level, dtype=step.type) for level in levels)
            return chosen.view(np.int8) if levels == [0, 1] else np.where(chosen, upper, lower)
    if len(values) == 1:
        return _polynomial(values[0], total, step)
    low, high = step.reach
    if high - low < _TABLE and (len(values) > 3 or max(map(len, values)) > 2):
        table = column([value_at(step.pieces.at(at), at) for at in range(low, high + 1)])
        return table.take(np.subtract(total, low, dtype=np.intp))
    result = _polynomial(values[0], total, step)
    for cut, value in zip(step.pieces.cuts, values[1:]):
        result = np.where(total >= cut, _polynomial(value, total, step), result)
    return result


def _sum(step: Step, below: Sequence[Array]) -> Array:
    """The weighted sum, small arrays first, so that few additions run at full size."""
    if not step.terms:
        return np.zeros((1,) * max((array.ndim for array in below), default=1), dtype=step.sums)
    waiting = sorted(((below[index], weight) for index, weight in step.terms), key=lambda term: term[0].size)
    total: Array | None = None
    for array, weight in waiting:
        if total is None:
            total = array.astype(step.sums) if weight == 1 else np.multiply(array, weight, dtype=step.sums)
            continue
        out = total if within(array, total) else None
        if weight == 1:
            total = np.add(total, array, out=out, dtype=step.sums)
        elif weight == -1:
            total = np.subtract(total, array, out=out, dtype=step.sums)
        else:
            total = np.add(total, np.multiply(array, weight, dtype=step.sums), out=out)
    assert total is not None
    return total


def _chosen(step: Step, total: Array) -> Array:
    """Where a two-valued unit has its larger value: at every cut it changes from one to the other."""
    waiting = list(step.pieces.cuts)
    found: Array | None = None
    while waiting:
        cut = waiting.pop(0)
        if waiting and waiting[0] == cut + 1:
            waiting.pop(0)
            part = np.equal(total, cut)
        else:
            part = np.greater_equal(total, cut)
        found = part if found is None else np.logical_xor(found, part, out=found)
    assert found is not None
    first, last = (value[0] if value else 0 for value in step.pieces.values[:2])
    return np.logical_not(found, out=found) if first > last else found


def _polynomial(coefficients: tuple[int, ...], at: Array, step: Step) -> Array:
    if coefficients == (0, 1):
        return at
    if len(coefficients) <= 1:
        return np.full((1,) * at.ndim, coefficients[0] if coefficients else 0, dtype=step.type)
    wide = at.astype(step.type)
    total: Array = np.array(coefficients[-1], dtype=step.type)
    for coefficient in reversed(coefficients[:-1]):
        total = total * wide
        if coefficient:
            total = total + np.array(coefficient, dtype=step.type)
    return total


# -- the box -----------------------------------------------------------------------------------------------------------


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
        kind = integer_type(max(abs(self.low), abs(self.high)))
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


def grid(inputs: int, low: int, high: int, bytes_a_point: int = 8, chunk_bytes: int = CHUNK_BYTES) -> Grid:
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
    count = 0
    watched = [0] * len(watch)
    best: Point | None = None
    for fixed, values in layout.chunks():
        known: dict[Condition, Array] = {}
        wrong = failing(planned, values, mask(predicate, values, bounds, known))
        if not wrong.any():
            continue
        wrong = np.broadcast_to(wrong, layout.shape)
        count += int(np.count_nonzero(wrong))
        for number, condition in enumerate(watch):
            watched[number] += int(np.count_nonzero(wrong & mask(condition, values, bounds, known)))
        if best is None or sum(map(abs, fixed)) <= sum(map(abs, best)):
            found = least(values, wrong)
            best = min((point for point in (best, found) if point is not None), key=simplicity)
    return Survey(low, high, (high - low + 1) ** inputs, count, best, tuple(watched))


def affordable(network: IntegerNetwork, low: int, high: int) -> tuple[int, int, Plan]:
    """The largest box around the middle whose search stays within the work that is allowed. Raises ``TooLarge``."""
    while True:
        last = high - low <= 1
        try:
            planned = plan(network, [(low, high)] * len(network.inputs))
        except TooLarge:
            if last:
                raise
        else:
            if last or _work(network, planned, high - low + 1) <= MOST_WORK:
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
