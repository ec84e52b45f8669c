"""Lists and fields in brackets, read with an eye for brackets inside the values: ``[max(0, z), I(z in [-1, 1])]``.

Commas at the end, comments as in Python and C, and names without a value, ``{1, 2, 3}``, are allowed.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from grader.document.characters import INDICATORS, quoted, unquoted
from grader.document.nodes import Budget, Mapping, Node, Scalar, Sequence, Source, Unreadable

_BLANK = re.compile(r"(?:\s|(?<=\s)#[^\n]*|//[^\n]*|/\*(?:[^*\n]|\*(?!/)){0,200}\*/)*")
_STOP = re.compile(r"[()\[\]{},:]|;(?=\s*[A-Za-z]\w*\s*:\s)|(?<=\s)#")
"""What may end a text: a semicolon only before the next field, a number sign only where it begins a comment."""
_KEY_SHAPE = re.compile(r"[\w.'\"\\^{}]+\Z")
_CLOSING = {"[": "]", "{": "}", "(": ")"}
_EQUALS = re.compile(r"([A-Za-z][\w.']*)\s*=(?!=)\s*(.+)")


class Reader:
    """Reads what stands before ``end`` in a source; raises ``Unreadable`` at what is not closed there."""

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
