"""The parser of the grammar, from tables that are kept beside it: making them anew takes a tenth of a cold start.

``python -m grader.language.tables`` writes ``tables.json``. The grammar stays the one source: where it or lark is not
what the tables were made from, they are made anew, in memory.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lark
from lark import Lark, Token
from lark.grammar import Rule
from lark.lexer import Lexer, TerminalDef

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
    table["states"] = dict(enumerate(table["states"]))
    return Lark.load({"data": data, "memo": dict(enumerate(kept["rules"]))})


def made(transformer: Any) -> Lark:
    """The same from the grammar."""
    grammar, starts = GRAMMAR.read_text(encoding="utf-8"), ["single", "several"]
    return Lark(grammar, parser="lalr", lexer=_Handed, start=starts, transformer=transformer, maybe_placeholders=False)


def text() -> str:
    """What ``tables.json`` holds: a parser as lark itself writes it down, without lexer and transformer."""
    data, rules = made(None).memo_serialize([TerminalDef, Rule])
    data["options"]["lexer"] = data["parser"]["lexer_conf"]["lexer_type"] = None
    data["parser"]["parser"] = _in_order(**data["parser"]["parser"])
    kept = {"origin": _origin(), "data": data, "rules": [rules[number] for number in range(len(rules))]}
    return json.dumps(kept, separators=(",", ":"), sort_keys=True) + "\n"


def _origin() -> str:
    return hashlib.sha256(lark.__version__.encode() + GRAMMAR.read_bytes()).hexdigest()


def _in_order(
    tokens: dict[int, str], states: dict[int, dict[int, Any]], start_states: dict[str, int], end_states: dict[str, int]
) -> dict[str, Any]:
    """Tables with the states in the order in which they are reached; lark numbers them otherwise in each run."""
    named = {state: {tokens[token]: action for token, action in actions.items()} for state, actions in states.items()}
    order = list(start_states.values())
    for state in order:
        shifts = sorted((token, target) for token, (reduces, target) in named[state].items() if not reduces)
        order += [target for _, target in shifts if target not in order]
    place = {state: number for number, state in enumerate(order)}
    return {
        "tokens": {token: token for token in tokens.values()},
        "states": [
            {
                token: (reduces, target if reduces else place[target])
                for token, (reduces, target) in named[state].items()
            }
            for state in order
        ],
        "start_states": {start: place[state] for start, state in start_states.items()},
        "end_states": {start: place[state] for start, state in end_states.items()},
    }


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
