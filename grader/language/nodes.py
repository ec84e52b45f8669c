"""What a typed answer means, as small frozen nodes: the one shape that every meaning is built from.

Sums, products and chains are n-ary, so that the depth of a tree is the depth of its brackets and never its length.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, fields, replace
from fractions import Fraction
from itertools import chain
from typing import Any, ClassVar, Generic, Literal, TypeVar, Union, get_args

from typing_extensions import dataclass_transform

from grader.frozen import frozen

Span = tuple[int, int]
"""First and one-past-last character, in the text as the student typed it."""
NOWHERE: Span = (0, 0)

Sign = Literal["", "*", "@", "∘", "/"]
"""How a factor is joined to what stands left of it; "" is juxtaposition."""

Relation = Literal["<", "<=", ">", ">=", "=", "!="]


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
@frozen
class Spanned:
    """Something that stands at a place of the text as typed. What inherits from it is a frozen dataclass."""

    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)

    def __init_subclass__(cls) -> None:
        frozen(cls)


class Number(Spanned):
    """An exact rational number."""

    value: Fraction


class Name(Spanned):
    """A symbol in its canonical spelling: ``n``, ``z1``, ``y'``, ``y'_bar``, ``W1``."""

    name: str


class Sum(Spanned):
    """Two or more terms; a subtracted term is a ``Negative``."""

    terms: tuple[Node, ...]


class Negative(Spanned):
    operand: Node


class Product(Spanned):
    """Factors joined left to right: ``a/b*c`` is factors (a, b, c), signs ("/", "*")."""

    factors: tuple[Node, ...]
    signs: tuple[Sign, ...]


class Power(Spanned):
    base: Node
    exponent: Node


class Transpose(Spanned):
    operand: Node


class Call(Spanned):
    """A function of the closed list, or a derivative of one: ``relu'(z1)`` has derivative 1."""

    function: str
    arguments: tuple[Node, ...]
    derivative: int = 0


class Array(Spanned):
    """A vector or matrix that was typed out: entries are numbers, or arrays of one length (rows)."""

    entries: tuple[Node, ...]


class Comparison(Spanned):
    """A chain ``a < b <= c``: operands (a, b, c), relations ("<", "<=")."""

    operands: tuple[Node, ...]
    relations: tuple[Relation, ...]


class Interval(Spanned):
    low: Node
    high: Node
    low_closed: bool = True
    high_closed: bool = True


class Set(Spanned):
    elements: tuple[Node, ...]


class Member(Spanned):
    element: Node
    container: Interval | Set


class And(Spanned):
    parts: tuple[Node, ...]


class Or(Spanned):
    parts: tuple[Node, ...]


class Not(Spanned):
    part: Node


class Truth(Spanned):
    """``true`` or ``false``; ``always`` and ``never`` read as these."""

    value: bool


class Indicator(Spanned):
    """1 where the condition holds, 0 elsewhere."""

    condition: Node


class Choice(Spanned):
    """The value of the first branch (condition, value) whose condition holds, else ``otherwise``."""

    branches: tuple[tuple[Node, Node], ...]
    otherwise: Node


class Order(Spanned):
    """A growth statement: O, Θ, Ω, o or ω of the argument."""

    kind: Literal["O", "Θ", "Ω", "o", "ω"]
    argument: Node


class Gap(Spanned):
    """What the cases of a ``Choice`` leave out: no value is stated there."""


class Entry(Spanned):
    """One entry of an array: ``y'_k``, ``W1_ij``, ``(∂y'/∂y)_ij``.

    An index is the name that an ``Entries`` or a ``Total`` around it binds, a class label, or a whole number from 1.
    """

    array: Node
    indices: tuple[Node, ...]


class Entries(Spanned):
    """The vector or matrix whose entry at the indices is ``body``; each index runs along one axis, from 1."""

    indices: tuple[str, ...]
    body: Node


class Total(Spanned):
    """``Σ_j body``: the sum of ``body`` over every value of the index that it binds.

    The index runs along the axis that it stands at in the body; a condition below the sign is an ``Indicator`` factor.
    """

    index: str
    body: Node


class Derivative(Spanned):
    """``∂of/∂by`` of two variables, the Jacobian: its entry (i, j) is ∂of_i/∂by_j."""

    of: Name
    by: Name


class Function(Spanned):
    """A function of the student's own: ``s(u) = 1/(1 + e^(-u))``. Only a definition is one; a ``Call`` names it."""

    parameters: tuple[str, ...]
    body: Node


