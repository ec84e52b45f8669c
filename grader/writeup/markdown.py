"""Markdown with maths as blocks: files, cells of notebooks, and what scanners give back.

markdown-it-py tells the blocks; formulas and code are hidden from it first, so that a sign in them is never taken for
Markdown, and one that is never closed ends with its paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from itertools import accumulate

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from grader.writeup import latex
from grader.writeup.macros import Expander
from grader.writeup.sources import CLOSE, DRAWING, EMPTY, FORMULA, OPEN, Block, Sourced, joined, paragraph

_LINE = "\ue006"
"""Stands before and behind a formula on a line of its own."""
_TABLE = "\ue007"
"""Stands before and behind a table that is not Markdown's own."""

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
    rf"|\\{{1,2}}\[(?P<bracket>(?:\\\\(?!\])|(?!\\[\\[\]]){_NO_BLANK}){{1,4000}})\\{{1,2}}\]"
    rf"|\\{{1,2}}\((?P<paren>(?:\\\\(?!\))|(?!\\[\\()]){_NO_BLANK}){{1,4000}})\\{{1,2}}\)"
    r"|(?P<macro>(?:^|(?<=\n))\\(?:(?:re)?newcommand|def|DeclareMathOperator)\b[^\n]*)"
    rf"|(?P<whole>\\begin\{{(?P<env>(?:equation|align|gather|multline|eqnarray|flalign|split|aligned)\*?)\}}"
    r"(?:(?!\\begin\{(?P=env)\}).)*?\\end\{(?P=env)\})"
    rf"|(?P<code>(?<!`)(?P<quote>`+)(?!`)(?P<inner>[^`\n]+)(?P=quote)(?!`))"
    rf"|(?<![\\$])\$(?P<inline>(?:\\.|(?!\n[ \t>]*[\n|#])[^$\\])+?)\$",
    re.DOTALL,
)
_BOXED = 6
"""Added to the level of a heading in a box, so that it is below all that are in none."""
_SECTION = re.compile(r"(?<![^\n])[ ]{0,3}\\(?P<sub>(?:sub){0,2})section\*?\{(?P<title>[^{}\n]+)\}(?=[ \t]*(?:\n|$))")
"""A heading as scanners write it."""
_GRID = re.compile(r"(?<![^\n])\+(?:[-:]+\+)+\n?|(?<![^\n])\+(?:[=:]+\+)+")
_FRONT = re.compile(r"\A---[ \t]*\n.*?\n---[ \t]*(?:\n|$)", re.DOTALL)
_MATHS = ("spread", "display", "bracket", "paren", "inline", "whole", "fenced", "inner")
_LANGUAGES = ("math", "latex", "tex", "katex")
_DISPLAYED = ("spread", "display", "whole", "fenced")
_ENVIRONMENT = re.compile(r"\s*\\begin\s*\{((?:equation|align|gather|multline|eqnarray|flalign)\*?)\}")
_INLINE = re.compile(
    rf"(?P<formula>{FORMULA.pattern})"
    rf"|(?P<drawing>!\[\[[^\]\n{OPEN}]{{0,500}}\]\]|!\[[^\]\n{OPEN}]{{0,500}}\]\([^)\n{OPEN}]{{0,2000}}\)"
    rf"|<img\b[^>{OPEN}]{{0,2000}}>)"
    rf"|(?P<link>\[\[(?=[^\]\n{OPEN}]{{0,500}}[A-Za-z])[^\]\n{OPEN}]{{0,500}}\]\])"
    rf"|\[(?P<text>[^\[\]\n{OPEN}]{{0,500}})\]\([^)\n{OPEN}]{{0,2000}}\)"
    rf"|(?P<break><br\s*/?>|{_LINE})"
    rf"|<(?P<script>su[pb])>(?P<raised>[^<>\n{OPEN}]{{0,200}})</(?P=script)>"
    rf"|(?P<tag></?[A-Za-z][^<>\n{OPEN}]{{0,2000}}>)"
    r"|(?P<entity>&(?:[A-Za-z]+|#\d+);)|\\(?P<escaped>[*_<>#~+.|-])|(?<=\w)\^(?P<power>\d+|[a-z])\^(?![\w{(])"
    r"|(?P<mark>\*\*+|__+|==+|(?<![\w*)])\*(?=[^\s*])|(?<=[^\s*])\*(?![\w*(]))",
    re.DOTALL,
)
_QUESTION = re.compile(r"\[!(?:question|todo|quote|info|abstract|example)\]", re.IGNORECASE)
_HTML_ROW = re.compile(r"<tr\b[^>]*>(.*?)(?:</tr>|(?=<tr\b)|$)", re.DOTALL | re.IGNORECASE)
_HTML_CELL = re.compile(r"<t[dh]\b[^>]*>(.*?)(?:</t[dh]>|(?=<t[dh]\b)|$)", re.DOTALL | re.IGNORECASE)
_PARSER = MarkdownIt("commonmark", {"html": False}).enable(["table"]).disable(["html_block", "inline"])


