"""One entry for each kind of answer but formulas: from a typed text to nodes."""

from __future__ import annotations

import re
from collections.abc import Collection
from fractions import Fraction

from lark import Token

from grader.language import arrays, calls, exact, nodes, slips, trimming, validity, words
from grader.language.characters import clean
from grader.language.lexer import lex
from grader.language.nodes import And, Comparison, Indicator, Name, Node, Number, Transpose, children
from grader.language.parsing import several, single
from grader.language.parts import (
    CONDITIONS,
    Body,
    array as rows_of,
    condition as as_condition,
    node as as_node,
    value as as_value,
)
from grader.language.reading.source import Reading, Text, located, remembered
from grader.language.unreadable import Unreadable


@remembered
def condition(text: str, names: Collection[str]) -> Reading:
    """A condition on the declared symbols, such as ``n > 7``."""
    with located(text):
        return _condition(Text(text, "condition", names))


def predicate(text: str, names: Collection[str]) -> Reading:
    """A condition on the inputs of a network, such as ``x4 = x1 or x4 = x2``."""
    with located(text):
        return _condition(Text(text, "predicate", names))


def _condition(source: Text) -> Reading:
    lexed = source.lexed()
    trimmed = trimming.condition(lexed.tokens, source.text)
    members = []
    for member in trimmed.members:
        slips.check(member, source.context, source.text)
        members.append(_joined(several(member, source.end)))
        validity.unlisted(members[-1])
        validity.bounded(members[-1])
        if source.context.kind == "condition":
            _alone(members[-1])
    return Reading(members[-1], tuple(members), (*lexed.remarks, *trimmed.remarks))


def _alone(node: Node) -> None:
    if isinstance(node, Comparison) and len(node.relations) > 1 and {"<", ">"} <= {one[0] for one in node.relations}:
        for operand in node.operands[1:-1]:
            if not isinstance(operand, (Name, Number)):
                raise Unreadable(
                    "read.two-conditions",
                    "Two comparisons in opposite directions share what stands here.",
                    operand.span,
                    hint="Give one condition alone; two that say the same are joined by “or”.",
                )
    if isinstance(node, Indicator):
        raise Unreadable(
            "read.two-conditions",
            "A condition in brackets stands here as a factor.",
            node.span,
            hint="Give one condition alone; two that both must hold are joined by “and”.",
        )
    for part in children(node):
        _alone(part)


def _joined(body: Body) -> Node:
    parts: list[Node] = []
    shared: list[Node] = []
    for entry in (entry for row in body.rows for entry in row):
        plain = as_node(entry)
        if isinstance(plain, CONDITIONS):
            # "n, m > 0" says it of both.
            if isinstance(plain, Comparison):
                parts.extend(Comparison((one, *plain.operands[1:]), plain.relations, span=plain.span) for one in shared)
                shared = []
            parts.append(plain)
        elif isinstance(plain, Name) and not parts:
            shared.append(plain)
        else:
            parts.append(as_condition(entry))
    if shared:
        as_condition(shared[0])
    return parts[0] if len(parts) == 1 else And(tuple(parts), span=body.span)


def number(text: str) -> Fraction:
    """One exact number: an integer, a decimal, a fraction."""
    with located(text):
        source = Text(text, "number", ())
        trimmed = trimming.formula(source.lexed().tokens, source.text)
        slips.check(trimmed.members[-1], source.context, source.text)
        found = single(trimmed.members[-1], source.end)
        validity.countable(found, "number")
        validity.bounded(found)
        try:
            return exact.value(found)
        except exact.Undefined as error:
            raise Unreadable("read.not-a-number", f"This is not a number: {error}.", found.span) from None


_BULLETS = re.compile(r"\s*[-–−] +[^\n]*(\n\s*[-–−] +[^\n]*)+\s*")


_ENUMERATED = re.compile(r"\s*1[.)][ \t]+[^\s,;&]+[ \t]*(\n\s*[0-9]+[.)][ \t]+[^\s,;&]+[ \t]*)+\s*")
_PARTED = re.compile(r",(?=\s)|[;|\n]|\s+|\\\\")
_DECIMAL = re.compile(r"[-+−]?[0-9]+,[0-9]+")


