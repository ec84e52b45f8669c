"""What a process can say of the processes below it: adopt them, list them, end them all."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from grader.processes import system

if TYPE_CHECKING:
    import subprocess

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_PR_GET_CHILD_SUBREAPER = 37
_GRACE = 2.0  # seconds for a process to end by itself
_PATIENCE = 5.0  # seconds that a killed process may take to go: longer only in an uninterruptible wait


@contextlib.contextmanager
def adopting() -> Iterator[None]:
    """While this lasts, a descendant whose parent has died becomes a child of this process (Linux)."""
    if sys.platform != "linux":
        yield
        return
    libc = ctypes.CDLL(None)
    was = ctypes.c_int(0)
    libc.prctl(_PR_GET_CHILD_SUBREAPER, ctypes.byref(was), 0, 0, 0)
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        libc.prctl(_PR_SET_CHILD_SUBREAPER, was.value, 0, 0, 0)


def die_with(parent: int) -> None:
    """From here on, the end of the parent is the end of this process (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)


def limit_memory(megabytes: int) -> None:
    """So much data of its own for this process and those it starts, where the system has such a limit."""
    with contextlib.suppress(OSError, ValueError):  # no such limit here, or a lower one already
        system.lower("DATA", megabytes << 20)


def children() -> frozenset[int]:
    """The processes whose parent this one is, the dead ones that nobody has waited for included (Linux)."""
    found: set[int] = set()
    try:
        for task in Path("/proc/self/task").iterdir():
            found.update(int(pid) for pid in (task / "children").read_text().split())
    except OSError:
        return frozenset(_children_by_search())
    return frozenset(found)


def _children_by_search() -> Iterator[int]:
    """For kernels without the list of children."""
    try:
        pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return
    for pid in pids:
        with contextlib.suppress(OSError):
            after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2]
            if int(after_name.split()[1]) == os.getpid():
                yield pid


def end(pid: int, before: frozenset[int]) -> bool:
    """Ends the child ``pid``, its group, and every descendant that is adopted on the way.

    Children in ``before`` are left alone. Gives whether all are gone; a process that the kernel cannot end is left
    after some seconds.
    """
    ended = end_group(pid)
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        left = children() - before - {pid}
        if not left:
            return ended
        for each in left:
            with contextlib.suppress(OSError):
                os.kill(each, signal.SIGKILL)
        for each in left:
            end_group(each)
    return False


def dismiss(process: subprocess.Popen[bytes]) -> None:
    """The end of an interpreter of its own, which ends when nobody talks to it any more, and is ended else."""
    if process.stdin is not None:
        with contextlib.suppress(OSError):  # it has ended, with something in the pipe that it never read
            process.stdin.close()
    deadline = time.monotonic() + _GRACE
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    if process.poll() is None:
        end_group(process.pid)
        process.wait()


def end_group(pid: int) -> bool:
    """Ends the child ``pid`` and its group, and nothing else. Gives whether it is gone."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(OSError):
            kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + _PATIENCE
    pause = 0.0005
    while time.monotonic() < deadline:
        try:
            if os.waitpid(pid, os.WNOHANG)[0] == pid:
                return True
        except OSError:  # waited for already
            return True
        time.sleep(pause)
        pause = min(2 * pause, 0.05)
    return False
