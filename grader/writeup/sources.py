"""The text of a write-up, every character of which keeps its place in a file, and the blocks that it is read into."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, pairwise
from operator import attrgetter
from typing import Literal

from grader.frozen import frozen

OPEN, CLOSE = "\ue000", "\ue001"
"""Stand around a formula inside a text, whatever signs were typed there. Code between backticks counts as one."""
ROW = "\ue002"
"""Stands between the rows of a displayed formula."""
ANSWER = "\ue003"
"""Stands before a marked answer, between its name and its text, and behind it."""
DRAWING = "\ue005"
"""Stands for a picture."""
FORMULA = re.compile(f"{OPEN}([^{OPEN}{CLOSE}]*){CLOSE}")
MARK = re.compile(f"{ANSWER}([^{ANSWER}]*){ANSWER}([^{ANSWER}]*){ANSWER}")

_WORDS = rf"{OPEN}[\s{{]*\\(?:text|mbox|mathrm)[a-z]*\s*\{{(?P<words>\s*[A-Za-z][A-Za-z :-]{{2,}})\}}[\s}}]*{CLOSE}"
"""A formula of nothing but words."""


class Unreadable(Exception):
    """A write-up that cannot be read at all; the message says why, worded to follow the file's name."""


@frozen
class Place:
    """Where a text stands: its file, its line from 1 and, in a notebook, its cell from 1 with the line inside it."""

    file: str
    line: int
    cell: int | None = None


@frozen
class _File:
    """A file or a cell of a notebook: the offset at which it begins, and where in its text the lines end."""

    start: int
    text: str
    line_ends: tuple[int, ...]
    name: str
    cell: int | None


@dataclass
class Sources:
    """The files of a write-up, one behind the other: an offset tells the file, and a span the text as typed."""

    _files: list[_File] = field(default_factory=list)

    def add(self, name: str, text: str, cell: int | None = None) -> Sourced:
        """One more file, or one more cell of a notebook, as text that knows its places."""
        start = self._files[-1].start + len(self._files[-1].text) + 1 if self._files else 0
        line_ends = tuple(found.start() for found in re.finditer("\n", text))
        self._files.append(_File(start, text, line_ends, name, cell))
        return Sourced(text, tuple(pairwise(range(start, start + len(text) + 1))))

    def _file(self, offset: int) -> _File:
        return self._files[bisect_right(self._files, offset, key=attrgetter("start")) - 1]

    def place(self, offset: int) -> Place:
        """The place of one character."""
        file = self._file(offset)
        return Place(file.name, bisect_left(file.line_ends, offset - file.start) + 1, file.cell)

    def typed(self, text: Sourced) -> str:
        """A text as it stands in its file; where it comes from two files, as it was understood."""
        if not text.spans:
            return ""
        low, high = min(start for start, _ in text.spans), max(end for _, end in text.spans)
        file = self._file(low)
        inside = high - file.start <= len(file.text)
        return file.text[low - file.start : high - file.start] if inside else text.text


@dataclass(frozen=True, slots=True)
class Sourced:
    """A text, and of each character where in the sources it comes from: the offsets of its begin and of its end."""

    text: str
    spans: tuple[tuple[int, int], ...]

    def __getitem__(self, part: slice) -> Sourced:
        return Sourced(self.text[part], self.spans[part])

    def __len__(self) -> int:
        return len(self.text)

    def group(self, found: re.Match[str], group: int | str = 0) -> Sourced:
        """What was found in it, or a group of that."""
        return self[slice(*found.span(group))]

    @property
    def start(self) -> int:
        """Where it begins in the sources; 0 for an empty text."""
        return self.spans[0][0] if self.spans else 0

    def strip(self, characters: str | None = None) -> Sourced:
        """The text without blanks, or without other characters, at its ends."""
        left = len(self.text) - len(self.text.lstrip(characters))
        return self[left : left + len(self.text.strip(characters))]

    def instead(self, text: str) -> Sourced:
        """Another text in this one's place."""
        span = (self.spans[0][0], max(end for _, end in self.spans)) if self.spans else (0, 0)
        return Sourced(text, (span,) * len(text))

    def between(self, signs: Iterable[re.Match[str]]) -> Iterator[Sourced]:
        """The pieces between signs that were found in it."""
        at = 0
        for found in signs:
            yield self[at : found.start()]
            at = found.end()
        yield self[at:]

    def parted(self, signs: str, brackets: str = "[](){}") -> Iterator[Sourced]:
        """The pieces between signs, which are a regular expression, outside of brackets and environments."""
        ladder = rf"(?P<sign>{signs})|(?P<begin>\\begin\s*\{{)|\\end\s*\{{|\\.|(?P<bracket>[{re.escape(brackets)}])"
        outside = []
        depth = 0
        for found in re.finditer(ladder, self.text, re.DOTALL):
            if found["sign"] and not depth:
                outside.append(found)
            elif found["begin"]:
                depth += 2  # the environment, and the brace of its name
            elif found["bracket"]:
                depth = depth + 1 if found[0] in "[({" else max(0, depth - 1)
        return self.between(outside)

    def changed(self, pattern: re.Pattern[str] | str, change: Callable[[re.Match[str]], Sourced | str]) -> Sourced:
        """The text with another one, or with signs in its place, instead of every match."""
        found = list(re.finditer(pattern, self.text))
        if not found:
            return self
        parts: list[Sourced] = []
        for one, piece in zip(found, self.between(found)):
            new = change(one)
            parts += [piece, self[one.start() : one.start() + 1].instead(new) if isinstance(new, str) else new]
        return joined((*parts, self[found[-1].end() :]))


EMPTY = Sourced("", ())


def joined(parts: Iterable[Sourced]) -> Sourced:
    """Texts one behind the other."""
    every = tuple(parts)
    return Sourced("".join(part.text for part in every), tuple(chain.from_iterable(part.spans for part in every)))


def masked(text: str, sign: str = " ") -> str:
    """A text of the same length with nothing but a sign where its formulas are."""
    return FORMULA.sub(lambda found: sign * len(found[0]), text)


@frozen
class Block:
    """A heading with its level and its number (typed, or counted by LaTeX), a paragraph, or a table of cells."""

    kind: Literal["heading", "text", "table"]
    text: Sourced
    level: int = 0
    number: tuple[int, ...] = ()
    cells: tuple[tuple[Sourced, ...], ...] = ()
    drawing: bool = False


def paragraph(parts: Iterable[Sourced], level: int = 0) -> Iterator[Block]:
    """The parts as one block, a heading where they have a level; none where nothing stands in them."""
    whole = joined(parts)
    drawing = DRAWING in whole.text
    text = whole.changed(f"{DRAWING}|{_WORDS}", lambda found: found["words"] or "").strip()
    if text.text or drawing:
        yield Block("heading" if level else "text", text, level=level, drawing=drawing)
