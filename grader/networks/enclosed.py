"""The box for networks that are not piecewise polynomial: rigorous bounds everywhere, exact numbers where they tie."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from grader.networks import activation, box, condition, enclosures, exponential, intervals, masks, ties
from grader.networks.arrays import Array
from grader.networks.box import Grid, Survey, simplicity
from grader.networks.condition import Condition
from grader.networks.enclosures import Interval
from grader.networks.exponential import Undecided, Undefined
from grader.networks.network import Layer, Network
from grader.networks.program import common_factor
from grader.networks.ties import TooMany

_MOST_TIES = 12_500  # as many inputs of [-6, 6]^6 are permutations of one another
_ALIKE = 8  # so many more of them are listed, for they may fall into few groups
_MOST_LEVELS = 256
_MOST_POINTS = 2 * 10**9
_CHUNK_BYTES = 24_000_000
_SMALL = 3_000  # bounds of so few numbers are kept from one chunk to the next


def survey(
    network: Network, predicate: Condition, low: int, high: int, watch: Sequence[Condition] = ()
) -> tuple[Survey, tuple[int, ...] | None]:
    """The survey of the largest box around the middle that is affordable, and a point that stayed undecided."""
    weights = sum(layer.width * (len(layer.weights[0]) + 8) for layer in network.layers)
    while high - low > 1:
        if (high - low + 1) ** len(network.inputs) * weights <= _MOST_POINTS:
            try:
                return _survey(network, predicate, low, high, watch)
            except TooMany:
                pass
        low, high = low + 1, high - 1
    return _survey(network, predicate, low, high, watch, most=10**9)


def _survey(
    network: Network, predicate: Condition, low: int, high: int, watch: Sequence[Condition], most: int = _MOST_TIES
) -> tuple[Survey, tuple[int, ...] | None]:
    inputs = len(network.inputs)
    layout = box.grid(inputs, low, high, 16 * max(layer.width for layer in network.layers) + 48, _CHUNK_BYTES)
    bounds = [(low, high)] * inputs
    best: tuple[int, ...] | None = None
    unclear: tuple[int, ...] | None = None
    failing, watched = 0, [0] * len(watch)
    tables: dict[Any, Any] = {}
    open_: list[tuple[tuple[int, ...], int]] = []
    for fixed, columns in layout.chunks():
        expected = np.broadcast_to(masks.mask(predicate, columns, bounds), layout.shape)
        output = _output(network, columns, tables)
        wanted = expected.astype(float)
        wrong = np.broadcast_to((output.low > wanted) | (output.high < wanted), layout.shape)
        tied = np.broadcast_to((output.low != output.high), layout.shape) & ~wrong
        if len(open_) + int(np.count_nonzero(tied)) > most * _ALIKE:
            raise TooMany
        for place in (tuple(int(index) for index in row) for row in np.argwhere(tied)):
            open_.append((layout.point(fixed, place), int(expected[place])))
        count = int(np.count_nonzero(wrong))
        if count:
            failing += count
            for number, one in enumerate(watch):
                watched[number] += int(np.count_nonzero(wrong & masks.mask(one, columns, bounds)))
            found = _simplest(layout, fixed, columns, wrong)
            best = found if best is None else min(best, found, key=simplicity)
    # last, so that a box with too many of them costs none
    for point, right in ties.decided(network, [point for point, _ in open_], [target for _, target in open_], most):
        if right:
            continue
        if right is None:
            unclear = unclear or point
            continue
        failing += 1
        for number, one in enumerate(watch):
            watched[number] += condition.holds(one, point)
        best = point if best is None else min(best, point, key=simplicity)
    return Survey(low, high, (high - low + 1) ** inputs, failing, best, tuple(watched)), unclear


def _simplest(layout: Grid, fixed: tuple[int, ...], columns: list[Array], wrong: Array) -> tuple[int, ...]:
    found: tuple[int, ...] = box.simplest(layout, fixed, columns, wrong)[-1]
    return found


def _output(network: Network, columns: list[Array], tables: dict[Any, Any]) -> Interval:
    first, *others = network.layers
    return above(others, [_first(first, unit, columns, tables) for unit in range(first.width)], tables)


def above(layers: Sequence[Layer], values: list[Interval], tables: dict[Any, Any]) -> Interval:
    """Bounds of the output, given those of the units below some layers; ``tables`` keeps values for the next call."""
    for layer in layers:
        values = through(layer, values, tables, layer is layers[-1])
    return values[0]


def through(layer: Layer, values: list[Interval], tables: dict[Any, Any], last: bool) -> list[Interval]:
    """Bounds of the units of a layer, given those below it."""
    sums = [
        enclosures.weighted([(weight, value) for weight, value in zip(row, values) if weight], bias)
        for row, bias in zip(layer.weights, layer.biases)
    ]
    return [_applied(node, total, tables, last) for node, total in zip(layer.activations, sums)]


def _applied(node: Any, total: Interval, tables: dict[Any, Any], last: bool) -> Interval:
    if total.integral and (total.low is total.high or np.array_equal(total.low, total.high)):
        low, high = int(total.low.min()), int(total.low.max())
        if high - low < _MOST_LEVELS:
            levels = (node, low, high, last)
            if levels not in tables:
                pairs = [bounds_at(node, Fraction(number), tables) for number in range(low, high + 1)]
                if last:
                    pairs = [_told_apart(node, Fraction(low + place), pair) for place, pair in enumerate(pairs)]
                tables[levels] = pairs
            return looked_up(tables[levels], (total.low - low).astype(np.intp))
    try:
        return intervals.value(node, total)
    except intervals.NotEnclosed:
        return Interval(np.full_like(total.low, -np.inf), np.full_like(total.high, np.inf))


def _first(layer: Layer, unit: int, columns: list[Array], tables: dict[Any, Any]) -> Interval:
    """A first-layer unit: its exact pre-activations are few, so each gets its own rigorous bounds."""
    row, bias, node = layer.weights[unit], layer.biases[unit], layer.activations[unit]
    seen = [(weight, column) for weight, column in zip(row, columns) if weight]
    fixed = (unit, tuple(int(column.flat[0]) for _, column in seen if column.size == 1))
    if fixed in tables:  # of all that it sees nothing has changed since
        found: Interval = tables[fixed]
        return found
    common = common_factor([weight for weight, _ in seen]) if seen else Fraction(1)
    total: Array = np.zeros((1,) * columns[0].ndim, dtype=np.int64)
    for weight, column in seen:
        factor = int(weight / common)
        total = total + (column.astype(np.int64) if abs(factor) < 2**40 else column.astype(object)) * factor
    distinct, places = np.unique(total, return_inverse=True)
    pairs = [bounds_at(node, common * int(number) + bias, tables) for number in distinct]
    bounds = looked_up(pairs, places.reshape(total.shape))
    if bounds.low.size <= _SMALL:
        tables[fixed] = bounds
    return bounds


def _told_apart(node: Any, z: Fraction, bounds: tuple[float, float, bool]) -> tuple[float, float, bool]:
    """An output so close to 0 or 1 that its bounds hold it, and yet another number: 1/2 stands for every such one."""
    try:
        value = activation.value(node, z)
        near = bounds[0] != bounds[1] and all(exponential.sign(value - target) for target in (0, 1))
    except (Undefined, Undecided):
        return bounds
    return (0.5, 0.5, False) if near else bounds


def looked_up(pairs: list[tuple[float, float, bool]], places: Array) -> Interval:
    """Bounds and whether they are integers, chosen by index."""
    low = np.array([pair[0] for pair in pairs])[places]
    exact = all(pair[0] == pair[1] for pair in pairs)
    return Interval(
        low, low if exact else np.array([pair[1] for pair in pairs])[places], all(pair[2] for pair in pairs)
    )


def bounds_at(node: Any, z: Fraction, tables: dict[Any, Any]) -> tuple[float, float, bool]:
    """Bounds of an activation at one number, and whether they are an integer."""
    if (node, z) not in tables:
        tables[node, z] = _computed(node, z)
    found: tuple[float, float, bool] = tables[node, z]
    return found


def _computed(node: Any, z: Fraction) -> tuple[float, float, bool]:
    try:
        value = activation.value(node, z)
    except (Undefined, Undecided):
        return -np.inf, np.inf, False
    if isinstance(value, Fraction):
        one = enclosures.constant(value)
    else:
        ball = exponential.enclosed(value)
        middle, radius = np.array(float(ball.mid())), float(ball.rad())
        one = enclosures.widened(middle - 2 * radius, middle + 2 * radius)
    return float(one.low), float(one.high), one.integral
