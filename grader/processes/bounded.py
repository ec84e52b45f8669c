"""Work that may take for ever, done in a process of its own that ends at its limits.

sympy and z3 have no bound that always holds: they are stopped from outside. A process of a fork knows what its parent
knows, and costs some milliseconds. Where there is no fork, such work is not begun.
"""

from __future__ import annotations

import os
import pickle
import select
import time
from collections.abc import Callable
from typing import TypeVar

from grader.processes import descendants, system

T = TypeVar("T")
_PATIENCE = 15
"""Wall seconds for one processor second: a loaded machine must not change a verdict."""


def run(work: Callable[[], T], seconds: int = 1, megabytes: int = 400) -> T | None:
    """What ``work`` returns, or None where it fails, or needs more processor time or memory than it may take.

    What it returns must be fit for pickle. Nothing that it changes is seen here.
    """
    if not system.FORKS:
        return None
    (reading, writing), silence = os.pipe(), os.open(os.devnull, os.O_WRONLY)
    child = descendants.start(lambda: _work(work, writing, seconds, megabytes), silence, [reading], None)
    for descriptor in (writing, silence):
        os.close(descriptor)
    try:
        answer = _received(reading, time.monotonic() + _PATIENCE * seconds)
    finally:
        os.close(reading)
        descendants.end_group(child)
    return pickle.loads(answer) if answer else None


def _work(work: Callable[[], T], writing: int, seconds: int, megabytes: int) -> None:
    """What goes wrong here is told by an empty answer."""
    system.limit("CORE", 0)
    system.limit("CPU", seconds)
    system.limit("AS", (system.address_space() or 2**40) + megabytes * 2**20)
    answer = pickle.dumps(work())
    with os.fdopen(writing, "wb") as pipe:
        pipe.write(answer)


def _received(reading: int, deadline: float) -> bytes:
    """All that comes until the other end closes; nothing where that takes too long."""
    received = b""
    while select.select([reading], [], [], max(0.0, deadline - time.monotonic()))[0]:
        piece = os.read(reading, 1 << 16)
        if not piece:
            return received
        received += piece
    return b""
