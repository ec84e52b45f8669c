"""Sums, products, powers, and arrays by their entries: which shapes they join, and what an index runs along."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from grader.gradients import shapes
from grader.gradients.equation import spelled
from grader.gradients.evaluation.walk import Walk
from grader.gradients.shapes import IDENTITY, NUMBER, OPEN, Axis, Join, Matrix, Shape, ShapeError, Unplaced, single
from grader.language import nodes
from grader.language.nodes import Name, Node

HIGHEST_MATRIX_POWER = 64


def negative(walk: Walk, node: nodes.Negative) -> Matrix:
    """Minus a value."""
    return shapes.mapped(walk.domain.negative, walk.of(node.operand))


def transpose(walk: Walk, node: nodes.Transpose) -> Matrix:
    """Rows for columns."""
    return walk.of(node.operand).transposed


def summed(walk: Walk, node: nodes.Sum) -> Matrix:
    """A sum: a number is added to every entry, a vector to every row of a matrix that is as wide."""
    terms = [walk.of(term) for term in node.terms]
    widest, widest_part = single(walk.domain.zero), node.terms[0]
    for term, part in zip(terms, node.terms):
        if OPEN not in term.shape:
            joint = _common(widest.shape, term.shape)
            if joint is None:
                raise _unfit("These cannot be added", (widest_part, widest.shape), (part, term.shape))
            if joint != widest.shape:
                widest, widest_part = term, part
    shaped = {term.shape for term in terms}
    open_ = {shape for shape in shaped if OPEN in shape}
    if widest.shape == NUMBER and open_:
        if len(open_) > 1 or (IDENTITY in open_ and NUMBER in shaped):
            raise ShapeError(f"The sizes in {spelled(node)} do not show")
        return single(walk.domain.total([term.rows[0][0] for term in terms]), open_.pop())
    if widest.shape[0] != widest.shape[1] and IDENTITY in open_:
        raise ShapeError(
            f"The identity matrix in {spelled(node)} is added to something of shape {shapes.described(widest.shape)}"
        )
    first, *others = (walk.closed(term, widest.shape) for term in terms)
    rows = shapes.spread(first, widest).rows
    for other in others:
        rows = [[walk.domain.add(a, b) for a, b in zip(*pair)] for pair in zip(rows, shapes.spread(other, widest).rows)]
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


def _unfit(reason: str, *operands: tuple[Node, Shape]) -> ShapeError:
    parts = ", ".join(f"{spelled(node)}: {shapes.described(shape)}" for node, shape in operands)
    return ShapeError(f"{reason}: {parts}")


def product(walk: Walk, node: nodes.Product) -> Matrix:
    """A product, its factors bracketed so that they fit."""
    factors = [walk.of(factor) for factor in node.factors]
    reading = shapes.brackets(tuple([factor.shape for factor in factors]), node.signs)
    if isinstance(reading, shapes.Misfit):
        raise _misfit(node, reading)
    results: list[Matrix] = []
    for current in reading:
        if isinstance(current, Join):
            walk.root.by_entries |= current.way == "beside"
            right, left = results.pop(), results.pop()
            results.append(_joined(walk, current, left, right))
        else:
            results.append(factors[current])
    return results[0]


def _misfit(node: nodes.Product, stuck: shapes.Misfit) -> ShapeError:
    reason = {
        "∘": "An entrywise product needs two equal shapes",
        "/": "An entrywise quotient needs two equal shapes",
    }.get(stuck.join.sign, "This product does not fit")
    left, right = shapes.written(stuck.join.left, node), shapes.written(stuck.join.right, node)
    return _unfit(reason, (left, stuck.left), (right, stuck.right))


def _joined(walk: Walk, join: Join, left: Matrix, right: Matrix) -> Matrix:
    if join.way == "matrix":
        return _matrix(walk, left, right)
    if join.way == "row":
        return _matrix(walk, left.transposed, right).transposed
    if join.way == "inner":
        return single(walk.domain.dot(left.entries, right.entries))
    operation = walk.domain.over if join.way == "divide" else walk.domain.times
    if left.shape == right.shape == NUMBER:
        return single(operation(left.rows[0][0], right.rows[0][0]))
    return Matrix(shapes.zipped(operation, left, right).rows, join.shape)


def _matrix(walk: Walk, left: Matrix, right: Matrix) -> Matrix:
    # Of an open size on one side, ones^T is as long as the other side is high; a column of ones times a row is square.
    left = walk.closed(left, (1, right.shape[0]) if left.shape[0] == 1 else (right.shape[1], 1))
    right = walk.closed(right, (left.shape[1], 1) if right.shape[1] == 1 else (1, left.shape[0]))
    columns = right.transposed.rows
    walk.budget.spend(len(left.rows) * len(columns) * len(right.rows) // 8)
    dot = walk.domain.dot
    return Matrix([[dot(row, column) for column in columns] for row in left.rows], (left.shape[0], right.shape[1]))


def power(walk: Walk, node: nodes.Power) -> Matrix:
    """A power, by entries but for whole powers of a square matrix; ``^T`` is the transpose unless T has a value."""
    if node.exponent == Name("T") and walk.names.value("T") is None:
        return walk.of(node.base).transposed
    base = walk.array(node.base)
    exponent = walk.constant(node.exponent)
    if exponent is not None:
        if base.shape[0] == base.shape[1] != 1:
            return _matrix_power(walk, node, base, exponent)
        return shapes.mapped(lambda entry: walk.domain.power(entry, exponent), base)
    raised = walk.array(node.exponent)
    if base.shape != NUMBER and raised.shape not in (NUMBER, base.shape):
        raise _unfit("This power does not fit", (node.base, base.shape), (node.exponent, raised.shape))
    return shapes.zipped(lambda a, b: walk.domain.function("power", a, b), base, raised)


def _matrix_power(walk: Walk, node: Node, base: Matrix, exponent: Fraction) -> Matrix:
    if exponent.denominator != 1 or abs(exponent) > HIGHEST_MATRIX_POWER:
        raise ShapeError(f"{spelled(node)}: only whole powers of a matrix are read, up to {HIGHEST_MATRIX_POWER}")
    factor = base
    if exponent < 0:
        walk.budget.spend(len(base.rows) ** 3 // 8)
        factor = shapes.inverse(walk.domain, base)
    result = walk.identity(base.shape, walk.domain.one)
    for _ in range(abs(int(exponent))):
        result = _matrix(walk, result, factor)
    return result


# Arrays by their entries


def entry(walk: Walk, node: nodes.Entry) -> Matrix:
    """One entry of an array; without a value where an index is a number beyond the end of its axis."""
    given = walk.array(node.array)
    indexed = _indexed(node, given)
    if not indexed:
        raise Unplaced(f"{spelled(node)}: {spelled(node.array)} is {shapes.described(given.shape)}.")
    if len(indexed) == 1:
        cells = given.entries
        i = _place(walk, *indexed[0], len(cells), node)
        return single(None if i is None else cells[i])
    rows = given.rows
    i, j = (_place(walk, *at, count, node) for at, count in zip(indexed, (len(rows), len(rows[0]))))
    return single(None if i is None or j is None else rows[i][j])


def _indexed(node: nodes.Entry, given: Matrix) -> tuple[tuple[Node, Axis], ...]:
    """Each index with the axis it stands at; none where there are not as many indices as axes."""
    axes = given.shape if 1 not in given.shape else tuple(axis for axis in given.shape if axis != 1)
    return tuple(zip(node.indices, axes)) if len(node.indices) == len(axes) else ()


def _place(walk: Walk, index: Node, axis: Axis, count: int, node: nodes.Entry) -> int | None:
    """The place from 0 that an index says along an axis; None for a number beyond its end."""
    if isinstance(index, Name):
        if index.name in walk.bound:
            place, range_ = walk.bound[index.name]
            if range_ != axis:
                raise ShapeError(f"The index {index.name} runs along {range_}, and in {spelled(node)} along {axis}")
            return place
        if index.name in walk.names.labels:
            place, size = walk.names.labels[index.name]
            if size != axis:
                raise ShapeError(f"{spelled(node)}: {index.name} is one of {size} classes, and this axis has {axis}")
            return place
    value = None if isinstance(index, Name) else walk.constant(index)
    if value is None or value.denominator != 1:
        raise Unplaced(f"What the index {spelled(index)} of {spelled(node)} runs along is not said.")
    return int(value) - 1 if 1 <= value <= count else None


def entries(walk: Walk, node: nodes.Entries) -> Matrix:
    """An array by its entries."""
    axes: list[Axis] = []
    for number, index in enumerate(node.indices):
        axis = _axis(walk, index, node.body)
        if axis is None and walk.like is not None:
            sides = [side for side in walk.like if side != 1] if len(node.indices) == 1 else walk.like
            axis = sides[number] if number < len(sides) else None
        if axis is None:
            raise Unplaced(f"What the index {index} runs along is not said.")
        axes.append(axis)
    # A vector has one column, and no index runs along it.
    first, second = [*node.indices, ""][:2]
    rows, columns = [*axes, 1][:2]
    cells = [[_number(walk, node.body) for _ in _running(walk, second, columns)] for _ in _running(walk, first, rows)]
    return Matrix(cells, (rows, columns))


def _number(walk: Walk, body: Node) -> Any:
    value = walk.of(body)
    if value.shape != NUMBER:
        raise Unplaced(f"{spelled(body)} is one entry, and something in it stands without an index.")
    return value.rows[0][0]


def total(walk: Walk, node: nodes.Total) -> Matrix:
    """A sum over an index."""
    axis = _axis(walk, node.index, node.body)
    if axis is None:
        raise Unplaced(f"What the index {node.index} of the sum runs along is not said.")
    terms = [walk.array(node.body) for _ in _running(walk, node.index, axis)]
    rows = [[walk.domain.total(cell) for cell in zip(*row)] for row in zip(*(term.rows for term in terms))]
    return Matrix(rows, terms[0].shape)


def _running(walk: Walk, index: str, axis: Axis) -> Iterator[int]:
    """The places that an index takes, bound to it one after the other."""
    outer = walk.bound.get(index)
    for place in range(shapes.length(axis, walk.names.sizes)):
        walk.bound[index] = (place, axis)
        yield place
    if outer is None:
        del walk.bound[index]
    else:
        walk.bound[index] = outer


def _axis(walk: Walk, index: str, body: Node) -> Axis | None:
    """The axis that an index stands at in a body; None where it stands at none."""
    key = (id(body), index)
    if key not in walk.budget.axes:
        found = list(dict.fromkeys(_standing(walk, index, body, frozenset({index}))))
        if len(found) > 1:
            raise ShapeError(f"The index {index} runs along {found[0]} at one place and along {found[1]} at another")
        walk.budget.axes[key] = body, found[0] if found else None
    return walk.budget.axes[key][1]


def _standing(walk: Walk, index: str, body: Node, seen: frozenset[str]) -> Iterator[Axis]:
    pending = [body]
    while pending:
        current = pending.pop()
        if (isinstance(current, nodes.Entries) and index in current.indices) or (
            isinstance(current, nodes.Total) and current.index == index
        ):
            continue
        if isinstance(current, nodes.Entry) and Name(index) in current.indices:
            yield from (axis for part, axis in _indexed(current, walk.array(current.array)) if part == Name(index))
        elif isinstance(current, nodes.Comparison) and Name(index) in current.operands:
            for other in current.operands:
                if isinstance(other, Name) and other.name not in seen:
                    at = walk.bound.get(other.name) or walk.names.labels.get(other.name)
                    if at is not None:
                        yield at[1]
                    else:
                        yield from _standing(walk, other.name, body, seen | {other.name})
        pending.extend(nodes.children(current))
