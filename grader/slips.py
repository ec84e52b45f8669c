"""The slips that people make in what they derive: one table, read forwards and backwards.

Forwards the audit makes a mutant: it puts the slip into a right answer. Backwards the feedback recognises one: where
mending the slip makes an answer right, that slip was made, and its message says so. A row is in both directions a
change of one place; a slip that loses something (a term, a factor) has no way back.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from itertools import combinations
from typing import Any, TypeVar

from grader.frozen import frozen
from grader.language import nodes
from grader.language.nodes import Call, Comparison, Name, Negative, Node, Number, Power, Product, Sign, Sum, Transpose

Rule = Callable[[Node], Iterator[Node]]
N = TypeVar("N")
LARGE = 40
"""An answer of more nodes than these is not searched for a slip."""

FLIPPED = "The comparison is the other way round."
PARENTHESES = "Mind the parentheses: a factor in front of them multiplies every term inside."


@frozen
class Slip:
    """One kind of slip.

    ``made`` gives a right node with the slip in it, ``mended`` a node without it; either may be missing. ``message``
    tells a student of it without saying what is right. ``whole``: it happens to an answer, not to a part of one.
    """

    name: str
    made: Rule | None = None
    mended: Rule | None = None
    message: str = ""
    whole: bool = False


def mutants(node: Node, table: Collection[Slip]) -> Iterator[tuple[str, Node]]:
    """A right answer with each slip once in each place, and the slip's name."""
    for slip in table:
        if slip.made is not None:
            yield from ((slip.name, changed) for changed in _changed(node, slip.made, slip.whole))


def recognised(node: Node, table: Collection[Slip], right: Callable[[Node], bool]) -> Slip | None:
    """The first slip of which the mending makes a wrong answer right, where that is no large one."""
    for slip in table if nodes.size(node) <= LARGE else ():
        if slip.mended is not None and any(map(right, _changed(node, slip.mended, slip.whole))):
            return slip
    return None


def _changed(node: Node, rule: Rule, whole: bool) -> Iterator[Node]:
    return rule(node) if whole else nodes.changed_somewhere(node, rule)


def _of(kind: type[N], *changes: Callable[[N], Node]) -> Rule:
    """The rule that changes a node of a kind in each of these ways."""
    return lambda node: (change(node) for change in changes if isinstance(node, kind))


def _amount(*changes: Callable[[Node], Node]) -> Rule:
    """The rule that changes anything but a condition."""
    return lambda node: (change(node) for change in changes if not isinstance(node, Comparison))


def _each(kind: type[N], change: Callable[[N, int], Node]) -> Rule:
    """The rule that changes one term of a sum, or one factor of a product."""
    return lambda node: (change(node, place) for place in range(len(nodes.children(node))) if isinstance(node, kind))


def _swapped(kind: type[N], field: str, table: Mapping[str, str]) -> Rule:
    """The rule that puts another sign, or relation, in one place of a field."""

    def swapped(node: Node) -> Iterator[Node]:
        signs: tuple[str, ...] = getattr(node, field) if isinstance(node, kind) else ()
        for place, sign in enumerate(signs):
            if sign in table:
                changed: Any = {field: (*signs[:place], table[sign], *signs[place + 1 :])}
                yield replace(node, **changed)

    return swapped


def formula(symbols: tuple[str, ...]) -> tuple[Slip, ...]:
    """The slips in a formula in these symbols."""
    return (
        Slip("a sign", negated, negated, "The sign is the other way round: look at what is subtracted from what.",
             whole=True),
        *(_exchanged_names(one, two) for one, two in combinations(symbols, 2)),
        Slip("the reach of a power", raised_wider, raised_wider,
             "Mind what the power belongs to: 3x^2 means 3·x^2, and (3x)^2 means 9·x^2."),
        Slip("lost parentheses", without_parentheses, with_parentheses, PARENTHESES),
        Slip("the reach of an exponent", long_exponent, short_exponent,
             "Mind how far the exponent reaches: x^5 + 4x is not x^(5 + 4x)."),
        Slip("base for exponent", base_for_exponent, base_for_exponent,
             "Base and exponent are exchanged: 2^x is not x^2."),
        Slip("added for multiplied", None, multiplied, "Something is added here that should be multiplied."),
        Slip("a sign", term_negated, term_negated, "The sign of one of the terms is the other way round."),
        Slip("a coefficient", doubled, whole=True),
        Slip("a bias off by one", off_by_one, whole=True),
        *_anywhere(symbols),
        Slip("an exponent", squared),
    )  # fmt: skip


