"""The only things that cross the wall: arrays with names, or one failure of a closed list.

    ready    magic "GRRDY001", u32 layers of the wall that are on, as bits
    job      magic "GRJOB001", u32 length of the source, the source, arrays
    reply    magic "GRREP001", u8 kind: 0 arrays, 1 failure
    failure  u8 code, u32 line, u16 length, UTF-8 text
    arrays   u16 instances; of each: u16 names; of each: u8 length, UTF-8 name, u8 type, u8 dimensions, u32 each;
             then the values of all of them in order, little-endian, row by row
    type     0: float64, 1: int64 (in a job only), 2: float32, 3: float16; the last two stand there as float64 too

Whoever reads checks every length against what is there and against the caps before anything is allocated, and
accepts no byte more or less.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np

READY, JOB, REPLY = b"GRRDY001", b"GRJOB001", b"GRREP001"
ANNOUNCEMENT_BYTES = 12
ALIVE = -1
"""In the place of a wait status: the process had not ended by itself."""
ARRAYS, FAILURE = 0, 1

FAILURES = ("syntax", "import", "exception", "exit", "memory", "function", "return")
"""What a program may say went wrong with itself, by code."""

INSTANCES, NAMES, NAME_BYTES, DIMENSIONS, VALUES, TEXT_BYTES = 64, 256, 64, 8, 1_000_000, 2_000

Instances = list[dict[str, "np.ndarray[Any, Any]"]]

_TYPES: tuple[np.dtype[Any], ...] = (np.dtype("<f8"), np.dtype("<i8"), np.dtype("<f8"), np.dtype("<f8"))
_NARROW: dict[int, type[np.floating[Any]]] = {2: np.float32, 3: np.float16}
_KINDS = {np.dtype(np.float32): 2, np.dtype(np.float16): 3}


class Malformed(ValueError):
    """Bytes that are no message."""


@dataclass(frozen=True)
class Failed:
    """What the program says went wrong with itself. The text is the program's own: quote it, never believe it."""

    failure: str
    line: int
    text: str


def announcement(layers: int) -> bytes:
    """What a process says when it has given everything up."""
    return READY + struct.pack("<I", layers)


def read_announcement(data: bytes) -> int:
    """The layers that are on. Raises ``Malformed``."""
    reader = _Reader(data)
    reader.expect(READY)
    (layers,) = reader.take("<I")
    reader.end()
    return layers


def job(source: bytes, instances: Instances) -> bytes:
    """A job as bytes. Raises ``Malformed`` if it is beyond the caps."""
    return JOB + struct.pack("<I", len(source)) + source + _pack(instances)


def read_job(data: bytes) -> tuple[bytes, Instances]:
    """The source and the instances of a job. Raises ``Malformed``."""
    reader = _Reader(data)
    reader.expect(JOB)
    (length,) = reader.take("<I")
    return reader.raw(length), _unpack(reader, types=(0, 1, 2, 3))


def arrays(instances: Instances) -> bytes:
    """A reply that gives arrays. Raises ``Malformed`` if they are beyond the caps."""
    return REPLY + bytes([ARRAYS]) + _pack(instances)


def failure(name: str, line: int, text: str) -> bytes:
    """A reply that gives a failure."""
    said = text.encode("utf-8", "replace")[:TEXT_BYTES]
    return REPLY + bytes([FAILURE]) + struct.pack("<BIH", FAILURES.index(name), line & 0xFFFFFFFF, len(said)) + said


def read_reply(data: bytes) -> Instances | Failed:
    """What a reply says. Raises ``Malformed``."""
    reader = _Reader(data)
    reader.expect(REPLY)
    (kind,) = reader.take("<B")
    if kind == ARRAYS:
        return _unpack(reader, types=(0, 2, 3))
    if kind != FAILURE:
        raise Malformed(f"kind {kind}")
    code, line, length = reader.take("<BIH")
    if code >= len(FAILURES) or length > TEXT_BYTES:
        raise Malformed("no failure of the list")
    text = reader.raw(length).decode("utf-8", "replace")
    reader.end()
    return Failed(FAILURES[code], line, text)


