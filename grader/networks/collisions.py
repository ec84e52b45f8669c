"""Meeting in the middle: different inputs that the network cannot tell apart although the predicate can.

Where every first-layer unit sees one input only, the sums that the second layer receives split into a part from the
first half of the inputs and a part from the second. Halves whose parts add up to the sums at the origin are found by
sorting, so that inputs far beyond the box are searched in milliseconds. A search finds faults and proves nothing.
"""

from __future__ import annotations

from random import Random

import numpy as np

from grader.networks import arrays, condition, masks
from grader.networks.arrays import Array
from grader.networks.box import least
from grader.networks.condition import Condition
from grader.networks.polynomial import value as polynomial_value
from grader.networks.program import Program

_HALVES = 70_000
_MOST_PAIRS = 5_000_000


def counterexample(program: Program, predicate: Condition, domain: Condition) -> tuple[int, ...] | None:
    """The simplest failing input that collides with the origin; ``None`` if the search does not apply or finds none."""
    inputs = len(program.inputs)
    if len(program.layers) < 2 or inputs < 2 or any(len(unit.terms) != 1 for unit in program.layers[0]):
        return None
    half = (inputs + 1) // 2
    radius = (int(_HALVES ** (1 / half)) - 1) // 2
    parts = _parts(program, radius)
    points = np.indices((2 * radius + 1,) * half).reshape(half, -1)
    rest = np.indices((2 * radius + 1,) * (inputs - half)).reshape(inputs - half, -1)
    first = _added(parts[:half], points)
    second = _added(parts[half:], rest)
    origin = _added(parts, np.full((inputs, 1), radius))
    pairs = _matching(first, origin - second)
    if pairs is None:
        return None
    columns = [*(points[:, pairs[0]] - radius), *(rest[:, pairs[1]] - radius)]
    bounds = [(-radius, radius)] * inputs
    suspect = masks.mask(predicate, columns, bounds) != condition.holds(predicate, [0] * inputs)
    suspect = np.broadcast_to(suspect & masks.mask(domain, columns, bounds), columns[0].shape)
    columns = [column[suspect] for column in columns]
    if not columns[0].size:
        return None
    wrong = arrays.failing(arrays.plan(program, bounds), columns, masks.mask(predicate, columns, bounds))
    return least(columns, wrong)


def _parts(program: Program, radius: int) -> list[Array]:
    """For each input: what each of its values adds to one fingerprint of all second-layer sums, modulo 2^64."""
    random = Random(2)
    factors = [random.getrandbits(62) | 1 for _ in program.layers[1]]
    parts = [[0] * (2 * radius + 1) for _ in program.inputs]
    for factor, unit in zip(factors, program.layers[1]):
        for index, weight in unit.terms:
            below = program.layers[0][index]
            (source, sign) = below.terms[0]
            for place in range(2 * radius + 1):
                at = sign * (place - radius)
                parts[source][place] += factor * weight * polynomial_value(list(below.pieces.at(at)), at)
    return [np.array([number % 2**64 for number in part], dtype=np.uint64) for part in parts]


def _added(parts: list[Array], points: Array) -> Array:
    total = np.zeros(points.shape[1], dtype=np.uint64)
    for part, column in zip(parts, points):
        total = total + part[column]
    return total


def _matching(first: Array, second: Array) -> tuple[Array, Array] | None:
    order = np.argsort(second, kind="stable")
    ranked = second[order]
    starts = np.searchsorted(ranked, first, "left")
    counts = np.searchsorted(ranked, first, "right") - starts
    total = int(counts.sum())
    if not 0 < total <= _MOST_PAIRS:
        return None
    left = np.repeat(np.arange(first.size), counts)
    within = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
    return left, order[np.repeat(starts, counts) + within]
