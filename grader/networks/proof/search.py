"""Searches for inputs beyond the box that break a network. What is found is a fault; what is not proves nothing.

Collisions are inputs that a network cannot tell apart although the predicate can. Where every first-layer unit sees
one input only, the sums that the second layer receives split into a part from the first half of the inputs and a part
from the second. Halves whose parts add up to the sums at the origin are found in a table, among the multiples of a few
steps, so that millions of inputs are searched in a moment.

Far points are structured inputs of every magnitude: slips of scale and gates with large constants show there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from itertools import product
from random import Random

from grader.networks import box
from grader.networks.box import Point
from grader.networks.condition import Condition
from grader.networks.network import IntegerNetwork
from grader.networks.pieces import value_at

_HALVES = 9_300
_PLAIN_HALVES = 2_200
"""How many halves of a point there are, and how many without numpy: a smaller search, which may find less."""
_MOST_ALIKE = 14
"""Halves that are tried with one other, of those that go with it."""
_STEPS = 12
_POINTS = 4000
_LARGEST_POWER = 62
_MAGNITUDES = (10**3, 10**9, 10**20, 10**65)


def collision(network: IntegerNetwork, predicate: Condition, domain: Condition) -> Point | None:
    """A failing input that collides with the origin; ``None`` if the search does not apply or finds none.

    Raises ``TooLarge``.
    """
    inputs = len(network.inputs)
    if len(network.layers) < 2 or inputs < 2 or any(len(unit.terms) != 1 for unit in network.layers[0]):
        return None
    half = (inputs + 1) // 2
    radius = (int((_HALVES if find_spec("numpy") else _PLAIN_HALVES) ** (1 / half)) - 1) // 2
    units = [unit for layer in network.layers[:2] for unit in layer]
    numbers = {abs(weight) for unit in units for _, weight in unit.terms}
    numbers |= {abs(c) for unit in units for value in unit.pieces.values for c in value}
    # 1, powers of 10, and the numbers in the first two layers: what the sums of two halves are apt to share
    for step in dict.fromkeys((1, 10, 100, 1000, *sorted(n for n in numbers if 2 < n < 10**12)[:_STEPS])):
        axis = range(-radius * step, radius * step + 1, step)
        parts = _parts(network, axis)
        waiting = defaultdict(list)
        for rest, total in zip(product(axis, repeat=inputs - half), _sums(parts[half:])):
            waiting[total].append(rest)
        origin = sum(part[radius] for part in parts)
        points = [
            (*first, *rest)
            for first, total in zip(product(axis, repeat=half), _sums(parts[:half]))
            for rest in waiting.get(origin - total, ())[:_MOST_ALIKE]
        ]
        found = box.counterexample(network, predicate, domain, points, radius * step) if points else None
        if found is not None:
            return found
    return None


def _parts(network: IntegerNetwork, axis: Sequence[int]) -> list[list[int]]:
    """For each input: what each of its values adds to one fingerprint of all second-layer sums."""
    random = Random(2)
    factors = [random.getrandbits(62) | 1 for _ in network.layers[1]]
    parts = [[0] * len(axis) for _ in network.inputs]
    totals = [0] * len(network.layers[0])
    for factor, unit in zip(factors, network.layers[1]):
        for index, weight in unit.terms:
            totals[index] += factor * weight
    for below, total in zip(network.layers[0], totals):
        ((source, sign),) = below.terms
        for place, entry in enumerate(axis):
            parts[source][place] += total * value_at(below.pieces.at(sign * entry), sign * entry)
    return parts


def _sums(parts: Sequence[Sequence[int]]) -> list[int]:
    """One number of each part, added up, in the order of ``product``."""
    sums = [0]
    for part in parts:
        sums = [total + number for total in sums for number in part]
    return sums


# -- far points --------------------------------------------------------------------------------------------------------


def far_point(network: IntegerNetwork, predicate: Condition, domain: Condition) -> Point | None:
    """The simplest failing point among the structured ones; ``None`` if there is none. Raises ``TooLarge``."""
    sizes = {abs(cut) for unit in network.layers[0] for cut in unit.pieces.cuts if abs(cut) > 10}
    table = points(len(network.inputs), tuple(sorted(sizes)[:20]))
    smallest = 0
    for largest in (*_MAGNITUDES, max(max(map(abs, point)) for point in table)):
        some = [point for point in table if smallest < max(map(abs, point)) <= largest]
        smallest = max(smallest, largest)
        found = box.counterexample(network, predicate, domain, some, largest) if some else None
        if found is not None:
            return found
    return None


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
    """A few hundred, none large, for networks that only the plain evaluator can follow.

    First entries close together and far out, where sums of exponentials are next to nothing or huge.
    """
    found: list[Point] = []
    for centre in (-10, 10, -30, 30, -100, 100, -1000, 1000, -(10**4), 10**4):
        for step in (1, -1, 2):
            found += [tuple(centre + step * (index == other) for index in range(inputs)) for other in range(inputs)]
            found += [tuple(centre + step * (index % 2) for index in range(inputs))]
    found += [point for point in points(inputs) if max(map(abs, point)) <= 10**6][:300]
    return tuple(dict.fromkeys(found))
