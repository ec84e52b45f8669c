"""Indented lines, read by what a person means: the second reading of a piece that YAML itself refuses."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from grader.document import flow_style, quoting
from grader.document.nodes import Limits, Mapping, Node, Scalar, Sequence, Source, Unreadable

_QUOTED_KEY = re.compile(r"""("[^"\n]*"|'(?:[^'\n]|'')*')\s*:(?=\s|$)""")
_BEGINS_NAME = re.compile(r"[^\s\"'\[{#:-]|-[^\s:]")
_COLON = re.compile(r":(?=\s|$)")
_TIGHT_KEY = re.compile(r"([A-Za-z][\w.'\\]*):(?=\S)")
_EQUALS_KEY = re.compile(r"([A-Za-z\\][\w.'\\{}^]*(?:\{[^}\n]{0,100}\})?)\s*=(?!=)\s*(?=\S)")
_BLOCK_TEXT = re.compile(r"[|>][-+0-9]{0,2}\s*(?:\s#.*)?$")
_COMMENT = re.compile(r"(?:^|(?<=\s))#.*$", re.MULTILINE)
_INDICATORS = "*&!%@`|>?"
_AS_TYPED = "was read as it stands; put such a value in 'single quotes'"


@dataclass(frozen=True)
class _Line:
    number: int
    start: int
    indent: int
    body: str


