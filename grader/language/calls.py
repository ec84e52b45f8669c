"""What a call of each function of the closed list means, and how many arguments it takes."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Literal, cast

from grader.language import exact, nodes, words
from grader.language.nodes import Node, Number, Sign, Span, names
from grader.language.parts import Part, condition, value
from grader.language.unreadable import Unreadable

ONE = Number(Fraction(1))
ZERO = Number(Fraction(0))
_PAIRS = frozenset(["pow", "binomial", "dot", "multiply", "outer"])
_OF_CONDITIONS = frozenset(["diag", "dot", "multiply", "sum"])
_MANY = frozenset(["max", "min", "eye", "zeros", "ones", "I", "sum", "diag"])


def call(function: str, arguments: tuple[Part, ...], span: Span) -> Node:
    """The node of a call. Raises ``Unreadable`` for a wrong number of arguments."""
    if function.startswith("own:"):
        _, primes, own = function.split(":", 2)
        return nodes.Call(own, tuple(value(argument) for argument in arguments), int(primes), span=span)
    name = function.rstrip("'")
    derivative = len(function) - len(name)
    if name == "I":
        conditions = tuple(condition(argument) for argument in arguments)
        return nodes.Indicator(conditions[0] if len(conditions) == 1 else nodes.And(conditions), span=span)
    if name == "where" and len(arguments) == 3:
        when, chosen, otherwise = arguments
        return nodes.Choice(((condition(when), value(chosen)),), value(otherwise), span=span)
    values = tuple(value(argument, in_brackets=name in _OF_CONDITIONS) for argument in arguments)
    if name in ("max", "min") and len(values) == 1 and isinstance(values[0], nodes.Array):
        values = values[0].entries
    if name in ("max", "min") and len(values) == 1:
        raise Unreadable("read.arguments", f"{name} takes two arguments or more.", span)
    expected = 2 if name in _PAIRS else 3 if name in ("where", "clip") else 1
    if len(values) != expected and name not in _MANY and not (name == "step" and len(values) == 2):
        raise Unreadable(
            "read.arguments", f"{name} takes {expected} argument{'s' * (expected > 1)}, not {len(values)}.", span
        )
    if name in words.ORDERS:
        return nodes.Order(cast(Literal["O", "Θ", "Ω", "o", "ω"], name), values[0], span=span)
    return _meaning(name, values, derivative, span)


def _meaning(name: str, values: tuple[Node, ...], derivative: int, span: Span) -> Node:
    first = values[0]
    if name.startswith("log_"):
        return nodes.Call("log", (first, Number(Fraction(name[4:]))), span=span)
    if name == "clip":
        return nodes.Call("min", (nodes.Call("max", values[:2], span=span), values[2]), span=span)
    if name == "cbrt":
        return nodes.Power(first, nodes.Product((ONE, Number(Fraction(3))), ("/",)), span=span)
    if name == "pow":
        return nodes.Power(first, values[1], span=span)
    if name == "binomial":
        return binomial(first, values[1], span)
    if name == "transpose":
        return nodes.Transpose(first, span=span)
    if name == "dot":
        return nodes.Product(values, ("@",), span=span)
    if name == "multiply":
        return nodes.Product(values, ("∘",), span=span)
    if name == "outer":
        return nodes.Product((first, nodes.Transpose(values[1])), ("@",), span=span)
    if name == "reciprocal":
        return nodes.Product((ONE, first), ("/",), span=span)
    if name == "negative":
        return nodes.Negative(first, span=span)
    if name == "step" and len(values) == 2:
        above = (nodes.Comparison((first, ZERO), (">",)), ONE)
        return nodes.Choice((above, (nodes.Comparison((first, ZERO), ("=",)), values[1])), ZERO, span=span)
    return nodes.Call(name, values, derivative, span=span)


def binomial(top: Node, bottom: Node, span: Span) -> Node:
    """``n`` over ``k`` for a small number k, as the product n (n-1) … / k!."""
    count = int(bottom.value) if isinstance(bottom, Number) and bottom.value.denominator == 1 else -1
    if not 0 <= count <= 8:
        raise Unreadable("read.binomial", "Below a binomial there must be a small number.", span)
    if count == 0:
        return ONE
    factorial = 1
    factors: list[Node] = []
    for step in range(count):
        factorial *= step + 1
        factors.append(nodes.Sum((top, nodes.Negative(Number(Fraction(step))))) if step else top)
    if count == 1:
        return top
    signs: tuple[Sign, ...] = (*_times(count - 1), "/")
    return nodes.Product((*factors, Number(Fraction(factorial))), signs, span=span)


def _times(count: int) -> tuple[Sign, ...]:
    sign: Sign = "*"
    return (sign,) * count


def cases(branches: list[tuple[Node | None, Node]], span: Span) -> nodes.Choice:
    """The choice that a list of cases states; the last one is what remains when it has no condition."""
    named = tuple((when, chosen) for when, chosen in branches[:-1] if when is not None)
    when, chosen = branches[-1]
    if len(named) < len(branches) - 1 or not (named or when):
        raise Unreadable("read.cases", "Only the last case can be “otherwise”.", span)
    if when is not None and not _complementary([*(condition for condition, _ in named), when]):
        return nodes.Choice((*named, (when, chosen)), nodes.Gap(), span=span)
    if not named:
        raise Unreadable("read.cases", "There is only one case.", span)
    return nodes.Choice(named, chosen, span=span)


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
    _exhaustive([condition for condition, _ in node.branches], node.span)
    return replace(node, branches=node.branches[:-1], otherwise=node.branches[-1][1])


def _exhaustive(conditions: list[Node], span: Span) -> None:
    """Refuses cases that leave a number out: tried at every number that they mention, and beside and between these."""
    used = frozenset(name for condition in conditions for name in names(condition))
    numbers = (one.value for condition in conditions for one in nodes.parts(condition) if isinstance(one, Number))
    marks = sorted({value * sign for value in numbers for sign in (1, -1)})
    between = [(low + high) / 2 for low, high in pairwise(marks)]
    for place in [*marks, *between, *(mark + side for mark in marks for side in (1, -1))]:
        try:
            covered = any(exact.holds(condition, dict.fromkeys(used, place)) for condition in conditions)
        except exact.Undefined:
            return
        if not covered:
            where = f"{next(iter(used), 'z')} = {place}"
            raise Unreadable("read.cases", f"No case covers {where}.", span, hint="End with “otherwise”.")
