"""From the files that were handed in to what their write-up says: which file it is, read by the reader of its kind."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from grader.assignment.config import Config
from grader.submission.entries import is_write_up
from grader.writeup import finding, latex, markdown, notebook
from grader.writeup.blocks import Block
from grader.writeup.candidates import Candidates
from grader.writeup.macros import Expander, TooLarge
from grader.writeup.notebook import NotANotebook
from grader.writeup.sources import Sourced, Sources

_NAMED = re.compile(r"(?:^|[\W_])(?:answers?|homework|main|hw\d*)(?:$|[\W_\d])", re.IGNORECASE)
_INPUT = re.compile(r"\\(?:input|include|subfile)\s*\{?\s*([^\s{}]+)")


class Unreadable(Exception):
    """A write-up that cannot be read at all; the message says why, worded to follow the file's name."""


@dataclass(frozen=True)
class WriteUp:
    """One write-up: the name of its main file, what it says of each item, and where its texts stand."""

    name: str
    candidates: Candidates
    sources: Sources


def main_files(files: Mapping[str, str], *, alone: bool) -> tuple[str, ...]:
    """The file that is the write-up; several where none of them is the one, and none where there is none.

    A file that another one takes in is a piece of it. Of the rest, those that are named for it go first, and of these
    those nearest to the root. A README is one only where it is the only one, and ``alone``: nothing else that counts
    was handed in.
    """
    names = [name for name in files if is_write_up(name)]
    taken_in = {known for name in names for known in _taken_in(name, files)}
    rest = [name for name in names if name not in taken_in]
    others = [name for name in rest if not posixpath.basename(name).lower().startswith("readme")]
    rest = others or (rest if alone else [])
    named = [name for name in rest if _NAMED.search(posixpath.splitext(posixpath.basename(name))[0])]
    first = named or rest
    depth = min((name.count("/") for name in first), default=0)
    return tuple(name for name in first if name.count("/") == depth)


def _taken_in(name: str, files: Mapping[str, str]) -> Iterator[str]:
    for found in _INPUT.finditer(files[name]):
        known = _file(found[1], name, files)
        if known is not None and known != name:
            yield known


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

    try:
        blocks = list(_blocks(name, files[name], sources, Expander(file)))
    except TooLarge:
        raise Unreadable("holds macros that expand without end") from None
    except NotANotebook:
        raise Unreadable("is no notebook that can be read") from None
    return WriteUp(name, finding.gather(blocks, config), sources)


def _blocks(name: str, text: str, sources: Sources, expander: Expander) -> Iterator[Block]:
    if name.lower().endswith(".ipynb"):
        return notebook.blocks(name, text, sources, expander)
    reader = latex.blocks if name.lower().endswith(".tex") else markdown.blocks
    return reader(sources.add(name, text), expander)
