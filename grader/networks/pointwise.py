"""A box searched one point after the other on the plain evaluator, for networks that are not piecewise polynomial."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from grader.networks import condition, exact
from grader.networks.box import Survey, simplicity
from grader.networks.condition import Condition
from grader.networks.exponential import Undecided
from grader.networks.network import Network

_MOST_UNITS = 400_000


def survey(
    network: Network, predicate: Condition, low: int, high: int, watch: Sequence[Condition] = ()
) -> tuple[Survey, tuple[int, ...] | None]:
    """The survey of the largest box around the middle that is affordable, and a point that could not be decided."""
    inputs = len(network.inputs)
    units = sum(layer.width for layer in network.layers)
    while high - low > 1 and (high - low + 1) ** inputs * units > _MOST_UNITS:
        low, high = low + 1, high - 1
    wrong: list[tuple[int, ...]] = []
    unclear: tuple[int, ...] | None = None
    for point in product(range(low, high + 1), repeat=inputs):
        try:
            if not exact.gives(network, point, int(condition.holds(predicate, point))):
                wrong.append(point)
        except Undecided:
            unclear = unclear or point
    watched = tuple(sum(condition.holds(one, point) for point in wrong) for one in watch)
    points = (high - low + 1) ** inputs
    return Survey(low, high, points, len(wrong), min(wrong, key=simplicity, default=None), watched), unclear
