"""Functions and conditions: of the student's own, of each entry alone, of an array as a whole, and of a sign.

A condition is a matrix of True, False and None, where it is not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial, reduce
from typing import Any, Union

from grader.gradients import adjoint, shapes
from grader.gradients.domains import Domain
from grader.gradients.equation import spelled
from grader.gradients.evaluation.walk import Walk
from grader.gradients.shapes import IDENTITY, NUMBER, ONES, OPEN, Matrix, ShapeError, Unplaced, mapped, single, zipped
from grader.language import nodes
from grader.language.exact import RELATIONS, comparisons
from grader.language.nodes import Call, Meaning, Name, Negative, Node, Number, Product, Relation, Sum

LONGEST = 100
"""Rows and columns of an array made of a number that is typed: its products stay small."""

DEAR = 10
"""Steps that a power of e costs."""

LARGEST_BODY = 500
"""Nodes of a function of the student's own that is differentiated: its derivative may have that many squared."""


def call(walk: Walk, node: Call) -> Matrix:
    """A function, or a derivative of one, of its arguments."""
    name, arguments = node.function, node.arguments
    own = _own(walk, node)
    if own is not None:
        return walk.of(own)
    if name in adjoint.ENTRYWISE and len(arguments) == 1 and node.derivative <= 1:
        return _entrywise(walk, name, node.derivative, arguments[0])
    if node.derivative == 0:
        if name == "onehot" and len(arguments) == 1 and isinstance(arguments[0], Name):
            return _onehot(walk, arguments[0].name)
        if name in ("ones", "zeros", "eye", "identity"):
            return _constant_array(walk, node)
        if name in ("max", "min") and len(arguments) > 1:
            return _extreme(walk, node)
        if name in ("floor", "ceil", "log") and (known := walk.constant(node)) is not None:
            return single(walk.domain.number(known))
        if name in ("floor", "ceil") and len(arguments) == 1:
            return mapped(partial(walk.domain.function, name), walk.array(arguments[0]))
        if name == "log" and len(arguments) == 2:
            return walk.of(Product(tuple(Call("log", (one,)) for one in arguments), ("/",)))
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


def _own_name(walk: Walk, node: Call) -> tuple[str, int]:
    """The name that a function, or a derivative of it, is defined under, and how often that is differentiated."""
    key, steps = node.function + "'" * node.derivative, 0
    while key.endswith("'") and key not in walk.where:
        key, steps = key[:-1], steps + 1
    return key, steps


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
                raise shapes.Limit(f"The derivative of {key} gets too long.")
            body = adjoint.slope(body, parameter)
    except adjoint.NotDifferentiable as error:
        raise Unplaced(f"The derivative of {key} cannot be worked out: {error}.") from error
    calls = [part for part in nodes.parts(body) if isinstance(part, Call)]
    if any(part.derivative > 1 and part.function in adjoint.ENTRYWISE for part in calls):
        raise Unplaced(f"The derivative of {key} is not worked out here: it has a second derivative in it.")
    return body


def _entrywise_body(body: Node) -> Node | None:
    """A formula in numbers with its products by entries, so that it acts on a vector; None where it is none."""
    for part in nodes.parts(body):
        if isinstance(part, (nodes.Transpose, nodes.Array, nodes.Entry, nodes.Entries, nodes.Total)):
            return None
        if isinstance(part, Call) and part.function in adjoint.WHOLE - {"identity"}:
            return None
    return nodes.changed_everywhere(body, _by_entries)


def _by_entries(node: Node) -> Node:
    if isinstance(node, Product):
        return replace(node, signs=tuple("/" if sign == "/" else "∘" for sign in node.signs))
    return node


# Functions of each entry alone


