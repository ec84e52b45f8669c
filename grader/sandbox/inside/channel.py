"""The only things that cross the wall: files, arrays with names, or one failure of a closed list.

ready     the layers of the wall that are on: a line of words, which may be empty
job       the files as arrays of bytes, then the inputs of each call, which are read when its turn comes: of each
          the length (4 bytes), and that many bytes, as of a reply with one instance
reply     a line of JSON, then, row by row, the numbers of all arrays that it names, in its order
arrays    [{name: [type, shape] or the reason why it is no array of numbers, ...}, ...]: an object an instance
failure   {"failure": of the list, "file": where, "line": or 0, "text": the program's own words}
"""

from __future__ import annotations

import io
import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Union

import numpy as np

Failure = Literal["syntax", "import", "exception", "exit", "memory", "function", "return"]
"""What a program may say went wrong with itself."""

Missing = Literal["nothing", "text", "complex", "ragged", "large", "other"]
"""Why a value that a program returned is no array of numbers: it is ``None``; text; complex numbers; lists of different
lengths; more than can be told; anything else."""

NAMES, NAME_LENGTH, DIMENSIONS, VALUES = 256, 64, 8, 1_000_000
"""The most that one call may return: arrays, bytes in a name, dimensions of an array, numbers in all of them."""

TEXT_LENGTH = 2_000
"""The most that is told of an error, in bytes."""

ALIVE = -1
"""In the place of a wait status: the process had not ended by itself."""


@dataclass(frozen=True)
class NotAnArray:
    """In the place of a value that is no array of numbers."""

    reason: Missing


Values = dict[str, Union["np.ndarray[Any, Any]", NotAnArray]]
Stated = Union[tuple[str, Sequence[int]], Missing]


def job(files: Mapping[str, bytes], instances: Sequence[Mapping[str, np.ndarray[Any, Any]]]) -> bytes:
    """The files of a program, and the inputs of each call."""
    parts = [arrays([part]) for part in ({name: np.frombuffer(files[name], "u1") for name in files}, *instances)]
    return b"".join(len(part).to_bytes(4, "little") + part for part in parts)


def read_part(jobs: int) -> Values | None:
    """The next part of a job, and no byte of those behind it; None at its end."""
    part = _read(jobs, int.from_bytes(_read(jobs, 4), "little"))
    head, _, numbers = part.partition(b"\n")
    return unpacked(json.loads(head), numbers)[0] if part else None


def arrays(instances: Sequence[Mapping[str, np.ndarray[Any, Any] | NotAnArray]]) -> bytes:
    """A reply that gives values."""
    head = [{name: _stated(value) for name, value in instance.items()} for instance in instances]
    values = (value for instance in instances for value in instance.values())
    numbers = (value.tobytes() for value in values if not isinstance(value, NotAnArray))
    return json.dumps(head).encode() + b"\n" + b"".join(numbers)


def failure(name: Failure, file: str, line: int, text: str) -> bytes:
    """A reply that gives a failure."""
    whole = text.encode("utf-8", "replace")[:TEXT_LENGTH].decode("utf-8", "replace")
    return json.dumps({"failure": name, "file": file, "line": line, "text": whole}).encode() + b"\n"


def unpacked(head: Sequence[Mapping[str, Stated]], numbers: bytes) -> list[Values]:
    """The arrays that a line states, from the numbers behind it. Raises ``ValueError`` unless these are just enough."""
    left = io.BytesIO(numbers)
    found = [{name: _value(stated, left) for name, stated in instance.items()} for instance in head]
    if left.read(1):
        raise ValueError("more numbers than are stated")
    return found


def _stated(value: np.ndarray[Any, Any] | NotAnArray) -> Stated:
    return value.reason if isinstance(value, NotAnArray) else (value.dtype.str, value.shape)


def _value(stated: Stated, left: io.BytesIO) -> np.ndarray[Any, Any] | NotAnArray:
    if isinstance(stated, str):
        return NotAnArray(stated)
    kind, shape = np.dtype(stated[0]), stated[1]
    return np.frombuffer(left.read(kind.itemsize * math.prod(shape)), kind).reshape(shape).copy()


def _read(descriptor: int, count: int) -> bytes:
    parts = b""
    while len(parts) < count and (part := os.read(descriptor, count - len(parts))):
        parts += part
    return parts
