"""Failing inputs far from the box: structured points of every magnitude, evaluated exactly.

Slips of scale and gates with large constants show there. A search finds faults and proves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from random import Random

from grader.networks import arrays, masks
from grader.networks.box import least
from grader.networks.condition import Condition
from grader.networks.program import Program

_POINTS = 4000
_LARGEST_POWER = 62


def counterexample(program: Program, predicate: Condition, domain: Condition) -> tuple[int, ...] | None:
    """The simplest failing point among the structured ones; ``None`` if there is none."""
    inputs = len(program.inputs)
    table = points(inputs, constants(program))
    columns = [arrays.column([point[index] for point in table]).astype(object) for index in range(inputs)]
    largest = max(abs(value) for point in table for value in point)
    bounds = [(-largest, largest)] * inputs
    wrong = arrays.failing(arrays.plan(program, bounds), columns, masks.mask(predicate, columns, bounds))
    return least(columns, wrong & masks.mask(domain, columns, bounds))


def constants(program: Program) -> tuple[int, ...]:
    """Sizes at which the first layer changes its mind."""
    cuts = {abs(cut) for layer in program.layers[:1] for unit in layer for cut in unit.pieces.cuts if abs(cut) > 10}
    return tuple(sorted(cuts)[:20])


@lru_cache(maxsize=8)
def points(inputs: int, sizes: Sequence[int] = (), most: int = _POINTS) -> tuple[tuple[int, ...], ...]:
    """Points whose entries repeat, differ by little, are opposite, or differ widely in size; always the same ones."""
    random = Random(1)
    found: dict[tuple[int, ...], None] = {}
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


def plain_points(inputs: int) -> tuple[tuple[int, ...], ...]:
    """A few hundred of them, none large, for networks that only the plain evaluator can follow."""
    some = tuple(point for point in points(inputs) if max(map(abs, point)) <= 10**6)[:300]
    return tuple(dict.fromkeys((*_together(inputs), *some)))


def _together(inputs: int) -> list[tuple[int, ...]]:
    """Entries close together and far out, where sums of exponentials are next to nothing or huge."""
    found = []
    for centre in (-10, 10, -30, 30, -100, 100, -1000, 1000, -(10**4), 10**4):
        for step in (1, -1, 2):
            found += [tuple(centre + step * (index == other) for index in range(inputs)) for other in range(inputs)]
            found += [tuple(centre + step * (index % 2) for index in range(inputs))]
    return found
