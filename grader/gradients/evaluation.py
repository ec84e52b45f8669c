"""The value of a node on shaped arrays, with the shapes checked at every node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from grader.gradients import calls, conditions, products, shapes
from grader.gradients.shapes import NUMBER, Flexible, Matrix, Unfit, Value
from grader.gradients.spelling import spelled
from grader.language import nodes
from grader.language.nodes import Node

LONGEST = 100
"""Rows and columns of an array that is typed out in an equation: its products stay small."""


@dataclass(frozen=True)
class Scope:
    """What names stand for; a label is its place, from 0, and the name of the number of classes."""

    sizes: Mapping[str, int]
    values: Mapping[str, Matrix]
    labels: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    definitions: Mapping[str, Node] = field(default_factory=dict)


def value(node: Node, scope: Scope) -> Value:
    """The value of a node.

    Raises:
        Unfit: shapes that do not fit, or something that has no value in an equation.
    """
    with np.errstate(all="ignore"):
        return Evaluation(scope).value(node)


class Evaluation:
    """One walk over nodes; each definition is evaluated once, where it is first needed."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self._defined: dict[str, Value] = {}
        self._entered: list[str] = []

    def value(self, node: Node) -> Value:
        match node:
            case nodes.Number():
                return np.array([[_float(node)]])
            case nodes.Name():
                return self._name(node.name)
            case nodes.Sum():
                return self._sum(node)
            case nodes.Negative():
                inner = self.value(node.operand)
                return Flexible(inner.kind, -inner.scale) if isinstance(inner, Flexible) else -inner
            case nodes.Product():
                return self._product(node)
            case nodes.Power():
                return self._power(node)
            case nodes.Transpose():
                return _transposed(self.value(node.operand))
            case nodes.Call():
                return calls.value(node, self)
            case nodes.Array():
                return self._array(node)
            case nodes.Indicator():
                return self._indicator(node)
            case nodes.Choice():
                return self._choice(node)
        raise Unfit(f"{spelled(node)} has no value in an equation")

    def array(self, node: Node) -> Matrix:
        """The value of a node where an array of known size is needed."""
        result = self.value(node)
        if isinstance(result, Flexible):
            raise Unfit(f"The size of {spelled(node)} does not show here: write ones(N), say, with its size")
        return result

    def _name(self, name: str) -> Value:
        if name in self.scope.values:
            return self.scope.values[name]
        if name in self._defined:
            return self._defined[name]
        if name in self.scope.definitions:
            if name in self._entered:
                raise Unfit(f"The definition of {name} goes in a circle")
            self._entered.append(name)
            self._defined[name] = self.value(self.scope.definitions[name])
            self._entered.pop()
            return self._defined[name]
        if name in self.scope.labels:
            raise Unfit(f"{name} is a class label, not an array: onehot({name}) is the vector with a 1 at its place")
        if name in self.scope.sizes:
            return np.array([[float(self.scope.sizes[name])]])
        if name in ("ones", "1"):
            return Flexible("ones")
        if name in ("I", "identity"):
            return Flexible("identity")
        raise Unfit(f"{name} has no value here")

    def _sum(self, node: nodes.Sum) -> Value:
        terms = [self.value(term) for term in node.terms]
        arrays = [(term, part) for part, term in zip(node.terms, terms) if not isinstance(term, Flexible)]
        shaped = [(term, part) for term, part in arrays if shapes.of(term) != NUMBER]
        open_ = [term for term in terms if isinstance(term, Flexible)]
        for term, part in shaped[1:]:
            if term.shape != shaped[0][0].shape:
                raise self._unfit("These cannot be added", shaped[0][1], shaped[0][0], part, term)
        if not shaped and open_:
            return self._open_sum(node, open_, [term for term, _ in arrays])
        total = sum((term for term, _ in arrays[1:]), arrays[0][0])
        for flexible in open_:
            total = total + self._sized(flexible, total, node)
        return total

    def _open_sum(self, node: Node, open_: list[Flexible], numbers: list[Matrix]) -> Value:
        kinds = {term.kind for term in open_}
        if len(kinds) > 1 or (numbers and "identity" in kinds):
            raise Unfit(f"The sizes in {spelled(node)} do not show")
        scale = sum(term.scale for term in open_) + sum(float(number.item()) for number in numbers)
        return Flexible(open_[0].kind, scale)

    def _sized(self, term: Flexible, like: Matrix, node: Node) -> Matrix | float:
        if term.kind != "identity":
            return term.scale
        if like.shape[0] != like.shape[1]:
            here = shapes.said(shapes.of(like), self.scope.sizes)
            raise Unfit(f"The identity matrix in {spelled(node)} is added to something of shape {here}")
        return term.scale * np.eye(like.shape[0])

    def _product(self, node: nodes.Product) -> Value:
        factors = [self.value(factor) for factor in node.factors]
        sizes = [shapes.of(factor) for factor in factors]
        bracket = products.brackets(sizes, node.signs)
        stuck = products.misfit(bracket, sizes)
        if stuck is not None:
            raise self._misfit(node, stuck, sizes)
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
                result = products.product(left, current.sign, right)
                if result is None:
                    raise self._misfit(node, current, sizes)
                results.append(result)
        return results[0]

    def _misfit(self, node: nodes.Product, stuck: products.Join, sizes: list[shapes.Shape]) -> Unfit:
        operands = tuple(
            (spelled(written(part, node)), shapes.said(products.shape(part, sizes), self.scope.sizes))
            for part in (stuck.left, stuck.right)
        )
        reason = {
            "∘": "An entrywise product needs two equal shapes",
            "/": "An entrywise quotient needs two equal shapes",
        }.get(stuck.sign, "This product does not fit")
        return Unfit(reason, operands)

    def _unfit(self, reason: str, left: Node, left_value: Matrix, right: Node, right_value: Matrix) -> Unfit:
        sizes = self.scope.sizes
        pairs = ((left, left_value), (right, right_value))
        return Unfit(reason, tuple((spelled(node), shapes.said(shapes.of(array), sizes)) for node, array in pairs))

    def _power(self, node: nodes.Power) -> Value:
        if isinstance(node.exponent, nodes.Name) and node.exponent.name == "T":
            return _transposed(self.value(node.base))
        base, exponent = self.array(node.base), self.array(node.exponent)
        if shapes.of(exponent) == NUMBER and base.shape[0] == base.shape[1] != 1:
            return self._matrix_power(node, base, float(exponent.real.item()))
        if shapes.of(base) != NUMBER and shapes.of(exponent) not in (NUMBER, shapes.of(base)):
            raise self._unfit("This power does not fit", node.base, base, node.exponent, exponent)
        return np.asarray(base**exponent)

    def _matrix_power(self, node: Node, base: Matrix, exponent: float) -> Matrix:
        if exponent != round(exponent) or abs(exponent) > 64:
            raise Unfit(f"{spelled(node)}: only whole powers of a matrix are read, up to 64")
        try:
            return np.linalg.matrix_power(base, round(exponent))
        except np.linalg.LinAlgError as error:
            raise Unfit(f"{spelled(node)}: this matrix has no inverse") from error

    def _array(self, node: nodes.Array) -> Matrix:
        rows = [entry.entries if isinstance(entry, nodes.Array) else (entry,) for entry in node.entries]
        values = [[self.array(entry) for entry in row] for row in rows]
        if not values or any(len(row) != len(values[0]) or any(v.size != 1 for v in row) for row in values):
            raise Unfit(f"{spelled(node)} is not a vector or matrix of numbers")
        if max(len(values), len(values[0])) > LONGEST:
            raise Unfit(f"An array that is typed out has at most {LONGEST} rows and columns here")
        return np.array([[entry.item() for entry in row] for row in values])

    def _indicator(self, node: nodes.Indicator) -> Value:
        label = conditions.class_label(node.condition, self.scope)
        if label is not None:
            return calls.onehot(label, self.scope)
        return np.where(conditions.holds(node.condition, self), 1.0, 0.0)

    def _choice(self, node: nodes.Choice) -> Matrix:
        result = self.array(node.otherwise)
        for condition, branch in reversed(node.branches):
            where, there = conditions.holds(condition, self), self.array(branch)
            if len({array.shape for array in (where, there, result)} - {NUMBER}) > 1:
                raise Unfit(f"{spelled(node)}: the cases have different shapes")
            result = np.where(where, there, result)
        return result


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


def _transposed(value: Value) -> Value:
    if not isinstance(value, Flexible):
        return value.T
    kind: dict[shapes.Kind, shapes.Kind] = {"ones": "ones^T", "ones^T": "ones", "identity": "identity"}
    return Flexible(kind[value.kind], value.scale)


def _float(node: nodes.Number) -> float:
    try:
        return float(node.value)
    except OverflowError:
        return float("inf") if node.value > 0 else float("-inf")
