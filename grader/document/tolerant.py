"""The one reading of a student's damaged file: by lines, their indentation and brackets, as a person means them.

Time grows with the length of the file, levels are bounded, and a place that no rule can read costs its own field.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import replace
from typing import Any

from grader.document.characters import INDICATORS, content, folded, quoted, short, typographic, unquoted
from grader.document.nodes import Budget, Limits, Mapping, Node, Scalar, Sequence, Source, Unreadable, every, joined
from grader.frozen import frozen

_BEGINS = re.compile(r"\s*(?:[A-Za-z]\w*\s*=\s*(?=\{))?")
"""What stands before everything: a program gives what it writes a name."""
_QUOTED_KEY = re.compile(r"""("(?:[^"\\\n]|\\.)*"|'(?:[^'\n]|'')*'|'\w+(?:'\w+)+')\s*:(?=\s|$|[\[{"'])""")
_BEGINS_NAME = re.compile(r"[^\s\"'\[{#:-]|-[^\s:]")
_COLON = re.compile(r":(?=\s|$)")
_TIGHT_KEY = re.compile(r"([A-Za-z][\w.'\\]*):(?=\S)")
_NO_COLON = re.compile(r"([a-z]{2,}) +(?=[\w$\\(\[\"'][^:=]*$)(?=[^:=]*[\d\[^])")
"""A name without its colon, and a value that no operator begins: ``time 5n``."""
_EQUALS_KEY = re.compile(r"([A-Za-z\\][\w.'\\{}^]*(?:\{[^}\n]{0,100}\})?)\s*=(?!=)\s*(?=\S)")
_DASH = re.compile(r"(?:[-•]|[–—](?=\s*(?:\w+\s*:|\[)))(?:\s|$)")
"""The mark of a list, also as word processors write it."""
_TIGHT_DASH = re.compile(r"-(?=[\[{]|[A-Za-z]\w{0,40}:)")
_GOES_ON = re.compile(r"[\[\]{})\d.,-]+(?:[\s,]|$)")
"""How a line begins that may belong to brackets above it whatever its indentation."""
_BLOCK_TEXT = re.compile(r"[|>]([-+0-9]{0,2})\s*(?:\s#.*)?$")
_COMMENT = re.compile(r"(?:^|(?<=\s))#.*$", re.MULTILINE)
_PROPERTIES = re.compile(r"(?:(?:!!\S*|&([\w-]+))(?:\s+|$))+")
_ALIAS = re.compile(r"\*([\w-]+)$")
_TAB = re.compile(r"^[ ]*\t", re.MULTILINE)
_WIDTHS = (4, 2, 8)
_WIDTH_MATTERS = "tabs and spaces are mixed, and what belongs where depends on the width of a tab; use spaces only"
_ASIDE = re.compile(r"%|//|<!--|```|~~~|(?:<{7}|={7}|>{7}|\|{7})(?:\s|$)")
"""Comments as in LaTeX and C, the fences of Markdown, the marks of a merge conflict."""
_NEW_DOCUMENT = re.compile(r"---(?:\s|$)")
_END_OF_DOCUMENT = re.compile(r"\.\.\.(?:\s|$)")
_WIDE = str.maketrans({"：": ":", "，": ","})
_BRACES = re.compile(r"\A(\s*)\{(?=[ \t]*$)|^\}(?=\s*\Z)", re.MULTILINE)
"""Around all fields of a file, each of which begins in a line of its own."""
_REPEATED = 1000
"""How many values an anchor may stand for."""
_REMARKS = 20
"""How many remarks on lines that belong to no part anybody reads."""
_BLANK = re.compile(r"(?:\s|(?<=\s)#[^\n]*|//[^\n]*|/\*(?:[^*\n]|\*(?!/)){0,200}\*/)*")
_STOP = re.compile(r"[()\[\]{},:]|;(?=\s*[A-Za-z]\w*\s*:\s)|(?<=\s)#")
"""What may end a text: a semicolon only before the next field, a number sign only where it begins a comment."""
_KEY_SHAPE = re.compile(r"[\w.'\"\\^{}]+\Z")
_CLOSING = {"[": "]", "{": "}", "(": ")"}
_EQUALS = re.compile(r"([A-Za-z][\w.']*)\s*=(?!=)\s*(.+)")

