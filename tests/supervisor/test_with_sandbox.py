"""A student's program that is running when the work is stopped is gone before the results are written."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from grader import sandbox, supervisor
from grader.report import Report
from grader.supervisor import Emit

ENDLESS = b"while True: pass"


def outline() -> Report:
    return Report("homework", ())


def state(pid: int) -> str:
    """The kernel's letter for what a process does; X where there is none."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0]
    except OSError:
        return "X"


def alive(pid: int) -> bool:
    return state(pid) not in "ZX"


def then_killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def then_stopped() -> None:
    work, supervising = os.getpid(), os.getppid()
    if os.fork() == 0:
        while state(work) not in "TX":
            time.sleep(0.002)
        os.kill(supervising, signal.SIGTERM)  # or the test would wait for the whole limit
        os._exit(0)
    os.kill(work, signal.SIGSTOP)


@pytest.mark.parametrize("what", [lambda: None, then_killed, then_stopped])
def test_nothing_is_left_running(tmp_path: Path, what: Callable[[], None]) -> None:
    told = tmp_path / "pids"
    sandbox.stop()  # a server that other tests left warm is not below the work, where the observer looks

    def work(emit: Emit) -> Report:
        observer = os.fork()
        if observer == 0:
            # Beside the run, so that it can look at it from outside.
            until = time.monotonic() + 30
            while not (seen := running(os.getppid())) and time.monotonic() < until:
                time.sleep(0.002)
            told.write_text(" ".join(str(pid) for pid in seen))
            os._exit(0)
        outcome = sandbox.run(ENDLESS, [], sandbox.Limits(seconds=2.0), required="none")
        os.waitpid(observer, 0)
        assert outcome.reason is not None
        what()
        return Report("homework", ())

    result = supervisor.mark(work, outline, {}, 90.0, LookupError)
    assert (what.__name__ == "<lambda>") == (not result.report.faults)
    pids = [int(pid) for pid in told.read_text().split()]
    assert len(pids) >= 2
    assert not any(alive(pid) for pid in pids)


def running(above: int) -> list[int]:
    """The server of that process and the programs behind its wall, once there is one."""
    below = [pid for pid in children(above) if pid != os.getpid()]
    programs = [program for pid in below for program in children(pid)]
    return [*below, *programs] if programs else []


def children(pid: int) -> list[int]:
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(child) for child in file.read().split()]
    except OSError:
        return []
