"""Archives, told apart by their first bytes and listed within bounds. Nothing is unpacked onto a disk."""

from __future__ import annotations

import gzip
import io
import re
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from functools import partial

from grader.assignment.config import Limits
from grader.submission import entries
from grader.submission.entries import NO_FILE, Content, Entry, Kind, Listing, Refused, refusing, shown

HEAD = 512
FOREIGN = frozenset({"bzip2", "xz", "rar", "7z"})
"""Kinds of archives that are not opened here, and that a person can open."""
_MAGIC = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"Rar!", "rar"),
    (b"7z\xbc\xaf", "7z"),
)
_MEMBER_OF_ZIP = b"PK\x01\x02"
_HEADERS = 10
"""For each file that may be in an archive, how many headers may be: of folders, of files left behind, of names."""
_CROWDED = "The archive holds more than {most:,} files; the rest was not read."
BROKEN = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, LookupError),
    *(OSError, OverflowError, RuntimeError, ValueError),
)
"""What the zip module is known to raise on an archive that is damaged, encrypted, or not for us."""
_BLOCK = tarfile.BLOCKSIZE
_HEADER_BYTES = 65_536
_LONG_NAMES = {
    tarfile.GNUTYPE_LONGNAME: re.compile(rb"([^\0]*)"),
    tarfile.XHDTYPE: re.compile(rb"(?:\d+ (?!path=)[^\n]*\n){0,100}\d+ path=([^\n]*)\n"),
}
"""The name of the next member, in a header of its own; of pax, among the first records ``LENGTH KEY=VALUE\\n``."""
_TAR_KINDS: dict[bytes, Kind] = {
    **dict.fromkeys((tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE), "file"),
    **dict.fromkeys((tarfile.LNKTYPE, tarfile.SYMTYPE), "link"),
    **dict.fromkeys((b"5", b"g", b"K", b"X", b"S", b"D", b"M", b"N", b"V"), "folder"),
}
"""Folders, and what only says something of other members."""

DAMAGED = refusing("is damaged in the archive and cannot be read: make the archive again.")

Member = tuple[str, Kind, Content]
"""The name, kind and content of a member of an archive."""


def kind(head: bytes) -> str:
    """Which archive begins with these bytes, or ""."""
    for start, name in _MAGIC:
        if head.startswith(start):
            return name
    return "tar" if head[257:262] == b"ustar" else ""


def listing(data: bytes, limits: Limits) -> Listing:
    """The files in an archive. Raises ``Refused``."""
    what = kind(data[:HEAD])
    if what == "zip":
        return _listed(_zipped(data, limits), limits.archive_entries)
    if what in ("gzip", "tar"):
        return _listed(_tarred(data, limits), limits.archive_entries)
    if not data:
        return Listing((), ("The file that was handed in is empty.",))
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


def _zipped(data: bytes, limits: Limits) -> Iterator[Member]:
    # So many members at most would the module take into memory before anybody can count them.
    if data.count(_MEMBER_OF_ZIP) > _HEADERS * limits.archive_entries:
        raise Refused(_CROWDED.format(most=limits.archive_entries))
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except BROKEN:
        raise Refused("The zip archive is damaged and cannot be read: make it again.") from None
    for info in archive.infolist():
        mode = info.external_attr >> 16
        what: Kind = "file" if stat.S_IFMT(mode) in (0, stat.S_IFREG) else "link" if stat.S_ISLNK(mode) else "other"
        what = "folder" if info.is_dir() else what
        yield info.filename, what, _of_zip(archive, info) if what == "file" else NO_FILE[what]


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
        except BROKEN:
            return DAMAGED(most)

    return content


def _unpacked(packed: bytes, most: int) -> tuple[bytes, str]:
    """At most so many of the bytes in a gzip, and what keeps the rest from being read."""
    found = io.BytesIO()  # gives what it holds without a copy
    fault = ""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(packed)) as file:
            while found.tell() <= most and (piece := file.read1(io.DEFAULT_BUFFER_SIZE)):
                found.write(piece)
    except (OSError, EOFError, zlib.error):
        fault = "The .tar.gz archive is damaged: make it again."
    if found.tell() > most:
        found.truncate(most)
        fault = "The archive holds more bytes than are read."
    return found.getvalue(), fault


def _tarred(data: bytes, limits: Limits) -> Iterator[Member]:
    """The members of a tar, which may be compressed.

    Its headers are walked here: the standard library's walk takes a hostile header's word for sizes, and needs
    quadratic time for some of them.
    """
    data, fault = _unpacked(data, limits.archive_bytes) if kind(data) == "gzip" else (data, "")
    start, long_name = _BLOCK, ""
    for number in range(_HEADERS * limits.archive_entries):
        header = data[start - _BLOCK : start]
        if len(header) < _BLOCK and fault:
            raise Refused(fault)
        if len(header) < _BLOCK or not header.strip(b"\0"):
            if header and not number:
                raise Refused("The archive is not a .tar.gz: make it again, or hand in a .zip.")
            return
        info = _header(header)
        end = start + info.size + -info.size % _BLOCK
        if end > len(data) and fault:
            raise Refused(fault)
        content: Content = partial(_part, data, start, start + info.size)
        if start + info.size > len(data):
            content = refusing("is cut off in the archive: make the archive again.")
        long_names = _LONG_NAMES.get(info.type)
        if long_names:
            found = long_names.match(data, start, start + info.size) if info.size <= _HEADER_BYTES else None
            long_name = found[1].decode("utf-8", "replace") if found else long_name
        else:
            what = _TAR_KINDS.get(info.type, "other")
            yield long_name or info.name, what, content if what == "file" else NO_FILE[what]
            long_name = ""
        start = end + _BLOCK
    raise Refused(_CROWDED.format(most=limits.archive_entries))


def _part(data: bytes, start: int, end: int, most: int) -> bytes:
    return data[start : min(end, start + most)]


def _header(block: bytes) -> tarfile.TarInfo:
    damaged = "The archive is not a .tar.gz, or it is damaged: make it again, or hand in a .zip."
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "replace")
    except tarfile.HeaderError:
        raise Refused(damaged) from None
    if info.size < 0:
        raise Refused(damaged)
    return info
