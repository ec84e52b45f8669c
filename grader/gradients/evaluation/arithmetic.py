"""Sums, products and powers: which shapes they join, and what comes of ones and identity matrices of an open size."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from grader.gradients import products, shapes
from grader.gradients.equation import spelled
from grader.gradients.evaluation.matrices import inverse, mapped, single, spread, zipped
from grader.gradients.evaluation.walk import Walk
from grader.gradients.products import Bracket, Join, Misfit
from grader.gradients.shapes import NUMBER, Flexible, Kind, Matrix, Shape, ShapeError, Value
from grader.language import nodes
from grader.language.nodes import Name, Node

HIGHEST_MATRIX_POWER = 64


def negative(walk: Walk, value: Value) -> Value:
    """Minus a value."""
    if isinstance(value, Flexible):
        return Flexible(value.kind, walk.domain.negative(value.scale))
    return mapped(walk.domain.negative, value)


def transposed(value: Value) -> Value:
    """Rows for columns."""
    if isinstance(value, Matrix):
        return value.transposed
    kind: dict[Kind, Kind] = {"ones": "ones^T", "ones^T": "ones", "identity": "identity"}
    return Flexible(kind[value.kind], value.scale)


def summed(walk: Walk, node: nodes.Sum) -> Value:
    """A sum: a number is added to every entry, a vector to every row of a matrix that is as wide."""
    terms = [walk.of(term) for term in node.terms]
    widest, widest_part = single(walk.domain.zero), node.terms[0]
    for term, part in zip(terms, node.terms):
        if isinstance(term, Matrix):
            joint = _common(widest.shape, term.shape)
            if joint is None:
                raise _unfit("These cannot be added", (widest_part, widest), (part, term))
            if joint != widest.shape:
                widest, widest_part = term, part
    arrays = [term for term in terms if isinstance(term, Matrix)]
    open_ = [term for term in terms if isinstance(term, Flexible)]
    if widest.shape == NUMBER and open_:
        return _open_sum(walk, node, open_, arrays)
    if widest.shape[0] != widest.shape[1] and any(term.kind == "identity" for term in open_):
        raise ShapeError(
            f"The identity matrix in {spelled(node)} is added to something of shape {shapes.said(widest.shape)}"
        )
    first, *others = (*arrays, *(walk.closed(term, widest.shape) for term in open_))
    rows = spread(first, widest).rows
    for other in others:
        rows = [[walk.domain.add(a, b) for a, b in zip(*pair)] for pair in zip(rows, spread(other, widest).rows)]
    return Matrix(rows, widest.shape)


def _common(shape: Shape, other: Shape) -> Shape | None:
    if other in (shape, NUMBER):
        return shape
    if shape == NUMBER:
        return other
    for vector, matrix in ((shape, other), (other, shape)):
        if shapes.is_vector(vector) and vector[1] == 1 and 1 not in matrix and matrix[1] == vector[0] != matrix[0]:
            return matrix
    return None


def _open_sum(walk: Walk, node: Node, open_: list[Flexible], numbers: list[Matrix]) -> Value:
    kinds = {term.kind for term in open_}
    if len(kinds) > 1 or (numbers and "identity" in kinds):
        raise ShapeError(f"The sizes in {spelled(node)} do not show")
    scales = [*(term.scale for term in open_), *(number.rows[0][0] for number in numbers)]
    return Flexible(open_[0].kind, walk.domain.total(scales))


def _unfit(reason: str, *operands: tuple[Node, Matrix]) -> ShapeError:
    return ShapeError(reason, tuple((spelled(node), shapes.said(value.shape)) for node, value in operands))


def product(walk: Walk, node: nodes.Product) -> Value:
    """A product, its factors bracketed so that they fit."""
    factors = [walk.of(factor) for factor in node.factors]
    reading = products.brackets(tuple([shapes.of(factor) for factor in factors]), node.signs)
    if isinstance(reading, Misfit):
        raise _misfit(node, reading)
    walk.root.by_entries |= reading.by_entries
    results: list[Value] = []
    for current in reading.inside_out:
        if isinstance(current, Join):
            right, left = results.pop(), results.pop()
            results.append(_joined(walk, current, left, right))
        else:
            results.append(factors[current])
    return results[0]


def _misfit(node: nodes.Product, stuck: Misfit) -> ShapeError:
    sides: tuple[tuple[Bracket, Shape], ...] = ((stuck.join.left, stuck.left), (stuck.join.right, stuck.right))
    operands = tuple((spelled(products.written(part, node)), shapes.said(shape)) for part, shape in sides)
    reason = {
        "∘": "An entrywise product needs two equal shapes",
        "/": "An entrywise quotient needs two equal shapes",
    }.get(stuck.join.sign, "This product does not fit")
    return ShapeError(reason, operands)


def _joined(walk: Walk, join: Join, left: Value, right: Value) -> Value:
    times, over = walk.domain.times, walk.domain.over
    if isinstance(left, Matrix) and isinstance(right, Matrix) and left.shape == right.shape == NUMBER:
        return single((over if join.way == "divide" else times)(left.rows[0][0], right.rows[0][0]))
    if join.way == "divide":
        if isinstance(left, Flexible) and shapes.of(right) in (NUMBER, "ones"):
            return Flexible(left.kind, over(left.scale, _scalar(right)))
        return zipped(over, left, right)
    if join.way in ("scale", "identity") and (isinstance(left, Flexible) or isinstance(right, Flexible)):
        return _scaled(walk, left, right)
    if join.way == "matrix":
        return _matrix(walk, left, right)
    assert isinstance(left, Matrix)
    assert isinstance(right, Matrix)
    if join.way == "inner":
        return single(walk.domain.dot(left.entries, right.entries))
    return zipped(times, left, right)


def _scalar(value: Value) -> Any:
    return value.scale if isinstance(value, Flexible) else value.rows[0][0]


def _scaled(walk: Walk, left: Value, right: Value) -> Value:
    times = walk.domain.times
    if isinstance(left, Flexible) and isinstance(right, Flexible):
        return Flexible(right.kind if left.kind == "identity" else left.kind, times(left.scale, right.scale))
    open_, other = (left, right) if isinstance(left, Flexible) else (right, left)
    assert isinstance(open_, Flexible)
    assert isinstance(other, Matrix)
    if other.shape == NUMBER:
        return Flexible(open_.kind, times(open_.scale, other.rows[0][0]))
    return mapped(lambda entry: times(open_.scale, entry), other)


def _matrix(walk: Walk, left: Value, right: Value) -> Matrix:
    # Of an open size on one side, ones^T is as long as the other side is high; a column of ones times a row is square.
    if isinstance(left, Flexible):
        assert isinstance(right, Matrix)
        left = walk.closed(left, (1, right.shape[0]) if left.kind == "ones^T" else (right.shape[1], 1))
    if isinstance(right, Flexible):
        right = walk.closed(right, (left.shape[1], 1) if right.kind == "ones" else (1, left.shape[0]))
    columns = right.transposed.rows
    walk.budget.spend(len(left.rows) * len(columns) * len(right.rows) // 8)
    dot = walk.domain.dot
    return Matrix([[dot(row, column) for column in columns] for row in left.rows], (left.shape[0], right.shape[1]))


def power(walk: Walk, node: nodes.Power) -> Value:
    """A power, by entries but for whole powers of a square matrix; ``^T`` is the transpose unless T has a value."""
    if isinstance(node.exponent, Name) and node.exponent.name == "T" and walk.names.value("T") is None:
        return transposed(walk.of(node.base))
    base = walk.array(node.base)
    exponent = walk.constant(node.exponent)
    if exponent is not None:
        if base.shape[0] == base.shape[1] != 1:
            return _matrix_power(walk, node, base, exponent)
        return mapped(lambda entry: walk.domain.power(entry, exponent), base)
    raised = walk.array(node.exponent)
    if base.shape != NUMBER and raised.shape not in (NUMBER, base.shape):
        raise _unfit("This power does not fit", (node.base, base), (node.exponent, raised))
    return zipped(lambda a, b: walk.domain.function("power", a, b), base, raised)


def _matrix_power(walk: Walk, node: Node, base: Matrix, exponent: Fraction) -> Matrix:
    if exponent.denominator != 1 or abs(exponent) > HIGHEST_MATRIX_POWER:
        raise ShapeError(f"{spelled(node)}: only whole powers of a matrix are read, up to {HIGHEST_MATRIX_POWER}")
    factor = base
    if exponent < 0:
        walk.budget.spend(len(base.rows) ** 3 // 8)
        factor = inverse(walk.domain, base)
    result = walk.identity(base.shape, walk.domain.one)
    for _ in range(abs(int(exponent))):
        result = _matrix(walk, result, factor)
    return result
