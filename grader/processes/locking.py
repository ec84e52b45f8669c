"""One process at a time: a file that is locked for as long as somebody works."""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Iterator
from pathlib import Path

_LOCKS = importlib.util.find_spec("fcntl") is not None

if _LOCKS:
    import fcntl


@contextlib.contextmanager
def alone(file: Path, *, wait: bool) -> Iterator[None]:
    """Holds the lock on ``file``, which is made; it goes with the process that holds it.

    Raises ``BlockingIOError`` where another process has it and there is no ``wait``. Where the system has no such
    locks, there is none.
    """
    with open(file, "w") as lock:
        if _LOCKS:
            fcntl.flock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
