"""The value of a node on shaped arrays, at a point and in the view of a student: one meaning for every domain.

A condition is a matrix of True, False and None, where it is not known. A sign that nothing at a point decides is
chosen, and every way to choose is one path of an ``Attempt``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, partial, reduce
from itertools import zip_longest
from typing import Any, Union

from grader.frozen import frozen
from grader.gradients import matrices, procedure
from grader.gradients.matrices import NUMBER, OPEN, Matrix, Shape, ShapeError, Unplaced, mapped, single, zipped
from grader.gradients.procedure import Equation, jacobian, spelled
from grader.language import exact, nodes
from grader.language.exact import RELATIONS, comparisons
from grader.language.nodes import Call, Comparison, Meaning, Name, Negative, Node, Number, Product, Relation, Sum

HIGHEST_MATRIX_POWER = 64

LONGEST = 100
"""Rows and columns of an array made of a number that is typed: its products stay small."""

STEPS = 60_000
"""Nodes and multiplications of one evaluation: what an equation of the homework takes a thousand times."""

DEAR = 10
"""Steps that a power of e costs."""

MISFITS = {
    "∘": "An entrywise product needs two equal shapes",
    "/": "An entrywise quotient needs two equal shapes",
}

POWERS = {"sqrt": Fraction(1, 2), "square": Fraction(2), "cube": Fraction(3)}

PATHS = 100
"""Ways to decide the conditions of an equation that are tried at one point, at most."""

NOTHING: Mapping[str, Node] = {}


class Values(ABC):
    """What the names of a problem stand for at one point.

    There is a domain for values, one for the exponents of e in these, and so on; the last is that of its own exponents.
    ``labels`` are places from 0 with the name of the number of classes; ``slope`` is the derivative of a kinked
    function at its kink; ``logarithmic`` is what the variables that come down to a logarithm are computed as.
    """

    domains: Sequence[matrices.Domain[Any]]
    sizes: Mapping[str, int]
    labels: Mapping[str, tuple[int, str]]
    slope: Any
    logarithmic: Mapping[str, Node]

    @abstractmethod
    def value(self, name: str, level: int = 0) -> Matrix | None:
        """The value of a variable, a parameter or a gradient; None for any other name."""

    def jacobian(self, of: str, by: str, level: int) -> Matrix | None:
        """The derivative of one variable by another, where it is to be had without being worked out."""
        return None

    @abstractmethod
    def signs(self, node: Node, matrix: Matrix, evaluation: Evaluation) -> Matrix:
        """-1, 0 or 1 for each entry of a matrix, the value of a node; None where its sign is not known."""


@frozen
class View:
    """Which vectors come as rows, ``onehot`` among them, and the gradients of the student's own equations."""

    rows: frozenset[str] = frozenset()
    followed: Mapping[str, Equation] = field(default_factory=dict, hash=False)


TRUE = View()
"""Every gradient is the true one, and every vector a column."""


@dataclass
class Budget:
    """The steps that evaluations have left, and whether two vectors side by side were multiplied by entries."""

    left: int = STEPS
    by_entries: bool = False

    def spend(self, steps: int) -> None:
        """Takes some steps. Raises ``Limit`` where none are left."""
        self.left -= steps
        if self.left < 0:
            raise matrices.Limit("Evaluating it takes too many steps.")


class Attempt:
    """Equations evaluated at one point: how they see its names, what they may spend, and the signs that are chosen.

    ``asked`` are the residues of the signs chosen on this path, one after the other.
    """

    def __init__(self, view: View = TRUE, budget: Budget | None = None) -> None:
        self.view = view
        self.budget = budget or Budget()
        self.asked: dict[int, int] = {}
        self.conditions: dict[Node, None] = {}
        self.followed: dict[tuple[Values, int, str], Matrix] = {}
        self._choices: list[int] = []

    def sign(self, residue: int, prime: int, condition: Node) -> int:
        """The sign of a residue on this path; of -r the other one."""
        key, flip = (residue, 1) if 2 * residue < prime else (prime - residue, -1)
        self.conditions[condition] = None
        if key not in self.asked:
            if len(self.asked) == len(self._choices):
                self._choices.append(0)
            self.asked[key] = (1, -1, 0)[self._choices[len(self.asked)]]
        return flip * self.asked[key]

    def paths(self) -> Iterator[None]:
        """Every path, one after the other. Raises ``Limit`` where there are too many."""
        for _ in range(PATHS):
            self.asked, self.followed = {}, {}
            yield
            while self._choices and self._choices[-1] == 2:
                self._choices.pop()
            if not self._choices:
                return
            self._choices[-1] += 1
        raise matrices.Limit("Its conditions can hold in too many ways.")


