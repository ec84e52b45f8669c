"""The value of a node on shaped arrays, in any domain of entries: one meaning for residues, real numbers and ranges."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any

from grader.gradients import functions, products, shapes
from grader.gradients.domains import Domain
from grader.gradients.equation import jacobian
from grader.gradients.functions import NotDifferentiable
from grader.gradients.shapes import NUMBER, Axis, Flexible, Limit, Matrix, Rows, Shape, ShapeError, Unplaced, Value
from grader.gradients.spelling import spelled
from grader.language import nodes
from grader.language.nodes import Call, Meaning, Name, Negative, Node, Number, Sum

LONGEST = 100
"""Rows and columns of an array that is typed out in an equation: its products stay small."""

STEPS = 60_000
"""Nodes and multiplications of one evaluation: what an equation of the homework takes a thousand times."""

DEAR = 10
"""Steps that a power of e costs."""

LARGEST_BODY = 2000
"""Nodes of a derivative of a function of the student's own."""

BY_ENTRIES = "Two vectors side by side, where no matrix product fits, are multiplied entry by entry."

NOTHING: Mapping[str, Node] = {}


Signs = list[list[int | None]]


class Names:
    """What the names of a problem stand for at one point, in one domain.

    ``labels`` are places from 0 with the name of the number of classes; ``slope`` is the derivative of a kinked
    function at its kink. ``deeper`` is where exponents are evaluated, itself where a domain has no such place.
    ``budget`` is what all evaluations over these names share, where they share one.
    """

    domain: Domain[Any]
    sizes: Mapping[str, int]
    labels: Mapping[str, tuple[int, str]]
    slope: Any
    budget: Budget | None = None

    def value(self, name: str) -> Matrix | None:
        """The value of a variable, a parameter or a gradient; None for any other name."""
        raise NotImplementedError

    def jacobian(self, of: str, by: str) -> Matrix | None:
        """The derivative of one variable by another, where it is to be had without being worked out."""
        return None

    @property
    def deeper(self) -> Names:
        return self

    def signs(self, node: Node, matrix: Matrix, evaluation: Evaluation) -> Signs:
        """-1, 0 or 1 for each entry of a matrix, the value of a node; None where the sign is not known."""
        raise NotImplementedError


class Budget:
    """The steps that are left."""

    def __init__(self, steps: int = STEPS) -> None:
        self.left = steps

    def spend(self, steps: int) -> None:
        """Takes some steps.

        Raises:
            Limit: none are left.
        """
        self.left -= steps
        if self.left < 0:
            raise Limit("Evaluating it takes too many steps.")


