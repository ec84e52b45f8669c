"""Whether a node that was read can be an answer of its kind: known parts, bounded size, no division by zero."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from grader.language import exact
from grader.language.nodes import (
    Array,
    Call,
    Choice,
    Indicator,
    Negative,
    Node,
    Number,
    Order,
    Power,
    Product,
    Sum,
    Transpose,
    children,
    names,
)
from grader.language.unreadable import Unreadable

NESTING = 150
EXPONENT = 100
DEGREE = 200


def walk(node: Node) -> Iterator[Node]:
    """Every node of the tree, parents first."""
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(children(current))


def bounded(node: Node) -> None:
    """Raises ``Unreadable`` for a tree that is too deep, a power that is too high, a number that is too large."""
    level: list[Node] = [node]
    for _ in range(NESTING):
        level = [child for parent in level for child in children(parent)]
        if not level:
            break
    else:
        raise Unreadable("read.too-deep", "This is nested too deeply.", node.span)
    _measure(node)


def _measure(root: Node) -> None:
    # Children before parents, so that a giant is met before anything is built from it.
    constants: dict[int, Fraction | None] = {}
    degrees: dict[int, int] = {}
    for node in reversed(list(walk(root))):
        below = list(children(node))
        degrees[id(node)] = _degree(node, below, degrees, constants)
        constant = not isinstance(node, (Array, Order)) and all(constants.get(id(one)) is not None for one in below)
        constants[id(node)] = (
            _constant(node) if constant and isinstance(node, (Number, Sum, Negative, Product, Power, Call)) else None
        )


def _constant(node: Node) -> Fraction | None:
    try:
        return exact.value(node)
    except exact.Undefined as error:
        if "digits" in str(error) or "by zero" in str(error) or "factorial" in str(error):
            raise Unreadable(
                "read.too-large" if "by zero" not in str(error) else "read.division", f"This is {error}.", node.span
            ) from None
        return None


def _degree(node: Node, below: list[Node], degrees: dict[int, int], constants: dict[int, Fraction | None]) -> int:
    if isinstance(node, Power):
        exponent = constants.get(id(node.exponent))
        if exponent is None or constants.get(id(node.base)) is not None:
            return max(1, degrees[id(node.base)])
        degree = degrees[id(node.base)] * max(1, abs(exponent.numerator))
        if abs(exponent) > EXPONENT or degree > DEGREE:
            raise Unreadable(
                "read.too-large", "This power is too high.", node.span, expected=f"exponents up to {EXPONENT}"
            )
        return degree
    if isinstance(node, Product):
        divisors = [factor for sign, factor in zip(node.signs, node.factors[1:]) if sign == "/"]
        if any(constants.get(id(divisor)) == 0 for divisor in divisors):
            raise Unreadable("read.division", "This divides by zero.", node.span)
        return sum(degrees[id(one)] for one in below)
    if not below:
        return 0 if isinstance(node, Number) else 1
    return max(degrees[id(one)] for one in below)


def unlisted(node: Node) -> None:
    """Raises ``Unreadable`` for a list of numbers inside an expression, and for an order of growth."""
    for one in walk(node):
        if isinstance(one, (Array, Order)):
            raise Unreadable("read.comma", "A list of values cannot stand here.", one.span)


def countable(node: Node, kind: str) -> None:
    """Raises ``Unreadable`` for what cannot stand in a formula of numbers."""
    for one in walk(node):
        if isinstance(one, Array):
            raise Unreadable(
                "read.comma",
                "A comma stands inside brackets; a formula has none.",
                one.span,
                hint="For a product write n*m; for a decimal use a point.",
            )
        if isinstance(one, Transpose):
            raise Unreadable("read.transpose", "There is nothing to transpose in a formula of numbers.", one.span)
        if isinstance(one, (Indicator, Choice)):
            raise Unreadable("read.condition-for-number", "A condition stands inside a formula.", one.span)
        if isinstance(one, Order) and one is not node:
            raise Unreadable(
                "read.order-inside",
                f"{one.kind}(…) can only stand alone.",
                one.span,
                hint="Give either the exact count, such as n^5 + 4n, or one order, such as O(n^5).",
            )


__all__ = ["bounded", "countable", "names", "walk"]
