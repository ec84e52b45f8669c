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


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def program_killed(work: int, program: int) -> None:
    os.kill(program, signal.SIGKILL)


def work_killed(work: int, program: int) -> None:
    os.kill(work, signal.SIGKILL)


def work_stopped(work: int, program: int) -> None:
    with open(f"/proc/{work}/stat") as file:
        supervising = int(file.read().rpartition(")")[2].split()[1])
    os.kill(work, signal.SIGSTOP)
    os.kill(supervising, signal.SIGTERM)  # or the test would wait for the whole limit


@pytest.mark.parametrize("end", [program_killed, work_killed, work_stopped])
def test_nothing_is_left_running(tmp_path: Path, end: Callable[[int, int], None]) -> None:
    told = tmp_path / "pids"
    sandbox.stop()  # a server that other tests left warm is not below the work, where the observer looks

    def work(emit: Emit) -> Report:
        here = os.getpid()
        observer = os.fork()
        if observer == 0:
            # Beside the run, so that it can look at it from outside.
            until = time.monotonic() + 30
            while not (seen := running(here)) and time.monotonic() < until:
                time.sleep(0.002)
            told.write_text(" ".join(str(pid) for pid in seen))
            end(here, seen[-1])
            os._exit(0)
        outcome = sandbox.run(ENDLESS, [], sandbox.Limits(seconds=60.0), required="none")
        assert outcome.reason is not None
        return Report("homework", ())

    result = supervisor.mark(work, outline, {}, 90.0, LookupError)
    assert (end is program_killed) == (not result.report.faults)
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