Node = Union[
    Number, Name, Sum, Negative, Product, Power, Transpose, Call, Array, Comparison,
    Interval, Set, Member, And, Or, Not, Truth, Indicator, Choice, Order,
    Gap, Entry, Entries, Total, Derivative, Function,
]  # fmt: skip


ZERO, ONE, TWO = (Number(Fraction(value)) for value in range(3))

_PARTS = {
    kind: tuple(part.name for part in fields(kind) if re.search(r"\b(Node|Name|Interval)\b", str(part.type)))
    for kind in get_args(Node)
}
"""The fields of each kind of node that hold nodes, or tuples of these."""


def children(node: Node) -> list[Node]:
    """The direct parts of a node, left to right."""
    if isinstance(node, Choice):
        return [*chain.from_iterable(node.branches), node.otherwise]
    found: list[Node] = []
    for name in _PARTS[type(node)]:
        value = getattr(node, name)
        found += value if isinstance(value, tuple) else (value,)
    return found


def replaced(node: Node, by: Mapping[str, Node]) -> Node:
    """The node with names replaced by other nodes."""
    return changed_everywhere(node, lambda one: by.get(one.name, one) if isinstance(one, Name) else one)


T = TypeVar("T")


class Meaning(Generic[T]):
    """One meaning of nodes. A subclass has a method for each kind of node that it gives a meaning to.

    The method is called as its kind, in lower case with an underscore (``number_``, ``sum_``), takes the node, and asks
    ``self.of`` for the meaning of its parts. Every other kind goes to ``other``.
    """

    _methods: ClassVar[Mapping[type, Callable[[Any, Any], Any]]]

    def __init_subclass__(cls) -> None:
        cls._methods = {kind: getattr(cls, name, cls.other) for kind, name in _METHODS.items()}

    def of(self, node: Node) -> T:
        """The meaning of a node."""
        found: T = self._methods[type(node)](self, node)
        return found

    def other(self, node: Node) -> T:
        """A node of a kind that has no meaning here.

        Raises:
            NotImplementedError: unless a subclass says otherwise.
        """
        raise NotImplementedError(f"{type(self).__name__} gives {type(node).__name__} no meaning")


_METHODS = {kind: f"{kind.__name__.lower()}_" for kind in get_args(Node)}


def _with_children(node: Node, new: Iterable[Node]) -> Node:
    """The node with other direct parts, given left to right."""
    rest = iter(new)
    filled: Any = {name: _refilled(getattr(node, name), rest) for name in _PARTS[type(node)]}
    return replace(node, **filled)


def _refilled(value: object, new: Iterator[Node]) -> object:
    return tuple(_refilled(inner, new) for inner in value) if isinstance(value, tuple) else next(new)


def changed_everywhere(node: Node, rule: Callable[[Node], Node]) -> Node:
    """The node with ``rule`` applied at every place, to the parts before the whole."""
    old = children(node)
    new = [changed_everywhere(part, rule) for part in old]
    return rule(node if all(map(operator.is_, old, new)) else _with_children(node, new))


def changed_somewhere(node: Node, rule: Callable[[Node], Iterator[Node]]) -> Iterator[Node]:
    """The node with ``rule`` applied at one place: every result of the rule, at every place.

    The two names of a ``Derivative`` are no places: nothing but a name can stand there.
    """
    yield from rule(node)
    own = [] if isinstance(node, Derivative) else children(node)
    for place, part in enumerate(own):
        for changed in changed_somewhere(part, rule):
            yield _with_children(node, [*own[:place], changed, *own[place + 1 :]])


def negated(node: Node) -> Node:
    """The node with a minus sign before it, or without the one that it has."""
    return node.operand if isinstance(node, Negative) else Negative(node)


def added(terms: Iterable[Node]) -> Node:
    """The sum of some terms: 0 of none, and of one the term itself."""
    whole = tuple(terms)
    return Sum(whole) if len(whole) > 1 else whole[0] if whole else ZERO


def parts(node: Node) -> Iterator[Node]:
    """The node and every part of it, however deep."""
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(children(current))


def size(node: Node) -> int:
    """How many nodes a tree has."""
    return sum(1 for _ in parts(node))


def names(node: Node) -> frozenset[str]:
    """Every name that occurs in a node."""
    return frozenset(part.name for part in parts(node) if isinstance(part, Name))