class Evaluation(Meaning[Value]):
    """One walk over nodes. The student's own names go before the problem's; each is evaluated once.

    ``like`` is the shape of what the node stands for, which an index that stands nowhere else runs along.
    """

    def __init__(
        self,
        names: Names,
        where: Mapping[str, Node] = NOTHING,
        like: Shape | None = None,
        root: Evaluation | None = None,
    ) -> None:
        self.names = names
        self.domain = names.domain
        self.where = where
        self.like = like
        self.root = root or self
        self.bound: dict[str, tuple[int, Axis]] = root.bound if root else {}
        self.budget: Budget = root.budget if root else names.budget or Budget()
        self.by_entries = False
        self._inside: list[str] = []
        self._defined: dict[str, Value] = {}
        self._axes: dict[tuple[int, str], tuple[Node, Axis | None]] = {}

    @cached_property
    def deeper(self) -> Evaluation:
        """The evaluation of exponents."""
        return self if self.names.deeper is self.names else Evaluation(self.names.deeper, self.where, self.like, self)

    def at(self, names: Names) -> Evaluation:
        """The same place of the same walk, over other values of the names."""
        other = Evaluation(names, self.where, self.like)
        other.bound, other.budget, other._inside = self.bound, self.budget, self._inside
        return other

    def of(self, node: Node) -> Value:
        self.budget.spend(1)
        return super().of(node)

    def array(self, node: Node) -> Matrix:
        """The value of a node where an array of known size is needed."""
        result = self.of(node)
        if isinstance(result, Flexible):
            raise ShapeError(f"The size of {spelled(node)} does not show here: write ones(N), say, with its size")
        return result

    def whole(self, node: Node) -> Matrix:
        """The value of a node that stands for something of the shape ``like``; a row may stand for a column."""
        result = self.of(node)
        if not isinstance(result, Flexible):
            return result
        like = self.like if self.like is not None and not isinstance(self.like, str) else (1, 1)
        if result.kind == "identity":
            return self._identity(like[0], like[1], result.scale)
        return self._full(like, result.scale)

    def other(self, node: Node) -> Value:
        raise ShapeError(f"{spelled(node)} has no value in an equation")

    # Leaves

    def number_(self, node: Number) -> Value:
        return Matrix([[self.domain.number(node.value)]], (1, 1))

    def name_(self, node: Name) -> Value:
        name = node.name
        if name in self.bound:
            return self._count(self.bound[name][0] + 1)
        if name in self.where and name not in self._inside:
            if name not in self._defined:
                self._defined[name] = self._definition(name, self.where[name], None)
            return self._defined[name]
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
            return Flexible("ones", self.domain.one)
        if name in ("I", "identity"):
            return Flexible("identity", self.domain.one)
        raise ShapeError(f"{name} has no value here")

    def _definition(self, name: str, meaning: Node, like: Shape | None) -> Value:
        if isinstance(meaning, nodes.Function):
            raise ShapeError(f"{name} is a function: it needs an argument")
        self._inside.append(name)
        outer, outer_like = dict(self.bound), self.like
        self.bound.clear()
        self.like = like
        try:
            return self.of(meaning)
        finally:
            self.bound.update(outer)
            self.like = outer_like
            self._inside.pop()

    def gap_(self, node: nodes.Gap) -> Value:
        return Matrix([[None]], (1, 1))

    # Sums

    def negative_(self, node: Negative) -> Value:
        inner = self.of(node.operand)
        if isinstance(inner, Flexible):
            return Flexible(inner.kind, self.domain.negative(inner.scale))
        return self._mapped(self.domain.negative, inner)

    def sum_(self, node: Sum) -> Value:
        terms = [self.of(term) for term in node.terms]
        arrays = [(term, part) for part, term in zip(node.terms, terms) if not isinstance(term, Flexible)]
        shape, widest = NUMBER, node.terms[0]
        for term, part in arrays:
            joint = _common(shape, term.shape)
            if joint is None:
                raise self._unfit("These cannot be added", widest, shape, part, term.shape)
            if joint != shape:
                shape, widest = joint, part
        open_ = [term for term in terms if isinstance(term, Flexible)]
        if shape == NUMBER and open_:
            return self._open_sum(node, open_, [term for term, _ in arrays])
        assert not isinstance(shape, str)
        rows = self._spread(arrays[0][0], shape, arrays).rows
        for term, _ in arrays[1:]:
            other = self._spread(term, shape, arrays).rows
            rows = [[self.domain.add(a, b) for a, b in zip(left, right)] for left, right in zip(rows, other)]
        for flexible in open_:
            rows = self._with_flexible(rows, flexible, shape, node)
        return Matrix(rows, shape)

    def _spread(self, term: Matrix, shape: tuple[Axis, Axis], arrays: Sequence[tuple[Matrix, Node]]) -> Matrix:
        """A term with as many rows and columns as the sum: a number at every entry, a vector in every row."""
        if term.shape == shape:
            return term
        whole = next((other for other, _ in arrays if other.shape == shape), None)
        assert whole is not None
        if term.shape == NUMBER:
            return Matrix([[term.rows[0][0]] * len(row) for row in whole.rows], shape)
        return Matrix([list(term.entries) for _ in whole.rows], shape)

    def _open_sum(self, node: Node, open_: list[Flexible], numbers: list[Matrix]) -> Value:
        kinds = {term.kind for term in open_}
        if len(kinds) > 1 or (numbers and "identity" in kinds):
            raise ShapeError(f"The sizes in {spelled(node)} do not show")
        scales = [*(term.scale for term in open_), *(number.rows[0][0] for number in numbers)]
        return Flexible(open_[0].kind, self.domain.total(scales))

    def _with_flexible(self, rows: Rows, term: Flexible, shape: tuple[Axis, Axis], node: Node) -> Rows:
        if term.kind == "identity" and shape[0] != shape[1]:
            raise ShapeError(
                f"The identity matrix in {spelled(node)} is added to something of shape {shapes.said(shape)}"
            )
        diagonal = term.kind == "identity"
        return [
            [self.domain.add(entry, term.scale) if not diagonal or i == j else entry for j, entry in enumerate(row)]
            for i, row in enumerate(rows)
        ]

    # Products

    def product_(self, node: nodes.Product) -> Value:
        factors = [self.of(factor) for factor in node.factors]
        bracket = products.brackets(tuple(shapes.of(factor) for factor in factors), node.signs)
        if isinstance(bracket, products.Misfit):
            raise self._misfit(node, bracket)
        if products.by_entries(bracket):
            self.root.by_entries = True
        results: list[Value] = []
        pending: list[tuple[products.Bracket, bool]] = [(bracket, False)]
        while pending:
            current, visited = pending.pop()
            if isinstance(current, int):
                results.append(factors[current])
            elif not visited:
                pending += [(current, True), (current.right, False), (current.left, False)]
            else:
                right, left = results.pop(), results.pop()
                results.append(self._joined(current, left, right))
        return results[0]

    def _joined(self, join: products.Join, left: Value, right: Value) -> Value:
        times, over = self.domain.times, self.domain.over
        if join.way == "divide":
            if isinstance(left, Flexible) and shapes.of(right) in (NUMBER, "ones"):
                return Flexible(left.kind, over(left.scale, self._scalar(right)))
            return self._zipped(over, left, right)
        if join.way in ("scale", "identity") and (isinstance(left, Flexible) or isinstance(right, Flexible)):
            return self._scaled(left, right)
        if join.way == "matrix":
            return self._matrix(left, right)
        assert isinstance(left, Matrix)
        assert isinstance(right, Matrix)
        if join.way == "inner":
            return Matrix([[self.domain.dot(left.entries, right.entries)]], (1, 1))
        if join.way == "beside" and left.shape != right.shape:
            left, right = (side if side.shape[0] == 1 else side.transposed for side in (left, right))
        return self._zipped(times, left, right)

    def _scalar(self, value: Value) -> Any:
        return value.scale if isinstance(value, Flexible) else value.rows[0][0]

    def _scaled(self, left: Value, right: Value) -> Value:
        times = self.domain.times
        if isinstance(left, Flexible) and isinstance(right, Flexible):
            return Flexible(right.kind if left.kind == "identity" else left.kind, times(left.scale, right.scale))
        open_, other = (left, right) if isinstance(left, Flexible) else (right, left)
        assert isinstance(open_, Flexible)
        assert isinstance(other, Matrix)
        if other.shape == NUMBER:
            return Flexible(open_.kind, times(open_.scale, other.rows[0][0]))
        return self._mapped(lambda entry: times(open_.scale, entry), other)

    def _matrix(self, left: Value, right: Value) -> Matrix:
        if isinstance(left, Flexible):
            assert isinstance(right, Matrix)
            # A column of ones times a row is as high as the row is wide.
            along: tuple[Axis, Axis] = (1, right.shape[0]) if left.kind == "ones^T" else (right.shape[1], 1)
            count = len(right.rows) if left.kind == "ones^T" else len(right.rows[0])
            ones = Matrix([[left.scale] * count], (1, along[0] if left.kind == "ones" else along[1]))
            return self._matrix(ones if left.kind == "ones^T" else ones.transposed, right)
        if isinstance(right, Flexible):
            mirrored = Flexible("ones^T" if right.kind == "ones" else "ones", right.scale)
            return self._matrix(mirrored, left.transposed).transposed
        columns = right.transposed.rows
        self.budget.spend(len(left.rows) * len(columns) * len(right.rows) // 8)
        dot = self.domain.dot
        return Matrix([[dot(row, column) for column in columns] for row in left.rows], (left.shape[0], right.shape[1]))

    def _misfit(self, node: nodes.Product, stuck: products.Misfit) -> ShapeError:
        sides = ((stuck.join.left, stuck.left), (stuck.join.right, stuck.right))
        operands = tuple((spelled(written(part, node)), shapes.said(shape)) for part, shape in sides)
        reason = {
            "∘": "An entrywise product needs two equal shapes",
            "/": "An entrywise quotient needs two equal shapes",
        }.get(stuck.join.sign, "This product does not fit")
        return ShapeError(reason, operands)

    def _unfit(self, reason: str, left: Node, left_shape: Shape, right: Node, right_shape: Shape) -> ShapeError:
        pairs = ((left, left_shape), (right, right_shape))
        return ShapeError(reason, tuple((spelled(node), shapes.said(shape)) for node, shape in pairs))

    def transpose_(self, node: nodes.Transpose) -> Value:
        inner = self.of(node.operand)
        if isinstance(inner, Matrix):
            return inner.transposed
        kind: dict[shapes.Kind, shapes.Kind] = {"ones": "ones^T", "ones^T": "ones", "identity": "identity"}
        return Flexible(kind[inner.kind], inner.scale)

    # Powers

    def power_(self, node: nodes.Power) -> Value:
        if isinstance(node.exponent, Name) and node.exponent.name == "T" and self.names.value("T") is None:
            return self.transpose_(nodes.Transpose(node.base))
        base = self.array(node.base)
        exponent = self._constant(node.exponent)
        if exponent is not None:
            if base.shape[0] == base.shape[1] != 1:
                return self._matrix_power(node, base, exponent)
            return self._mapped(lambda entry: self.domain.power(entry, exponent), base)
        raised = self.array(node.exponent)
        if base.shape != NUMBER and raised.shape not in (NUMBER, base.shape):
            raise self._unfit("This power does not fit", node.base, base.shape, node.exponent, raised.shape)
        return self._zipped(lambda a, b: self.domain.function("power", a, b), base, raised)

    def _constant(self, node: Node) -> Fraction | None:
        """The number that a part of an equation is, where it is one at first sight or a size."""
        match node:
            case Number():
                return node.value
            case Negative():
                inner = self._constant(node.operand)
                return None if inner is None else -inner
            case Name() if node.name in self.names.sizes and node.name not in {*self.where, *self.bound}:
                return Fraction(self.names.sizes[node.name])
            case Sum():
                parts = [self._constant(term) for term in node.terms]
                return None if None in parts else sum((part for part in parts if part is not None), Fraction(0))
            case nodes.Product(factors=(left, right), signs=("/",)):
                above, below = self._constant(left), self._constant(right)
                return above / below if above is not None and below else None
        return None

    def _matrix_power(self, node: Node, base: Matrix, exponent: Fraction) -> Matrix:
        if exponent.denominator != 1 or abs(exponent) > 64:
            raise ShapeError(f"{spelled(node)}: only whole powers of a matrix are read, up to 64")
        size = base.shape[0]
        factor = self._inverse(base) if exponent < 0 else base
        result = self._identity(size, size, self.domain.one)
        for _ in range(abs(int(exponent))):
            result = self._matrix(result, factor)
        return result

    def _inverse(self, matrix: Matrix) -> Matrix:
        """By elimination; all entries are without a value where the matrix has no inverse, or has such entries."""
        size = len(matrix.rows)
        unit = self._identity(*matrix.shape, self.domain.one).rows
        rows = [[*left, *right] for left, right in zip(matrix.rows, unit)]
        times, over, add, negative = self.domain.times, self.domain.over, self.domain.add, self.domain.negative
        for place in range(size):
            pivot = next((i for i in range(place, size) if over(self.domain.one, rows[i][place]) is not None), None)
            if pivot is None:
                return self._full(matrix.shape, None)
            rows[place], rows[pivot] = rows[pivot], rows[place]
            head = rows[place][place]
            rows[place] = [over(entry, head) for entry in rows[place]]
            for i in range(size):
                if i != place:
                    factor = negative(rows[i][place])
                    rows[i] = [add(a, times(factor, b)) for a, b in zip(rows[i], rows[place])]
        self.budget.spend(size**3 // 8)
        return Matrix([row[size:] for row in rows], matrix.shape)

    # Arrays typed out, and by entries

    def array_(self, node: nodes.Array) -> Value:
        rows = [entry.entries if isinstance(entry, nodes.Array) else (entry,) for entry in node.entries]
        blocks = [[self.array(entry) for entry in row] for row in rows]
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

    def entry_(self, node: nodes.Entry) -> Value:
        array = self.array(node.array)
        rows, shape = array.rows, array.shape
        if len(node.indices) == 1 and 1 in shape and shape != NUMBER:
            rows, shape = (rows, shape) if shape[1] == 1 else (array.transposed.rows, (shape[1], shape[0]))
            place = self._place(node.indices[0], shape[0], len(rows), node)
            return Matrix([[None if place is None else rows[place][0]]], (1, 1))
        if len(node.indices) != 2 or 1 in shape:
            raise Unplaced(f"{spelled(node)}: {spelled(node.array)} is {shapes.said(shape)}.")
        row, column = (
            self._place(index, axis, size, node)
            for index, axis, size in zip(node.indices, shape, (len(rows), len(rows[0])))
        )
        return Matrix([[None if row is None or column is None else rows[row][column]]], (1, 1))

    def _place(self, index: Node, axis: Axis, count: int, entry: Node) -> int | None:
        """The place from 0 that an index says along an axis; None for a number beyond its end."""
        if isinstance(index, Name):
            if index.name in self.bound:
                place, range_ = self.bound[index.name]
                if range_ != axis:
                    raise ShapeError(
                        f"The index {index.name} runs along {range_}, and in {spelled(entry)} along {axis}"
                    )
                return place
            if index.name in self.names.labels:
                place, size = self.names.labels[index.name]
                if size != axis:
                    raise ShapeError(
                        f"{spelled(entry)}: {index.name} is one of {size} classes, and this axis has {axis}"
                    )
                return place
        value = None if isinstance(index, Name) else self._constant(index)
        if value is None or value.denominator != 1:
            raise Unplaced(f"What the index {spelled(index)} of {spelled(entry)} runs along is not said.")
        return int(value) - 1 if 1 <= value <= count else None

    def entries_(self, node: nodes.Entries) -> Value:
        like = self.like if self.like is not None and not isinstance(self.like, str) else None
        axes: list[Axis] = []
        for number, index in enumerate(node.indices):
            axis = self._axis(index, node.body)
            if axis is None and like is not None:
                sides = [side for side in like if side != 1] if len(node.indices) == 1 else list(like)
                axis = sides[number] if number < len(sides) else None
            if axis is None:
                raise Unplaced(f"What the index {index} runs along is not said.")
            axes.append(axis)
        first, *second = axes
        rows = [
            [entry for _ in self._running(node.indices[1], second[0]) for entry in self._number(node.body)]
            if second
            else self._number(node.body)
            for _ in self._running(node.indices[0], first)
        ]
        return Matrix(rows, (first, second[0] if second else 1))

    def _number(self, body: Node) -> list[Any]:
        value = self.of(body)
        if isinstance(value, Flexible) or value.shape != NUMBER:
            raise Unplaced(f"{spelled(body)} is one entry, and something in it stands without an index.")
        return value.rows[0]

    def total_(self, node: nodes.Total) -> Value:
        axis = self._axis(node.index, node.body)
        if axis is None:
            raise Unplaced(f"What the index {node.index} of the sum runs along is not said.")
        terms = [self.array(node.body) for _ in self._running(node.index, axis)]
        first = terms[0]
        rows = [
            [self.domain.total([term.rows[i][j] for term in terms]) for j in range(len(first.rows[0]))]
            for i in range(len(first.rows))
        ]
        return Matrix(rows, first.shape)

    def _running(self, index: str, axis: Axis) -> Iterator[int]:
        """The places that an index takes, bound to it one after the other."""
        outer = self.bound.get(index)
        for place in range(axis if isinstance(axis, int) else self.names.sizes[axis]):
            self.bound[index] = (place, axis)
            yield place
        if outer is None:
            del self.bound[index]
        else:
            self.bound[index] = outer

    def _axis(self, index: str, body: Node) -> Axis | None:
        """The axis that an index stands at in a body; None where it stands at none."""
        key = (id(body), index)
        if key not in self._axes:
            found = list(dict.fromkeys(self._standing(index, body, frozenset({index}))))
            if len(found) > 1:
                raise ShapeError(
                    f"The index {index} runs along {found[0]} at one place and along {found[1]} at another"
                )
            # The body is kept with its axis, so that no other node can take its identity.
            self._axes[key] = body, found[0] if found else None
        return self._axes[key][1]

    def _standing(self, index: str, body: Node, seen: frozenset[str]) -> Iterator[Axis]:
        pending = [body]
        while pending:
            current = pending.pop()
            if (isinstance(current, nodes.Entries) and index in current.indices) or (
                isinstance(current, nodes.Total) and current.index == index
            ):
                continue
            if isinstance(current, nodes.Entry):
                yield from self._at(index, current)
            elif isinstance(current, nodes.Comparison) and Name(index) in current.operands:
                for other in current.operands:
                    if isinstance(other, Name) and other.name not in seen:
                        if other.name in self.bound:
                            yield self.bound[other.name][1]
                        elif other.name in self.names.labels:
                            yield self.names.labels[other.name][1]
                        else:
                            yield from self._standing(other.name, body, seen | {other.name})
            pending.extend(nodes.children(current))

    def _at(self, index: str, entry: nodes.Entry) -> Iterator[Axis]:
        if not any(part == Name(index) for part in entry.indices):
            return
        shape = self.array(entry.array).shape
        if len(entry.indices) == 1 and 1 in shape and shape != NUMBER:
            yield shape[0] if shape[1] == 1 else shape[1]
        elif len(entry.indices) == 2 and 1 not in shape:
            yield from (axis for part, axis in zip(entry.indices, shape) if part == Name(index))

    def derivative_(self, node: nodes.Derivative) -> Value:
        name = jacobian(node)
        if name not in self.where:
            found = self.names.jacobian(node.of.name, node.by.name)
            if found is None:
                raise ShapeError(f"{spelled(node)} is not worked out")
            return found
        if name not in self._defined:
            sides = [self.names.value(part.name) for part in (node.of, node.by)]
            axes = [1 if side is None else next((axis for axis in side.shape if axis != 1), 1) for side in sides]
            self._defined[name] = self._definition(name, self.where[name], (axes[0], axes[1]))
        return self._defined[name]

    # Functions

    def call_(self, node: Call) -> Value:
        name, arguments = node.function, node.arguments
        own = self._own(node)
        if own is not None:
            return self.of(own)
        if name in functions.ENTRYWISE and len(arguments) == 1 and node.derivative <= 1:
            return self._entrywise(name, node.derivative, arguments[0])
        if node.derivative == 0:
            if name == "onehot" and len(arguments) == 1 and isinstance(arguments[0], Name):
                return self._onehot(arguments[0].name)
            if name in ("ones", "zeros", "eye", "identity"):
                return self._constant_array(node)
            if name in ("max", "min") and len(arguments) > 1:
                return self._extreme(node)
            if name in ("floor", "ceil", "log_2", "log_10") and len(arguments) == 1:
                return self._mapped(lambda entry: self._numeric(name, entry), self.array(arguments[0]))
        if len(arguments) == 1:
            return self._whole(node, arguments[0])
        raise ShapeError(f"{spelled(node)} cannot be used here")

    def _own(self, node: Call) -> Node | None:
        """A call of a function of the student's own, its meaning written out; None for any other call."""
        key, steps = self._own_name(node)
        meaning = self.where.get(key)
        if not isinstance(meaning, nodes.Function):
            return None
        if any(isinstance(part, Call) and self._own_name(part)[0] == key for part in _parts(meaning.body)):
            raise Unplaced(f"The definition of {key} uses {key} itself.")
        if len(meaning.parameters) != len(node.arguments) or (steps and len(node.arguments) != 1):
            raise ShapeError(f"{spelled(node)}: {key} takes {len(meaning.parameters)} arguments")
        body = meaning.body
        if functions.entrywise(body) is not None:
            body = functions.entrywise(body) or body
        try:
            for _ in range(steps):
                body = functions.slope(body, meaning.parameters[0])
                if nodes.size(body) > LARGEST_BODY:
                    raise Limit(f"The derivative of {key} gets too long.")
        except NotDifferentiable as error:
            raise ShapeError(f"The derivative of {key} cannot be worked out: {error}") from error
        self.budget.spend(nodes.size(body))
        return nodes.replaced(body, dict(zip(meaning.parameters, node.arguments)))

    def _own_name(self, node: Call) -> tuple[str, int]:
        """The name that a function, or a derivative of it, is defined under, and how often that is differentiated."""
        key, steps = node.function + "'" * node.derivative, 0
        while key.endswith("'") and key not in self.where:
            key, steps = key[:-1], steps + 1
        return key, steps

    def _entrywise(self, name: str, derivative: int, argument: Node) -> Matrix:
        if name in functions.KINKED:
            return self._kinked(name, derivative, argument)
        domain = self.domain
        if name in ("exp", "sigmoid", "tanh"):
            return self._mapped(lambda power: self._exponential(name, derivative, power), self._powers(argument))
        array = self.array(argument)
        if name == "identity":
            return self._full(array.shape, domain.one) if derivative else array
        if name in ("square", "cube"):
            exponent = Fraction(2 if name == "square" else 3)
            if not derivative:
                return self._mapped(lambda entry: domain.power(entry, exponent), array)
            factor = domain.number(exponent)
            return self._mapped(lambda entry: domain.times(factor, domain.power(entry, exponent - 1)), array)
        if name == "log" and derivative:
            return self._mapped(lambda entry: domain.over(domain.one, entry), array)
        found = self._mapped(lambda entry: domain.function(name, entry), array)
        if not derivative:
            return found
        half = domain.number(Fraction(1, 2))
        return self._mapped(lambda root: domain.over(half, root), found)

    def _exponential(self, name: str, derivative: int, power: Any) -> Any:
        """exp, sigmoid, tanh or a derivative of one, at u, from e^u."""
        domain = self.domain
        if name == "exp":
            return power
        if name == "sigmoid":
            value = domain.logistic(power)
            return domain.times(value, domain.add(domain.one, domain.negative(value))) if derivative else value
        doubled = domain.logistic(domain.times(power, power))
        value = domain.add(domain.add(doubled, doubled), domain.negative(domain.one))
        if not derivative:
            return value
        return domain.add(domain.one, domain.negative(domain.times(value, value)))

    def _numeric(self, name: str, entry: Any) -> Any:
        if name in ("floor", "ceil"):
            return self.domain.function(name, entry)
        base = self.domain.function("log", self.domain.number(Fraction(name[len("log_") :])))
        return self.domain.over(self.domain.function("log", entry), base)

    def _powers(self, argument: Node) -> Matrix:
        """e to each entry of an argument; e^log u is u."""
        bare, turned, inverse = argument, False, False
        while isinstance(bare, (nodes.Transpose, Negative)):
            turned, inverse = turned != isinstance(bare, nodes.Transpose), inverse != isinstance(bare, Negative)
            bare = bare.operand
        if isinstance(bare, Call) and bare.function == "log" and not bare.derivative and "log" not in self.where:
            found = self.array(bare.arguments[0])
            found = found.transposed if turned else found
            return self._mapped(lambda entry: self.domain.over(self.domain.one, entry), found) if inverse else found
        exponents = self.deeper.array(argument)
        self.budget.spend(DEAR * len(exponents.rows) * len(exponents.rows[0]))
        return self._mapped(self.domain.exponential, exponents)

    def _kinked(self, name: str, derivative: int, argument: Node) -> Matrix:
        array = self.array(argument)
        if derivative and name in ("step", "sign"):
            return self._full(array.shape, self.domain.zero)
        signs = self.names.signs(argument, array, self)
        zero, one = self.domain.zero, self.domain.one

        def entry(value: Any, sign: int | None) -> Any:
            if value is None:
                return None
            if sign is None:
                return self.domain.unsure(name, derivative, value)
            value = self.domain.signed(value, sign)
            if name == "relu":
                return (
                    (one if sign > 0 else self.names.slope if not sign else zero)
                    if derivative
                    else (value if sign > 0 else zero)
                )
            if name == "abs" and not derivative:
                return self.domain.negative(value) if sign < 0 else value
            if name == "step":
                return one if sign >= 0 else zero
            if name == "abs" and not sign:
                # Between -1 and 1, as the slope of relu is between 0 and 1.
                return self.domain.add(self.domain.add(self.names.slope, self.names.slope), self.domain.negative(one))
            return one if sign > 0 else self.domain.negative(one) if sign < 0 else zero

        return Matrix(
            [[entry(*pair) for pair in zip(values, row)] for values, row in zip(array.rows, signs)], array.shape
        )

    def _onehot(self, label: str) -> Matrix:
        if label not in self.names.labels:
            raise Unplaced(f"onehot({label}): {label} is not the class label.")
        place, size = self.names.labels[label]
        entries = [[self.domain.one if i == place else self.domain.zero] for i in range(self.names.sizes[size])]
        return Matrix(entries, (size, 1))

    def _whole(self, node: Call, operand: Node) -> Value:
        name = node.function
        if name == "softmax" and node.derivative <= 1:
            shares = self._softmax(node, self._powers(operand))
            return self._softmax_jacobian(shares) if node.derivative else shares
        argument = self.of(operand)
        if isinstance(argument, Flexible):
            if name == "diag" and argument.kind == "ones":
                return Flexible("identity", argument.scale)
            raise ShapeError(f"The size of {spelled(operand)} does not show here")
        zero = self.domain.zero
        if name == "diag" and node.derivative == 0:
            if 1 in argument.shape:
                entries, axis = argument.entries, argument.shape[0] if argument.shape[1] == 1 else argument.shape[1]
                square = [[entry if i == j else zero for j in range(len(entries))] for i, entry in enumerate(entries)]
                return Matrix(square, (axis, axis))
            if argument.shape[0] == argument.shape[1]:
                return Matrix([[row[i]] for i, row in enumerate(argument.rows)], (argument.shape[0], 1))
        if name == "sum" and node.derivative == 0:
            return Matrix([[self.domain.total(argument.entries)]], (1, 1))
        if name in ("max", "min") and node.derivative == 0:
            if argument.shape == NUMBER:
                return argument
            return self._extreme(Call(name, _entries(operand, argument)))
        raise ShapeError(f"{spelled(node)} cannot be used on something of shape {shapes.said(argument.shape)}")

    def _softmax(self, node: Call, powers: Matrix) -> Matrix:
        if powers.shape[1] == 1:
            return Matrix([[share] for share in self.domain.shares(powers.entries)], powers.shape)
        if powers.shape[0] != 1 and node.derivative:
            raise ShapeError(f"{spelled(node)} cannot be used on something of shape {shapes.said(powers.shape)}")
        return Matrix([self.domain.shares(row) for row in powers.rows], powers.shape)

    def _softmax_jacobian(self, shares: Matrix) -> Matrix:
        times, add, negative = self.domain.times, self.domain.add, self.domain.negative
        entries, axis = shares.entries, shares.shape[0] if shares.shape[1] == 1 else shares.shape[1]
        rows = [
            [add(a if i == j else self.domain.zero, negative(times(a, b))) for j, b in enumerate(entries)]
            for i, a in enumerate(entries)
        ]
        return Matrix(rows, (axis, axis))

    def _constant_array(self, node: Call) -> Value:
        """Ones, zeros or the identity, of sizes by name, of the shape of another array, or of an open size."""
        name, arguments = node.function, node.arguments
        one, zero = self.domain.one, self.domain.zero
        if not arguments and name != "zeros":
            return Flexible("ones" if name == "ones" else "identity", one)
        axes = [self._size(argument) for argument in arguments]
        if len(axes) == 1 and axes[0] is None and name in ("ones", "zeros"):
            given = self.array(arguments[0])
            if given.shape != NUMBER:
                return self._full(given.shape, one if name == "ones" else zero)
        if None in axes or not 1 <= len(axes) <= 2:
            raise ShapeError(f"{name} takes the names of sizes: {', '.join(self.names.sizes)}")
        square = name in ("eye", "identity")
        rows, columns = [*axes, axes[0] if square else 1][:2]
        assert rows is not None
        assert columns is not None
        return (
            self._identity(rows, columns, one)
            if square
            else self._full((rows, columns), one if name == "ones" else zero)
        )

    def _size(self, node: Node) -> Axis | None:
        if isinstance(node, Name) and node.name in self.names.sizes and node.name not in {*self.where, *self.bound}:
            return node.name
        value = self._constant(node)
        if value is None or value.denominator != 1 or not 1 <= value <= LONGEST:
            return None
        return int(value)

    def _extreme(self, node: Call) -> Matrix:
        result_node, result = node.arguments[0], self.array(node.arguments[0])
        self.budget.spend(len(node.arguments) ** 2)
        for argument in node.arguments[1:]:
            array = self.array(argument)
            if result.shape != array.shape and NUMBER not in (result.shape, array.shape):
                raise ShapeError(f"{node.function} needs equal shapes")
            difference = Sum((result_node, Negative(argument)))
            result = self._larger(node.function, result, array, difference)
            result_node = Call(node.function, (result_node, argument))
        return result

    def _larger(self, name: str, left: Matrix, right: Matrix, difference: Node) -> Matrix:
        """The larger (max) or smaller (min) of each pair of entries."""
        minus = self._zipped(lambda a, b: self.domain.add(a, self.domain.negative(b)), left, right)
        signs = self.names.signs(difference, minus, self)
        shape = minus.shape
        lefts, rights = (self._widened(side, shape, len(minus.rows), len(minus.rows[0])).rows for side in (left, right))
        return Matrix(
            [
                [
                    self.domain.chosen((sign >= 0) == (name == "max") if sign is not None else None, a, b)
                    for a, b, sign in zip(*row)
                ]
                for row in zip(lefts, rights, signs)
            ],
            shape,
        )

    # Conditions: matrices of True, False and None, where it is not known

    def truth_(self, node: nodes.Truth) -> Value:
        return Matrix([[node.value]], (1, 1))

    def not_(self, node: nodes.Not) -> Value:
        return self._mapped(lambda part: None if part is None else not part, self.array(node.part))

    def and_(self, node: nodes.And) -> Value:
        return self._all([self.array(part) for part in node.parts])

    def or_(self, node: nodes.Or) -> Value:
        def negated(matrix: Matrix) -> Matrix:
            return self._mapped(lambda part: None if part is None else not part, matrix)

        return negated(self._all([negated(self.array(part)) for part in node.parts]))

    def _all(self, parts: Sequence[Matrix]) -> Matrix:
        def both(a: bool | None, b: bool | None) -> bool | None:
            return False if a is False or b is False else None if a is None or b is None else True

        result = parts[0]
        for part in parts[1:]:
            result = self._zipped(both, result, part)
        return result

    def comparison_(self, node: nodes.Comparison) -> Value:
        pairs = zip(node.operands, node.relations, node.operands[1:])
        return self._all([self._compared(left, relation, right) for left, relation, right in pairs])

    def member_(self, node: nodes.Member) -> Value:
        container = node.container
        if isinstance(container, nodes.Set):
            if not container.elements:
                return Matrix([[False]], (1, 1))
            equal = tuple(nodes.Comparison((node.element, choice), ("=",)) for choice in container.elements)
            return self.or_(nodes.Or(equal))
        low: nodes.Relation = "<=" if container.low_closed else "<"
        high: nodes.Relation = "<=" if container.high_closed else "<"
        return self.comparison_(nodes.Comparison((container.low, node.element, container.high), (low, high)))

    def _compared(self, left: Node, relation: nodes.Relation, right: Node) -> Matrix:
        places = self._label_place(left), self._label_place(right)
        if None not in places and any(isinstance(side, Name) for side in (left, right)):
            minus = places[0] - places[1]  # type: ignore[operator]  # neither is None
            return Matrix([[_holds(relation, (minus > 0) - (minus < 0))]], (1, 1))
        difference = Sum((left, Negative(right)))
        arrays = [self.array(side) for side in (left, right)]
        if arrays[0].shape != arrays[1].shape and NUMBER not in (arrays[0].shape, arrays[1].shape):
            raise ShapeError("A condition compares things of different shapes")
        matrix = self._zipped(lambda a, b: self.domain.add(a, self.domain.negative(b)), *arrays)
        signs = self.names.signs(difference, matrix, self)
        return Matrix(
            [[None if sign is None else _holds(relation, sign) for sign in row] for row in signs], matrix.shape
        )

    def _label_place(self, node: Node) -> int | None:
        """A class label, an index or a whole number, from 1."""
        if isinstance(node, Name):
            if node.name in self.bound:
                return self.bound[node.name][0] + 1
            if node.name in self.names.labels and (node.name not in self.where or node.name in self._inside):
                return self.names.labels[node.name][0] + 1
        if isinstance(node, Number) and node.value.denominator == 1:
            return int(node.value)
        return None

    def indicator_(self, node: nodes.Indicator) -> Value:
        label = self._class_label(node.condition)
        if label is not None:
            return self._onehot(label)
        truth = self._truth(node.condition)
        return self._mapped(lambda holds: self.domain.chosen(holds, self.domain.one, self.domain.zero), truth)

    def _truth(self, condition: Node) -> Matrix:
        if not isinstance(condition, (nodes.Truth, nodes.Not, nodes.And, nodes.Or, nodes.Comparison, nodes.Member)):
            raise ShapeError("I(…) needs a condition, such as I(z1 > 0)")
        return self.array(condition)

    def _class_label(self, condition: Node) -> str | None:
        """The label of ``k = t``, where k is an index of no other meaning: I(k = t) over all classes is onehot(t)."""
        if not isinstance(condition, nodes.Comparison) or condition.relations != ("=",):
            return None
        names = [operand.name for operand in condition.operands if isinstance(operand, Name)]
        labels = [name for name in names if name in self.names.labels]
        others = [name for name in names if name not in self.names.labels]
        if len(labels) == len(others) == 1 and others[0] not in {*self.where, *self.bound}:
            return labels[0] if self.names.value(others[0]) is None else None
        return None

    def choice_(self, node: nodes.Choice) -> Value:
        result = self.array(node.otherwise)
        for condition, branch in reversed(node.branches):
            truth, there = self._truth(condition), self.array(branch)
            sides = {array.shape for array in (truth, there, result)} - {NUMBER}
            if len(sides) > 1:
                raise ShapeError(f"{spelled(node)}: the cases have different shapes")
            shaped = next((array for array in (truth, there, result) if array.shape != NUMBER), result)
            wide = [
                self._widened(side, shaped.shape, len(shaped.rows), len(shaped.rows[0])).rows
                for side in (truth, there, result)
            ]
            rows = [[self.domain.chosen(*entries) for entries in zip(*row)] for row in zip(*wide)]
            result = Matrix(rows, shaped.shape)
        return result

    # Entries

    def _count(self, count: int) -> Matrix:
        return Matrix([[self.domain.number(Fraction(count))]], (1, 1))

    def _full(self, shape: tuple[Axis, Axis], entry: Any) -> Matrix:
        rows, columns = (axis if isinstance(axis, int) else self._length(axis) for axis in shape)
        return Matrix([[entry] * columns for _ in range(rows)], shape)

    def _identity(self, rows: Axis, columns: Axis, entry: Any) -> Matrix:
        zeros = self._full((rows, columns), self.domain.zero).rows
        return Matrix(
            [[entry if i == j else zero for j, zero in enumerate(row)] for i, row in enumerate(zeros)], (rows, columns)
        )

    def _length(self, axis: Axis) -> int:
        return sum(int(part) if part.isdigit() else self.names.sizes[part] for part in str(axis).split("+"))

    def _mapped(self, function: Callable[[Any], Any], matrix: Matrix) -> Matrix:
        return Matrix([[function(entry) for entry in row] for row in matrix.rows], matrix.shape)

    def _widened(self, matrix: Matrix, shape: tuple[Axis, Axis], rows: int, columns: int) -> Matrix:
        return matrix if matrix.shape == shape else Matrix([[matrix.rows[0][0]] * columns for _ in range(rows)], shape)

    def _zipped(self, function: Callable[[Any, Any], Any], left: Value, right: Value) -> Matrix:
        """A function of each pair of entries; a number, or ones of an open size, goes with every entry of the other."""
        a, b = (Matrix([[side.scale]], (1, 1)) if isinstance(side, Flexible) else side for side in (left, right))
        if a.shape == b.shape:
            rows = [[function(x, y) for x, y in zip(*pair)] for pair in zip(a.rows, b.rows)]
            return Matrix(rows, a.shape)
        if b.shape == NUMBER:
            other = b.rows[0][0]
            return Matrix([[function(x, other) for x in row] for row in a.rows], a.shape)
        if a.shape != NUMBER:
            raise ShapeError("A condition compares things of different shapes")
        other = a.rows[0][0]
        return Matrix([[function(other, y) for y in row] for row in b.rows], b.shape)


def _common(shape: Shape, other: Shape) -> Shape | None:
    """The shape of a sum: a number is added to every entry, a vector to every row of a matrix that is as wide."""
    if other in (shape, NUMBER):
        return shape
    if shape == NUMBER:
        return other
    for vector, matrix in ((shape, other), (other, shape)):
        if shapes.is_vector(vector) and vector[1] == 1 and 1 not in matrix and matrix[1] == vector[0] != matrix[0]:
            return matrix
    return None


def _entries(node: Node, value: Matrix) -> tuple[Node, ...]:
    """Each entry of an array as a node."""
    if 1 in value.shape:
        return tuple(nodes.Entry(node, (Number(Fraction(i + 1)),)) for i in range(len(value.entries)))
    places = [(i, j) for i, row in enumerate(value.rows, 1) for j, _ in enumerate(row, 1)]
    return tuple(nodes.Entry(node, (Number(Fraction(i)), Number(Fraction(j)))) for i, j in places)


def _parts(node: Node) -> Iterator[Node]:
    yield node
    for child in nodes.children(node):
        yield from _parts(child)


def _side_by_side(parts: Sequence[set[Axis]]) -> Axis:
    axes = [next(iter(axes)) for axes in parts]
    numbers = [axis for axis in axes if isinstance(axis, int)]
    if len(numbers) == len(axes):
        return sum(numbers)
    return "+".join(map(str, axes))


def _holds(relation: nodes.Relation, sign: int) -> bool:
    """Whether a relation holds between two numbers, by the sign of their difference."""
    return sign in {"<": (-1,), "<=": (-1, 0), ">": (1,), ">=": (0, 1), "=": (0,), "!=": (-1, 1)}[relation]


def written(bracket: products.Bracket, node: nodes.Product) -> Node:
    """A bracket of a product's factors as a node, products of products as one chain where they read the same."""
    if isinstance(bracket, int):
        return node.factors[bracket]
    parts: list[tuple[nodes.Sign, products.Bracket]] = []
    current: products.Bracket = bracket
    while isinstance(current, products.Join):
        parts.append((current.sign, current.right))
        current = current.left
    factors = (node.factors[current], *(written(part, node) for _, part in reversed(parts)))
    return nodes.Product(factors, tuple(sign for sign, _ in reversed(parts)))
