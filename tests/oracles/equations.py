"""What a backward equation that was read says, on numbers: nodes to numpy, kept simple and apart from the grader's own.

The oracle of the tests of reading: every notation of one equation must be read to nodes that come to the same numbers
here, and every mutant to others. Shapes are as typed: a vector is a column, and a product of two of one shape that no
matrix product fits is taken by entries.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from grader.language.nodes import (
    And,
    Call,
    Choice,
    Comparison,
    Derivative,
    Entries,
    Entry,
    Function,
    Gap,
    Indicator,
    Meaning,
    Name,
    Negative,
    Node,
    Not,
    Number,
    Or,
    Power,
    Product,
    Sum,
    Total,
    Transpose,
    children,
)  # fmt: skip

Array = Any
"""A column (n, 1), a row (1, n), a matrix, or a number of shape ()."""


class Unfit(Exception):
    """Two shapes that do not go together."""


@dataclass
class Numbers(Meaning[Array]):
    """The value of a node where names stand for arrays; a label is a whole number from 1."""

    values: Mapping[str, Array]
    labels: Mapping[str, tuple[int, int]]
    where: Mapping[str, Node] = field(default_factory=dict)
    jacobians: Mapping[str, Array] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    lengths: dict[str, int] = field(default_factory=dict)
    busy: frozenset[str] = frozenset()

    def _inside(self, **changed: Any) -> Numbers:
        return Numbers(
            **{
                name: changed.get(name, getattr(self, name))
                for name in ("values", "labels", "where", "jacobians", "places", "lengths", "busy")
            }
        )

    def number_(self, node: Number) -> Array:
        return np.array(float(node.value))

    def name_(self, node: Name) -> Array:
        if node.name in self.where and node.name not in self.busy:
            return self._inside(busy=self.busy | {node.name}).of(self.where[node.name])
        if node.name in self.places:
            return np.array(float(self.places[node.name]))
        return self.values[node.name]

    def sum_(self, node: Sum) -> Array:
        total = self.of(node.terms[0])
        for term in node.terms[1:]:
            total = _fitted(total, self.of(term), np.add)
        return total

    def negative_(self, node: Negative) -> Array:
        return -self.of(node.operand)

    def product_(self, node: Product) -> Array:
        value = self.of(node.factors[0])
        for sign, factor in zip(node.signs, node.factors[1:]):
            other = self.of(factor)
            if sign == "/":
                value = _fitted(value, other, np.divide)
            elif sign == "∘":
                value = _fitted(value, other, np.multiply)
            else:
                value = _product(value, other, sign)
        return value

    def power_(self, node: Power) -> Array:
        return self.of(node.base) ** self.of(node.exponent)

    def transpose_(self, node: Transpose) -> Array:
        return self.of(node.operand).T

    def call_(self, node: Call) -> Array:
        own = self.where.get(node.function)
        if isinstance(own, Function):
            arguments = [self.of(one) for one in node.arguments]
            if node.derivative:
                step = 1e-5
                above, below = (self._called(own, [arguments[0] + side]) for side in (step, -step))
                return (above - below) / (2 * step)
            return self._called(own, arguments)
        if node.function == "onehot":
            place, size = self.labels[node.arguments[0].name]  # type: ignore[union-attr]
            return np.eye(size)[:, [place - 1]]
        if node.function in ("ones", "eye", "e") and not node.arguments:
            return np.array(np.e if node.function == "e" else 1.0)
        return _FUNCTIONS[node.function, node.derivative](*(self.of(one) for one in node.arguments))

    def _called(self, own: Function, arguments: list[Array]) -> Array:
        busy = self.busy | set(own.parameters)
        values = {**self.values, **dict(zip(own.parameters, arguments))}
        return self._inside(values=values, busy=busy).of(own.body)

    def indicator_(self, node: Indicator) -> Array:
        return np.asarray(self.of(node.condition), dtype=float)

    def comparison_(self, node: Comparison) -> Array:
        values = [self._compared(one) for one in node.operands]
        holds: Array = np.array(True)
        for relation, left, right in zip(node.relations, values, values[1:]):
            holds = holds & _RELATIONS[relation](left, right)
        return holds

    def _compared(self, node: Node) -> Array:
        if isinstance(node, Name) and node.name in self.labels and node.name not in self.where:
            return np.array(float(self.labels[node.name][0]))
        return self.of(node)

    def and_(self, node: And) -> Array:
        return np.logical_and.reduce([self.of(one) for one in node.parts])

    def or_(self, node: Or) -> Array:
        return np.logical_or.reduce([self.of(one) for one in node.parts])

    def not_(self, node: Not) -> Array:
        return ~self.of(node.part)

    def choice_(self, node: Choice) -> Array:
        value = self.of(node.otherwise)
        for condition, chosen in reversed(node.branches):
            value = np.where(self.of(condition), self.of(chosen), value)
        return value

    def gap_(self, node: Gap) -> Array:
        return np.array(np.nan)

    def derivative_(self, node: Derivative) -> Array:
        key = f"∂{node.of.name}/∂{node.by.name}"
        return self.of(self.where[key]) if key in self.where else self.jacobians[key]

    def entry_(self, node: Entry) -> Array:
        array = self.of(node.array)
        places = [self._place(one) for one in node.indices]
        flat = array.reshape(-1) if len(places) == 1 else array
        if len(places) == 1 and 1 not in array.shape:
            raise Unfit("one index for a matrix")
        if any(not 1 <= place <= size for place, size in zip(places, flat.shape)):
            raise Unfit("an index outside its array")
        return np.asarray(flat[tuple(place - 1 for place in places)])

    def _place(self, node: Node) -> int:
        if isinstance(node, Number):
            return int(node.value)
        assert isinstance(node, Name)
        return self.labels[node.name][0] if node.name in self.labels else self.places[node.name]

    def entries_(self, node: Entries) -> Array:
        lengths = [self._length(index, node.body) for index in node.indices]
        made = np.empty(lengths)
        for place in np.ndindex(*lengths):
            chosen = {**self.places, **{index: at + 1 for index, at in zip(node.indices, place)}}
            known = {**self.lengths, **dict(zip(node.indices, lengths))}
            value = self._inside(places=chosen, lengths=known).of(node.body)
            if np.asarray(value).size != 1:
                raise Unfit("an array in the place of a number")
            made[place] = np.asarray(value).reshape(())
        return made.reshape(-1, 1) if made.ndim == 1 else made

    def total_(self, node: Total) -> Array:
        length = self._length(node.index, node.body)
        lengths = {**self.lengths, node.index: length}
        terms = [
            self._inside(places={**self.places, node.index: at + 1}, lengths=lengths).of(node.body)
            for at in range(length)
        ]
        return sum(terms[1:], terms[0])

    def _length(self, index: str, body: Node) -> int:
        """How far an index runs: the length of the axis that it stands at; all of them must agree."""
        found: set[int] = set()
        met: set[str] = set()
        pending = [body]
        while pending:
            one = pending.pop()
            if isinstance(one, Entry):
                shape = self._shape(one.array)
                axes = [size for size in shape if size != 1] or [1]
                axes = list(shape) if len(one.indices) == 2 else axes
                found |= {size for size, at in zip(axes, one.indices) if at == Name(index)}
            if isinstance(one, Comparison) and Name(index) in one.operands:
                names = {part.name for part in one.operands if isinstance(part, Name)}
                found |= {self.labels[name][1] for name in names if name in self.labels}
                found |= {self.lengths[name] for name in names if name in self.lengths and name != index}
                met |= names - {index}
            pending += children(one)
        if not found and len(met) == 1 and met != {index}:
            return self._length(met.pop(), body)
        if len(found) != 1:
            raise Unfit(f"the index {index} has no one length: {sorted(found)}")
        return found.pop()

    def _shape(self, node: Node) -> tuple[int, ...]:
        return tuple(np.shape(self.of(node)))


def _fitted(left: Array, right: Array, how: Any) -> Array:
    if left.shape == right.shape or () in (left.shape, right.shape) or 1 in (left.size, right.size):
        return how(left, right)
    if left.shape == right.T.shape and 1 in left.shape:
        raise Unfit("a row and a column")
    raise Unfit(f"{left.shape} and {right.shape}")


def _product(left: Array, right: Array, sign: str) -> Array:
    if left.size == 1 or right.size == 1:
        return (
            left * right
            if () in (left.shape, right.shape)
            else left.reshape(()) * right
            if left.size == 1
            else left * right.reshape(())
        )
    if sign == "*" and left.shape == right.shape:
        return left * right
    if left.shape[1] == right.shape[0]:
        return left @ right
    if sign == "@" and left.shape == right.shape and left.shape[1] == 1:
        return np.asarray((left * right).sum())
    if left.shape == right.shape:
        return left * right
    raise Unfit(f"{left.shape} times {right.shape}")


def sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def softmax(y: Array) -> Array:
    return np.exp(y) / np.exp(y).sum()


def _softmax_jacobian(y: Array) -> Array:
    value = softmax(y)
    return np.diag(value[:, 0]) - value @ value.T


def _diag(v: Array) -> Array:
    return np.diag(v.reshape(-1))


_FUNCTIONS: dict[tuple[str, int], Any] = {
    ("exp", 0): np.exp, ("log", 0): lambda u, base=np.e: np.log(u) / np.log(base),
    ("sqrt", 0): np.sqrt, ("abs", 0): np.abs, ("tanh", 0): np.tanh,
    ("sign", 0): np.sign, ("sigmoid", 0): sigmoid, ("sigmoid", 1): lambda z: sigmoid(z) * (1 - sigmoid(z)),
    ("relu", 0): lambda z: np.maximum(z, 0), ("relu", 1): lambda z: (z > 0) * 1.0, ("softmax", 0): softmax,
    ("softmax", 1): _softmax_jacobian, ("diag", 0): _diag, ("sum", 0): lambda v: np.asarray(v.sum()),
    ("max", 0): np.maximum, ("min", 0): np.minimum, ("ones", 0): lambda *_: np.array(1.0),
    ("step", 0): lambda z: (z > 0) * 1.0, ("square", 0): np.square, ("reciprocal", 0): np.reciprocal,
}  # fmt: skip

_RELATIONS = {
    "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal, "=": np.equal, "!=": np.not_equal,
}  # fmt: skip
