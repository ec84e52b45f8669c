"""A network at every integer point of a box, or at some points: how many fail, and the simplest of them.

Where there is numpy, integer networks are evaluated on its arrays (``arrays``); here in plain Python, a column for each
unit. After each layer the inputs that it cannot tell apart go on as one: of 15,625, a few hundred.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from itertools import product, zip_longest
from typing import Any

from grader.frozen import frozen
from grader.networks import exact
from grader.networks.activations import Imprecise, Undecided
from grader.networks.condition import Condition, held
from grader.networks.exact import Evaluator
from grader.networks.network import IntegerNetwork, Network, TooLarge, Unit
from grader.networks.pieces import Runs, value_at

Point = tuple[int, ...]
Column = Sequence[int]

_MOST_WORK = 5_000_000
_MOST_DOUBTFUL = 400_000
_MOST_BITS = 100_000
_SHORT = 2000
"""Sums of which a polynomial is worked out at each, so that its bounds are tight."""
_FEW_JUMPS = 3
_TABLE = 4096
_MOST_WORK_BY_COLUMNS = 50_000_000


@frozen
class Survey:
    """``points`` is the size of the box that was searched, from ``low`` to ``high`` in every input.

    ``watched`` counts, for each condition that was watched, the failing points at which it holds. ``undecided`` is a
    point at which neither the expected output nor another could be shown, ``reason`` says why.
    """

    low: int
    high: int
    points: int
    failing: int
    simplest: Point | None
    watched: tuple[int, ...]
    undecided: Point | None = None
    reason: str = ""


def survey(
    network: Network,
    compiled: IntegerNetwork | None,
    predicate: Condition,
    low: int,
    high: int,
    watch: Sequence[Condition] = (),
) -> Survey:
    """Evaluate a network on every point of [low, high]^inputs, or of a smaller box where that would take minutes.

    ``compiled`` is the same network over integers, where it is one; with numpy it is evaluated on whole arrays.
    """
    if compiled is None:
        return one_by_one(network, predicate, low, high, watch)
    if find_spec("numpy") is None:
        return by_columns(compiled, predicate, low, high, watch)
    from grader.networks import arrays

    return arrays.survey(compiled, predicate, low, high, watch)


def counterexample(
    network: IntegerNetwork, predicate: Condition, domain: Condition, points: Sequence[Point], largest: int
) -> Point | None:
    """The simplest of the points within the domain at which a network fails, ``None`` where it fails at none.

    No entry of a point is larger in size than ``largest``. Raises ``TooLarge``, also where there are more points than
    the work allows.
    """
    if find_spec("numpy") is None:
        return counterexample_by_columns(network, predicate, domain, points, largest)
    from grader.networks import arrays

    return arrays.counterexample(network, predicate, domain, points, largest)


def one_by_one(network: Network, predicate: Condition, low: int, high: int, watch: Sequence[Condition] = ()) -> Survey:
    """The survey by the plain evaluator, with rigorous bounds for what is not rational."""
    inputs = len(network.inputs)
    weights = sum(layer.width * (len(layer.weights[0]) + 8) for layer in network.layers)
    while high - low > 1 and (high - low + 1) ** inputs * weights > _MOST_WORK:
        low, high = smaller(low, high)
    evaluator = Evaluator(network)
    failing: list[Point] = []
    doubtful: list[tuple[Point, int, str]] = []
    points = sorted(product(range(low, high + 1), repeat=inputs), key=simplicity)
    for point, expected in zip(points, map(int, held(predicate, list(zip(*points))))):
        try:
            if not evaluator.gives(point, expected):
                failing.append(point)
        except Imprecise:
            doubtful.append((point, expected, ""))
        except Undecided as error:
            doubtful.append((point, expected, str(error)))
    open_, reason = None, ""
    for place, (point, expected, reason) in enumerate(doubtful):
        try:
            if reason or place * weights > _MOST_DOUBTFUL:
                raise Undecided(reason or "the rounded bounds leave too many inputs open")
            if not exact.gives(network, point, expected):
                failing.append(point)
        except Undecided as error:
            open_, reason = point, str(error)
            break
    simplest = min(failing, key=simplicity, default=None)
    return Survey(low, high, len(points), len(failing), simplest, _watched(watch, failing), open_, reason)


def _watched(watch: Sequence[Condition], failing: Sequence[Point]) -> tuple[int, ...]:
    """At how many failing points each condition holds."""
    columns = list(zip(*failing))
    return tuple(sum(held(one, columns)) if failing else 0 for one in watch)


def smaller(low: int, high: int) -> tuple[int, int]:
    """The next smaller box around the middle."""
    return low + (high - low > 2 or low < 0), high - (high > 0)


def simplicity(point: Sequence[int]) -> tuple[Any, ...]:
    """What failing inputs are ordered by: least sum of sizes, fewest negatives, least size, then the point itself."""
    sizes = [abs(value) for value in point]
    return sum(sizes), sum(value < 0 for value in point), max(sizes), tuple(point)


# -- how large the numbers become --------------------------------------------------------------------------------------


@frozen
class Bounded:
    """A unit with its pieces cut to the sums that can occur, which go from ``low`` on.

    Its value, within ``bounds``, is that of the first piece and, for each of the ``jumps`` (a comparison of the sum
    with a number, and a polynomial) that holds, its polynomial. No number on the way has more than ``bits``. Where
    there are many jumps and few sums, ``table`` has the value at each sum.
    """

    terms: tuple[tuple[int, int], ...]
    pieces: Runs[tuple[int, ...]]
    jumps: tuple[tuple[Callable[[Any, int], Any], int, tuple[int, ...]], ...]
    low: int
    table: tuple[int, ...]
    bounds: tuple[int, int]
    bits: int


def bounded(network: IntegerNetwork, low: int, high: int) -> list[list[Bounded]]:
    """Every unit, by layer, for inputs from ``low`` to ``high``. Raises ``TooLarge``."""
    below = [(low, high)] * len(network.inputs)
    layers = []
    for layer in network.layers:
        layers.append([_bounded(unit, below) for unit in layer])
        below = [unit.bounds for unit in layers[-1]]
    return layers


def _bounded(unit: Unit, below: Sequence[tuple[int, int]]) -> Bounded:
    terms = tuple((index, weight) for index, weight in unit.terms if any(below[index]))
    ends = [sorted((weight * below[index][0], weight * below[index][1])) for index, weight in terms]
    low, high, size = sum(a for a, _ in ends), sum(b for _, b in ends), sum(max(-a, b) for a, b in ends)
    cuts = tuple(cut for cut in unit.pieces.cuts if low < cut <= high)
    pieces = Runs(cuts, tuple(unit.pieces.at(start) for start in (low, *cuts)))
    if size.bit_length() * max(1, *(len(value) - 1 for value in pieces.values)) > _MOST_BITS:
        raise TooLarge
    jumps = _jumps(pieces)
    largest = sum(_most(value, size) for value in (pieces.values[0], *(jump for _, _, jump in jumps)))
    table: tuple[int, ...] = ()
    if len(jumps) > _FEW_JUMPS and high - low < _TABLE and size < 2**62:
        table = tuple(value_at(pieces.at(at), at) for at in range(low, high + 1))
    found = list(table)
    for start, stop, value in zip((low, *cuts), (*cuts, high + 1), pieces.values):
        if len(value) > 2 and stop - start > _SHORT:
            most = _most(value, max(abs(start), abs(stop - 1)))
            found += [-most, most]
        else:
            found += [value_at(value, at) for at in (range(start, stop) if len(value) > 2 else (start, stop - 1))]
    bounds = min(found), max(found)
    return Bounded(terms, pieces, jumps, low, table, bounds, max(size, largest).bit_length())


def affordable(
    network: IntegerNetwork, low: int, high: int, work: Callable[[list[list[Bounded]], int, int], float], most: float
) -> tuple[int, int, list[list[Bounded]]]:
    """The largest box around the middle that takes at most so much ``work``; and its units.

    ``work`` is told the units, how many inputs there are, and how many values each has. Raises ``TooLarge``.
    """
    while True:
        last = high - low <= 1
        try:
            layers = bounded(network, low, high)
        except TooLarge:
            if last:
                raise
        else:
            if last or work(layers, len(network.inputs), high - low + 1) <= most:
                return low, high, layers
        low, high = smaller(low, high)


def _jumps(runs: Runs[tuple[int, ...]]) -> tuple[tuple[Callable[[Any, int], Any], int, tuple[int, ...]], ...]:
    """From the first piece to the values of all; what differs at one integer alone is one jump there."""
    found, place = [], 0
    while place < len(runs.cuts):
        cut, (before, value, *after) = runs.cuts[place], runs.values[place : place + 3]
        alone = after == [before] and runs.cuts[place + 1] == cut + 1
        jump = tuple(b - a for a, b in zip_longest(before, value, fillvalue=0))
        found.append((operator.eq if alone else operator.ge, cut, jump))
        place += 1 + alone
    return tuple(found)


def _most(coefficients: Sequence[int], size: int) -> int:
    """No smaller than anything that a polynomial meets by Horner's rule for numbers of this size."""
    return sum(abs(c) * max(size, 1) ** power for power, c in enumerate(coefficients))


