"""Every integer point of a box: how many fail, the simplest of them, and what the failing ones have in common."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from itertools import product
from typing import Any

from grader.frozen import frozen
from grader.networks import condition, exact
from grader.networks.condition import Condition
from grader.networks.exact import Evaluator
from grader.networks.integer_network import IntegerNetwork
from grader.networks.network import Network
from grader.networks.reals import Imprecise, Undecided

Point = tuple[int, ...]

_MOST_WORK = 5_000_000
_MOST_DOUBTFUL = 400_000


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
    if compiled is not None and find_spec("numpy") is not None:
        from grader.networks import grid

        return grid.survey(compiled, predicate, low, high, watch)
    if compiled is not None:
        from grader.networks import columns

        return columns.survey(compiled, predicate, low, high, watch)
    return one_by_one(network, predicate, low, high, watch)


def one_by_one(network: Network, predicate: Condition, low: int, high: int, watch: Sequence[Condition] = ()) -> Survey:
    """The survey by the plain evaluator, with rigorous bounds for what is not rational."""
    inputs = len(network.inputs)
    weights = sum(layer.width * (len(layer.weights[0]) + 8) for layer in network.layers)
    while high - low > 1 and (high - low + 1) ** inputs * weights > _MOST_WORK:
        low, high = smaller(low, high)
    evaluator = Evaluator(network)
    failing: list[Point] = []
    doubtful: list[tuple[Point, int, str]] = []
    for point in sorted(product(range(low, high + 1), repeat=inputs), key=simplicity):
        expected = int(condition.holds(predicate, point))
        try:
            if not evaluator.gives(point, expected):
                failing.append(point)
        except Imprecise:
            doubtful.append((point, expected, ""))
        except Undecided as error:
            doubtful.append((point, expected, str(error)))
    open_, reason = None, ""
    for place, (point, expected, why) in enumerate(doubtful):
        try:
            if why or place * weights > _MOST_DOUBTFUL:
                raise Undecided(why or "the rounded bounds leave too many inputs open")
            if not exact.gives(network, point, expected):
                failing.append(point)
        except Undecided as error:
            open_, reason = point, str(error)
            break
    simplest = min(failing, key=simplicity, default=None)
    watched = tuple(sum(condition.holds(one, point) for point in failing) for one in watch)
    return Survey(low, high, (high - low + 1) ** inputs, len(failing), simplest, watched, open_, reason)


def smaller(low: int, high: int) -> tuple[int, int]:
    """The next smaller box around the middle."""
    return low + (high - low > 2 or low < 0), high - (high > 0)


def simplicity(point: Sequence[int]) -> tuple[Any, ...]:
    """What failing inputs are ordered by: least sum of sizes, fewest negatives, least size, then the point itself."""
    sizes = [abs(value) for value in point]
    return sum(sizes), sum(value < 0 for value in point), max(sizes), tuple(point)
