"""What a write-up says of each item, before any of it is read or judged; and the answers that are marked in it.

A mark is ``\\answer{2.3.reverse.time}{5p}``, or a line that begins with the exact name of an item.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from grader.assignment.config import Config
from grader.frozen import frozen
from grader.writeup.prose import ARROW, typeset
from grader.writeup.sources import CLOSE, EMPTY, MARK, OPEN, Block, Sourced, Sources, joined

Strength = Literal["correction", "total", "label", "weak"]
"""How an amount was told: as a correction, as the total, by the label before it, or by less (the unit behind it)."""

_STRENGTHS: tuple[Strength, ...] = ("correction", "total", "label", "weak")
_AROUND = f"[*_`{OPEN}{CLOSE}]*"
_LABEL = re.compile(
    rf"[\s>*+•-]*(?:\d+[.)]\s+)?(?:\[[ xX]\]\s*)?{_AROUND}([\w.']+?){_AROUND}\s*:{_AROUND}(?=\s|{OPEN}|$)\s*"
)
"""The name before a colon, behind list signs and inside of bold or code."""


@frozen
class Candidate:
    """A text that may answer an item, or one field of it."""

    text: Sourced
    how: Literal["marked", "found"]
    strength: Strength = "label"


@dataclass
class WriteUp:
    """One write-up: the name of its main file, its files, and all that was gathered from it.

    ``fields`` has the candidates by item and field (``("1.1", "W1")``, ``("2.3.z", "")``), ``lines`` the formulas of
    the parts that are read as a whole, ``passages`` all that stands under a part, ``drawn`` the parts with a picture,
    ``doubted`` the items of which a sentence denies or takes back what was found, and ``unknown`` the marks whose name
    is no item.
    """

    name: str
    sources: Sources
    config: Config
    fields: dict[tuple[str, str], list[Candidate]] = field(default_factory=lambda: defaultdict(list))
    lines: dict[str, list[Sourced]] = field(default_factory=lambda: defaultdict(list))
    passages: dict[str, list[Sourced]] = field(default_factory=lambda: defaultdict(list))
    drawn: set[str] = field(default_factory=set)
    doubted: set[str] = field(default_factory=set)
    unknown: list[Sourced] = field(default_factory=list)

    def add(self, item: str, name: str, candidate: Candidate) -> None:
        """One more candidate; a text without a letter or a digit is none."""
        if any(sign.isalnum() for sign in candidate.text.text):
            self.fields[item, name].append(candidate)

    def best(self, item: str, name: str = "") -> tuple[Candidate, ...]:
        """The candidates that count: the marked ones, or else the strongest of those that were found."""
        found = self.fields.get((item, name), [])
        marked = tuple(one for one in found if one.how == "marked")
        if marked:
            return marked
        by_strength = (tuple(one for one in found if one.strength == strength) for strength in _STRENGTHS)
        return next((some for some in by_strength if some), ())

    def without_marks(self, blocks: Iterable[Block]) -> Iterator[Block]:
        """The blocks without their marked answers, which are kept, so that the rest can be searched."""
        for block in blocks:
            rows = tuple(tuple(map(self._without_commands, row)) for row in block.cells)
            cells = tuple(row for row in rows if not self._take_row(row))
            yield replace(block, text=self._without_lines(self._without_commands(block.text)), cells=cells)

    def _take_row(self, row: tuple[Sourced, ...]) -> bool:
        """Takes a row of a table of two columns, the name of an item and its answer; whether it is one."""
        name = row[0].strip(f" *_`{OPEN}{CLOSE}") if len(row) == 2 else EMPTY
        if not self._is_mark(name.text, row[-1].text if row else ""):
            return False
        self._take(name, row[1])
        return True

    def _without_commands(self, text: Sourced) -> Sourced:
        for found in MARK.finditer(text.text):
            self._take(text.group(found, 1).strip(), text.group(found, 2))
        return text.changed(MARK, lambda found: "")

    def _without_lines(self, text: Sourced) -> Sourced:
        kept = []
        for found in re.finditer(r"[^\n]*(?:\n|$)", text.text):
            line = text.group(found)
            label = _LABEL.match(line.text)
            if label and self._is_mark(label[1], line.text[label.end() :]):
                self._take(line.group(label, 1), line[label.end() :])
            else:
                kept.append(line)
        return joined(kept)

    def _is_mark(self, name: str, text: str) -> bool:
        """Whether a line's label is the name of an item; "1.2:" may as well be the heading of part 1.2."""
        item, slot = self._named(name)
        part = None if slot else self.config.parts.get(item)
        if not part:
            return bool(item)
        keys = "|".join(map(re.escape, part.keys)) or "(?!)"
        return re.match(rf"[\s`*]*(?:\{{|(?:{keys})\b)", text) is not None or ARROW.search(text) is not None

    def _take(self, name: Sourced, text: Sourced) -> None:
        item, slot = self._named(name.text)
        if item:
            self.add(item, slot, Candidate(typeset(text), "marked"))
        else:
            self.unknown.append(name)

    def _named(self, name: str) -> tuple[str, str]:
        """Item and field of a mark's name: ``2.3.reverse.time``, ``1.1.W1``, ``2.1.1.edges``; empty for no item."""
        known = {item.name for item in self.config.items}
        if name in known:
            return name, ""
        item, _, slot = name.rpartition(".")
        part = self.config.parts.get(item)
        return (item, slot) if part and item in known and slot in part.slots else ("", "")
