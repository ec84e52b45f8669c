"""The value of names, sums, products, powers and arrays by their entries: one meaning for every domain of entries.

``Names`` says what a name stands for at a point; ``evaluation`` adds functions and conditions.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property, partial, reduce
from typing import Any

from grader.gradients import shapes
from grader.gradients.domains import Domain
from grader.gradients.procedure import jacobian, spelled
from grader.gradients.shapes import IDENTITY, NUMBER, ONES, OPEN, Axis, Matrix, Shape, ShapeError, Unplaced, single
from grader.language import exact, nodes
from grader.language.nodes import Call, Meaning, Name, Node, Number

HIGHEST_MATRIX_POWER = 64

STEPS = 60_000
"""Nodes and multiplications of one evaluation: what an equation of the homework takes a thousand times."""

NOTHING: Mapping[str, Node] = {}


class Names(ABC):
    """What the names of a problem stand for at one point, in one domain.

    ``labels`` are places from 0 with the name of the number of classes; ``slope`` is the derivative of a kinked
    function at its kink. ``deeper`` is where exponents are evaluated, itself where a domain has no such place.
    ``budget`` is what all evaluations over these names share, where they share one; ``rows`` are the vectors that
    come as rows.
    """

    domain: Domain[Any]
    sizes: Mapping[str, int]
    labels: Mapping[str, tuple[int, str]]
    slope: Any
    budget: Budget | None = None
    rows: frozenset[str] = frozenset()

    @abstractmethod
    def value(self, name: str) -> Matrix | None:
        """The value of a variable, a parameter or a gradient; None for any other name."""

    def logarithmic(self, name: str) -> Node | None:
        """What a variable is computed as, where it comes down to a logarithm."""
        return None

    def jacobian(self, of: str, by: str) -> Matrix | None:
        """The derivative of one variable by another, where it is to be had without being worked out."""
        return None

    @property
    def deeper(self) -> Names:
        return self

    @abstractmethod
    def signs(self, node: Node, matrix: Matrix, evaluation: Arithmetic) -> Matrix:
        """-1, 0 or 1 for each entry of a matrix, the value of a node; None where its sign is not known."""


class Budget:
    """What evaluations have in common: the steps that are left, and the axes of indices, the same everywhere.

    An index is under its name and the identity of the body that it stands in, which is kept with its axis, so that no
    other node can take its identity. ``by_entries`` says whether two vectors side by side were multiplied so.
    """

    def __init__(self, steps: int = STEPS) -> None:
        self.left = steps
        self.by_entries = False
        self.axes: dict[tuple[int, str], tuple[Node, Axis | None]] = {}

    def spend(self, steps: int) -> None:
        """Takes some steps.

        Raises:
            Limit: none are left.
        """
        self.left -= steps
        if self.left < 0:
            raise shapes.Limit("Evaluating it takes too many steps.")


class Arithmetic(Meaning[Matrix]):
    """One walk over nodes. The student's own names go before the problem's; each is evaluated once.

    ``like`` is the shape of what the node stands for, which an index that stands nowhere else runs along. ``bound``
    are the indices that a sum or an array by entries runs along here, each with its place from 0 and its axis.
    """

    def __init__(self, names: Names, where: Mapping[str, Node] = NOTHING, like: Shape | None = None) -> None:
        self.names = names
        self.domain = names.domain
        self.where = where
        self.like = like
        self.bound: dict[str, tuple[int, Axis]] = {}
        self.budget = names.budget or Budget()
        self._inside: list[str] = []
        self._defined: dict[str, Matrix] = {}
        self._unindexed: dict[tuple[int, tuple[str, ...]], tuple[Node, Matrix | None]] = {}

    @cached_property
    def deeper(self) -> Arithmetic:
        """The evaluation of exponents."""
        return self if self.names.deeper is self.names else self.at(self.names.deeper)

    def at(self, names: Names) -> Arithmetic:
        """The same place of the same walk, over other values of the names."""
        other = type(self)(names, self.where, self.like)
        other.bound, other.budget, other._inside = self.bound, self.budget, self._inside
        return other

    def of(self, node: Node) -> Matrix:
        budget = self.budget
        budget.left -= 1
        if budget.left < 0:
            budget.spend(0)
        if not self.bound or not isinstance(node, Call) or node.function in self.where:
            return super().of(node)
        # softmax(y) in an array by entries is the same at each of them.
        key = (id(node), tuple(self._inside))
        if key not in self._unindexed:
            indexed = nodes.names(node) & self.bound.keys()
            self._unindexed[key] = (node, None if indexed else super().of(node))
        kept = self._unindexed[key][1]
        return super().of(node) if kept is None else kept

    def array(self, node: Node) -> Matrix:
        """The value of a node where an array of known size is needed."""
        result = self.of(node)
        if OPEN in result.shape:
            raise ShapeError(f"The size of {spelled(node)} does not show here: write ones(N), say, with its size")
        return result

    def whole(self, node: Node) -> Matrix:
        """The value of a node that stands for something of the shape ``like``; a row may stand for a column."""
        return self.closed(self.of(node), self.like or NUMBER)

    # Arrays by their shape alone

    def full(self, shape: Shape, entry: Any) -> Matrix:
        """An array with the same entry everywhere."""
        rows, columns = (shapes.length(axis, self.names.sizes) for axis in shape)
        return Matrix([[entry] * columns for _ in range(rows)], shape)

    def identity(self, shape: Shape, entry: Any) -> Matrix:
        """An array with the same entry along its diagonal, and zeros."""
        zeros = self.full(shape, self.domain.zero).rows
        return Matrix([[entry if i == j else zero for j, zero in enumerate(row)] for i, row in enumerate(zeros)], shape)

    def closed(self, value: Matrix, shape: Shape) -> Matrix:
        """A value; ones or the identity matrix at the size that their place asks for."""
        if OPEN not in value.shape:
            return value
        return (self.identity if value.shape == IDENTITY else self.full)(shape, value.rows[0][0])

    # Names

    def number_(self, node: Number) -> Matrix:
        return single(self.domain.number(node.value))

    def name_(self, node: Name) -> Matrix:
        name = node.name
        if name in self.bound:
            return self._count(self.bound[name][0] + 1)
        if name in self.where and name not in self._inside:
            return self._definition(name, None)
        known = self.names.value(name)
        if known is not None:
            return known
        if name in self._inside:
            raise ShapeError(f"The definition of {name} goes in a circle")
        if name in self.names.labels:
            raise Unplaced(
                f"{name} is a class label, not an array: onehot({name}) is the vector with a 1 at its place."
            )
        if name in self.names.sizes:
            return self._count(self.names.sizes[name])
        if name in ("ones", "1"):
            return single(self.domain.one, ONES)
        if name in ("I", "identity"):
            return single(self.domain.one, IDENTITY)
        raise ShapeError(f"{name} has no value here")

    def derivative_(self, node: nodes.Derivative) -> Matrix:
        name = jacobian(node)
        if name in self.where:
            sides = [self.names.value(part.name) for part in (node.of, node.by)]
            axes = [1 if side is None else next((axis for axis in side.shape if axis != 1), 1) for side in sides]
            return self._definition(name, (axes[0], axes[1]))
        found = self.names.jacobian(node.of.name, node.by.name)
        if found is None:
            raise ShapeError(f"{spelled(node)} is not worked out")
        return found

    def _definition(self, name: str, like: Shape | None) -> Matrix:
        """The value of a name of the student's own, evaluated where no index is bound."""
        if name in self._defined:
            return self._defined[name]
        meaning = self.where[name]
        if isinstance(meaning, nodes.Function):
            raise ShapeError(f"{name} is a function: it needs an argument")
        self._inside.append(name)
        outer, outer_like = dict(self.bound), self.like
        self.bound.clear()
        self.like = like
        try:
            self._defined[name] = self.of(meaning)
        finally:
            self.bound.update(outer)
            self.like = outer_like
            self._inside.pop()
        return self._defined[name]

    def _count(self, count: int) -> Matrix:
        return single(self.domain.number(Fraction(count)))

    def constant(self, node: Node) -> Fraction | None:
        """The number that a part of an equation is, where it is one, in sizes too."""
        sizes = {name: Fraction(count) for name, count in self.names.sizes.items() if self.is_size(name)}
        try:
            return exact.value(node, sizes)
        except exact.Undefined:
            return None

    def is_size(self, name: str) -> bool:
        """Whether a name stands for a size here."""
        return name in self.names.sizes and name not in self.where and name not in self.bound

    def label(self, name: str) -> tuple[int, str] | None:
        """The place from 0 that a class label says, and its number of classes; None for any other name."""
        own = name in self.where and name not in self._inside
        return None if own else self.names.labels.get(name)

    # Sums, products, powers

    def negative_(self, node: nodes.Negative) -> Matrix:
        return shapes.mapped(self.domain.negative, self.of(node.operand))

    def transpose_(self, node: nodes.Transpose) -> Matrix:
        return self.of(node.operand).transposed

    def sum_(self, node: nodes.Sum) -> Matrix:
        """A sum: a number is added to every entry, a vector to every row of a matrix that is as wide."""
        terms = [self.of(term) for term in node.terms]
        widest, widest_part = single(self.domain.zero), node.terms[0]
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
            return single(self.domain.total([term.rows[0][0] for term in terms]), open_.pop())
        if widest.shape[0] != widest.shape[1] and IDENTITY in open_:
            here = shapes.described(widest.shape)
            raise ShapeError(f"The identity matrix in {spelled(node)} is added to something of shape {here}")
        wide = [shapes.spread(self.closed(term, widest.shape), widest) for term in terms]
        return reduce(partial(shapes.zipped, self.domain.add), wide)

    def product_(self, node: nodes.Product) -> Matrix:
        """A product, its factors bracketed so that they fit."""
        results = [self.of(factor) for factor in node.factors]
        joins = shapes.joins(tuple([result.shape for result in results]), node.signs)
        if joins[-1].way is None:
            raise _misfit(node, [result.shape for result in results], joins)
        for join in joins:
            self.budget.by_entries |= join.way == "beside"
            results.append(self._joined(join, results[join.left], results[join.right]))
        return results[-1]

    def _joined(self, join: shapes.Join, left: Matrix, right: Matrix) -> Matrix:
        if join.way == "matrix":
            return self._matrix(left, right)
        if join.way == "row":
            return self._matrix(left.transposed, right).transposed
        if join.way == "inner":
            return single(self.domain.dot(left.entries, right.entries))
        operation = self.domain.over if join.way == "divide" else self.domain.times
        if left.shape == right.shape == NUMBER:
            return single(operation(left.rows[0][0], right.rows[0][0]))
        return Matrix(shapes.zipped(operation, left, right).rows, join.shape)

    def _matrix(self, left: Matrix, right: Matrix) -> Matrix:
        # Of an open size on one side, ones^T is as long as the other side is high; ones times a row is square.
        left = self.closed(left, (1, right.shape[0]) if left.shape[0] == 1 else (right.shape[1], 1))
        right = self.closed(right, (left.shape[1], 1) if right.shape[1] == 1 else (1, left.shape[0]))
        columns = right.transposed.rows
        self.budget.spend(len(left.rows) * len(columns) * len(right.rows) // 8)
        dot = self.domain.dot
        return Matrix([[dot(row, column) for column in columns] for row in left.rows], (left.shape[0], right.shape[1]))

    def power_(self, node: nodes.Power) -> Matrix:
        """A power, by entries but for whole powers of a square matrix; ``^T`` is the transpose unless T has a value."""
        if node.exponent == Name("T") and self.names.value("T") is None:
            return self.of(node.base).transposed
        base = self.array(node.base)
        exponent = self.constant(node.exponent)
        if exponent is not None:
            if base.shape[0] == base.shape[1] != 1:
                return self._matrix_power(node, base, exponent)
            return shapes.mapped(lambda entry: self.domain.power(entry, exponent), base)
        raised = self.array(node.exponent)
        if base.shape != NUMBER and raised.shape not in (NUMBER, base.shape):
            raise _unfit("This power does not fit", (node.base, base.shape), (node.exponent, raised.shape))
        return shapes.zipped(lambda a, b: self.domain.function("power", a, b), base, raised)

    def _matrix_power(self, node: Node, base: Matrix, exponent: Fraction) -> Matrix:
        if exponent.denominator != 1 or abs(exponent) > HIGHEST_MATRIX_POWER:
            raise ShapeError(f"{spelled(node)}: only whole powers of a matrix are read, up to {HIGHEST_MATRIX_POWER}")
        factor = base
        if exponent < 0:
            self.budget.spend(len(base.rows) ** 3 // 8)
            factor = shapes.inverse(self.domain, base)
        result = self.identity(base.shape, self.domain.one)
        for _ in range(abs(int(exponent))):
            result = self._matrix(result, factor)
        return result

    # Arrays by their entries

    def entry_(self, node: nodes.Entry) -> Matrix:
        """One entry of an array; without a value where an index is a number beyond the end of its axis."""
        given = self.array(node.array)
        indexed = _indexed(node, given)
        if not indexed:
            raise Unplaced(f"{spelled(node)}: {spelled(node.array)} is {shapes.described(given.shape)}.")
        if len(indexed) == 1:
            cells = given.entries
            i = self._place(*indexed[0], len(cells), node)
            return single(None if i is None else cells[i])
        rows = given.rows
        i, j = (self._place(*at, count, node) for at, count in zip(indexed, (len(rows), len(rows[0]))))
        return single(None if i is None or j is None else rows[i][j])

    def _place(self, index: Node, axis: Axis, count: int, node: nodes.Entry) -> int | None:
        """The place from 0 that an index says along an axis; None for a number beyond its end."""
        if isinstance(index, Name):
            if index.name in self.bound:
                place, range_ = self.bound[index.name]
                if range_ != axis:
                    raise ShapeError(f"The index {index.name} runs along {range_}, and in {spelled(node)} along {axis}")
                return place
            if index.name in self.names.labels:
                place, size = self.names.labels[index.name]
                if size != axis:
                    raise ShapeError(
                        f"{spelled(node)}: {index.name} is one of {size} classes, and this axis has {axis}"
                    )
                return place
        value = None if isinstance(index, Name) else self.constant(index)
        if value is None or value.denominator != 1:
            raise Unplaced(f"What the index {spelled(index)} of {spelled(node)} runs along is not said.")
        return int(value) - 1 if 1 <= value <= count else None

    def entries_(self, node: nodes.Entries) -> Matrix:
        axes: list[Axis] = []
        for number, index in enumerate(node.indices):
            axis = self._axis(index, node.body)
            if axis is None and self.like is not None:
                sides = [side for side in self.like if side != 1] if len(node.indices) == 1 else self.like
                axis = sides[number] if number < len(sides) else None
            if axis is None:
                raise Unplaced(f"What the index {index} runs along is not said.")
            axes.append(axis)
        # A vector has one column, and no index runs along it.
        first, second = [*node.indices, ""][:2]
        rows, columns = [*axes, 1][:2]
        cells = [[self._number(node.body) for _ in self._running(second, columns)] for _ in self._running(first, rows)]
        return Matrix(cells, (rows, columns))

    def _number(self, body: Node) -> Any:
        value = self.of(body)
        if value.shape != NUMBER:
            raise Unplaced(f"{spelled(body)} is one entry, and something in it stands without an index.")
        return value.rows[0][0]

    def total_(self, node: nodes.Total) -> Matrix:
        axis = self._axis(node.index, node.body)
        if axis is None:
            raise Unplaced(f"What the index {node.index} of the sum runs along is not said.")
        terms = [self.array(node.body) for _ in self._running(node.index, axis)]
        rows = [[self.domain.total(cell) for cell in zip(*row)] for row in zip(*(term.rows for term in terms))]
        return Matrix(rows, terms[0].shape)

    def _running(self, index: str, axis: Axis) -> Iterator[int]:
        """The places that an index takes, bound to it one after the other."""
        outer = self.bound.get(index)
        for place in range(shapes.length(axis, self.names.sizes)):
            self.bound[index] = (place, axis)
            yield place
        if outer is None:
            del self.bound[index]
        else:
            self.bound[index] = outer

    def _axis(self, index: str, body: Node) -> Axis | None:
        """The axis that an index stands at in a body; None where it stands at none."""
        key = (id(body), index)
        if key not in self.budget.axes:
            found = list(dict.fromkeys(self._standing(index, body, frozenset({index}))))
            if len(found) > 1:
                raise ShapeError(
                    f"The index {index} runs along {found[0]} at one place and along {found[1]} at another"
                )
            self.budget.axes[key] = body, found[0] if found else None
        return self.budget.axes[key][1]

    def _standing(self, index: str, body: Node, seen: frozenset[str]) -> Iterator[Axis]:
        pending = [body]
        while pending:
            current = pending.pop()
            if (isinstance(current, nodes.Entries) and index in current.indices) or (
                isinstance(current, nodes.Total) and current.index == index
            ):
                continue
            if isinstance(current, nodes.Entry) and Name(index) in current.indices:
                yield from (axis for part, axis in _indexed(current, self.array(current.array)) if part == Name(index))
            elif isinstance(current, nodes.Comparison) and Name(index) in current.operands:
                for other in current.operands:
                    if isinstance(other, Name) and other.name not in seen:
                        at = self.bound.get(other.name) or self.names.labels.get(other.name)
                        if at is not None:
                            yield at[1]
                        else:
                            yield from self._standing(other.name, body, seen | {other.name})
            pending.extend(nodes.children(current))


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


def _misfit(node: nodes.Product, factors: Sequence[Shape], joins: Sequence[shapes.Join]) -> ShapeError:
    stuck, known = joins[-1], [*factors, *(join.shape for join in joins)]
    reason = {
        "∘": "An entrywise product needs two equal shapes",
        "/": "An entrywise quotient needs two equal shapes",
    }.get(stuck.sign, "This product does not fit")
    return _unfit(reason, *((shapes.written(side, joins, node), known[side]) for side in (stuck.left, stuck.right)))


def _indexed(node: nodes.Entry, given: Matrix) -> tuple[tuple[Node, Axis], ...]:
    """Each index with the axis it stands at; none where there are not as many indices as axes."""
    axes = given.shape if 1 not in given.shape else tuple(axis for axis in given.shape if axis != 1)
    return tuple(zip(node.indices, axes)) if len(node.indices) == len(axes) else ()
