"""Maxima and minima by what grows alike: max(a, b) <= a + b <= 2 max(a, b), ab/(a + b) <= min(a, b) <= 2ab/(a + b).

This holds for positive a and b, so it is done in formulas without a subtraction only; and not in an exponent, where a
factor of 2 is no constant factor.
"""

from __future__ import annotations

from dataclasses import replace

from grader.language.nodes import Call, Name, Negative, Node, Number, Power, Product, Sum, names


def smoothed(node: Node) -> Node | None:
    """A formula of the same growth without max and min; None where these rules do not do."""
    if isinstance(node, Number):
        return node if node.value > 0 else None
    if isinstance(node, Name):
        return node
    if isinstance(node, Power):
        base = smoothed(node.base)
        return None if base is None or names(node.exponent) else replace(node, base=base)
    if isinstance(node, Negative):
        return None
    parts = node.terms if isinstance(node, Sum) else node.factors if isinstance(node, Product) else ()
    if isinstance(node, Call) and node.function in ("max", "min"):
        parts = node.arguments
    found = [part for part in map(smoothed, parts) if part is not None]
    if not found or len(found) < len(parts):
        return None
    if isinstance(node, Sum):
        return replace(node, terms=tuple(found))
    if isinstance(node, Product):
        return replace(node, factors=tuple(found))
    total = found[0]
    for other in found[1:]:
        both = Sum((total, other))
        total = both if isinstance(node, Call) and node.function == "max" else Product((total, other, both), ("*", "/"))
    return total
