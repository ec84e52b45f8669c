"""Archives, told apart by their first bytes and listed within bounds. Nothing is unpacked onto a disk."""

from __future__ import annotations

import gzip
import os
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from typing import IO

from grader.assignment.config import Limits
from grader.submission import entries
from grader.submission.entries import NESTED_BYTES, NO_FILE, Content, Entry, Kind, Listing, Refused, refusing, shown

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
_END_RECORD = 22 + 65_535
_BYTES_AN_ENTRY = 1000
_CROWDED = "The archive holds more than {most:,} files; the rest was not read."
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, LookupError),
    *(OSError, OverflowError, RuntimeError, ValueError),
)
"""What the zip module is known to raise on a damaged archive."""
_BLOCK = 512
_HEADER_BYTES = 65_536
_CHUNK = 1 << 20
_PAX_RECORDS = 100
"""Records of one header that are looked at; programs write fewer than twenty."""
_TAR_KINDS: dict[bytes, Kind] = {
    **dict.fromkeys((tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE), "file"),
    **dict.fromkeys((tarfile.LNKTYPE, tarfile.SYMTYPE), "link"),
    **dict.fromkeys((b"5", b"g", b"K", b"X", b"S", b"D", b"M", b"N", b"V"), "folder"),
}
"""Folders, and what only says something of other members."""

DAMAGED = refusing("is damaged in the archive and cannot be read: make the archive again.")

Member = tuple[str, Kind, Content]
"""The name, kind and content of a member of an archive."""


class Foreign(Refused):
    """An archive of a kind that is not opened here, and that a person can open."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"An archive of the kind {kind} cannot be read: hand in a .zip or a .tar.gz.")
        self.kind = kind


def kind(head: bytes) -> str:
    """Which archive begins with these bytes, or ""."""
    for start, name in _MAGIC:
        if head.startswith(start):
            return name
    return "tar" if head[257:262] == b"ustar" else ""


def listing(file: IO[bytes], limits: Limits, stack: ExitStack) -> Listing:
    """The files in an archive, which stays open as long as ``stack``. Raises ``Refused``."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    what = kind(file.read(HEAD))
    file.seek(0)
    if size > limits.archive_bytes:
        raise Refused(f"The archive has {size:,} bytes; at most {limits.archive_bytes:,} are read.")
    if what == "zip":
        return _listed(_zipped(file, size, limits, stack), limits.archive_entries)
    if what in ("gzip", "tar"):
        return _listed(_tarred(file, limits, compressed=what == "gzip"), limits.archive_entries)
    if size == 0:
        return Listing((), ("The file that was handed in is empty.",))
    if what:
        raise Foreign(what)
    raise Refused("What was handed in is neither a folder nor a .zip or .tar.gz of one.")


def _listed(members: Iterator[Member], most: int) -> Listing:
    """At most so many files among the members; what points out of the archive or a machine left behind is none."""
    found: list[Entry] = []
    outside: list[str] = []
    messages: list[str] = []
    try:
        for name, what, content in members:
            path = _inside(name)
            if path is None:
                outside.append(name)
            elif path and what != "folder" and not any(map(entries.is_clutter, path)):
                found.append(Entry(path, what, content))
                if len(found) > most:
                    raise Refused(_CROWDED.format(most=most))
    except Refused as refusal:
        # What came before the fault may be all that matters.
        if not any(entries.is_wanted(entry.path[-1]) for entry in found):
            raise
        messages.append(str(refusal))
    if outside:
        names = ", ".join(shown(name) for name in outside[:3])
        several = f"{len(outside)} entries of the archive point out of it and were ignored ({names})."
        one = f"One entry of the archive points out of it and was ignored ({names})."
        messages.append(several if len(outside) > 1 else one)
    return Listing(tuple(found), tuple(messages))


def _inside(name: str) -> tuple[str, ...] | None:
    """The path of a member, or None for one that points out of the archive."""
    name = name.replace("\\", "/")
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if name.startswith("/") or ".." in parts or (parts and parts[0].endswith(":")):
        return None
    return parts


def _zipped(file: IO[bytes], size: int, limits: Limits, stack: ExitStack) -> Iterator[Member]:
    """The members of a zip of so many bytes."""
    if _table_of_contents(file, size) > limits.archive_entries * _BYTES_AN_ENTRY:
        raise Refused(_CROWDED.format(most=limits.archive_entries))
    try:
        archive = stack.enter_context(zipfile.ZipFile(file))
    except _BROKEN:
        raise Refused("The zip archive is damaged and cannot be read: make it again.") from None
    for info in archive.infolist():
        mode = info.external_attr >> 16
        what: Kind = "file" if stat.S_IFMT(mode) in (0, stat.S_IFREG) else "link" if stat.S_ISLNK(mode) else "other"
        what = "folder" if info.is_dir() else what
        yield info.filename, what, _of_zip(archive, info) if what == "file" else NO_FILE[what]


