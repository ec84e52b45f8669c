"""Conditions on whole arrays of inputs: where they hold."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from grader.networks import arrays
from grader.networks.arrays import Array, Bounds
from grader.networks.condition import And, Atom, Condition, Or


def mask(
    condition: Condition, inputs: Sequence[Array], bounds: Sequence[Bounds], known: dict[Condition, Array] | None = None
) -> Array:
    """Where a condition holds; ``known`` keeps what was computed for the same inputs."""
    known = {} if known is None else known
    if condition not in known:
        if isinstance(condition, Atom):
            known[condition] = _atom(condition, inputs, bounds)
        else:
            known[condition] = _joined(condition, [mask(part, inputs, bounds, known) for part in condition.parts])
    return known[condition]


def _joined(condition: And | Or, parts: list[Array]) -> Array:
    join, start = (np.logical_and, True) if isinstance(condition, And) else (np.logical_or, False)
    total: Array = np.array(start)
    owned = False
    for part in sorted(parts, key=lambda part: part.size):
        out = total if owned and arrays.within(part, total) else None
        total = part if total.ndim == 0 and bool(total) is start else join(total, part, out=out)
        owned = total is not part
    return total


def _atom(atom: Atom, inputs: Sequence[Array], bounds: Sequence[Bounds]) -> Array:
    compare = {"<": np.less, "<=": np.less_equal, "=": np.equal, "!=": np.not_equal}[atom.relation]
    if atom.linear and [c for _, c in atom.terms] in ([1, -1], [-1, 1]) and all(monomial for monomial, _ in atom.terms):
        first, second = (inputs[monomial[0][0]] for monomial, _ in atom.terms)
        return np.asarray(compare(first, second) if atom.terms[0][1] == 1 else compare(second, first), dtype=bool)
    sizes = [max(abs(low), abs(high)) for low, high in bounds]
    bound = sum(abs(c) * prod(max(sizes[i], 1) ** power for i, power in monomial) for monomial, c in atom.terms)
    kind = arrays.integer_type(bound)
    total: Array = np.zeros((), dtype=kind)
    for monomial, coefficient in atom.terms:
        term: Array = np.array(coefficient, dtype=kind)
        for index, power in monomial:
            for _ in range(power):
                term = term * inputs[index].astype(kind)
        total = total + term
    return np.asarray(compare(total, 0), dtype=bool)
