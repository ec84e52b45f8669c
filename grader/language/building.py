"""What each rule of the grammar means: callbacks that LALR runs during the parse, from tokens to nodes.

The rules hand one another nodes, groups, factors side by side, and rows of entries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any, Union, cast

from lark import Token, Transformer

from grader.language import calls, nodes
from grader.language.nodes import Name, Node, Number, Relation, Sign, Span, children
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
            "read.number-for-condition", "A number or formula stands here, where a condition is meant.", plain.span
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
        raise Unreadable("read.number-after-name", "A number stands directly after a name or a power.", where)


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
    )


INFINITY = nodes.Call("inf", ())
_RELATIONS: dict[str, Relation] = {"<": "<", "≤": "<=", ">": ">", "≥": ">=", "=": "=", "≠": "!="}


class Builder(Transformer[Token, Any]):
    """The callbacks, named as the rules and aliases of the grammar."""

    def single(self, children: Children) -> Node:
        return node(children[0])

    def several(self, children: Children) -> Body:
        return cast(Body, children[0])

    # Leaves

    def number(self, children: Children) -> Node:
        (token,) = children
        return Number(Fraction(str(token)), span=span(children))

    def name(self, children: Children) -> Node:
        return Name(str(children[0]), span=span(children))

    def constant(self, children: Children) -> Node:
        word = str(children[0])
        if word in ("true", "false"):
            return nodes.Truth(word == "true", span=span(children))
        return nodes.Call(word, (), span=span(children))

    def derivative(self, children: Children) -> Node:
        of, by = str(children[0]).split("|")
        return nodes.Derivative(Name(of), Name(by), span=span(children))

    def dots(self, children: Children) -> Node:
        return nodes.Gap(span=span(children))

    # Indices

    def entry(self, children: Children) -> Node:
        array = children[0]
        indices = tuple(_index(one, place(children[1])) for one in str(children[1]).split(","))
        if isinstance(array, nodes.Entry):
            return nodes.Entry(array.array, (*array.indices, *indices), span=span(children))
        return nodes.Entry(value(array), indices, span=span(children))

    def total(self, children: Children) -> Node:
        index, *rest = children
        given: list[Node] = []
        if isinstance(rest[0], Token) and rest[0].type == "GIVEN":
            given = [nodes.Indicator(condition(rest[1]), span=span(rest[:3]))]
            rest = rest[3:]
        negative = isinstance(rest[0], Token) and rest.pop(0) == "-"
        body = self.factors(rest) if len(rest) > 1 else value(rest[0])
        if given:
            beside = body.factors if isinstance(body, nodes.Product) else (body,)
            signs = body.signs if isinstance(body, nodes.Product) else ()
            body = nodes.Product((*given, *beside), ("*", *signs), span=body.span)
        if negative:
            body = nodes.Negative(body, span=body.span)
        for one in reversed(str(index).split("|")[0].split(",")):
            body = nodes.Total(one, body, span=(place(index)[0], body.span[1]))
        return body

    # Brackets

    def body(self, children: Children) -> Body:
        rows = [child for child in children if isinstance(child, Body)]
        listed = len(rows) > 1 or any(row.listed for row in rows) or len(rows) < len(children)
        return Body(tuple(entry for row in rows for entry in row.rows), span(children), listed)

    def row(self, children: Children) -> Body:
        entries = tuple(child for child in children if not isinstance(child, Token))
        return Body((entries,), span(children), len(entries) < len(children))

    def bracket(self, children: Children) -> Part:
        opening, body, _ = children
        if not body.listed:
            inner = body.rows[0][0]
            if isinstance(inner, Group) and inner.kind == "matrix":
                return Group(inner.node, span(children), "matrix")
            return Group(node(inner), span(children), str(opening))
        return Group(array(body), span(children), str(opening))

    def listing(self, children: Children) -> Part:
        _, body, _ = children
        if not body.listed and isinstance(body.rows[0][0], Group) and body.rows[0][0].kind == "matrix":
            return Group(body.rows[0][0].node, span(children), "matrix")
        return Group(array(body), span(children), "[")

    def matrix(self, children: Children) -> Part:
        _, body, _ = children
        rows = tuple(nodes.Array(tuple(value(entry) for entry in row), span=body.span) for row in body.rows)
        return Group(nodes.Array(rows), span(children), "matrix")

    def absolute(self, children: Children) -> Node:
        function = {"⌊": "floor", "⌈": "ceil"}.get(str(children[0]), "abs")
        return nodes.Call(function, (value(children[1]),), span=span(children))

    def fraction(self, children: Children) -> Part:
        kind = "vulgar" if children[0] == "\\vulgar" else "fraction"
        above, below = value(children[2]), value(children[5])
        if str(children[0]).endswith("binom"):
            return Group(calls.binomial(above, below, span(children)), span(children))
        if isinstance(above, nodes.Product):
            return Group(nodes.Product((*above.factors, below), (*above.signs, "/")), span(children), kind)
        return Group(nodes.Product((above, below), ("/",)), span(children), kind)

    def root(self, children: Children) -> Node:
        index = value(children[2]) if len(children) > 4 else Number(Fraction(2))
        operand = value(children[-2])
        if index == Number(Fraction(2)):
            return nodes.Call("sqrt", (operand,), span=span(children))
        return nodes.Power(operand, nodes.Product((Number(Fraction(1)), index), ("/",)), span=span(children))

    # Calls

    def call(self, children: Children) -> Part:
        function, _, body, _ = children
        return _called(str(function), arguments(body), span(children))

    def call_bare(self, children: Children) -> Part:
        if isinstance(children[1], Adjacent) and str(children[0]) in ("sqrt", "cbrt"):
            raise Unreadable("read.root", "It is not clear how far this root reaches.", span(children))
        return _called(str(children[0]), (children[1],), span(children))

    def call_bare_power(self, children: Children) -> Node:
        called = _called(str(children[0]), (children[3],), span(children))
        return nodes.Power(called, value(children[2]), span=span(children))

    def call_power(self, children: Children) -> Node:
        called = _called(str(children[0]), arguments(children[4]), span(children))
        return nodes.Power(called, value(children[2]), span=span(children))

    def bare(self, children: Children) -> Part:
        return cast(Part, children[0]) if len(children) == 1 else self.adjacent(children)

    # Powers, products, sums

    def power(self, children: Children) -> Node:
        base, exponent = value(children[0]), value(children[2])
        if isinstance(base, nodes.Call) and base.function == "e":
            return nodes.Call("exp", (exponent,), span=span(children))
        return nodes.Power(base, exponent, span=span(children))

    def signed_power(self, children: Children) -> Node:
        return self.signed_exponent([children[0], self.power(children[1:])])

    def signed_exponent(self, children: Children) -> Node:
        if children[0] == "+":
            raise Unreadable(
                "read.exponent",
                "A + stands directly after ^.",
                place(children[0]),
                expected="an exponent, such as ^2 or ^(n+1)",
            )
        return self.signed(children)

    def postfixed(self, children: Children) -> Part:
        if children[1] == "!":
            if isinstance(children[0], nodes.Power):
                raise Unreadable("read.ambiguous-power", "It is not clear what the ! belongs to.", place(children[1]))
            return nodes.Call("factorial", (value(children[0]),), span=span(children))
        inner = nodes.Transpose(value(children[0]), span=span(children))
        return Group(inner, inner.span, children[0].kind) if isinstance(children[0], Group) else inner

    def adjacent(self, children: Children) -> Adjacent:
        for left, right in pairwise(children):
            side_by_side(left, right)
        return Adjacent(tuple(children), span(children))

    def factors(self, children: Children) -> Node:
        whole = span(children)
        parts: list[tuple[Sign, Node]] = []
        waiting = list(children)
        extend(parts, "", waiting.pop(0), None)
        while waiting:
            times = waiting.pop(0)
            negative = isinstance(waiting[0], Token) and waiting.pop(0) == "-"
            operand = waiting.pop(0)
            extend(parts, cast(Sign, str(times)), operand, times, negative)
        return nodes.Product(tuple(part for _, part in parts), tuple(sign for sign, _ in parts[1:]), span=whole)

    def signed(self, children: Children) -> Node:
        operand = value(children[1])
        return nodes.Negative(operand, span=span(children)) if children[0] == "-" else operand

    def terms(self, children: Children) -> Node:
        found: list[Node] = []
        negative, previous = False, False
        for child in children:
            if isinstance(child, Token):
                if previous and child == ("-" if negative else "+"):
                    raise Unreadable("read.double-sign", f"Two “{child}” stand side by side.", span([child]))
                negative, previous = negative != (child == "-"), True
                continue
            operand = value(child)
            found.append(nodes.Negative(operand, span=operand.span) if negative else operand)
            negative, previous = False, False
        return nodes.Sum(tuple(found), span=span(children))

    # Conditions and choices

    def chain(self, children: Children) -> Node:
        operands = tuple(value(child) for child in children[::2])
        relations = tuple(_RELATIONS[str(child)] for child in children[1::2])
        if operands[-1] == INFINITY and relations[-1] in ("<", "<=") and len(relations) > 1:
            operands, relations = operands[:-1], relations[:-1]
        return nodes.Comparison(operands, relations, span=span(children))

    def member(self, children: Children) -> Node:
        element, sign, opening, body, closing = children
        entries = arguments(body)
        inside = _inside(value(element), tuple(map(value, entries)), opening + closing, span([opening, closing]))
        inside = replace(inside, span=span(children))
        return nodes.Not(inside, span=inside.span) if sign == "∉" else inside

    def negated(self, children: Children) -> Node:
        return nodes.Not(condition(children[1]), span=span(children))

    def conjunction(self, children: Children) -> Node:
        return nodes.And(tuple(condition(child) for child in children[::2]), span=span(children))

    def disjunction(self, children: Children) -> Node:
        return nodes.Or(tuple(condition(child) for child in children[::2]), span=span(children))

    def choice_after(self, children: Children) -> Node:
        chosen, _, when, _, otherwise = children
        return nodes.Choice(((condition(when), value(chosen)),), value(otherwise), span=span(children))

    def branch(self, children: Children) -> tuple[Node | None, Node]:
        chosen, _, when = children
        return (None if isinstance(when, Token) else condition(when), value(chosen))

    def branches(self, children: Children) -> list[tuple[Node | None, Node]]:
        return [child for child in children if isinstance(child, tuple) and not isinstance(child, Token)]

    def choice_cases(self, children: Children) -> Node:
        return calls.cases(children[1], span([children[0], children[2]]))


def _inside(element: Node, ends: tuple[Node, ...], brackets: str, where: Span) -> nodes.Member | nodes.Comparison:
    """Membership in a set or an interval; what has only one end, ``(5, ∞)``, is a comparison."""
    if brackets[0] == "{" or len(ends) != 2:
        return nodes.Member(element, nodes.Set(ends, span=where))
    low, high = ends
    if high == INFINITY:
        return nodes.Comparison((element, low), (">=" if brackets[0] == "[" else ">",))
    if low == nodes.Negative(INFINITY):
        return nodes.Comparison((element, high), ("<=" if brackets[1] == "]" else "<",))
    return nodes.Member(element, nodes.Interval(low, high, brackets[0] == "[", brackets[1] == "]", span=where))


def _index(typed: str, where: Span) -> Node:
    return Number(Fraction(typed), span=where) if typed.isdigit() else Name(typed, span=where)


_OF_CONDITIONS = frozenset(["diag", "dot", "multiply", "sum"])
"""Functions to which a condition in brackets is its indicator."""


def _called(function: str, arguments: tuple[Part, ...], where: Span) -> Node:
    """The node of a call; the name of a function is as the lexer has it, with its primes."""
    if function.startswith("own:"):
        _, primes, own = function.split(":", 2)
        return nodes.Call(own, tuple(map(value, arguments)), int(primes), span=where)
    name = function.rstrip("'")
    if name == "I":
        conditions = tuple(map(condition, arguments))
        return nodes.Indicator(conditions[0] if len(conditions) == 1 else nodes.And(conditions), span=where)
    if name == "where" and len(arguments) == 3:
        when, chosen, otherwise = arguments
        return nodes.Choice(((condition(when), value(chosen)),), value(otherwise), span=where)
    values = tuple(value(argument, in_brackets=name in _OF_CONDITIONS) for argument in arguments)
    return calls.call(name, values, len(function) - len(name), where)
