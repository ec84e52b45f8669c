"""Whether an activation has a value at every real number."""

from __future__ import annotations

import numpy as np

from grader.language import nodes
from grader.language.nodes import Node
from grader.networks import intervals
from grader.networks.enclosures import Interval


def defined(activation: Node) -> bool:
    """Whether it is shown that nothing in an activation is divided by 0, nor a root or logarithm taken below it."""
    pending = [activation]
    while pending:
        node = pending.pop()
        if isinstance(node, nodes.Call) and node.function in ("sqrt", "log"):
            return False
        if isinstance(node, nodes.Power) and not _has_power(node):
            return False
        if isinstance(node, nodes.Product):
            divisors = [factor for sign, factor in zip(node.signs, node.factors[1:]) if sign == "/"]
            if not all(map(_apart_from_zero, divisors)):
                return False
        pending.extend(nodes.children(node))
    return True


def _has_power(node: nodes.Power) -> bool:
    exponent = node.exponent.value if isinstance(node.exponent, nodes.Number) else None
    if exponent is not None and exponent.denominator == 1 and exponent >= 0:
        return True
    return _apart_from_zero(node.base, positive=True)


def _apart_from_zero(node: Node, positive: bool = False) -> bool:
    if isinstance(node, nodes.Number):
        return node.value > 0 or (node.value < 0 and not positive)
    if isinstance(node, nodes.Name):
        return node.name == "e"
    if isinstance(node, nodes.Call) and node.function == "exp":
        return True
    if isinstance(node, nodes.Product):
        return all(_apart_from_zero(factor, positive) for factor in node.factors)
    if isinstance(node, nodes.Power):
        return _apart_from_zero(node.base, positive=True)  # a real power of a positive number
    infinite = np.array(np.inf)
    try:
        bounds = intervals.value(node, Interval(-infinite, infinite))
    except intervals.NotEnclosed:
        return False
    return bool(bounds.low > 0 or (bounds.high < 0 and not positive))
