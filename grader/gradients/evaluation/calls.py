"""Calls of functions: of the student's own, of each entry alone, of an array as a whole, and arrays made of a size."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial, reduce
from typing import Any, Union

from grader.gradients import adjoint, functions, shapes
from grader.gradients.domains import Domain
from grader.gradients.equation import spelled
from grader.gradients.evaluation import conditions
from grader.gradients.evaluation.indices import LONGEST, onehot
from grader.gradients.evaluation.matrices import diagonal, mapped, single, softmax_jacobian, zipped
from grader.gradients.evaluation.walk import Walk
from grader.gradients.shapes import NUMBER, Axis, Flexible, Limit, Matrix, ShapeError, Unplaced, Value
from grader.language import nodes
from grader.language.nodes import Call, Meaning, Name, Negative, Node

DEAR = 10
"""Steps that a power of e costs."""

LARGEST_BODY = 500
"""Nodes of a function of the student's own that is differentiated: its derivative may have that many squared."""


def call(walk: Walk, node: Call) -> Value:
    """A function, or a derivative of one, of its arguments."""
    name, arguments = node.function, node.arguments
    own = _own(walk, node)
    if own is not None:
        return walk.of(own)
    if name in functions.ENTRYWISE and len(arguments) == 1 and node.derivative <= 1:
        return _entrywise(walk, name, node.derivative, arguments[0])
    if node.derivative == 0:
        if name == "onehot" and len(arguments) == 1 and isinstance(arguments[0], Name):
            return onehot(walk, arguments[0].name)
        if name in ("ones", "zeros", "eye", "identity"):
            return _constant_array(walk, node)
        if name in ("max", "min") and len(arguments) > 1:
            return conditions.extreme(walk, node)
        if name in ("floor", "ceil", "log_2", "log_10") and len(arguments) == 1:
            return mapped(lambda entry: _numeric(walk.domain, name, entry), walk.array(arguments[0]))
    if len(arguments) == 1:
        return _whole(walk, node, arguments[0])
    raise ShapeError(f"{spelled(node)} cannot be used here")


# Functions of the student's own


def _own(walk: Walk, node: Call) -> Node | None:
    """A call of a function of the student's own, its meaning written out; None for any other call."""
    key, steps = _own_name(walk, node)
    meaning = walk.where.get(key)
    if not isinstance(meaning, nodes.Function):
        return None
    if any(isinstance(part, Call) and _own_name(walk, part)[0] == key for part in nodes.parts(meaning.body)):
        raise Unplaced(f"The definition of {key} uses {key} itself.")
    if len(meaning.parameters) != len(node.arguments) or (steps and len(node.arguments) != 1):
        raise ShapeError(f"{spelled(node)}: {key} takes {len(meaning.parameters)} arguments")
    body = _derivative(key, meaning, steps) if steps else _entrywise_body(meaning.body) or meaning.body
    walk.budget.spend(nodes.size(body))
    return nodes.replaced(body, dict(zip(meaning.parameters, node.arguments)))


def _derivative(key: str, meaning: nodes.Function, steps: int) -> Node:
    """The derivative of a function of one parameter, of each entry alone or another name for a known function."""
    (parameter,), body = meaning.parameters, meaning.body
    if isinstance(body, Call) and body.arguments == (Name(parameter),):
        body, steps = replace(body, derivative=body.derivative + 1), steps - 1
    if steps:
        alone = _entrywise_body(body)
        if alone is None:
            raise Unplaced(f"The derivative of {key}, a function of a whole vector, is not worked out here.")
        body = alone
    try:
        for _ in range(steps):
            if nodes.size(body) > LARGEST_BODY:
                raise Limit(f"The derivative of {key} gets too long.")
            body = adjoint.slope(body, parameter)
    except adjoint.NotDifferentiable as error:
        raise Unplaced(f"The derivative of {key} cannot be worked out: {error}.") from error
    if any(
        isinstance(part, Call) and part.derivative > 1 and part.function in functions.ENTRYWISE
        for part in nodes.parts(body)
    ):
        raise Unplaced(f"The derivative of {key} is not worked out here: it has a second derivative in it.")
    return body


