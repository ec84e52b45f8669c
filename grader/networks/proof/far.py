"""Structured inputs of every magnitude, evaluated exactly: slips of scale and gates with large constants show there.

They find faults and prove nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from random import Random

from grader.networks import box
from grader.networks.box import Point
from grader.networks.condition import Condition
from grader.networks.integer_network import IntegerNetwork, TooLarge

_POINTS = 4000
_LARGEST_POWER = 62
_MAGNITUDES = (10**3, 10**9, 10**20, 10**65)


def far_point(network: IntegerNetwork, predicate: Condition, domain: Condition) -> Point | None:
    """The simplest failing point among the structured ones; ``None`` if there is none."""
    inputs = len(network.inputs)
    table = points(inputs, _cuts(network))
    smallest = 0
    for largest in (*_MAGNITUDES, max(max(map(abs, point)) for point in table)):
        some = [point for point in table if smallest < max(map(abs, point)) <= largest]
        smallest = max(smallest, largest)
        if not some:
            continue
        try:
            found = box.counterexample(network, predicate, domain, some, largest)
        except TooLarge:
            return None
        if found is not None:
            return found
    return None


def _cuts(network: IntegerNetwork) -> tuple[int, ...]:
    """Sizes at which the first layer changes its mind."""
    cuts = {abs(cut) for layer in network.layers[:1] for unit in layer for cut in unit.pieces.cuts if abs(cut) > 10}
    return tuple(sorted(cuts)[:20])


@lru_cache(maxsize=8)
def points(inputs: int, sizes: Sequence[int] = (), most: int = _POINTS) -> tuple[Point, ...]:
    """Points whose entries repeat, differ by little, are opposite, or differ widely in size; always the same ones."""
    random = Random(1)
    found: dict[Point, None] = {}
    while len(found) < most:
        scale = random.choice(sizes) if sizes and random.random() < 0.3 else 10 ** random.randint(0, _LARGEST_POWER)
        centre = random.choice((0, 0, scale, -scale, random.randint(-scale, scale)))
        pool = [centre + random.choice((0, 1, -1, 2, scale, -scale, random.randint(-scale, scale)))]
        for _ in range(random.randint(0, inputs - 1)):
            known = random.choice(pool)
            step = random.choice((1, -1, 2, -2, scale, -scale, scale + 1, random.randint(-scale, scale)))
            pool.append(random.choice((known + step, -known, known + step, known * random.randint(-3, 3))))
        half = [random.choice(pool) for _ in range((inputs + 1) // 2)]
        if random.random() < 0.6:  # the second half repeats the first, in another order, up to one slip
            rest = random.sample(half, len(half))[: inputs - len(half)]
            if random.random() < 0.5:
                rest[random.randrange(len(rest))] += random.choice((1, -1, scale, -scale))
        else:
            rest = [random.choice(pool) for _ in range(inputs - len(half))]
        found[(*half, *rest)] = None
    return tuple(found)


def plain_points(inputs: int) -> tuple[Point, ...]:
    """A few hundred of them, none large, for networks that only the plain evaluator can follow."""
    some = tuple(point for point in points(inputs) if max(map(abs, point)) <= 10**6)[:300]
    return tuple(dict.fromkeys((*_together(inputs), *some)))


def _together(inputs: int) -> list[Point]:
    """Entries close together and far out, where sums of exponentials are next to nothing or huge."""
    found = []
    for centre in (-10, 10, -30, 30, -100, 100, -1000, 1000, -(10**4), 10**4):
        for step in (1, -1, 2):
            found += [tuple(centre + step * (index == other) for index in range(inputs)) for other in range(inputs)]
            found += [tuple(centre + step * (index % 2) for index in range(inputs))]
    return found
