"""The finite-pattern proof: where only the order of the inputs and small gaps matter, finitely many inputs are all.

Let every first-layer unit see one difference x_i - x_j only, through a function that is constant from k on and from -k
down, and let the conditions do the same. Sort the inputs; replacing a gap of more than k between neighbours by k
changes no unit and no condition. Nor does moving all inputs together. So the inputs with least entry 0 and gaps of at
most k stand for all integers: 75 patterns for four inputs and k = 1, 4,683 for six.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import factorial

import numpy as np

from grader.networks import arrays, condition, masks
from grader.networks.arrays import Array
from grader.networks.box import least
from grader.networks.condition import Condition
from grader.networks.program import Program

MOST_PATTERNS = 700_000


def reach(program: Program, conditions: Sequence[Condition]) -> int | None:
    """The k of the proof; ``None`` where some unit or condition sees more than one difference."""
    found = 1
    for unit in program.layers[0] if program.layers else ():
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


def count(inputs: int, gap: int) -> int:
    """How many patterns there are: the weak orders with m classes, times gap^(m - 1)."""
    return sum(_surjections(inputs, classes) * gap ** (classes - 1) for classes in range(1, inputs + 1))


def _surjections(inputs: int, classes: int) -> int:
    choose = [factorial(classes) // factorial(k) // factorial(classes - k) for k in range(classes + 1)]
    return sum((-1) ** (classes - k) * choose[k] * k**inputs for k in range(classes + 1))


def counterexample(program: Program, predicate: Condition, domain: Condition, gap: int) -> tuple[int, ...] | None:
    """The simplest failing pattern within the domain; ``None`` proves the program for all integers there."""
    inputs = len(program.inputs)
    table = listed(inputs, gap)
    columns = list(table)
    bounds = [(0, gap * (inputs - 1))] * inputs
    wrong = arrays.failing(arrays.plan(program, bounds), columns, masks.mask(predicate, columns, bounds))
    wrong = wrong & masks.mask(domain, columns, bounds)
    middle = np.sort(table, axis=0)[inputs // 2]  # moved there, the sum of sizes is least
    return least(list(table - middle), wrong)


@lru_cache(maxsize=8)
def listed(inputs: int, gap: int) -> Array:
    """The patterns: a row an input, a column a pattern."""
    ranks = np.indices((inputs,) * inputs, dtype=np.int8).reshape(inputs, -1)
    present = np.zeros((inputs, ranks.shape[1]), dtype=bool)
    for row in ranks:
        present[row, np.arange(ranks.shape[1])] = True
    classes = present.sum(axis=0)
    full = np.take_along_axis(np.cumsum(present, axis=0), classes[None, :] - 1, axis=0)[0] == classes
    blocks = []
    for number in range(1, inputs + 1):
        orders = ranks[:, full & (classes == number)]
        gaps = np.indices((gap,) * (number - 1), dtype=np.int16).reshape(number - 1, gap ** (number - 1)) + 1
        levels = np.concatenate([np.zeros((1, gaps.shape[1]), dtype=np.int16), np.cumsum(gaps, axis=0)])
        blocks.append(levels[orders].reshape(inputs, -1))
    return np.concatenate(blocks, axis=1).astype(np.int16)
