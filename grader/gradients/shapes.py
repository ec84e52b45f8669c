"""Matrices over axes with names: shapes, entries, and the three ways an equation can have no value.

Every value has rows and columns: a number is 1×1, a vector a column n×1, a row 1×n. An axis is the name of a size or a
whole number that was typed, and axes fit where these are the same: that two sizes are equal in some run never makes a
product fit. ``ones`` and the identity matrix, written without a size, take the size that their place asks for: till
then their axis is ``OPEN``, and their one entry stands for all that are not 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple, Union

from grader.frozen import frozen
from grader.gradients.domains import Domain
from grader.language.nodes import Node, Product, Sign

Axis = Union[str, int]
Shape = tuple[Axis, Axis]

NUMBER: Shape = (1, 1)
OPEN = "?"
ONES: Shape = (OPEN, 1)
IDENTITY: Shape = (OPEN, OPEN)


class Matrix(NamedTuple):
    """Entries of a domain by rows, None for one without a value (0/0, a case left out), with the axes they stand on."""

    rows: list[list[Any]]
    shape: Shape

    @property
    def transposed(self) -> Matrix:
        """Rows for columns."""
        return Matrix([list(column) for column in zip(*self.rows)], (self.shape[1], self.shape[0]))

    @property
    def entries(self) -> list[Any]:
        """All entries, row after row."""
        return [entry for row in self.rows for entry in row]


def length(axis: Axis, sizes: Mapping[str, int]) -> int:
    """How many entries stand along an axis: a number, or a size."""
    return axis if isinstance(axis, int) else int(axis) if axis.isdigit() else sizes[axis]


def is_vector(shape: Shape) -> bool:
    """Whether a shape is a column or a row."""
    return shape != NUMBER and 1 in shape and OPEN not in shape


def described(shape: Shape) -> str:
    """``N×k``, ``N`` for a column, ``1×N`` for a row, ``a number``."""
    if shape == NUMBER:
        return "a number"
    rows, columns = shape
    if OPEN in shape:
        return "a square matrix" if shape == IDENTITY else "a column" if columns == 1 else "a row"
    return str(rows) if columns == 1 else f"{rows}×{columns}"


class NoValue(Exception):
    """An equation gives nothing: one of three reasons."""


class ShapeError(NoValue):
    """Shapes that do not fit (``W3: N×k, y_bar: N``), or what has no value in an equation: the equation is wrong."""


class Unplaced(NoValue):
    """An index whose range cannot be told, or a label where an array is meant: the equation is not understood."""


class Limit(NoValue):
    """Evaluating takes more steps than are allowed."""


def single(entry: Any, shape: Shape = NUMBER) -> Matrix:
    """A number, or what has one entry till its size is known."""
    return Matrix([[entry]], shape)


def arranged(entries: Sequence[Any], columns: int, shape: Shape) -> Matrix:
    """A matrix of so many columns from its entries, row after row."""
    return Matrix([list(entries[at : at + columns]) for at in range(0, len(entries), columns)], shape)


def mapped(function: Callable[[Any], Any], matrix: Matrix) -> Matrix:
    """A function of each entry."""
    return Matrix([[function(entry) for entry in row] for row in matrix.rows], matrix.shape)


def zipped(function: Callable[[Any, Any], Any], left: Matrix, right: Matrix) -> Matrix:
    """A function of each pair of entries; a number, or what is of an open size, goes with every entry of the other.

    Raises ``ShapeError`` where the shapes differ, and neither is a number.
    """
    if left.shape != right.shape:
        if right.shape == NUMBER or OPEN in right.shape:
            right = spread(right, left)
        elif left.shape == NUMBER or OPEN in left.shape:
            left = spread(left, right)
        else:
            raise ShapeError("A condition compares things of different shapes")
    return Matrix([[function(x, y) for x, y in zip(*pair)] for pair in zip(left.rows, right.rows)], left.shape)


def spread(matrix: Matrix, like: Matrix) -> Matrix:
    """A matrix with as many rows and columns as another: a single entry everywhere, a vector in every row."""
    if matrix.shape == like.shape:
        return matrix
    row = matrix.entries if len(matrix.rows) > 1 else matrix.rows[0] * len(like.rows[0])
    return Matrix([list(row) for _ in like.rows], like.shape)


def inverse(domain: Domain[Any], matrix: Matrix) -> Matrix:
    """By elimination; all entries are without a value where the matrix has no inverse, or has such entries."""
    size = len(matrix.rows)
    times, over, minus, one = domain.times, domain.over, domain.minus, domain.one
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
                factor = rows[i][place]
                rows[i] = [minus(a, times(factor, b)) for a, b in zip(rows[i], rows[place])]
    return Matrix([row[size:] for row in rows], matrix.shape)


def diagonal(domain: Domain[Any], vector: Matrix) -> Matrix:
    """The square matrix with the entries of a vector along its diagonal."""
    entries, axis = vector.entries, vector.shape[0] if vector.shape[1] == 1 else vector.shape[1]
    rows = [[entry if i == j else domain.zero for j in range(len(entries))] for i, entry in enumerate(entries)]
    return Matrix(rows, (axis, axis))


Way = Literal["entrywise", "beside", "divide", "matrix", "row", "inner", "identity"]


@frozen
class Join:
    """Two sides of a product with the sign between them, the product they take, and its shape.

    A side is a place among the factors, or a join. ``way`` is None where they do not fit.
    """

    left: Side
    sign: Sign
    right: Side
    way: Way | None = None
    shape: Shape = NUMBER


Side = Union[int, Join]


def joined(left: Shape, sign: Sign, right: Shape, lenient: bool = False) -> tuple[Way, Shape] | None:
    """The way two shapes multiply and the shape of the result; None where they do not fit.

    Two columns side by side do not fit: whether their inner, outer or entrywise product is meant, the sign must say.
    Only where nothing else fits (``lenient``) are they multiplied by entries. ``a @ b`` and ``dot(a, b)`` of two
    vectors are the inner product, and ``a @ B`` takes the vector for a row and gives a vector again, as in numpy.
    """
    if sign == "/":
        return _divided(left, right)
    if left == NUMBER or right == NUMBER:
        return "entrywise", right if left == NUMBER else left
    if sign == "@" and left == right and is_vector(left) and left[1] == 1:
        return "inner", NUMBER
    if sign in ("∘", "*"):
        if (OPEN in left) != (OPEN in right) and IDENTITY not in (left, right):
            array = right if OPEN in left else left
            if sign == "∘" or 1 in array:
                return "entrywise", array
        if left == right and OPEN not in left:
            return "entrywise", left
        if sign == "∘":
            return None
    fit = _multiplied(left, right)
    if fit is None and sign == "@" and left[1] == 1 and left[0] == right[0] != OPEN:
        return "row", (right[1], 1)
    if fit is None and lenient and sign == "" and left == right and is_vector(left):
        return "beside", left
    return fit


def _divided(left: Shape, right: Shape) -> tuple[Way, Shape] | None:
    if IDENTITY in (left, right) or right == ONES[::-1]:
        return None
    if right in (NUMBER, ONES):
        return "divide", left
    if left in (NUMBER, ONES, right):
        return "divide", right
    return None


def _multiplied(left: Shape, right: Shape) -> tuple[Way, Shape] | None:
    if IDENTITY in (left, right):
        return "identity", right if left == IDENTITY else left
    if (OPEN in left and OPEN in right) or (left[1] != right[0] and OPEN not in (left[1], right[0])):
        return None
    # ones v^T is square: nothing else can be meant where the size is left open.
    rows, columns = left[0], right[1]
    return "matrix", (columns if rows == OPEN else rows, rows if columns == OPEN else columns)


_USUAL: Sequence[tuple[tuple[Sign, ...], bool]] = (
    (("", "@"), False),
    ((), False),
    (("", "@"), True),
    (("∘", "/"), False),
    ((), True),
)
"""Ways to read a chain of factors: the signs that bind first, and whether the rest goes from right to left."""


@lru_cache(maxsize=4096)
def joined_up(shapes: tuple[Shape, ...], signs: tuple[Sign, ...]) -> Join:
    """How a chain of factors is read; where it cannot be, the first join that does not fit.

    It is the first of the usual readings whose products all fit: matrix products first and then the rest left to right
    (``A^T u ∘ v``); strictly left to right; matrix products first and then right to left (``v * A^T * u``); entrywise
    products first (``A^T relu'(v) ∘ u``); side by side from the right (``A^T (u v)``). Where none fits, the same with
    two vectors side by side multiplied by entries.
    """
    readings = (_read(shapes, signs, *way, lenient=lenient) for lenient in (False, True) for way in _USUAL)
    first = next(readings)
    return first if first.way else next((found for found in readings if found.way), first)


def _read(
    shapes: Sequence[Shape], signs: Sequence[Sign], tight: tuple[Sign, ...], rightwards: bool, lenient: bool
) -> Join:
    """Runs joined by the tight signs, and then the runs; or the first join that does not fit."""

    def join(left: Side, sign: Sign, right: Side) -> Join:
        for side in (left, right):
            if isinstance(side, Join) and side.way is None:
                return side
        a, b = (side.shape if isinstance(side, Join) else shapes[side] for side in (left, right))
        way, shape = joined(a, sign, b, lenient) or (None, NUMBER)
        return Join(left, sign, right, way, shape)

    runs, between = list[Side]([0]), list[Sign]()
    for place, sign in enumerate(signs, start=1):
        if sign in tight:
            runs[-1] = join(runs[-1], sign, place)
        else:
            runs.append(place)
            between.append(sign)
    waiting, later = runs[:1], list[Sign]()
    for sign, run in zip(between, runs[1:]):
        # A quotient keeps its divisor: a * b / c * d is a * ((b / c) * d).
        if sign == "/" or not rightwards:
            waiting[-1] = join(waiting[-1], sign, run)
        else:
            waiting.append(run)
            later.append(sign)
    last = waiting.pop()
    while waiting:
        last = join(waiting.pop(), later.pop(), last)
    assert isinstance(last, Join)
    return last


def written(side: Side, node: Product) -> Node:
    """A side of a join as a node, products of products as one chain where they read the same."""
    parts: list[tuple[Sign, Node]] = []
    while isinstance(side, Join):
        parts.insert(0, (side.sign, written(side.right, node)))
        side = side.left
    first = node.factors[side]
    return Product((first, *(part for _, part in parts)), tuple(sign for sign, _ in parts)) if parts else first