Read = tuple["Node | None", tuple[str, ...]]


def read(source: Source, limits: Limits, fault: Unreadable | None = None) -> Read:
    """The root of a file (None where nothing can be read), and what is to be said of the file as a whole.

    ``fault`` is why it is no YAML; nobody needs to hear it where the whole file stands in brackets that fit.
    """
    source = Source(source.text.translate(_WIDE))
    begins = _BEGINS.match(source.text)
    start = begins.end() if begins else 0
    if source.text[start : start + 1] in ("{", "["):
        try:
            node, end = _Brackets(source, len(source.text), Budget(limits.nodes)).collection(start, limits.depth)
            if not source.text[end:].strip():
                return node, ()
        except Unreadable as second:
            fault = second
        # What stands in braces that do not fit is read field by field.
        source = Source(_BRACES.sub(r"\1 ", source.text))
    widths = _WIDTHS if _TAB.search(source.text) else _WIDTHS[:1]
    (root, messages), *others = [_Lines(source, limits, width).root() for width in widths]
    if isinstance(root, Mapping):
        mappings = [other for other, _ in others if isinstance(other, Mapping)]
        given = [{key.line: (key, value) for key, value in other.entries} for other in mappings]
        entries: list[tuple[Scalar, Node]] = []
        for key, value in root.entries:
            if len(given) < len(others) or any(lines.get(key.line) != (key, value) for lines in given):
                tab = _TAB.search(source.text, source.starts[key.line - 1], value.span[1])
                line = source.line(tab.start()) if tab else key.line
                value = source.broken(*value.span, f"line {line}: {_WIDTH_MATTERS}")
            entries.append((key, value))
        root = replace(root, entries=tuple(entries))
    if fault:
        where = f"line {fault.line}: " if fault.line else ""
        refused = f"{where}the file is not valid YAML: {fault.message}. It was read as far as it can be"
        messages = (refused, *messages)
    return root, messages


@frozen
class _Line:
    number: int
    start: int
    indent: int
    body: str


