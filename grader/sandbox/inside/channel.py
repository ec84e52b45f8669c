"""The only things that cross the wall: files, arrays with names, or one failure of a closed list.

    ready     magic "GRRDY001", u32 layers of the wall that are on, as bits
    job       magic "GRJOB002", u16 files; of each: u16 length, UTF-8 name, u32 length, the file; u16 calls;
              then of each call, which is read when its turn comes: u32 length, an instance
    reply     magic "GRREP002", u8 kind: 0 arrays, 1 failure
    failure   u8 code, u16 file (of the job), u32 line, u16 length, UTF-8 text
    arrays    u16 instances, then each
    instance  u16 names; of each: u8 length, UTF-8 name, u8 type, u8 dimensions, u32 each;
              then the values of all of them in order, little-endian, row by row
    type      0: float64, 1: int64 (in a job only), 2: float32, 3: float16; the last two stand there as float64 too;
              from 16 on (in a reply only): no array; the reason by its place in ``NOT_ARRAYS``

Whoever reads checks every length against what is there and against the caps before anything is allocated, and
accepts no byte more or less.
"""

from __future__ import annotations

import contextlib
import io
import math
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Union

import numpy as np

from . import LAYERS, NOT_ARRAYS, NotAnArray

READY, JOB, REPLY = b"GRRDY001", b"GRJOB002", b"GRREP002"
ANNOUNCEMENT_BYTES = 12
ALIVE = -1
"""In the place of a wait status: the process had not ended by itself."""
ARRAYS, FAILURE = 0, 1

FAILURES = ("syntax", "import", "exception", "exit", "memory", "function", "return")
"""What a program may say went wrong with itself, by code."""

INSTANCES, NAMES, NAME_BYTES, DIMENSIONS, VALUES, TEXT_BYTES = 64, 256, 64, 8, 1_000_000, 2_000

Arrays = dict[str, "np.ndarray[Any, Any]"]
Values = dict[str, Union["np.ndarray[Any, Any]", NotAnArray]]
Take = Callable[[int], bytes]
"""Gives exactly so many of the next bytes."""

_TYPES: tuple[np.dtype[Any], ...] = (np.dtype("<f8"), np.dtype("<i8"), np.dtype("<f8"), np.dtype("<f8"))
_NARROW: dict[int, type[np.floating[Any]]] = {2: np.float32, 3: np.float16}
_NOT_AN_ARRAY = 16
_REASONS = {_NOT_AN_ARRAY + place: NotAnArray(reason) for place, reason in enumerate(NOT_ARRAYS)}
_KINDS = {np.dtype(np.float32): 2, np.dtype(np.float16): 3}


class Malformed(ValueError):
    """Bytes that are no message."""


@dataclass(frozen=True)
class Failed:
    """What the program says went wrong with itself, and in which file of the job.

    The text is the program's own: quote it, never believe it.
    """

    failure: str
    file: int
    line: int
    text: str


def announcement(layers: Iterable[str]) -> bytes:
    """What a process says when it has given everything up: the layers of the wall that are on."""
    return READY + struct.pack("<I", sum(1 << LAYERS.index(layer) for layer in layers))


def read_announcement(data: bytes) -> frozenset[str]:
    """The layers that are on. Raises ``Malformed``."""
    with _whole(data) as take:
        _expect(READY, take)
        bits = _number("<I", take)
    return frozenset(layer for bit, layer in enumerate(LAYERS) if bits >> bit & 1)


def job(files: Mapping[str, bytes], instances: list[Arrays]) -> bytes:
    """A job as bytes. Raises ``Malformed`` if it is beyond the caps."""
    if len(instances) > INSTANCES:
        raise Malformed(f"{len(instances)} instances")
    parts = [JOB, struct.pack("<H", len(files))]
    for name, file in files.items():
        spelt = name.encode()
        parts += [struct.pack("<H", len(spelt)), spelt, struct.pack("<I", len(file)), file]
    parts.append(struct.pack("<H", len(instances)))
    for packed in map(_packed, instances):
        parts += [struct.pack("<I", len(packed)), packed]
    return b"".join(parts)


def read_job(take: Take) -> tuple[dict[str, bytes], int]:
    """The files of a job, and how many calls follow. Raises ``Malformed``."""
    _expect(JOB, take)
    files = {}
    for _ in range(_number("<H", take)):
        name = take(_number("<H", take)).decode()
        files[name] = take(_number("<I", take))
    return files, _number("<H", take)


def read_call(take: Take) -> Values:
    """The inputs of the next call of a job. Raises ``Malformed``."""
    with _whole(take(_number("<I", take))) as part:
        return _instance(part, (0, 1, 2, 3))


def arrays(instances: list[Values]) -> bytes:
    """A reply that gives values. Raises ``Malformed`` if they are beyond the caps."""
    if len(instances) > INSTANCES:
        raise Malformed(f"{len(instances)} instances")
    header = REPLY + bytes([ARRAYS]) + struct.pack("<H", len(instances))
    return header + b"".join(map(_packed, instances))


