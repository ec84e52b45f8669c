"""Zip archives, listed within bounds."""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from contextlib import ExitStack
from typing import IO

from grader.assignment.config import Limits
from grader.submission.entries import Entry, Listing, Refused, inside, is_clutter, leaving, refusing

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


def listing(file: IO[bytes], size: int, limits: Limits, stack: ExitStack) -> Listing:
    """The files in a zip of so many bytes, which stays open as long as ``stack``. Raises ``Refused``."""
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


def _check_directory(file: IO[bytes], size: int, limits: Limits) -> None:
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
