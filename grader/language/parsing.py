"""Tokens to nodes by the parser of the grammar, whose complaints are put into human words.

The parser's tables are kept beside the grammar, since making them anew takes a tenth of a cold start;
``python -m grader.language.parsing`` writes ``tables.json``. The grammar stays the one source: where it or lark is not
what the tables were made from, they are made anew, in memory.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import lark
from lark import Lark, Token, UnexpectedToken
from lark.grammar import Rule
from lark.lexer import Lexer, TerminalDef

from grader.language.building import Body, Builder
from grader.language.nodes import Node
from grader.language.unreadable import Unreadable, quoted


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return parser(Builder())


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


_PHRASES = (
    ({"SIGN", "TIMES"}, "an operator such as + or *"),
    ({"CLOSE", "LCLOSE", "BAREND", "FLOOREND"}, "a closing bracket"),
    ({"COMMA"}, "a comma"),
)


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
    message = f"{shown}{where}."
    return Unreadable("read.unexpected-end" if ended else "read.unexpected", message, place, expected=_wanted(wanted))


def _same(one: Token, other: Token) -> bool:
    return (one.start_pos, one.end_pos, str(one)) == (other.start_pos, other.end_pos, str(other))


def _wanted(wanted: set[str]) -> str:
    if wanted & _OPERANDS:
        return "a number, a name or an opening bracket"
    phrases = [phrase for kinds, phrase in _PHRASES if wanted & kinds]
    if "RELATION" in wanted and "SIGN" not in wanted:
        phrases.append("a relation such as <")
    if "ELSE" in wanted and "$END" not in wanted:
        phrases.append("else and a value for all other cases")
    if "$END" in wanted:
        phrases.append("the end")
    return " or ".join(phrases)


FILE = Path(__file__).with_name("tables.json")
GRAMMAR = Path(__file__).with_name("grammar.lark")


class _Handed(Lexer):
    """Hands over tokens that were made before."""

    def __init__(self, lexer_conf: Any) -> None:
        pass

    def lex(self, tokens: Any) -> Iterator[Token]:  # type: ignore[override]  # the state is the list of tokens itself
        for token in tokens:
            kind = _TERMINALS.get(token.type)
            yield token if kind is None else Token(kind, str(token), start_pos=token.start_pos, end_pos=token.end_pos)


_TERMINALS = {
    "TRUTH": "CONSTANT", "FLOOR": "BAR", "FLOOREND": "BAREND", "CHOOSE": "FRACTION", "TRANSPOSE": "POSTFIX",
    "BANG": "POSTFIX",
}  # fmt: skip
"""Kinds of token that the grammar need not tell apart; their text does."""


def parser(transformer: Any) -> Lark:
    """A parser of lists of tokens; what it reads is put together by ``transformer``."""
    kept = json.loads(FILE.read_bytes())
    if kept["origin"] != _origin():
        return made(transformer)
    data = kept["data"]
    data["options"].update(lexer=_Handed, transformer=transformer)
    data["parser"]["lexer_conf"]["lexer_type"] = _Handed
    table = data["parser"]["parser"]
    table["states"] = {int(state): actions for state, actions in table["states"].items()}
    return Lark.load({"data": data, "memo": {int(number): rule for number, rule in kept["rules"].items()}})


def made(transformer: Any) -> Lark:
    """The same from the grammar."""
    grammar, starts = GRAMMAR.read_text(encoding="utf-8"), ["single", "several"]
    return Lark(grammar, parser="lalr", lexer=_Handed, start=starts, transformer=transformer, maybe_placeholders=False)


def text() -> str:
    """What ``tables.json`` holds: a parser as lark itself writes it down, without lexer and transformer."""
    data, rules = made(None).memo_serialize([TerminalDef, Rule])
    data["options"]["lexer"] = data["parser"]["lexer_conf"]["lexer_type"] = None
    kept = {"origin": _origin(), "data": data, "rules": rules}
    return json.dumps(kept, separators=(",", ":"), sort_keys=True) + "\n"


def _origin() -> str:
    return hashlib.sha256(lark.__version__.encode() + GRAMMAR.read_bytes()).hexdigest()


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