def value(equation: Equation, values: Values, attempt: Attempt, like: Shape) -> Matrix:
    """What an equation gives for something of a shape. Raises ``NoValue`` where it gives nothing."""
    try:
        return Evaluation(values, attempt, equation.where, like).whole(equation.node)
    except RecursionError:
        raise matrices.Limit("It is nested too deeply.") from None


Bound = tuple[tuple[str, matrices.Axis], ...]
"""Indices with the axes that they run along."""


class Evaluation(Meaning[Matrix]):
    """What a node gives. The student's own names go before the problem's; each is evaluated once.

    ``like`` is the shape of what the node stands for, which an index that stands nowhere else runs along. ``bound``
    are the indices that a sum or an array by entries runs along here, each with its place from 0 and its axis.

    Raises ``ShapeError`` for shapes that do not fit and for what has no value, ``Unplaced`` for an index whose range
    cannot be told, ``Limit`` where it takes too many steps.
    """

    def __init__(
        self,
        values: Values,
        attempt: Attempt | None = None,
        where: Mapping[str, Node] = NOTHING,
        like: Shape | None = None,
        level: int = 0,
    ) -> None:
        self.values, self.level, self.where, self.like = values, level, where, like
        self.domain = values.domains[level]
        self.attempt = attempt or Attempt()
        self.budget = self.attempt.budget
        self.bound: dict[str, tuple[int, matrices.Axis]] = {}
        self._inside: tuple[str, ...] = ()
        self._defined: dict[tuple[Values, int, str], Matrix] = {}
        # By the identity of a node, which is kept beside, so that no other node can take it.
        self._unindexed: dict[tuple[Values, int, int, tuple[str, ...]], tuple[Node, Matrix | None]] = {}
        self._axes: dict[tuple[str, int, tuple[str, ...], Bound], tuple[Node, matrices.Axis | None]] = {}

    @cached_property
    def deeper(self) -> Evaluation:
        """The evaluation of exponents."""
        return self if self.level == len(self.values.domains) - 1 else self.at(self.values, self.level + 1)

    def at(self, values: Values, level: int = 0) -> Evaluation:
        """The same place of the same walk, over other values of the names."""
        other = Evaluation(values, self.attempt, self.where, self.like, level)
        other.bound, other._inside = self.bound, self._inside
        other._defined, other._unindexed, other._axes = self._defined, self._unindexed, self._axes
        return other

    def _running(self, index: str, axis: matrices.Axis) -> Iterator[Evaluation]:
        """The same place of the same walk, with an index bound to one place of an axis after the other."""
        for place in range(matrices.length(axis, self.values.sizes)):
            inner = self.at(self.values, self.level)
            inner.bound = {**self.bound, index: (place, axis)}
            yield inner

    @property
    def is_plain(self) -> bool:
        """Whether every name has the problem's own meaning, and is seen as it is."""
        return not self.where and not self.bound and self.attempt.view == TRUE

    def of(self, node: Node) -> Matrix:
        self.budget.spend(1)
        return super().of(node)

    def other(self, node: Node) -> Matrix:
        raise ShapeError(f"{spelled(node)} has no value in an equation")

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
        rows, columns = (matrices.length(axis, self.values.sizes) for axis in shape)
        return Matrix([[entry] * columns for _ in range(rows)], shape)

    def identity(self, shape: Shape, entry: Any) -> Matrix:
        """An array with the same entry along its diagonal, and zeros."""
        return matrices.diagonal(self.domain, self.full((shape[0], 1), entry))

    def closed(self, value: Matrix, shape: Shape) -> Matrix:
        """A value; ones or the identity matrix at the size that their place asks for."""
        if OPEN not in value.shape:
            return value
        return (self.identity if value.shape == matrices.IDENTITY else self.full)(shape, value.rows[0][0])

    # Names

    def truth_(self, node: nodes.Truth) -> Matrix:
        return single(node.value)

    def gap_(self, node: nodes.Gap) -> Matrix:
        return single(None)

    def number_(self, node: Number) -> Matrix:
        return single(self.domain.number(node.value))

    def name_(self, node: Name) -> Matrix:
        name = node.name
        if name in self.bound:
            return self._count(self.bound[name][0] + 1)
        if name in self.where and name not in self._inside:
            return self._definition(name, None)
        known = self.seen(name)
        if known is not None:
            return known
        if name in self._inside:
            raise ShapeError(f"The definition of {name} goes in a circle")
        if name in self.values.labels:
            raise Unplaced(
                f"{name} is a class label, not an array: onehot({name}) is the vector with a 1 at its place."
            )
        if name in self.values.sizes:
            return self._count(self.values.sizes[name])
        if name in ("ones", "1"):
            return single(self.domain.one, matrices.ONES)
        if name in ("I", "identity"):
            return single(self.domain.one, matrices.IDENTITY)
        raise ShapeError(f"{name} has no value here")

    def seen(self, name: str) -> Matrix | None:
        """The value of a name of the problem in the view of the student."""
        view, followed = self.attempt.view, self.attempt.followed
        found = self.values.value(name, self.level)
        if found is not None and name in view.followed:
            key, equation = (self.values, self.level, name), view.followed[name]
            if key not in followed:
                evaluation = Evaluation(self.values, self.attempt, equation.where, found.shape, self.level)
                followed[key] = evaluation.whole(equation.node)
            return followed[key]
        return found.transposed if found is not None and name in view.rows else found

    def derivative_(self, node: nodes.Derivative) -> Matrix:
        name = jacobian(node)
        if name in self.where:
            sides = [self.seen(part.name) for part in (node.of, node.by)]
            axes = [1 if side is None else next((axis for axis in side.shape if axis != 1), 1) for side in sides]
            return self._definition(name, (axes[0], axes[1]))
        found = self.values.jacobian(node.of.name, node.by.name, self.level)
        if found is None:
            raise ShapeError(f"{spelled(node)} is not worked out")
        return found

    def _definition(self, name: str, like: Shape | None) -> Matrix:
        """The value of a name of the student's own, evaluated where no index is bound."""
        key = self.values, self.level, name
        if key not in self._defined:
            meaning = self.where[name]
            if isinstance(meaning, nodes.Function):
                raise ShapeError(f"{name} is a function: it needs an argument")
            inner = self.at(self.values, self.level)
            inner.bound, inner.like, inner._inside = {}, like, (*self._inside, name)
            self._defined[key] = inner.of(meaning)
        return self._defined[key]

    def _count(self, count: int) -> Matrix:
        return single(self.domain.number(Fraction(count)))

    def constant(self, node: Node) -> Fraction | None:
        """The number that a part of an equation is, where it is one, in sizes too."""
        try:
            return exact.value(node, {name: Fraction(n) for name, n in self.values.sizes.items() if self.is_size(name)})
        except exact.Undefined:
            return None

    def is_size(self, name: str) -> bool:
        return name in self.values.sizes and name not in self.where and name not in self.bound

    # Sums, products, powers

    def negative_(self, node: nodes.Negative) -> Matrix:
        return mapped(self.domain.negative, self.of(node.operand))

    def transpose_(self, node: nodes.Transpose) -> Matrix:
        return self.of(node.operand).transposed

    def sum_(self, node: nodes.Sum) -> Matrix:
        """A sum: a number is added to every entry, a vector to every row of a matrix that is as wide."""
        terms = [self.of(term) for term in node.terms]
        widest, widest_part = single(self.domain.zero), node.terms[0]
        for term, part in zip(terms, node.terms):
            if OPEN in term.shape or _goes_into(term.shape, widest.shape):
                continue
            if not _goes_into(widest.shape, term.shape):
                raise _unfit("These cannot be added", (widest_part, widest.shape), (part, term.shape))
            widest, widest_part = term, part
        shaped = {term.shape for term in terms}
        open_ = {shape for shape in shaped if OPEN in shape}
        if widest.shape == NUMBER and open_:
            if len(open_) > 1 or (matrices.IDENTITY in open_ and NUMBER in shaped):
                raise ShapeError(f"The sizes in {spelled(node)} do not show")
            return single(self.domain.total([term.rows[0][0] for term in terms]), open_.pop())
        if widest.shape[0] != widest.shape[1] and matrices.IDENTITY in open_:
            here = matrices.described(widest.shape)
            raise ShapeError(f"The identity matrix in {spelled(node)} is added to something of shape {here}")
        wide = [matrices.spread(self.closed(term, widest.shape), widest) for term in terms]
        return reduce(partial(zipped, self.domain.add), wide)

    def product_(self, node: nodes.Product) -> Matrix:
        """A product, its factors bracketed so that they fit."""
        results = [self.of(factor) for factor in node.factors]
        join = matrices.joined_up(tuple([result.shape for result in results]), node.signs)
        if join.way is None:
            sides = [
                (matrices.written(side, node), self._joined(side, results).shape) for side in (join.left, join.right)
            ]
            raise _unfit(MISFITS.get(join.sign, "This product does not fit"), *sides)
        return self._joined(join, results)

    def _joined(self, side: matrices.Side, factors: Sequence[Matrix]) -> Matrix:
        if not isinstance(side, matrices.Join):
            return factors[side]
        join, left, right = side, self._joined(side.left, factors), self._joined(side.right, factors)
        self.budget.by_entries |= join.way == "beside"
        if join.way == "matrix":
            return self._matrix(left, right)
        if join.way == "row":
            return self._matrix(left.transposed, right).transposed
        if join.way == "inner":
            return single(self.domain.dot(left.entries, right.entries))
        operation = self.domain.over if join.way == "divide" else self.domain.times
        if left.shape == right.shape == NUMBER:
            return single(operation(left.rows[0][0], right.rows[0][0]))
        return Matrix(zipped(operation, left, right).rows, join.shape)

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
        if node.exponent == Name("T") and self.seen("T") is None:
            return self.of(node.base).transposed
        base = self.array(node.base)
        exponent = self.constant(node.exponent)
        if exponent is not None:
            if base.shape[0] == base.shape[1] != 1:
                return self._matrix_power(node, base, exponent)
            return mapped(lambda entry: self.domain.power(entry, exponent), base)
        raised = self.array(node.exponent)
        if base.shape != NUMBER and raised.shape not in (NUMBER, base.shape):
            raise _unfit("This power does not fit", (node.base, base.shape), (node.exponent, raised.shape))
        return zipped(self.domain.raised, base, raised)

    def _matrix_power(self, node: Node, base: Matrix, exponent: Fraction) -> Matrix:
        if exponent.denominator != 1 or abs(exponent) > HIGHEST_MATRIX_POWER:
            raise ShapeError(f"{spelled(node)}: only whole powers of a matrix are read, up to {HIGHEST_MATRIX_POWER}")
        factor = base
        if exponent < 0:
            self.budget.spend(len(base.rows) ** 3 // 8)
            factor = matrices.inverse(self.domain, base)
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
            raise Unplaced(f"{spelled(node)}: {spelled(node.array)} is {matrices.described(given.shape)}.")
        places = [self._place(index, axis, node) for index, axis in indexed]
        if len(places) == 1:
            places.insert(given.shape.index(1), 0)
        row, column = places
        return single(None if row is None or column is None else given.rows[row][column])

    def _place(self, index: Node, axis: matrices.Axis, node: nodes.Entry) -> int | None:
        """The place from 0 that an index says along an axis; None for a number beyond its end."""
        if isinstance(index, Name):
            at = self.bound.get(index.name) or self.values.labels.get(index.name)
            if at is not None:
                if at[1] != axis:
                    raise ShapeError(f"The index {index.name} runs along {at[1]}, and in {spelled(node)} along {axis}")
                return at[0]
        value = None if isinstance(index, Name) else self.constant(index)
        if value is None or value.denominator != 1:
            raise Unplaced(f"What the index {spelled(index)} of {spelled(node)} runs along is not said.")
        return int(value) - 1 if 1 <= value <= matrices.length(axis, self.values.sizes) else None

    def entries_(self, node: nodes.Entries) -> Matrix:
        like = self.like or ()
        sides = [side for side in like if side != 1] if len(node.indices) == 1 else like
        axes = [
            self._axis(index, node.body, otherwise)
            for index, otherwise in zip_longest(node.indices, sides[: len(node.indices)])
        ]
        # A vector has one column, and no index runs along it.
        first, second = [*node.indices, ""][:2]
        rows, columns = [*axes, 1][:2]
        cells = [[cell.of(node.body) for cell in row._running(second, columns)] for row in self._running(first, rows)]
        if any(cell.shape != NUMBER for row in cells for cell in row):
            raise Unplaced(f"{spelled(node.body)} is one entry, and something in it stands without an index.")
        return Matrix([[cell.rows[0][0] for cell in row] for row in cells], (rows, columns))

    def total_(self, node: nodes.Total) -> Matrix:
        terms = [term.array(node.body) for term in self._running(node.index, self._axis(node.index, node.body))]
        rows = [[self.domain.total(cell) for cell in zip(*row)] for row in zip(*(term.rows for term in terms))]
        return Matrix(rows, terms[0].shape)

    def _axis(self, index: str, body: Node, otherwise: matrices.Axis | None = None) -> matrices.Axis:
        """The axis that an index stands at in a body; another one where it stands at none."""
        # Another point may have other axes: ones(2 k) has another length there.
        around = tuple([(name, axis) for name, (_, axis) in self.bound.items()])
        known, key = self._axes, (index, id(body), self._inside, around)
        if key not in known:
            found = list(dict.fromkeys(self._standing(index, body, frozenset({index}))))
            if len(found) > 1:
                raise ShapeError(
                    f"The index {index} runs along {found[0]} at one place and along {found[1]} at another"
                )
            known[key] = body, found[0] if found else None
        axis = known[key][1] or otherwise
        if axis is None:
            raise Unplaced(f"What the index {index} runs along is not said.")
        return axis

    def _standing(self, index: str, body: Node, seen: frozenset[str]) -> Iterator[matrices.Axis]:
        here, pending = Name(index), [body]
        while pending:
            current = pending.pop()
            if (isinstance(current, nodes.Entries) and index in current.indices) or (
                isinstance(current, nodes.Total) and current.index == index
            ):
                continue
            if isinstance(current, nodes.Entry) and here in current.indices:
                yield from (axis for part, axis in _indexed(current, self.array(current.array)) if part == here)
            elif isinstance(current, nodes.Comparison) and here in current.operands:
                for other in current.operands:
                    if isinstance(other, Name) and other.name not in seen:
                        at = self.bound.get(other.name) or self.values.labels.get(other.name)
                        if at is not None:
                            yield at[1]
                        else:
                            yield from self._standing(other.name, body, seen | {other.name})
            pending.extend(nodes.children(current))

    def call_(self, node: Call) -> Matrix:
        """A function, or a derivative of one, of its arguments."""
        own = self._own(node)
        if own is not None:
            return self.of(own)
        if not self.bound:
            return self._known(node)
        # softmax(y) in an array by entries is the same at each of them.
        key = self.values, self.level, id(node), self._inside
        if key not in self._unindexed:
            indexed = nodes.names(node) & self.bound.keys()
            self._unindexed[key] = node, None if indexed else self._known(node)
        return self._unindexed[key][1] or self._known(node)

    def _known(self, node: Call) -> Matrix:
        """A function, or a derivative of one, of the closed list."""
        name, arguments = node.function, node.arguments
        if name in procedure.ENTRYWISE and len(arguments) == 1 and node.derivative <= 1:
            return self._entrywise(name, node.derivative, arguments[0])
        if node.derivative == 0:
            if name == "onehot" and len(arguments) == 1 and isinstance(arguments[0], Name):
                return self._onehot(arguments[0].name)
            if name in ("ones", "zeros", "eye", "identity"):
                return self._constant_array(node)
            if name in ("max", "min") and len(arguments) > 1:
                return self._extreme(node)
            if name in ("floor", "ceil", "log") and (known := self.constant(node)) is not None:
                return single(self.domain.number(known))
            if name == "log" and len(arguments) == 2:
                return self.of(Product(tuple(Call("log", (one,)) for one in arguments), ("/",)))
        if len(arguments) == 1:
            return self._as_a_whole(node, arguments[0])
        raise ShapeError(f"{spelled(node)} cannot be used here")

    # Functions of the student's own

    def _own(self, node: Call) -> Node | None:
        """A call of a function of the student's own, its meaning written out; None for any other call."""
        key, steps = self._own_name(node)
        meaning = self.where.get(key)
        if not isinstance(meaning, nodes.Function):
            return None
        if any(isinstance(part, Call) and self._own_name(part)[0] == key for part in nodes.parts(meaning.body)):
            raise Unplaced(f"The definition of {key} uses {key} itself.")
        if len(meaning.parameters) != len(node.arguments) or (steps and len(node.arguments) != 1):
            raise ShapeError(f"{spelled(node)}: {key} takes {len(meaning.parameters)} arguments")
        try:
            body = procedure.derivative(meaning, steps) if steps else procedure.entrywise(meaning.body) or meaning.body
        except procedure.NotDifferentiable as error:
            raise Unplaced(f"The derivative of {key} cannot be worked out: {error}.") from error
        self.budget.spend(nodes.size(body))
        return nodes.replaced(body, dict(zip(meaning.parameters, node.arguments)))

    def _own_name(self, node: Call) -> tuple[str, int]:
        """The name that a function, or a derivative of it, is defined under, and how often that is differentiated."""
        key, steps = node.function + "'" * node.derivative, 0
        while key.endswith("'") and key not in self.where:
            key, steps = key[:-1], steps + 1
        return key, steps

    # Functions of each entry alone

    def _entrywise(self, name: str, derivative: int, argument: Node) -> Matrix:
        domain = self.domain
        if name in ("exp", "sigmoid", "tanh"):
            return mapped(partial(_exponential, domain, name, derivative), self._powers(argument))
        array = self.array(argument)
        if name in procedure.KINKED:
            if derivative and name in ("step", "sign"):
                return self.full(array.shape, domain.zero)
            return zipped(partial(self._by_sign, name, derivative), array, self.values.signs(argument, array, self))
        if name == "identity":
            return self.full(array.shape, domain.one) if derivative else array
        exponent = POWERS.get(name)
        if exponent is None:
            return mapped(partial(domain.over, domain.one) if derivative else domain.log, array)
        raised = mapped(lambda entry: domain.power(entry, exponent - derivative), array)
        return mapped(partial(domain.times, domain.number(exponent)), raised) if derivative else raised

    def _by_sign(self, name: str, derivative: int, value: Any, sign: int | None) -> Any:
        domain = self.domain
        value = None if sign is None else domain.signed(value, sign)
        if value is None or sign is None:
            return None
        zero, one, slope, minus = domain.zero, domain.one, self.values.slope, domain.negative
        # Of abs the slope is between -1 and 1, as that of relu is between 0 and 1.
        at_zero, above, below = {
            ("relu", 0): (zero, value, zero),
            ("relu", 1): (slope, one, zero),
            ("step", 0): (one, one, zero),
            ("sign", 0): (zero, one, minus(one)),
            ("abs", 0): (zero, value, minus(value)),
            ("abs", 1): (domain.minus(domain.add(slope, slope), one), one, minus(one)),
        }[name, derivative]
        return (at_zero, above, below)[sign]

    def _powers(self, argument: Node) -> Matrix:
        """e to each entry of an argument."""
        known = _Power(self).of(argument)
        if known is not None:
            return self.array(known)
        exponents = self.deeper.array(argument)
        self.budget.spend(DEAR * len(exponents.rows) * len(exponents.rows[0]))
        return mapped(self.domain.exponential, exponents)

    # Functions of an array as a whole

    def _as_a_whole(self, node: Call, operand: Node) -> Matrix:
        name = node.function
        if name == "softmax" and node.derivative <= 1:
            return self._softmax(node, self._powers(operand))
        argument, name = self.of(operand), name + "'" * node.derivative
        if name == "diag" and argument.shape == matrices.ONES:
            return Matrix(argument.rows, matrices.IDENTITY)
        if OPEN in argument.shape:
            raise ShapeError(f"The size of {spelled(operand)} does not show here")
        if name == "sum":
            return single(self.domain.total(argument.entries))
        if name == "diag" and 1 in argument.shape:
            return matrices.diagonal(self.domain, argument)
        if name == "diag" and argument.shape[0] == argument.shape[1]:
            return Matrix([[row[i]] for i, row in enumerate(argument.rows)], (argument.shape[0], 1))
        raise _unusable(node, argument)

    def _softmax(self, node: Call, powers: Matrix) -> Matrix:
        """The softmax of a vector or of each row of a matrix, or the Jacobian of that of a vector, from powers of e."""
        domain = self.domain
        if node.derivative and 1 not in powers.shape:
            raise _unusable(node, powers)
        is_column = powers.shape[1] == 1
        rows = powers.transposed if is_column else powers
        found = Matrix([domain.shares(row) for row in rows.rows], rows.shape)
        if not node.derivative:
            return found.transposed if is_column else found
        along = matrices.diagonal(domain, found)
        outer = [[domain.times(a, b) for b in found.entries] for a in found.entries]
        return zipped(domain.minus, along, Matrix(outer, along.shape))

    # Arrays made of a label or a size

    def _onehot(self, label: str) -> Matrix:
        """The vector with a 1 at the place of a class label. Raises ``Unplaced`` for any other name."""
        if label not in self.values.labels:
            raise Unplaced(f"onehot({label}): {label} is not the class label.")
        place, size = self.values.labels[label]
        column = self.full((size, 1), self.domain.zero)
        column.rows[place][0] = self.domain.one
        return column.transposed if "onehot" in self.attempt.view.rows else column

    def _constant_array(self, node: Call) -> Matrix:
        """Ones, zeros or the identity, of sizes by name, of the shape of another array, or of an open size."""
        name, arguments = node.function, node.arguments
        one, zero = self.domain.one, self.domain.zero
        if not arguments and name != "zeros":
            return single(one, matrices.ONES if name == "ones" else matrices.IDENTITY)
        axes = [self._size(argument) for argument in arguments]
        entry = zero if name == "zeros" else one
        square = name in ("eye", "identity")
        if axes == [None] and not square:
            given = self.array(arguments[0])
            if given.shape != NUMBER:
                return self.full(given.shape, entry)
        rows, columns = [*axes, axes[0] if square else 1][:2] if 1 <= len(axes) <= 2 else (None, None)
        if rows is None or columns is None:
            raise ShapeError(f"{name} takes the names of sizes: {', '.join(self.values.sizes)}")
        return (self.identity if square else self.full)((rows, columns), entry)

    def _size(self, node: Node) -> matrices.Axis | None:
        if isinstance(node, Name) and self.is_size(node.name):
            return node.name
        value = self.constant(node)
        return int(value) if value is not None and value.denominator == 1 and 1 <= value <= LONGEST else None

    # Conditions and cases

    def not_(self, node: nodes.Not) -> Matrix:
        return mapped(lambda part: None if part is None else not part, self.array(node.part))

    def and_(self, node: nodes.And) -> Matrix:
        def both(a: bool | None, b: bool | None) -> bool | None:
            if a is False or b is False:
                return False
            return None if a is None or b is None else True

        return reduce(partial(zipped, both), [self.array(part) for part in node.parts], single(True))

    def or_(self, node: nodes.Or) -> Matrix:
        return self.array(nodes.Not(nodes.And(tuple(nodes.Not(part) for part in node.parts))))

    def comparison_(self, node: Comparison) -> Matrix:
        if len(node.relations) > 1:
            triples = zip(node.operands, node.operands[1:], node.relations)
            return self.of(nodes.And(tuple(Comparison((left, right), (sign,)) for left, right, sign in triples)))
        (left, right), (relation,) = node.operands, node.relations
        first, second = self._counted(left), self._counted(right)
        if first is not None and second is not None and (isinstance(left, Name) or isinstance(right, Name)):
            return single(RELATIONS[relation](first, second))
        minus = zipped(self.domain.minus, self.array(left), self.array(right))
        signs = self.values.signs(Sum((left, Negative(right))), minus, self)
        return mapped(lambda sign: None if sign is None else RELATIONS[relation](sign, 0), signs)

    def member_(self, node: nodes.Member) -> Matrix:
        return self.of(comparisons(node))

    def _counted(self, node: Node) -> int | None:
        """What a class label, an index or a whole number says, from 1."""
        if isinstance(node, Name):
            own = node.name in self.where and node.name not in self._inside
            at = self.bound.get(node.name) or (None if own else self.values.labels.get(node.name))
            return None if at is None else at[0] + 1
        return int(node.value) if isinstance(node, Number) and node.value.denominator == 1 else None

    def indicator_(self, node: nodes.Indicator) -> Matrix:
        condition = node.condition
        if isinstance(condition, Comparison) and condition.relations == ("=",):
            # Of an index of no other meaning I(k = t), over all classes, is onehot(t).
            names = [operand.name for operand in condition.operands if isinstance(operand, Name)]
            labels = [name for name in names if name in self.values.labels]
            others = [name for name in names if name not in self.values.labels]
            own = self.where.keys() | self.bound.keys()
            if len(labels) == len(others) == 1 and others[0] not in own and self.seen(others[0]) is None:
                return self._onehot(labels[0])
        one, zero = self.domain.one, self.domain.zero
        return mapped(lambda holds: None if holds is None else one if holds else zero, self._truth(condition))

    def _truth(self, condition: Node) -> Matrix:
        if not isinstance(condition, (nodes.Truth, nodes.Not, nodes.And, nodes.Or, Comparison, nodes.Member)):
            raise ShapeError("I(…) needs a condition, such as I(z1 > 0)")
        return self.array(condition)

    def choice_(self, node: nodes.Choice) -> Matrix:
        """Cases, by entries: the first one whose condition holds."""
        result = self.array(node.otherwise)
        for condition, branch in reversed(node.branches):
            parts = self._truth(condition), self.array(branch), result
            shaped = [part for part in parts if part.shape != NUMBER]
            if len({part.shape for part in shaped}) > 1:
                raise ShapeError(f"{spelled(node)}: the cases have different shapes")
            like = shaped[0] if shaped else result
            rows = zip(*(matrices.spread(part, like).rows for part in parts))
            chosen = [[None if holds is None else a if holds else b for holds, a, b in zip(*row)] for row in rows]
            result = Matrix(chosen, like.shape)
        return result

    def _extreme(self, node: Call) -> Matrix:
        """The largest (max) or smallest (min) of some arguments: the first that none behind it goes beyond."""
        self.budget.spend(len(node.arguments) ** 2)
        relation: Relation = ">=" if node.function == "max" else "<="
        *others, last = node.arguments
        branches = [
            (nodes.And(tuple(Comparison((one, other), (relation,)) for other in node.arguments[place:])), one)
            for place, one in enumerate(others, start=1)
        ]
        return self.choice_(nodes.Choice(tuple(branches), last))


def _goes_into(shape: Shape, wide: Shape) -> bool:
    """Whether an array is added to another entry by entry: a number to every one, a vector to every row as wide."""
    if shape in (wide, NUMBER):
        return True
    return matrices.is_vector(shape) and shape[1] == 1 and 1 not in wide and wide[1] == shape[0] != wide[0]


def _unfit(reason: str, *operands: tuple[Node, Shape]) -> ShapeError:
    parts = ", ".join(f"{spelled(node)}: {matrices.described(shape)}" for node, shape in operands)
    return ShapeError(f"{reason}: {parts}")


def _indexed(node: nodes.Entry, given: Matrix) -> tuple[tuple[Node, matrices.Axis], ...]:
    """Each index with the axis it stands at; none where there are not as many indices as axes."""
    axes = given.shape if 1 not in given.shape else tuple(axis for axis in given.shape if axis != 1)
    return tuple(zip(node.indices, axes)) if len(node.indices) == len(axes) else ()


def _exponential(domain: matrices.Domain[Any], name: str, derivative: int, power: Any) -> Any:
    """exp, sigmoid, tanh or a derivative of one, at u, from e^u."""
    if name == "exp":
        return power
    if name == "sigmoid":
        value = domain.logistic(power)
        return domain.times(value, domain.minus(domain.one, value)) if derivative else value
    doubled = domain.logistic(domain.times(power, power))
    value = domain.minus(domain.add(doubled, doubled), domain.one)
    return domain.minus(domain.one, domain.times(value, value)) if derivative else value


class _Power(Meaning[Union[Node, None]]):
    """e to a node without the logarithms in it: e^log u is u. None where there are none."""

    def __init__(self, evaluation: Evaluation) -> None:
        self._evaluation = evaluation
        self._own = evaluation.where.keys() | evaluation.bound.keys()
        self._rows = evaluation.attempt.view.rows
        self._logarithmic = evaluation.values.logarithmic

    def other(self, node: Node) -> None:
        return None

    def call_(self, node: Call) -> Node | None:
        plain = node.function == "log" and not node.derivative and len(node.arguments) == 1
        return node.arguments[0] if plain and not {"log", "exp"} & self._own else None

    def name_(self, node: Name) -> Node | None:
        step = self._logarithmic.get(node.name)
        if step is None or {node.name, *nodes.names(step)} & self._own:
            return None
        return None if {node.name, "onehot", *nodes.names(step)} & self._rows else self.of(step)

    def negative_(self, node: Negative) -> Node | None:
        found = self.of(node.operand)
        return None if found is None else Product((nodes.ONE, found), ("/",))

    def transpose_(self, node: nodes.Transpose) -> Node | None:
        found = self.of(node.operand)
        return None if found is None else nodes.Transpose(found)

    def sum_(self, node: Sum) -> Node | None:
        found = [self.of(term) for term in node.terms]
        if not any(found):
            return None
        factors = (known or Call("exp", (term,)) for known, term in zip(found, node.terms))
        return reduce(lambda left, right: Product((left, right), ("∘",)), factors)

    def product_(self, node: Product) -> Node | None:
        """A one-hot row picks a factor of a column; of anything else it is multiplied into every entry."""
        match node.factors, node.signs:
            case (nodes.Transpose(operand=Call(function="onehot")) as row, picked), ("" | "@" | "*",):
                found = None if "onehot" in self._own else self.of(picked)
                if found is not None:
                    shape = self._evaluation.array(row).shape
                    if shape[0] == 1 and self._evaluation.array(found).shape == shape[::-1]:
                        return Product((row, found), node.signs)
        return None


def _unusable(node: Call, argument: Matrix) -> ShapeError:
    return ShapeError(f"{spelled(node)} cannot be used on something of shape {matrices.described(argument.shape)}")
