"""The value of an activation, written as an expression in z, at an exact number."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Union

from grader.language import nodes
from grader.language.nodes import Node
from grader.networks import exponential
from grader.networks.exponential import Ball, Exponential, Undefined
from grader.networks.pieces import membership

Value = Union[Fraction, Exponential, Ball]

FUNCTIONS = frozenset(
    ("identity", "relu", "step", "sign", "abs", "square", "cube", "sigmoid", "tanh", "exp", "max", "min", "sqrt", "log")
)
_MOST_DIGITS = 20_000


def unknown(node: Node) -> str:
    """What in an expression is no activation: a name other than z, a function not on the list; "" if all is."""
    pending = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, nodes.Name) and current.name not in ("z", "e"):
            return f"the name {current.name}"
        if isinstance(current, nodes.Call) and (current.function not in FUNCTIONS or current.derivative):
            return f"the function {current.function}" + "'" * current.derivative
        if isinstance(current, (nodes.Array, nodes.Transpose, nodes.Order)):
            return f"a {type(current).__name__.lower()}"
        pending.extend(nodes.children(current))
    return ""


def value(node: Node, z: Value) -> Any:
    """The activation at z. Raises ``Undefined`` or ``Undecided``."""
    if isinstance(node, nodes.Number):
        return node.value
    if isinstance(node, nodes.Name):
        return exponential.exp(Fraction(1)) if node.name == "e" else z
    if isinstance(node, nodes.Sum):
        return _plus([value(term, z) for term in node.terms])
    if isinstance(node, nodes.Negative):
        return -value(node.operand, z)
    if isinstance(node, nodes.Product):
        total = value(node.factors[0], z)
        for sign, factor in zip(node.signs, node.factors[1:]):
            other = value(factor, z)
            total = total * _inverse(other) if sign == "/" else total * other
        return total
    if isinstance(node, nodes.Power):
        return _power(value(node.base, z), value(node.exponent, z))
    if isinstance(node, nodes.Indicator):
        return Fraction(holds(node.condition, z))
    if isinstance(node, nodes.Choice):
        chosen = next((branch for condition, branch in node.branches if holds(condition, z)), node.otherwise)
        return value(chosen, z)
    if isinstance(node, nodes.Call) and not node.derivative:
        return _call(node.function, [value(argument, z) for argument in node.arguments])
    raise Undefined(f"{type(node).__name__.lower()} is no activation")


def holds(node: Node, z: Value) -> bool:
    """Whether a condition on z holds."""
    if isinstance(node, nodes.Truth):
        return node.value
    if isinstance(node, nodes.And):
        return all(holds(part, z) for part in node.parts)
    if isinstance(node, nodes.Or):
        return any(holds(part, z) for part in node.parts)
    if isinstance(node, nodes.Not):
        return not holds(node.part, z)
    if isinstance(node, nodes.Member):
        return holds(membership(node), z)
    if isinstance(node, nodes.Comparison):
        values = [value(operand, z) for operand in node.operands]
        return all(_compare(a, relation, b) for a, relation, b in zip(values, node.relations, values[1:]))
    raise Undefined(f"{type(node).__name__.lower()} is no condition")


def _compare(left: Value, relation: str, right: Value) -> bool:
    sign = exponential.sign(left - right)
    return {
        "<": sign < 0, "<=": sign <= 0, ">": sign > 0, ">=": sign >= 0, "=": sign == 0, "!=": sign != 0,
    }[relation]  # fmt: skip


def _plus(values: list[Value]) -> Any:
    total: Any = values[0]
    for other in values[1:]:
        total = total + other
    return total


def _inverse(number: Value) -> Any:
    if exponential.sign(number) == 0:
        raise Undefined("a division by zero")
    return 1 / number


def _power(base: Value, exponent: Value) -> Any:
    if isinstance(exponent, Fraction) and exponent.denominator == 1 and abs(exponent) <= 10_000:
        if isinstance(base, (Exponential, Ball)):
            return base.power(int(exponent))
        if base == 0 and exponent < 0:
            raise Undefined("a division by zero")
        size = max(base.numerator.bit_length(), base.denominator.bit_length())
        if size * abs(exponent) < _MOST_DIGITS * 3:
            return Fraction(base ** int(exponent))
    return exponential.power(base, exponent)


def _call(function: str, arguments: list[Value]) -> Any:
    if function in ("max", "min"):
        best = arguments[0]
        for other in arguments[1:]:
            if (exponential.sign(other - best) > 0) == (function == "max"):
                best = other
        return best
    z = arguments[0]
    if function == "identity":
        return z
    if function == "relu":
        return z if exponential.sign(z) > 0 else Fraction(0)
    if function == "step":
        return Fraction(exponential.sign(z) >= 0)
    if function == "sign":
        return Fraction(exponential.sign(z))
    if function == "abs":
        return z if exponential.sign(z) >= 0 else -z
    if function in ("square", "cube"):
        return _power(z, Fraction(2 if function == "square" else 3))
    if function == "sqrt":
        return exponential.power(z, Fraction(1, 2))
    if function == "log":
        return exponential.log(z)
    if function == "exp":
        return exponential.exp(z)
    if function == "sigmoid":
        return 1 / (1 + exponential.exp(-z))
    if function == "tanh":
        grown = exponential.exp(2 * z)
        return (grown - 1) / (grown + 1)
    raise Undefined(f"{function} is no activation")
