"""Sentences, clauses and lines of a text with formulas in it, and the statements, ``name = value``, that it makes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from grader.writeup.rules import NOT
from grader.writeup.sources import ANSWER, CLOSE, FORMULA, OPEN, ROW, Sourced, masked, parted

ARROW = re.compile(r"->|→|\\(?:to|rightarrow|longrightarrow|mapsto|leftarrow)(?![A-Za-z])|<-|←")
_NO_EDGE = re.compile(rf"{NOT}|\b(?:without|except|instead|remov\w*|omit\w*|wrong)\b", re.IGNORECASE)
"""In a line of which not every edge is one."""
_MASK = "\ue004"
_END = (
    rf"(?<!\bi\.e)(?<!\be\.g)(?<!\bresp)[.?!;](?=\s|$)|[。；]"
    rf"|\n(?=\s*(?:\S{{0,3}}\s*)?(?:[A-Z]|\d+[.)]|[-*•]))|(?<=[{_MASK},)\\])\s*\n(?=\s*(?:{_MASK}|(?i:%s)\b))"
)
"""A full stop, a line that begins anew, and a formula, or a word for a group, on a new line behind another formula."""
_NAME = re.compile(
    r"(?:\\(?:mathbf|mathrm|mathit|mathsf|mathcal|bm|boldsymbol|vec|text|textbf|operatorname)\s*)?\{?\s*"
    r"(?:\\(?:mathbf|mathrm|bm|vec|text)\s*)?([A-Za-z]|\\phi|\\varphi|φ|activation)\s*\}?\s*"
    r"(?:[_^]?\s*\{?\s*[(\[]?\s*(\d)\s*[)\]]?\s*\}?)?\s*(?:\(\s*[zx]\s*\))?"
)
_TRANSPOSED = re.compile(
    r"\s*\^\s*\{?\s*(?:T|t|\\top|\\intercal|\\mathsf\s*\{?T\}?|\\mathrm\s*\{?T\}?)\s*\}?\s*$|\s*ᵀ\s*$"
)


def typeset(text: Sourced) -> Sourced:
    """A text without the signs that stand around its formulas, rows as lines."""
    shown = text.changed(f"[{OPEN}{CLOSE}{ROW}{ANSWER}]", lambda found: "\n" if found[0] == ROW else "")
    return shown.strip(" \t\n\r.,;")


def outside_brackets(text: str, groups: str = "(?!)") -> str:
    """A text of the same length in which remarks in brackets, with their formulas, are blank.

    ``groups`` are words, as the inside of a regular expression, that are none, as in ``Time (reverse mode):``.
    """
    brackets = rf"\((?!\s*(?i:{groups})(?:[- ]mode)?\s*\))[^()\n]*\)"
    shown = list(text)
    for found in re.finditer(brackets, masked(text, "x")):
        shown[found.start() : found.end()] = " " * len(found[0])
    return "".join(shown)


def sentences(text: Sourced, groups: str = "(?!)") -> Iterator[Sourced]:
    """The sentences of a text; a full stop inside a formula or a number ends none, a line that begins anew does.

    ``groups`` are the words for groups, as the inside of a regular expression.
    """
    at = 0
    for found in re.finditer(_END % groups, masked(text.text, _MASK)):
        if text.text[at : found.end()].strip():
            yield text[at : found.end()]
        at = found.end()
    if text.text[at:].strip():
        yield text[at:]


def clauses(sentence: Sourced, groups: str) -> Iterator[Sourced]:
    """The clauses of a sentence, each of which says something of one group; ``groups`` are the words for groups."""
    shown = masked(sentence.text, _MASK)
    at = 0
    parting = rf"[,;]?\s*\b(?:and(?! only)|while|whereas|otherwise|but|else)\b|[,;:](?=[^,;]*\b(?:{groups})\b)"
    for found in re.finditer(parting, shown, re.IGNORECASE):
        if re.search(rf"\b(?:{groups})\b", shown[at : found.start()], re.IGNORECASE):
            yield sentence[at : found.start()]
            at = found.end()
    yield sentence[at:]


def rows(formula: Sourced) -> Iterator[Sourced]:
    """The rows of a formula."""
    return (row for piece in formula.between(re.finditer(ROW, formula.text)) if (row := piece.strip()).text)


def statements(text: Sourced) -> Iterator[Sourced]:
    """Every statement of a text: in its formulas and, where a line has none of its own, in the line itself."""
    for line, formulas in _with_formulas(text):
        if not formulas:
            yield from pieces(line)
        elif any("=" not in formula.text for formula in formulas) and "=" in masked(line.text):
            # W^{(1)} = `[[2, 0], [0, 2]]`: only the value was typed as a formula.
            yield from pieces(typeset(line))
        for formula in formulas:
            for row in rows(formula):
                yield from pieces(row)


def equations(text: Sourced) -> Iterator[Sourced]:
    """What a derivation is made of: the rows of formulas, lines of plain text with an equals sign, definitions."""
    for line, formulas in _with_formulas(text):
        yield from (row for formula in formulas for row in rows(formula) if not row.text.endswith("="))
        plain = masked(line.text)
        defines = re.search(r"\b(?:where|with|let|write|denote)\b", plain, re.IGNORECASE) and "hot" in plain
        if (not formulas and "=" in line.text) or defines:
            yield typeset(line)


def arrows(text: Sourced) -> Iterator[Sourced]:
    """What draws a graph: rows of formulas with arrows between names, else whole lines with arrows."""
    for line, formulas in _with_formulas(text):
        drawn = [row for formula in formulas for row in rows(formula) if ARROW.search(row.text)]
        named = all(name.strip() for row in drawn for name in ARROW.split(row.text))
        if drawn and named and not _NO_EDGE.search(masked(line.text)):
            yield from map(typeset, drawn)
        elif ARROW.search(line.text):
            yield typeset(line)


def _with_formulas(text: Sourced) -> Iterator[tuple[Sourced, list[Sourced]]]:
    """The lines of a text, each with its formulas; a formula may go over several lines."""
    flat = FORMULA.sub(lambda found: found[0].replace("\n", " "), text.text)
    for found in re.finditer(r"[^\n]+", flat):
        line = text.group(found)
        yield line, [line.group(formula, 1) for formula in FORMULA.finditer(line.text)]


def pieces(formula: Sourced) -> Iterator[Sourced]:
    """The statements of one row, parted by commas and wide blanks outside of brackets."""
    return (piece.strip() for piece in parted(formula, r"\\q?quad|[,;]"))


def named_value(statement: Sourced) -> tuple[list[tuple[str, bool]], Sourced]:
    """The names on the left of ``b1 = b2 = …``, each with whether it is transposed, and the last member."""
    *left, value = parted(statement, r"(?<![<>!:])=(?!=)|:=")
    names = []
    for member in map(Sourced.strip, left):
        turned = _TRANSPOSED.search(member.text[:80])
        known = name(member.text[: turned.start()] if turned else member.text)
        if not known:
            break
        names.append((known, turned is not None))
    return names, typeset(value)


def name(text: str) -> str:
    """``W1`` for ``\\mathbf{W}^{(1)}``, ``W_1`` and ``the weights W1``; empty for what is no such name."""
    shown = re.sub(r"\\[,;:! ]", "", text).strip()
    last = shown if "\\" in shown else re.sub(r"^.*[:\s](?=\S+$)", "", shown)
    found = _NAME.fullmatch(last.strip())
    if found is None:
        return ""
    stem = "activation" if found[1] in ("\\phi", "\\varphi", "φ", "activation") else found[1]
    return stem + (found[2] or "")
