"""Shapes of values, and how they are said by the names of the sizes.

Every value is two-dimensional: a number is 1×1, a vector a column n×1, a row 1×n. No size is ever 1, so the three never
get mixed up. ``ones`` and the identity matrix, written without a size, take the size that their place asks for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Union

import numpy as np

Matrix = np.ndarray[Any, np.dtype[Any]]

Kind = Literal["ones", "ones^T", "identity"]


@dataclass(frozen=True)
class Flexible:
    """``scale`` times a column of ones, a row of ones or the identity matrix, of a size still open."""

    kind: Kind
    scale: float = 1.0


Value = Union[Matrix, Flexible]
Shape = Union[tuple[int, int], Kind]

NUMBER: Shape = (1, 1)


def of(value: Value) -> Shape:
    """The shape of a value."""
    return value.kind if isinstance(value, Flexible) else (value.shape[0], value.shape[1])


def said(shape: Shape, sizes: Mapping[str, int]) -> str:
    """``N×k``, ``N`` for a column, ``1×N`` for a row, ``a number``; sizes that have no name as they are."""
    if isinstance(shape, str):
        return {"ones": "a column", "ones^T": "a row", "identity": "a square matrix"}[shape]
    names = {number: name for name, number in sizes.items()}
    rows, columns = (names.get(number, str(number)) for number in shape)
    if shape == NUMBER:
        return "a number"
    return rows if columns == "1" else f"{rows}×{columns}"


def column(value: Matrix | np.generic) -> Matrix:
    """A number or vector as the two-dimensional array it stands for; a matrix stays as it is."""
    array = np.asarray(value)
    return array if array.ndim == 2 else array.reshape(-1, 1)


class Unfit(Exception):
    """Something that has no value here: shapes that do not fit, a size that stays open.

    ``operands`` are the parts that do not fit, each as it is written and its shape by names.
    """

    def __init__(self, reason: str, operands: tuple[tuple[str, str], ...] = ()) -> None:
        parts = ", ".join(f"{text}: {shape}" for text, shape in operands)
        super().__init__(f"{reason}: {parts}" if parts else reason)
        self.reason = reason
        self.operands = operands
