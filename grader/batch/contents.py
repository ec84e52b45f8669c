"""What a submission holds, byte by byte: its fingerprint, and its files taken out of the zip of a class."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from grader.assignment.config import Limits
from grader.batch import roster
from grader.batch.roster import Entry
from grader.frozen import frozen

_CHUNK = 1 << 20
_MOST_FILES = 20_000
_DAMAGED = (RuntimeError, NotImplementedError, zipfile.BadZipFile, EOFError, zlib.error, PermissionError)
"""What opening or reading a file raises that is encrypted, damaged, or not for us."""


@frozen
class _Member:
    """A file of a submission; ``kind`` is 0 for a plain file."""

    name: str
    size: int
    kind: int
    open: Callable[[], IO[bytes]]


def fingerprint(entry: Entry) -> str:
    """A hash that changes whenever a file of the submission does; the same in a folder and in the zip of a class.

    Links are not followed. Raises ``OSError``, ``zipfile.BadZipFile``.
    """
    total = hashlib.sha256()
    for name, digest in sorted((member.name, _digest(member)) for member in _members(entry)):
        total.update(f"{len(name)}:{name}={digest}\n".encode("utf-8", "surrogatepass"))
    return total.hexdigest()


def _digest(member: _Member) -> str:
    if member.kind:
        return f"{member.kind:o}"
    digest = hashlib.sha256()
    try:
        with member.open() as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
    except _DAMAGED as error:
        return f"{type(error).__name__} {member.size}"
    return digest.hexdigest()


def _members(entry: Entry) -> Iterator[_Member]:
    """The files at the places of a submission, named from there on."""
    if entry.path is None:
        return
    if entry.path.is_dir():
        found = (one for place, name in entry.places for one in _below(entry.path / place, name))
        for count, (name, file) in enumerate(found):
            if count >= _MOST_FILES:
                yield _Member("and more", 0, stat.S_IFREG, partial(io.FileIO, file))  # no file: it only counts
                return
            about = file.lstat()
            kind = 0 if stat.S_ISREG(about.st_mode) else stat.S_IFMT(about.st_mode)
            yield _Member(name, about.st_size, kind, partial(io.FileIO, file))
        return
    with zipfile.ZipFile(entry.path) as archive:
        for info in archive.infolist():
            at = "/".join(roster.parts_of(info.filename) or ())
            for place, name in entry.places:
                if (at == place or at.startswith(f"{place}/")) and not info.is_dir():
                    kind = stat.S_IFMT(info.external_attr >> 16)
                    kind = 0 if kind == stat.S_IFREG else kind
                    named = str(PurePosixPath(name, at[len(place) + 1 :])) if at != place else name or Path(place).name
                    yield _Member(named, info.file_size, kind, partial(archive.open, info))


def _below(path: Path, name: str) -> Iterator[tuple[str, Path]]:
    """A file, or all files of a folder, with their names in a submission where the path has this one."""
    if not path.is_dir():
        yield name or path.name, path
    for folder, folders, names in os.walk(path):
        folders.sort()
        for file in (Path(folder, found) for found in sorted(names)):
            yield str(PurePosixPath(name, file.relative_to(path))), file


def unpack(entry: Entry, folder: Path, limits: Limits) -> tuple[Path, tuple[str, ...]]:
    """The submission as files of its own: where it is, or taken out of the zip of the class into the folder.

    With it the names of the files that are damaged there. Past the limits nothing more is taken out: what is then
    missing reads as missing. Links stay behind.
    """
    whole = Path(entry.places[0][0]) if [name for _, name in entry.places] == [""] else None
    if entry.path is not None and entry.path.is_dir() and whole is not None:
        return entry.path / whole, ()
    members = list(files(entry, limits))
    for name, data in members:
        if data is not None:
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    damaged = tuple(name for name, data in members if data is None)
    alone = whole is not None and not damaged and [name for name, _ in members] == [whole.name]
    return folder / members[0][0] if alone else folder, damaged


def files(entry: Entry, limits: Limits) -> Iterator[tuple[str, bytes | None]]:
    """The submission's files by name, within the limits, None for a damaged one; an archive is one file.

    Links are left out, and no more is ever read of a file than its size says.
    """
    left = limits.archive_bytes
    for count, member in enumerate((one for one in _members(entry) if not one.kind), 1):
        left -= member.size
        if count > limits.archive_entries or left < 0:
            return
        try:
            with member.open() as source:
                yield member.name, source.read(member.size)
        except _DAMAGED:
            yield member.name, None
