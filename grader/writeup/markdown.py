"""Markdown with maths as blocks: files, cells of notebooks, and what scanners give back.

markdown-it-py tells the blocks; formulas and code are hidden from it first, so that a sign in them is never taken for
Markdown, and one that is never closed ends with its paragraph.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from html import unescape

from markdown_it import MarkdownIt
from markdown_it.token import Token

from grader.writeup import latex
from grader.writeup.blocks import BREAK, CLOSE, OPEN, Block
from grader.writeup.macros import Expander
from grader.writeup.sources import EMPTY, Sourced, joined

_NO_BLANK = r"(?:(?!\n[ \t>]*\n)(?!\n[ \t>]*#)(?!\n[ \t>]*\$\$[^\n]*\$\$).)"
"""Any sign but the start of an empty line, of a heading, or of a line with a whole formula of its own."""

_NO_PROSE = r"(?![ \t>]*(?:#|\$\$|\\\]))(?![^\n]*[a-z]{3,} [a-z]{2,} [a-z]{2,})"
"""Before a line that may stand in a display between lines of nothing but its signs, empty lines around it."""

_HIDDEN = re.compile(
    r"(?P<fence>(?:^|(?<=\n))[ \t>]*(?P<tick>`{3,}(?!`)|~{3,}(?!~))(?P<language>[^\n]*)\n(?P<fenced>.*?)"
    r"(?:\n[ \t>]*(?P=tick)[`~]*[ \t]*(?=\n|$)|$))"
    rf"|(?P<comment><!--.*?(?:-->|$)|(?:^|(?<=\s))%%.*?%%|~~(?!~){_NO_BLANK}+?~~"
    rf"|<(?P<del>del|s|strike)>(?:(?!<(?:del|s|strike)>){_NO_BLANK})*?</(?P=del)>)"
    rf"|(?P<table><table\b.*?(?:</table>|$))"
    rf"|(?P<tabular>\\begin\{{(?P<columns>tabularx?)\}}.*?(?:\\end\{{(?P=columns)\}}|$))"
    rf"|(?:^|(?<=\n))[ \t>]*(?:\$\$|\\\[)[ \t]*\n(?P<spread>(?:{_NO_PROSE}[^\n$]*\n)+?)"
    r"[ \t>]*(?:\$\$|\\\])[ \t]*(?=\n|$)"
    rf"|\$\$(?P<display>{_NO_BLANK}+?)\$\$"
    rf"|\\\[(?P<bracket>(?:\\\\|(?!\\[\\[\]]){_NO_BLANK})+)\\\]"
    rf"|\\\((?P<paren>(?:\\\\|(?!\\[\\()]){_NO_BLANK})+)\\\)"
    rf"|(?P<whole>\\begin\{{(?P<env>(?:equation|align|gather|multline|eqnarray|flalign|split|aligned)\*?)\}}"
    r"(?:(?!\\begin\{(?P=env)\}).)*?\\end\{(?P=env)\})"
    rf"|(?P<code>(?<!`)(?P<quote>`+)(?!`)(?P<inner>[^`\n]+)(?P=quote)(?!`))"
    rf"|(?<![\\$])\$(?P<inline>(?:\\.|(?!\n[ \t>]*\n)[^$\\])+?)\$",
    re.DOTALL,
)
_SECTION = re.compile(r"(?<![^\n])[ ]{0,3}\\(?P<sub>(?:sub){0,2})section\*?\{(?P<title>[^{}\n]+)\}(?=[ \t]*(?:\n|$))")
"""A heading as scanners write it."""
_FRONT = re.compile(r"\A---[ \t]*\n.*?\n---[ \t]*(?:\n|$)", re.DOTALL)
_MATHS = ("spread", "display", "bracket", "paren", "inline")
_INLINE = re.compile(
    r"(?P<drawing>!\[\[[^\]\n]{0,500}\]\]|!\[[^\]\n]{0,500}\]\([^)\n]{0,2000}\)|<img\b[^>]{0,2000}>)"
    r"|(?P<link>\[\[(?=[^\]\n]{0,500}[A-Za-z])[^\]\n]{0,500}\]\])"
    r"|\[(?P<text>[^\[\]\n]{0,500})\]\([^)\n]{0,2000}\)"
    r"|(?P<break><br\s*/?>|\n)"
    r"|<(?P<script>su[pb])>(?P<raised>[^<>\n]{0,200})</(?P=script)>"
    r"|(?P<tag></?[A-Za-z][^<>\n]{0,2000}>)"
    r"|(?P<entity>&(?:[A-Za-z]+|#\d+);)"
    r"|(?P<mark>\*\*+|__+|==+|(?<![\w*)])\*(?=[^\s*])|(?<=[^\s*])\*(?![\w*(]))",
    re.DOTALL,
)
_QUESTION = re.compile(r"\[!(?:question|todo|quote|info|abstract|example)\]", re.IGNORECASE)
_PARSER = MarkdownIt("commonmark", {"html": False}).enable(["table"]).disable(["html_block", "inline"])


def blocks(source: Sourced, expander: Expander) -> Iterator[Block]:
    """The blocks of a Markdown text."""
    yield from _Page(source, expander).blocks()


class _Page:
    def __init__(self, source: Sourced, expander: Expander) -> None:
        self.source = source
        self.expander = expander
        text = source.text
        front = _FRONT.match(text)
        if front:
            text = _blanked(text, 0, front.end())
        text = _SECTION.sub(_as_heading, text)
        self.hidden: list[re.Match[str]] = []
        shown = list(text)
        for found in _HIDDEN.finditer(text):
            if found["comment"] is not None or (found["fence"] is not None and not _is_maths(found["language"])):
                shown[found.start() : found.end()] = _blanked(found[0], 0, len(found[0]))
            else:
                self.hidden.append(found)
                # With an empty line in it, it becomes one line: it is in one paragraph all the same.
                torn = re.search(r"\n[ \t>]*\n", found[0])
                shown[found.start() : found.end()] = re.sub("." if torn else r"[^\n]", "x", found[0], flags=re.DOTALL)
                if found["code"] is None:
                    self._keep_markers(shown, found)
        self.shown = "".join(shown)
        self.hidden_starts = [found.start() for found in self.hidden]
        self.starts = [0, *(place.end() for place in re.finditer("\n", self.shown)), len(self.shown) + 1]

    def _keep_markers(self, shown: list[str], found: re.Match[str]) -> None:
        """Quote marks before the lines of a formula stay, so that it stays in its quote."""
        for line in re.finditer(r"\n[ \t]*>[ \t>]*", found[0]):
            if shown[found.start() + line.start()] == "\n":
                shown[found.start() + line.start() : found.start() + line.end()] = line[0]
        if found["fence"] is not None or found["spread"] is not None:
            prefix = re.match(r"[ \t>]*", found[0])
            if prefix:
                shown[found.start() : found.start() + prefix.end()] = prefix[0]

    def blocks(self) -> Iterator[Block]:
        tokens = _PARSER.parse(self.shown)
        table: list[tuple[Sourced, ...]] = []
        row: list[Sourced] = []
        level, question, at = 0, 0, 0
        for place, token in enumerate(tokens):
            if token.type == "blockquote_open":
                question += 1 if question or self._is_question(tokens, place) else 0
            elif token.type == "blockquote_close":
                question = max(0, question - 1)
            elif token.type == "heading_open":
                level = int(token.tag[1:])
            elif token.type == "heading_close":
                level = 0
            elif token.type == "tr_open":
                row, at = [], self.starts[(token.map or [0])[0]]
            elif token.type == "tr_close":
                table.append(tuple(row))
            elif token.type == "table_close":
                yield Block("table", EMPTY, cells=tuple(table))
                table = []
            elif token.type == "inline" and not question:
                if tokens[place - 1].type in ("td_open", "th_open"):
                    cell, at = self._cell(token, at)
                    row.append(cell)
                else:
                    yield from self._text(token, level)

    def _is_question(self, tokens: list[Token], place: int) -> bool:
        return any(_QUESTION.match(token.content) for token in tokens[place : place + 3] if token.type == "inline")

    def _text(self, token: Token, level: int) -> Iterator[Block]:
        first = (token.map or [0])[0]
        parts: list[Sourced] = []
        drawing = False
        ranges = [self._range(first + number, line) for number, line in enumerate(token.content.split("\n"))]
        merged: list[tuple[int, int]] = []
        for low, high in ranges:
            # A formula that goes over several lines is taken as one.
            if merged and self._inside(low):
                merged[-1] = (merged[-1][0], high)
            else:
                merged.append((low, high))
        for number, (low, high) in enumerate(merged):
            if number and low:
                parts.append(self.source[low - 1 : low].instead(BREAK))
            for table in (one for one in self._hidden_in(low, high) if (one["table"] or one["tabular"]) is not None):
                text, drawn = self._inline(low, table.start())
                yield from _block([*parts, text], level, drawing or drawn)
                if table["table"] is not None:
                    yield self._html_table(table)
                else:
                    yield from latex.blocks(self.source[table.start() : table.end()], self.expander)
                parts, drawing, low = [], False, min(table.end(), high)
            text, drawn = self._inline(low, high)
            drawing = drawing or drawn
            parts.append(text)
        yield from _block(parts, level, drawing)

    def _hidden_in(self, low: int, high: int) -> Sequence[re.Match[str]]:
        """The formulas, code and tables that begin in a range."""
        return self.hidden[bisect_left(self.hidden_starts, low) : bisect_left(self.hidden_starts, high)]

    def _inside(self, place: int) -> bool:
        """Whether a place stands inside of a formula, code or table that began before it."""
        before = bisect_left(self.hidden_starts, place)
        return before > 0 and place < self.hidden[before - 1].end()

    def _range(self, line: int, content: str) -> tuple[int, int]:
        """Where the content of a line stands, behind the marks of quotes and lists."""
        start, stop = self.starts[line], self.starts[line + 1] - 1
        place = self.shown.rfind(content, start, stop) if content else stop
        return (place, place + len(content)) if place >= 0 else (start, stop)

    def _cell(self, token: Token, at: int) -> tuple[Sourced, int]:
        if not token.content:
            bar = self.shown.find("|", at + 1)
            return EMPTY, max(at, bar)
        place = self.shown.find(token.content, at)
        if place < 0:
            return EMPTY, at
        text, _ = self._inline(place, place + len(token.content))
        return text, place + len(token.content)

    def _html_table(self, table: re.Match[str]) -> Block:
        rows = []
        for line in _HTML_ROW.finditer(self.source.text, table.start(), table.end()):
            cells = _HTML_CELL.finditer(self.source.text, line.start(1), line.end(1))
            rows.append(tuple(self._html_cell(cell.start(1), cell.end(1)) for cell in cells))
        return Block("table", EMPTY, cells=tuple(rows))

    def _html_cell(self, low: int, high: int) -> Sourced:
        text, _ = self._inline(low, high, list(_HIDDEN.finditer(self.source.text, low, high)))
        return text.strip()

    def _inline(self, low: int, high: int, hidden: Sequence[re.Match[str]] | None = None) -> tuple[Sourced, bool]:
        """A stretch of text with its formulas marked and its Markdown gone; and whether a picture stands in it."""
        parts: list[Sourced] = []
        drawing = False
        at = low
        for found in self._hidden_in(low, high) if hidden is None else hidden:
            text, drawn = self._plain(at, found.start())
            parts += [text, self._formula(found)]
            drawing = drawing or drawn
            at = min(found.end(), high)
        text, drawn = self._plain(at, high)
        return joined((*parts, text)), drawing or drawn

    def _formula(self, hidden: re.Match[str]) -> Sourced:
        group = next((name for name in (*_MATHS, "whole", "inner", "fenced") if hidden[name] is not None), None)
        if group is None:
            return EMPTY
        inner = self.source[hidden.start(group) : hidden.end(group)]
        sign = self.source[hidden.start() : hidden.start() + 1]
        if group == "inner":
            return joined((sign.instead(OPEN), inner, sign.instead(CLOSE)))
        inner = self.expander.expand(_as_latex(inner))
        if group in ("whole", "spread", "display", "bracket", "fenced"):
            environment = re.match(
                r"\s*\\begin\s*\{((?:equation|align|gather|multline|eqnarray|flalign)\*?)\}", inner.text
            )
            if environment:
                end = inner.text.rfind("\\end")
                inner = inner[environment.end() : end if end >= 0 else len(inner)]
        around = BREAK if group in ("whole", "spread", "display", "fenced") else ""
        begin, end_ = sign.instead(around + OPEN), sign.instead(CLOSE + around)
        return joined((begin, latex.rows(inner), end_))

    def _plain(self, low: int, high: int) -> tuple[Sourced, bool]:
        parts: list[Sourced] = []
        drawing = False
        at = low
        for found in _INLINE.finditer(self.source.text, low, high):
            parts.append(self.source[at : found.start()])
            at = found.end()
            sign = self.source[found.start() : found.start() + 1]
            if found["drawing"] is not None:
                drawing = True
            elif found["text"] is not None:
                parts.append(self.source[found.start("text") : found.end("text")])
            elif found["break"] is not None:
                parts.append(sign.instead(BREAK))
            elif found["script"] is not None:
                inner = self.source[found.start("raised") : found.end("raised")]
                end = self.source[found.end() - 1 : found.end()]
                parts += [sign.instead("^{" if found["script"] == "sup" else "_{"), inner, end.instead("}")]
            elif found["entity"] is not None:
                parts.append(self.source[found.start() : at].instead(unescape(found["entity"]).replace("\xa0", " ")))
        parts.append(self.source[at:high])
        return joined(parts), drawing


def _as_heading(section: re.Match[str]) -> str:
    """``\\section{…}`` as Markdown's own heading, its title in its place."""
    signs = "#" * (1 + section["sub"].count("sub")) + " "
    return signs.ljust(section.start("title") - section.start()) + section["title"] + " "


