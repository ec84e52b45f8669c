"""Warm processes that work through jobs: one that dies, hangs or eats its memory costs the job it had, and no other.

Each worker has a pipe of its own. A pool whose workers share one (Pebble's, the standard library's) stops for good when
a worker is killed while it holds the lock of that pipe.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing.connection
import os
import signal
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from grader.supervisor import pooled, printed, processes

Message = dict[str, Any]
Say = Callable[[Message], None]
Work = Callable[[Message, Say], Message]

_RETIRES_AFTER = 250
_LONGEST_WAIT = 0.5


@dataclass(frozen=True)
class Outcome:
    """A job that is over: its result, or the fault that ended it and what had been said until then."""

    job: Message
    result: Message | None
    fault: str
    said: tuple[Message, ...]
    seconds: float


@dataclass
class _Worker:
    pid: int
    pipe: Connection
    notice: int | None
    words: int
    job: Message | None = None
    started: float = 0.0
    done: int = 0
    said: list[Message] = field(default_factory=list)


def run(
    jobs: Iterator[Message], work: Work, workers: int, seconds: float, megabytes: int
) -> Generator[Outcome, None, None]:
    """Does the jobs, in any order, as they come; each has ``seconds``, and each worker ``megabytes`` of its own memory.

    ``work(job, say)`` runs in a fork of this process, as warm as it is now; jobs, results and what is said are plain
    data, as JSON has it. No more jobs are taken from the iterator than there are workers. When the generator is closed,
    every worker and what it started is ended.
    """
    crew = _Crew(work, workers, seconds, megabytes)
    with processes.adopting():
        try:
            yield from crew.run(jobs)
        finally:
            crew.dismiss()


class _Crew:
    def __init__(self, work: Work, size: int, seconds: float, megabytes: int) -> None:
        self._work, self._size, self._seconds, self._megabytes = work, size, seconds, megabytes
        self._workers: list[_Worker] = []
        self._strangers = processes.children()

    def run(self, jobs: Iterator[Message]) -> Iterator[Outcome]:
        exhausted = False
        while True:
            while not exhausted and (idle := self._idle()) is not None:
                job = next(jobs, None)
                exhausted = job is None
                if job is not None:
                    _give(idle, job)
            busy = [one for one in self._workers if one.job is not None]
            if not busy:
                return
            yield from self._listen(busy)

    def dismiss(self) -> None:
        while self._workers:
            self._end(self._workers.pop())

    def _idle(self) -> _Worker | None:
        """A worker without a job: one that waits, or a new one if there is room."""
        idle = next((one for one in self._workers if one.job is None), None)
        if idle is None and len(self._workers) < self._size:
            idle = self._start()
            self._workers.append(idle)
        return idle

    def _start(self) -> _Worker:
        ours, theirs = multiprocessing.connection.Pipe()
        words, name = tempfile.mkstemp(prefix="grader-")
        os.unlink(name)
        # Or the end of another worker's pipe would not be heard while this one lives.
        pipes = [ours, *(one.pipe for one in self._workers)]
        pid = pooled.start(self._work, theirs, pipes, words, self._megabytes)
        theirs.close()
        notice = None
        if hasattr(os, "pidfd_open"):
            with contextlib.suppress(OSError):
                notice = os.pidfd_open(pid)
        return _Worker(pid, ours, notice, words)

    def _listen(self, busy: list[_Worker]) -> Iterator[Outcome]:
        """Waits for a message, the end of a worker, or the end of a job's time, and gives the jobs that are over."""
        left = min(one.started for one in busy) + self._seconds - time.monotonic()
        sources = [source for one in busy for source in (one.pipe, one.notice) if source is not None]
        ready = multiprocessing.connection.wait(sources, timeout=min(max(left, 0.0), _LONGEST_WAIT))
        for one in busy:
            if one.pipe in ready:
                outcome = self._hear(one)
                if outcome is not None:
                    yield outcome
            elif one.notice in ready or _death(one) is not None:
                yield self._lose(one)
            elif time.monotonic() - one.started > self._seconds:
                yield self._stop(one)

    def _hear(self, one: _Worker) -> Outcome | None:
        try:
            message = json.loads(one.pipe.recv_bytes())
        except (EOFError, OSError, ValueError):
            return self._lose(one)
        if "done" not in message:
            one.said.append(message)
            return None
        outcome = Outcome(one.job or {}, message["done"], "", tuple(one.said), time.monotonic() - one.started)
        one.job, one.done = None, one.done + 1
        if one.done >= _RETIRES_AFTER:  # so that what leaks in a library does not add up
            self._workers.remove(one)
            self._end(one)
        return outcome

    def _lose(self, one: _Worker) -> Outcome:
        seconds = time.monotonic() - one.started
        while _death(one) is None and time.monotonic() - one.started < self._seconds:
            time.sleep(0.005)
        return self._over(one, f"The working process ended before its work was done ({_death(one)}).", seconds)

    def _stop(self, one: _Worker) -> Outcome:
        with contextlib.suppress(OSError):
            os.kill(one.pid, signal.SIGUSR1)  # it writes down where it is
            time.sleep(0.1)
        why = f"Marking did not come to its end within {self._seconds:g} s and was stopped."
        return self._over(one, why, time.monotonic() - one.started)

    def _over(self, one: _Worker, fault: str, seconds: float) -> Outcome:
        while one.pipe.poll():  # what it said right before its end
            try:
                message = json.loads(one.pipe.recv_bytes())
            except (EOFError, OSError, ValueError):
                break
            if "done" not in message:
                one.said.append(message)
        self._workers.remove(one)
        fault = printed.told(fault, printed.in_file(one.words))
        self._end(one)
        return Outcome(one.job or {}, None, fault, tuple(one.said), seconds)

    def _end(self, one: _Worker) -> None:
        """Ends the worker and all that it started."""
        one.pipe.close()
        os.close(one.words)
        if one.notice is not None:
            os.close(one.notice)
        processes.end(one.pid, self._strangers | {other.pid for other in self._workers})


def _give(one: _Worker, job: Message) -> None:
    one.job, one.started, one.said = job, time.monotonic(), []
    with contextlib.suppress(OSError):  # it has died: that will be noticed
        one.pipe.send_bytes(json.dumps(job).encode())


def _death(one: _Worker) -> str | None:
    """How the worker ended, if it did; it is not waited for here, so that its number stays its own."""
    try:
        found = os.waitid(os.P_PID, one.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return "unknown status"
    if found is None:
        return None
    return f"{'status' if found.si_code == os.CLD_EXITED else 'signal'} {found.si_status}"
