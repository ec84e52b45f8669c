"""The value of an activation, written as an expression in z, at one number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, cast

from grader.language import nodes
from grader.language.exact import RELATIONS, Holds
from grader.language.nodes import Meaning, Node
from grader.networks import reals
from grader.networks.reals import Real, Undefined


def unknown(node: Node) -> str:
    """What in an expression is no activation: a name other than z, a function not on the list; "" if all is."""
    for part in nodes.parts(node):
        if isinstance(part, nodes.Name) and part.name not in ("z", "e"):
            return f"the name {part.name}"
        if isinstance(part, nodes.Call) and (part.function not in FUNCTIONS or part.derivative):
            return f"the function {part.function}" + "'" * part.derivative
        if isinstance(part, (nodes.Array, nodes.Transpose, nodes.Order)):
            return f"a {type(part).__name__.lower()}"
    return ""


def value(node: Node, z: Real) -> Real:
    """The activation at z. Raises ``Undefined`` and ``Undecided`` (both of ``reals``)."""
    return _Value(z).of(node)


class _Holds(Holds):
    """Whether a condition on z holds."""

    def __init__(self, value: _Value) -> None:
        self.value = value

    def comparison_(self, node: nodes.Comparison) -> bool:
        values = [self.value.of(operand) for operand in node.operands]
        links = zip(values, node.relations, values[1:])
        return all(RELATIONS[relation](reals.sign(_difference(a, b)), 0) for a, relation, b in links)

    def other(self, node: Node) -> bool:
        raise Undefined(f"{type(node).__name__.lower()} is no condition")


class _Value(Meaning[Real]):
    """An expression in z as a number."""

    def __init__(self, z: Real) -> None:
        self.z = z
        self.holds = _Holds(self)

    def number_(self, node: nodes.Number) -> Real:
        return node.value

    def name_(self, node: nodes.Name) -> Real:
        return reals.exp(Fraction(1)) if node.name == "e" else self.z

    def sum_(self, node: nodes.Sum) -> Real:
        total: Any = self.of(node.terms[0])
        for term in node.terms[1:]:
            total = total + self.of(term)
        return cast(Real, total)

    def negative_(self, node: nodes.Negative) -> Real:
        return -self.of(node.operand)

    def product_(self, node: nodes.Product) -> Real:
        total: Any = self.of(node.factors[0])
        for sign, factor in zip(node.signs, node.factors[1:]):
            other = self.of(factor)
            total = total * (reals.inverse(other) if sign == "/" else other)
        return cast(Real, total)

    def power_(self, node: nodes.Power) -> Real:
        named = isinstance(node.base, nodes.Name) and node.base.name == "e"
        exponent = self.of(node.exponent)
        return reals.exp(exponent) if named else reals.power(self.of(node.base), exponent)

    def indicator_(self, node: nodes.Indicator) -> Real:
        return Fraction(self.holds.of(node.condition))

    def choice_(self, node: nodes.Choice) -> Real:
        chosen = (branch for condition, branch in node.branches if self.holds.of(condition))
        return self.of(next(chosen, node.otherwise))

    def call_(self, node: nodes.Call) -> Real:
        if node.derivative or node.function not in FUNCTIONS:
            return self.other(node)
        arguments = [self.of(argument) for argument in node.arguments]
        if node.function not in ("max", "min"):
            return _ONE_ARGUMENT[node.function](arguments[0])
        best = arguments[0]
        for other in arguments[1:]:
            if (reals.sign(_difference(other, best)) > 0) == (node.function == "max"):
                best = other
        return best

    def other(self, node: Node) -> Real:
        raise Undefined(f"{type(node).__name__.lower()} is no activation")


def _difference(left: Any, right: Any) -> Real:
    return Fraction(0) if left is right else cast(Real, left - right)


def _sigmoid(z: Real) -> Real:
    return reals.inverse(1 + reals.exp(-z))


def _tanh(z: Real) -> Real:
    return 1 - 2 * reals.inverse(1 + reals.exp(2 * z))


_ONE_ARGUMENT: Mapping[str, Callable[[Any], Real]] = {
    "identity": lambda z: z,
    "relu": lambda z: z if reals.sign(z) > 0 else Fraction(0),
    "step": lambda z: Fraction(reals.sign(z) >= 0),
    "sign": lambda z: Fraction(reals.sign(z)),
    "abs": lambda z: z if reals.sign(z) >= 0 else -z,
    "square": lambda z: reals.power(z, Fraction(2)),
    "cube": lambda z: reals.power(z, Fraction(3)),
    "sqrt": lambda z: reals.power(z, Fraction(1, 2)),
    "log": reals.log,
    "exp": reals.exp,
    "sigmoid": _sigmoid,
    "tanh": _tanh,
}
FUNCTIONS = frozenset((*_ONE_ARGUMENT, "max", "min"))
_NEVER: Mapping[str, tuple[int, ...]] = {"sigmoid": (0, 1), "tanh": (-1, 1), "exp": (0,)}


def never(node: Node) -> tuple[int, ...]:
    """Values that an activation comes as near as one likes and never takes."""
    return _NEVER.get(node.function, ()) if isinstance(node, nodes.Call) and not node.derivative else ()
