"""The solvers' process from outside: kept warm between questions, killed at its limit."""

from __future__ import annotations

import atexit
import importlib.util
import json
import os
import pickle
import select
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import grader
from grader.processes import system

ABSENT = "the program that proves it is not part of this installation"
"""The reason where there is no solver: in a student's own check."""

_START_SECONDS = 60


@dataclass(frozen=True)
class Limits:
    """For one question: wall time, and memory on top of what the solver takes by itself."""

    seconds: float = 10
    megabytes: int = 150

    def within(self, seconds: float) -> Limits:
        """The same limits with at most so many seconds."""
        return replace(self, seconds=min(seconds, self.seconds))


@dataclass
class _Process:
    running: subprocess.Popen[bytes]
    megabytes: int
    owner: int


_warm: list[_Process] = []


def ask(kind: str, limits: Limits, **question: Any) -> dict[str, Any]:
    """The answer of a solver (``answer`` is proved, refuted or undecided), within the limits.

    A solver that is killed, crashes or cannot start is undecided, with the reason.
    """
    if not system.FORKS or importlib.util.find_spec("z3") is None:
        return _undecided(ABSENT)
    try:
        process = _process(limits.megabytes)
    except OSError as error:
        return _undecided(f"the solver cannot be started here ({error.strerror})")
    if process is None:
        return _undecided("the solver cannot be started here")
    answer = None
    try:
        answer = _exchange(process, pickle.dumps({"kind": kind, "seconds": limits.seconds, **question}), limits.seconds)
    finally:  # whatever stopped the wait, the next question must not get the answer to this one
        if answer is None:
            stop()
    if answer is None or answer["answer"] == "undecided":
        bounds = f"{limits.seconds:g} s and {limits.megabytes} MB"
        return _undecided(f"the solver found neither a proof nor an input that breaks it within its limits ({bounds})")
    return answer


def warm(limits: Limits) -> None:
    """Start the process, so that the next question need not wait for it."""
    ask("z3", limits, text="", inputs=0, theory="linear")


def stop() -> None:
    """End the process, if there is one."""
    while _warm:
        process = _warm.pop()
        if process.owner == os.getpid():
            process.running.kill()
            process.running.communicate()


def _undecided(reason: str) -> dict[str, Any]:
    return {"answer": "undecided", "reason": reason}


def _process(megabytes: int) -> _Process | None:
    if _warm:
        process = _warm[0]
        if process.owner == os.getpid() and process.megabytes == megabytes and process.running.poll() is None:
            return process
        stop()
    else:
        atexit.register(stop)
    root = str(Path(grader.__file__).parent.parent)
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
    running = subprocess.Popen(
        [sys.executable, "-m", "grader.networks.proof.solver_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": path},
        cwd="/",
    )
    process = _Process(running, megabytes, os.getpid())
    _warm.append(process)
    if _exchange(process, pickle.dumps({"megabytes": megabytes}), _START_SECONDS) is None:
        stop()
        return None
    return process


def _exchange(process: _Process, question: bytes, seconds: float) -> dict[str, Any] | None:
    """One question out, one line back; ``None`` when the time is up or the process has ended."""
    assert process.running.stdin is not None
    assert process.running.stdout is not None
    try:
        process.running.stdin.write(question)
        process.running.stdin.flush()
    except OSError:
        return None
    end = time.monotonic() + seconds
    received = b""
    while not received.endswith(b"\n"):
        ready, _, _ = select.select([process.running.stdout], [], [], max(0.0, end - time.monotonic()))
        if not ready:
            return None
        part = os.read(process.running.stdout.fileno(), 65536)
        if not part:
            return None
        received += part
    answer: dict[str, Any] = json.loads(received)
    return answer