def _pack(instances: Instances) -> bytes:
    if len(instances) > INSTANCES:
        raise Malformed(f"{len(instances)} instances")
    header, values, total = [struct.pack("<H", len(instances))], [], 0
    for instance in instances:
        if len(instance) > NAMES:
            raise Malformed(f"{len(instance)} names")
        header.append(struct.pack("<H", len(instance)))
        for name, array in instance.items():
            spelt = name.encode()
            total += array.size
            if not 0 < len(spelt) <= NAME_BYTES or array.ndim > DIMENSIONS or total > VALUES:
                raise Malformed(f"{name[:NAME_BYTES]}: shape {array.shape}")
            kind = 1 if array.dtype.kind in "iu" else _KINDS.get(array.dtype, 0)
            header.append(bytes([len(spelt)]) + spelt + struct.pack("<BB", kind, array.ndim))
            header.append(struct.pack(f"<{array.ndim}I", *array.shape))
            values.append(np.ascontiguousarray(array, dtype=_TYPES[kind]).tobytes())
    return b"".join(header + values)


def _unpack(reader: _Reader, types: tuple[int, ...]) -> Instances:
    (count,) = reader.take("<H")
    if count > INSTANCES:
        raise Malformed(f"{count} instances")
    shapes: list[dict[str, tuple[int, tuple[int, ...]]]] = []
    total = 0
    for _ in range(count):
        shapes.append({})
        (names,) = reader.take("<H")
        if names > NAMES:
            raise Malformed(f"{names} names")
        for _ in range(names):
            name, kind, shape = _entry(reader)
            total += math.prod(shape)
            if name in shapes[-1] or kind not in types or total > VALUES:
                raise Malformed(f"{name!r}: type {kind}, shape {shape}")
            shapes[-1][name] = (kind, shape)
    if reader.left() != 8 * total:
        raise Malformed(f"{reader.left()} bytes for {total} values")
    return [{name: _values(reader, kind, shape) for name, (kind, shape) in instance.items()} for instance in shapes]


def _values(reader: _Reader, kind: int, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    wide = np.frombuffer(reader.raw(8 * math.prod(shape)), _TYPES[kind]).reshape(shape)
    with np.errstate(all="ignore"):  # what does not fit was a lie, and becomes infinite
        return wide.astype(_NARROW.get(kind, wide.dtype))


def _entry(reader: _Reader) -> tuple[str, int, tuple[int, ...]]:
    (length,) = reader.take("<B")
    if not 0 < length <= NAME_BYTES:
        raise Malformed(f"a name of {length} bytes")
    spelt = reader.raw(length)
    try:
        name = spelt.decode()
    except UnicodeDecodeError as error:
        raise Malformed("a name that is not UTF-8") from error
    kind, dimensions = reader.take("<BB")
    if dimensions > DIMENSIONS:
        raise Malformed(f"{dimensions} dimensions")
    shape = reader.take(f"<{dimensions}I")
    # Checked one by one: a size of 0 beside huge ones multiplies to nothing.
    if any(size > VALUES for size in shape):
        raise Malformed(f"shape {shape}")
    return name, kind, shape


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def left(self) -> int:
        return len(self._data) - self._at

    def raw(self, length: int) -> bytes:
        if length > self.left():
            raise Malformed(f"ends {length - self.left()} bytes early")
        self._at += length
        return self._data[self._at - length : self._at]

    def take(self, form: str) -> tuple[int, ...]:
        return struct.unpack(form, self.raw(struct.calcsize(form)))

    def expect(self, magic: bytes) -> None:
        if self.raw(len(magic)) != magic:
            raise Malformed("not a message")

    def end(self) -> None:
        if self.left():
            raise Malformed(f"{self.left()} bytes too many")
