"""Integer networks and conditions on whole arrays of inputs, in the smallest integers that bounds beforehand allow.

Where no machine integer is wide enough, Python's own integers stand in. Floats never occur.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, partial, reduce
from itertools import islice, product
from typing import Any

import numpy as np

from grader.language.exact import RELATIONS
from grader.networks import condition
from grader.networks.box import Bounded, Point, Survey, affordable, bounded, simplicity
from grader.networks.condition import Atom, Condition
from grader.networks.network import IntegerNetwork, TooLarge
from grader.networks.pieces import value_at

Array = np.ndarray[Any, np.dtype[Any]]

CHUNK_BYTES = 8_000_000
MOST_WORK = 6 * 10**9
_TABLE = 4096
_TAIL = 4000
_TOGETHER = 32


@cache
def integer_type(bits: int) -> Any:
    """The smallest type for integers of so many bits and a sign; ``object`` (Python's integers) beyond 63."""
    return np.dtype(next((f"int{size}" for size in (8, 16, 32, 64) if bits < size), "object"))


def survey(
    network: IntegerNetwork, predicate: Condition, low: int, high: int, watch: Sequence[Condition] = ()
) -> Survey:
    """Evaluate a network on every point of [low, high]^inputs.

    A network so large that this would take minutes is searched on a smaller box; the survey says which. Raises
    ``TooLarge`` where even the smallest one holds numbers that are too long.
    """
    inputs = len(network.inputs)
    low, high, layers = affordable(network, low, high, _work, MOST_WORK)
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


def chunks(layers: list[list[Bounded]], inputs: int, low: int, high: int) -> Iterator[list[Array]]:
    """The points of a box, part by part: arrays of the inputs, which broadcast against one another."""
    side = high - low + 1
    # The last inputs share one axis, long enough for numpy; of the others some have an axis each, so that a unit keeps
    # size only along what it depends on, and the first ones are set chunk by chunk.
    points = _chunk(layers)
    tail = max(count for count in range(1, inputs + 1) if side**count <= max(side, min(points, _TAIL)))
    free = max(count for count in range(tail, inputs + 1) if side**count <= max(side**tail, points))
    line = np.arange(low, high + 1, dtype=integer_type(max(abs(low), abs(high)).bit_length()))
    *axes, _ = np.ix_(*[line] * (free - tail), line)
    arrays = [*axes, *(line[places.ravel()] for places in np.indices((side,) * tail))]
    for first in product(line, repeat=inputs - free):
        yield [*first, *arrays]


def counterexample(
    network: IntegerNetwork, predicate: Condition, domain: Condition, points: Sequence[Point], largest: int
) -> Point | None:
    """As ``box.counterexample``."""
    layers = bounded(network, -largest, largest)
    if sum(_cost(unit) for layer in layers for unit in layer) * len(points) > MOST_WORK:
        raise TooLarge
    size, kind = _chunk(layers), integer_type(largest.bit_length())
    parts = (
        [np.array(column, dtype=kind) for column in zip(*points[start : start + size])]
        for start in range(0, len(points), size)
    )
    failing = _failing(network, layers, predicate, parts, largest)
    within = _where(domain, failing, largest) if failing else []
    return _simplest(within) if within and within[0].size else None


def _work(layers: list[list[Bounded]], inputs: int, side: int) -> float:
    """What a box takes: each unit is computed for every value of the inputs that it depends on."""
    total = 0.0
    below = [frozenset((index,)) for index in range(inputs)]
    for layer in layers:
        below = [frozenset[int]().union(*(below[index] for index, _ in unit.terms)) for unit in layer]
        total += sum(_cost(unit) * side ** len(seen) for unit, seen in zip(layer, below))
    return total


def _cost(unit: Bounded) -> float:
    """About how many billionths of a second a unit takes at one point."""
    sums, powers = len(unit.terms), sum(max(len(value) - 1, 1) for value in unit.pieces.values)
    if unit.bits < 64:
        return (sums + powers) * float(integer_type(unit.bits).itemsize) / 8
    return sums * (60 + unit.bits / 50) + powers * (60 + math.pow(unit.bits / 30, 1.6))


def _chunk(layers: list[list[Bounded]]) -> int:
    """How many points are evaluated at a time, by about how many bytes the units of two layers take at one."""
    sizes = [
        sum(integer_type(unit.bits).itemsize if unit.bits < 64 else 48 + unit.bits // 7 for unit in layer)
        for layer in layers
    ]
    return max(1, CHUNK_BYTES // (2 * max(sizes)))


def _failing(
    network: IntegerNetwork,
    layers: list[list[Bounded]],
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


def evaluate(layers: list[list[Bounded]], inputs: Sequence[Array]) -> Array:
    """The last layer's H for arrays of inputs that broadcast against one another."""
    below = list(inputs)
    for layer in layers:
        below = [_unit(unit, below) for unit in layer]
    return below[0]


def _unit(unit: Bounded, below: Sequence[Array]) -> Array:
    kind = integer_type(unit.bits)
    terms = (below[at] if weight == 1 else np.multiply(below[at], weight, dtype=kind) for at, weight in unit.terms)
    total = reduce(partial(np.add, dtype=kind), terms, np.zeros((), kind))
    narrow = integer_type(max(map(abs, unit.bounds)).bit_length())
    if len(unit.jumps) > 3 and unit.high - unit.low < _TABLE and unit.bits < 64:
        table = [value_at(unit.pieces.at(at), at) for at in range(unit.low, unit.high + 1)]
        return np.array(table, dtype=narrow)[np.subtract(total, unit.low, dtype=np.intp)]
    value = value_at(unit.pieces.values[0], total)
    for compare, cut, jump in unit.jumps:
        change = np.asarray(compare(total, cut)).astype(kind)
        value = value + (change if jump == (1,) else change * value_at(jump, total))
    return np.asarray(value).astype(narrow, copy=False)


def _where(whole: Condition, columns: Sequence[Array], largest: int) -> list[Array]:
    """The columns of the points at which a condition holds."""
    inside = np.broadcast_to(mask(whole, columns, largest), columns[0].shape)
    return [column[inside] for column in columns]


def mask(whole: Condition, inputs: Sequence[Array], largest: int) -> Array:
    """Where a condition holds, for inputs of at most this size."""
    known = {atom: _atom(atom, inputs, largest) for atom in condition.atoms(whole)}

    def join(every: bool, parts: list[Array]) -> Array:
        return reduce(np.logical_and if every else np.logical_or, parts, np.array(every))

    return condition.folded(whole, known.__getitem__, join)


def _atom(atom: Atom, inputs: Sequence[Array], largest: int) -> Array:
    bound = sum(abs(c) * max(largest, 1) ** sum(power for _, power in monomial) for monomial, c in atom.terms)
    kind = integer_type(bound.bit_length())
    wide = {
        index: np.asarray(inputs[index]).astype(kind, copy=False) for monomial, _ in atom.terms for index, _ in monomial
    }
    return np.asarray(RELATIONS[atom.relation](atom.value(wide), 0), dtype=bool)
