"""Vectors and matrices that were typed out, evaluated to exact numbers: sums, products and transposes of them too."""

from __future__ import annotations

from fractions import Fraction
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
    result = _value(node)
    if isinstance(result, Fraction):
        raise Unreadable("read.not-an-array", "This is a number; a list of numbers is asked for.", node.span)
    if result.flat:
        return Array(_numbers(result.rows[0]), span=node.span)
    return Array(tuple(Array(_numbers(row)) for row in result.rows), span=node.span)


def _numbers(row: tuple[Fraction, ...]) -> tuple[Node, ...]:
    return tuple(Number(entry) for entry in row)


class _Worth(Meaning["Value"]):
    """A number, or a matrix; what has no meaning here must be a number."""

    def array_(self, node: Array) -> Value:
        return _listed(node)

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
        return _multiplied(node)

    def call_(self, node: Call) -> Value:
        return _built(node) if node.function in ("diag", "eye", "zeros", "ones", "sum") else _number(node)

    def other(self, node: Node) -> Value:
        return _number(node)


_value = _Worth().of


def _number(node: Node) -> Fraction:
    try:
        return exact.value(node)
    except exact.Undefined as error:
        raise Unreadable("read.not-a-number", f"This entry is not a number: {error}.", node.span,
                         expected="a number such as 2, -0.5 or 1/2") from None  # fmt: skip


def _listed(node: Array) -> Matrix:
    entries = [_value(entry) for entry in node.entries]
    if all(isinstance(entry, Fraction) for entry in entries):
        return Matrix((tuple(entry for entry in entries if isinstance(entry, Fraction)),), flat=True)
    rows: list[tuple[Fraction, ...]] = []
    for place, entry in zip(node.entries, entries):
        if isinstance(entry, Fraction):
            raise Unreadable("read.ragged", "A number stands beside a row.", place.span)
        if not entry.flat and len(entry.rows) != 1 and not (len(entries) > 1 and entry.shape[1] == 1):
            raise Unreadable("read.not-an-array", "There are more than two levels of brackets.", place.span)
        # Columns side by side, as in [a^T, b^T], are rare; a column among rows stands for its entries.
        rows.append(entry.rows[0] if len(entry.rows) == 1 else tuple(row[0] for row in entry.rows))
        if len(rows[-1]) != len(rows[0]):
            message = (
                f"Row {len(rows)} has {len(rows[-1])} {'entry' if len(rows[-1]) == 1 else 'entries'}, "
                f"the first row has {len(rows[0])}."
            )
            raise Unreadable("read.ragged", message, place.span)
    return Matrix(tuple(rows))


def _scaled(factor: Fraction, operand: Value) -> Value:
    if isinstance(operand, Fraction):
        return factor * operand
    return Matrix(tuple(tuple(_checked(factor * entry) for entry in row) for row in operand.rows), operand.flat)


def _checked(number: Fraction) -> Fraction:
    return exact.power(number, Fraction(1))


def _added(left: Value, right: Value, span: Span) -> Value:
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return _checked(left + right)
    if isinstance(left, Fraction) or isinstance(right, Fraction):
        raise Unreadable("read.shapes", "A number cannot be added to a list of numbers.", span)
    if left.flat != right.flat and 1 in left.shape and 1 in right.shape and max(left.shape) == max(right.shape):
        left, right = (left, _like(right, left)) if right.flat else (_like(left, right), right)
    if left.shape != right.shape:
        raise Unreadable("read.shapes", f"Arrays of shapes {_shown(left)} and {_shown(right)} cannot be added.", span)
    rows = tuple(tuple(_checked(a + b) for a, b in zip(one, other)) for one, other in zip(left.rows, right.rows))
    return Matrix(rows, left.flat and right.flat)


def _like(flat: Matrix, other: Matrix) -> Matrix:
    return Matrix(flat.transposed.rows) if other.shape[1] == 1 else Matrix(flat.rows)


def _multiplied(node: Product) -> Value:
    total = _value(node.factors[0])
    for sign, factor in zip(node.signs, node.factors[1:]):
        operand = _value(factor)
        if sign == "/":
            if not isinstance(operand, Fraction) or operand == 0:
                raise Unreadable("read.division", "This divides by zero or by a list.", factor.span)
            total = _scaled(1 / operand, total)
        elif isinstance(total, Fraction) or isinstance(operand, Fraction):
            number, other = (total, operand) if isinstance(total, Fraction) else (operand, total)
            total = _scaled(_checked(number), other) if isinstance(number, Fraction) else other
        else:
            total = _matrix_product(total, operand, sign == "∘", node.span)
    return total


def _matrix_product(left: Matrix, right: Matrix, elementwise: bool, span: Span) -> Value:
    if elementwise and left.shape == right.shape:
        rows = tuple(tuple(a * b for a, b in zip(one, other)) for one, other in zip(left.rows, right.rows))
        return Matrix(rows, left.flat and right.flat)
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
    columns = tuple(zip(*right.rows))
    rows = tuple(
        tuple(_checked(sum((a * b for a, b in zip(row, column)), Fraction(0))) for column in columns)
        for row in left.rows
    )
    return rows[0][0] if len(rows) == 1 and len(rows[0]) == 1 else Matrix(rows)


def _built(node: Call) -> Value:
    arguments = [_value(argument) for argument in node.arguments]
    first = arguments[0] if arguments else Fraction(0)
    sizes = first.rows[0] if isinstance(first, Matrix) else tuple(a for a in arguments if isinstance(a, Fraction))
    if node.function == "sum":
        if isinstance(first, Fraction):
            return first
        return _checked(sum((entry for row in first.rows for entry in row), Fraction(0)))
    if node.function == "diag":
        entries = sizes if isinstance(first, Fraction) or len(first.rows) == 1 else ()
        if not 0 < len(entries) <= 100:
            raise Unreadable("read.not-an-array", "diag takes a list of at most 100 numbers.", node.span)
        places = range(len(entries))
        return Matrix(tuple(tuple(entries[i] if i == j else Fraction(0) for j in places) for i in places))
    if not 1 <= len(sizes) <= 2 or not all(size.denominator == 1 and 1 <= size <= 100 for size in sizes):
        raise Unreadable("read.not-an-array", f"{node.function} takes one or two sizes from 1 to 100.", node.span)
    height, width = int(sizes[0]), int(sizes[-1])
    if node.function == "eye":
        return Matrix(tuple(tuple(Fraction(i == j) for j in range(width)) for i in range(height)))
    row = (Fraction(node.function == "ones"),) * width
    return Matrix((row,), flat=True) if len(sizes) == 1 else Matrix((row,) * height)


def _shown(matrix: Matrix) -> str:
    return f"({len(matrix.rows[0])})" if matrix.flat else f"{matrix.shape[0]}×{matrix.shape[1]}"
