"""Entries and indices: arrays typed out or given by their entries, sums over an index, and what an index runs along."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from grader.gradients import shapes
from grader.gradients.equation import spelled
from grader.gradients.evaluation.matrices import single
from grader.gradients.evaluation.walk import Walk
from grader.gradients.shapes import NUMBER, Axis, Flexible, Limit, Matrix, ShapeError, Unplaced
from grader.language import nodes
from grader.language.nodes import Name, Node

LONGEST = 100
"""Rows and columns of an array that is typed out in an equation: its products stay small."""


def array(walk: Walk, node: nodes.Array) -> Matrix:
    """An array typed out, of numbers or of blocks."""
    rows = [entry.entries if isinstance(entry, nodes.Array) else (entry,) for entry in node.entries]
    blocks = [[walk.array(entry) for entry in row] for row in rows]
    if not blocks or any(len(row) != len(blocks[0]) for row in blocks):
        raise ShapeError(f"{spelled(node)} is not a vector or matrix")
    heights = [{block.shape[0] for block in row} for row in blocks]
    widths = [{block.shape[1] for block in column} for column in zip(*blocks)]
    if any(len(axes) > 1 for axes in (*heights, *widths)):
        raise ShapeError(f"The parts of {spelled(node)} do not fit side by side")
    joined = [
        [entry for block in row for entry in block.rows[line]] for row in blocks for line in range(len(row[0].rows))
    ]
    if max(len(joined), len(joined[0])) > LONGEST:
        raise Limit(f"An array that is typed out has at most {LONGEST} rows and columns here.")
    return Matrix(joined, (_side_by_side(heights), _side_by_side(widths)))


def _side_by_side(parts: Sequence[set[Axis]]) -> Axis:
    axes = [next(iter(axes)) for axes in parts]
    numbers = [axis for axis in axes if isinstance(axis, int)]
    return sum(numbers) if len(numbers) == len(axes) else "+".join(map(str, axes))


def onehot(walk: Walk, label: str) -> Matrix:
    """The vector with a 1 at the place of a class label.

    Raises:
        Unplaced: the name is no class label.
    """
    if label not in walk.names.labels:
        raise Unplaced(f"onehot({label}): {label} is not the class label.")
    place, size = walk.names.labels[label]
    one, zero = walk.domain.one, walk.domain.zero
    column = Matrix([[one if i == place else zero] for i in range(walk.names.sizes[size])], (size, 1))
    return column.transposed if "onehot" in walk.names.rows else column


def entry(walk: Walk, node: nodes.Entry) -> Matrix:
    """One entry of an array; without a value where an index is a number beyond the end of its axis."""
    given = walk.array(node.array)
    indexed = _indexed(node, given)
    if not indexed:
        raise Unplaced(f"{spelled(node)}: {spelled(node.array)} is {shapes.said(given.shape)}.")
    rows = given.rows
    if len(indexed) == 2:
        i, j = (_place(walk, *at, count, node) for at, count in zip(indexed, (len(rows), len(rows[0]))))
        return single(None if i is None or j is None else rows[i][j])
    column = given.shape[1] == 1
    i = _place(walk, *indexed[0], len(rows) if column else len(rows[0]), node)
    return single(None if i is None else rows[i][0] if column else rows[0][i])


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
    first, *second = axes
    rows = [
        [cell for _ in _running(walk, node.indices[1], second[0]) for cell in _number(walk, node.body)]
        if second
        else _number(walk, node.body)
        for _ in _running(walk, node.indices[0], first)
    ]
    return Matrix(rows, (first, second[0] if second else 1))


def _number(walk: Walk, body: Node) -> list[Any]:
    value = walk.of(body)
    if isinstance(value, Flexible) or value.shape != NUMBER:
        raise Unplaced(f"{spelled(body)} is one entry, and something in it stands without an index.")
    return value.rows[0]


def total(walk: Walk, node: nodes.Total) -> Matrix:
    """A sum over an index."""
    axis = _axis(walk, node.index, node.body)
    if axis is None:
        raise Unplaced(f"What the index {node.index} of the sum runs along is not said.")
    terms = [walk.array(node.body) for _ in _running(walk, node.index, axis)]
    first = terms[0]
    rows = [
        [walk.domain.total([term.rows[i][j] for term in terms]) for j in range(len(first.rows[0]))]
        for i in range(len(first.rows))
    ]
    return Matrix(rows, first.shape)


def _running(walk: Walk, index: str, axis: Axis) -> Iterator[int]:
    """The places that an index takes, bound to it one after the other."""
    outer = walk.bound.get(index)
    for place in range(axis if isinstance(axis, int) else walk.names.sizes[axis]):
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
                    if other.name in walk.bound:
                        yield walk.bound[other.name][1]
                    elif other.name in walk.names.labels:
                        yield walk.names.labels[other.name][1]
                    else:
                        yield from _standing(walk, other.name, body, seen | {other.name})
        pending.extend(nodes.children(current))
