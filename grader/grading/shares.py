"""Each answer's share of processor time and of memory: what a bound stops costs that answer alone."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from grader.processes import system

MEMORY_BYTES = 250_000_000
"""For one answer, on top of what the process has taken before."""


_LOADING = 8.0


class Stopped(BaseException):
    """A bound was reached; the message names it. No check's own handling of errors catches it on the way."""


TIME = "more processor time than the grader has for one answer"
MEMORY = "more memory than the grader has for one answer"


class Clock:
    """The processor time of one submission, shared out: what one answer leaves over is there for those that follow."""

    def __init__(self, seconds: float, answers: int) -> None:
        self._end = time.process_time() + seconds
        self._answers = answers

    def next_share(self) -> float:
        """Seconds for the next of the answers that are left: an equal part of what is left.

        Or more: the first answer of a kind also pays for loading what judges it, up to half of what is left.
        """
        left = max(self._end - time.process_time(), 1.0)
        share = max(left / max(self._answers, 1), min(_LOADING, left / 2))
        self._answers -= 1
        return share


@contextmanager
def bounded(seconds: float, memory: bool) -> Iterator[None]:
    """Raises ``Stopped`` where the work inside takes more processor time, or more memory, than its share.

    Time is bounded in the main thread of a system that has such a timer, memory on Linux.
    """
    try:
        with _time(seconds), _memory(memory):
            yield
    except MemoryError:
        raise Stopped(MEMORY) from None


@contextmanager
def _time(seconds: float) -> Iterator[None]:
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        raise Stopped(TIME)

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@contextmanager
def _memory(wanted: bool) -> Iterator[None]:
    taken = system.address_space() if wanted and system.LIMITS else None
    if taken is None:
        yield
        return
    before = system.lower("AS", taken + MEMORY_BYTES)
    try:
        yield
    finally:
        system.restore("AS", before)
