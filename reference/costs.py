"""Costs, derived from evaluation plans by one lemma, and the values of the small examples.

The lemma: the product of an a×b and a b×c matrix takes abc scalar multiplications (each of the a·c entries is a dot
product of length b). Memory counts every number in the inputs, the intermediates and the result once. Vectors are
columns; a transpose costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

import sympy
from sympy.polys.rings import PolyElement

_, m, n = sympy.ring("m, n", sympy.ZZ)

Size = Union[PolyElement, int]
"""A polynomial in n and m: all that sums and products of sizes give."""


@dataclass(frozen=True)
class Matrix:
    """A matrix by name and shape; the name is what memory counts, so a transpose is the same matrix."""

    name: str
    rows: Size
    columns: Size

    @property
    def T(self) -> Matrix:
        return Matrix(self.name, self.columns, self.rows)


@dataclass(frozen=True)
class Step:
    """One matrix product, ``result = left right``."""

    result: str
    left: Matrix
    right: Matrix

    def __post_init__(self) -> None:
        if self.left.columns != self.right.rows:
            raise ValueError(f"{self.result}: {self.left} and {self.right} do not fit")

    @property
    def value(self) -> Matrix:
        return Matrix(self.result, self.left.rows, self.right.columns)

    @property
    def multiplications(self) -> Size:
        return self.left.rows * self.left.columns * self.right.columns


def time(plan: tuple[Step, ...]) -> Size:
    """Scalar multiplications of a plan."""
    return sum(step.multiplications for step in plan)


def memory(plan: tuple[Step, ...]) -> Size:
    """Numbers held by a plan: inputs, intermediates and result, each matrix once."""
    held = {matrix.name: matrix for step in plan for matrix in (step.left, step.right, step.value)}
    return sum(matrix.rows * matrix.columns for matrix in held.values())


def column(name: str, size: Size) -> Matrix:
    """A vector, as a column."""
    return Matrix(name, size, 1)


def hessian() -> tuple[Step, ...]:
    """2.2.2: H = v vᵀ."""
    v = column("v", n)
    return (Step("H", v, v.T),)


def vector_reverse() -> tuple[Step, ...]:
    """2.3, reverse mode: M = vᵀ y, then z = v M."""
    v, y = column("v", n), column("y", n)
    inner = Step("M", v.T, y)
    return (inner, Step("z", v, inner.value))


def vector_forward() -> tuple[Step, ...]:
    """2.3, forward mode: H = v vᵀ, then z = H y."""
    v, y = column("v", n), column("y", n)
    outer = Step("H", v, v.T)
    return (outer, Step("z", outer.value, y))


def matrix_reverse() -> tuple[Step, ...]:
    """2.4, reverse mode: y1 y2ᵀ, then vᵀ(·), then v(·)."""
    v, y1, y2 = column("v", n), column("y1", n), column("y2", m)
    outer = Step("B1", y1, y2.T)
    row = Step("B2", v.T, outer.value)
    return (outer, row, Step("Z", v, row.value))


def matrix_forward() -> tuple[Step, ...]:
    """2.4, forward mode: v vᵀ, then (·) y1, then (·) y2ᵀ."""
    v, y1, y2 = column("v", n), column("y1", n), column("y2", m)
    outer = Step("A1", v, v.T)
    product = Step("A2", outer.value, y1)
    return (outer, product, Step("Z", product.value, y2.T))


def _costs(item: str, plan: tuple[Step, ...]) -> dict[str, str]:
    return {f"{item}.time": str(time(plan)), f"{item}.memory": str(memory(plan))}


def forward_better() -> str:
    """2.4: forward mode is the better choice where it takes less time."""
    return f"{time(matrix_forward())} < {time(matrix_reverse())}"


COSTS = {
    **_costs("2.2.2", hessian()),
    **_costs("2.3.reverse", vector_reverse()),
    **_costs("2.3.forward", vector_forward()),
    **_costs("2.4.reverse", matrix_reverse()),
    **_costs("2.4.forward", matrix_forward()),
    "2.4.forward_better_when": forward_better(),
}

V, Y = (1, 2, 3), (1, 1, 1)
HESSIAN = [[a * b for b in V] for a in V]

VALUES = {
    "2.2.1.H": HESSIAN,
    "2.3.z": [sum(entry * y for entry, y in zip(row, Y)) for row in HESSIAN],
}