def condition(symbols: tuple[str, ...]) -> tuple[Slip, ...]:
    """The slips in a condition on these symbols."""
    flipped = _swapped(Comparison, "relations", {"<": ">", ">": "<", "<=": ">=", ">=": "<="})
    bordering = _swapped(Comparison, "relations", {"<": "<=", ">": ">=", "<=": "<", ">=": ">"})
    opposite = _swapped(Comparison, "relations", {"=": "!=", "!=": "="})
    return (
        Slip("a flipped inequality", flipped, flipped, FLIPPED),
        Slip("a flipped inequality", bordering, bordering,
             "Only the border is off: look at the case where both sides are equal."),
        Slip("a flipped inequality", opposite),
        *_anywhere(symbols),
        Slip("a sign", term_negated),
        Slip("an exponent", squared),
    )  # fmt: skip


def equation(names: Collection[str]) -> tuple[Slip, ...]:
    """The slips in a backward equation with these names."""
    return (
        Slip("a sign", negated, whole=True),
        Slip("a coefficient", doubled, whole=True),
        *_anywhere(names),
        Slip("a sign", term_negated),
        Slip("a transpose", transposed),
        Slip("another product", joined_otherwise),
        Slip("a function for its derivative", underived),
    )


def activation() -> tuple[Slip, ...]:
    """The slips in an activation."""
    return tuple(slip for slip in (*condition(()), *formula(())) if slip.made is not None)


def _anywhere(names: Collection[str]) -> tuple[Slip, ...]:
    """What may happen to any number, name, sum, product or power."""
    return (
        Slip("a coefficient", one_more),
        Slip("another name", _renamed(names)),
        Slip("a dropped term", without_a_term),
        Slip("a dropped factor", without_a_factor),
        Slip("an exponent", other_exponent),
    )


def term_turned(node: Sum, place: int) -> Node:
    """A sum with the sign of one of its terms the other way round."""
    return replace(node, terms=(*node.terms[:place], nodes.negated(node.terms[place]), *node.terms[place + 1 :]))


def without_term(node: Sum, place: int) -> Node:
    """A sum without the term at a place."""
    return nodes.added((*node.terms[:place], *node.terms[place + 1 :]))


def without_factor(node: Product, place: int) -> Node:
    """A product without the factor at a place; a missing dividend leaves 1."""
    factors = (*node.factors[:place], *node.factors[place + 1 :])
    if place == 0 and node.signs[0] == "/":
        return Product((nodes.ONE, *factors), node.signs)
    if len(factors) == 1:
        return factors[0]
    return Product(factors, node.signs[1:] if place == 0 else (*node.signs[: place - 1], *node.signs[place:]))


def raised_wider(node: Node) -> Iterator[Node]:
    """(3x)^2 for 3x^2, and the reverse."""
    if isinstance(node, Power) and isinstance(node.base, Product):
        base = node.base
        yield Product((*base.factors[:-1], Power(base.factors[-1], node.exponent)), base.signs)
    if isinstance(node, Product) and isinstance(last := node.factors[-1], Power):
        yield Power(Product((*node.factors[:-1], last.base), node.signs), last.exponent)


def without_parentheses(node: Node) -> Iterator[Node]:
    """n + 1(m - n) for (n + 1)(m - n), and 2n + 1 for 2(n + 1)."""
    if not isinstance(node, Product) or "/" in node.signs:
        return
    first, last = node.factors[0], node.factors[-1]
    if isinstance(first, Sum):
        yield Sum((*first.terms[:-1], Product((first.terms[-1], *node.factors[1:]), node.signs)))
    if isinstance(last, Sum):
        yield Sum((Product((*node.factors[:-1], last.terms[0]), node.signs), *last.terms[1:]))


