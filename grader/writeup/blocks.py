"""The one shape that every write-up is read into: a stream of headings, paragraphs and tables."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from grader.writeup.sources import Sourced

OPEN, CLOSE = "\ue000", "\ue001"
"""Stand around a formula inside a text, whatever signs were typed there. Code between backticks counts as one."""

ROW = "\ue002"
"""Stands between the rows of a displayed formula."""

BREAK = "\n"
"""Stands between the lines of a paragraph."""

ANSWER = "\ue003"
"""Stands before a marked answer: its name, this sign again, its text, this sign again."""

FORMULA = re.compile(f"{OPEN}([^{OPEN}{CLOSE}]*){CLOSE}")


@dataclass(frozen=True)
class Block:
    """A heading with its level and its number (typed, or counted by LaTeX), a paragraph, or a table of cells."""

    kind: Literal["heading", "text", "table"]
    text: Sourced
    level: int = 0
    number: tuple[int, ...] = ()
    cells: tuple[tuple[Sourced, ...], ...] = ()
    drawing: bool = False
