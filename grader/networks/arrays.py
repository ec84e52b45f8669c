"""Integer networks and conditions on whole arrays of inputs, in the smallest integers that bounds beforehand allow.

Where no machine integer is wide enough, Python's own integers stand in. Floats occur only in the matrix product of a
dense layer, where every sum on the way is an integer that they hold exactly.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, partial, reduce
from itertools import islice, product
from typing import Any

import numpy as np

from grader.frozen import frozen
from grader.language.exact import RELATIONS
from grader.networks import condition
from grader.networks.box import Bounded, Point, Survey, affordable, bounded, simplicity
from grader.networks.condition import Atom, Condition
from grader.networks.network import IntegerNetwork, TooLarge
from grader.networks.pieces import value_at

Array = np.ndarray[Any, np.dtype[Any]]

CHUNK_BYTES = 8_000_000
MOST_WORK = 6 * 10**9
_TAIL = 4000
_TOGETHER = 32
_DENSE = 8
"""Units that a layer has at least, and sums on average over half of what is below, to be a matrix product."""
_CALL = 1500


@cache
def integer_type(bits: int) -> Any:
    """The smallest type for integers of so many bits and a sign; ``object`` (Python's integers) beyond 63."""
    return np.dtype(next((f"int{size}" for size in (8, 16, 32, 64) if bits < size), "object"))


@frozen
class Plan:
    """A layer's units; its ``weights`` for the entries below at ``places``, where a matrix product pays.

    These are floats that hold every sum on the way exactly.
    """

    units: list[Bounded]
    places: list[int]
    weights: Array | None


def planned(units: list[Bounded]) -> Plan:
    """How the sums of a layer are worked out."""
    places = sorted({index for unit in units for index, _ in unit.terms})
    bits, terms = max(unit.bits for unit in units), sum(len(unit.terms) for unit in units)
    if bits > 53 or len(units) < _DENSE or 2 * terms <= len(units) * len(places):
        return Plan(units, places, None)
    columns = {index: column for column, index in enumerate(places)}
    weights = np.zeros((len(units), len(places)), "float32" if bits <= 24 else "float64")
    for row, unit in zip(weights, units):
        for index, weight in unit.terms:
            row[columns[index]] = weight
    return Plan(units, places, weights)


def survey(
    network: IntegerNetwork, predicate: Condition, low: int, high: int, watch: Sequence[Condition] = ()
) -> Survey:
    """Evaluate a network on every point of [low, high]^inputs.

    A network so large that this would take minutes is searched on a smaller box; the survey says which. Raises
    ``TooLarge`` where even the smallest one holds numbers that are too long.
    """
    inputs = len(network.inputs)
    low, high, bounds = affordable(network, low, high, _work, MOST_WORK)
    layers = list(map(planned, bounds))
    side, largest = high - low + 1, max(abs(low), abs(high))
    count, watched = 0, [0] * len(watch)
    found: list[Point] = []
    waiting = chunks(layers, inputs, low, high)
    while some := list(islice(waiting, _TOGETHER)):
        failing = _failing(network, layers, predicate, some, largest)
        if failing:
            count += failing[0].size
            watched = [total + _where(one, failing, largest)[0].size for total, one in zip(watched, watch)]
            found.append(_simplest(failing))
    return Survey(low, high, side**inputs, count, min(found, key=simplicity, default=None), tuple(watched))


def chunks(layers: list[Plan], inputs: int, low: int, high: int) -> Iterator[list[Array]]:
    """The points of a box, part by part: arrays of the inputs, which broadcast against one another."""
    side = high - low + 1
    # The last inputs share one axis, long enough for numpy; of the others some have an axis each, so that a unit keeps
    # size only along what it depends on. The first ones are set chunk by chunk, the last of these a few values at once.
    points = _chunk(layers)
    tail = max(count for count in range(1, inputs + 1) if side**count <= max(side, min(points, _TAIL)))
    free = max(count for count in range(tail, inputs + 1) if side**count <= max(side**tail, points))
    line = np.arange(low, high + 1, dtype=integer_type(max(abs(low), abs(high)).bit_length()))
    *axes, _ = np.ix_(*[line] * (free - tail), line)
    arrays = [*axes, *(line[places.ravel()] for places in np.indices((side,) * tail))]
    if free == inputs:
        yield arrays
        return
    column = line.reshape(-1, *[1] * (free - tail + 1))
    some = max(1, points // side**free)
    for first in product(line, repeat=inputs - free - 1):
        for at in range(0, side, some):
            yield [*first, column[at : at + some], *arrays]


def counterexample(
    network: IntegerNetwork, predicate: Condition, domain: Condition, points: Sequence[Point], largest: int
) -> Point | None:
    """As ``box.counterexample``."""
    layers = list(map(planned, bounded(network, -largest, largest)))
    size, kind = _chunk(layers), integer_type(largest.bit_length())
    if points and _nanoseconds(layers, [(min(size, len(points)),)] * len(network.inputs), len(points)) > MOST_WORK:
        raise TooLarge
    parts = (
        [np.array(column, dtype=kind) for column in zip(*points[start : start + size])]
        for start in range(0, len(points), size)
    )
    failing = _failing(network, layers, predicate, parts, largest)
    within = _where(domain, failing, largest) if failing else []
    return _simplest(within) if within and within[0].size else None


def _work(bounds: list[list[Bounded]], inputs: int, side: int) -> float:
    """About how many nanoseconds a box takes."""
    layers = list(map(planned, bounds))
    columns = next(chunks(layers, inputs, 0, side - 1))
    return _nanoseconds(layers, [np.shape(column) for column in columns], side**inputs)


def _nanoseconds(layers: list[Plan], shapes: list[tuple[int, ...]], points: int) -> float:
    """About how many so many points take, in chunks whose inputs have these shapes."""
    whole = np.broadcast_shapes(*shapes)
    total = 0.0
    for layer in layers:
        if layer.weights is None:
            shapes = [np.broadcast_shapes(*(shapes[index] for index, _ in unit.terms)) for unit in layer.units]
        else:
            shapes = [whole] * len(layer.units)
        total += sum(_cost(unit, layer.weights, math.prod(shape)) for unit, shape in zip(layer.units, shapes))
    return total * points / math.prod(whole)


def _cost(unit: Bounded, weights: Array | None, size: int) -> float:
    """About how many nanoseconds a unit takes for so many numbers at once: numpy's calls, and what they do."""
    sums = len(unit.terms)
    powers = 8 if unit.table else sum(max(len(value) - 1, 1) for value in unit.pieces.values)
    if unit.bits >= 64:
        each = sums * (60 + unit.bits / 50) + powers * (60 + math.pow(unit.bits / 30, 1.6))
    elif weights is None:
        each = (sums + powers) * integer_type(unit.bits).itemsize / 8
    else:
        each = 1 + powers * integer_type(unit.bits).itemsize / 8 + sums * weights.itemsize / 120
    calls = 4 * powers + (2 * sums if weights is None else 0)
    return calls * _CALL + each * size


def _chunk(layers: list[Plan]) -> int:
    """How many points are evaluated at a time, by about how many bytes the units of two layers take at one."""
    sizes = [
        sum(integer_type(unit.bits).itemsize if unit.bits < 64 else 48 + unit.bits // 7 for unit in layer.units)
        for layer in layers
    ]
    return max(1, CHUNK_BYTES // (2 * max(sizes)))


def _failing(
    network: IntegerNetwork,
    layers: list[Plan],
    predicate: Condition,
    parts: Iterable[list[Array]],
    largest: int,
) -> list[Array]:
    """The columns of the points at which the output is not what the predicate asks for; none where there are none."""
    found = []
    for columns in parts:
        output, expected = evaluate(layers, columns), mask(predicate, columns, largest)
        wrong = expected & (output != network.one) | ~expected & (output != network.zero)
        if wrong.any():
            wrong, *columns = np.broadcast_arrays(wrong, *columns)
            found.append([column[wrong] for column in columns])
    return [np.concatenate(parts) for parts in zip(*found)]


def _simplest(columns: Sequence[Array]) -> Point:
    """The simplest of the points in some columns."""
    wide = integer_type((len(columns) * max(int(np.abs(column).max()) for column in columns)).bit_length())
    cost = reduce(np.add, (np.abs(column).astype(wide) for column in columns))
    near = cost == cost.min()
    return min(zip(*(column[near].tolist() for column in columns)), key=simplicity)


def evaluate(layers: list[Plan], inputs: Sequence[Array]) -> Array:
    """The last layer's H for arrays of inputs that broadcast against one another."""
    below = list(inputs)
    for layer in layers:
        below = [_value(unit, total) for unit, total in zip(layer.units, _sums(layer, below))]
    return below[0]


def _sums(layer: Plan, below: Sequence[Array]) -> Iterator[Array]:
    """What each unit receives."""
    if layer.weights is not None:
        entries = np.array(np.broadcast_arrays(*(below[index] for index in layer.places)), dtype=layer.weights.dtype)
        yield from (layer.weights @ entries.reshape(len(entries), -1)).reshape(-1, *entries.shape[1:])
        return
    for unit in layer.units:
        kind = integer_type(unit.bits)
        terms = (below[at] if weight == 1 else np.multiply(below[at], weight, dtype=kind) for at, weight in unit.terms)
        yield reduce(partial(np.add, dtype=kind), terms) if unit.terms else np.zeros((), kind)


def _value(unit: Bounded, total: Array) -> Array:
    narrow = integer_type(max(map(abs, unit.bounds)).bit_length())
    if unit.table:
        return np.array(unit.table, dtype=narrow)[np.asarray(total, dtype=np.intp) - unit.low]
    kind = integer_type(unit.bits)
    total = np.asarray(total).astype(kind, copy=False)  # an int8 left within an array of objects would overflow
    parts = []
    for compare, cut, jump in unit.jumps:
        change = np.asarray(compare(total, cut)).astype(kind)
        parts.append(change if jump == (1,) else change * value_at(jump, total))
    if unit.pieces.values[0]:
        parts.append(np.asarray(value_at(unit.pieces.values[0], total)))
    return np.asarray(reduce(np.add, parts) if parts else 0).astype(narrow, copy=False)


def _where(whole: Condition, columns: Sequence[Array], largest: int) -> list[Array]:
    """The columns of the points at which a condition holds."""
    inside = np.broadcast_to(mask(whole, columns, largest), columns[0].shape)
    return [column[inside] for column in columns]


def mask(whole: Condition, inputs: Sequence[Array], largest: int) -> Array:
    """Where a condition holds, for inputs of at most this size."""

    def join(every: bool, parts: list[Array]) -> Array:
        return reduce(np.logical_and if every else np.logical_or, parts, np.array(every))

    return condition.folded(whole, cache(lambda atom: _atom(atom, inputs, largest)), join)


def _atom(atom: Atom, inputs: Sequence[Array], largest: int) -> Array:
    bound = sum(abs(c) * max(largest, 1) ** sum(power for _, power in monomial) for monomial, c in atom.terms)
    kind = integer_type(bound.bit_length())
    wide = {
        index: np.asarray(inputs[index]).astype(kind, copy=False) for monomial, _ in atom.terms for index, _ in monomial
    }
    return np.asarray(RELATIONS[atom.relation](atom.value(wide), 0), dtype=bool)
