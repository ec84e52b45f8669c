"""A Jupyter notebook as blocks: its Markdown cells, and nothing of its code or output."""

from __future__ import annotations

import json
from collections.abc import Iterator

from grader.writeup import markdown
from grader.writeup.blocks import Block
from grader.writeup.macros import Expander
from grader.writeup.sources import Sources


class NotANotebook(Exception):
    """A file that is not the JSON of a notebook."""


def blocks(name: str, text: str, sources: Sources, expander: Expander) -> Iterator[Block]:
    """The blocks of every Markdown cell; cells are counted from 1, with those of code.

    Raises:
        NotANotebook: the text is no notebook.
    """
    for number, cell in enumerate(_cells(text), 1):
        if isinstance(cell, dict) and cell.get("cell_type") == "markdown":
            lines = cell.get("source", "")
            content = "".join(map(str, lines)) if isinstance(lines, list) else str(lines)
            yield from markdown.blocks(sources.add(name, content, number), expander)


def _cells(text: str) -> list[object]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise NotANotebook from None
    cells = found.get("cells") if isinstance(found, dict) else None
    if cells is None and isinstance(found, dict):
        # Format 3 kept the cells in worksheets.
        sheets = found.get("worksheets")
        cells = sheets[0].get("cells") if isinstance(sheets, list) and sheets and isinstance(sheets[0], dict) else None
    if not isinstance(cells, list):
        raise NotANotebook
    return cells
