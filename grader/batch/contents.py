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
from pathlib import Path
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
    """A file of a submission; ``name`` is empty where it is the submission, ``kind`` is 0 for a plain file."""

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
    """The files of a submission: those of its folder or archive, or the chosen ones, named from there on."""
    if entry.path is None:
        return
    if entry.path.is_dir():
        for count, (name, file) in enumerate(_files(entry.path / entry.inside, entry.files)):
            if count >= _MOST_FILES:
                yield _Member("and more", 0, stat.S_IFREG, partial(io.FileIO, file))  # no file: it only counts
                return
            about = file.lstat()
            kind = 0 if stat.S_ISREG(about.st_mode) else stat.S_IFMT(about.st_mode)
            yield _Member(name, about.st_size, kind, partial(io.FileIO, file))
        return
    with zipfile.ZipFile(entry.path) as archive:
        for info, name in _inside(archive, entry):
            if not info.is_dir():
                kind = stat.S_IFMT(info.external_attr >> 16)
                yield _Member(name, info.file_size, 0 if kind == stat.S_IFREG else kind, partial(archive.open, info))


def _files(path: Path, chosen: tuple[tuple[str, str], ...]) -> Iterator[tuple[str, Path]]:
    if chosen:
        yield from ((name, path / place) for place, name in chosen)
    elif not path.is_dir():
        yield "", path
    else:
        for folder, folders, names in os.walk(path):
            folders.sort()
            for name in sorted(names):
                yield Path(folder, name).relative_to(path).as_posix(), Path(folder, name)


def _inside(archive: zipfile.ZipFile, entry: Entry) -> Iterator[tuple[zipfile.ZipInfo, str]]:
    """The members of a submission: of a folder, the one that is an archive, or some, with their names from there on."""
    place, chosen = entry.inside, dict(entry.files)
    for info in archive.infolist():
        name = "/".join(roster.parts_of(info.filename) or ())
        if chosen:
            if name in chosen:
                yield info, chosen[name]
        elif name == place:
            yield info, ""
        elif name.startswith(f"{place}/"):
            yield info, name[len(place) + 1 :]


def unpack(entry: Entry, folder: Path, limits: Limits) -> tuple[Path, tuple[str, ...]]:
    """The submission as files of its own: where it is, or taken out of the zip of the class into the folder.

    With it the names of the files that are damaged there. Past the limits nothing more is taken out: what is then
    missing reads as missing. Links stay behind.
    """
    if entry.path is not None and entry.path.is_dir() and not entry.files:
        return entry.path / entry.inside, ()
    members = list(files(entry, limits))
    for name, data in members:
        if data is not None:
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    damaged = tuple(name for name, data in members if data is None)
    alone = [name for name, _ in members] == [Path(entry.inside).name]
    return folder / members[0][0] if alone and not (entry.files or damaged) else folder, damaged


def _within(entry: Entry, limits: Limits) -> Iterator[_Member]:
    """The plain files of a submission, as many as the limits allow; no more is ever read of one than its size says."""
    left = limits.archive_bytes
    for count, member in enumerate((one for one in _members(entry) if not one.kind), 1):
        left -= member.size
        if count > limits.archive_entries or left < 0:
            return
        yield member


def files(entry: Entry, limits: Limits) -> Iterator[tuple[str, bytes | None]]:
    """The submission's files by name, within the limits, None for a damaged one; an archive is one file.

    Links are left out.
    """
    for member in _within(entry, limits):
        name = member.name or Path(entry.inside).name
        try:
            with member.open() as source:
                yield name, source.read(member.size)
        except _DAMAGED:
            yield name, None
