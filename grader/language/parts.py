"""What the rules of the grammar hand to one another: nodes, groups, factors side by side, rows of entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Union, cast

from lark import Token

from grader.language.nodes import (
    And,
    Array,
    Comparison,
    Indicator,
    Member,
    Node,
    Not,
    Or,
    Product,
    Sign,
    Span,
    Truth,
)
from grader.language.unreadable import Unreadable

CONDITIONS = (Comparison, Member, And, Or, Not, Truth)


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
        return Product(tuple(value(item) for item in part.items), _beside(len(part.items)), span=part.span)
    return part


def value(part: Part) -> Node:
    """The part as a number; a condition in brackets counts as its indicator."""
    plain = node(part)
    if isinstance(plain, CONDITIONS):
        if isinstance(part, Group):
            return Indicator(plain, span=plain.span)
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
    if isinstance(plain, Indicator):
        return plain.condition
    if not isinstance(plain, CONDITIONS):
        raise Unreadable(
            "read.number-for-condition",
            "A number or formula stands here, where a condition is meant.",
            plain.span,
            hint="A condition compares two things: n > 7, z >= 1.",
        )
    return plain


def array(body: Body) -> Array:
    """The entries as typed: one row is a flat list; rows that are lists themselves stay as they are."""
    if len(body.rows) == 1:
        return Array(tuple(value(entry) for entry in body.rows[0]), span=body.span)
    lines = [tuple(value(entry) for entry in row) for row in body.rows]
    rows = tuple(
        line[0] if len(line) == 1 and isinstance(line[0], Array) else Array(line, span=body.span) for line in lines
    )
    return Array(rows, span=body.span)


def arguments(body: Body) -> tuple[Part, ...]:
    """The entries of a call or set, in order."""
    return tuple(entry for row in body.rows for entry in row)
