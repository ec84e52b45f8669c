"""A piece of work in a forked process, bounded in time: what it said, and what became of it."""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import selectors
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Any

from grader.supervisor import printed, processes

Message = dict[str, Any]
Say = Callable[[Message], None]
Job = Callable[[Say], None]

_TICK = 0.2
_SAID_BYTES = 256 << 20


@dataclass(frozen=True)
class Ended:
    """The messages that arrived whole, in order; ``fault`` says why there may have been more to come."""

    messages: tuple[Message, ...]
    fault: str | None


def run(job: Job, seconds: float) -> Ended:
    """Runs ``job(say)`` in a forked process for at most so many seconds; each message is plain data, as JSON has it.

    Everything the process started is gone on return. A request to terminate (SIGTERM) ends the wait, not this process.
    """
    if not hasattr(os, "fork"):
        return _run_here(job)
    before = processes.children()
    with processes.adopting(), _termination() as terminated:
        said, to_say = os.pipe()
        words, to_word = os.pipe()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        here = os.getpid()
        pid = os.fork()
        if pid == 0:
            with _Barrier(to_say) as say:
                _become_worker(here, to_word)
                job(say)
        os.close(to_say)
        os.close(to_word)
        try:
            heard = _listen(pid, said, words, seconds, terminated)
        finally:
            gone = processes.end(pid, before)
            os.close(said)
            os.close(words)
    messages = tuple(heard.messages())
    fault = heard.fault(messages)
    if not gone:
        fault = "\n".join(filter(None, [fault, "A process of this work could not be ended."]))
    return Ended(tuple(message for message in messages if message.keys() != {"ended"}), fault)


def _run_here(job: Job) -> Ended:
    """Where the system knows no fork (Windows), nobody holds the clock, and an error is the caller's."""
    messages: list[Message] = []
    job(messages.append)
    return Ended(tuple(messages), None)


def _become_worker(parent: int, words: int) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the supervisor answers Ctrl-C for both
    os.setsid()
    processes.die_with(parent)
    os.dup2(words, 1)
    os.dup2(words, 2)
    sys.stdout = os.fdopen(1, "w", errors="backslashreplace", closefd=False)
    sys.stderr = os.fdopen(2, "w", errors="backslashreplace", closefd=False)
    faulthandler.enable(file=2, all_threads=True)
    if hasattr(faulthandler, "register"):
        faulthandler.register(signal.SIGUSR1, file=2, all_threads=True)
    # When memory runs out, the kernel shall take this process and not the one that writes the results.
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
        score.write("1000")


class _Barrier:
    """Nothing of the forked process gets past this: an error is said, then the process ends."""

    def __init__(self, to_say: int) -> None:
        self._to_say = to_say

    def __enter__(self) -> Say:
        return self._say

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        try:
            if error is not None:
                self._say({"fault": "".join(traceback.format_exception(error))})
            self._say({"ended": True})
        finally:
            os._exit(0)

    def _say(self, message: Message) -> None:
        data = memoryview(json.dumps(message).encode() + b"\n")
        while data:
            data = data[os.write(self._to_say, data) :]


class _Heard:
    def __init__(self) -> None:
        self.said = bytearray()
        self.words = bytearray()
        self.died: str | None = None
        self.stopped: str | None = None

    def messages(self) -> Iterator[Message]:
        """The lines that arrived whole: a process may be killed in the middle of one."""
        for line in bytes(self.said).split(b"\n")[:-1]:
            with contextlib.suppress(ValueError):
                yield json.loads(line)

    def fault(self, messages: tuple[Message, ...]) -> str | None:
        told = next((str(message["fault"]) for message in messages if "fault" in message), None)
        if told is not None:
            return printed.told(told, self.words)
        if any("ended" in message for message in messages):
            return None
        if self.stopped is not None:
            return printed.told(self.stopped, self.words)
        return printed.told(self.died or "The working process ended before its work was done.", self.words)


def _listen(pid: int, said: int, words: int, seconds: float, terminated: threading.Event) -> _Heard:
    heard = _Heard()
    deadline = time.monotonic() + seconds
    with selectors.DefaultSelector() as ready, _exit_notice(pid) as notice:
        for source in (said, words, *notice):
            ready.register(source, selectors.EVENT_READ)
        for source in (said, words):
            os.set_blocking(source, False)
        while heard.died is None and heard.stopped is None:
            left = deadline - time.monotonic()
            if terminated.is_set():
                heard.stopped = "The supervisor was told to terminate."
            elif left <= 0:
                heard.stopped = f"The work did not come to its end within {seconds:g} s and was stopped."
            elif len(heard.said) > _SAID_BYTES:
                heard.stopped = "The working process said far too much."
            else:
                ready.select(min(left, _TICK))
                heard.died = _death(pid)
            # After the look at the process, so that what a process said right before its end is not lost.
            _drain(said, heard.said)
            _drain(words, heard.words)
            if heard.said.endswith(b'{"ended": true}\n'):
                break
    if heard.stopped is not None:
        _ask_where(pid, words, heard.words)
    return heard


def _drain(source: int, into: bytearray) -> None:
    with contextlib.suppress(BlockingIOError):
        while chunk := os.read(source, 1 << 16):
            into += chunk
            if len(into) > _SAID_BYTES:
                return


def _death(pid: int) -> str | None:
    """How the process ended, if it did. It is not waited for here, so that its number stays its own."""
    if not hasattr(os, "waitid"):
        found, status = os.waitpid(pid, os.WNOHANG)
        return f"The working process ended with status {status}." if found else None
    result = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    if result is None:
        return None
    if result.si_code == os.CLD_EXITED:
        return f"The working process ended with status {result.si_status} before its work was done."
    name = signal.strsignal(result.si_status)
    return f"The working process was ended by signal {result.si_status} ({name})."


def _ask_where(pid: int, words: int, into: bytearray) -> None:
    """A stopped process tells the instructor which lines it was at."""
    if not hasattr(faulthandler, "register"):
        return
    with contextlib.suppress(OSError):
        os.kill(pid, signal.SIGUSR1)
        before, until = len(into), time.monotonic() + 0.2
        while len(into) == before and time.monotonic() < until:
            time.sleep(0.01)
            _drain(words, into)


@contextlib.contextmanager
def _exit_notice(pid: int) -> Iterator[tuple[int, ...]]:
    """A descriptor that becomes readable at the end of the process, where the system has one."""
    opened = getattr(os, "pidfd_open", None)
    notice: tuple[int, ...] = ()
    if opened is not None:
        with contextlib.suppress(OSError):
            notice = (opened(pid),)
    try:
        yield notice
    finally:
        for each in notice:
            os.close(each)


@contextlib.contextmanager
def _termination() -> Iterator[threading.Event]:
    event = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield event
        return

    def note(number: int, frame: FrameType | None) -> None:
        event.set()

    was = signal.signal(signal.SIGTERM, note)
    try:
        yield event
    finally:
        signal.signal(signal.SIGTERM, was)
