"""What a submission holds, byte by byte: its fingerprint, and its files taken out of the zip of a class."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Protocol

from grader.batch import roster
from grader.batch.roster import Entry

_CHUNK = 1 << 20
_MOST_FILES = 20_000


class Limits(Protocol):
    """What may be taken out of an archive: bytes in all, and entries."""

    @property
    def archive_bytes(self) -> int: ...

    @property
    def archive_entries(self) -> int: ...


def fingerprint(entry: Entry) -> str:
    """A hash that changes whenever a file of the submission does; the same in a folder and in the zip of a class.

    Links are not followed. Raises ``OSError``, ``zipfile.BadZipFile``.
    """
    total = hashlib.sha256()
    for name, digest in sorted(_members(entry) if _zipped(entry) else _files(entry)):
        total.update(f"{len(name)}:{name}={digest}\n".encode("utf-8", "surrogatepass"))
    return total.hexdigest()


def _zipped(entry: Entry) -> bool:
    """Whether the submission is a part of the zip at its path."""
    return bool(entry.inside) or (bool(entry.files) and entry.path is not None and not entry.path.is_dir())


def _files(entry: Entry) -> Iterator[tuple[str, str]]:
    if entry.path is None:
        return
    if entry.files:
        for place, name in entry.files:
            yield name, _file(entry.path / place)
        return
    if not entry.path.is_dir():
        yield "", _file(entry.path)
        return
    count = 0
    for folder, folders, names in os.walk(entry.path):
        folders.sort()
        for name in sorted(names):
            count += 1
            if count > _MOST_FILES:
                yield "", "and more"
                return
            file = Path(folder, name)
            yield file.relative_to(entry.path).as_posix(), _file(file)


def _file(file: Path) -> str:
    about = file.lstat()
    if not stat.S_ISREG(about.st_mode):
        return f"{stat.S_IFMT(about.st_mode):o}"
    try:
        with open(file, "rb") as stream:
            return _digest(stream)
    except PermissionError:
        return "unreadable"


def _members(entry: Entry) -> Iterator[tuple[str, str]]:
    assert entry.path is not None
    with zipfile.ZipFile(entry.path) as archive:
        for info, name in _inside(archive, entry):
            if not info.is_dir():
                try:
                    with archive.open(info) as stream:
                        yield name, _digest(stream)
                except (RuntimeError, NotImplementedError, zipfile.BadZipFile, EOFError) as error:
                    yield name, f"{type(error).__name__} {info.CRC:08x} {info.file_size}"


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


def _digest(stream: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def unpack(entry: Entry, folder: Path, limits: Limits) -> Path:
    """The submission as files of its own: where it is, or taken out of the zip of the class into the folder.

    Past the limits nothing more is taken out: what is then missing reads as missing. Links in the zip stay behind.
    """
    if entry.files and not _zipped(entry):
        return _copied(entry, folder, limits)
    if entry.path is None or not _zipped(entry):
        return entry.path if entry.path is not None else folder
    left, taken = limits.archive_bytes, 0
    with zipfile.ZipFile(entry.path) as archive:
        for info, name in _inside(archive, entry):
            kind = stat.S_IFMT(info.external_attr >> 16)
            if info.is_dir() or kind not in (0, stat.S_IFREG):
                continue
            taken += 1
            if taken > limits.archive_entries or info.file_size > left:
                break
            target = folder / (name or Path(entry.inside).name)
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                with archive.open(info) as source, open(target, "wb") as copy:
                    left -= _copy(source, copy, left)
            except (RuntimeError, NotImplementedError, zipfile.BadZipFile, EOFError):
                target.unlink(missing_ok=True)  # encrypted, or damaged: for the reader it is not there
            if not name:
                return target
    return folder


def _copied(entry: Entry, folder: Path, limits: Limits) -> Path:
    """The chosen files of a folder, under their names in the submission."""
    assert entry.path is not None
    left = limits.archive_bytes
    for place, name in entry.files[: limits.archive_entries]:
        about = (entry.path / place).lstat()
        left -= about.st_size
        if stat.S_ISREG(about.st_mode) and left >= 0:
            (folder / name).write_bytes((entry.path / place).read_bytes())
    return folder


def files(entry: Entry, limits: Limits) -> Iterator[tuple[str, bytes]]:
    """The submission's files by name, within the limits; an archive is one file. Links are left out."""
    if entry.path is None:
        return
    with tempfile.TemporaryDirectory(prefix="grader-") as folder:
        place = unpack(entry, Path(folder), limits)
        left, taken = limits.archive_bytes, 0
        for file in [place] if place.is_file() else sorted(place.rglob("*")):
            if file.is_symlink() or not file.is_file():
                continue
            taken += 1
            left -= file.stat().st_size
            if taken > limits.archive_entries or left < 0:
                return
            yield file.name if file == place else file.relative_to(place).as_posix(), file.read_bytes()


def _copy(source: IO[bytes], target: IO[bytes], most: int) -> int:
    copied = 0
    while copied < most and (chunk := source.read(min(_CHUNK, most - copied))):
        target.write(chunk)
        copied += len(chunk)
    return copied
