"""The finite-pattern proof: where only the order of the inputs and small gaps matter, finitely many inputs are all.

Let every first-layer unit see one difference x_i - x_j only, through a function that is constant from k on and from -k
down, and let the conditions do the same. Sort the inputs; replacing a gap of more than k between neighbours by k
changes no unit and no condition. Nor does moving all inputs together. So the inputs with least entry 0 and gaps of at
most k stand for all integers: 75 patterns for four inputs and k = 1, 4,683 for six.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate, chain, product

from grader.networks import condition
from grader.networks.box import Point
from grader.networks.condition import Condition
from grader.networks.network import IntegerNetwork

MOST_PATTERNS = 100_000


def reach(network: IntegerNetwork, conditions: Sequence[Condition]) -> int | None:
    """The k of the proof; ``None`` where some unit or condition sees more than one difference."""
    found = 1
    for unit in network.layers[0]:
        if len(unit.terms) != 2 or sorted(weight for _, weight in unit.terms) != [-1, 1]:
            return None
        if len(unit.pieces.values[0]) > 1 or len(unit.pieces.values[-1]) > 1:
            return None
        found = max(found, unit.pieces.cuts[-1], 1 - unit.pieces.cuts[0])
    sight = within_sight(conditions)
    return None if sight is None else max(found, sight)


def within_sight(conditions: Sequence[Condition]) -> int | None:
    """The least k from which on no condition tells gaps apart; ``None`` where one sees more than one difference."""
    found = 1
    for whole in conditions:
        for atom in condition.atoms(whole):
            variables = [(monomial, c) for monomial, c in atom.terms if monomial]
            level = sum(c for monomial, c in atom.terms if not monomial)
            if not variables:
                continue
            if not atom.linear or len(variables) != 2 or variables[0][1] + variables[1][1] != 0:
                return None
            # c (x_i - x_j) + level: its sign changes within |level / c|
            found = max(found, abs(level) // abs(variables[0][1]) + 1)
    return found


@lru_cache(maxsize=8)
def listed(inputs: int, gap: int) -> tuple[Point, ...] | None:
    """The patterns, each moved so that the sum of its sizes is least: its middle entry is 0. ``None``: too many."""
    orders: Iterable[tuple[int, ...]] = [()]
    for _ in range(inputs):
        orders = chain.from_iterable(map(_longer, orders))
    found = []
    for ranks in orders:
        middle = sorted(ranks)[inputs // 2]
        for gaps in product(range(1, min(gap, MOST_PATTERNS) + 1), repeat=max(ranks)):
            levels = (0, *accumulate(gaps))
            found.append(tuple(levels[rank] - levels[middle] for rank in ranks))
            if len(found) > MOST_PATTERNS:
                return None
    return tuple(found)


def _longer(ranks: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """The weak orders with one more entry: it shares a rank, or stands between two."""
    classes = max(ranks, default=-1) + 1
    yield from ((*ranks, rank) for rank in range(classes))
    for place in range(classes + 1):
        yield (*(rank + (rank >= place) for rank in ranks), place)
