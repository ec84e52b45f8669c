"""What a process that went wrong had printed, short enough to be told."""

from __future__ import annotations

import os

_HALF = 2000


def told(fault: str, printed: bytes | bytearray) -> str:
    """The fault, and what was printed.

    A stack begins with what went wrong and a traceback ends with it, so both ends are kept.
    """
    if len(printed) > 2 * _HALF:
        printed = printed[:_HALF] + b"\n[...]\n" + printed[-_HALF:]
    words = printed.decode(errors="replace").strip()
    return f"{fault}\nWhat it printed:\n{words}" if words else fault


def in_file(descriptor: int) -> bytes:
    """Enough of a file, however large, for both ends of it to be told."""
    size = os.fstat(descriptor).st_size
    start = os.pread(descriptor, 2 * _HALF, 0)
    return start + os.pread(descriptor, 2 * _HALF, max(size - 2 * _HALF, len(start)))