class Blocks:
    """Reads the lines from ``start`` (the beginning of a line) to ``end``, with tabs of a given width."""

    def __init__(self, source: Source, start: int, end: int, limits: Limits, tab: int) -> None:
        self.source = source
        self.end = end
        self.limits = limits
        self.tab = tab
        self.remarks: list[str] = []
        self.lines = list(self._lines(start))
        self.at = 0

    def _lines(self, start: int) -> list[_Line]:
        lines = []
        number = self.source.place(start)[0]
        while start < self.end:
            stop = self.source.text.find("\n", start, self.end)
            stop = self.end if stop < 0 else stop
            raw = self.source.text[start:stop]
            body = raw.lstrip(" \t")
            white = raw[: len(raw) - len(body)]
            if body and not body.startswith("#"):
                lines.append(_Line(number, start + len(white), len(white.expandtabs(self.tab)), body.rstrip()))
            start, number = stop + 1, number + 1
        return lines

    def read(self) -> Node | None:
        """The node of these lines, or None where they hold nothing."""
        if not self.lines:
            return None
        return self._node(-1, self.limits.depth)

    def _line(self) -> _Line | None:
        return self.lines[self.at] if self.at < len(self.lines) else None

    def _node(self, parent: int, depth: int) -> Node:
        line = self.lines[self.at]
        if depth == 0:
            start = line.start
            self._skip(parent)
            return self.source.broken(start, self._reached(), "too many levels of lists and fields")
        if line.body == "-" or line.body.startswith(("- ", "-\t")):
            return self._sequence(line.indent, depth)
        if _key(line.body):
            return self._mapping(line.indent, parent, depth)
        return self._value(line.start, parent, depth)

    def _skip(self, parent: int) -> None:
        while self.at < len(self.lines) and self.lines[self.at].indent > parent:
            self.at += 1

    def _reached(self) -> int:
        last = self.lines[self.at - 1]
        return last.start + len(last.body)

    def _sequence(self, indent: int, depth: int) -> Sequence:
        first = self.lines[self.at]
        items: list[Node] = []
        while (line := self._line()) and line.indent == indent and re.match(r"-(?:\s|$)", line.body):
            rest = line.body[1:].lstrip()
            offset = len(line.body) - len(rest)
            if not rest or rest.startswith("#"):
                self.at += 1
                items.append(self._below(indent, line.start + 1, depth))
                continue
            inner = _Line(line.number, line.start + offset, indent + offset, rest)
            self.lines[self.at] = inner
            items.append(self._node(indent, depth - 1))
        span = (first.start, self._reached())
        return Sequence(*self.source.place(first.start), span=span, items=tuple(items))

    def _below(self, parent: int, index: int, depth: int, *, field: bool = False) -> Node:
        """What stands in the lines under a name or a dash."""
        line = self._line()
        if line and line.indent > parent:
            return self._node(parent, depth - 1)
        if line and field and line.indent == parent and re.match(r"-(?:\s|$)", line.body):
            return self._sequence(parent, depth - 1)
        return self.source.scalar(index, index)

    def _mapping(self, indent: int, parent: int, depth: int) -> Mapping:
        first = self.lines[self.at]
        entries: list[tuple[Scalar, Node]] = []
        remarks: list[str] = []
        while (line := self._line()) and line.indent > parent:
            if line.indent < indent and indent - line.indent > line.indent - max(parent, 0):
                break
            found = _key(line.body)
            if not found:
                remarks.append(
                    f"line {line.number} could not be read: 'name: value' is expected, not {_short(line.body)}"
                )
                self.at += 1
                continue
            if line.indent != indent:
                remarks.append(
                    f"line {line.number} is indented differently from the lines above; it was read as one more"
                )
            key, behind, remark = found
            start = line.start
            quoted = line.body[0] in "\"'"
            text = quoting.content(key)[0] if quoted else quoting.typographic(key) or key
            name = self.source.scalar(start, start + len(key), text=text, plain=not quoted, remark=remark)
            entries.append((name, self._of_key(line, behind, min(indent, line.indent), depth)))
        while (line := self._line()) and parent < line.indent:
            remarks.append(f"line {line.number} could not be read: its indentation fits none of the lines above")
            self.at += 1
        span = (first.start, self._reached())
        return Mapping(*self.source.place(first.start), span=span, entries=tuple(entries), remarks=tuple(remarks))

    def _of_key(self, line: _Line, behind: int, indent: int, depth: int) -> Node:
        rest = line.body[behind:]
        stripped = rest.lstrip()
        index = line.start + behind + len(rest) - len(stripped)
        if not stripped or stripped.startswith("#"):
            self.at += 1
            return self._below(indent, line.start + behind, depth, field=True)
        return self._value(index, indent, depth)

    def _value(self, index: int, parent: int, depth: int) -> Node:
        """A value that begins at ``index`` in the current line and may go on in lines deeper than ``parent``."""
        line = self.lines[self.at]
        rest = line.body[index - line.start :]
        if _BLOCK_TEXT.match(rest):
            return self._block_text(index, parent)
        if rest[0] in "[{":
            node = self._brackets(index, parent, depth)
            if node is not None:
                return node
        if rest[0] in "\"'":
            return self._quoted(index, parent)
        return self._raw(index, parent)

    def _last_below(self, parent: int) -> int:
        """The index of the first line that no longer belongs to the value in the current line."""
        at = self.at + 1
        while at < len(self.lines):
            line = self.lines[at]
            if line.indent <= parent and line.body[0] not in "]})":
                break
            at += 1
        return at

    def _brackets(self, index: int, parent: int, depth: int) -> Node | None:
        after = self._last_below(parent)
        stop = self.lines[after].start if after < len(self.lines) else self.end
        try:
            node, behind = flow_style.read(self.source, index, stop, depth)
        except Unreadable as fault:
            line = self.lines[self.at]
            if _balanced(line.body[index - line.start :]):
                return None
            end = self.lines[after - 1].start + len(self.lines[after - 1].body)
            self.at = after
            return replace(self.source.broken(index, end, fault.message), line=fault.line, column=fault.column)
        at = self.at
        while at + 1 < len(self.lines) and self.lines[at + 1].start < behind:
            at += 1
        last = self.lines[at]
        if _COMMENT.sub("", last.body[behind - last.start :]).strip():
            return None
        self.at = at + 1
        return node

    def _quoted(self, index: int, parent: int) -> Node:
        line = self.lines[self.at]
        stop = line.start + len(line.body)
        close = quoting.closing(self.source.text, index, stop)
        if close < 0:
            after = self._last_below(parent)
            if after > self.at + 1 and not any(_key(body.body) for body in self.lines[self.at + 1 : after]):
                stop = self.lines[after - 1].start + len(self.lines[after - 1].body)
                close = quoting.closing(self.source.text, index, stop)
            if close < 0:
                self.at = after
                return self.source.broken(index, self._reached(), "the quote that opens here is not closed")
            self.at = after - 1
        if _COMMENT.sub("", self.source.text[close + 1 : stop]).strip():
            return self._raw(index, parent)
        self.at += 1
        text, remarks = quoting.content(self.source.text[index : close + 1])
        return self.source.scalar(index, close + 1, text=text, plain=False, remark=remarks[0] if remarks else "")

    def _raw(self, index: int, parent: int) -> Node:
        line = self.lines[self.at]
        pieces = [_COMMENT.sub("", line.body[index - line.start :]).strip()]
        self.at += 1
        end = index + len(pieces[0])
        while (more := self._line()) and more.indent > parent and not _key(more.body):
            pieces.append(_COMMENT.sub("", more.body).strip())
            end = more.start + len(pieces[-1])
            self.at += 1
        text = " ".join(piece for piece in pieces if piece)
        if (inside := quoting.typographic(text)) is not None:
            return self.source.scalar(index, end, text=inside, plain=False)
        unusual = text[:1] in _INDICATORS or text[:1] in "[{\"'" or text.startswith("- ") or re.search(r":(\s|$)", text)
        return self.source.scalar(index, end, text=text, remark=f"{_short(text)} {_AS_TYPED}" if unusual else "")

    def _block_text(self, index: int, parent: int) -> Node:
        """The text under ``|`` or ``>``; its lines are taken from the source, where ``#`` is no comment."""
        header = self.lines[self.at]
        start = header.start + len(header.body)
        self.at += 1
        while self.at < len(self.lines) and self.lines[self.at].indent > parent:
            self.at += 1
        stop = self._reached()
        rows = self.source.text[start:stop].split("\n")[1:]
        rows = [row.expandtabs(self.tab) for row in rows]
        margin = min((len(row) - len(row.lstrip()) for row in rows if row.strip()), default=0)
        rows = [row[margin:].rstrip() for row in rows]
        folded = header.body[index - header.start] == ">"
        return self.source.scalar(index, stop, text=(" " if folded else "\n").join(rows), plain=False)


def _key(body: str) -> tuple[str, int, str] | None:
    """The name that a line begins with, the index behind its colon, and a note where the colon is not as it should."""
    found = _QUOTED_KEY.match(body)
    if found:
        return found.group(1), found.end(), ""
    colon = _COLON.search(body) if _BEGINS_NAME.match(body) else None
    if colon:
        return body[: colon.start()].rstrip(), colon.end(), ""
    found = _TIGHT_KEY.match(body)
    if found:
        return found.group(1), found.end(), f"a space is missing after '{found.group(1)}:'"
    found = _EQUALS_KEY.match(body)
    if found:
        return found.group(1), found.end(), f"'{found.group(1)} =' was read as '{found.group(1)}:'"
    return None


def _balanced(text: str) -> bool:
    return all(text.count(a) == text.count(b) for a, b in ("[]", "{}", "()"))


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "...")
