"""Sentences, clauses and lines of a text with formulas in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from grader.writeup.blocks import ANSWER, CLOSE, FORMULA, OPEN, ROW
from grader.writeup.sources import Sourced, joined

_MASK = "\ue004"
_END = re.compile(
    rf"(?<!\bi\.e)(?<!\be\.g)(?<!\bresp)[.?!;](?=\s|$)"
    rf"|\n(?=\s*(?:\S{{0,3}}\s*)?(?:[A-Z]|\d+[.)]|[-*•]))|(?<=[{_MASK},)])\s*\n(?=\s*{_MASK})"
)
"""A full stop, a line that begins anew, and a formula on a line of its own behind another one."""


def typeset(text: Sourced) -> Sourced:
    """A text without the signs that stand around its formulas, rows as lines."""
    parts, at = [], 0
    for found in re.finditer(f"[{OPEN}{CLOSE}{ROW}{ANSWER}]", text.text):
        parts.append(text[at : found.start()])
        if found[0] == ROW:
            parts.append(text[found.start() : found.end()].instead("\n"))
        at = found.end()
    return joined((*parts, text[at:])).strip(" \t\n\r.,;")


def words(text: str) -> str:
    """A text of the same length in which formulas are blank."""
    return FORMULA.sub(lambda found: " " * len(found[0]), text)


def outside_brackets(text: str) -> str:
    """A text of the same length in which remarks in brackets, with their formulas, are blank."""
    masked = FORMULA.sub(lambda found: re.sub(r"[() ]", "x", found[0]), text)
    hidden = re.sub(r"\([^()\n]*\)", lambda found: " " * len(found[0]), masked)
    return "".join(" " if there == " " else here for here, there in zip(text, hidden))


def sentences(text: Sourced) -> Iterator[Sourced]:
    """The sentences of a text; a full stop inside a formula or a number ends none, a line that begins anew does."""
    masked = FORMULA.sub(lambda found: _MASK * len(found[0]), text.text)
    at = 0
    for found in _END.finditer(masked):
        if text.text[at : found.end()].strip():
            yield text[at : found.end()]
        at = found.end()
    if text.text[at:].strip():
        yield text[at:]


def clauses(sentence: Sourced, groups: str) -> Iterator[Sourced]:
    """The clauses of a sentence, each of which says something of one group; ``groups`` are the words for groups."""
    shown = words(sentence.text)
    at = 0
    parting = rf"[,;]?\s*\b(?:and|while|whereas|otherwise|but|else)\b|[,;:](?=[^,;]*\b(?:{groups})\b)"
    for found in re.finditer(parting, shown, re.IGNORECASE):
        if re.search(rf"\b(?:{groups})\b", shown[at : found.start()], re.IGNORECASE):
            yield sentence[at : found.start()]
            at = found.end()
    yield sentence[at:]


def lines(text: Sourced) -> Iterator[Sourced]:
    """The lines of a text, each row of a formula one of them."""
    for found in re.finditer(f"[^\\n{ROW}]+", text.text):
        yield text[found.start() : found.end()]
