"""Braces put around the arguments of fractions and roots that were typed without."""

from __future__ import annotations

from dataclasses import replace

from grader.language.lexemes import Lexeme
from grader.language.unreadable import Unreadable, quoted


def braced(found: list[Lexeme]) -> list[Lexeme]:
    """With braces around every argument of a fraction or root: ``\\frac12`` and ``\\frac n2`` have none."""
    result = list(found)
    for index in range(len(found) - 1, -1, -1):
        lexeme = found[index]
        if lexeme.kind != "structure":
            continue
        at = index + 1
        if lexeme.text == "\\sqrt" and at < len(result) and result[at].text == "[":
            at = _after(result, at)
        for _ in range(1 if lexeme.text == "\\sqrt" else 2):
            at = _wrap(result, at, lexeme)
    return result


def _wrap(result: list[Lexeme], at: int, owner: Lexeme) -> int:
    if at >= len(result) or result[at].kind not in ("open", "number", "word"):
        raise Unreadable(
            "read.missing-argument", f"{quoted(owner.text)} needs its arguments in braces.", owner.span, expected="{…}"
        )
    first = result[at]
    if first.kind == "open":
        return _after(result, at)
    single = first.text.isdigit() if first.kind == "number" else not first.whole
    size = 1 if single else len(first.text)
    head = replace(first, text=first.text[:size])
    tail = [replace(first, text=first.text[size:], gap="")] if size < len(first.text) else []
    opening, closing = Lexeme("open", "{", first.start, first.start), Lexeme("close", "}", first.end, first.end)
    result[at : at + 1] = [opening, head, closing, *tail]
    return at + 3


def _after(lexemes: list[Lexeme], at: int) -> int:
    depth = 0
    for index in range(at, len(lexemes)):
        depth += {"open": 1, "close": -1}.get(lexemes[index].kind, 0)
        if depth == 0:
            return index + 1
    raise Unreadable("read.unbalanced", f"The bracket {quoted(lexemes[at].text)} is never closed.", lexemes[at].span)
