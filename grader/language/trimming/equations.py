"""The left-hand side of a backward equation, entries at the label, indicators with a free index."""

from __future__ import annotations

from lark import Token

from grader.language.trimming.activations import case_words
from grader.language.trimming.tokens import Trimmed, ended, split


def equation(tokens: list[Token]) -> Trimmed:
    """The right-hand side of an equation; members of a chain one by one."""
    trimmed = Trimmed([])
    tokens = ended([one for one in tokens if one.type != "NEWLINE"])
    tokens = _entries(_picked(case_words(tokens), trimmed.remarks))
    pieces, _ = split(tokens, lambda one: one == "=" or one.type in ("ASSIGN", "COLON", "APPROX"))
    if len(pieces) > 1 and (not pieces[0] or [one.type for one in pieces[0]] == ["NAME"]):
        pieces = pieces[1:]
    trimmed.members = pieces
    return trimmed


def _entries(tokens: list[Token]) -> list[Token]:
    """``y'_t``, the entry of a vector at the label, is ``(onehot(t)^T @ y')``."""
    kept: list[Token] = []
    at = 0
    while at < len(tokens):
        kinds = [one.type for one in tokens[at : at + 5]]
        size = 3 if kinds[:3] == ["NAME", "UNDERSCORE", "NAME"] else 0
        size = 5 if kinds == ["NAME", "UNDERSCORE", "OPEN", "NAME", "CLOSE"] else size
        if not size:
            kept.append(tokens[at])
            at += 1
            continue
        vector, place = tokens[at], tokens[at + (2 if size == 3 else 3)]
        made = (
            *(("OPEN", "("), ("FUNCTION", "onehot"), ("OPEN", "("), ("NAME", str(place)), ("CLOSE", ")")),
            *(("TRANSPOSE", "T"), ("TIMES", "@"), ("NAME", str(vector)), ("CLOSE", ")")),
        )
        kept.extend(Token(kind, value, start_pos=vector.start_pos, end_pos=place.end_pos) for kind, value in made)
        at += size
    return kept


def _picked(tokens: list[Token], remarks: list[str]) -> list[Token]:
    """``I(t = k)`` with a free index k is, over all k, the one-hot vector of t."""
    kept: list[Token] = []
    at = 0
    while at < len(tokens):
        kinds = [one.type for one in tokens[at : at + 6]]
        inner = tokens[at + 2 : at + 5]
        if kinds == ["FUNCTION", "OPEN", "NAME", "RELATION", "WORD", "CLOSE"] or kinds == [
            "FUNCTION",
            "OPEN",
            "WORD",
            "RELATION",
            "NAME",
            "CLOSE",
        ]:
            named = next(one for one in inner if one.type == "NAME")
            free = next(one for one in inner if one.type == "WORD")
            if tokens[at] == "I" and inner[1] == "=" and len(free) == 1:
                kept.extend(
                    [
                        Token("FUNCTION", "onehot", start_pos=tokens[at].start_pos, end_pos=tokens[at].end_pos),
                        tokens[at + 1],
                        named,
                        tokens[at + 5],
                    ]
                )
                remarks.append(f"{tokens[at]}({named} = {free}) over all {free} was read as onehot({named}).")
                at += 6
                continue
        kept.append(tokens[at])
        at += 1
    return kept
