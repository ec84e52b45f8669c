"""What a process that went wrong had printed, short enough to be told."""

from __future__ import annotations

_HALF = 2000


def told(fault: str, printed: bytes | bytearray) -> str:
    """The fault, and what was printed."""
    words = ends(printed).decode(errors="replace").strip()
    return f"{fault}\nWhat it printed:\n{words}" if words else fault


def ends(printed: bytes | bytearray) -> bytes:
    """Both ends of what was printed: a stack begins with what went wrong, and a traceback ends with it."""
    if len(printed) > 2 * _HALF:
        printed = printed[:_HALF] + b"\n[...]\n" + printed[-_HALF:]
    return bytes(printed)
