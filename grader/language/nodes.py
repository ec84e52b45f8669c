"""What a typed answer means, as small frozen nodes: the one shape that every meaning is built from.

Sums, products and chains are n-ary, so that the depth of a tree is the depth of its brackets and never its length.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction
from typing import Any, Literal, Union, get_args

Span = tuple[int, int]
"""First and one-past-last character, in the text as the student typed it."""

Sign = Literal["", "*", "@", "∘", "/"]
"""How a factor is joined to what stands left of it; "" is juxtaposition."""

Relation = Literal["<", "<=", ">", ">=", "=", "!="]


@dataclass(frozen=True)
class _Spanned:
    span: Span = field(default=(0, 0), compare=False, repr=False, kw_only=True)


@dataclass(frozen=True)
class Number(_Spanned):
    """An exact rational number."""

    value: Fraction


@dataclass(frozen=True)
class Name(_Spanned):
    """A symbol in its canonical spelling: ``n``, ``z1``, ``y'``, ``y'_bar``, ``W1``."""

    name: str


@dataclass(frozen=True)
class Sum(_Spanned):
    """Two or more terms; a subtracted term is a ``Negative``."""

    terms: tuple[Node, ...]


@dataclass(frozen=True)
class Negative(_Spanned):
    operand: Node


@dataclass(frozen=True)
class Product(_Spanned):
    """Factors joined left to right: ``a/b*c`` is factors (a, b, c), signs ("/", "*")."""

    factors: tuple[Node, ...]
    signs: tuple[Sign, ...]


@dataclass(frozen=True)
class Power(_Spanned):
    base: Node
    exponent: Node


@dataclass(frozen=True)
class Transpose(_Spanned):
    operand: Node


@dataclass(frozen=True)
class Call(_Spanned):
    """A function of the closed list, or a derivative of one: ``relu'(z1)`` has derivative 1."""

    function: str
    arguments: tuple[Node, ...]
    derivative: int = 0


@dataclass(frozen=True)
class Array(_Spanned):
    """A vector or matrix that was typed out: entries are numbers, or arrays of one length (rows)."""

    entries: tuple[Node, ...]


@dataclass(frozen=True)
class Comparison(_Spanned):
    """A chain ``a < b <= c``: operands (a, b, c), relations ("<", "<=")."""

    operands: tuple[Node, ...]
    relations: tuple[Relation, ...]


@dataclass(frozen=True)
class Interval(_Spanned):
    low: Node
    high: Node
    low_closed: bool = True
    high_closed: bool = True


@dataclass(frozen=True)
class Set(_Spanned):
    elements: tuple[Node, ...]


@dataclass(frozen=True)
class Member(_Spanned):
    element: Node
    container: Interval | Set


@dataclass(frozen=True)
class And(_Spanned):
    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Or(_Spanned):
    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Not(_Spanned):
    part: Node


@dataclass(frozen=True)
class Truth(_Spanned):
    """``true`` or ``false``; ``always`` and ``never`` read as these."""

    value: bool


@dataclass(frozen=True)
class Indicator(_Spanned):
    """1 where the condition holds, 0 elsewhere."""

    condition: Node


@dataclass(frozen=True)
class Choice(_Spanned):
    """The value of the first branch (condition, value) whose condition holds, else ``otherwise``."""

    branches: tuple[tuple[Node, Node], ...]
    otherwise: Node


@dataclass(frozen=True)
class Order(_Spanned):
    """A growth statement: O, Θ, Ω, o or ω of the argument."""

    kind: Literal["O", "Θ", "Ω", "o", "ω"]
    argument: Node


Node = Union[
    Number, Name, Sum, Negative, Product, Power, Transpose, Call, Array, Comparison,
    Interval, Set, Member, And, Or, Not, Truth, Indicator, Choice, Order,
]  # fmt: skip


_PARTS = {kind: tuple(part.name for part in fields(kind) if part.name != "span") for kind in get_args(Node)}
"""The fields of each kind of node, without its place."""


def children(node: Node) -> list[Node]:
    """The direct parts of a node, left to right."""
    found: list[Node] = []
    for name in _PARTS[type(node)]:
        _gather(getattr(node, name), found)
    return found


def _gather(value: object, found: list[Node]) -> None:
    if isinstance(value, _Spanned):
        found.append(value)  # type: ignore[arg-type]
    elif isinstance(value, tuple):
        for inner in value:
            _gather(inner, found)


def replaced(node: Node, by: Mapping[str, Node]) -> Node:
    """The node with names replaced by other nodes."""
    if isinstance(node, Name):
        return by.get(node.name, node)
    changed: Any = {part.name: _replaced(getattr(node, part.name), by) for part in fields(node)}
    return replace(node, **changed)


def _replaced(value: object, by: Mapping[str, Node]) -> object:
    if isinstance(value, _Spanned):
        return replaced(value, by)  # type: ignore[arg-type]
    if isinstance(value, tuple):
        return tuple(_replaced(inner, by) for inner in value)
    return value


def size(node: Node) -> int:
    """How many nodes a tree has."""
    count = 0
    pending = [node]
    while pending:
        count += 1
        pending.extend(children(pending.pop()))
    return count


def names(node: Node) -> frozenset[str]:
    """Every name that occurs in a node."""
    found: set[str] = set()
    pending = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, Name):
            found.add(current.name)
        pending.extend(children(current))
    return frozenset(found)
