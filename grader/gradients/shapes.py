"""Shapes of values by the names of the sizes, and the two ways an equation can have no value.

Every value has rows and columns: a number is 1×1, a vector a column n×1, a row 1×n. An axis is the name of a size or a
whole number that was typed, and axes fit where these are the same: that two sizes are equal in some run never makes a
product fit. ``ones`` and the identity matrix, written without a size, take the size that their place asks for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Union

Axis = Union[str, int]
Kind = Literal["ones", "ones^T", "identity"]
Shape = Union[tuple[Axis, Axis], Kind]

NUMBER: Shape = (1, 1)

Rows = list[list[Any]]
"""Entries in a domain; None is an entry without a value (0/0, a case that is left out)."""


class Matrix(NamedTuple):
    """Entries by rows, with the axes they stand on."""

    rows: Rows
    shape: tuple[Axis, Axis]

    @property
    def transposed(self) -> Matrix:
        """Rows for columns."""
        return Matrix([list(column) for column in zip(*self.rows)], (self.shape[1], self.shape[0]))

    @property
    def entries(self) -> list[Any]:
        """All entries, row after row."""
        return [entry for row in self.rows for entry in row]


@dataclass(frozen=True)
class Flexible:
    """``scale`` times a column of ones, a row of ones or the identity matrix, of a size still open."""

    kind: Kind
    scale: Any


Value = Union[Matrix, Flexible]


def of(value: Value) -> Shape:
    """The shape of a value."""
    return value.kind if isinstance(value, Flexible) else value.shape


def is_vector(shape: Shape) -> bool:
    """Whether a shape is a column or a row."""
    return not isinstance(shape, str) and shape != NUMBER and 1 in shape


def said(shape: Shape) -> str:
    """``N×k``, ``N`` for a column, ``1×N`` for a row, ``a number``."""
    if isinstance(shape, str):
        return {"ones": "a column", "ones^T": "a row", "identity": "a square matrix"}[shape]
    if shape == NUMBER:
        return "a number"
    rows, columns = shape
    return str(rows) if columns == 1 else f"{rows}×{columns}"


class ShapeError(Exception):
    """Shapes that do not fit, or something that has no value in an equation: the equation is wrong.

    ``operands`` are the parts that do not fit, each as it is written and its shape.
    """

    def __init__(self, reason: str, operands: tuple[tuple[str, str], ...] = ()) -> None:
        parts = ", ".join(f"{text}: {shape}" for text, shape in operands)
        super().__init__(f"{reason}: {parts}" if parts else reason)
        self.reason = reason
        self.operands = operands


class Unplaced(Exception):
    """An index whose range cannot be told, or a label where an array is meant: the equation is not understood."""


class Limit(Exception):
    """Evaluating takes more steps than are allowed."""
