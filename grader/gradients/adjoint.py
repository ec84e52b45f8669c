"""Reverse-mode differentiation of a procedure, node by node, into backward equations in the answer language.

For a step s = f(v, …), the rule of each operation carries s̄ down to the names that f reads; a variable's equation is
the sum over the steps that read it (Griewank and Walther, Evaluating Derivatives, chapter 3). The result is nodes, so
that it is evaluated, compared and written as a student's equation is.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from grader.gradients import evaluation, functions, products, shapes
from grader.gradients.equation import bar
from grader.gradients.evaluation import Scope
from grader.gradients.procedure import Procedure
from grader.language import nodes
from grader.language.nodes import Call, Name, Negative, Node, Number, Power, Product, Sign, Sum, Transpose

ONE = Number(Fraction(1))


class NotDifferentiable(Exception):
    """A step that this module has no rule for."""


def equations(procedure: Procedure, of: str, scope: Scope) -> Mapping[str, Node]:
    """The backward equation of every variable that ``of`` is computed from, from ``of`` (1) down.

    ``scope`` holds the values of one run of the procedure: only their shapes matter.

    Raises:
        NotDifferentiable: an operation without a rule.
    """
    behind = procedure.ancestors(of)
    wanted = [v for v in procedure.variables if v in behind and v not in procedure.labels]
    shares: dict[str, list[Node]] = {variable: [] for variable in wanted}
    for step in procedure.steps:
        if step.name in behind or step.name == of:
            for name, share in _Pullback(scope).of(step.node, Name(bar(step.name))):
                if name in shares:
                    shares[name].append(share)
    rules: dict[str, Node] = {of: ONE}
    for variable in reversed(wanted):
        found = shares[variable]
        rules[variable] = found[0] if len(found) == 1 else Sum(tuple(found))
    return rules


class _Pullback:
    def __init__(self, scope: Scope) -> None:
        self._scope = scope

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
            case Call():
                return self._call(node, up)
        raise NotDifferentiable(f"no rule for {type(node).__name__}")

    def _shape(self, node: Node) -> shapes.Shape:
        return shapes.of(evaluation.value(node, self._scope))

    def _narrowed(self, up: Node, whole: shapes.Shape, part: Node) -> Node:
        """What reaches a number that was added to, or multiplied with, every entry of something larger."""
        if whole != shapes.NUMBER and self._shape(part) == shapes.NUMBER:
            return Call("sum", (up,))
        return up

    def _product(self, node: Product, up: Node) -> list[tuple[str, Node]]:
        sizes = [self._shape(factor) for factor in node.factors]
        bracket = products.brackets(sizes, node.signs)
        return self._bracket(node, bracket, sizes, up)

    def _bracket(
        self, node: Product, bracket: products.Bracket, sizes: list[shapes.Shape], up: Node
    ) -> list[tuple[str, Node]]:
        if isinstance(bracket, int):
            return self.of(node.factors[bracket], up)
        left, right = evaluation.written(bracket.left, node), evaluation.written(bracket.right, node)
        fit = products.joined(products.shape(bracket.left, sizes), bracket.sign, products.shape(bracket.right, sizes))
        if fit is None or fit[0] == "identity":
            raise NotDifferentiable("a product that does not fit")
        way, whole = fit
        if way == "matrix":
            to_left, to_right = _times(up, "", _transpose(right)), _times(_transpose(left), "", up)
        elif way == "inner":
            to_left, to_right = _times(up, "", right), _times(up, "", left)
        elif way == "divide":
            to_left = _times(up, "/", right)
            to_right = _negative(_times(_times(up, "∘", left), "/", Power(right, Number(Fraction(2)))))
        else:
            to_left, to_right = _times(up, "∘", right), _times(up, "∘", left)
        return [
            *self._bracket(node, bracket.left, sizes, self._narrowed(to_left, whole, left)),
            *self._bracket(node, bracket.right, sizes, self._narrowed(to_right, whole, right)),
        ]

    def _power(self, node: Power, up: Node) -> list[tuple[str, Node]]:
        if not isinstance(node.exponent, Number) or 1 not in self._shape(node.base):
            raise NotDifferentiable("a power is differentiated where the exponent is a number and the base no matrix")
        exponent = node.exponent.value
        slope = _times(node.exponent, "∘", Power(node.base, Number(exponent - 1)))
        return self.of(node.base, _times(up, "∘", slope if exponent != 2 else _times(node.exponent, "", node.base)))

    def _call(self, node: Call, up: Node) -> list[tuple[str, Node]]:
        name = node.function
        if name in ("onehot", "ones", "identity", "eye"):
            return []
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
            jacobian = Call(name, node.arguments, derivative=1)
            return self.of(argument, _times(Transpose(jacobian), "", up))
        if name == "sum":
            return self.of(argument, self._spread(up, argument))
        if name == "diag":
            return self.of(argument, Call("diag", (up,)))
        raise NotDifferentiable(f"no rule for {name}")

    def _spread(self, up: Node, like: Node) -> Node:
        zeros = _times(Number(Fraction(0)), "", like)
        return Sum((zeros, up))


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