def _table_of_contents(file: IO[bytes], size: int) -> int:
    """How many bytes the zip module would read into memory before anybody can count the members."""
    file.seek(max(0, size - _END_RECORD - 76))
    tail = file.read()
    file.seek(0)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        return 0
    claimed: int = struct.unpack_from("<L", tail, at + 12)[0]
    if at >= 76 and tail[at - 76 :].startswith(b"PK\x06\x06"):
        large: int = struct.unpack_from("<Q", tail, at - 76 + 40)[0]
        return large if claimed == 0xFFFFFFFF else max(claimed, large)
    return claimed


def _of_zip(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Content:
    if info.flag_bits & 0x1:
        return refusing("is protected by a password: hand it in without one.")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # The module expands the others without a bound.
        return refusing("is compressed in an unusual way: make an ordinary .zip.")

    def content(most: int) -> bytes:
        try:
            with archive.open(info) as file:
                return file.read(most)
        except _BROKEN:
            return DAMAGED(most)

    return content


class _Stream:
    """A stream that ends in ``Refused`` rather than past its bound."""

    def __init__(self, file: IO[bytes] | gzip.GzipFile, bound: int) -> None:
        self.file = file
        self.left = bound

    def read(self, count: int) -> bytes:
        pieces = []
        while count > 0:
            try:
                piece = self.file.read(min(count, _CHUNK))
            except (OSError, EOFError, zlib.error):
                raise Refused("The .tar.gz archive is damaged: make it again.") from None
            if not piece:
                break
            self.left -= len(piece)
            if self.left < 0:
                raise Refused("The archive holds more bytes than are read.")
            pieces.append(piece)
            count -= len(piece)
        return b"".join(pieces)

    def skip_to(self, left: int) -> None:
        """Goes on until no more than ``left`` bytes may be read."""
        while self.left > left and self.read(min(self.left - left, _CHUNK)):
            pass


def _tarred(file: IO[bytes], limits: Limits, *, compressed: bool) -> Iterator[Member]:
    """The members of a tar; of those that may be chosen later the content is kept in memory.

    Its headers are walked here: the standard library's walk takes a hostile header's word for sizes, and needs
    quadratic time for some of them.
    """
    stream = _Stream(gzip.GzipFile(fileobj=file) if compressed else file, limits.archive_bytes)
    long_name = ""
    for number in range(10 * limits.archive_entries):
        header = stream.read(_BLOCK)
        if len(header) < _BLOCK or not header.strip(b"\0"):
            if header and not number:
                raise Refused("The archive is not a .tar.gz: make it again, or hand in a .zip.")
            return
        info = _header(header)
        blocks = -(-info.size // _BLOCK)
        behind = stream.left - blocks * _BLOCK
        if info.type in (tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE):
            data = stream.read(info.size) if info.size <= _HEADER_BYTES else b""
            long_name = _path_record(data) or long_name if info.type == tarfile.XHDTYPE else _text(data.rstrip(b"\0"))
            stream.skip_to(behind)
            continue
        what = _TAR_KINDS.get(info.type, "other")
        name, long_name = long_name or info.name, ""
        content = _of_tar(stream, name, info.size, limits) if what == "file" else NO_FILE[what]
        stream.skip_to(behind)
        yield name, what, content
    raise Refused(_CROWDED.format(most=limits.archive_entries))


def _header(block: bytes) -> tarfile.TarInfo:
    damaged = "The archive is not a .tar.gz, or it is damaged: make it again, or hand in a .zip."
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "replace")
    except tarfile.HeaderError:
        raise Refused(damaged) from None
    if info.size < 0:
        raise Refused(damaged)
    return info


def _of_tar(stream: _Stream, name: str, size: int, limits: Limits) -> Content:
    name = (_inside(name) or ("",))[-1]
    if not (entries.is_wanted(name) or entries.is_archive(name) or name.endswith(".py")):
        return refusing("is not read.")
    most = NESTED_BYTES if entries.is_archive(name) else limits.answers_bytes
    data = stream.read(min(size, most + 1))
    if len(data) < min(size, most + 1):
        return refusing("is cut off in the archive: make the archive again.")
    return lambda count: data[:count]


def _path_record(data: bytes) -> str:
    """The path in a pax header, among its first records ``LENGTH path=NAME\\n``."""
    at = 0
    for _ in range(_PAX_RECORDS):
        length, space, _ = data[at : at + 20].partition(b" ")
        if not space or not length.isdigit() or not len(length) < int(length) <= len(data) - at:
            return ""
        start, at = at + len(length) + 1, at + int(length)
        if data.startswith(b"path=", start):
            return _text(data[start + 5 : at].rstrip(b"\n"))
    return ""


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
