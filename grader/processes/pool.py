"""Warm processes that work through jobs: one that dies, hangs or eats its memory costs the job it had, and no other.

Each worker has pipes of its own. A pool whose workers share one (Pebble's, the standard library's) stops for good when
a worker is killed while it holds the lock of that pipe.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import threading
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from grader.frozen import frozen
from grader.processes import descendants, system

Data = dict[str, Any]
"""As JSON has it: a job, its result, what is said on the way."""
Say = Callable[[Data], None]
Work = Callable[[Data, Say], Data]

_PATIENCE = 15
"""Wall seconds for one processor second: a loaded machine must not change a verdict."""
_RETIRES_AFTER = 250
_LONGEST_WAIT = 0.2
_SAID_BYTES = 256 << 20
_CHUNK = 1 << 16
_PRINTED = 2000


@frozen
class Outcome:
    """A job that is over: its result, or the fault that ended it and what had been said until then."""

    job: Data
    result: Data | None
    fault: str
    said: tuple[Data, ...]
    seconds: float


def run(
    jobs: Iterator[Data],
    work: Work,
    workers: int,
    seconds: float,
    megabytes: int | None = None,
    told_to_stop: Callable[[], bool] = lambda: False,
) -> Generator[Outcome, None, None]:
    """Does the jobs, in any order, as they come; each has ``seconds``, and each worker ``megabytes`` of its own memory.

    ``work(job, say)`` runs in a fork of this process, as warm as it is now; jobs, results and what is said are plain
    data, as JSON has it. No more jobs are taken from the iterator than there are workers. When the generator is closed,
    every worker and what it started is ended.
    """
    crew = _Crew(work, workers, seconds, megabytes, told_to_stop)
    with descendants.adopting():
        try:
            yield from crew.run(jobs)
        finally:
            while crew.workers:
                crew.end(crew.workers[-1])


def once(job: Callable[[Say], None], seconds: float) -> Outcome:
    """Runs ``job(say)`` in a pool of one, for at most so many seconds.

    Everything it started is gone on return. A request to terminate (SIGTERM) ends the wait, not this process. Where the
    system knows no fork, nobody holds the clock, and an error is the caller's.
    """
    if not system.FORKS:
        said: list[Data] = []
        job(said.append)
        return Outcome({}, {}, "", tuple(said), 0.0)

    with _termination() as terminated:
        return _single(job, seconds, terminated)


def bounded(work: Callable[[], Any], seconds: int = 1, megabytes: int = 400) -> Any:
    """What ``work`` returns, or None where it fails, or needs more processor time or memory than it may take.

    For what has no bound that always holds, as sympy and z3. It returns plain data, as JSON has it; nothing that it
    changes is seen here. Where there is no fork, such work is not begun.
    """

    def limited(_: Say) -> Any:
        system.limit("CORE", 0)
        system.limit("CPU", seconds)
        system.limit("AS", (system.address_space() or 2**40) + megabytes * 2**20)
        return work()

    return (_single(limited, _PATIENCE * seconds).result or {}).get("returned") if system.FORKS else None


def _single(job: Callable[[Say], Any], seconds: float, told_to_stop: Callable[[], bool] = lambda: False) -> Outcome:
    def work(_: Data, say: Say) -> Data:
        return {"returned": job(say)}

    with contextlib.closing(run(iter([{}]), work, 1, seconds, told_to_stop=told_to_stop)) as outcomes:
        return next(outcomes)


@dataclass
class _Worker:
    pid: int
    jobs: int
    says: int
    prints: int
    open: set[int]
    heard: bytearray = field(default_factory=bytearray)
    printed: bytearray = field(default_factory=bytearray)
    job: Data | None = None
    started: float = 0.0
    done: int = 0
    said: list[Data] = field(default_factory=list)
    bytes_said: int = 0

    def give(self, job: Data) -> None:
        self.job, self.started, self.said, self.bytes_said = job, time.monotonic(), [], 0
        with contextlib.suppress(OSError):  # it has died: that will be noticed
            _write(self.jobs, job)

    def listen(self) -> Data | None:
        """Takes in what it said and printed; the message with the result, once it is there."""
        self._drain(self.prints, self.printed)
        if len(self.printed) > _CHUNK:
            self.printed = bytearray(_ends(self.printed))
        before = len(self.heard)
        self._drain(self.says, self.heard)
        self.bytes_said += len(self.heard) - before
        *lines, rest = self.heard.split(b"\n")  # it may have been killed in the middle of one
        self.heard = bytearray(rest)
        for line in lines:
            with contextlib.suppress(ValueError):
                message = json.loads(line)
                if "done" in message:
                    return dict(message)
                self.said.append(message)
        return None

    def _drain(self, source: int, into: bytearray) -> None:
        with contextlib.suppress(BlockingIOError):
            while len(into) <= _SAID_BYTES:
                chunk = os.read(source, _CHUNK)
                if not chunk:
                    self.open.discard(source)
                    return
                into += chunk


@dataclass
class _Crew:
    work: Work
    size: int
    seconds: float
    megabytes: int | None
    told_to_stop: Callable[[], bool]
    workers: list[_Worker] = field(default_factory=list)
    strangers: frozenset[int] = field(default_factory=descendants.children)

    def run(self, jobs: Iterator[Data]) -> Iterator[Outcome]:
        while True:
            while (idle := self._idle()) is None:
                yield from self._listen()
            job = next(jobs, None)
            if job is None:
                break
            idle.give(job)
        while any(one.job is not None for one in self.workers):
            yield from self._listen()

    def _idle(self) -> _Worker | None:
        """A worker without a job: one that waits, or a new one if there is room."""
        idle = next((one for one in self.workers if one.job is None), None)
        if idle is None and len(self.workers) < self.size:
            idle = self._started()
            self.workers.append(idle)
        return idle

    def _started(self) -> _Worker:
        (hears, jobs), (says, to_say), (prints, to_print) = os.pipe(), os.pipe(), os.pipe()
        # Or a worker would not hear the end of its jobs while another one lives that was forked after it.
        others = [end for one in self.workers for end in (one.jobs, one.says, one.prints)]
        run = partial(_work_on, self.work, hears, to_say)
        pid = descendants.start(run, to_print, [jobs, says, prints, *others], self.megabytes)
        for descriptor in (hears, to_say, to_print):
            os.close(descriptor)
        for descriptor in (says, prints):
            os.set_blocking(descriptor, False)
        return _Worker(pid, jobs, says, prints, {says, prints})

    def _listen(self) -> Iterator[Outcome]:
        """Waits for a message, the end of a worker, or the end of a job's time, and gives the jobs that are over."""
        busy = [one for one in self.workers if one.job is not None]
        left = min(one.started for one in busy) + self.seconds - time.monotonic()
        ending = any(one.says not in one.open for one in busy)  # its pipe closes a moment before it has ended
        with selectors.DefaultSelector() as ready:
            for source in (source for one in busy for source in one.open):
                ready.register(source, selectors.EVENT_READ)
            ready.select(min(max(left, 0.0), 0.005 if ending else _LONGEST_WAIT))
        for one in busy:
            death = _death(one.pid)  # before what it said is taken in, so that its last words are not lost
            result = one.listen()
            if result is not None:
                yield self._done(one, result["done"])
            elif death is not None:
                yield self._lost(one, f"The working process ended before its work was done ({death}).")
            elif one.bytes_said > _SAID_BYTES:
                yield self._lost(one, "The working process said far too much.")
            elif self.told_to_stop():
                yield self._stopped(one, "The work was told to terminate.")
            elif time.monotonic() - one.started > self.seconds:
                yield self._stopped(one, f"The work did not come to its end within {self.seconds:g} s and was stopped.")

    def _done(self, one: _Worker, result: Data) -> Outcome:
        outcome = Outcome(one.job or {}, result, "", tuple(one.said), time.monotonic() - one.started)
        one.job, one.done = None, one.done + 1
        if one.done >= _RETIRES_AFTER:  # so that what leaks in a library does not add up
            self.end(one)
        return outcome

    def _stopped(self, one: _Worker, fault: str) -> Outcome:
        """Lost to a limit: the process first writes down where it is, for those who look for the cause."""
        until = time.monotonic() + 0.2
        before = len(one.printed)
        with contextlib.suppress(OSError):
            os.kill(one.pid, signal.SIGUSR1)
            while len(one.printed) == before and time.monotonic() < until:
                time.sleep(0.01)
                one.listen()
        return self._lost(one, fault)

    def _lost(self, one: _Worker, fault: str) -> Outcome:
        seconds = time.monotonic() - one.started
        if not self.end(one):
            fault += "\nA process of this work could not be ended."
        if printed := _ends(one.printed).decode(errors="replace").strip():
            fault += f"\nWhat it printed:\n{printed}"
        return Outcome(one.job or {}, None, fault, tuple(one.said), seconds)

    def end(self, one: _Worker) -> bool:
        """Ends the worker and all that it started."""
        self.workers.remove(one)
        for descriptor in (one.jobs, one.says, one.prints):
            os.close(descriptor)
        return descendants.end(one.pid, self.strangers | {other.pid for other in self.workers})


