"""What the rules of the grammar hand to one another: nodes, groups, factors side by side, rows of entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Union, cast

from lark import Token

from grader.language import nodes
from grader.language.nodes import Name, Node, Number, Sign, Span, children
from grader.language.unreadable import Unreadable

CONDITIONS = (nodes.Comparison, nodes.Member, nodes.And, nodes.Or, nodes.Not, nodes.Truth)


@dataclass(frozen=True)
class Group:
    """An expression in brackets (or a fraction, which needs none): it binds as one thing."""

    node: Node
    span: Span
    kind: str = "("


@dataclass(frozen=True)
class Adjacent:
    """Factors side by side, not yet a product: what stands left of them decides how they nest."""

    items: tuple[Part, ...]
    span: Span


@dataclass(frozen=True)
class Body:
    """What stands between brackets: rows of entries, and whether a comma or row sign was there at all."""

    rows: tuple[tuple[Part, ...], ...]
    span: Span
    listed: bool


Part = Union[Node, Group, Adjacent]
Children = list[Any]


def span(children: Sequence[Any]) -> Span:
    """From the first to the last of the children."""
    places = [place(child) if isinstance(child, Token) else cast(Span, child.span) for child in children]
    return (places[0][0], max(end for _, end in places))


def place(token: Token) -> Span:
    """Where a token stands in the text as typed."""
    return (token.start_pos or 0, token.end_pos or 0)


def _beside(count: int) -> tuple[Sign, ...]:
    sign: Sign = ""
    return (sign,) * (count - 1)


def node(part: Part) -> Node:
    """The plain node of a part."""
    if isinstance(part, Group):
        return replace(part.node, span=part.span)
    if isinstance(part, Adjacent):
        return nodes.Product(tuple(value(item) for item in part.items), _beside(len(part.items)), span=part.span)
    return part


def value(part: Part, in_brackets: bool = False) -> Node:
    """The part as a number; a condition in brackets counts as its indicator."""
    plain = node(part)
    if isinstance(plain, CONDITIONS):
        if in_brackets or isinstance(part, Group):
            return nodes.Indicator(plain, span=plain.span)
        raise Unreadable(
            "read.condition-for-number",
            "A condition stands here, where a number is meant.",
            plain.span,
            hint="Put it into I(…), which is 1 where the condition holds.",
        )
    return plain


def condition(part: Part) -> Node:
    """The part as a condition."""
    plain = node(part)
    if isinstance(plain, nodes.Indicator):
        return plain.condition
    if not isinstance(plain, CONDITIONS):
        raise Unreadable(
            "read.number-for-condition",
            "A number or formula stands here, where a condition is meant.",
            plain.span,
            hint="A condition compares two things: n > 7, z >= 1.",
        )
    return plain


def array(body: Body) -> nodes.Array:
    """The entries as typed: one row is a flat list; rows that are lists themselves stay as they are."""
    if len(body.rows) == 1:
        return nodes.Array(tuple(value(entry) for entry in body.rows[0]), span=body.span)
    rows = tuple(nodes.Array(tuple(map(value, row)), span=body.span) for row in body.rows)
    alone = (row.entries[0] if len(row.entries) == 1 else row for row in rows)
    rows = tuple(only if isinstance(only, nodes.Array) else row for only, row in zip(alone, rows))
    return nodes.Array(rows, span=body.span)


def arguments(body: Body) -> tuple[Part, ...]:
    """The entries of a call or set, in order."""
    return tuple(entry for row in body.rows for entry in row)


def side_by_side(left: Part, right: Part) -> None:
    """Refuses what no one means as a product: ``3 6``, ``n2``, ``2½``."""
    where = (span([left])[0], span([right])[1])
    first_number = isinstance(left, Number) or (isinstance(left, Group) and left.kind == "vulgar")
    mixed = isinstance(right, Group) and right.kind in ("vulgar", "fraction") and not _has_names(right.node)
    if first_number and (isinstance(right, Number) or mixed):
        raise Unreadable(
            "read.adjacent-numbers",
            "Two numbers stand side by side.",
            where,
            expected="an operator between them, such as * or +",
        )
    bare = isinstance(left, (Name, nodes.Power, Number)) or (
        isinstance(left, nodes.Call) and left.function in ("factorial", "ones")
    )
    glued = isinstance(right, nodes.Power) and isinstance(right.base, Number) and span([left])[1] == span([right])[0]
    if bare and (isinstance(right, Number) or glued):
        raise Unreadable(
            "read.number-after-name",
            "A number stands directly after a name or a power.",
            where,
            hint="For a power write n^5, for a product 4n, for a sum put a + between them.",
        )


def _has_names(node: Node) -> bool:
    return not isinstance(node, nodes.Product) or any(not isinstance(factor, Number) for factor in node.factors)


def extend(
    parts: list[tuple[Sign, Node]], sign: Sign, operand: Part, times: Token | None, negative: bool = False
) -> None:
    """Appends one more factor, nested or split as its sign asks for."""
    if sign == "/" and isinstance(operand, Adjacent) and times is not None:
        first, *others = operand.items
        _left_to_right(parts[-1][1], times, first, others[0], operand.span)
        parts.append(("/", _negated(value(first), negative)))
        parts.extend(("*", value(other)) for other in others)
        return
    if sign == "" and isinstance(operand, Adjacent):
        parts.extend(("", value(item)) for item in operand.items)
        return
    plain = _negated(value(operand), negative)
    summed = plain.body.factors if isinstance(plain, nodes.Total) and isinstance(plain.body, nodes.Product) else ()
    if sign == "/" and isinstance(plain, nodes.Total) and any(Name(plain.index) not in _indices(one) for one in summed):
        raise Unreadable(
            "read.ambiguous-fraction",
            "It is not clear how far the sum reaches that this fraction divides by.",
            plain.span,
            hint="Put brackets around the sum.",
        )
    if cast(str, sign) == "⊗":
        sign, plain = "@", nodes.Transpose(plain, span=plain.span)
    if sign == "@" and parts[-1][0] in ("*", "∘"):
        # A matrix product binds more tightly than an elementwise one: v * A.T @ u is v ∘ (A^T u).
        before, left = parts.pop()
        if isinstance(left, nodes.Product) and left.signs[-1:] == ("@",) and left.span != (0, 0):
            left = nodes.Product((*left.factors, plain), (*left.signs, "@"), span=left.span)
        else:
            left = nodes.Product((left, plain), ("@",), span=left.span)
        parts.append((before, left))
        return
    parts.append((sign, plain))


def _indices(node: Node) -> list[Node]:
    """Every index of an entry inside a node."""
    below = [one for part in children(node) for one in _indices(part)]
    return [*node.indices, *below] if isinstance(node, nodes.Entry) else below


def _negated(plain: Node, negative: bool) -> Node:
    return nodes.Negative(plain, span=plain.span) if negative else plain


def _left_to_right(numerator: Node, times: Token, first: Part, second: Part, whole: Span) -> None:
    """``a/b c`` is read from the left only where the writing shows it: ``1/2 n``, ``n/2 (n-1)``, ``n/(2)(n-1)``."""
    _, end = span([first])
    spaced = span([second])[0] > end
    tight = times.end_pos == span([first])[0] and times.start_pos == numerator.span[1]
    numbers = isinstance(numerator, Number) and isinstance(first, Number)
    if isinstance(first, Group) or (spaced and tight) or (numbers and (spaced or isinstance(second, Group))):
        return
    raise Unreadable(
        "read.ambiguous-fraction",
        "It is not clear what this fraction divides by: a/bc can mean (a/b)*c or a/(b*c).",
        (place(times)[0], whole[1]),
        hint="Put brackets around what you divide by, or around the fraction.",
    )
