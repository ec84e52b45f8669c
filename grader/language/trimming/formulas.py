"""Labels before a formula, units after it, members of a chain of equalities."""

from __future__ import annotations

from lark import Token

from grader.language import words
from grader.language.trimming.tokens import Trimmed, ended, label, lines, split
from grader.language.unreadable import Unreadable, quoted


def formula(tokens: list[Token], text: str) -> Trimmed:
    """A formula without label, unit and phrases; the members of a chain of equalities one by one."""
    trimmed = Trimmed([])
    tokens = _bracketed(_members(ended(lines(tokens, refuse=True))))
    if tokens and (tokens[0].type in ("APPROX", "ARROW", "SLOPPY") or tokens[0] == "="):
        if tokens[0].type == "APPROX":
            trimmed.remarks.append("Read as exact.")
        tokens = tokens[1:]
    pieces, separators = split(tokens, _equates)
    while len(pieces) > 1 and label(pieces[0], text):
        trimmed.remarks.append("The label before the formula was left out.")
        pieces, separators = pieces[1:], separators[1:]
    if any(one.type in ("COLON", "ASSIGN") for one in separators):
        colon = next(one for one in separators if one.type in ("COLON", "ASSIGN"))
        raise Unreadable(
            "read.unexpected",
            f"{quoted(str(colon))} has no meaning in a formula.",
            (colon.start_pos or 0, colon.end_pos or 0),
        )
    trimmed.arrows = [one for one in separators if one.type in ("ARROW", "SLOPPY")]
    for piece in pieces:
        trimmed.members.append(measured(_introduced(piece, words.PREFIXES)))
    return trimmed


def _members(tokens: list[Token]) -> list[Token]:
    """``T(n) ∈ O(n^5)`` as ``T(n) = O(n^5)``."""
    return [
        Token("RELATION", "=", start_pos=one.start_pos, end_pos=one.end_pos)
        if one == "∈" and following is not None and following.type == "FUNCTION" and str(following) in words.ORDERS
        else one
        for one, following in zip(tokens, [*tokens[1:], None])
    ]


def _bracketed(tokens: list[Token]) -> list[Token]:
    """Brackets around a logarithm that is an argument or an exponent itself: ``log log n``, ``n^log n``."""
    result = list(tokens)
    for index in range(len(tokens) - 1, 0, -1):
        bare = result[index].type == "FUNCTION" and str(result[index]).startswith("log")
        inner = result[index - 1].type == "CARET" or (
            result[index - 1].type == "FUNCTION" and str(result[index - 1]).startswith("log")
        )
        if not (bare and inner) or index + 1 >= len(result):
            continue
        end = index + 1
        if result[end].type == "OPEN":
            depth = 0
            while end < len(result):
                depth += (result[end].type == "OPEN") - (result[end].type == "CLOSE")
                end += 1
                if depth == 0:
                    break
        elif result[end].type in ("NAME", "NUMBER"):
            end += 1
        else:
            continue
        at, to = result[index].start_pos, result[end - 1].end_pos
        opening = Token("OPEN", "(", start_pos=at, end_pos=at)
        result[index:end] = [opening, *result[index:end], Token("CLOSE", ")", start_pos=to, end_pos=to)]
    return result


def _equates(one: Token) -> bool:
    return one == "=" or one.type in ("APPROX", "COLON", "ASSIGN", "ARROW", "SLOPPY")


def _introduced(tokens: list[Token], prefixes: frozenset[str]) -> list[Token]:
    """Without small words before the formula; a lone letter only counts as a word before another word."""
    at = 0
    while at < len(tokens) and (
        (tokens[at].type == "WORD" and str(tokens[at]).lower() in prefixes)
        or (at and tokens[at].type in ("COMMA", "NEWLINE") and len(tokens[at - 1]) > 1)
    ):
        if (
            len(tokens[at]) == 1
            and tokens[at].type == "WORD"
            and not (at + 1 < len(tokens) and tokens[at + 1].type == "WORD")
        ):
            break
        at += 1
    if at and at + 1 < len(tokens) and tokens[at] == "-" and _apart(tokens[at - 1 : at + 2]):
        at += 1
    return tokens[at:] if at < len(tokens) else tokens


def _apart(tokens: list[Token]) -> bool:
    """Whether there is a blank on both sides of the sign in the middle."""
    before, sign, after = tokens
    return before.end_pos != sign.start_pos and sign.end_pos != after.start_pos


def measured(tokens: list[Token]) -> list[Token]:
    """Without the unit words after the formula."""
    at = len(tokens)
    while at > 1:
        last = tokens[at - 1]
        if (
            (last.type == "WORD" and len(last) > 1 and words.unit(str(last)))
            or last.type == "COMMA"
            or (last == "-" and at < len(tokens))
        ):
            at -= 1
        elif last.type == "CLOSE" and (opening := _wordy(tokens, at - 1)) is not None and opening:
            at = opening
        else:
            break
    return tokens[:at]


def _wordy(tokens: list[Token], close: int) -> int | None:
    at = close - 1
    while at >= 0 and tokens[at].type == "WORD" and words.unit(str(tokens[at])):
        at -= 1
    return at if at >= 0 and at < close - 1 and tokens[at].type == "OPEN" else None