def blocks(source: Sourced, expander: Expander) -> Iterator[Block]:
    """The blocks of a Markdown text."""
    text = source.changed(_FRONT, lambda found: "")
    # Of the lines of a table that is drawn with "+", that below its heads is Markdown's own.
    ruled = text.changed(_GRID, lambda rule: rule[0].replace("=", "-").replace("+", "|") if "=" in rule[0] else "")

    def heading(found: re.Match[str]) -> Sourced:
        signs = "#" * (1 + found["sub"].count("sub")) + " "
        return joined((ruled.group(found).instead(signs), ruled.group(found, "title")))

    page = _Page(_hidden(ruled.changed(_SECTION, heading), expander), expander)
    yield from page.blocks(SyntaxTreeNode(_PARSER.parse(page.shown)))


def _boxed(line: str) -> int:
    """How many boxes a line opens: ``:::info`` is one, ``:::`` closes one."""
    fence = re.match(r":{3,}[ \t]*(\S?)", line)
    return 0 if fence is None else 1 if fence[1] else -1


class _Page:
    """A text whose formulas, code and tables can be told by the signs around them; ``shown`` has letters for them."""

    def __init__(self, whole: Sourced, expander: Expander) -> None:
        self.whole = whole
        self.expander = expander
        hidden = rf"{FORMULA.pattern}|{_TABLE}[^{_TABLE}]*{_TABLE}"
        self.shown = re.sub(hidden, lambda found: "x" * len(found[0]), whole.text)
        self.boxes = list(accumulate(map(_boxed, self.shown.split("\n"))))
        self.starts = [0, *(place.end() for place in re.finditer("\n", self.shown)), len(self.shown) + 1]

    def blocks(self, node: SyntaxTreeNode) -> Iterator[Block]:
        """What stands in a part of the page, but for questions that it repeats."""
        if node.type == "inline":
            yield from self._text(node)
        elif node.type == "table":
            rows = (self._row(inner) for inner in node.walk() if inner.type == "tr")
            yield Block("table", EMPTY, cells=tuple(map(tuple, rows)))
        elif node.type != "blockquote" or not _QUESTION.match(_first_line(node)):
            for child in node.children:
                yield from self.blocks(child)

    def _text(self, node: SyntaxTreeNode) -> Iterator[Block]:
        first = node.map[0] if node.map else 0
        level = 0
        if node.parent and node.parent.type == "heading":
            # What a box is titled begins nothing of the page.
            level = int(node.parent.tag[1:]) + (_BOXED if self.boxes[first] else 0)
        parts: list[Sourced] = []
        for number, line in enumerate(node.content.split("\n"), first):
            # Behind the marks of quotes and lists.
            low, high = self.starts[number], self.starts[number + 1] - 1
            place = self.shown.rfind(line, low, high) if line else high
            low, high = (place, place + len(line)) if place >= 0 else (low, high)
            if number > first:
                parts.append(self.whole[low - 1 : low].instead("\n"))
            text = self.whole[low:high]
            tables = list(re.finditer(f"{_TABLE}([^{_TABLE}]*){_TABLE}", text.text))
            for found, before in zip(tables, text.between(tables)):
                yield from paragraph((*parts, _plain(before)), level)
                yield from self._table(text.group(found, 1))
                parts, text = [], self.whole[low + found.end() : high]
            parts.append(_plain(text))
        yield from paragraph(parts, level)

    def _row(self, row: SyntaxTreeNode) -> Iterator[Sourced]:
        at = self.starts[row.map[0] if row.map else 0]
        for cell in row.children:
            content = cell.children[0].content
            place = self.shown.find(content, at) if content else -1
            yield _cell(self.whole[place : place + len(content)]) if place >= 0 else EMPTY
            at = max(at, place + len(content) if content else self.shown.find("|", at + 1))

    def _table(self, table: Sourced) -> Iterator[Block]:
        """A table of LaTeX or HTML, of which nothing is hidden yet."""
        if table.text.startswith("\\"):
            yield from latex.blocks(table, self.expander)
        else:
            rows = (_inner(_HTML_CELL, row) for row in _inner(_HTML_ROW, table))
            cells = tuple(tuple(_cell(_hidden(cell, self.expander)) for cell in row) for row in rows)
            yield Block("table", EMPTY, cells=cells)


