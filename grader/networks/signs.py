"""An activation at a number of which only the sign is known: its value, where that does not depend on more."""

from __future__ import annotations

from fractions import Fraction

from grader.language import nodes
from grader.language.nodes import Node
from grader.networks import polynomial
from grader.networks.pieces import membership
from grader.networks.polynomial import Polynomial


class _Varies(Exception):
    """More than the sign would have to be known."""


def value(activation: Node, sign: int) -> Fraction | None:
    """The activation's one value at all real z with a sign (-1, 0 or 1); ``None`` where it may have several.

    z is written as sign · u; a value is a polynomial in u, whose sign is known for all u > 0 where its coefficients
    have no two signs.
    """
    try:
        found = _value(activation, polynomial.trimmed([Fraction(0), Fraction(sign)]))
    except _Varies:
        return None
    return None if len(found) > 1 else found[0] if found else Fraction(0)


def _value(node: Node, z: Polynomial) -> Polynomial:
    if isinstance(node, nodes.Number):
        return polynomial.constant(node.value)
    if isinstance(node, nodes.Name) and node.name == "z":
        return z
    if isinstance(node, nodes.Negative):
        return _negative(_value(node.operand, z))
    if isinstance(node, nodes.Sum):
        total: Polynomial = ()
        for term in node.terms:
            total = polynomial.add(total, _value(term, z))
        return total
    if isinstance(node, nodes.Product):
        return _product(node, z)
    if isinstance(node, nodes.Power):
        return _power(_value(node.base, z), _value(node.exponent, z))
    if isinstance(node, nodes.Indicator):
        return polynomial.constant(Fraction(_holds(node.condition, z)))
    if isinstance(node, nodes.Choice):
        chosen = next((branch for condition, branch in node.branches if _holds(condition, z)), node.otherwise)
        return _value(chosen, z)
    if isinstance(node, nodes.Call) and not node.derivative:
        return _call(node.function, [_value(argument, z) for argument in node.arguments])
    raise _Varies


def _sign(one: Polynomial) -> int:
    signs = {(c > 0) - (c < 0) for c in one if c}
    if len(signs) > 1:
        raise _Varies
    return signs.pop() if signs else 0


def _negative(one: Polynomial) -> Polynomial:
    return polynomial.scaled(one, Fraction(-1))


def _product(node: nodes.Product, z: Polynomial) -> Polynomial:
    total = _value(node.factors[0], z)
    for sign, factor in zip(node.signs, node.factors[1:]):
        other = _value(factor, z)
        if sign == "/":
            if len(other) != 1:
                raise _Varies
            total = polynomial.scaled(total, 1 / other[0])
        else:
            total = polynomial.multiply(total, other)
    return total


def _power(base: Polynomial, exponent: Polynomial) -> Polynomial:
    number = exponent[0] if exponent else Fraction(0)
    if len(exponent) > 1 or number.denominator != 1 or not 0 <= number <= 60:
        raise _Varies
    total = polynomial.constant(Fraction(1))
    for _ in range(int(number)):
        total = polynomial.multiply(total, base)
    return total


def _holds(node: Node, z: Polynomial) -> bool:
    if isinstance(node, nodes.Truth):
        return node.value
    if isinstance(node, nodes.And):
        return all(_holds(part, z) for part in node.parts)
    if isinstance(node, nodes.Or):
        return any(_holds(part, z) for part in node.parts)
    if isinstance(node, nodes.Not):
        return not _holds(node.part, z)
    if isinstance(node, nodes.Member):
        return _holds(membership(node), z)
    if isinstance(node, nodes.Comparison):
        values = [_value(operand, z) for operand in node.operands]
        return all(_compared(a, relation, b) for a, relation, b in zip(values, node.relations, values[1:]))
    raise _Varies


def _compared(left: Polynomial, relation: str, right: Polynomial) -> bool:
    sign = _sign(polynomial.add(left, _negative(right)))
    return {
        "<": sign < 0, "<=": sign <= 0, ">": sign > 0, ">=": sign >= 0, "=": sign == 0, "!=": sign != 0,
    }[relation]  # fmt: skip


def _call(function: str, arguments: list[Polynomial]) -> Polynomial:
    z = arguments[0]
    if function in ("max", "min"):
        for other in arguments[1:]:
            larger = _sign(polynomial.add(other, _negative(z))) > 0
            z = other if larger == (function == "max") else z
        return z
    if function == "identity":
        return z
    if function in ("square", "cube"):
        return _power(z, polynomial.constant(Fraction(2 if function == "square" else 3)))
    if function not in ("relu", "step", "sign", "abs"):
        raise _Varies
    sign = _sign(z)
    if function == "relu":
        return z if sign > 0 else ()
    if function == "abs":
        return z if sign >= 0 else _negative(z)
    return polynomial.constant(Fraction(sign if function == "sign" else sign >= 0))
