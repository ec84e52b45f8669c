"""A network at every integer point of a box, or at some points: how many fail, and the simplest of them.

Where there is numpy, integer networks are evaluated on whole arrays of inputs (``arrays``); here in plain Python, a
column for each unit. After each layer the inputs that it cannot tell apart go on as one: of 15,625, a few hundred.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from itertools import product
from typing import Any

from grader.frozen import frozen
from grader.networks import exact
from grader.networks.condition import Condition, held
from grader.networks.exact import Evaluator
from grader.networks.network import IntegerNetwork, Network, TooLarge, Unit
from grader.networks.pieces import value_at
from grader.networks.reals import Imprecise, Undecided

Point = tuple[int, ...]
Column = Sequence[int]

_MOST_WORK = 5_000_000
_MOST_DOUBTFUL = 400_000
_MOST_BITS = 100_000
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
    return Survey(
        low, high, (high - low + 1) ** inputs, len(failing), simplest, _watched(watch, failing), open_, reason
    )


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


def by_columns(
    network: IntegerNetwork, predicate: Condition, low: int, high: int, watch: Sequence[Condition] = ()
) -> Survey:
    """The survey in plain Python, of a smaller box where it would take minutes. Raises ``TooLarge``."""
    inputs = len(network.inputs)
    while high - low > 1 and not _affordable(network, (high - low + 1) ** inputs, max(-low, high)):
        low, high = smaller(low, high)
    points = list(product(range(low, high + 1), repeat=inputs))
    wrong = _wrong(network, predicate, points)
    return Survey(low, high, len(points), len(wrong), min(wrong, key=simplicity, default=None), _watched(watch, wrong))


def counterexample_by_columns(
    network: IntegerNetwork, predicate: Condition, domain: Condition, points: Sequence[Point], largest: int
) -> Point | None:
    """As ``counterexample``, in plain Python."""
    if not _affordable(network, len(points), largest):
        raise TooLarge
    within = [point for point, inside in zip(points, held(domain, list(zip(*points)))) if inside]
    return min(_wrong(network, predicate, within), key=simplicity, default=None)


def _wrong(network: IntegerNetwork, predicate: Condition, points: Sequence[Point]) -> list[Point]:
    """The points at which the output is not what the predicate asks for."""
    if not points:
        return []
    columns = list(zip(*points))
    expected = held(predicate, columns)
    if network.always is not None:
        return [point for point, one in zip(points, expected) if network.always != one]
    wanted = {True: network.one, False: network.zero}
    return [point for point, one, found in zip(points, expected, _output(network, columns)) if wanted[one] != found]


def _output(network: IntegerNetwork, columns: Sequence[Column]) -> Column:
    """The last layer's H at each input."""
    below, places = columns, list(range(len(columns[0])))
    for layer in network.layers:
        known: dict[tuple[int, ...], int] = {}
        seen = [known.setdefault(row, len(known)) for row in zip(*(_unit(unit, below) for unit in layer))]
        below, places = list(zip(*known)), [seen[place] for place in places]
    return [below[0][place] for place in places]


def _unit(unit: Unit, below: Sequence[Column]) -> Column:
    total: Column = [0] * len(below[0])
    for index, weight in unit.terms:
        total = [number + weight * entry for number, entry in zip(total, below[index])]
    values = {number: value_at(unit.pieces.at(number), number) for number in set(total)}
    return [values[number] for number in total]


def _affordable(network: IntegerNetwork, points: int, largest: int) -> bool:
    """Whether so many points, with entries of this size, are evaluated in seconds. Raises ``TooLarge``."""
    bits, terms = max(largest, 1).bit_length(), 0
    for layer in network.layers:
        sums = [bits + sum(abs(weight) for _, weight in unit.terms).bit_length() for unit in layer]
        longest = max(
            max(1, len(value) - 1) * size + sum(map(abs, value)).bit_length()
            for unit, size in zip(layer, sums)
            for value in unit.pieces.values
        )
        if longest > _MOST_BITS:
            raise TooLarge
        bits, terms = longest, terms + sum(len(unit.terms) for unit in layer)
    return points * terms * (1 + bits // 500) <= _MOST_WORK_BY_COLUMNS