def _ends(printed: bytearray) -> bytes:
    """Both ends of what was printed: a stack begins with what went wrong, and a traceback ends with it."""
    long = len(printed) > 2 * _PRINTED
    return bytes(printed[:_PRINTED] + b"\n[...]\n" + printed[-_PRINTED:] if long else printed)


def _work_on(work: Work, hears: int, to_say: int) -> None:
    """The life of a worker: jobs, one after the other, until there are no more."""

    say = partial(_write, to_say)
    with os.fdopen(hears, "rb") as jobs:
        for line in jobs:
            say({"done": work(json.loads(line), say)})


def _write(descriptor: int, message: Data) -> None:
    data = memoryview(json.dumps(message).encode() + b"\n")
    while data:
        data = data[os.write(descriptor, data) :]


def _death(pid: int) -> str | None:
    """How a worker ended, if it did; it is not waited for here, so that its number stays its own."""
    if not hasattr(os, "waitid"):
        found, status = os.waitpid(pid, os.WNOHANG)
        return f"status {status}" if found else None
    try:
        ended = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return "unknown status"
    if ended is None:
        return None
    return f"{'status' if ended.si_code == os.CLD_EXITED else 'signal'} {ended.si_status}"


@contextlib.contextmanager
def _termination() -> Iterator[Callable[[], bool]]:
    """While this lasts, a request to terminate is noted and ends nothing; gives whether there was one."""
    noted: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    was = signal.signal(signal.SIGTERM, lambda number, _: noted.append(number))
    try:
        yield lambda: bool(noted)
    finally:
        signal.signal(signal.SIGTERM, was)
