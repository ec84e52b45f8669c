"""What each rule of the grammar means: callbacks that LALR runs during the parse, from tokens to nodes.

The rules hand one another nodes, groups, factors side by side, and rows of entries.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import chain, pairwise
from typing import Any, Literal, Union, cast

from lark import Token, Transformer, v_args

from grader.language import nodes, words
from grader.language.nodes import NOWHERE, ONE, TWO, ZERO, Name, Node, Number, Relation, Sign, Span, Spanned
from grader.language.unreadable import Unreadable

CONDITIONS = (nodes.Comparison, nodes.Member, nodes.And, nodes.Or, nodes.Not, nodes.Truth)


class Group(Spanned):
    """An expression in brackets (or a fraction, which needs none): it binds as one thing."""

    node: Node
    kind: str = ""


class Adjacent(Spanned):
    """Factors side by side, not yet a product: what stands left of them decides how they nest."""

    items: tuple[Part, ...]


class Body(Spanned):
    """What stands between brackets: rows of entries, and whether a comma or row sign was there at all."""

    rows: tuple[tuple[Part, ...], ...]
    listed: bool


Part = Union[Node, Group, Adjacent]


def span(children: Sequence[Any]) -> Span:
    """From the first to the last of the children; the cases of a choice, which are pairs, stand between two others."""
    plain = [child for child in children if not isinstance(child, tuple)]
    spans = [place(child) if isinstance(child, Token) else child.span for child in plain]
    return (spans[0][0], max(end for _, end in spans))


def place(token: Token) -> Span:
    """Where a token stands in the text as typed."""
    return (token.start_pos or 0, token.end_pos or 0)


def _product(parts: Sequence[tuple[Sign, Node]], where: Span = NOWHERE) -> nodes.Product:
    """The factors with the signs before them; that before the first says nothing."""
    return nodes.Product(tuple(part for _, part in parts), tuple(sign for sign, _ in parts[1:]), span=where)


def node(part: Part) -> Node:
    """The plain node of a part."""
    if isinstance(part, Group):
        return replace(part.node, span=part.span)
    if isinstance(part, Adjacent):
        return _product([("", value(item)) for item in part.items], part.span)
    return part


def value(part: Part, in_brackets: bool = False) -> Node:
    """The part as a number; a condition in brackets counts as its indicator."""
    plain = node(part)
    if isinstance(plain, CONDITIONS):
        if in_brackets or isinstance(part, Group):
            return nodes.Indicator(plain, span=plain.span)
        message = "A condition stands here, where a number is meant."
        hint = "Put it into I(…), which is 1 where the condition holds."
        raise Unreadable("read.condition-for-number", message, plain.span, hint=hint)
    return plain


def condition(part: Part) -> Node:
    """The part as a condition."""
    plain = node(part)
    if isinstance(plain, nodes.Indicator):
        return plain.condition
    if not isinstance(plain, CONDITIONS):
        message = "A number or formula stands here, where a condition is meant."
        raise Unreadable("read.number-for-condition", message, plain.span)
    return plain


def array(body: Body) -> nodes.Array:
    """The entries as typed: one row is a flat list; rows that are lists themselves stay as they are."""
    rows = [nodes.Array(tuple(map(value, row)), span=body.span) for row in body.rows]
    if len(rows) == 1:
        return rows[0]
    alone = ((row.entries[0], row) if len(row.entries) == 1 else (row, row) for row in rows)
    return nodes.Array(tuple(only if isinstance(only, nodes.Array) else row for only, row in alone), span=body.span)


def side_by_side(left: Part, right: Part) -> None:
    """Refuses what no one means as a product: ``3 6``, ``n2``, ``2½``."""
    where = span([left, right])
    first_number = isinstance(left, Number) or (isinstance(left, Group) and left.kind == "vulgar")
    fraction = right.node if isinstance(right, Group) and right.kind in ("vulgar", "fraction") else None
    mixed = isinstance(fraction, nodes.Product) and all(isinstance(factor, Number) for factor in fraction.factors)
    if first_number and (isinstance(right, Number) or mixed):
        wanted = "an operator between them, such as * or +"
        raise Unreadable("read.adjacent-numbers", "Two numbers stand side by side.", where, expected=wanted)
    called = isinstance(left, nodes.Call) and left.function in ("factorial", "ones")
    glued = isinstance(right, nodes.Power) and isinstance(right.base, Number) and span([left])[1] == span([right])[0]
    if (called or isinstance(left, (Name, nodes.Power, Number))) and (isinstance(right, Number) or glued):
        raise Unreadable("read.number-after-name", "A number stands directly after a name or a power.", where)


def extend(parts: list[tuple[Sign, Node]], times: Token | None, operand: Part, negative: bool) -> None:
    """Appends one more factor, nested or split as the sign before it asks for."""
    sign = cast(Sign, str(times or ""))
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
    if sign == "/" and isinstance(plain, nodes.Total):
        summed = plain.body.factors if isinstance(plain.body, nodes.Product) else ()
        indices = ([one.indices for one in nodes.parts(factor) if isinstance(one, nodes.Entry)] for factor in summed)
        if not all(Name(plain.index) in chain.from_iterable(inside) for inside in indices):
            message = "It is not clear how far the sum reaches that this fraction divides by."
            raise Unreadable("read.ambiguous-fraction", message, plain.span)
    if times == "⊗":
        sign, plain = "@", nodes.Transpose(plain, span=plain.span)
    if sign == "@" and parts[-1][0] in ("*", "∘"):
        # A matrix product binds more tightly than an elementwise one: v * A.T @ u is v ∘ (A^T u).
        sign, left = parts.pop()
        matrices = left if isinstance(left, nodes.Product) and left.signs[-1:] == ("@",) else nodes.Product((left,), ())
        plain = nodes.Product((*matrices.factors, plain), (*matrices.signs, "@"), span=left.span)
    parts.append((sign, plain))


def _negated(plain: Node, negative: bool) -> Node:
    return nodes.Negative(plain, span=plain.span) if negative else plain


def _left_to_right(numerator: Node, times: Token, first: Part, second: Part, whole: Span) -> None:
    """``a/b c`` is read from the left only where the writing shows it: ``1/2 n``, ``n/2 (n-1)``, ``n/(2)(n-1)``."""
    start, end = span([first])
    spaced = span([second])[0] > end
    tight = times.end_pos == start and times.start_pos == numerator.span[1]
    numbers = isinstance(numerator, Number) and isinstance(first, Number)
    if isinstance(first, Group) or (spaced and tight) or (numbers and (spaced or isinstance(second, Group))):
        return
    message = "It is not clear what this fraction divides by: a/bc can mean (a/b)*c or a/(b*c)."
    raise Unreadable("read.ambiguous-fraction", message, (place(times)[0], whole[1]))


INFINITY = nodes.Call("inf", ())
_RELATIONS: dict[str, Relation] = {"<": "<", "≤": "<=", ">": ">", "≥": ">=", "=": "=", "≠": "!="}


def _placed(rule: Callable[..., Any], data: str, children: list[Any], meta: Any) -> Any:
    """What a rule means, or why it is refused; where that has no place of its own it is that of the children."""
    try:
        found = rule(*children)
    except Unreadable as error:
        error.span = error.span or span(children)
        raise
    if getattr(found, "span", None) != NOWHERE:
        return found
    return replace(found, span=span(children))


@v_args(wrapper=_placed)
class Builder(Transformer[Token, Any]):
    """The callbacks, named as the rules and aliases of the grammar, with what each rule is made of as arguments."""

    def single(self, part: Part) -> Node:
        return node(part)

    # Leaves

    def number(self, digits: Token) -> Node:
        return Number(Fraction(str(digits)))

    def name(self, word: Token) -> Node:
        return Name(str(word))

    def constant(self, word: Token) -> Node:
        return nodes.Truth(word == "true") if word in ("true", "false") else nodes.Call(str(word), ())

    def derivative(self, both: Token) -> Node:
        of, by = both.split("|")
        return nodes.Derivative(Name(of), Name(by))

    def dots(self, sign: Token) -> Node:
        return nodes.Gap()

    # Indices

    def entry(self, array: Part, below: Token) -> Node:
        where = place(below)
        typed = below.split(",")
        indices = tuple(Number(Fraction(one), span=where) if one.isdigit() else Name(one, span=where) for one in typed)
        if isinstance(array, nodes.Entry):
            return nodes.Entry(array.array, (*array.indices, *indices))
        if isinstance(value(array), nodes.Number):
            raise Unreadable("read.index", "A number has no entries.", where)
        return nodes.Entry(value(array), indices)

    def total(self, index: Token, *children: Any) -> Node:
        rest, given = list(children), None
        if isinstance(rest[0], Token) and rest[0].type == "GIVEN":
            given = nodes.Indicator(condition(rest[1]), span=span(rest[:3]))
            rest = rest[3:]
        negative = isinstance(rest[0], Token) and rest.pop(0) == "-"
        body = replace(self.factors(*rest), span=span(rest)) if len(rest) > 1 else value(rest[0])
        if given:
            beside = body.factors if isinstance(body, nodes.Product) else (body,)
            signs = body.signs if isinstance(body, nodes.Product) else ()
            body = nodes.Product((given, *beside), ("*", *signs), span=body.span)
        body = _negated(body, negative)
        for one in reversed(index.split("|")[0].split(",")):
            body = nodes.Total(one, body, span=(place(index)[0], body.span[1]))
        return body

    # Brackets

    def body(self, *children: Any) -> Body:
        rows = [child for child in children if isinstance(child, Body)]
        return Body(tuple(entry for row in rows for entry in row.rows), len(children) > 1 or rows[0].listed)

    def row(self, *children: Any) -> Body:
        return Body((tuple(child for child in children if not isinstance(child, Token)),), len(children) > 1)

    def bracket(self, opening: Token, body: Body, closing: Token) -> Part:
        inner = body.rows[0][0]
        if not body.listed and isinstance(inner, Group) and inner.kind == "matrix":
            return Group(inner.node, "matrix")
        return Group(array(body) if body.listed or opening.type == "LOPEN" else node(inner))

    def matrix(self, begin: Token, body: Body, end: Token) -> Part:
        rows = tuple(nodes.Array(tuple(map(value, row)), span=body.span) for row in body.rows)
        return Group(nodes.Array(rows), "matrix")

    def absolute(self, opening: Token, inner: Part, closing: Token) -> Node:
        return nodes.Call({"⌊": "floor", "⌈": "ceil"}.get(str(opening), "abs"), (value(inner),))

    def fraction(self, sign: Token, *children: Any) -> Part:
        above, below = value(children[1]), value(children[4])
        if sign.endswith("binom"):
            return Group(_binomial(above, below))
        kind = "vulgar" if sign == "\\vulgar" else "fraction"
        if isinstance(above, nodes.Product):
            return Group(nodes.Product((*above.factors, below), (*above.signs, "/")), kind)
        return Group(nodes.Product((above, below), ("/",)), kind)

    def root(self, sign: Token, *children: Any) -> Node:
        index = value(children[1]) if len(children) > 3 else TWO
        operand = value(children[-2])
        if index == TWO:
            return nodes.Call("sqrt", (operand,))
        return nodes.Power(operand, nodes.Product((ONE, index), ("/",)))

    # Calls

    def call(self, function: Token, *children: Any) -> Node:
        if isinstance(children[0], Adjacent) and function in ("sqrt", "cbrt"):
            raise Unreadable("read.root", "It is not clear how far this root reaches.")
        return _called(str(function), children)

    def call_power(self, function: Token, caret: Token, exponent: Part, *children: Any) -> Node:
        return nodes.Power(_called(str(function), children), value(exponent))

    # Powers, products, sums

    def power(self, base: Part, caret: Token, exponent: Part) -> Node:
        below, above = value(base), value(exponent)
        if isinstance(below, nodes.Call) and below.function == "e":
            return nodes.Call("exp", (above,))
        return nodes.Power(below, above)

    def signed_exponent(self, sign: Token, exponent: Part) -> Node:
        if sign == "+":
            wanted = "an exponent, such as ^2 or ^(n+1)"
            raise Unreadable("read.exponent", "A + stands directly after ^.", place(sign), expected=wanted, hint="")
        return self.signed(sign, exponent)

    def postfixed(self, operand: Part, sign: Token) -> Part:
        if sign == "!":
            if isinstance(operand, nodes.Power):
                raise Unreadable("read.ambiguous-power", "It is not clear what the ! belongs to.", place(sign))
            return nodes.Call("factorial", (value(operand),))
        inner = nodes.Transpose(value(operand))
        return Group(inner, operand.kind) if isinstance(operand, Group) else inner

    def adjacent(self, *children: Part) -> Adjacent:
        for left, right in pairwise(children):
            side_by_side(left, right)
        return Adjacent(children)

    def factors(self, *children: Any) -> nodes.Product:
        parts: list[tuple[Sign, Node]] = []
        times, negative = None, False
        for child in children:
            if not isinstance(child, Token):
                extend(parts, times, child, negative)
                negative = False
            elif child.type == "SIGN":
                negative = child == "-"
            else:
                times = child
        return _product(parts)

    def signed(self, sign: Token, operand: Part) -> Node:
        plain = value(operand)
        return nodes.Negative(plain) if sign == "-" else plain

    def terms(self, *children: Any) -> Node:
        found: list[Node] = []
        negative, previous = False, False
        for child in children:
            if isinstance(child, Token):
                if previous and child == ("-" if negative else "+"):
                    raise Unreadable("read.double-sign", f"Two “{child}” stand side by side.", place(child))
                negative, previous = negative != (child == "-"), True
            else:
                found.append(_negated(value(child), negative))
                negative, previous = False, False
        return nodes.Sum(tuple(found))

    # Conditions and choices

    def chain(self, *children: Any) -> Node:
        operands = tuple(map(value, children[::2]))
        relations = tuple(_RELATIONS[str(child)] for child in children[1::2])
        if operands[-1] == INFINITY and relations[-1] in ("<", "<=") and len(relations) > 1:
            operands, relations = operands[:-1], relations[:-1]
        return nodes.Comparison(operands, relations)

    def member(self, element: Part, sign: Token, opening: Token, body: Body, closing: Token) -> Node:
        ends = tuple(map(value, chain.from_iterable(body.rows)))
        inside = _inside(value(element), ends, opening + closing, span([opening, closing]))
        return nodes.Not(replace(inside, span=span([element, closing]))) if sign == "∉" else inside

    def negated(self, sign: Token, part: Part) -> Node:
        return nodes.Not(condition(part))

    def conjunction(self, *children: Any) -> Node:
        return nodes.And(tuple(map(condition, children[::2])))

    def disjunction(self, *children: Any) -> Node:
        return nodes.Or(tuple(map(condition, children[::2])))

    def choice_after(self, chosen: Part, when: Token, holds: Part, other: Token, otherwise: Part) -> Node:
        return nodes.Choice(((condition(holds), value(chosen)),), value(otherwise))

    def branch(self, chosen: Part, comma: Token, when: Part | Token) -> tuple[Node | None, Node]:
        return (None if isinstance(when, Token) else condition(when), value(chosen))

    def choice_cases(self, *children: Any) -> Node:
        """The choice that a list of cases states; the last one is what remains when it has no condition."""
        *before, (last, chosen) = (child for child in children if not isinstance(child, Token))
        named = tuple((when, chosen) for when, chosen in before if when is not None)
        if len(named) < len(before) or not (named or last):
            raise Unreadable("read.cases", "Only the last case can be “otherwise”.")
        if last is not None and not _complementary([*(when for when, _ in named), last]):
            return nodes.Choice((*named, (last, chosen)), nodes.Gap())
        return nodes.Choice(named, chosen)


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


def _binomial(top: Node, bottom: Node) -> Node:
    """``n`` over ``k`` for a small number k, as the product n (n-1) … / k!."""
    count = int(bottom.value) if isinstance(bottom, Number) and bottom.value.denominator == 1 else -1
    if not 0 <= count <= 8:
        raise Unreadable("read.binomial", "Below a binomial there must be a small number.")
    if count < 2:
        return top if count else ONE
    falling = [nodes.Sum((top, nodes.Negative(Number(Fraction(step))))) for step in range(1, count)]
    times: list[Sign] = ["*" for _ in falling]
    return nodes.Product((top, *falling, Number(Fraction(math.factorial(count)))), (*times, "/"))


_DEFINED: Mapping[str, Callable[..., Node]] = {
    "cbrt": lambda of: nodes.Power(of, nodes.Product((ONE, Number(Fraction(3))), ("/",))),
    "binomial": _binomial,
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
_EXPECTED = {
    **dict.fromkeys(("pow", "binomial", "dot", "multiply", "outer"), 2), "where": 3, "clip": 3,
    **dict.fromkeys(("max", "min", "eye", "zeros", "ones", "sum", "diag"), 0),
}  # fmt: skip
"""How many arguments a function takes, where it is not one; 0 where it may be any number."""
_OF_CONDITIONS = frozenset(["diag", "dot", "multiply", "sum"])
"""Functions to which a condition in brackets is its indicator."""


def _called(function: str, argument: Sequence[Any]) -> Node:
    """The node of a call of one factor, or of what stands in brackets.

    The name of the function is as the lexer has it, with its primes.
    """
    arguments = argument if len(argument) == 1 else tuple(chain.from_iterable(argument[1].rows))
    if function.startswith("own:"):
        _, primes, own = function.split(":", 2)
        return nodes.Call(own, tuple(map(value, arguments)), int(primes))
    name = function.rstrip("'")
    if name == "I":
        conditions = tuple(map(condition, arguments))
        return nodes.Indicator(conditions[0] if len(conditions) == 1 else nodes.And(conditions))
    if name == "where" and len(arguments) == 3:
        when, chosen, otherwise = arguments
        return nodes.Choice(((condition(when), value(chosen)),), value(otherwise))
    values = tuple(value(argument, in_brackets=name in _OF_CONDITIONS) for argument in arguments)
    if name in ("max", "min") and len(values) == 1:
        raise Unreadable("read.arguments", f"{name} takes two arguments or more.")
    if name == "onehot" and len(values) == 2:
        values = values[:1]  # how long it is, its place says
    if name == "step" and len(values) == 2:
        above = (nodes.Comparison((values[0], ZERO), (">",)), ONE)
        return nodes.Choice((above, (nodes.Comparison((values[0], ZERO), ("=",)), values[1])), ZERO)
    expected = _EXPECTED.get(name, 1)
    if expected and len(values) != expected:
        message = f"{name} takes {expected} argument{'s' * (expected > 1)}, not {len(values)}."
        raise Unreadable("read.arguments", message)
    if name in words.ORDERS:
        return nodes.Order(cast(Literal["O", "Θ", "Ω", "o", "ω"], name), values[0])
    return _DEFINED[name](*values) if name in _DEFINED else nodes.Call(name, values, len(function) - len(name))