def _entrywise(walk: Walk, name: str, derivative: int, argument: Node) -> Matrix:
    domain = walk.domain
    if name in ("exp", "sigmoid", "tanh"):
        return mapped(partial(_exponential, domain, name, derivative), _powers(walk, argument))
    array = walk.array(argument)
    if name in adjoint.KINKED:
        return _kinked(walk, name, derivative, argument, array)
    if name == "identity":
        return walk.full(array.shape, domain.one) if derivative else array
    if name in ("square", "cube"):
        exponent = Fraction(2 if name == "square" else 3)
        raised = mapped(lambda entry: domain.power(entry, exponent - derivative), array)
        return mapped(partial(domain.times, domain.number(exponent)), raised) if derivative else raised
    if name == "log" and derivative:
        return mapped(partial(domain.over, domain.one), array)
    found = mapped(partial(domain.function, name), array)
    return mapped(partial(domain.over, domain.number(Fraction(1, 2))), found) if derivative else found


def _exponential(domain: Domain[Any], name: str, derivative: int, power: Any) -> Any:
    """exp, sigmoid, tanh or a derivative of one, at u, from e^u."""
    if name == "exp":
        return power
    if name == "sigmoid":
        value = domain.logistic(power)
        return domain.times(value, domain.add(domain.one, domain.negative(value))) if derivative else value
    doubled = domain.logistic(domain.times(power, power))
    value = domain.add(domain.add(doubled, doubled), domain.negative(domain.one))
    return domain.add(domain.one, domain.negative(domain.times(value, value))) if derivative else value


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
        return None if found is None else mapped(partial(domain.over, domain.one), found)

    def transpose_(self, node: nodes.Transpose) -> Matrix | None:
        found = self.of(node.operand)
        return None if found is None else found.transposed

    def sum_(self, node: Sum) -> Matrix | None:
        found = [self.of(term) for term in node.terms]
        if not any(found):
            return None
        first, *others = (known or _exponentials(self._walk, term) for known, term in zip(found, node.terms))
        return reduce(partial(zipped, self._walk.domain.times), others, first)

    def product_(self, node: Product) -> Matrix | None:
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


def _whole(walk: Walk, node: Call, operand: Node) -> Matrix:
    name = node.function
    if name == "softmax" and node.derivative <= 1:
        return _softmax(walk, node, _powers(walk, operand))
    argument = walk.of(operand)
    if name == "diag" and argument.shape == ONES and not node.derivative:
        return Matrix(argument.rows, IDENTITY)
    if OPEN in argument.shape:
        raise ShapeError(f"The size of {spelled(operand)} does not show here")
    if node.derivative == 0:
        if name == "diag" and 1 in argument.shape:
            return shapes.diagonal(walk.domain, argument)
        if name == "diag" and argument.shape[0] == argument.shape[1]:
            return Matrix([[row[i]] for i, row in enumerate(argument.rows)], (argument.shape[0], 1))
        if name == "sum":
            return single(walk.domain.total(argument.entries))
    raise _unusable(node, argument)


def _unusable(node: Call, argument: Matrix) -> ShapeError:
    return ShapeError(f"{spelled(node)} cannot be used on something of shape {shapes.described(argument.shape)}")


def _softmax(walk: Walk, node: Call, powers: Matrix) -> Matrix:
    """The softmax of a vector, or of each row of a matrix, or the Jacobian of that of a vector, from powers of e."""
    domain = walk.domain
    if node.derivative and 1 not in powers.shape:
        raise _unusable(node, powers)
    if powers.shape[1] == 1:
        found = Matrix([[share] for share in domain.shares(powers.entries)], powers.shape)
    else:
        found = Matrix([domain.shares(row) for row in powers.rows], powers.shape)
    if not node.derivative:
        return found
    along = shapes.diagonal(domain, found)
    outer = [[domain.times(a, b) for b in found.entries] for a in found.entries]
    return shapes.difference(domain, along, Matrix(outer, along.shape))


# Arrays made of a label or a size


def _onehot(walk: Walk, label: str) -> Matrix:
    """The vector with a 1 at the place of a class label.

    Raises:
        Unplaced: the name is no class label.
    """
    if label not in walk.names.labels:
        raise Unplaced(f"onehot({label}): {label} is not the class label.")
    place, size = walk.names.labels[label]
    column = walk.full((size, 1), walk.domain.zero)
    column.rows[place][0] = walk.domain.one
    return column.transposed if "onehot" in walk.names.rows else column


