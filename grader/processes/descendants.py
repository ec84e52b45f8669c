"""The processes below this one: one is started, they are adopted and listed, and all are ended."""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from grader.processes import system

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER, _PR_GET_CHILD_SUBREAPER = 1, 36, 37
_GRACE = 2.0  # seconds for a process to end by itself
_PATIENCE = 5.0  # seconds that a killed process may take to go: longer only in an uninterruptible wait


def start(run: Callable[[], None], output: int, closed: Iterable[int], megabytes: int | None) -> int:
    """Forks a process that calls ``run`` and prints to ``output``; gives its number.

    It ends with its parent, hears no Ctrl-C, and says where it is when it gets SIGUSR1. Nothing of it ever gets back
    into the code around this call: an error is printed, and the process ends. ``closed`` are descriptors that it does
    not need.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    here = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        for descriptor in closed:
            os.close(descriptor)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.setsid()
        if sys.platform == "linux":  # the end of the parent is the end of this process
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != here:
                os._exit(1)
        for number, place in enumerate((os.open(os.devnull, os.O_RDWR), output, output)):
            os.dup2(place, number)
        sys.stdout = os.fdopen(1, "w", errors="backslashreplace", closefd=False)
        sys.stderr = os.fdopen(2, "w", errors="backslashreplace", closefd=False)
        faulthandler.enable(file=2, all_threads=True)
        if hasattr(faulthandler, "register"):
            faulthandler.register(signal.SIGUSR1, file=2, all_threads=True)
        if megabytes is not None:
            with contextlib.suppress(OSError, ValueError):  # the system has no such limit
                system.limit("DATA", megabytes << 20)
        # When memory runs out, the kernel shall take this process and not the one with the results.
        with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
            score.write("1000")
        run()
        status = 0
    except BaseException:  # SystemExit and KeyboardInterrupt included: see above
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(status)


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


def children(of: str = "self") -> frozenset[int]:
    """The processes whose parent that one is, the dead ones that nobody has waited for included (Linux)."""
    try:
        lists = [(task / "children").read_text() for task in Path("/proc", of, "task").iterdir()]
        return frozenset(int(pid) for pid in " ".join(lists).split())
    except OSError:  # a kernel without the list of children
        parent = str(os.getpid()) if of == "self" else of
        return frozenset(int(file.parent.name) for file in Path("/proc").glob("[0-9]*/stat") if _parent(file) == parent)


def _parent(file: Path) -> str:
    try:
        return file.read_text().rpartition(")")[2].split()[1]
    except OSError:  # it has ended
        return ""


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


def dismiss(process: subprocess.Popen[Any]) -> None:
    """The end of an interpreter of its own, which ends when nobody talks to it any more, and is ended else."""
    if process.stdin is not None:
        with contextlib.suppress(OSError):  # it has ended, with something in the pipe that it never read
            process.stdin.close()
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
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
