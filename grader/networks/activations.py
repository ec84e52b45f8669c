"""What may be an activation, and its value."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any, cast

from grader.language import nodes, reading
from grader.language.exact import RELATIONS, Arithmetic, Holds, Undefined
from grader.language.nodes import Node
from grader.language.reading import Reading
from grader.networks import reals
from grader.networks.reals import Real

DEFINED: Mapping[str, str] = {
    "identity": "z",
    "relu": "max(0, z)",
    "step": "1 if z >= 0 else 0",
    "sign": "1 if z > 0 else -1 if z < 0 else 0",
    "abs": "z if z >= 0 else -z",
    "square": "z^2",
    "cube": "z^3",
    "sqrt": "z^(1/2)",
    "sigmoid": "1/(1 + exp(-z))",
    "tanh": "1 - 2/(1 + exp(2z))",
}
"""The functions of one number that an activation may call, as expressions in that number."""

_OTHERS = frozenset({"max", "min", "exp", "log"})


@cache
def _definition(function: str) -> Node:
    return reading.activation(DEFINED[function]).node


@lru_cache(maxsize=4096)
def read(text: str) -> Reading:
    """A typed activation. Raises ``Unreadable``, and ``ValueError`` for an expression that has no place in one."""
    found = reading.activation(text)
    for part in nodes.parts(found.node):
        strange = ""
        if isinstance(part, nodes.Name) and part.name not in ("z", "e"):
            strange = f"the name {part.name}"
        elif isinstance(part, nodes.Call) and (part.derivative or part.function not in (*DEFINED, *_OTHERS)):
            strange = f"the function {part.function}" + "'" * part.derivative
        elif isinstance(part, (nodes.Array, nodes.Transpose, nodes.Order)):
            strange = f"a {type(part).__name__.lower()}"
        if strange:
            raise ValueError(f"an activation is an expression in z; {strange} is not known in one")
    return found


def value(node: Node, z: Any) -> Any:
    """An activation at a number z, or at what is one for all that ``reals`` asks of it.

    Raises ``Undefined`` and ``Undecided``.
    """
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


class _Value(Arithmetic[Real]):
    """An expression in z as a number."""

    def __init__(self, z: Real) -> None:
        self.z = z
        self.holds = _Holds(self)

    def number_(self, node: nodes.Number) -> Real:
        return node.value

    def name_(self, node: nodes.Name) -> Real:
        return reals.exp(Fraction(1)) if node.name == "e" else self.z

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
        best, *others = [self.of(argument) for argument in node.arguments]
        if node.function in ("max", "min"):
            for other in others:
                if (reals.sign(_difference(other, best)) > 0) == (node.function == "max"):
                    best = other
            return best
        if node.derivative or node.function not in (*DEFINED, "exp", "log"):
            return self.other(node)
        if node.function in DEFINED:
            return _Value(best).of(_definition(node.function))
        return reals.exp(best) if node.function == "exp" else reals.log(best, *others)

    def other(self, node: Node) -> Real:
        raise Undefined(f"{type(node).__name__.lower()} is no activation")


def _difference(left: Any, right: Any) -> Real:
    return Fraction(0) if left is right else cast(Real, left - right)
