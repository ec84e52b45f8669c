"""What this system has and others lack: the one door to ``fork``, to limits on a process, to locks on a file.

Windows and a browser have none of them. What stands on them ends there as at a limit, or is not begun.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

FORKS = hasattr(os, "fork") and sys.platform != "emscripten"
"""Whether a process can be split in two: the call is there in a browser too, and always fails."""

_LIMITS = importlib.util.find_spec("resource") is not None
_LOCKS = importlib.util.find_spec("fcntl") is not None

if _LIMITS:
    import resource

if _LOCKS:
    import fcntl


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def limit(kind: Literal["AS", "CORE", "CPU", "DATA"], most: int) -> None:
    """Limits addresses, a dump, processor seconds or data of this process and those it starts, for good.

    A lower limit that cannot be raised stays; of data, which only a person limits, also one that can. Only where
    there is ``fork``. Raises ``ValueError`` and ``OSError`` as the system does.
    """
    number = getattr(resource, f"RLIMIT_{kind}")
    soft, hard = resource.getrlimit(number)
    most = _lowest(most, soft if kind == "DATA" else hard, hard)
    resource.setrlimit(number, (most, most))


@contextlib.contextmanager
def bounded_memory(most: int) -> Iterator[None]:
    """Lets this process take so many bytes more than it has, where the system says how many that are (Linux)."""
    taken = address_space() if _LIMITS else None
    if taken is None:
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (_lowest(taken + most, soft, hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _lowest(*limits: int) -> int:
    return min(each for each in limits if each != resource.RLIM_INFINITY)


def address_space() -> int | None:
    """The bytes of addresses that this process has taken; ``None`` where the system does not say."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGESIZE")
    except OSError:
        return None


@contextlib.contextmanager
def alone(file: Path, *, wait: bool) -> Iterator[None]:
    """Holds the lock on ``file``, which is made; it goes with the process that holds it.

    Raises ``BlockingIOError`` where another process has it and there is no ``wait``. Where there are no such locks,
    nothing is held.
    """
    with open(file, "w") as lock:
        if _LOCKS:
            fcntl.flock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
