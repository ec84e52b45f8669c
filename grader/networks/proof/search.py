"""Searches for failing inputs far beyond the box. They find faults and prove nothing.

*Structured points* of every magnitude, evaluated exactly: slips of scale and gates with large constants show there.

*Collisions*: inputs that the network cannot tell apart although the predicate can. Where every first-layer unit sees
one input only, the sums that the second layer receives split into a part from the first half of the inputs and a part
from the second. Halves whose parts add up to the sums at the origin are found by sorting, among the multiples of a
few steps, so that millions of inputs are searched in milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from random import Random

import numpy as np

from grader.networks import arrays, condition
from grader.networks.arrays import Array
from grader.networks.box import Point
from grader.networks.condition import Condition
from grader.networks.integer_network import IntegerNetwork, TooLarge
from grader.networks.univariate import value as polynomial_value

_POINTS = 4000
_LARGEST_POWER = 62
_MAGNITUDES = (10**3, 10**9, 10**20, 10**65)
_HALVES = 70_000
_MOST_PAIRS = 1_000_000
_MOST_SUSPECTS = 50_000
_STEPS = 12


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
        columns = np.array(some, dtype=arrays.integer_type(largest)).T
        try:
            found = arrays.counterexample(network, predicate, domain, columns, [(-largest, largest)] * inputs)
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


def collision(network: IntegerNetwork, predicate: Condition, domain: Condition) -> Point | None:
    """A failing input that collides with the origin; ``None`` if the search does not apply or finds none."""
    inputs = len(network.inputs)
    if len(network.layers) < 2 or inputs < 2 or any(len(unit.terms) != 1 for unit in network.layers[0]):
        return None
    for step in _steps(network):
        try:
            found = _collision(network, predicate, domain, step)
        except TooLarge:
            return None
        if found is not None:
            return found
    return None


def _steps(network: IntegerNetwork) -> Iterator[int]:
    """1, powers of 10, and the numbers in the first two layers: what the sums of two halves are apt to share."""
    units = [unit for layer in network.layers[:2] for unit in layer]
    numbers = {abs(weight) for unit in units for _, weight in unit.terms}
    numbers |= {abs(c) for unit in units for value in unit.pieces.values for c in value}
    yield from dict.fromkeys((1, 10, 100, 1000, *sorted(n for n in numbers if 2 < n < 10**12)[:_STEPS]))


def _collision(network: IntegerNetwork, predicate: Condition, domain: Condition, step: int) -> Point | None:
    """The simplest one among the points whose entries are multiples of a step."""
    inputs = len(network.inputs)
    half = (inputs + 1) // 2
    radius = (int(_HALVES ** (1 / half)) - 1) // 2
    parts = _parts(network, radius, step)
    points = np.indices((2 * radius + 1,) * half).reshape(half, -1)
    rest = np.indices((2 * radius + 1,) * (inputs - half)).reshape(inputs - half, -1)
    first = _added(parts[:half], points)
    second = _added(parts[half:], rest)
    origin = _added(parts, np.full((inputs, 1), radius))
    left, right = _matching(first, origin - second)
    small = np.concatenate([points[:, left], rest[:, right]]) - radius
    bounds = [(-radius * step, radius * step)] * inputs
    columns = list(small * step)
    suspect = arrays.mask(predicate, columns, bounds) != condition.holds(predicate, [0] * inputs)
    suspect = np.broadcast_to(suspect & arrays.mask(domain, columns, bounds), columns[0].shape)
    table = small[:, np.flatnonzero(suspect)]
    nearest = np.argsort(np.abs(table).sum(axis=0), kind="stable")[:_MOST_SUSPECTS]
    if not nearest.size:
        return None
    return arrays.counterexample(network, predicate, domain, table[:, nearest] * step, bounds)


def _parts(network: IntegerNetwork, radius: int, step: int) -> list[Array]:
    """For each input: what each of its values adds to one fingerprint of all second-layer sums, modulo 2^64."""
    random = Random(2)
    factors = [random.getrandbits(62) | 1 for _ in network.layers[1]]
    parts = [[0] * (2 * radius + 1) for _ in network.inputs]
    totals = [0] * len(network.layers[0])
    for factor, unit in zip(factors, network.layers[1]):
        for index, weight in unit.terms:
            totals[index] += factor * weight
    for below, total in zip(network.layers[0], totals):
        (source, sign) = below.terms[0]
        for place in range(2 * radius + 1):
            at = sign * (place - radius) * step
            parts[source][place] += total * polynomial_value(list(below.pieces.at(at)), at)
    return [np.array([number % 2**64 for number in part], dtype=np.uint64) for part in parts]


def _added(parts: list[Array], points: Array) -> Array:
    total = np.zeros(points.shape[1], dtype=np.uint64)
    for part, column in zip(parts, points):
        total = total + part[column]
    return total


def _matching(first: Array, second: Array) -> tuple[Array, Array]:
    """Pairs of places at which two arrays are equal: some of them, where there are very many."""
    order = np.argsort(second, kind="stable")
    ranked = second[order]
    starts = np.searchsorted(ranked, first, "left")
    counts = np.minimum(np.searchsorted(ranked, first, "right") - starts, _MOST_PAIRS // first.size)
    total = int(counts.sum())
    left = np.repeat(np.arange(first.size), counts)
    within = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
    return left, order[np.repeat(starts, counts) + within]