def _entrywise_body(body: Node) -> Node | None:
    """A formula in numbers with its products by entries, so that it acts on a vector; None where it is none."""
    for part in nodes.parts(body):
        if isinstance(part, (nodes.Transpose, nodes.Array, nodes.Entry, nodes.Entries, nodes.Total)):
            return None
        if isinstance(part, Call) and part.function in functions.WHOLE - {"identity"}:
            return None
    return nodes.changed_everywhere(body, _by_entries)


def _by_entries(node: Node) -> Node:
    if isinstance(node, nodes.Product):
        return replace(node, signs=tuple("/" if sign == "/" else "∘" for sign in node.signs))
    return node


def _own_name(walk: Walk, node: Call) -> tuple[str, int]:
    """The name that a function, or a derivative of it, is defined under, and how often that is differentiated."""
    key, steps = node.function + "'" * node.derivative, 0
    while key.endswith("'") and key not in walk.where:
        key, steps = key[:-1], steps + 1
    return key, steps


# Functions of each entry alone


def _entrywise(walk: Walk, name: str, derivative: int, argument: Node) -> Matrix:
    if name in functions.KINKED:
        return conditions.kinked(walk, name, derivative, argument)
    domain = walk.domain
    if name in ("exp", "sigmoid", "tanh"):
        return mapped(lambda power: _exponential(domain, name, derivative, power), _powers(walk, argument))
    array = walk.array(argument)
    if name == "identity":
        return walk.full(array.shape, domain.one) if derivative else array
    if name in ("square", "cube"):
        exponent = Fraction(2 if name == "square" else 3)
        if not derivative:
            return mapped(lambda entry: domain.power(entry, exponent), array)
        factor = domain.number(exponent)
        return mapped(lambda entry: domain.times(factor, domain.power(entry, exponent - 1)), array)
    if name == "log" and derivative:
        return mapped(lambda entry: domain.over(domain.one, entry), array)
    found = mapped(lambda entry: domain.function(name, entry), array)
    if not derivative:
        return found
    half = domain.number(Fraction(1, 2))
    return mapped(lambda root: domain.over(half, root), found)


def _exponential(domain: Domain[Any], name: str, derivative: int, power: Any) -> Any:
    """exp, sigmoid, tanh or a derivative of one, at u, from e^u."""
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


def _numeric(domain: Domain[Any], name: str, entry: Any) -> Any:
    if name in ("floor", "ceil"):
        return domain.function(name, entry)
    base = domain.function("log", domain.number(Fraction(name[len("log_") :])))
    return domain.over(domain.function("log", entry), base)


def _powers(walk: Walk, argument: Node) -> Matrix:
    """e to each entry of an argument."""
    known = _PowersOfLogarithms(walk).of(argument)
    return _exponentials(walk, argument) if known is None else known


def _exponentials(walk: Walk, argument: Node) -> Matrix:
    exponents = walk.deeper.array(argument)
    walk.budget.spend(DEAR * len(exponents.rows) * len(exponents.rows[0]))
    return mapped(walk.domain.exponential, exponents)


