"""Counts, orders and numbers: from a typed text to nodes, without label, unit and remark."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import pairwise

from lark import Token

from grader.language import exact, parsing, words
from grader.language.building import CONDITIONS, place, span
from grader.language.nodes import Name, Node, Number, Order, Sum, names
from grader.language.reading import source
from grader.language.reading.source import Reading, Text
from grader.language.unreadable import Unreadable, quoted


def _formula(typed: Text) -> Reading:
    if zero := re.match(r"\s*\$?\s*(0)\s*\(", typed.text):
        raise Unreadable("read.zero", "A zero stands before a bracket.", zero.span(1))
    tokens, noticed = typed.lexed()
    found, arrows, remarks = _trimmed(tokens, typed.text)
    pieces: list[list[Token]] = []
    for whole in found:
        member = _unexplained(whole)
        remarks += [] if member is whole else ["The remarks after the terms were left out."]
        parts = _parted(member, typed)
        remarks += ["The remark in brackets was left out."] if len(parts) == 1 and parts[0] is not member else []
        pieces += parts
    members = [_member(piece, typed) for piece in pieces]
    first = members[0]
    if len(members) > 1 and isinstance(first, Name) and all(first.name not in names(one) for one in members[1:]):
        # "m = 2n" is an equation between two symbols of the problem, not an amount: say so rather than mark it wrong.
        message = f"{first.name} is a symbol of the problem, so this is an equation and not an amount."
        raise Unreadable("read.equation", message, first.span)
    if arrows:
        _steps(members, arrows[0], typed.text)
    exact_ones = [one for one in members if not isinstance(one, Order)]
    chosen = exact_ones[-1] if exact_ones and typed.context.kind == "formula" else members[-1]
    return Reading(chosen, tuple(members), (*noticed, *remarks))


formula = source.reader("formula", _formula)
"""A count in the declared symbols, such as ``5(n + 2)``; an order, such as ``O(n^5)``, is read too."""
order = source.reader("order", _formula)
"""An order of growth; a bare formula is read as it stands."""


def _member(tokens: list[Token], typed: Text) -> Node:
    found = typed.node(tokens)
    orders = [one for one in found.terms if isinstance(one, Order)] if isinstance(found, Sum) else []
    if isinstance(found, Sum) and len(orders) == len(found.terms) and {one.kind for one in orders} in ({"O"}, {"Θ"}):
        # O(n^5) + O(n^4) is O(n^5 + n^4), and likewise for Θ.
        found = Order(orders[0].kind, Sum(tuple(one.argument for one in orders), span=found.span), span=found.span)
    if isinstance(found, CONDITIONS):
        raise Unreadable("read.condition-for-number", "This is a condition; a formula is asked for.", found.span)
    parsing.countable(found)
    parsing.bounded(found)
    return found


def _steps(members: list[Node], arrow: Token, text: str) -> None:
    """An arrow may stand for an equality; between two different formulas it means something else."""
    counts = [one for one in members if not isinstance(one, Order)]
    span = place(arrow)
    typed = text[slice(*span)]
    again = arrow == "⇔" or typed.isalpha()
    if not all((again or one != two) and exact.alike(one, two) for one, two in pairwise(counts)):
        message = f"What stands before {quoted(typed)} is not equal to what stands after it."
        raise Unreadable("read.arrow", message, span)


def number(text: str) -> Fraction:
    """One exact number: an integer, a decimal, a fraction."""
    with source.located(text):
        typed = Text(text, "number", ())
        members, _, _ = _trimmed(typed.lexed()[0], typed.text)
        found = _member(members[-1], typed)
        try:
            return exact.value(found)
        except exact.Undefined as error:
            raise Unreadable("read.not-a-number", f"This is not a number: {error}.", found.span) from None


def _trimmed(tokens: list[Token], text: str) -> tuple[list[list[Token]], list[Token], list[str]]:
    """A formula without label, unit and phrases; the members of a chain of equalities one by one."""
    tokens, remarks = source.reasoned(source.implied(source.ended(source.lines(tokens, refuse=True))), _amends)
    if tokens and (tokens[0].type in ("APPROX", "ARROW", "SLOPPY") or tokens[0] == "="):
        if tokens[0].type == "APPROX":
            remarks.append("Read as exact.")
        tokens = tokens[1:]
    pieces, separators = source.split(tokens, lambda one: one == "=" or one.type in _EQUATES)
    while len(pieces) > 1 and source.label(pieces[0], text):
        remarks.append("The label before the formula was left out.")
        pieces, separators = pieces[1:], separators[1:]
    for colon in (one for one in separators if one.type in ("COLON", "ASSIGN")):
        raise Unreadable("read.unexpected", f"{quoted(str(colon))} has no meaning in a formula.", place(colon))
    arrows = [one for one in separators if one.type in ("ARROW", "SLOPPY")]
    return [source.concluded(_introduced(piece), words.unit) for piece in pieces], arrows, remarks


_AMENDING = (words.TURNING - words.listed("each never no not")) | words.listed(
    """about actually additional again also another approximately but could doubled doubles extra forgot guess guessed
    however least less maybe more most perhaps probably really roughly saved subtracted wait without"""
)
"""Words of a reason that may take the amount back, or go on with it."""


def _amends(answer: list[Token], clause: list[Token]) -> bool:
    """Whether a reason may hold another amount than the answer, or a part of it, or a sum that comes to another."""
    kinds = {one.type for one in clause}
    if source.spoken(clause) & _AMENDING or kinds & {"OR", "ROW", "COLON", "ARROW"} or source.goes_on(clause):
        return True
    sums = [group for group in source.amounts(clause) if {"=", "+"} <= set(group)]
    results = [source.split(group, lambda one: one == "=")[0][-1] for group in sums]
    return any(result != group for result in results for group in source.amounts(answer)[-1:])


_EQUATES = ("APPROX", "COLON", "ASSIGN", "ARROW", "SLOPPY")


def _introduced(tokens: list[Token]) -> list[Token]:
    """Without small words before the formula; a lone letter only counts as a word before another word."""
    at = 0
    while at < len(tokens) and (
        source.word(tokens[at]) in words.PREFIXES
        or (at and tokens[at].type in ("COMMA", "NEWLINE") and len(tokens[at - 1]) > 1)
    ):
        alone = [one.type for one in tokens[at : at + 2]] != ["WORD", "WORD"]
        if len(source.word(tokens[at])) == 1 and alone:
            break
        at += 1
    if at and at + 1 < len(tokens) and tokens[at] == "-":
        before, sign, after = tokens[at - 1 : at + 2]
        at += before.end_pos != sign.start_pos and sign.end_pos != after.start_pos
    return tokens[at:] if at < len(tokens) else tokens


_FACTORS = frozenset(("NUMBER", "NAME", "CLOSE", "BANG"))
_OWNERS = words.listed("for of from in to per each")
_SMALL = _OWNERS | words.listed(
    "the a and vector vectors matrix scalar input inputs output outputs result intermediate intermediates"
)


def _unexplained(tokens: list[Token]) -> list[Token]:
    """A sum without what says of its terms what they are: ``4k (a) + k^2 for B``; a remark alone may be a factor."""
    typed, signs = source.split(tokens, lambda one: one.type == "SIGN")
    terms = [_term(piece) for piece in typed]
    if sum(len(term) < len(piece) for term, piece in zip(terms, typed)) < 2:
        return tokens
    return [*terms[0], *(one for sign, term in zip(signs, terms[1:]) for one in (sign, *term))]


def _term(tokens: list[Token]) -> list[Token]:
    """One term without what it is for."""
    bracketed = tokens[-1:] != [] and tokens[-1].type == "CLOSE"
    if bracketed:
        at = source.partner(tokens).get(len(tokens) - 1, 0)
        said = tokens[at + 1 : -1]
        kinds = {one.type for one in said}
        explains = "WORD" in kinds and not kinds & {"NAME", "RELATION", "FUNCTION", "SIGN", "OR"}
    else:
        at = next((index for index, one in enumerate(tokens) if one.type == "WORD" and one == "for"), 0)
        said = tokens[at:]
        explains = _named(said)
    doubtful = words.TURNING | {"squared", "cubed"} | (set() if bracketed else {"to"})
    # A number may say how many, for 2 vectors; that of y2 does not, that of x2 may.
    numerous = any(
        one.type == "NUMBER" and not (before.type == "UNDERSCORE" or re.fullmatch("[A-WYZa-wyz]", before))
        for before, one in zip([Token("START", ""), *said], said)
    )
    plain = not source.spoken(said) & doubtful and not numerous
    return tokens[:at] if at and tokens[at - 1].type in _FACTORS and explains and plain else tokens


def _parted(tokens: list[Token], typed: Text) -> list[list[Token]]:
    """The formula without the remark; a remark that starts with ``=`` is one more member of the chain.

    Raises ``Unreadable`` where a bracket may be either a factor or a remark.
    """
    ends = bool(tokens) and tokens[-1].type == "CLOSE" and tokens[-1] in (")", "]")
    at = source.partner(tokens).get(len(tokens) - 1) if ends else None
    if not at or tokens[at - 1].type not in (*_FACTORS, "WORD"):
        return [tokens]
    head, inner = source.concluded(tokens[:at], words.unit), tokens[at + 1 : -1]
    if not head or not inner:
        return [tokens]
    if inner[0] == "=":
        pieces, _ = source.split(inner[1:], lambda one: one == "=")
        return [head, *pieces]
    worded = tokens[at - 1].type == "WORD"
    apart = bool(typed.text[tokens[at - 1].end_pos or 0 : tokens[at].start_pos or 0])
    if not worded and not apart:
        return [tokens]
    if inner[0] == "+":
        raise _doubtful(tokens[at:])
    whole, remark = _read(head, typed), _read(inner, typed)
    if whole is None:
        return [tokens]
    if remark is None:
        if not _explains(inner, whole, typed, worded):
            return [tokens]
    elif not worded and names(whole) and [one.type for one in inner] == ["NUMBER"]:
        # n^2 + 4n (2): the number of a line, or a factor.
        raise _doubtful(tokens[at:])
    elif not exact.alike(whole, remark) or (whole == remark and not worded and names(whole)):
        return [tokens]
    elif not worded and (names(whole) | names(remark) or whole == remark):
        raise _doubtful(tokens[at:])
    return [head]


def _doubtful(bracket: list[Token]) -> Unreadable:
    message = "It is not clear whether this bracket is a factor or a remark."
    return Unreadable("read.restated", message, span([bracket[0], bracket[-1]]))


def _read(tokens: list[Token], typed: Text) -> Node | None:
    try:
        return typed.node(tokens)
    except Unreadable:
        return None


def _explains(inner: list[Token], whole: Node, typed: Text, worded: bool) -> bool:
    """Whether it lists names (``a, b``), or parts with what they are for that add up to the whole (``2k for a, …``)."""
    pieces, _ = source.split(inner, lambda one: one.type in ("COMMA", "AND"))
    if all(_named(piece) for piece in pieces):
        # A letter alone, (z), may be meant for a factor.
        return any(one.type == "WORD" for one in inner) and (worded or len(pieces) > 1)
    found = [part for piece in pieces if (part := _part(piece, typed)) is not None]
    return len(found) == len(pieces) and exact.alike(whole, Sum((Number(Fraction(0)), *found)))


def _named(tokens: list[Token]) -> bool:
    kinds = {one.type for one in tokens}
    return (
        bool(tokens)
        and tokens[0].type in ("WORD", "NAME")
        and kinds <= {"WORD", "NAME", "NUMBER", "UNDERSCORE"}
        and all(len(word) == 1 or word in _SMALL or words.unit(word) for word in source.spoken(tokens))
    )


def _part(tokens: list[Token], typed: Text) -> Node | None:
    """The amount in ``2k for a`` and in ``a: 2k``."""
    for at, one in enumerate(tokens):
        if source.word(one) in _OWNERS and at and _named(tokens[at:]):
            return _read(tokens[:at], typed)
        if one.type in ("COLON", "RELATION") and one in (":", "=") and _named(tokens[:at]):
            return _read(tokens[at + 1 :], typed)
    return None
