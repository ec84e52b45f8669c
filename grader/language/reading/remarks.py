"""Brackets at the end of a formula that explain it: ``25 (5*5)``, ``4k steps (2k for a, 2k for b)``, ``5k (a, b)``.

A bracket that could be a factor is one, unless it says what stands before it in another way; then nobody can tell.
"""

from __future__ import annotations

from fractions import Fraction

from lark import Token

from grader.language import exact, slips, words
from grader.language.nodes import Node, Number, Sum, names
from grader.language.parsing import single
from grader.language.reading.source import Text
from grader.language.trimming.formulas import measured
from grader.language.trimming.tokens import split
from grader.language.unreadable import Unreadable

_FACTORS = frozenset(("NUMBER", "NAME", "CLOSE", "POSTFIX", "BANG"))
_OWNERS = words.listed("for of from in to per each")
_SMALL = _OWNERS | words.listed(
    "the a and vector vectors matrix scalar input inputs output outputs result intermediate intermediates"
)
_DROPPED = "The remark in brackets was left out."


def parted(tokens: list[Token], source: Text, remarks: list[str]) -> list[list[Token]]:
    """The formula without the remark; a remark that starts with ``=`` is one more member of the chain.

    Raises ``Unreadable`` where a bracket may be either a factor or a remark.
    """
    at = _opening(tokens)
    if at is None or tokens[at - 1].type not in (*_FACTORS, "WORD"):
        return [tokens]
    head, inner = measured(tokens[:at]), tokens[at + 1 : -1]
    if not head or not inner:
        return [tokens]
    if inner[0] == "=":
        pieces, _ = split(inner[1:], lambda one: one == "=")
        return [head, *pieces]
    worded = tokens[at - 1].type == "WORD"
    apart = bool(source.text[tokens[at - 1].end_pos or 0 : tokens[at].start_pos or 0])
    if not worded and not apart:
        return [tokens]
    if inner[0] == "+":
        raise _doubtful(tokens[at:])
    whole, said = _read(head, source), _read(inner, source)
    if whole is None:
        return [tokens]
    if said is None:
        if not _explains(inner, whole, source, worded):
            return [tokens]
    elif not worded and names(whole) and [one.type for one in inner] == ["NUMBER"]:
        # n^2 + 4n (2): the number of a line, or a factor.
        raise _doubtful(tokens[at:])
    elif not exact.alike(whole, said) or (whole == said and not worded and names(whole)):
        return [tokens]
    elif not worded and (names(whole) | names(said) or whole == said):
        raise _doubtful(tokens[at:])
    remarks.append(_DROPPED)
    return [head]


def _doubtful(bracket: list[Token]) -> Unreadable:
    return Unreadable(
        "read.restated",
        "It is not clear whether this bracket is a factor or a remark.",
        (bracket[0].start_pos or 0, bracket[-1].end_pos or 0),
        hint="Leave the remark out, or write a product with *.",
    )


def _opening(tokens: list[Token]) -> int | None:
    """Where the bracket opens that ends the answer."""
    if not tokens or tokens[-1] not in (")", "]") or tokens[-1].type != "CLOSE":
        return None
    depth = 0
    for at in range(len(tokens) - 1, 0, -1):
        depth += (tokens[at].type == "CLOSE") - (tokens[at].type == "OPEN")
        if depth == 0:
            return at
    return None


def _read(tokens: list[Token], source: Text) -> Node | None:
    try:
        slips.check(tokens, source.context, source.text)
        return single(tokens, source.end)
    except Unreadable:
        return None


def _explains(inner: list[Token], whole: Node, source: Text, worded: bool) -> bool:
    """Whether it lists names (``a, b``), or parts with what they are for that add up to the whole (``2k for a, …``)."""
    pieces, _ = split(inner, lambda one: one.type in ("COMMA", "AND"))
    if all(_named(piece) for piece in pieces):
        # A letter alone, (z), may be meant for a factor.
        return any(one.type == "WORD" for one in inner) and (worded or len(pieces) > 1)
    parts = [_part(piece, source) for piece in pieces]
    found = [part for part in parts if part is not None]
    return len(found) == len(parts) and exact.alike(
        whole, found[0] if len(found) == 1 else Sum((Number(Fraction(0)), *found))
    )


def _named(tokens: list[Token]) -> bool:
    said = [str(one).lower() for one in tokens if one.type == "WORD"]
    kinds = {one.type for one in tokens}
    return (
        bool(tokens)
        and tokens[0].type in ("WORD", "NAME")
        and kinds <= {"WORD", "NAME", "NUMBER", "UNDERSCORE"}
        and all(len(word) == 1 or word in _SMALL or words.unit(word) for word in said)
    )


def _part(tokens: list[Token], source: Text) -> Node | None:
    """The amount in ``2k for a`` and in ``a: 2k``."""
    for at, one in enumerate(tokens):
        if one.type == "WORD" and str(one).lower() in _OWNERS and at and _named(tokens[at:]):
            return _read(tokens[:at], source)
        if one.type in ("COLON", "RELATION") and one in (":", "=") and _named(tokens[:at]):
            return _read(tokens[at + 1 :], source)
    return None