class _Lines:
    """Reads the lines of a source, with tabs of a given width."""

    def __init__(self, source: Source, limits: Limits, tab: int) -> None:
        self.source = source
        self.limits = limits
        self.tab = tab
        self.budget = Budget(limits.nodes)
        self.anchors: dict[str, Node] = {}
        self.messages: list[str] = []
        self.lines = [*self._lines(), _Line(len(source.rows) + 1, len(source.text), -1, "")]
        self.at = 0

    def _lines(self) -> list[_Line]:
        lines: list[_Line] = []
        aside: list[_Line] = []
        for number, (start, raw) in enumerate(zip(self.source.starts, self.source.rows), 1):
            body = raw.lstrip(" \t")
            white = raw[: len(raw) - len(body)]
            line = _Line(number, start + len(white), len(white.expandtabs(self.tab)), body.rstrip())
            if not body or body.startswith("#") or (not white and _END_OF_DOCUMENT.match(body)):
                continue
            if not white and _NEW_DOCUMENT.match(body):
                if lines and not self.messages:
                    self.messages.append(
                        f"line {number}: '---' starts a second document; all documents were read as one"
                    )
            elif _ASIDE.match(body):
                aside.append(line)
            else:
                lines.append(line)
        if aside:
            more = f", as were {len(aside) - 1} more lines of this kind" if len(aside) > 1 else ""
            self.messages.append(f"line {aside[0].number}: {short(aside[0].body)} was left aside{more}")
        return lines

    def root(self) -> Read:
        """Everything that these lines hold, and what is to be said about it."""
        roots: list[Node] = []
        lost: list[_Line] = []
        while (line := self._line()).body:
            if _DASH.match(line.body):
                roots.append(self._sequence(line.indent, self.limits.depth))
            elif _key(line.body) or self._lacks_colon(line):
                roots.append(self._mapping(line.indent, -1, self.limits.depth))
            else:
                lost.append(line)
                self.at += 1
        if lost and roots:
            self.messages.append(f"line {lost[0].number} could not be read: {short(lost[0].body)}")
        root = joined(roots)
        if isinstance(root, Mapping):
            self.messages += root.remarks[:_REMARKS]
            root = replace(root, remarks=())
        return root, tuple(self.messages)

    def _line(self) -> _Line:
        """The line to be read next, at last one that is none."""
        return self.lines[self.at]

    def _reached(self) -> int:
        last = self.lines[self.at - 1]
        return last.start + len(last.body)

    def _lacks_colon(self, line: _Line) -> bool:
        """Whether a line without a colon is the name of what is indented below it."""
        below = self.lines[self.at + 1]
        named = len(line.body) <= 40 and any(map(str.isalnum, line.body))
        return named and below.indent > line.indent and bool(_key(below.body))

    def _node(self, parent: int, depth: int) -> Node:
        line = self.lines[self.at]
        if depth == 0:
            self.at += 1
            while self._line().indent > parent:
                self.at += 1
            return self.source.broken(line.start, self._reached(), "too many levels of lists and fields")
        if _DASH.match(line.body):
            return self._sequence(line.indent, depth)
        key = _key(line.body)
        if (key and not key.equals) or (line.body[0].isalpha() and self._among_fields(line)):
            return self._mapping(line.indent, parent, depth)
        return self._value(line.start, parent, depth)

    def _among_fields(self, line: _Line) -> bool:
        """Whether a line stands among fields with colons; else it may be an equation of a text, or a text's first."""
        for at in range(self.at + 1, len(self.lines)):
            other = self.lines[at]
            if other.indent < line.indent:
                return False
            if other.indent == line.indent and (key := _key(other.body)) and not key.equals:
                return True
        return False

    def _sequence(self, indent: int, depth: int) -> Sequence:
        first = self.lines[self.at]
        items: list[Node] = []
        while (line := self._line()).indent == indent and (_DASH.match(line.body) or _TIGHT_DASH.match(line.body)):
            self.budget.spend(1, line.number)
            items.append(self._behind(line, line.start + 1, indent, depth, dash=True))
        span = (first.start, self._reached())
        return Sequence(first.number, span=span, items=tuple(items))

    def _behind(self, line: _Line, index: int, parent: int, depth: int, *, dash: bool) -> Node:
        """What stands behind a dash, or behind the colon of a field, or else in the lines below."""
        rest = line.body[index - line.start :].lstrip()
        properties = _PROPERTIES.match(rest)
        rest = rest[properties.end() :] if properties else rest
        offset = len(line.body) - len(rest)
        if not rest or rest.startswith("#"):
            self.at += 1
            node = self._below(parent, index, depth, field=not dash)
        elif dash:
            self.lines[self.at] = _Line(line.number, line.start + offset, parent + offset, rest)
            node = self._node(parent, depth - 1)
        else:
            node = self._value(line.start + offset, parent, depth)
        if properties and properties[1] and _size(node) <= _REPEATED:
            self.anchors[properties[1]] = node
        return node

    def _below(self, parent: int, index: int, depth: int, *, field: bool) -> Node:
        """What stands in the lines under a name or a dash."""
        line = self._line()
        beside = field and line.indent == parent
        if line.indent > parent:
            return self._node(parent, depth - 1)
        if beside and _DASH.match(line.body):
            return self._sequence(parent, depth - 1) if depth > 1 else self._node(parent - 1, 0)
        if beside and line.body[0] in "[{":
            return self._value(line.start, parent - 1, depth - 1)
        return self.source.scalar(index, index)

    def _mapping(self, indent: int, parent: int, depth: int) -> Mapping:
        first = self.lines[self.at]
        entries: list[tuple[Scalar, Node]] = []
        remarks: list[str] = []
        while (line := self._line()).indent > parent and not self._leaves(line, first, indent, parent):
            self.budget.spend(1, line.number)
            body = (line.body[1:].lstrip() if _DASH.match(line.body) else "") or line.body
            if body != line.body:
                remarks.append(f"line {line.number} begins with a dash among fields; it was read as one of them")
                line = _Line(line.number, line.start + len(line.body) - len(body), line.indent, body)
                self.lines[self.at] = line
            found = _key(body)
            if not found and (worded := _NO_COLON.match(body)):
                found = _Key(worded[1], worded[1], worded.end(), f"a colon is missing after {worded[1]}")
            if not found and self._lacks_colon(line):
                found = _Key(body, body.strip("\"':"), len(body), f"a colon is missing after {body}")
            where = f"line {line.number}"
            if not found:
                remarks.append(f"{where} could not be read: 'name: value' is expected, not {short(line.body)}")
                self.at += 1
                continue
            if line.indent != indent:
                remarks.append(f"{where} is indented differently from the lines above; it was read as one more")
            plain, end = body[0] not in "\"'", line.start + len(found.typed)
            name = self.source.scalar(line.start, end, text=found.text, plain=plain, remark=found.remark)
            index = line.start + found.behind
            entries.append((name, self._behind(line, index, min(indent, line.indent), depth, dash=False)))
        span = (first.start, self._reached())
        return Mapping(first.number, span=span, entries=tuple(entries), remarks=tuple(remarks))

    def _leaves(self, line: _Line, first: _Line, indent: int, parent: int) -> bool:
        """Whether a line that is indented less than the fields above belongs to what is around them.

        It does where it is nearer to that; half-way where its name begins with a digit or quote and theirs do not.
        """
        above, below = indent - line.indent, line.indent - max(parent, 0)
        return above > below or (above == below > 0 and not line.body[0].isalpha() and first.body[0].isalpha())

    def _value(self, index: int, parent: int, depth: int) -> Node:
        """A value that begins at ``index`` in the current line and may go on in lines deeper than ``parent``."""
        line = self.lines[self.at]
        rest = line.body[index - line.start :]
        if _BLOCK_TEXT.match(rest):
            return self._block_text(index, parent)
        node = None
        if rest[0] in "[{":
            node = self._brackets(index, parent, depth)
        elif rest[0] in "\"'":
            node = self._quoted(index, parent)
        elif (alias := _ALIAS.match(rest)) and alias[1] in self.anchors:
            node = self.anchors[alias[1]]
            self.budget.spend(_size(node), line.number)
            self.at += 1
        return node or self._text(index, parent)

    def _last_below(self, parent: int) -> int:
        """The index of the first line that no longer belongs to the value in the current line."""
        for at in range(self.at + 1, len(self.lines)):
            line = self.lines[at]
            if line.indent <= parent and (_key(line.body) or not _GOES_ON.match(line.body)):
                break
        return at

    def _brackets(self, index: int, parent: int, depth: int) -> Node | None:
        after = self._last_below(parent)
        try:
            reader = _Brackets(self.source, self.lines[after].start, self.budget)
            node, behind = reader.collection(index, depth)
        except Unreadable as fault:
            line = self.lines[self.at]
            rest = line.body[index - line.start :]
            if all(rest.count(opening) == rest.count(close) for opening, close in ("[]", "{}", "()")):
                return None
            self.at = after
            end = self._reached()
            return replace(self.source.broken(index, end, fault.message), line=fault.line)
        rest = self.source.text[behind : self.lines[after].start]
        own, _, below = rest.partition("\n")
        # As after the fields of a dictionary in Python; below it what closes brackets that were closed before.
        if own.strip() in ("", ",", ";", ".", "]", "}") and not below.strip(" \t\n,]}"):
            behind += len(rest.rstrip())
        return node if self._past(behind) else None

    def _quoted(self, index: int, parent: int) -> Node | None:
        after = self._last_below(parent)
        found = quoted(self.source, index, self.lines[after].start)
        if found is None:
            self.at = after
            return self.source.broken(index, self._reached(), "the quote that opens here is not closed")
        return found[0] if self._past(found[1]) else None

    def _past(self, index: int) -> bool:
        """Goes on to the line below the one with this index, unless more than a comment stands behind it there."""
        number = self.source.line(index)
        behind = self.source.rows[number - 1][index - self.source.starts[number - 1] :]
        if _COMMENT.sub("", behind).strip():
            return False
        self._go_behind(number)
        return True

    def _go_behind(self, number: int) -> None:
        while self._line().number <= number:
            self.at += 1

    def _text(self, index: int, parent: int) -> Node:
        line = self.lines[self.at]
        pieces = [_COMMENT.sub("", line.body[index - line.start :]).strip()]
        equation = index == line.start and bool(_key(line.body))
        self.at += 1
        end = index + len(pieces[0])
        while (more := self._line()).indent > parent and (equation or not _key(more.body)):
            pieces.append(_COMMENT.sub("", more.body).strip())
            end = more.start + len(pieces[-1])
            self.at += 1
        text = " ".join(piece for piece in pieces if piece)
        if text.startswith('"'):  # around pieces of a value quotes say nothing
            text = re.sub(r'"([^"]*)"', r"\1", text)
        odd = text[:1] in INDICATORS + "[{\"'" or text.startswith("- ") or bool(re.search(r":(\s|$)", text))
        return unquoted(self.source, index, end, text, odd=odd)

    def _block_text(self, index: int, parent: int) -> Node:
        """The text under ``|`` or ``>``; its lines are taken from the source, where ``#`` is no comment."""
        header = self.lines[self.at]
        rows: list[str] = []
        for number in range(header.number, len(self.source.rows)):
            row = self.source.rows[number].expandtabs(self.tab).rstrip()
            if row and len(row) - len(row.lstrip()) <= parent:
                break
            rows.append(row)
        self._go_behind(header.number + len(rows))
        text = textwrap.dedent("\n".join(rows)).rstrip()
        sign = header.body[index - header.start :]
        text = folded(text) if sign[0] == ">" else text
        text += "\n" if text and "-" not in sign[:3] else ""
        return self.source.scalar(index, self._reached(), text=text, plain=False)


