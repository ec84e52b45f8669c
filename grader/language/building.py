"""What each rule of the grammar means: callbacks that LALR runs during the parse, from tokens to nodes."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any, cast

from lark import Token, Transformer

from grader.language import calls, nodes
from grader.language.nodes import Name, Node, Number, Relation, Sign, Span
from grader.language.parts import (
    Adjacent,
    Body,
    Children,
    Group,
    Part,
    arguments,
    array,
    condition,
    extend,
    node,
    place,
    side_by_side,
    span,
    value,
)
from grader.language.unreadable import Unreadable

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
        return calls.call(str(function), arguments(body), span(children))

    def call_bare(self, children: Children) -> Part:
        if isinstance(children[1], Adjacent) and str(children[0]) in ("sqrt", "cbrt"):
            raise Unreadable(
                "read.root",
                "It is not clear how far this root reaches.",
                span(children),
                hint="Write sqrt(…), with all that stands under the root in the brackets.",
            )
        return calls.call(str(children[0]), (children[1],), span(children))

    def call_bare_power(self, children: Children) -> Node:
        return nodes.Power(
            node(calls.call(str(children[0]), (children[3],), span(children))), value(children[2]), span=span(children)
        )

    def call_power(self, children: Children) -> Node:
        called = calls.call(str(children[0]), arguments(children[4]), span(children))
        return nodes.Power(node(called), value(children[2]), span=span(children))

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
                raise Unreadable(
                    "read.ambiguous-power",
                    "It is not clear what the ! belongs to.",
                    place(children[1]),
                    hint="Put brackets: (2^n)! or 2^(n!).",
                )
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
                    raise Unreadable(
                        "read.double-sign",
                        f"Two “{child}” stand side by side.",
                        span([child]),
                        hint="Write one, or put the negative term into brackets: m - (-n).",
                    )
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
        return nodes.Comparison(operands, relations, span=span(children))

    def member(self, children: Children) -> Node:
        element, sign, opening, body, closing = children
        entries = arguments(body)
        container: nodes.Interval | nodes.Set
        if opening == "{" or len(entries) != 2:
            container = nodes.Set(tuple(value(entry) for entry in entries), span=span([opening, closing]))
        else:
            low, high = (value(entry) for entry in entries)
            container = nodes.Interval(low, high, opening == "[", closing == "]", span=span([opening, closing]))
        inside = nodes.Member(value(element), container, span=span(children))
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


def _index(typed: str, where: Span) -> Node:
    return Number(Fraction(typed), span=where) if typed.isdigit() else Name(typed, span=where)
