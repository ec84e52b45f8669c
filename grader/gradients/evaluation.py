"""The value of a node on shaped arrays: functions and conditions, beside what ``arithmetic`` gives a value to.

A condition is a matrix of True, False and None, where it is not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial, reduce
from typing import Any, Union

from grader.gradients import adjoint, shapes
from grader.gradients.arithmetic import Arithmetic
from grader.gradients.domains import Domain
from grader.gradients.procedure import spelled
from grader.gradients.shapes import IDENTITY, NUMBER, ONES, OPEN, Matrix, ShapeError, Unplaced, mapped, single, zipped
from grader.language import nodes
from grader.language.exact import RELATIONS, comparisons
from grader.language.nodes import Call, Comparison, Meaning, Name, Negative, Node, Number, Product, Relation, Sum

LONGEST = 100
"""Rows and columns of an array made of a number that is typed: its products stay small."""

DEAR = 10
"""Steps that a power of e costs."""

LARGEST_BODY = 500
"""Nodes of a function of the student's own that is differentiated: its derivative may have that many squared."""


class Evaluation(Arithmetic):
    """What a node gives.

    Raises:
        ShapeError: shapes that do not fit, or something that has no value.
        Unplaced: an index whose range cannot be told.
        Limit: it takes too many steps.
    """

    def truth_(self, node: nodes.Truth) -> Matrix:
        return single(node.value)

    def gap_(self, node: nodes.Gap) -> Matrix:
        return single(None)

    def other(self, node: Node) -> Matrix:
        raise ShapeError(f"{spelled(node)} has no value in an equation")

    def call_(self, node: Call) -> Matrix:
        """A function, or a derivative of one, of its arguments."""
        name, arguments = node.function, node.arguments
        own = self._own(node)
        if own is not None:
            return self.of(own)
        if name in adjoint.ENTRYWISE and len(arguments) == 1 and node.derivative <= 1:
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
            if name in ("floor", "ceil") and len(arguments) == 1:
                return mapped(partial(self.domain.function, name), self.array(arguments[0]))
            if name == "log" and len(arguments) == 2:
                return self.of(Product(tuple(Call("log", (one,)) for one in arguments), ("/",)))
        if len(arguments) == 1:
            return self._whole(node, arguments[0])
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
        body = _derivative(key, meaning, steps) if steps else _entrywise_body(meaning.body) or meaning.body
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
        if name in adjoint.KINKED:
            return self._kinked(name, derivative, argument, array)
        if name == "identity":
            return self.full(array.shape, domain.one) if derivative else array
        if name in ("square", "cube"):
            exponent = Fraction(2 if name == "square" else 3)
            raised = mapped(lambda entry: domain.power(entry, exponent - derivative), array)
            return mapped(partial(domain.times, domain.number(exponent)), raised) if derivative else raised
        if name == "log" and derivative:
            return mapped(partial(domain.over, domain.one), array)
        found = mapped(partial(domain.function, name), array)
        return mapped(partial(domain.over, domain.number(Fraction(1, 2))), found) if derivative else found

    def _powers(self, argument: Node) -> Matrix:
        """e to each entry of an argument."""
        known = _Power(self).of(argument)
        if known is not None:
            return self.array(known)
        exponents = self.deeper.array(argument)
        self.budget.spend(DEAR * len(exponents.rows) * len(exponents.rows[0]))
        return mapped(self.domain.exponential, exponents)

    # Functions of an array as a whole

    def _whole(self, node: Call, operand: Node) -> Matrix:
        name = node.function
        if name == "softmax" and node.derivative <= 1:
            return self._softmax(node, self._powers(operand))
        argument = self.of(operand)
        if name == "diag" and argument.shape == ONES and not node.derivative:
            return Matrix(argument.rows, IDENTITY)
        if OPEN in argument.shape:
            raise ShapeError(f"The size of {spelled(operand)} does not show here")
        if node.derivative == 0:
            if name == "diag" and 1 in argument.shape:
                return shapes.diagonal(self.domain, argument)
            if name == "diag" and argument.shape[0] == argument.shape[1]:
                return Matrix([[row[i]] for i, row in enumerate(argument.rows)], (argument.shape[0], 1))
            if name == "sum":
                return single(self.domain.total(argument.entries))
        raise _unusable(node, argument)

    def _softmax(self, node: Call, powers: Matrix) -> Matrix:
        """The softmax of a vector or of each row of a matrix, or the Jacobian of that of a vector, from powers of e."""
        domain = self.domain
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
        return zipped(domain.minus, along, Matrix(outer, along.shape))

    # Arrays made of a label or a size

    def _onehot(self, label: str) -> Matrix:
        """The vector with a 1 at the place of a class label.

        Raises:
            Unplaced: the name is no class label.
        """
        if label not in self.names.labels:
            raise Unplaced(f"onehot({label}): {label} is not the class label.")
        place, size = self.names.labels[label]
        column = self.full((size, 1), self.domain.zero)
        column.rows[place][0] = self.domain.one
        return column.transposed if "onehot" in self.names.rows else column

    def _constant_array(self, node: Call) -> Matrix:
        """Ones, zeros or the identity, of sizes by name, of the shape of another array, or of an open size."""
        name, arguments = node.function, node.arguments
        one, zero = self.domain.one, self.domain.zero
        if not arguments and name != "zeros":
            return single(one, ONES if name == "ones" else IDENTITY)
        axes = [self._size(argument) for argument in arguments]
        entry = zero if name == "zeros" else one
        square = name in ("eye", "identity")
        if axes == [None] and not square:
            given = self.array(arguments[0])
            if given.shape != NUMBER:
                return self.full(given.shape, entry)
        rows, columns = [*axes, axes[0] if square else 1][:2] if 1 <= len(axes) <= 2 else (None, None)
        if rows is None or columns is None:
            raise ShapeError(f"{name} takes the names of sizes: {', '.join(self.names.sizes)}")
        return (self.identity if square else self.full)((rows, columns), entry)

    def _size(self, node: Node) -> shapes.Axis | None:
        if isinstance(node, Name) and self.is_size(node.name):
            return node.name
        value = self.constant(node)
        return int(value) if value is not None and value.denominator == 1 and 1 <= value <= LONGEST else None

    # Conditions and cases

    def not_(self, node: nodes.Not) -> Matrix:
        return mapped(lambda part: None if part is None else not part, self.array(node.part))

    def and_(self, node: nodes.And) -> Matrix:
        return _all([self.array(part) for part in node.parts])

    def or_(self, node: nodes.Or) -> Matrix:
        return self.array(nodes.Not(nodes.And(tuple(nodes.Not(part) for part in node.parts))))

    def comparison_(self, node: Comparison) -> Matrix:
        """A comparison, or a chain of them, by entries."""
        pairs = zip(node.operands, node.relations, node.operands[1:])
        return _all([self._compared(left, relation, right) for left, relation, right in pairs])

    def member_(self, node: nodes.Member) -> Matrix:
        return self.of(comparisons(node))

    def _compared(self, left: Node, relation: Relation, right: Node) -> Matrix:
        first, second = self._counted(left), self._counted(right)
        if first is not None and second is not None and (isinstance(left, Name) or isinstance(right, Name)):
            return single(RELATIONS[relation](first, second))
        minus = zipped(self.domain.minus, self.array(left), self.array(right))
        signs = self.names.signs(Sum((left, Negative(right))), minus, self)
        return mapped(lambda sign: None if sign is None else RELATIONS[relation](sign, 0), signs)

    def _counted(self, node: Node) -> int | None:
        """What a class label, an index or a whole number says, from 1."""
        if isinstance(node, Name):
            at = self.bound.get(node.name) or self.label(node.name)
            return None if at is None else at[0] + 1
        return int(node.value) if isinstance(node, Number) and node.value.denominator == 1 else None

    def indicator_(self, node: nodes.Indicator) -> Matrix:
        """1 where a condition holds, and 0 where it does not."""
        label = self._class_label(node.condition)
        if label is not None:
            return self._onehot(label)
        one, zero = self.domain.one, self.domain.zero
        return mapped(lambda holds: self.domain.chosen(holds, one, zero), self._truth(node.condition))

    def _truth(self, condition: Node) -> Matrix:
        if not isinstance(condition, (nodes.Truth, nodes.Not, nodes.And, nodes.Or, Comparison, nodes.Member)):
            raise ShapeError("I(…) needs a condition, such as I(z1 > 0)")
        return self.array(condition)

    def _class_label(self, condition: Node) -> str | None:
        """The label of ``k = t``, where k is an index of no other meaning: I(k = t) over all classes is onehot(t)."""
        if not isinstance(condition, Comparison) or condition.relations != ("=",):
            return None
        names = [operand.name for operand in condition.operands if isinstance(operand, Name)]
        labels = [name for name in names if name in self.names.labels]
        others = [name for name in names if name not in self.names.labels]
        if len(labels) == len(others) == 1 and others[0] not in {*self.where, *self.bound}:
            return labels[0] if self.names.value(others[0]) is None else None
        return None

    def choice_(self, node: nodes.Choice) -> Matrix:
        """Cases, by entries: the first one whose condition holds."""
        result = self.array(node.otherwise)
        for condition, branch in reversed(node.branches):
            parts = self._truth(condition), self.array(branch), result
            shaped = [part for part in parts if part.shape != NUMBER]
            if len({part.shape for part in shaped}) > 1:
                raise ShapeError(f"{spelled(node)}: the cases have different shapes")
            like = shaped[0] if shaped else result
            rows = zip(*(shapes.spread(part, like).rows for part in parts))
            result = Matrix([[self.domain.chosen(*entries) for entries in zip(*row)] for row in rows], like.shape)
        return result

    # Functions that ask for a sign

    def _kinked(self, name: str, derivative: int, argument: Node, array: Matrix) -> Matrix:
        """relu, abs, step or sign, or the derivative of one, at each entry of an argument."""
        if derivative and name in ("step", "sign"):
            return self.full(array.shape, self.domain.zero)
        return zipped(partial(self._by_sign, name, derivative), array, self.names.signs(argument, array, self))

    def _by_sign(self, name: str, derivative: int, value: Any, sign: int | None) -> Any:
        domain = self.domain
        if value is None:
            return None
        if sign is None:
            return domain.unsure(name, derivative, value)
        value = domain.signed(value, sign)
        zero, one, slope, minus = domain.zero, domain.one, self.names.slope, domain.negative
        at_zero: Any
        if name == "relu":
            below, at_zero, above = (zero, slope, one) if derivative else (zero, zero, value)
        elif name == "step":
            below, at_zero, above = zero, one, one
        elif name == "sign":
            below, at_zero, above = minus(one), zero, one
        elif derivative:
            # Between -1 and 1, as the slope of relu is between 0 and 1.
            below, at_zero, above = minus(one), domain.minus(domain.add(slope, slope), one), one
        else:
            below, at_zero, above = minus(value), value, value
        return above if sign > 0 else below if sign < 0 else at_zero

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


def _exponential(domain: Domain[Any], name: str, derivative: int, power: Any) -> Any:
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
        self._names = evaluation.names

    def other(self, node: Node) -> None:
        return None

    def call_(self, node: Call) -> Node | None:
        plain = node.function == "log" and not node.derivative and len(node.arguments) == 1
        return node.arguments[0] if plain and not {"log", "exp"} & self._own else None

    def name_(self, node: Name) -> Node | None:
        step = self._names.logarithmic(node.name)
        return None if step is None or {node.name, *nodes.names(step)} & self._own else self.of(step)

    def negative_(self, node: Negative) -> Node | None:
        found = self.of(node.operand)
        return None if found is None else Product((adjoint.ONE, found), ("/",))

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
    return ShapeError(f"{spelled(node)} cannot be used on something of shape {shapes.described(argument.shape)}")


def _all(parts: Sequence[Matrix]) -> Matrix:
    return reduce(partial(zipped, _both), parts) if parts else single(True)


def _both(a: bool | None, b: bool | None) -> bool | None:
    return False if a is False or b is False else None if a is None or b is None else True