@frozen
class _Key:
    """The name that a line begins with, the index behind its colon, and a remark where that is not as it should be."""

    typed: str
    text: str
    behind: int
    remark: str = ""
    equals: bool = False


def _key(body: str) -> _Key | None:
    if found := _QUOTED_KEY.match(body):
        return _Key(found[1], content(found[1])[0], found.end())
    if _BEGINS_NAME.match(body) and (colon := _COLON.search(body)):
        typed = body[: colon.start()].rstrip()
        return _Key(typed, typographic(typed) or typed, colon.end())
    if found := _TIGHT_KEY.match(body):
        return _Key(found[1], found[1], found.end(), f"a space is missing after '{found[1]}:'")
    if found := _EQUALS_KEY.match(body):
        return _Key(found[1], found[1], found.end(), f"'{found[1]} =' was read as '{found[1]}:'", equals=True)
    return None


def _size(node: Node) -> int:
    """How many values a node holds, each use of an anchor counted."""
    return sum(1 for _ in every(node))


class _Brackets:
    """Reads lists and fields in brackets with an eye for brackets inside the values: ``[max(0, z), I(z in [-1, 1])]``.

    Commas at the end, comments as in Python and C, and names without a value, ``{1, 2, 3}``, are allowed. Raises
    ``Unreadable`` at what is not closed before ``end``.
    """

    def __init__(self, source: Source, end: int, budget: Budget) -> None:
        self.source = source
        self.text = source.text
        self.end = end
        self.budget = budget

    def _fault(self, message: str, index: int) -> Unreadable:
        return Unreadable(message, self.source.line(index))

    def _blank(self, index: int) -> int:
        """The index behind blanks and comments."""
        found = _BLANK.match(self.text, index, self.end)
        return found.end() if found else index

    def _at(self, index: int) -> str:
        return self.text[index] if index < self.end else ""

    def collection(self, start: int, depth: int) -> tuple[Node, int]:
        """The collection that opens at ``start``, of so many levels at most, and the index behind its bracket."""
        if depth == 0:
            raise self._fault("too many levels of brackets", start)
        opening, close = self.text[start], _CLOSING[self.text[start]]
        read: Any = self._entry if opening == "{" else self._value
        inside: list[Any] = []
        line = self.source.line(start)
        index = self._blank(start + 1)
        while self._at(index) != close:
            if index >= self.end:
                raise self._fault(f"the {opening} that opens here is not closed", start)
            self.budget.spend(1, line)
            one, index = read(index, depth)
            inside.append(one)
            index = self._blank(index)
            if self._at(index) in (",", ";"):
                index = self._blank(index + 1)
            elif index < self.end and self.text[index] != close:
                raise self._fault(f"a comma or {close} is expected here", index)
        span = (start, index + 1)
        if opening == "{":
            return Mapping(line, span=span, entries=tuple(inside), flow=True), index + 1
        return Sequence(line, span=span, items=tuple(inside), flow=True), index + 1

    def _entry(self, start: int, depth: int) -> tuple[tuple[Scalar, Node], int]:
        """A name and its value, which is empty where only a name stands."""
        named = quoted(self.source, start, self.end)
        behind = self._blank(named[1]) if named else start
        if named and self._at(behind) == ":":
            key, index = named[0], behind
        else:
            key, index = self._text(start, key=True)
        if self._at(index) != ":":
            if given := _EQUALS.fullmatch(key.text):
                return (replace(key, text=given[1]), replace(key, text=given[2], remarks=())), index
            return (key, self.source.scalar(index, index)), index
        index = self._blank(index + 1)
        if self._at(index) in (",", "}", ""):
            return (key, self.source.scalar(index, index)), index
        value, index = self._value(index, depth)
        return (key, value), index

    def _value(self, start: int, depth: int) -> tuple[Node, int]:
        in_brackets = self.text[start] in "[{"
        found = self.collection(start, depth - 1) if in_brackets else quoted(self.source, start, self.end)
        if found:
            node, behind = found
            following = self._blank(behind)
            if self._at(following) in ("", ",", "]", "}"):
                return node, behind
            if self._at(following) == '"' and "\n" in self.text[behind:following]:
                raise self._fault("a comma is expected here", behind)
        return self._text(start)

    def _text(self, start: int, *, key: bool = False) -> tuple[Scalar, int]:
        """Text up to the next comma or closing bracket (of a key: or colon) that is in no bracket of its own."""
        index = start
        open_brackets: list[str] = []
        while found := _STOP.search(self.text, index, self.end):
            mark, index = found.group(), found.start()
            if mark in _CLOSING:
                open_brackets.append(_CLOSING[mark])
            elif mark in ")]}":
                if not open_brackets and mark != ")":
                    break
                if not open_brackets or open_brackets.pop() != mark:
                    # Half-open intervals, [0, 1), close with the other kind.
                    if mark == ")" and not open_brackets:
                        raise self._fault("this bracket closes nothing", index)
                    if mark == "}":
                        raise self._fault("this bracket does not fit the one it closes", index)
            elif mark == "#" or (not open_brackets and (mark != ":" or (key and self._ends_key(start, index)))):
                break
            index += 1
        else:
            if open_brackets:
                raise self._fault("a bracket is not closed in the value that begins here", start)
            index = self.end
        text = " ".join(line.strip() for line in self.text[start:index].split("\n")).strip()
        end = start + len(self.text[start:index].rstrip())
        return unquoted(self.source, start, end, text, odd=text[:1] in INDICATORS and text != ""), index

    def _ends_key(self, start: int, colon: int) -> bool:
        behind = self._at(colon + 1)
        return behind == "" or behind.isspace() or bool(_KEY_SHAPE.match(self.text[start:colon][-200:]))
