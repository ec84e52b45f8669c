"""Tar archives, read block by block within bounds.

The standard library's reader takes a hostile header's word for sizes, and needs quadratic time for some of them.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from typing import IO, Literal, Protocol

from grader.assignment.config import Limits
from grader.submission import naming
from grader.submission.entries import NESTED_BYTES, Entry, Listing, Refused, inside, is_clutter, leaving, refusing

_BLOCK = 512
_HEADER_BYTES = 65_536
_CHUNK = 1 << 20
_PAX_RECORDS = 100
"""Records of one header that are looked at; programs write fewer than twenty."""


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Stream:
    """A stream that ends in ``Refused`` rather than past its bound."""

    def __init__(self, file: _Readable, bound: int) -> None:
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

    def skip(self, count: int) -> None:
        while count > 0:
            piece = self.read(min(count, _CHUNK))
            if not piece:
                return
            count -= len(piece)


def listing(file: IO[bytes], limits: Limits, *, compressed: bool) -> Listing:
    """The files in a tar archive; what may be chosen later is kept in memory. Raises ``Refused``."""
    stream = _Stream(gzip.GzipFile(fileobj=file) if compressed else file, limits.archive_bytes)
    entries: list[Entry] = []
    outside: list[str] = []
    messages: list[str] = []
    try:
        _walk(stream, limits, entries, outside)
    except Refused as refusal:
        # What came before the fault may be all that matters.
        if not any(naming.is_wanted(entry.path[-1]) for entry in entries):
            raise
        messages.append(str(refusal))
    return Listing(tuple(entries), (*messages, *leaving(outside)))


def _walk(stream: _Stream, limits: Limits, entries: list[Entry], outside: list[str]) -> None:
    long_name = ""
    first = True
    for _ in range(limits.archive_entries):
        header = stream.read(_BLOCK)
        if len(header) < _BLOCK or not header.strip(b"\0"):
            if first and header:
                raise Refused("The archive is not a .tar.gz: make it again, or hand in a .zip.")
            return
        size = _size(header[124:136])
        if size is None or not _sums(header):
            raise Refused("The archive is not a .tar.gz, or it is damaged: make it again, or hand in a .zip.")
        first = False
        padded = -(-size // _BLOCK) * _BLOCK
        kind = header[156:157]
        if kind in b"Lx":
            data = stream.read(padded)[:size] if size <= _HEADER_BYTES else b""
            if size > _HEADER_BYTES:
                stream.skip(padded)
            long_name = _text(data.rstrip(b"\0")) if kind == b"L" else _path_record(data) or long_name
            continue
        name = long_name or _name(header)
        long_name = ""
        path = inside(name)
        if path is None:
            outside.append(name)
        elif path and kind not in b"5gKXSDMNV" and not any(is_clutter(part) for part in path):
            taken, content = _content(stream, kind, path[-1], size, limits)
            stream.skip(padded - taken)
            entries.append(Entry(path, _kind(kind), content))
            continue
        stream.skip(padded)
    raise Refused(f"The archive holds more than {limits.archive_entries:,} files; the rest was not read.")


def _kind(kind: bytes) -> Literal["file", "link", "other"]:
    if kind in (b"0", b"\0", b"7"):
        return "file"
    return "link" if kind in (b"1", b"2") else "other"


def _content(stream: _Stream, kind: bytes, name: str, size: int, limits: Limits) -> tuple[int, Callable[[int], bytes]]:
    if kind in (b"1", b"2"):
        return 0, refusing("is a link, and links are not followed: hand in the file itself.")
    if kind not in (b"0", b"\0", b"7"):
        return 0, refusing("is not an ordinary file.")
    most = NESTED_BYTES if naming.is_archive(name) else limits.answers_bytes
    if not (naming.is_wanted(name) or naming.is_archive(name) or name.endswith(".py")):
        return 0, refusing("is not read.")
    data = stream.read(min(size, most + 1))
    if len(data) < min(size, most + 1):
        return len(data), refusing("is cut off in the archive: make the archive again.")
    return len(data), lambda count: data[:count]


def _size(field: bytes) -> int | None:
    if field[:1] in (b"\x80", b"\xff"):
        return int.from_bytes(field[1:], "big") if field[0] == 0x80 else None
    digits = field.strip(b" \0")
    if not digits:
        return 0
    return int(digits, 8) if digits.isdigit() and not set(digits) & set(b"89") else None


def _sums(header: bytes) -> bool:
    stated = _size(header[148:156])
    return stated == sum(header[:148]) + 8 * 32 + sum(header[156:])


def _name(header: bytes) -> str:
    name = _text(header[:100].split(b"\0")[0])
    prefix = _text(header[345:500].split(b"\0")[0]) if header[257:263] == b"ustar\0" else ""
    return f"{prefix}/{name}" if prefix else name


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
