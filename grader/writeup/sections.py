"""Which parts of the homework each piece of a write-up is about, told by its headings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain

from grader.assignment.config import Config
from grader.frozen import frozen
from grader.writeup.sources import EMPTY, OPEN, Block

_DIGITS = r"(\d{1,2}(?:[ \t]?\.[ \t]?\d{1,2})%s)(?!\.?[A-Za-z_])"
_LETTER = r"(?:[ .]*\(?([a-h])\))?"
_WORDS = r"(?:question|problem|part|exercise|task|answer(?: to)?|ex|nr|no|q|p)(?:\b|(?=\d))[\s.:_#-]*"
_NUMBER = re.compile(
    rf"^\W*(?:{_WORDS})?{_DIGITS % '*'}{_LETTER}|\b{_WORDS}{_DIGITS % '*'}{_LETTER}|(?<![\w.]){_DIGITS % '+'}{_LETTER}",
    re.IGNORECASE,
)
"""The number in a heading: of one level only at its beginning, or behind a word such as Problem."""
_POINTS = r"[\[(]\s*\d+\s*(?:pts?|points?|marks?)\b[^\])\n]*[\])]"
_LINE = re.compile(
    rf"[ \t(]*(?:(?:{_WORDS})?{_DIGITS % '+'}{_LETTER}[ \t]*(?:[):.\]]+|(?=\s|{OPEN}|$))"
    rf"|(?P<title>[^\n{OPEN}]{{3,90}}?){_POINTS})",
    re.IGNORECASE,
)
_PARTING = re.compile(r"[ \t\n:]*")
_STOP = re.compile("of|the|an?|and|to|in|for|vs|pts?|points?|marks?")
_BEGINNING = 7
_LINE_LEVEL = 20


@frozen
class Passage:
    """What stands between one heading and the next: the parts that it can answer, and its blocks.

    ``titles`` are the headings that it stands under, which may be the only ones to say "reverse mode".
    """

    parts: tuple[str, ...]
    titles: tuple[str, ...]
    blocks: tuple[Block, ...]


def passages(blocks: Iterable[Block], names: Names) -> Iterator[Passage]:
    """The passages of a write-up in their order; what stands before the first heading answers no part."""
    parts: tuple[str, ...] = ()
    level = 0
    headings: list[Block] = []
    gathered: list[Block] = []
    for block in chain(_with_line_headings(blocks, names), [Block("heading", EMPTY)]):
        if block.kind != "heading":
            gathered.append(block)
            continue
        if gathered:
            yield Passage(parts, tuple(heading.text.text for heading in headings), tuple(gathered))
            gathered = []
        headings = [*(heading for heading in headings if heading.level < block.level), block]
        meant = names.meant(block)
        if meant:
            parts, level = meant, block.level
        elif block.level <= level and block.text.text.strip():
            # It begins something else, and is not just an empty title.
            parts = ()


def _with_line_headings(blocks: Iterable[Block], names: Names) -> Iterator[Block]:
    """The blocks, where a line that begins with the number of a part is parted into a heading and its text."""
    for block in blocks:
        beginnings = list(names.beginnings(block.text.text)) if block.kind == "text" else []
        if not beginnings:
            yield block
            continue
        *befores, rest = (piece.strip(" \t\n:") for piece in block.text.between(beginnings))
        for before, found in zip(befores, beginnings):
            if before.text:
                yield replace(block, text=before, drawing=False)
            # A number at the beginning of a line is the lowest heading of all.
            yield Block("heading", block.text.group(found).strip(), level=_LINE_LEVEL)
        if rest.text or block.drawing:
            yield replace(block, text=rest)


class Names:
    """The numbers and titles of the parts."""

    def __init__(self, config: Config) -> None:
        self.numbers: Mapping[tuple[int, ...], str] = {
            tuple(int(one) for one in name.split(".")): name
            for name in config.parts
            if re.fullmatch(r"\d+(\.\d+)*", name)
        }
        # "Reverse mode" is a heading inside of parts, also where a part's title holds these words.
        groups = (item.path[0].casefold()[:_BEGINNING] for item in config.items if len(item.path) > 1)
        self.groups = frozenset(("mode", *groups))
        self.titles = {name: _tokens(part.title) - self.groups for name, part in config.parts.items()}

    def meant(self, block: Block) -> tuple[str, ...]:
        """The parts that a heading is about; empty where it names none."""
        text = re.sub(_POINTS, "", block.text.text)
        for found in _NUMBER.finditer(text):
            digits = found[1] or found[3] or found[5]
            parts = self.numbered(digits, found[2] or found[4] or found[6])
            if parts:
                return parts
        named = self._titled(text)
        counted = self._parts(block.number)
        # A chapter's number says less than a title; the number of a section may cover several parts.
        fits = set(named) <= set(counted) and len(block.number) > 1
        return counted if counted and (fits or not named) else named

    def beginnings(self, text: str) -> Iterator[re.Match[str]]:
        """Where a line begins with the number of a part, or is its title with the points behind."""
        at = 0
        while at >= 0:
            found = _LINE.match(text, at)
            if found and (self.numbered(found[1], found[2]) if found[1] else self._titled(found["title"])):
                yield found
                behind = _PARTING.match(text, found.end())
                at = behind.end() if behind else found.end()
            else:
                at = text.find("\n", at) + 1 or -1

    def numbered(self, digits: str, letter: str | None) -> tuple[str, ...]:
        """The parts of a number as typed, ``2.1`` with the letter ``b``, which may be a question inside of one part."""
        number = tuple(int(one) for one in re.findall(r"\d+", digits))
        lettered = (*number, ord(letter.lower()) - ord("a") + 1) if letter else number
        return self._parts(lettered) or self._parts(number)

    def _parts(self, number: tuple[int, ...]) -> tuple[str, ...]:
        if not number:
            return ()
        return tuple(name for known, name in self.numbers.items() if known[: len(number)] == number)

    def _titled(self, text: str) -> tuple[str, ...]:
        given = _tokens(text) - self.groups
        scores = {name: len(given & title) / len(given | title) for name, title in self.titles.items() if given & title}
        best = max(scores.values(), default=0.0)
        found = tuple(name for name, score in scores.items() if score == best)
        return found if len(found) == 1 and best >= 0.5 else ()


def _tokens(text: str) -> frozenset[str]:
    """The words of a title by their beginnings: "computational" is "computation", "products" is "product"."""
    words = re.findall(r"[a-z]+", text.casefold())
    return frozenset(word.removesuffix("s")[:_BEGINNING] for word in words if not _STOP.fullmatch(word))
