"""LaTeX as blocks: sections with LaTeX's own numbers, paragraphs with their formulas, tables."""

from __future__ import annotations

import re
from collections.abc import Iterator

from grader.writeup.macros import Expander, Reader, body
from grader.writeup.sources import ANSWER, CLOSE, DRAWING, EMPTY, MARK, OPEN, ROW, Block, Sourced, joined, paragraph

_LEVEL = {
    "part": 0,
    "chapter": 0,
    "section": 1,
    "subsection": 2,
    "subsubsection": 3,
    "paragraph": 4,
    "subparagraph": 5,
}
_EXAM = {"question": 1, "titledquestion": 1, "part": 2, "subpart": 3, "subsubpart": 4}
"""The commands of the class exam, and the levels of sections whose numbers they are."""
_MATHS = re.compile(
    r"(?:equation|align|flalign|alignat|gather|multline|eqnarray|displaymath|math|IEEEeqnarray|dmath|dgroup)\*?"
)
_GONE = re.compile(
    r"\\(?:begin|end)\s*\{(?:aligned|alignedat|split|gathered|multlined)\*?\}(?:\s*\[[a-z]\])?"
    r"|\\(?:tag\*?|label|intertext|shortintertext)\s*\{[^{}]*\}"
    r"|\\(?:notag|nonumber|displaystyle|limits)(?![A-Za-z])|(?<=matrix)\*(?=\})|(?<=matrix\*\})\s*\[[lcr]\]"
)
"""In a displayed formula: inner environments whose rows are rows of the formula, tags and labels."""
_TABLES = frozenset(("tabular", "tabularx", "longtable", "tabu", "array"))
_QUESTIONS = frozenset(("question", "problem", "exercise", "task", "aufgabe"))
_SOLUTIONS = re.compile(r"\\begin\s*\{(?:solution|answer|sol|soln|ans|proof|loesung)\*?\}")
DEPTH = 5
"""Tables inside of tables."""

_TOKEN = re.compile(
    rf"(?P<gap>\n[ \t]*\n\s*)|\\(?P<edge>begin|end)\s*\{{(?P<environment>[^{{}}\n]*)\}}|(?P<formula>\$\$|\$|\\[\[(])"
    rf"|(?P<row_end>\\\\(?:\*|\[[^\]\n]*\])?)|\\(?P<command>[A-Za-z@]+\*?)[ \t]*|(?P<sign>\\.|\n)|[{{}}]|{ANSWER}"
    rf"|(?P<plain>[^\\${{}}\n{ANSWER}]+)",
    re.DOTALL,
)
_RULES = re.compile(r"\A(?:\\(?:hline|toprule|midrule|bottomrule|cline\s*\{[^{}]*\}|cmidrule[^{}]*\{[^{}]*\})\s*)+")
_INNER = r"(?:\\.|[^{}\\]|\{(?:\\.|[^{}\\]|\{[^{}]{0,200}\}){0,500}\}){0,500}"
_BRACED = re.compile(rf"\s{{0,200}}\{{({_INNER})\}}", re.DOTALL)
_SPANNING = re.compile(
    r"\s*\\multi(?:column\s*\{(?P<width>\d{1,2})\}|row\s*\{[^{}]*\})\s*(?:\*|\{[^{}]*\})\s*\{(?P<inner>.*)\}\s*$",
    re.DOTALL,
)
_SIGNS = {**{f"\\{sign}": sign for sign in "%&_#${}"}, **{f"\\{accent}": "" for accent in "'`\"^~"}}
"""Signs with a backslash as they are set; a letter is told without its accent."""
_ROW_END = r"\\\\(?:\*|\[[^\]\n]*\])?"
_RELATION = re.compile(
    r"\s*(?:[=<>:]|\\(?:leq?|geq?|lt|gt|approx|equiv|coloneqq|to|rightarrow|quad\s*[+=-]|iff)(?![A-Za-z]))"
)
_REMARK = re.compile(r"\s*(?:\\q?quad|[(\[\s])*\\(?:text|textrm|mbox|textit)\s*\{[^{}=\d]*\}[)\].\s]*$")
"""A cell that only holds words, which tell of the formula before it."""
_ENDS = re.compile(r"(?:[=<>]|\\(?:leq?|geq?|lt|gt))\s*$")
_UNSEEN = re.compile("[vh]space|bibliography|bibliographystyle|usepackage|documentclass|pagestyle|includegraphics")
"""The argument is none of the text."""
_SET_AS = {
    **dict.fromkeys(("ldots", "dots"), "…"),
    **dict.fromkeys(("rightarrow", "to"), "→"),
    **dict.fromkeys(("quad", "qquad"), "  "),
    **dict.fromkeys(("newline", "linebreak"), "\n"),
    "includegraphics": DRAWING,
}


