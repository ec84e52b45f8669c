"""Shapes of values by the names of the sizes, and the two ways an equation can have no value.

Every value has rows and columns: a number is 1×1, a vector a column n×1, a row 1×n. An axis is the name of a size or a
whole number that was typed, and axes fit where these are the same: that two sizes are equal in some run never makes a
product fit. ``ones`` and the identity matrix, written without a size, take the size that their place asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple, Union

from grader.frozen import frozen
from grader.gradients.domains import Domain

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


@frozen
class Flexible:
    """``scale`` times a column of ones, a row of ones or the identity matrix, of a size still open."""

    kind: Kind
    scale: Any


Value = Union[Matrix, Flexible]


def of(value: Value) -> Shape:
    """The shape of a value."""
    return value.kind if isinstance(value, Flexible) else value.shape


def length(axis: Axis, sizes: Mapping[str, int]) -> int:
    """How many entries stand along an axis: a number, or a size."""
    return axis if isinstance(axis, int) else int(axis) if axis.isdigit() else sizes[axis]


def is_vector(shape: Shape) -> bool:
    """Whether a shape is a column or a row."""
    return not isinstance(shape, str) and shape != NUMBER and 1 in shape


def described(shape: Shape) -> str:
    """``N×k``, ``N`` for a column, ``1×N`` for a row, ``a number``."""
    if isinstance(shape, str):
        return {"ones": "a column", "ones^T": "a row", "identity": "a square matrix"}[shape]
    if shape == NUMBER:
        return "a number"
    rows, columns = shape
    return str(rows) if columns == 1 else f"{rows}×{columns}"


class NoValue(Exception):
    """An equation gives nothing: one of three reasons."""


class ShapeError(NoValue):
    """Shapes that do not fit (``W3: N×k, y_bar: N``), or what has no value in an equation: the equation is wrong."""


class Unplaced(NoValue):
    """An index whose range cannot be told, or a label where an array is meant: the equation is not understood."""


class Limit(NoValue):
    """Evaluating takes more steps than are allowed."""


def single(entry: Any) -> Matrix:
    """A number."""
    return Matrix([[entry]], (1, 1))


def mapped(function: Callable[[Any], Any], matrix: Matrix) -> Matrix:
    """A function of each entry."""
    return Matrix([[function(entry) for entry in row] for row in matrix.rows], matrix.shape)


def zipped(function: Callable[[Any, Any], Any], left: Value, right: Value) -> Matrix:
    """A function of each pair of entries; a number, or ones of an open size, goes with every entry of the other.

    Raises:
        ShapeError: the shapes differ, and neither is a number.
    """
    a, b = (single(side.scale) if isinstance(side, Flexible) else side for side in (left, right))
    if a.shape != b.shape:
        if NUMBER not in (a.shape, b.shape):
            raise ShapeError("A condition compares things of different shapes")
        a, b = (a, spread(b, a)) if b.shape == NUMBER else (spread(a, b), b)
    return Matrix([[function(x, y) for x, y in zip(*pair)] for pair in zip(a.rows, b.rows)], a.shape)


def spread(matrix: Matrix, like: Matrix) -> Matrix:
    """A matrix with as many rows and columns as another: a number at every entry, a vector in every row."""
    if matrix.shape == like.shape:
        return matrix
    row = matrix.rows[0] * len(like.rows[0]) if matrix.shape == NUMBER else matrix.entries
    return Matrix([list(row) for _ in like.rows], like.shape)


def difference(domain: Domain[Any], left: Matrix, right: Matrix) -> Matrix:
    """left - right."""
    return zipped(lambda a, b: domain.add(a, domain.negative(b)), left, right)


def inverse(domain: Domain[Any], matrix: Matrix) -> Matrix:
    """By elimination; all entries are without a value where the matrix has no inverse, or has such entries."""
    size = len(matrix.rows)
    times, over, add, one = domain.times, domain.over, domain.add, domain.one
    unit = [[one if i == j else domain.zero for j in range(size)] for i in range(size)]
    rows = [[*left, *right] for left, right in zip(matrix.rows, unit)]
    for place in range(size):
        pivot = next((i for i in range(place, size) if over(one, rows[i][place]) is not None), None)
        if pivot is None:
            return mapped(lambda entry: None, matrix)
        rows[place], rows[pivot] = rows[pivot], rows[place]
        head = rows[place][place]
        rows[place] = [over(entry, head) for entry in rows[place]]
        for i in range(size):
            if i != place:
                factor = domain.negative(rows[i][place])
                rows[i] = [add(a, times(factor, b)) for a, b in zip(rows[i], rows[place])]
    return Matrix([row[size:] for row in rows], matrix.shape)


def diagonal(domain: Domain[Any], vector: Matrix) -> Matrix:
    """The square matrix with the entries of a vector along its diagonal."""
    entries, axis = vector.entries, vector.shape[0] if vector.shape[1] == 1 else vector.shape[1]
    rows = [[entry if i == j else domain.zero for j in range(len(entries))] for i, entry in enumerate(entries)]
    return Matrix(rows, (axis, axis))