def with_parentheses(node: Node) -> Iterator[Node]:
    """(n + 1)(m - n) for n + 1(m - n), and 2(n + 1) for 2n + 1."""
    if not isinstance(node, Sum):
        return
    first, last = node.terms[0], node.terms[-1]
    if isinstance(last, Product):
        yield Product((Sum((*node.terms[:-1], last.factors[0])), *last.factors[1:]), last.signs)
    if isinstance(first, Product):
        for count in range(1, len(first.factors)):
            whole = len(first.factors) > count + 1
            tail = Product(first.factors[count:], first.signs[count:]) if whole else first.factors[count]
            signs: list[Sign] = [*first.signs[: count - 1], "*"]
            yield Product((*first.factors[:count], Sum((tail, *node.terms[1:]))), tuple(signs))


def long_exponent(node: Node) -> Iterator[Node]:
    """x^(5 + 4x) for x^5 + 4x."""
    if isinstance(node, Sum) and isinstance(first := node.terms[0], Power):
        yield Power(first.base, Sum((first.exponent, *node.terms[1:])))


def short_exponent(node: Node) -> Iterator[Node]:
    """x^5 + 4x for x^(5 + 4x)."""
    if isinstance(node, Power) and isinstance(node.exponent, Sum):
        yield Sum((Power(node.base, node.exponent.terms[0]), *node.exponent.terms[1:]))


def multiplied(node: Node) -> Iterator[Node]:
    """A product of what is added."""
    if isinstance(node, Sum) and not any(isinstance(term, (Negative, Number)) for term in node.terms):
        signs: list[Sign] = ["*" for _ in node.terms[1:]]
        yield Product(node.terms, tuple(signs))


negated = _amount(nodes.negated)
doubled = _amount(lambda node: Product((nodes.TWO, node), ("*",)))
off_by_one = _amount(lambda node: Sum((node, nodes.ONE)), lambda node: Sum((node, Negative(nodes.ONE))))
one_more = _of(Number, lambda number: Number(number.value + 1))
squared = _of(Name, lambda name: Power(name, nodes.TWO))
other_exponent = _of(Power, lambda power: power.base, lambda power: Power(power.base, Sum((power.exponent, nodes.ONE))))
base_for_exponent = _of(Power, lambda power: Power(power.exponent, power.base))
term_negated = _each(Sum, term_turned)
without_a_term = _each(Sum, without_term)
without_a_factor = _each(Product, without_factor)
joined_otherwise = _swapped(Product, "signs", {"": "∘", "@": "∘", "*": "/", "∘": "@", "/": "*"})


def underived(node: Node) -> Iterator[Node]:
    """A function for its derivative."""
    if isinstance(node, Call) and node.derivative:
        yield replace(node, derivative=0)


def transposed(node: Node) -> Iterator[Node]:
    """A name with a transpose on it, and a transpose left out."""
    if isinstance(node, (Name, Transpose)):
        yield Transpose(node) if isinstance(node, Name) else node.operand


def _exchanged_names(one: str, two: str) -> Slip:
    def exchanged(node: Node) -> Iterator[Node]:
        if {one, two} & nodes.names(node):
            yield nodes.replaced(node, {one: Name(two), two: Name(one)})

    message = f"It looks as if {one} and {two} were exchanged."
    return Slip("exchanged names", exchanged, exchanged, message, whole=True)


def _renamed(names: Collection[str]) -> Rule:
    def renamed(node: Node) -> Iterator[Node]:
        if isinstance(node, Name):
            yield from (Name(other) for other in names if other != node.name and _alike(other, node.name))

    return renamed


def _alike(one: str, other: str) -> bool:
    """Whether somebody may write one name for the other: both upstreams, or both of one letter and a number."""
    upstream = one.endswith("_bar")
    return upstream == other.endswith("_bar") and (upstream or one[:1] == other[:1] or len(one) == len(other) == 1)
