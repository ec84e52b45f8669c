"""Archives, told apart by their first bytes and listed within bounds. Nothing is unpacked onto a disk."""

from __future__ import annotations

import io
import os
from contextlib import ExitStack
from typing import IO

from grader.assignment.config import Limits
from grader.submission import tars, zips
from grader.submission.entries import Listing, Refused

File = IO[bytes]

HEAD = 512
_MAGIC = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"Rar!", "rar"),
    (b"7z\xbc\xaf", "7z"),
)


def kind(head: bytes) -> str:
    """Which archive begins with these bytes, or ""."""
    for start, name in _MAGIC:
        if head.startswith(start):
            return name
    return "tar" if head[257:262] == b"ustar" else ""


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
        return zips.listing(file, size, limits, stack)
    if what in ("gzip", "tar"):
        return tars.listing(file, limits, compressed=what == "gzip")
    if size == 0:
        raise Refused("The file that was handed in is empty.")
    if what:
        raise Refused(f"A {what} archive cannot be read: hand in a .zip or a .tar.gz.")
    raise Refused("What was handed in is neither a folder nor a .zip or .tar.gz of one.")
