"""Vectors and matrices that were typed out, evaluated to exact numbers: sums, products and transposes of them too."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from fractions import Fraction
from itertools import chain
from typing import Union

from grader.frozen import frozen
from grader.language import exact
from grader.language.nodes import Array, Call, Meaning, Negative, Node, Number, Product, Span, Sum, Transpose
from grader.language.unreadable import Unreadable

ENTRIES = 20_000
Rows = tuple[tuple[Fraction, ...], ...]


@frozen
class Matrix:
    """Rows of equal length. A ``flat`` one was typed as a plain list, neither a row nor a column yet; a
    ``turned`` one is the transpose of such a list.
    """

    rows: Rows
    flat: bool = False
    turned: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.rows), len(self.rows[0])

    @property
    def transposed(self) -> Matrix:
        return Matrix(tuple(zip(*self.rows)))


Value = Union[Fraction, Matrix]


def evaluate(node: Node) -> Array:
    """The array that the node is worth, with numbers as entries: flat for a plain list, rows of numbers otherwise.

    Raises ``Unreadable`` for anything else: a number alone, ragged rows, shapes that do not fit, unknown names.
    """
    try:
        result = _Worth().of(node)
    except exact.Undefined as error:
        raise Unreadable("read.too-large", f"This holds {error}.", node.span) from None
    if isinstance(result, Fraction):
        raise Unreadable("read.not-an-array", "This is a number; a list of numbers is asked for.", node.span)
    rows = [tuple(map(Number, row)) for row in result.rows]
    return Array(rows[0] if result.flat else tuple(map(Array, rows)), span=node.span)


class _Worth(Meaning["Value"]):
    """A number, or a matrix; what has no meaning here must be a number."""

    def array_(self, node: Array) -> Value:
        entries = [self.of(entry) for entry in node.entries]
        numbers = tuple(entry for entry in entries if isinstance(entry, Fraction))
        if len(numbers) == len(entries):
            return Matrix((numbers,), flat=True)
        rows: list[tuple[Fraction, ...]] = []
        for place, entry in zip(node.entries, entries):
            if isinstance(entry, Fraction):
                raise Unreadable("read.ragged", "A number stands beside a row.", place.span)
            if not entry.flat and len(entry.rows) != 1 and not (len(entries) > 1 and entry.shape[1] == 1):
                raise Unreadable("read.not-an-array", "There are more than two levels of brackets.", place.span)
            # Columns side by side, as in [a^T, b^T], are rare; a column among rows stands for its entries.
            rows.append(entry.rows[0] if len(entry.rows) == 1 else tuple(row[0] for row in entry.rows))
            if len(rows[-1]) != len(rows[0]):
                counted = "entry" if len(rows[-1]) == 1 else "entries"
                message = f"Row {len(rows)} has {len(rows[-1])} {counted}, the first row has {len(rows[0])}."
                raise Unreadable("read.ragged", message, place.span)
        return Matrix(tuple(rows))

    def negative_(self, node: Negative) -> Value:
        return _scaled(Fraction(-1), self.of(node.operand))

    def transpose_(self, node: Transpose) -> Value:
        inner = self.of(node.operand)
        return inner if isinstance(inner, Fraction) else Matrix(inner.transposed.rows, turned=inner.flat)

    def sum_(self, node: Sum) -> Value:
        total = self.of(node.terms[0])
        for term in node.terms[1:]:
            total = _added(total, self.of(term), node.span)
        return total

    def product_(self, node: Product) -> Value:
        total = self.of(node.factors[0])
        for sign, factor in zip(node.signs, node.factors[1:]):
            operand = self.of(factor)
            if sign == "/" and (not isinstance(operand, Fraction) or operand == 0):
                raise Unreadable("read.division", "This divides by zero or by a list.", factor.span)
            if isinstance(operand, Fraction):
                total = _scaled(1 / operand if sign == "/" else operand, total)
            elif isinstance(total, Fraction):
                total = _scaled(total, operand)
            else:
                total = _matrix_product(total, operand, sign == "∘", node.span)
        return total

    def call_(self, node: Call) -> Value:
        if node.function not in ("diag", "eye", "zeros", "ones", "sum"):
            return self.other(node)
        return _built(node.function, [self.of(argument) for argument in node.arguments], node.span)

    def other(self, node: Node) -> Fraction:
        try:
            return exact.value(node)
        except exact.Undefined as error:
            message, expected = f"This entry is not a number: {error}.", "a number such as 2, -0.5 or 1/2"
            raise Unreadable("read.not-a-number", message, node.span, expected=expected) from None


def _scaled(factor: Fraction, operand: Value) -> Value:
    if isinstance(operand, Fraction):
        return exact.bounded(factor * operand)
    return Matrix(tuple(tuple(exact.bounded(factor * entry) for entry in row) for row in operand.rows), operand.flat)


def _by_entries(joined: Callable[[Fraction, Fraction], Fraction], left: Matrix, right: Matrix) -> Matrix:
    rows = (tuple(map(exact.bounded, map(joined, one, other))) for one, other in zip(left.rows, right.rows))
    return Matrix(tuple(rows), left.flat and right.flat)


def _added(left: Value, right: Value, span: Span) -> Value:
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return exact.bounded(left + right)
    if isinstance(left, Fraction) or isinstance(right, Fraction):
        raise Unreadable("read.shapes", "A number cannot be added to a list of numbers.", span)
    if left.flat != right.flat and left.shape == right.transposed.shape:
        # A plain list beside a column is a column.
        left, right = (left.transposed, right) if left.flat else (left, right.transposed)
    if left.shape != right.shape:
        raise Unreadable("read.shapes", f"Arrays of shapes {_shown(left)} and {_shown(right)} cannot be added.", span)
    return _by_entries(operator.add, left, right)


def _matrix_product(left: Matrix, right: Matrix, elementwise: bool, span: Span) -> Value:
    if elementwise and left.shape == right.shape:
        return _by_entries(operator.mul, left, right)
    # A plain list is a column where only that fits, as in A [1,2,3]; v v^T and v^T v of lists are both meant as the
    # matrix, since the number is not what anyone is asked for.
    if left.flat and right.turned:
        left, right = left.transposed, right.transposed
    if right.flat and left.shape[1] == len(right.rows[0]) and left.shape[1] != 1:
        right = right.transposed
    if left.flat and right.shape[0] == 1 and left.shape[1] != 1:
        left = left.transposed
    if left.shape[1] != right.shape[0]:
        message = f"Arrays of shapes {_shown(left)} and {_shown(right)} cannot be multiplied."
        raise Unreadable("read.shapes", message, span)
    if left.shape[0] * left.shape[1] * right.shape[1] > ENTRIES:
        raise Unreadable("read.too-long", "This product is too large to be worked out here.", span)
    columns = right.transposed.rows
    rows = tuple(tuple(_total(map(operator.mul, row, column)) for column in columns) for row in left.rows)
    return rows[0][0] if len(rows) == 1 and len(rows[0]) == 1 else Matrix(rows)


def _total(numbers: Iterable[Fraction]) -> Fraction:
    return exact.bounded(sum(numbers, Fraction(0)))


def _built(function: str, arguments: list[Value], span: Span) -> Value:
    first = arguments[0] if arguments else Fraction(0)
    sizes = first.rows[0] if isinstance(first, Matrix) else tuple(a for a in arguments if isinstance(a, Fraction))
    if function == "sum":
        return first if isinstance(first, Fraction) else _total(chain.from_iterable(first.rows))
    if function == "diag":
        entries = sizes if isinstance(first, Fraction) or len(first.rows) == 1 else ()
        if not 0 < len(entries) <= 100:
            raise Unreadable("read.not-an-array", "diag takes a list of at most 100 numbers.", span, hint="")
        places = range(len(entries))
        return Matrix(tuple(tuple(entries[i] if i == j else Fraction(0) for j in places) for i in places))
    if not 1 <= len(sizes) <= 2 or not all(size.denominator == 1 and 1 <= size <= 100 for size in sizes):
        raise Unreadable("read.not-an-array", f"{function} takes one or two sizes from 1 to 100.", span, hint="")
    height, width = int(sizes[0]), int(sizes[-1])
    if function == "eye":
        return Matrix(tuple(tuple(Fraction(i == j) for j in range(width)) for i in range(height)))
    row = (Fraction(function == "ones"),) * width
    return Matrix((row,), flat=True) if len(sizes) == 1 else Matrix((row,) * height)


def _shown(matrix: Matrix) -> str:
    return f"({len(matrix.rows[0])})" if matrix.flat else f"{matrix.shape[0]}×{matrix.shape[1]}"
