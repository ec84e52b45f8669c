"""Names and definitions: what a name in an equation stands for, and how far one walk over its nodes has come."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property
from typing import Any

from grader.gradients import shapes
from grader.gradients.domains import Domain
from grader.gradients.equation import jacobian, spelled
from grader.gradients.shapes import IDENTITY, NUMBER, ONES, OPEN, Axis, Limit, Matrix, Shape, ShapeError, single
from grader.language import exact, nodes
from grader.language.nodes import Call, Meaning, Name, Node, Number

STEPS = 60_000
"""Nodes and multiplications of one evaluation: what an equation of the homework takes a thousand times."""

NOTHING: Mapping[str, Node] = {}


class Names:
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

    def value(self, name: str) -> Matrix | None:
        """The value of a variable, a parameter or a gradient; None for any other name."""
        raise NotImplementedError

    def logarithmic(self, name: str) -> Node | None:
        """What a variable is computed as, where it comes down to a logarithm."""
        return None

    def jacobian(self, of: str, by: str) -> Matrix | None:
        """The derivative of one variable by another, where it is to be had without being worked out."""
        return None

    @property
    def deeper(self) -> Names:
        return self

    def signs(self, node: Node, matrix: Matrix, walk: Walk) -> Matrix:
        """-1, 0 or 1 for each entry of a matrix, the value of a node; None where its sign is not known."""
        raise NotImplementedError


class Budget:
    """The steps that are left, and the axes of indices: they are the same wherever an equation is evaluated.

    An index is under its name and the identity of the body that it stands in, which is kept with its axis, so that no
    other node can take its identity.
    """

    def __init__(self, steps: int = STEPS) -> None:
        self.left = steps
        self.axes: dict[tuple[int, str], tuple[Node, Axis | None]] = {}

    def spend(self, steps: int) -> None:
        """Takes some steps.

        Raises:
            Limit: none are left.
        """
        self.left -= steps
        if self.left < 0:
            raise Limit("Evaluating it takes too many steps.")


class Walk(Meaning[Matrix]):
    """One walk over nodes. The student's own names go before the problem's; each is evaluated once.

    ``like`` is the shape of what the node stands for, which an index that stands nowhere else runs along. ``bound``
    are the indices that a sum or an array by entries runs along here, each with its place from 0 and its axis.
    """

    def __init__(
        self,
        names: Names,
        where: Mapping[str, Node] = NOTHING,
        like: Shape | None = None,
        root: Walk | None = None,
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
        self._defined: dict[str, Matrix] = {}
        self._unindexed: dict[tuple[int, tuple[str, ...]], tuple[Node, Matrix | None]] = {}

    @cached_property
    def deeper(self) -> Walk:
        """The evaluation of exponents."""
        return self if self.names.deeper is self.names else type(self)(self.names.deeper, self.where, self.like, self)

    def at(self, names: Names) -> Walk:
        """The same place of the same walk, over other values of the names."""
        other = type(self)(names, self.where, self.like)
        other.bound, other.budget, other._inside = self.bound, self.budget, self._inside
        return other

    def without_own(self) -> Walk:
        """The same walk where names have the problem's meaning."""
        return type(self)(self.names, root=self)

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
            raise shapes.Unplaced(
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