# -- in plain Python ---------------------------------------------------------------------------------------------------


def by_columns(
    network: IntegerNetwork, predicate: Condition, low: int, high: int, watch: Sequence[Condition] = ()
) -> Survey:
    """The survey in plain Python, of a smaller box where it would take minutes. Raises ``TooLarge``."""
    low, high, _ = affordable(network, low, high, _work, _MOST_WORK_BY_COLUMNS)
    points = list(product(range(low, high + 1), repeat=len(network.inputs)))
    wrong = _wrong(network, predicate, points)
    return Survey(low, high, len(points), len(wrong), min(wrong, key=simplicity, default=None), _watched(watch, wrong))


def counterexample_by_columns(
    network: IntegerNetwork, predicate: Condition, domain: Condition, points: Sequence[Point], largest: int
) -> Point | None:
    """As ``counterexample``, in plain Python."""
    if _work(bounded(network, -largest, largest), 1, len(points)) > _MOST_WORK_BY_COLUMNS:
        raise TooLarge
    within = [point for point, inside in zip(points, held(domain, list(zip(*points)))) if inside]
    return min(_wrong(network, predicate, within), key=simplicity, default=None)


def _work(layers: list[list[Bounded]], inputs: int, side: int) -> int:
    points: int = side**inputs
    return points * sum(len(unit.terms) * (1 + unit.bits // 500) for layer in layers for unit in layer)


def _wrong(network: IntegerNetwork, predicate: Condition, points: Sequence[Point]) -> list[Point]:
    """The points at which the output is not what the predicate asks for."""
    if not points:
        return []
    columns: Sequence[Column] = list(zip(*points))
    wanted = [network.one if holds else network.zero for holds in held(predicate, columns)]
    places = list(range(len(points)))
    for layer in network.layers:
        known: dict[tuple[int, ...], int] = {}
        seen = [known.setdefault(row, len(known)) for row in zip(*(_values(unit, columns) for unit in layer))]
        columns, places = list(zip(*known)), [seen[place] for place in places]
    return [point for point, place, one in zip(points, places, wanted) if columns[0][place] != one]


def _values(unit: Unit, below: Sequence[Column]) -> Column:
    total: Column = [0] * len(below[0])
    for index, weight in unit.terms:
        total = [number + weight * entry for number, entry in zip(total, below[index])]
    values = {number: value_at(unit.pieces.at(number), number) for number in set(total)}
    return [values[number] for number in total]
