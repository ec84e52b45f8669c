"""Marked answers: ``\\answer{2.3.reverse.time}{5p}``, and lines that begin with the exact name of an item."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from grader.assignment.config import Config
from grader.writeup import prose
from grader.writeup.blocks import ANSWER, CLOSE, OPEN, Block
from grader.writeup.candidates import Candidate, Candidates
from grader.writeup.sources import EMPTY, Sourced, joined

_COMMAND = re.compile(f"{ANSWER}([^{ANSWER}]*){ANSWER}([^{ANSWER}]*){ANSWER}")
_AROUND = f"[*_`{OPEN}{CLOSE}]*"
_LABEL = re.compile(
    rf"[\s>*+•-]*(?:\d+[.)]\s+)?(?:\[[ xX]\]\s*)?{_AROUND}([\w.']+?){_AROUND}\s*:{_AROUND}(?=\s|{OPEN}|$)\s*"
)
"""The name before a colon, behind list signs and inside of bold or code."""
ARROW = re.compile(r"->|→|\\(?:to|rightarrow|longrightarrow|mapsto|leftarrow)(?![A-Za-z])|<-|←")


@dataclass(frozen=True)
class Marks:
    """Takes the marked answers out of a write-up's blocks, so that the rest can be searched."""

    config: Config
    into: Candidates

    def take(self, blocks: Iterable[Block]) -> Iterator[Block]:
        """The blocks without their marked answers."""
        for block in blocks:
            rows = tuple(tuple(map(self._without_commands, row)) for row in block.cells)
            cells = tuple(row for row in rows if not self._row(row))
            yield replace(block, text=self._without_lines(self._without_commands(block.text)), cells=cells)

    def _row(self, row: tuple[Sourced, ...]) -> bool:
        """Takes a row of a table of two columns, the name of an item and its answer; whether it is one."""
        name = row[0].strip(f" *_`{OPEN}{CLOSE}") if len(row) == 2 else EMPTY
        if not self._is_mark(name.text, row[-1].text if row else ""):
            return False
        self._mark(name, row[1])
        return True

    def _without_commands(self, text: Sourced) -> Sourced:
        parts, at = [], 0
        for found in _COMMAND.finditer(text.text):
            parts.append(text[at : found.start()])
            self._mark(text[found.start(1) : found.end(1)].strip(), text[found.start(2) : found.end(2)])
            at = found.end()
        return joined((*parts, text[at:])) if parts else text

    def _without_lines(self, text: Sourced) -> Sourced:
        kept, at = [], 0
        for line in re.finditer(r"[^\n]*(?:\n|$)", text.text):
            label = _LABEL.match(line[0])
            if label is None or not self._is_mark(label[1], line[0][label.end() :]):
                continue
            kept.append(text[at : line.start()])
            name = text[line.start() + label.start(1) : line.start() + label.end(1)]
            self._mark(name, text[line.start() + label.end() : line.end()])
            at = line.end()
        return joined((*kept, text[at:])) if kept else text

    def _is_mark(self, name: str, text: str) -> bool:
        """Whether a line's label is the name of an item; "1.2:" may as well be the heading of part 1.2."""
        known = field_of(name, self.config)
        if known is None or known[1] or known[0] not in self.config.parts:
            return known is not None
        return re.match(r"[\s`*]*(?:\{|layers\b|edges\b)", text) is not None or ARROW.search(text) is not None

    def _mark(self, name: Sourced, text: Sourced) -> None:
        known = field_of(name.text, self.config)
        if known is None:
            self.into.unknown.append(name)
        else:
            self.into.add(*known, Candidate(prose.typeset(text), "marked"))


def field_of(name: str, config: Config) -> tuple[str, str] | None:
    """Item and field of a mark's name: ``2.3.reverse.time``, ``1.1.W1``, ``2.1.1.edges``; None for no item."""
    known = {item.name for item in config.items}
    if name in known:
        return name, ""
    item, _, rest = name.rpartition(".")
    return (item, rest) if item in known and item in config.parts and rest in config.parts[item].slots else None