def _constant_array(walk: Walk, node: Call) -> Matrix:
    """Ones, zeros or the identity, of sizes by name, of the shape of another array, or of an open size."""
    name, arguments = node.function, node.arguments
    one, zero = walk.domain.one, walk.domain.zero
    if not arguments and name != "zeros":
        return single(one, ONES if name == "ones" else IDENTITY)
    axes = [_size(walk, argument) for argument in arguments]
    entry = zero if name == "zeros" else one
    square = name in ("eye", "identity")
    if axes == [None] and not square:
        given = walk.array(arguments[0])
        if given.shape != NUMBER:
            return walk.full(given.shape, entry)
    rows, columns = [*axes, axes[0] if square else 1][:2] if 1 <= len(axes) <= 2 else (None, None)
    if rows is None or columns is None:
        raise ShapeError(f"{name} takes the names of sizes: {', '.join(walk.names.sizes)}")
    return (walk.identity if square else walk.full)((rows, columns), entry)


def _size(walk: Walk, node: Node) -> shapes.Axis | None:
    if isinstance(node, Name) and walk.is_size(node.name):
        return node.name
    value = walk.constant(node)
    return int(value) if value is not None and value.denominator == 1 and 1 <= value <= LONGEST else None


# Conditions and cases


def negated(walk: Walk, node: nodes.Not) -> Matrix:
    """Whether a condition does not hold."""
    return mapped(lambda part: None if part is None else not part, walk.array(node.part))


def all_of(walk: Walk, node: nodes.And) -> Matrix:
    """Whether every one of some conditions holds."""
    return _all([walk.array(part) for part in node.parts])


def _all(parts: Sequence[Matrix]) -> Matrix:
    return reduce(partial(zipped, _both), parts) if parts else single(True)


def _both(a: bool | None, b: bool | None) -> bool | None:
    return False if a is False or b is False else None if a is None or b is None else True


def any_of(walk: Walk, node: nodes.Or) -> Matrix:
    """Whether one of some conditions holds."""
    return walk.array(nodes.Not(nodes.And(tuple(nodes.Not(part) for part in node.parts))))


def comparison(walk: Walk, node: nodes.Comparison) -> Matrix:
    """A comparison, or a chain of them, by entries."""
    pairs = zip(node.operands, node.relations, node.operands[1:])
    return _all([_compared(walk, left, relation, right) for left, relation, right in pairs])


def member(walk: Walk, node: nodes.Member) -> Matrix:
    """Whether something lies in an interval or a set."""
    return walk.of(comparisons(node))


def _compared(walk: Walk, left: Node, relation: Relation, right: Node) -> Matrix:
    first, second = _place(walk, left), _place(walk, right)
    if first is not None and second is not None and (isinstance(left, Name) or isinstance(right, Name)):
        return single(RELATIONS[relation](first, second))
    return _related(walk, relation, (left, walk.array(left)), (right, walk.array(right)))


def _related(walk: Walk, relation: Relation, left: tuple[Node, Matrix], right: tuple[Node, Matrix]) -> Matrix:
    """Whether two values, each beside what it is the value of, are so related."""
    minus = shapes.difference(walk.domain, left[1], right[1])
    signs = walk.names.signs(Sum((left[0], Negative(right[0]))), minus, walk)
    return mapped(lambda sign: None if sign is None else RELATIONS[relation](sign, 0), signs)


def _place(walk: Walk, node: Node) -> int | None:
    """What a class label, an index or a whole number says, from 1."""
    if isinstance(node, Name):
        at = walk.bound.get(node.name) or walk.label(node.name)
        return None if at is None else at[0] + 1
    return int(node.value) if isinstance(node, Number) and node.value.denominator == 1 else None


def indicator(walk: Walk, node: nodes.Indicator) -> Matrix:
    """1 where a condition holds, and 0 where it does not."""
    label = _class_label(walk, node.condition)
    if label is not None:
        return _onehot(walk, label)
    one, zero = walk.domain.one, walk.domain.zero
    return mapped(lambda holds: walk.domain.chosen(holds, one, zero), _truth(walk, node.condition))


