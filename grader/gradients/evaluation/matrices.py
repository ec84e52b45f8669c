"""Matrices entry by entry: a function of every entry or pair of entries, differences, inverses, shares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from grader.gradients.domains import Domain
from grader.gradients.shapes import NUMBER, Flexible, Matrix, ShapeError, Value


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


def softmax_jacobian(domain: Domain[Any], shares: Matrix) -> Matrix:
    """diag(s) - s s^T, of the values s of a softmax."""
    outer = [[domain.times(a, b) for b in shares.entries] for a in shares.entries]
    along = diagonal(domain, shares)
    return difference(domain, along, Matrix(outer, along.shape))
