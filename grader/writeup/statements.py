"""Statements, ``name = value``, in formulas and in plain text, and the names that stand on their left."""

from __future__ import annotations

import re
from collections.abc import Iterator

from grader.writeup import prose
from grader.writeup.blocks import FORMULA, ROW
from grader.writeup.sources import Sourced

_PIECES = re.compile(r"\\begin\s*\{|\\end\s*\{|\\(?:q?quad|,|;|:|\s)|\\left|\\right|\\.|[\[({]|[\])}]|[,;]")
_MEMBERS = re.compile(r"\\begin\s*\{|\\end\s*\{|\\.|[\[({]|[\])}]|(?<![<>!:])=(?!=)|:=")
_NAME = re.compile(
    r"(?:\\(?:mathbf|mathrm|mathit|mathsf|mathcal|bm|boldsymbol|vec|text|textbf|operatorname)\s*)?\{?\s*"
    r"(?:\\(?:mathbf|mathrm|bm|vec|text)\s*)?([A-Za-z]|\\phi|\\varphi|φ|activation)\s*\}?\s*"
    r"(?:[_^]?\s*\{?\s*[(\[]?\s*(\d)\s*[)\]]?\s*\}?)?\s*(?:\(\s*[zx]\s*\))?"
)


def statements(text: Sourced) -> Iterator[Sourced]:
    """Every statement of a text: in its formulas and, where a line has none of its own, in the line itself."""
    for piece, formulas in _lines(text):
        if not formulas:
            yield from pieces(piece)
        elif any("=" not in formula[1] for formula in formulas) and "=" in prose.words(piece.text):
            # W^{(1)} = `[[2, 0], [0, 2]]`: only the value was typed as a formula.
            yield from pieces(prose.typeset(piece))
        for formula in formulas:
            for row in rows(piece[formula.start(1) : formula.end(1)]):
                yield from pieces(row)


def equations(text: Sourced) -> Iterator[Sourced]:
    """What a derivation is made of: the rows of formulas, lines of plain text with an equals sign, definitions."""
    for piece, formulas in _lines(text):
        for formula in formulas:
            for row in rows(piece[formula.start(1) : formula.end(1)]):
                if not row.text.endswith("="):
                    yield row
        said = prose.words(piece.text)
        defines = re.search(r"\b(?:where|with|let|write|denote)\b", said, re.IGNORECASE) and "hot" in said
        if (not formulas and "=" in piece.text) or defines:
            yield prose.typeset(piece)


def _lines(text: Sourced) -> Iterator[tuple[Sourced, list[re.Match[str]]]]:
    """The lines of a text with their formulas; a formula may go over several lines."""
    flat = FORMULA.sub(lambda found: found[0].replace("\n", " "), text.text)
    for line in re.finditer(r"[^\n]+", flat):
        piece = text[line.start() : line.end()]
        yield piece, list(FORMULA.finditer(piece.text))


def rows(formula: Sourced) -> Iterator[Sourced]:
    """The rows of a formula."""
    for found in re.finditer(f"[^{ROW}]+", formula.text):
        row = formula[found.start() : found.end()].strip()
        if row.text:
            yield row


def pieces(formula: Sourced) -> Iterator[Sourced]:
    """The statements of one row, parted by commas and wide blanks outside of brackets."""
    depth, at = 0, 0
    for found in _PIECES.finditer(formula.text):
        sign = found[0]
        if (sign in (",", ";") or sign.endswith("quad")) and depth == 0:
            yield formula[at : found.start()].strip()
            at = found.end()
        depth = _depth(depth, sign)
    yield formula[at:].strip()


def members(statement: Sourced) -> list[Sourced]:
    """The members of a chain of equalities."""
    found_ones, depth, at = [], 0, 0
    for found in _MEMBERS.finditer(statement.text):
        sign = found[0]
        if sign in ("=", ":=") and depth == 0:
            found_ones.append(statement[at : found.start()].strip())
            at = found.end()
        depth = _depth(depth, sign)
    return [*found_ones, statement[at:].strip()]


def _depth(depth: int, sign: str) -> int:
    """How deep in brackets and environments one is behind a sign."""
    if sign.startswith("\\begin"):
        return depth + 2  # the environment, and the brace of its name
    if sign in ("[", "(", "{"):
        return depth + 1
    return max(0, depth - 1) if sign in ("]", ")", "}") else depth


def named_value(statement: Sourced) -> tuple[tuple[str, ...], Sourced] | None:
    """The names on the left of ``b1 = b2 = …``, and the last member; None where no name stands on the left."""
    found = members(statement)
    names: list[str] = []
    for member in found[:-1]:
        known = name(member.text)
        if not known:
            break
        names.append(known)
    return (tuple(names), prose.typeset(found[-1])) if names else None


def transposed_value(statement: Sourced) -> tuple[str, Sourced] | None:
    """The name and the value of ``z^T = …``: for a vector, a row and a column are the same."""
    left, sign, _ = statement.text.partition("=")
    turned = _TRANSPOSED.search(left[:80]) if sign else None
    known = name(left[: turned.start()]) if turned else ""
    return (known, prose.typeset(members(statement)[-1])) if known else None


_TRANSPOSED = re.compile(
    r"\s*\^\s*\{?\s*(?:T|t|\\top|\\intercal|\\mathsf\s*\{?T\}?|\\mathrm\s*\{?T\}?)\s*\}?\s*$|\s*ᵀ\s*$"
)


def name(text: str) -> str:
    """``W1`` for ``\\mathbf{W}^{(1)}``, ``W_1`` and ``the weights W1``; empty for what is no such name."""
    shown = re.sub(r"\\[,;:! ]", "", text).strip()
    last = shown if "\\" in shown else re.sub(r"^.*[:\s](?=\S+$)", "", shown)
    found = _NAME.fullmatch(last.strip())
    if found is None:
        return ""
    stem = "activation" if found[1] in ("\\phi", "\\varphi", "φ", "activation") else found[1]
    return stem + (found[2] or "")
