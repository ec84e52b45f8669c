"""Archives, told apart by their first bytes and listed within bounds. Nothing is unpacked onto a disk."""

from __future__ import annotations

import io
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from contextlib import ExitStack
from typing import IO

from grader.config import Limits
from grader.submission import tars
from grader.submission.entries import Entry, Listing, Refused, is_clutter, refusing, shown

File = IO[bytes]

HEAD = 512
NESTED_BYTES = 20_000_000
"""How large an archive inside an archive may be: it is held in memory."""

_MAGIC = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"Rar!", "rar"),
    (b"7z\xbc\xaf", "7z"),
)
_ENDINGS = (".zip", ".tar.gz", ".tgz", ".tar", ".rar", ".7z", ".tar.bz2", ".tar.xz")
_END_RECORD = 22 + 65_535
_BYTES_AN_ENTRY = 500
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    IndexError,
    KeyError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)
"""What the zip module is known to raise on a damaged archive."""


def kind(head: bytes) -> str:
    """Which archive begins with these bytes, or ""."""
    for start, name in _MAGIC:
        if head.startswith(start):
            return name
    return "tar" if head[257:262] == b"ustar" else ""


def is_name(name: str) -> bool:
    """Whether a file's name is an archive's."""
    return name.lower().endswith(_ENDINGS)


def in_memory(data: bytes) -> File:
    """An archive that was read already."""
    return io.BytesIO(data)


def listing(file: File, limits: Limits, stack: ExitStack) -> Listing:
    """The files in an archive, which stays open as long as ``stack``. Raises ``Refused``."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    what = kind(file.read(HEAD))
    file.seek(0)
    if size > limits.archive_bytes:
        raise Refused(f"The archive has {size:,} bytes; at most {limits.archive_bytes:,} are read.")
    if what == "zip":
        return _zip(file, size, limits, stack)
    if what in ("gzip", "tar"):
        return tars.listing(file, limits, compressed=what == "gzip")
    if size == 0:
        raise Refused("The file that was handed in is empty.")
    if what:
        raise Refused(f"A {what} archive cannot be read: hand in a .zip or a .tar.gz.")
    raise Refused("What was handed in is neither a folder nor a .zip or .tar.gz of one.")


def _zip(file: File, size: int, limits: Limits, stack: ExitStack) -> Listing:
    _check_directory(file, size, limits)
    try:
        archive = stack.enter_context(zipfile.ZipFile(file))
    except _BROKEN:
        raise Refused("The zip archive is damaged and cannot be read: make it again.") from None
    infos = archive.infolist()
    if len(infos) > limits.archive_entries:
        raise Refused(f"The archive holds more than {limits.archive_entries:,} files and was not read.")
    entries: list[Entry] = []
    outside: list[str] = []
    for info in infos:
        path = inside(info.filename)
        if path is None:
            outside.append(info.filename)
        elif path and not info.is_dir() and not any(is_clutter(name) for name in path):
            entries.append(_entry(archive, info, path))
    return Listing(tuple(entries), leaving(outside))


def _check_directory(file: File, size: int, limits: Limits) -> None:
    """Refuse a table of contents that would fill the memory, before the zip module reads it."""
    file.seek(max(0, size - _END_RECORD - 76))
    tail = file.read()
    file.seek(0)
    most = limits.archive_entries * _BYTES_AN_ENTRY
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        return
    claimed = [struct.unpack_from("<L", tail, at + 12)[0]]
    if at >= 76 and tail[at - 76 :].startswith(b"PK\x06\x06"):
        claimed = [claim for claim in claimed if claim != 0xFFFFFFFF]
        claimed.append(struct.unpack_from("<Q", tail, at - 76 + 40)[0])
    if max(claimed) > most:
        raise Refused(f"The archive holds more than {limits.archive_entries:,} files and was not read.")


def inside(name: str) -> tuple[str, ...] | None:
    """The path of an entry, or None for one that points out of the archive."""
    name = name.replace("\\", "/")
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if name.startswith("/") or ".." in parts or (parts and parts[0].endswith(":")):
        return None
    return parts


def leaving(names: list[str]) -> tuple[str, ...]:
    """What is said of entries that point out of the archive."""
    if not names:
        return ()
    listed = ", ".join(shown(name) for name in names[:3])
    return (f"{len(names)} entries of the archive point out of it and were ignored ({listed}).",)


def _entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: tuple[str, ...]) -> Entry:
    mode = info.external_attr >> 16
    if stat.S_ISLNK(mode):
        return Entry(path, "link", refusing("is a link, and links are not followed: hand in the file itself."))
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return Entry(path, "other", refusing("is not an ordinary file."))
    if info.flag_bits & 0x1:
        return Entry(path, "file", refusing("is protected by a password: hand it in without one."))
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # The module expands the others without a bound.
        return Entry(path, "file", refusing("is compressed in an unusual way: make an ordinary .zip."))
    return Entry(path, "file", _reading(archive, info))


def _reading(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[int], bytes]:
    def content(most: int) -> bytes:
        try:
            with archive.open(info) as file:
                return file.read(most)
        except _BROKEN:
            raise Refused("is damaged in the archive and cannot be read: make the archive again.") from None

    return content