def _truth(walk: Walk, condition: Node) -> Matrix:
    if not isinstance(condition, (nodes.Truth, nodes.Not, nodes.And, nodes.Or, nodes.Comparison, nodes.Member)):
        raise ShapeError("I(…) needs a condition, such as I(z1 > 0)")
    return walk.array(condition)


def _class_label(walk: Walk, condition: Node) -> str | None:
    """The label of ``k = t``, where k is an index of no other meaning: I(k = t) over all classes is onehot(t)."""
    if not isinstance(condition, nodes.Comparison) or condition.relations != ("=",):
        return None
    names = [operand.name for operand in condition.operands if isinstance(operand, Name)]
    labels = [name for name in names if name in walk.names.labels]
    others = [name for name in names if name not in walk.names.labels]
    if len(labels) == len(others) == 1 and others[0] not in {*walk.where, *walk.bound}:
        return labels[0] if walk.names.value(others[0]) is None else None
    return None


def choice(walk: Walk, node: nodes.Choice) -> Matrix:
    """Cases, by entries: the first one whose condition holds."""
    result = walk.array(node.otherwise)
    for condition, branch in reversed(node.branches):
        parts = _truth(walk, condition), walk.array(branch), result
        shaped = [part for part in parts if part.shape != NUMBER]
        if len({part.shape for part in shaped}) > 1:
            raise ShapeError(f"{spelled(node)}: the cases have different shapes")
        result = _chosen(walk, *parts, like=shaped[0] if shaped else result)
    return result


def _chosen(walk: Walk, first: Matrix, a: Matrix, b: Matrix, like: Matrix) -> Matrix:
    """The entries of ``a`` where a condition holds, and those of ``b`` where it does not."""
    wide = [shapes.spread(part, like).rows for part in (first, a, b)]
    return Matrix([[walk.domain.chosen(*entries) for entries in zip(*row)] for row in zip(*wide)], like.shape)


# Functions that ask for a sign


def _kinked(walk: Walk, name: str, derivative: int, argument: Node, array: Matrix) -> Matrix:
    """relu, abs, step or sign, or the derivative of one, at each entry of an argument."""
    if derivative and name in ("step", "sign"):
        return walk.full(array.shape, walk.domain.zero)
    return zipped(partial(_by_sign, walk, name, derivative), array, walk.names.signs(argument, array, walk))


def _by_sign(walk: Walk, name: str, derivative: int, value: Any, sign: int | None) -> Any:
    domain = walk.domain
    if value is None:
        return None
    if sign is None:
        return domain.unsure(name, derivative, value)
    value = domain.signed(value, sign)
    zero, one, slope, minus = domain.zero, domain.one, walk.names.slope, domain.negative
    at_zero: Any
    if name == "relu":
        below, at_zero, above = (zero, slope, one) if derivative else (zero, zero, value)
    elif name == "step":
        below, at_zero, above = zero, one, one
    elif name == "sign":
        below, at_zero, above = minus(one), zero, one
    elif derivative:
        # Between -1 and 1, as the slope of relu is between 0 and 1.
        below, at_zero, above = minus(one), domain.add(domain.add(slope, slope), minus(one)), one
    else:
        below, at_zero, above = minus(value), value, value
    return above if sign > 0 else below if sign < 0 else at_zero


def _extreme(walk: Walk, node: Call) -> Matrix:
    """The largest (max) or smallest (min) of some arguments, entry by entry."""
    first, *others = node.arguments
    result_node, result = first, walk.array(first)
    walk.budget.spend(len(node.arguments) ** 2)
    relation: Relation = ">=" if node.function == "max" else "<"
    for argument in others:
        array = walk.array(argument)
        if result.shape != array.shape and NUMBER not in (result.shape, array.shape):
            raise ShapeError(f"{node.function} needs equal shapes")
        first_stays = _related(walk, relation, (result_node, result), (argument, array))
        result = _chosen(walk, first_stays, result, array, like=first_stays)
        result_node = Call(node.function, (result_node, argument))
    return result
