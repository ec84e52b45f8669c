"""A write-up as a submission: which text of it answers which item, how that was told, and where it stands."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping

from grader.assignment.config import Config
from grader.submission.entries import is_write_up
from grader.writeup import finding, latex, markdown
from grader.writeup.finding import Candidate, WriteUp
from grader.writeup.macros import Expander
from grader.writeup.sources import Block, Sourced, Sources, Unreadable, joined

__all__ = ["Candidate", "Sourced", "Unreadable", "WriteUp", "joined", "main_files", "read"]

_NAMED = re.compile(r"(?:^|[\W_])(?:answers?|homework|main|hw\d*)(?:$|[\W_\d])", re.IGNORECASE)
_INPUT = re.compile(r"\\(?:input|include|subfile)\s*\{?\s*([^\s{}]+)")


def main_files(files: Mapping[str, str], *, alone: bool) -> tuple[str, ...]:
    """The file that is the write-up; several where none of them is the one, and none where there is none.

    A file that another one takes in is a piece of it. Of the rest, those that are named for it go first, and of these
    those nearest to the root. A README is one only where it is the only one, and ``alone``: nothing else that counts
    was handed in.
    """
    names = [name for name in files if is_write_up(name)]
    named_in = ((name, _file(found[1], name, files)) for name in names for found in _INPUT.finditer(files[name]))
    taken_in = {known for name, known in named_in if known != name}
    rest = [name for name in names if name not in taken_in]
    others = [name for name in rest if not posixpath.basename(name).lower().startswith("readme")]
    rest = others or (rest if alone else [])
    named = [name for name in rest if _NAMED.search(posixpath.splitext(posixpath.basename(name))[0])]
    first = named or rest
    depth = min((name.count("/") for name in first), default=0)
    return tuple(name for name in first if name.count("/") == depth)


def _file(wanted: str, beside: str, files: Mapping[str, str]) -> str | None:
    """The file that ``\\input{wanted}`` means in a file, by its name in the submission."""
    for folder in (posixpath.dirname(beside), ""):
        for ending in ("", ".tex"):
            path = posixpath.normpath(posixpath.join(folder, wanted.strip('"') + ending))
            if path in files:
                return path
    return None


def read(name: str, files: Mapping[str, str], config: Config) -> WriteUp:
    """What the write-up of this name says; ``files`` are the texts that were handed in with it.

    Raises:
        Unreadable: a notebook that is none, macros without end.
    """
    sources = Sources()

    def file(wanted: str) -> Sourced | None:
        known = _file(wanted, name, files)
        return None if known is None else sources.add(known, files[known])

    return finding.gather(name, _blocks(name, files[name], sources, Expander(file)), sources, config)


def _blocks(name: str, text: str, sources: Sources, expander: Expander) -> Iterator[Block]:
    if name.lower().endswith(".ipynb"):
        for number, cell in enumerate(_cells(text), 1):
            if isinstance(cell, dict) and cell.get("cell_type") == "markdown":
                lines = cell.get("source", "")
                content = "".join(map(str, lines)) if isinstance(lines, list) else str(lines)
                yield from markdown.blocks(sources.add(name, content, number), expander)
    else:
        reader = latex if name.lower().endswith(".tex") else markdown
        yield from reader.blocks(sources.add(name, text), expander)


def _cells(text: str) -> list[object]:
    """The cells of a notebook, those of code too. Raises ``Unreadable`` where the text is none."""
    try:
        found = json.loads(text)
        # Format 3 kept the cells in worksheets.
        cells = found["cells"] if "cells" in found else found["worksheets"][0]["cells"]
    except (ValueError, RecursionError, TypeError, LookupError):
        cells = None
    if not isinstance(cells, list):
        raise Unreadable("is no notebook that can be read")
    return cells