class _PowersOfLogarithms(Meaning[Union[Matrix, None]]):
    """e to each entry of what comes down to logarithms: e^log u is u. None for what does not."""

    def __init__(self, walk: Walk) -> None:
        self._walk = walk

    def other(self, node: Node) -> None:
        return None

    def call_(self, node: Call) -> Matrix | None:
        plain = node.function == "log" and not node.derivative and len(node.arguments) == 1
        return self._walk.array(node.arguments[0]) if plain and "log" not in self._walk.where else None

    def name_(self, node: Name) -> Matrix | None:
        own = node.name in self._walk.where or node.name in self._walk.bound
        step = None if own else self._walk.names.logarithmic(node.name)
        return None if step is None else _PowersOfLogarithms(self._walk.without_own()).of(step)

    def negative_(self, node: Negative) -> Matrix | None:
        found, domain = self.of(node.operand), self._walk.domain
        return None if found is None else mapped(lambda entry: domain.over(domain.one, entry), found)

    def transpose_(self, node: nodes.Transpose) -> Matrix | None:
        found = self.of(node.operand)
        return None if found is None else found.transposed

    def sum_(self, node: nodes.Sum) -> Matrix | None:
        found = [self.of(term) for term in node.terms]
        if not any(found):
            return None
        first, *others = (known or _exponentials(self._walk, term) for known, term in zip(found, node.terms))
        return reduce(partial(zipped, self._walk.domain.times), others, first)

    def product_(self, node: nodes.Product) -> Matrix | None:
        """A row of zeros and ones picks factors."""
        found = self.of(node.factors[1]) if node.signs in (("",), ("@",), ("*",)) else None
        if found is None:
            return None
        domain, row = self._walk.domain, self._walk.array(node.factors[0])
        if (
            row.shape != found.shape[::-1]
            or row.shape[0] != 1
            or any(entry not in (domain.zero, domain.one) for entry in row.entries)
        ):
            return None
        picked = (power for entry, power in zip(row.entries, found.entries) if entry == domain.one)
        return single(reduce(domain.times, picked, domain.one))


# Functions of an array as a whole


def _whole(walk: Walk, node: Call, operand: Node) -> Value:
    name = node.function
    if name == "softmax" and node.derivative <= 1:
        return _softmax(walk, node, _powers(walk, operand))
    argument = walk.of(operand)
    if isinstance(argument, Flexible):
        if name == "diag" and argument.kind == "ones":
            return Flexible("identity", argument.scale)
        raise ShapeError(f"The size of {spelled(operand)} does not show here")
    if node.derivative == 0:
        if name == "diag" and 1 in argument.shape:
            return diagonal(walk.domain, argument)
        if name == "diag" and argument.shape[0] == argument.shape[1]:
            return Matrix([[row[i]] for i, row in enumerate(argument.rows)], (argument.shape[0], 1))
        if name == "sum":
            return single(walk.domain.total(argument.entries))
    raise _unusable(node, argument)


def _unusable(node: Call, argument: Matrix) -> ShapeError:
    return ShapeError(f"{spelled(node)} cannot be used on something of shape {shapes.said(argument.shape)}")


def _softmax(walk: Walk, node: Call, powers: Matrix) -> Matrix:
    """The softmax of a vector, or of each row of a matrix, or the Jacobian of that of a vector, from powers of e."""
    if node.derivative and 1 not in powers.shape:
        raise _unusable(node, powers)
    shares = walk.domain.shares
    if powers.shape[1] == 1:
        found = Matrix([[share] for share in shares(powers.entries)], powers.shape)
    else:
        found = Matrix([shares(row) for row in powers.rows], powers.shape)
    return softmax_jacobian(walk.domain, found) if node.derivative else found


# Arrays made of a size


def _constant_array(walk: Walk, node: Call) -> Value:
    """Ones, zeros or the identity, of sizes by name, of the shape of another array, or of an open size."""
    name, arguments = node.function, node.arguments
    one, zero = walk.domain.one, walk.domain.zero
    if not arguments and name != "zeros":
        return Flexible("ones" if name == "ones" else "identity", one)
    axes = [_size(walk, argument) for argument in arguments]
    entry = zero if name == "zeros" else one
    square = name in ("eye", "identity")
    if axes == [None] and not square:
        given = walk.array(arguments[0])
        if given.shape != NUMBER:
            return walk.full(given.shape, entry)
    if None in axes or not 1 <= len(axes) <= 2:
        raise ShapeError(f"{name} takes the names of sizes: {', '.join(walk.names.sizes)}")
    rows, columns = [*axes, axes[0] if square else 1][:2]
    assert rows is not None
    assert columns is not None
    return (walk.identity if square else walk.full)((rows, columns), entry)


def _size(walk: Walk, node: Node) -> Axis | None:
    if isinstance(node, Name) and walk.is_size(node.name):
        return node.name
    value = walk.constant(node)
    if value is None or value.denominator != 1 or not 1 <= value <= LONGEST:
        return None
    return int(value)