def failure(name: str, file: int, line: int, text: str) -> bytes:
    """A reply that gives a failure."""
    encoded = text.encode("utf-8", "replace")[:TEXT_BYTES]
    code = struct.pack("<BHIH", FAILURES.index(name), file, line & 0xFFFFFFFF, len(encoded))
    return REPLY + bytes([FAILURE]) + code + encoded


def read_reply(data: bytes) -> list[Values] | Failed:
    """What a reply says. Raises ``Malformed``."""
    with _whole(data) as take:
        _expect(REPLY, take)
        kind = _number("<B", take)
        if kind == ARRAYS:
            count = _number("<H", take)
            if count > INSTANCES:
                raise Malformed(f"{count} instances")
            return [_instance(take, (0, 2, 3, *_REASONS)) for _ in range(count)]
        code, file, line, length = _numbers("<BHIH", take)
        if kind != FAILURE or code >= len(FAILURES) or length > TEXT_BYTES:
            raise Malformed("no failure of the list")
        return Failed(FAILURES[code], file, line, take(length).decode("utf-8", "replace"))


def _packed(instance: Mapping[str, np.ndarray[Any, Any] | NotAnArray]) -> bytes:
    if len(instance) > NAMES:
        raise Malformed(f"{len(instance)} names")
    header, values, total = [struct.pack("<H", len(instance))], [], 0
    for name, value in instance.items():
        spelt = name.encode()
        if not 0 < len(spelt) <= NAME_BYTES:
            raise Malformed(f"a name of {len(spelt)} bytes")
        header.append(bytes([len(spelt)]) + spelt)
        if isinstance(value, NotAnArray):
            header.append(bytes([_NOT_AN_ARRAY + NOT_ARRAYS.index(value.reason), 0]))
            continue
        total += value.size
        if value.ndim > DIMENSIONS or total > VALUES:
            raise Malformed(f"{name}: shape {value.shape}")
        kind = 1 if value.dtype.kind in "iu" else _KINDS.get(value.dtype, 0)
        header.append(struct.pack(f"<BB{value.ndim}I", kind, value.ndim, *value.shape))
        values.append(np.ascontiguousarray(value, dtype=_TYPES[kind]).tobytes())
    return b"".join(header + values)


def _instance(take: Take, types: tuple[int, ...]) -> Values:
    count = _number("<H", take)
    if count > NAMES:
        raise Malformed(f"{count} names")
    entries: dict[str, tuple[int, tuple[int, ...]]] = {}
    total = 0
    for _ in range(count):
        name, kind, shape = _entry(take)
        total += 0 if kind in _REASONS else math.prod(shape)
        if name in entries or kind not in types or total > VALUES or (kind in _REASONS and shape):
            raise Malformed(f"{name!r}: type {kind}, shape {shape}")
        entries[name] = (kind, shape)
    return {name: _REASONS.get(kind) or _values(take, kind, shape) for name, (kind, shape) in entries.items()}


def _values(take: Take, kind: int, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    wide = np.frombuffer(take(8 * math.prod(shape)), _TYPES[kind]).reshape(shape)
    with np.errstate(all="ignore"):  # what does not fit was a lie, and becomes infinite
        return wide.astype(_NARROW.get(kind, wide.dtype))


def _entry(take: Take) -> tuple[str, int, tuple[int, ...]]:
    length = _number("<B", take)
    spelt = take(length)
    kind, dimensions = _numbers("<BB", take)
    if not 0 < length <= NAME_BYTES or dimensions > DIMENSIONS:
        raise Malformed(f"a name of {length} bytes, {dimensions} dimensions")
    shape = _numbers(f"<{dimensions}I", take)
    # Checked one by one: a size of 0 beside huge ones multiplies to nothing.
    if any(size > VALUES for size in shape):
        raise Malformed(f"shape {shape}")
    try:
        return spelt.decode(), kind, shape
    except UnicodeDecodeError as error:
        raise Malformed("a name that is not UTF-8") from error


@contextlib.contextmanager
def _whole(data: bytes) -> Iterator[Take]:
    """Takes from a message that is all there: of which nothing may be missing, and nothing left over."""
    stream = io.BytesIO(data)

    def take(length: int) -> bytes:
        part = stream.read(length)
        if len(part) < length:
            raise Malformed(f"ends {length - len(part)} bytes early")
        return part

    yield take
    if stream.read(1):
        raise Malformed("goes on behind its end")


def _expect(magic: bytes, take: Take) -> None:
    if take(len(magic)) != magic:
        raise Malformed("not a message")


def _number(form: str, take: Take) -> int:
    return _numbers(form, take)[0]


def _numbers(form: str, take: Take) -> tuple[int, ...]:
    return struct.unpack(form, take(struct.calcsize(form)))
