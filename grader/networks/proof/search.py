"""Collisions: inputs that a network cannot tell apart although the predicate can.

Where every first-layer unit sees one input only, the sums that the second layer receives split into a part from the
first half of the inputs and a part from the second. Halves whose parts add up to the sums at the origin are found by
sorting, among the multiples of a few steps, so that millions of inputs are searched in milliseconds. What is found is a
fault; what is not proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import numpy as np

from grader.networks import arrays, condition
from grader.networks.arrays import Array
from grader.networks.box import Point
from grader.networks.condition import Condition
from grader.networks.integer_network import IntegerNetwork, TooLarge
from grader.networks.univariate import value as polynomial_value

_HALVES = 70_000
_MOST_PAIRS = 1_000_000
_MOST_SUSPECTS = 50_000
_STEPS = 12


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