def blocks(source: Sourced, expander: Expander) -> Iterator[Block]:
    """The blocks of a LaTeX file: its body, or all of it where it has no ``\\begin{document}``."""
    yield from _Scanner(body(expander.expand(source))).blocks()


class _Scanner(Reader):
    """One way through the text, with the paragraph that is being put together."""

    def __init__(self, source: Sourced, depth: int = 0) -> None:
        super().__init__(source)
        self.depth = depth
        self.parts: list[Sourced] = []
        self.counters = [0] * 6
        self.ignored = 0
        self.has_solutions = _SOLUTIONS.search(source.text) is not None
        self.is_exam = "\\begin{questions}" in source.text

    def blocks(self) -> Iterator[Block]:
        while (found := _TOKEN.match(self.source.text, self.at)) is not None:
            self.at = found.end()
            token = self.source.group(found)
            if found["gap"]:
                yield from self._paragraph()
            elif found["formula"]:
                self._formula(token)
            elif found["edge"] == "begin":
                yield from self._begin(token, found["environment"].strip())
            elif found["edge"]:
                yield from self._paragraph()
                if found["environment"].strip().rstrip("*") in _QUESTIONS:
                    self.ignored = max(0, self.ignored - 1)
            elif found["row_end"]:
                self.parts.append(token.instead("\n"))
            elif found["command"]:
                yield from self._control(token, found["command"])
            elif found["sign"]:
                self.parts.append(token.instead(_SIGNS.get(token.text, " ")))
            elif found["plain"]:
                self.parts.append(Sourced(token.text.replace("~", " "), token.spans))
            elif token.text == ANSWER:
                self._marked(found.start())
        yield from self._paragraph()

    def _marked(self, start: int) -> None:
        """A marked answer, as it stands: what its second argument is set with is none of the text around it."""
        found = MARK.match(self.source.text, start)
        if found:
            self.at = found.end()
            text = self.source.group(found, 2)
            bare = text.changed(r"\\\\|\$+|\\[()\[\]]", lambda sign: "\\\\" if sign[0] == "\\\\" else "")
            self.parts += [self.source[start : found.start(2)], bare, self.source[found.end(2) : self.at]]

    def _paragraph(self) -> Iterator[Block]:
        if not self.ignored:
            yield from paragraph(self.parts)
        self.parts = []

    def _formula(self, opening: Sourced) -> None:
        """An inline or displayed formula up to its closing sign, or to the end of the paragraph where it has none."""
        closing = re.escape(opening.text.replace("(", ")").replace("[", "]"))
        begin = self.at
        end = next(re.compile(rf"(?<!\\)(?:\\\\)*?({closing})|(?=\n[ \t]*\n)|\Z").finditer(self.source.text, begin))
        self.at = end.end()
        inner = self.source[begin : end.start(end.lastindex or 0)]
        self.parts += [opening[:1].instead(OPEN), rows(inner), opening[:1].instead(CLOSE)]

    def _begin(self, token: Sourced, name: str) -> Iterator[Block]:
        plain = name.rstrip("*")
        if _MATHS.fullmatch(name):
            body = self._environment(name)
            formula = rows(_behind_arguments(body) if plain == "alignat" else body)
            self.parts += [token[:1].instead(f"\n{OPEN}"), formula, token[:1].instead(f"{CLOSE}\n")]
        elif plain in _TABLES:
            yield from self._paragraph()
            body = self._environment(name)
            if self.depth < DEPTH:
                yield from self._table(body)
        elif plain in _QUESTIONS and self.has_solutions:
            yield from self._paragraph()
            title = self.optional() or self.matched(_BRACED, 1)
            if title is not None and not self.ignored:
                yield Block("heading", title, level=3)
            self.ignored += 1
        else:
            yield from self._paragraph()
            if _SOLUTIONS.match(token.text):
                self.ignored = 0
            self.optional()

    def _environment(self, name: str) -> Sourced:
        """The text up to the end of the environment that has begun."""
        depth, begin = 1, self.at
        for found in re.compile(rf"\\(begin|end)\s*\{{{re.escape(name)}\}}").finditer(self.source.text, self.at):
            depth += 1 if found[1] == "begin" else -1
            if depth == 0:
                self.at = found.end()
                return self.source[begin : found.start()]
        self.at = len(self.source)
        return self.source[begin:]

    def _table(self, body: Sourced) -> Iterator[Block]:
        lines = []
        for row in _behind_arguments(body).parted(_ROW_END, "{}"):
            bare = row.strip().changed(_RULES, lambda found: "")
            if bare.text:
                lines.append(tuple(one for cell in bare.parted("&", "{}") for one in _cells(cell, self.depth + 1)))
        if lines and not self.ignored:
            yield Block("table", EMPTY, cells=tuple(lines))

    def _control(self, token: Sourced, name: str) -> Iterator[Block]:
        plain = name.rstrip("*")
        if plain in _EXAM and self.is_exam:
            yield from self._exam(token, _EXAM[plain])
        elif plain in _LEVEL:
            yield from self._paragraph()
            self.optional()
            title = self.matched(_BRACED, 1) or EMPTY
            number = () if name.endswith("*") or plain == "part" else self._count(_LEVEL[plain])
            bare = title.changed(r"\\[A-Za-z]+\*?|[\\{}$]", lambda found: "")
            yield Block("heading", bare, level=_LEVEL[plain] + 1, number=number)
        elif plain in ("item", "par", "question"):
            yield from self._paragraph()
            label = self.optional()
            if label is not None:
                self.parts += [label, label[:1].instead(" ")]
        elif plain == "setcounter":
            counter, value = self.matched(_BRACED, 1), self.matched(_BRACED, 1)
            if counter and value and counter.text in _LEVEL and value.text.strip().isdigit():
                self.counters[_LEVEL[counter.text]] = int(value.text)
        else:
            if _UNSEEN.fullmatch(plain):
                self.optional()
                self.matched(_BRACED, 1)
            self.parts.append(token[:1].instead(_SET_AS.get(plain, "")))

    def _exam(self, token: Sourced, level: int) -> Iterator[Block]:
        """A question or a part of the class exam: a heading, and what is asked up to its solution."""
        yield from self._paragraph()
        self.optional()
        number = self._count(level)
        asked = re.compile(r"[^\\${}\n=]*").match(self.source.text, self.at)
        end = asked.end() if asked and asked[0].strip() else self.at
        title = self.source[self.at : end].strip() if end > self.at else token
        self.at, self.ignored = end, int(self.has_solutions)
        yield Block("heading", title, level + 1, number)

    def _count(self, level: int) -> tuple[int, ...]:
        self.counters[level] += 1
        self.counters[level + 1 :] = [0] * (len(self.counters) - level - 1)
        return tuple(self.counters[0 if self.counters[0] else 1 : level + 1])