def _first_line(quote: SyntaxTreeNode) -> str:
    inner = quote.children[0].children if quote.children else []
    return inner[0].content if inner and inner[0].type == "inline" else ""


def _inner(pattern: re.Pattern[str], text: Sourced) -> Iterator[Sourced]:
    return (text.group(found, 1) for found in pattern.finditer(text.text))


def _hidden(source: Sourced, expander: Expander) -> Sourced:
    """The text with formulas and code marked as such, tables marked, and comments and fenced code blank."""

    def change(found: re.Match[str]) -> Sourced | str:
        whole = source.group(found)
        sign = whole[:1]
        if found["table"] is not None or found["tabular"] is not None:
            return joined((sign.instead(_TABLE), whole, sign.instead(_TABLE)))
        if found["macro"] is not None:
            expander.expand(whole)
        is_code = found["fence"] is not None and found["language"].strip().lower() not in _LANGUAGES
        group = next((name for name in _MATHS if found[name] is not None), "")
        if is_code or not group:
            # No line becomes an indented one, which would be code.
            return re.sub(r"[^\n]+", " ", found[0])
        inner = source.group(found, group)
        around = _LINE if group in _DISPLAYED else ""
        formula = inner if group == "inner" else _typeset(inner, expander)
        # What stands before a display marks its quote.
        before = whole[: len(found[0]) - len(found[0].lstrip(" \t>"))]
        return joined((before, sign.instead(around + OPEN), formula, sign.instead(CLOSE + around)))

    return source.changed(_HIDDEN, change)


def _typeset(formula: Sourced, expander: Expander) -> Sourced:
    """The rows of a formula, without doubled row ends and the marks of a quote before its lines."""
    formula = expander.expand(formula.changed(r"(?<=\\\\)\\\\|(?<=\n)[ \t]*>[ \t>]*", lambda found: ""))
    environment = _ENVIRONMENT.match(formula.text)
    if environment:
        end = formula.text.rfind("\\end")
        formula = formula[environment.end() : end if end >= 0 else len(formula)]
    return latex.rows(formula)


def _plain(text: Sourced) -> Sourced:
    """A stretch of text without its Markdown, pictures as ``DRAWING``."""

    def change(found: re.Match[str]) -> Sourced | str:
        if found["formula"] is not None:
            return text.group(found)
        if found["text"] is not None:
            return text.group(found, "text")
        if found["script"] is not None:
            sign, end = text[found.start() : found.start() + 1], text[found.end() - 1 : found.end()]
            inner = text.group(found, "raised")
            return joined((sign.instead("^{" if found["script"] == "sup" else "_{"), inner, end.instead("}")))
        if found["escaped"] or found["power"]:
            return text.group(found).instead(found["escaped"] or f"^{found['power']}")
        if found["entity"] is not None:
            return text.group(found).instead(unescape(found["entity"]).replace("\xa0", " "))
        return DRAWING if found["drawing"] is not None else "\n" if found["break"] is not None else ""

    return text.changed(_INLINE, change)


def _cell(text: Sourced) -> Sourced:
    return next((block.text for block in paragraph((_plain(text),))), EMPTY)
