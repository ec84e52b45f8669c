"""Reverse-mode differentiation of a procedure, node by node, into backward equations in the answer language.

For a step s = f(v, …), the rule of each operation carries s̄ down to the names that f reads; a variable's equation is
the sum over the steps that read it (Griewank and Walther, Evaluating Derivatives, chapter 3). The result is nodes, so
that it is evaluated, compared and written as a student's equation is.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from grader.gradients import functions, products, shapes
from grader.gradients.equation import bar
from grader.gradients.evaluation import Evaluation
from grader.gradients.evaluation.walk import Names
from grader.gradients.functions import ONE, TWO, ZERO, NotDifferentiable
from grader.gradients.procedure import Procedure
from grader.gradients.shapes import NUMBER, Axis, Shape
from grader.language import nodes
from grader.language.nodes import Call, Name, Negative, Node, Number, Power, Product, Sign, Sum, Transpose


def equations(procedure: Procedure, of: str, names: Names, parameters: tuple[str, ...] = ()) -> Mapping[str, Node]:
    """The backward equation of every variable that ``of`` is computed from, from ``of`` (1) down, and of parameters.

    ``names`` are the values of one run of the procedure: only their shapes matter.

    Raises:
        NotDifferentiable: an operation without a rule.
    """
    behind = procedure.ancestors(of)
    wanted = [v for v in procedure.variables if v in behind and v not in procedure.labels]
    shares: dict[str, list[Node]] = {name: [] for name in (*parameters, *wanted)}
    for step in procedure.steps:
        if step.name in behind or step.name == of:
            for name, share in _Pullback(names).of(step.node, Name(bar(step.name))):
                if name in shares:
                    shares[name].append(share)
    rules: dict[str, Node] = {of: ONE}
    for variable in (*reversed(wanted), *parameters):
        found = shares[variable]
        rules[variable] = found[0] if len(found) == 1 else Sum(tuple(found))
    return rules


class _Pullback:
    """The vector-Jacobian product of each operation: what it passes down of its own upstream gradient."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def of(self, node: Node, up: Node) -> list[tuple[str, Node]]:
        """The share of each name in a node, where the node's own gradient is ``up``."""
        match node:
            case Name():
                return [(node.name, up)]
            case Number() | nodes.Indicator() | nodes.Array():
                return []
            case Negative():
                return self.of(node.operand, _negative(up))
            case Sum():
                whole = self._shape(node)
                return [share for term in node.terms for share in self.of(term, self._narrowed(up, whole, term))]
            case Transpose():
                return self.of(node.operand, _transpose(up))
            case Product():
                return self._product(node, up)
            case Power():
                return self._power(node, up)
            case nodes.Choice():
                return self._choice(node, up)
            case Call():
                return self._call(node, up)
        raise NotDifferentiable(f"no rule for {type(node).__name__}")

    def _shape(self, node: Node) -> Shape:
        return shapes.of(Evaluation(self._names).of(node))

    def _narrowed(self, up: Node, whole: Shape, part: Node) -> Node:
        """What reaches a number or vector that was added to, or multiplied with, every entry or row of something."""
        shape = self._shape(part)
        if whole in (shape, NUMBER) or isinstance(whole, str):
            return up
        if shape == NUMBER:
            return Call("sum", (up,))
        if shapes.is_vector(shape) and not shapes.is_vector(whole):
            return _times(Transpose(up), "", Call("ones", (_size(whole[0]),)))
        return up

    def _product(self, node: Product, up: Node) -> list[tuple[str, Node]]:
        bracket = products.brackets(tuple(self._shape(factor) for factor in node.factors), node.signs)
        if isinstance(bracket, products.Misfit):
            raise NotDifferentiable("a product that does not fit")
        return self._bracket(node, bracket, up)

    def _bracket(self, node: Product, bracket: products.Bracket, up: Node) -> list[tuple[str, Node]]:
        if isinstance(bracket, int):
            return self.of(node.factors[bracket], up)
        left, right = products.written(bracket.left, node), products.written(bracket.right, node)
        if bracket.way == "identity":
            raise NotDifferentiable("a product with the identity matrix")
        if bracket.way == "matrix":
            to_left, to_right = _times(up, "", _transpose(right)), _times(_transpose(left), "", up)
        elif bracket.way == "inner":
            to_left, to_right = _times(up, "", right), _times(up, "", left)
        elif bracket.way == "divide":
            to_left = _times(up, "/", right)
            to_right = _negative(_times(_times(up, "∘", left), "/", Power(right, TWO)))
        else:
            to_left, to_right = _times(up, "∘", right), _times(up, "∘", left)
        return [
            *self._bracket(node, bracket.left, self._narrowed(to_left, bracket.shape, left)),
            *self._bracket(node, bracket.right, self._narrowed(to_right, bracket.shape, right)),
        ]

    def _power(self, node: Power, up: Node) -> list[tuple[str, Node]]:
        shape = self._shape(node.base)
        if not isinstance(node.exponent, Number) or isinstance(shape, str) or shape[0] == shape[1] != 1:
            raise NotDifferentiable("a power is differentiated where the exponent is a number and the base not square")
        exponent = node.exponent.value
        slope = _times(node.exponent, "∘", Power(node.base, Number(exponent - 1)))
        return self.of(node.base, _times(up, "∘", slope if exponent != 2 else _times(node.exponent, "", node.base)))

    def _choice(self, node: nodes.Choice, up: Node) -> list[tuple[str, Node]]:
        whole = self._shape(node)
        shares: list[tuple[str, Node]] = []
        for chosen, value in enumerate([*(value for _, value in node.branches), node.otherwise]):
            branches = tuple(
                (condition, up if place == chosen else ZERO) for place, (condition, _) in enumerate(node.branches)
            )
            reached = nodes.Choice(branches, up if chosen == len(branches) else ZERO)
            shares += self.of(value, self._narrowed(reached, whole, value))
        return shares

    def _call(self, node: Call, up: Node) -> list[tuple[str, Node]]:
        name = node.function
        if name in ("onehot", "ones", "identity", "eye"):
            return []
        if name in ("max", "min") and len(node.arguments) == 2 and not node.derivative:
            return self._extreme(node, up)
        if node.derivative or len(node.arguments) != 1:
            raise NotDifferentiable(f"no rule for {name}")
        (argument,) = node.arguments
        if name == "log":
            return self.of(argument, _times(up, "/", argument))
        if name == "exp":
            return self.of(argument, _times(node, "∘", up))
        if name in functions.ENTRYWISE:
            return self.of(argument, _times(Call(name, node.arguments, derivative=1), "∘", up))
        if name == "softmax":
            return self.of(argument, self._softmax(node, argument, up))
        if name == "sum":
            return self.of(argument, self._spread(up, argument))
        if name == "diag":
            return self.of(argument, Call("diag", (up,)))
        raise NotDifferentiable(f"no rule for {name}")

    def _extreme(self, node: Call, up: Node) -> list[tuple[str, Node]]:
        """max(a, b) is b + relu(a - b), and min(a, b) is a - relu(a - b)."""
        whole = self._shape(node)
        a, b = node.arguments
        above = Call("relu", (Sum((a, Negative(b))),), derivative=1)
        below = Sum((ONE, Negative(above)))
        first, second = (above, below) if node.function == "max" else (below, above)
        return [
            *self.of(a, self._narrowed(_times(first, "∘", up), whole, a)),
            *self.of(b, self._narrowed(_times(second, "∘", up), whole, b)),
        ]

    def _softmax(self, node: Call, argument: Node, up: Node) -> Node:
        shape = self._shape(argument)
        if shape[1] == 1:
            return _times(Transpose(Call("softmax", (argument,), derivative=1)), "", up)
        # By rows: each row less its mean under the row's own probabilities.
        assert not isinstance(shape, str)
        ones = Call("ones", (_size(shape[1]),))
        means = _times(_times(_times(node, "∘", up), "", ones), "", Transpose(ones))
        return _times(node, "∘", Sum((up, Negative(means))))

    def _spread(self, up: Node, like: Node) -> Node:
        return Sum((_times(ZERO, "", like), up))


def _size(axis: Axis) -> Node:
    return Number(Fraction(axis)) if isinstance(axis, int) else Name(axis)


def _negative(node: Node) -> Node:
    return node.operand if isinstance(node, Negative) else Negative(node)


def _transpose(node: Node) -> Node:
    return node.operand if isinstance(node, Transpose) else Transpose(node)


def _times(left: Node, sign: Sign, right: Node) -> Node:
    """A product of two, the minus signs of either in front."""
    if isinstance(left, Negative) or isinstance(right, Negative):
        inner = _times(_bare(left), sign, _bare(right))
        return inner if isinstance(left, Negative) and isinstance(right, Negative) else Negative(inner)
    return Product((left, right), (sign,))


def _bare(node: Node) -> Node:
    return node.operand if isinstance(node, Negative) else node