def _behind_arguments(body: Sourced) -> Sourced:
    """What an environment holds behind its arguments."""
    found = re.match(r"\s*(?:\[[^\]]*\]\s*)?(?:\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}\s*){0,2}", body.text)
    return body[found.end() :] if found else body


def _cells(cell: Sourced, depth: int) -> tuple[Sourced, ...]:
    """A cell, and the empty ones behind it that it spans."""
    spanning = _SPANNING.match(cell.text)
    inner = cell.group(spanning, "inner") if spanning else cell
    found = next(_Scanner(inner, depth).blocks(), None)
    width = int(spanning["width"] or 1) if spanning else 1
    return (found.text if found else EMPTY, *(EMPTY,) * (min(width, 50) - 1))


def rows(formula: Sourced) -> Sourced:
    """A formula with its rows parted by ``ROW``, without alignment signs, tags and labels."""
    parts: list[Sourced] = []
    for row in map(_aligned, formula.changed(_GONE, lambda found: " ").parted(_ROW_END, "{}")):
        if row.text.strip():
            parts += [row[:1].instead(ROW), row] if parts else [row]
    return joined(parts)


def _aligned(row: Sourced) -> Sourced:
    """A row without its alignment signs: one that parts columns becomes a wide blank."""
    cells = list(row.parted("&", "{}"))
    parts = [cells[0]]
    before = cells[0].text.strip()
    for cell in cells[1:]:
        if not cell.text.strip() or _REMARK.match(cell.text):
            continue
        continued = not before or _RELATION.match(cell.text) or _ENDS.search(before[-9:])
        parts += [cell.instead(" ")[:1] if continued else cell[:1].instead(r"\quad "), cell]
        before = cell.text.strip()
    return joined(parts)
