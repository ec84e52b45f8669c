"""Tokens to nodes by the parser of the grammar, whose complaints are put into human words."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import Any

from lark import Lark, Token, UnexpectedToken

from grader.language import tables
from grader.language.building import Builder
from grader.language.nodes import Node
from grader.language.parts import Body
from grader.language.unreadable import Unreadable, quoted


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return tables.parser(Builder())


def single(tokens: list[Token], length: int) -> Node:
    """One expression."""
    return _parse(tokens, "single", length)  # type: ignore[no-any-return]


def several(tokens: list[Token], length: int) -> Body:
    """Expressions parted by commas and rows."""
    return _parse(tokens, "several", length)  # type: ignore[no-any-return]


def _parse(tokens: list[Token], start: str, length: int) -> Any:
    if not tokens:
        raise Unreadable("read.empty", "Only words stand here.", (0, length))
    try:
        return _parser().parse(tokens, start=start)
    except UnexpectedToken as error:
        raise _unexpected(error, tokens, length) from None


_OPERANDS = frozenset(("NUMBER", "NAME", "OPEN", "LOPEN", "MATRIX"))
_SHOWN = {"ROW": ";", "COMMA": ",", "CARET": "^", "LCLOSE": "]", "CLOSE": ")"}


def _unexpected(error: UnexpectedToken, tokens: list[Token], length: int) -> Unreadable:
    wanted = set(error.accepts or error.expected or ())
    token = error.token
    ended = token.type == "$END"
    last = tokens[-1]
    place = (
        (last.end_pos or length, (last.end_pos or length) + 1)
        if ended
        else (token.start_pos or 0, token.end_pos or length)
    )
    before = next((one for one, following in pairwise(tokens) if _same(following, token)), last if ended else None)
    shown = "The answer ends" if ended else f"{quoted(str(token) or _SHOWN.get(token.type, ' '))} has no meaning"
    where = "" if before is None else f" after {quoted(str(before) or _SHOWN.get(before.type, ' '))}"
    return Unreadable(
        "read.unexpected-end" if ended else "read.unexpected", f"{shown}{where}.", place, expected=_wanted(wanted)
    )


def _same(one: Token, other: Token) -> bool:
    return (one.start_pos, one.end_pos, str(one)) == (other.start_pos, other.end_pos, str(other))


def _wanted(wanted: set[str]) -> str:
    if wanted & _OPERANDS:
        return "a number, a name or an opening bracket"
    phrases = []
    if "SIGN" in wanted or "TIMES" in wanted:
        phrases.append("an operator such as + or *")
    if wanted & {"CLOSE", "LCLOSE", "BAREND", "FLOOREND"}:
        phrases.append("a closing bracket")
    if "COMMA" in wanted:
        phrases.append("a comma")
    if "RELATION" in wanted and "SIGN" not in wanted:
        phrases.append("a relation such as <")
    if "ELSE" in wanted and "$END" not in wanted:
        phrases.append("else and a value for all other cases")
    if "$END" in wanted:
        phrases.append("the end")
    return " or ".join(phrases)
