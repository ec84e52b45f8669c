"""What a call of each function of the closed list means, and how many arguments it takes; what cases mean."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Literal, cast

from grader.language import exact, nodes, words
from grader.language.nodes import Node, Number, Sign, names
from grader.language.unreadable import Unreadable

ONE = Number(Fraction(1))
TWO = Number(Fraction(2))
ZERO = Number(Fraction(0))
_PAIRS = frozenset(["pow", "binomial", "dot", "multiply", "outer"])
_MANY = frozenset(["max", "min", "eye", "zeros", "ones", "sum", "diag"])
_DEFINED: Mapping[str, Callable[..., Node]] = {
    "cbrt": lambda of: nodes.Power(of, nodes.Product((ONE, Number(Fraction(3))), ("/",))),
    "clip": lambda of, low, high: nodes.Call("min", (nodes.Call("max", (of, low)), high)),
    "dot": lambda one, two: nodes.Product((one, two), ("@",)),
    "log_2": lambda of: nodes.Call("log", (of, TWO)),
    "log_10": lambda of: nodes.Call("log", (of, Number(Fraction(10)))),
    "multiply": lambda one, two: nodes.Product((one, two), ("∘",)),
    "negative": nodes.Negative,
    "outer": lambda one, two: nodes.Product((one, nodes.Transpose(two)), ("@",)),
    "pow": nodes.Power,
    "reciprocal": lambda of: nodes.Product((ONE, of), ("/",)),
    "transpose": nodes.Transpose,
}
"""Functions that are written with other nodes than a call."""


def call(name: str, values: tuple[Node, ...], derivative: int) -> Node:
    """The node of a call. Raises ``Unreadable`` for a wrong number of arguments."""
    if name in ("max", "min") and len(values) == 1 and isinstance(values[0], nodes.Array):
        values = values[0].entries
    if name in ("max", "min") and len(values) == 1:
        raise Unreadable("read.arguments", f"{name} takes two arguments or more.")
    if name == "onehot" and len(values) == 2:
        values = values[:1]  # how long it is, its place says
    expected = 2 if name in _PAIRS else 3 if name in ("where", "clip") else 1
    if len(values) != expected and name not in _MANY and not (name == "step" and len(values) == 2):
        message = f"{name} takes {expected} argument{'s' * (expected > 1)}, not {len(values)}."
        raise Unreadable("read.arguments", message)
    if name in words.ORDERS:
        return nodes.Order(cast(Literal["O", "Θ", "Ω", "o", "ω"], name), values[0])
    if name == "binomial":
        return binomial(values[0], values[1])
    if name == "step" and len(values) == 2:
        above = (nodes.Comparison((values[0], ZERO), (">",)), ONE)
        return nodes.Choice((above, (nodes.Comparison((values[0], ZERO), ("=",)), values[1])), ZERO)
    return _DEFINED[name](*values) if name in _DEFINED else nodes.Call(name, values, derivative)


def binomial(top: Node, bottom: Node) -> Node:
    """``n`` over ``k`` for a small number k, as the product n (n-1) … / k!."""
    count = int(bottom.value) if isinstance(bottom, Number) and bottom.value.denominator == 1 else -1
    if not 0 <= count <= 8:
        raise Unreadable("read.binomial", "Below a binomial there must be a small number.")
    if count < 2:
        return top if count else ONE
    falling = [nodes.Sum((top, nodes.Negative(Number(Fraction(step))))) for step in range(1, count)]
    times: list[Sign] = ["*" for _ in falling]
    return nodes.Product((top, *falling, Number(Fraction(math.factorial(count)))), (*times, "/"))


def cases(branches: list[tuple[Node | None, Node]]) -> nodes.Choice:
    """The choice that a list of cases states; the last one is what remains when it has no condition."""
    named = tuple((when, chosen) for when, chosen in branches[:-1] if when is not None)
    when, chosen = branches[-1]
    if len(named) < len(branches) - 1 or not (named or when):
        raise Unreadable("read.cases", "Only the last case can be “otherwise”.")
    if when is not None and not _complementary([*(condition for condition, _ in named), when]):
        return nodes.Choice((*named, (when, chosen)), nodes.Gap())
    if not named:
        raise Unreadable("read.cases", "There is only one case.")
    return nodes.Choice(named, chosen)


def _complementary(conditions: list[Node]) -> bool:
    """Whether the conditions compare the same two things and leave no way out: ``k = t`` and ``k != t``."""
    left = {"<", "=", ">"}
    for one in conditions:
        if not isinstance(one, nodes.Comparison) or not isinstance(conditions[0], nodes.Comparison):
            return False
        if one.operands != conditions[0].operands or len(one.relations) > 1:
            return False
        left -= {"!=": {"<", ">"}}.get(one.relations[0], set(one.relations[0]))
    return not left


def exhausted(node: Node) -> Node:
    """The node with cases that cover every number written without the gap after the last; where they do not, refused.

    Tried at every number that the conditions mention, and beside and between these.
    """
    if not isinstance(node, nodes.Choice) or not isinstance(node.otherwise, nodes.Gap):
        return node
    if len(node.branches) == 1:
        raise Unreadable("read.cases", "There is only one case.", node.span)
    conditions = [condition for condition, _ in node.branches]
    used = frozenset(name for condition in conditions for name in names(condition))
    numbers = (one.value for condition in conditions for one in nodes.parts(condition) if isinstance(one, Number))
    marks = sorted({value * sign for value in numbers for sign in (1, -1)})
    between = [(low + high) / 2 for low, high in pairwise(marks)]
    whole = replace(node, branches=node.branches[:-1], otherwise=node.branches[-1][1])
    for place in [*marks, *between, *(mark + side for mark in marks for side in (1, -1))]:
        try:
            covered = any(exact.holds(condition, dict.fromkeys(used, place)) for condition in conditions)
        except exact.Undefined:
            return whole
        if not covered:
            where = f"{next(iter(used), 'z')} = {place}"
            raise Unreadable("read.cases", f"No case covers {where}.", node.span)
    return whole
