"""Lists and fields in brackets, read with an eye for brackets inside the values: ``[max(0, z), I(z in [-1, 1])]``."""

from __future__ import annotations

import re

from grader.document import quoting
from grader.document.nodes import Mapping, Node, Scalar, Sequence, Source, Unreadable

_BLANK = re.compile(r"(?:\s|(?<=\s)#[^\n]*)*")
_STOP = re.compile(r"[()\[\]{},:\n#]")
_KEY_SHAPE = re.compile(r"[\w.'\"\\^{}]+\Z")
_CLOSING = {"[": "]", "{": "}", "(": ")"}


def read(source: Source, start: int, end: int, depth: int) -> tuple[Node, int]:
    """The collection that opens at ``start``, and the index behind its closing bracket.

    Raises ``Unreadable`` at a bracket that is not closed before ``end``, or past ``depth`` levels.
    """
    return _Reader(source, end).collection(start, depth)


class _Reader:
    def __init__(self, source: Source, end: int) -> None:
        self.source = source
        self.text = source.text
        self.end = end

    def _fault(self, message: str, index: int) -> Unreadable:
        return Unreadable(message, *self.source.place(index))

    def _blank(self, index: int) -> int:
        found = _BLANK.match(self.text, index, self.end)
        return found.end() if found else index

    def collection(self, start: int, depth: int) -> tuple[Node, int]:
        if depth == 0:
            raise self._fault("too many levels of brackets", start)
        mapping = self.text[start] == "{"
        close = "}" if mapping else "]"
        items: list[Node] = []
        entries: list[tuple[Scalar, Node]] = []
        line, column = self.source.place(start)
        index = self._blank(start + 1)
        while self.text[index : min(index + 1, self.end)] != close:
            if index >= self.end:
                raise self._fault(f"the {self.text[start]} that opens here is not closed", start)
            if mapping:
                entry, index = self._entry(index, depth)
                entries.append(entry)
            else:
                item, index = self._value(index, depth)
                items.append(item)
            index = self._blank(index)
            if self.text[index : min(index + 1, self.end)] == ",":
                index = self._blank(index + 1)
            elif index < self.end and self.text[index] != close:
                raise self._fault(f"a comma or {close} is expected here", index)
        span = (start, index + 1)
        if mapping:
            return Mapping(line, column, span=span, entries=tuple(entries), flow=True), index + 1
        return Sequence(line, column, span=span, items=tuple(items), flow=True), index + 1

    def _entry(self, index: int, depth: int) -> tuple[tuple[Scalar, Node], int]:
        start = index
        if self.text[index] in "\"'":
            close = quoting.closing(self.text, index, self.end)
            behind = self._blank(close + 1)
            if close > 0 and self.text[behind : behind + 1] == ":":
                text, _ = quoting.content(self.text[index : close + 1])
                key = self.source.scalar(start, close + 1, text=text, plain=False)
                return self._of_key(key, behind + 1, depth)
        while True:
            found = _STOP.search(self.text, index, self.end)
            if not found or found.group() in ",}])":
                raise self._fault("'name: value' is expected here", start)
            index = found.end()
            if found.group() == ":" and self._ends_key(start, found.start()):
                key = self._scalar(start, found.start(), self.text[start : found.start()].strip())
                return self._of_key(key, index, depth)

    def _ends_key(self, start: int, colon: int) -> bool:
        behind = self.text[colon + 1 : min(colon + 2, self.end)]
        return behind == "" or behind.isspace() or bool(_KEY_SHAPE.match(self.text[start:colon][-200:]))

    def _of_key(self, key: Scalar, index: int, depth: int) -> tuple[tuple[Scalar, Node], int]:
        index = self._blank(index)
        if index < self.end and self.text[index] in ",}":
            return (key, self.source.scalar(index, index)), index
        value, index = self._value(index, depth)
        return (key, value), index

    def _value(self, index: int, depth: int) -> tuple[Node, int]:
        start = index
        opening = self.text[index : min(index + 1, self.end)]
        if opening in ("[", "{"):
            node, behind = self.collection(start, depth - 1)
            if self._ends_value(behind):
                return node, behind
        if opening in ("'", '"') and opening:
            close = quoting.closing(self.text, start, self.end)
            if close > 0 and self._ends_value(close + 1):
                text, remarks = quoting.content(self.text[start : close + 1])
                remark = remarks[0] if remarks else ""
                return self.source.scalar(start, close + 1, text=text, plain=False, remark=remark), close + 1
        return self._raw(start)

    def _ends_value(self, index: int) -> bool:
        index = self._blank(index)
        return index >= self.end or self.text[index] in ",]}"

    def _raw(self, start: int) -> tuple[Scalar, int]:
        """Text up to the next comma or closing bracket that is not inside a bracket of its own."""
        index = start
        open_brackets: list[str] = []
        while True:
            found = _STOP.search(self.text, index, self.end)
            if not found and open_brackets:
                raise self._fault("a bracket is not closed in the value that begins here", start)
            if not found:
                index = self.end
                break
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
            elif (mark == "," and not open_brackets) or (mark == "#" and self.text[index - 1].isspace()):
                break
            index += 1
        text = " ".join(line.strip() for line in self.text[start:index].split("\n")).strip()
        length = len(self.text[start:index].rstrip())
        return self._scalar(start, start + length, text), index

    def _scalar(self, start: int, end: int, text: str) -> Scalar:
        inside = quoting.typographic(text)
        return self.source.scalar(start, end, text=text if inside is None else inside, plain=inside is None)
