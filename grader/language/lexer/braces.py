"""Braces put around the arguments of fractions and roots that were typed without, and taken off where idle."""

from __future__ import annotations

from dataclasses import replace

from grader.language.lexemes import Lexeme
from grader.language.unreadable import Unreadable, quoted


def braced(found: list[Lexeme]) -> list[Lexeme]:
    """With braces around every argument of a fraction or root: ``\\frac12`` and ``\\frac n2`` have none."""
    found = _prefixed(_without_idle(found))
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


def _without_idle(found: list[Lexeme]) -> list[Lexeme]:
    """Without ``{}`` after an operand or a sign, and without the braces of a single sign: ``k^3{}``, ``a{>}b``."""
    kept: list[Lexeme] = []
    at = 0
    while at < len(found):
        before = kept[-1] if kept else None
        free = before is not None and before.kind in ("number", "word", "sign") and before.text not in ("^", "_", "∈")
        spelled = [one.text for one in found[at : at + 3]]
        if free and spelled[:2] == ["{", "}"]:
            at += 2
        elif free and len(spelled) == 3 and spelled[0] == "{" and spelled[2] == "}" and spelled[1] in _SINGLE:
            kept.append(found[at + 1])
            at += 3
        else:
            kept.append(found[at])
            at += 1
    return kept


def _prefixed(found: list[Lexeme]) -> list[Lexeme]:
    """``{a \\over b}`` as ``\\frac{a}{b}``, ``n choose k`` as ``\\binom{n}{k}``."""
    result = list(found)
    for index in range(len(found) - 1, -1, -1):
        lexeme = result[index]
        if lexeme.text in _INFIX or (lexeme.kind == "word" and lexeme.text.lower() == "choose"):
            alone = lexeme.kind == "word"
            start, end = (_operand(result, index, -1), _operand(result, index, 1)) if alone else _sides(result, index)
            if start == index or end == index:
                continue
            inside = start > 0 and end + 1 < len(result) and result[start - 1].text == "{" != result[index - 1].text
            inside = inside and result[end + 1].text == "}" and (start < 2 or result[start - 2].text not in "^_")
            left, right = result[start:index], result[index + 1 : end + 1]
            made = [replace(lexeme, kind="structure", text=_INFIX.get(lexeme.text, "\\binom"), gap=left[0].gap)]
            for part in (left, right):
                opening = Lexeme("open", "{", part[0].start, part[0].start)
                made += [opening, *part, Lexeme("close", "}", part[-1].end, part[-1].end)]
            result[start - inside : end + 1 + inside] = made
    return result


_SINGLE = ("+", "-", "*", "/", "<", ">", "≤", "≥", "=", "≠")
_INFIX = {"\\over": "\\frac", "\\choose": "\\binom"}


def _sides(found: list[Lexeme], index: int) -> tuple[int, int]:
    """From where to where the bracket around this place reaches, or the member of a chain."""
    start = end = index
    depth = 0
    while start > 0 and not (depth == 0 and (found[start - 1].kind == "open" or found[start - 1].text in _BETWEEN)):
        start -= 1
        depth += {"close": 1, "open": -1}.get(found[start].kind, 0)
    depth = 0
    while end + 1 < len(found) and not (
        depth == 0 and (found[end + 1].kind == "close" or found[end + 1].text in _BETWEEN)
    ):
        end += 1
        depth += {"open": 1, "close": -1}.get(found[end].kind, 0)
    return start, end


_BETWEEN = ("=", "<", ">", "≤", "≥", "≠", "≈", ",", ":")


def _operand(found: list[Lexeme], index: int, step: int) -> int:
    """Where the single operand beside this word ends; the word's own place if there is none that stands alone."""
    at = index + step
    if not 0 <= at < len(found):
        return index
    if found[at].kind == ("close" if step < 0 else "open"):
        depth = 0
        while 0 <= at < len(found):
            depth += {"open": 1, "close": -1}.get(found[at].kind, 0) * step
            if depth == 0:
                break
            at += step
        else:
            return index
    elif found[at].kind not in ("number", "word"):
        return index
    beyond = at + step
    alone = not 0 <= beyond < len(found) or found[beyond].kind in ("open", "close") or found[beyond].text in _BETWEEN
    return at if alone else index


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
