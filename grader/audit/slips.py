"""Small slips in a formula, a condition or an equation: each changes one node, and says what kind of slip it is."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import fields, replace
from fractions import Fraction
from typing import Any

from grader.language.nodes import (
    Call,
    Comparison,
    Name,
    Negative,
    Node,
    Number,
    Power,
    Product,
    Relation,
    Sign,
    Sum,
    Transpose,
)  # fmt: skip

Slip = tuple[str, Node]

_TWO = Number(Fraction(2))
_FLIPPED: dict[Relation, tuple[Relation, ...]] = {
    "<": (">", "<="), "<=": (">=", "<"), ">": ("<", ">="), ">=": ("<=", ">"), "=": ("!=",), "!=": ("=",),
}  # fmt: skip
_OTHER_JOIN: dict[Sign, tuple[Sign, ...]] = {"": ("∘",), "@": ("∘",), "*": ("/",), "∘": ("@",), "/": ("*",)}


def of(node: Node, names: Collection[str], arrays: bool) -> Iterator[Slip]:
    """Each slip once in each place. ``names`` may be mistaken for one another; ``arrays`` have transposes."""
    if not isinstance(node, Comparison):
        yield "a sign", node.operand if isinstance(node, Negative) else Negative(node)
        yield "a coefficient", Product((_TWO, node), ("*",))
        if not arrays:
            yield "a bias off by one", Sum((node, Number(Fraction(1))))
            yield "a bias off by one", Sum((node, Negative(Number(Fraction(1)))))
    yield from _inside(node, names, arrays)


def _inside(node: Node, names: Collection[str], arrays: bool) -> Iterator[Slip]:
    yield from _here(node, names, arrays)
    for part in fields(node):
        held = getattr(node, part.name)
        if _is_node(held):
            for slip, other in _inside(held, names, arrays):
                yield slip, _replaced(node, part.name, other)
        elif isinstance(held, tuple):
            for index, inner in enumerate(held):
                if _is_node(inner):
                    for slip, other in _inside(inner, names, arrays):
                        yield slip, _replaced(node, part.name, (*held[:index], other, *held[index + 1 :]))


def _is_node(held: Any) -> bool:
    return hasattr(held, "span")


def _replaced(node: Node, name: str, held: Any) -> Node:
    return replace(node, **{name: held})


def _here(node: Node, names: Collection[str], arrays: bool) -> Iterator[Slip]:
    if isinstance(node, Number):
        yield "a coefficient", Number(node.value + 1)
    elif isinstance(node, Name):
        yield from (("another name", Name(other)) for other in names if other != node.name and _alike(other, node.name))
        if arrays:
            yield "a transpose", Transpose(node)
        else:
            yield "an exponent", Power(node, _TWO)
    elif isinstance(node, Sum):
        for index, term in enumerate(node.terms):
            rest = (*node.terms[:index], *node.terms[index + 1 :])
            yield "a dropped term", rest[0] if len(rest) == 1 else Sum(rest)
            flipped = term.operand if isinstance(term, Negative) else Negative(term)
            yield "a sign", Sum((*node.terms[:index], flipped, *node.terms[index + 1 :]))
    elif isinstance(node, Product):
        yield from _product(node, arrays)
    elif isinstance(node, Power):
        yield "an exponent", node.base
        yield "an exponent", Power(node.base, Sum((node.exponent, Number(Fraction(1)))))
    elif isinstance(node, Transpose):
        yield "a transpose", node.operand
    elif isinstance(node, Call) and node.derivative:
        yield "a function for its derivative", replace(node, derivative=0)
    elif isinstance(node, Comparison):
        for index, relation in enumerate(node.relations):
            for other in _FLIPPED[relation]:
                relations = (*node.relations[:index], other, *node.relations[index + 1 :])
                yield "a flipped inequality", replace(node, relations=relations)


def _product(node: Product, arrays: bool) -> Iterator[Slip]:
    # A first sign, where there is one for every factor, says nothing about the product.
    before = len(node.signs) - (len(node.factors) - 1)
    for index in range(len(node.factors)):
        factors = (*node.factors[:index], *node.factors[index + 1 :])
        joins = node.signs[before:]
        kept = joins[1:] if index == 0 else (*joins[: index - 1], *joins[index:])
        if index == 0 and joins and joins[0] == "/":
            yield "a dropped factor", Product((Number(Fraction(1)), *factors), joins)
        else:
            yield "a dropped factor", factors[0] if len(factors) == 1 else Product(factors, kept)
    if arrays:
        for index in range(before, len(node.signs)):
            for other in _OTHER_JOIN[node.signs[index]]:
                yield "another product", replace(node, signs=(*node.signs[:index], other, *node.signs[index + 1 :]))


def _alike(one: str, other: str) -> bool:
    """Whether somebody may write one name for the other: both upstreams, or both of one letter and a number."""
    upstream = one.endswith("_bar")
    return upstream == other.endswith("_bar") and (upstream or one[:1] == other[:1] or len(one) == len(other) == 1)