def _as_latex(formula: Sourced) -> Sourced:
    """A formula without what Markdown asks for: doubled row ends, and the marks of a quote before its lines."""
    gone = re.compile(r"(?<=\\\\)\\\\|(?<=\n)[ \t]*>[ \t>]*")
    parts, at = [], 0
    for found in gone.finditer(formula.text):
        parts.append(formula[at : found.start()])
        at = found.end()
    return joined((*parts, formula[at:])) if parts else formula


_HTML_ROW = re.compile(r"<tr\b[^>]*>(.*?)(?:</tr>|(?=<tr\b)|$)", re.DOTALL | re.IGNORECASE)
_HTML_CELL = re.compile(r"<t[dh]\b[^>]*>(.*?)(?:</t[dh]>|(?=<t[dh]\b)|$)", re.DOTALL | re.IGNORECASE)


def _block(parts: Sequence[Sourced], level: int, drawing: bool) -> Iterator[Block]:
    whole = joined(parts).strip()
    if whole.text or drawing:
        yield Block("heading" if level else "text", whole, level=level, drawing=drawing)


def _is_maths(language: str) -> bool:
    return language.strip().lower() in ("math", "latex", "tex", "katex")


def _blanked(text: str, low: int, high: int) -> str:
    return text[:low] + re.sub(r"[^\n]", " ", text[low:high]) + text[high:]