def vector(text: str) -> Reading:
    """A list of numbers, as ``array`` reads it; where commas may be decimal ones it is refused."""
    entries = [entry for entry in _PARTED.split(text.strip(" \t\r\n$.[](){}")) if entry]
    commas = [entry for entry in entries if "," in entry]
    if len(commas) > 1 and all(_DECIMAL.fullmatch(entry) for entry in commas):
        at = text.index(commas[0])
        raise Unreadable(
            "read.decimal-comma",
            "It is not clear whether this comma parts two entries or stands in a decimal.",
            (at, at + len(commas[0])),
            hint="Write decimals with a point, and one sign between the entries: [0.5, 7, 9].",
        ).within(text)
    return array(text)


def array(text: str) -> Reading:
    """A vector or matrix of exact numbers: an ``Array`` of numbers, or of rows of numbers."""
    with located(text):
        if _ENUMERATED.fullmatch(text):
            raise Unreadable(
                "read.numbered",
                "It is not clear whether the numbers at the start of the lines count the lines.",
                (0, 1),
                hint="Write a vector as [5, 7, 9], a matrix as [[1, 2], [3, 4]].",
            )
        if _BULLETS.fullmatch(text):
            raise Unreadable(
                "read.bullets",
                "It is not clear whether these dashes are minus signs or the bullets of a list.",
                (0, 1),
                hint="Write a vector as [5, 7, 9], a matrix as [[1, 2], [3, 4]].",
            )
        source = Text(text, "array", ())
        lexed = source.lexed()
        members, transposed = trimming.array(lexed.tokens, source.text)
        values = []
        for member in members:
            slips.check(member, source.context, source.text)
            body = several(member, source.end)
            alone = not body.listed and len(body.rows) == 1
            found = as_value(body.rows[0][0]) if alone else rows_of(body)
            validity.bounded(found)
            values.append(arrays.evaluate(Transpose(found, span=found.span) if transposed else found))
        return Reading(values[-1], tuple(values), lexed.remarks)


def activation(text: str) -> Reading:
    """An activation function of ``z``: a name, or an expression."""
    with located(text):
        source = Text(text, "activation", ("z",))
        lexed = source.lexed()
        tokens, remarks = trimming.activation(lexed.tokens, source.text)
        tokens = _spelled_out(tokens, source)
        slips.check(tokens, source.context, source.text)
        found = nodes.changed_everywhere(single(tokens, source.end), calls.exhausted)
        if isinstance(found, CONDITIONS):
            found = Indicator(found, span=found.span)
            remarks = [*remarks, "The condition was read as its indicator: 1 where it holds, 0 elsewhere."]
        validity.unlisted(found)
        validity.bounded(found)
        return Reading(found, (found,), (*lexed.remarks, *remarks))


def _spelled_out(tokens: list[Token], source: Text) -> list[Token]:
    """With every function that is defined by an expression in z as that expression: ``hardtanh(2z)``."""
    result = list(tokens)
    for at in [at for at, one in enumerate(tokens) if one.type == "FUNCTION" and one in words.DEFINED][::-1]:
        one, end = result[at], at + 1
        depth = 0
        while end < len(result) and (depth or end == at + 1):
            depth += (result[end].type == "OPEN") - (result[end].type == "CLOSE")
            end += 1
        argument = result[at + 1 : end]
        if not argument or argument[0].type != "OPEN" or depth:
            raise Unreadable(
                "read.arguments", f"{one} needs its argument in brackets.", (one.start_pos or 0, one.end_pos or 0)
            )
        body = lex(clean(f"({words.DEFINED[one]})"), source.context).tokens
        made = [argument if part.type == "NAME" else [_placed(part, one)] for part in body]
        result[at:end] = [part for parts in made for part in parts]
        if len(result) > source.context.tokens:
            raise Unreadable("read.too-long", "This is too long to be read, with its functions spelled out.", (0, 1))
    return result


def _placed(part: Token, where: Token) -> Token:
    return Token(part.type, str(part), start_pos=where.start_pos, end_pos=where.end_pos)
