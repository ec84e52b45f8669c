"""What this system has and others lack: the one door to ``fork`` and to limits on a process.

Windows and a browser have neither. What stands on them ends there as at a limit, or is not begun.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from typing import Literal

FORKS = hasattr(os, "fork") and sys.platform != "emscripten"
"""Whether a process can be split in two: the call is there in a browser too, and always fails."""

LIMITS = importlib.util.find_spec("resource") is not None
"""Whether a process can be limited from inside."""

if LIMITS:
    import resource

Kind = Literal["AS", "CORE", "CPU", "DATA"]
"""Of addresses, of a dump, of processor seconds, of data."""


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def lower(kind: Kind, wanted: int, *, for_good: bool = False) -> tuple[int, int]:
    """Limits this process, unless it has a lower limit already; gives what was so far, for ``restore``.

    Needs ``LIMITS``. ``for_good``: it cannot be raised again, and one that could be raised does not count. Raises
    ``ValueError`` and ``OSError`` as the system does.
    """
    number = _number(kind)
    soft, hard = resource.getrlimit(number)
    binding = (hard,) if for_good else (soft, hard)
    lowest = min([wanted, *(limit for limit in binding if limit != resource.RLIM_INFINITY)])
    resource.setrlimit(number, (lowest, lowest if for_good else hard))
    return soft, hard


def restore(kind: Kind, limits: tuple[int, int]) -> None:
    """What ``lower`` changed, as it was."""
    resource.setrlimit(_number(kind), limits)


def _number(kind: Kind) -> int:
    number: int = getattr(resource, f"RLIMIT_{kind}")
    return number


def address_space() -> int | None:
    """The bytes of addresses that this process has taken; ``None`` where the system does not say."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGESIZE")
    except OSError:
        return None
