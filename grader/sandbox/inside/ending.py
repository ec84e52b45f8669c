"""Ends processes and tells how they had ended."""

from __future__ import annotations

import contextlib
import os
import signal
import time

from . import channel

_GRACE = 1.0  # seconds between closing its descriptors and its end, for a process on a busy machine


def end(pid: int, patient: bool = False) -> tuple[int, float]:
    """Ends a child and its group; gives its wait status and seconds, ``channel.ALIVE`` for one that had to be ended."""
    alive = not _ends_within(pid, _GRACE if patient else 0.0)
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(OSError):
            kill(pid, signal.SIGKILL)
    try:
        _, status, usage = os.wait4(pid, 0)
    except ChildProcessError:
        return 0, 0.0
    return channel.ALIVE if alive else status, usage.ru_utime + usage.ru_stime


def _ends_within(pid: int, seconds: float) -> bool:
    if not hasattr(os, "waitid"):  # macOS: the wait status itself has to tell
        time.sleep(seconds / 100)
        return True
    until = time.monotonic() + seconds
    while True:
        try:
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                return True
        except ChildProcessError:
            return True
        if time.monotonic() >= until:
            return False
        time.sleep(0.0005)


def children() -> set[int]:
    """The processes whose parent this one is."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children") as file:
            return {int(pid) for pid in file.read().split()}
    except OSError:
        return set()
