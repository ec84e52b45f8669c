"""One run of a student's program: the wall is looked at from outside, then the job goes in and arrays come out."""

from __future__ import annotations

import contextlib
import os
import select
import selectors
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from grader.processes import system
from grader.sandbox import fork_server, wall
from grader.sandbox.outcome import LEVELS, Limits, Outcome, Reason, failed, not_isolated, reason

if TYPE_CHECKING:
    import numpy as np

_STARTING = 10.0  # seconds that a process may take to give everything up
_PRINTED_BYTES = 4 << 20
_REPLY_BYTES = 16 << 20
_CHUNK = 1 << 16
_CRASHES = ("SIGSEGV", "SIGBUS", "SIGABRT", "SIGFPE", "SIGILL", "SIGTRAP", "SIGSYS")


def run(
    source: bytes,
    instances: list[dict[str, np.ndarray[Any, Any]]],
    limits: Limits | None = None,
    required: str = "strong",
    without: frozenset[str] = frozenset(),
    beside: Mapping[str, bytes] | None = None,
) -> Outcome:
    """Runs ``backward(v)`` of a program on each instance, isolated; never raises for what a program does.

    Where the machine isolates less than ``required`` (one of ``LEVELS``), the program is not even sent.
    ``beside`` are further files by name that it may import (``helper.py``, ``tools/__init__.py``).
    ``without`` names layers of the wall to leave out, to try what the others are worth.
    """
    limits = limits or Limits()
    files = {"backprop.py": source, **{name: file for name, file in (beside or {}).items() if name != "backprop.py"}}
    if not system.FORKS:
        return Outcome(None, not_isolated("none", required))
    from grader.sandbox.inside import channel

    try:
        job = channel.job(files, instances)
        session = fork_server.begin(limits.seconds, limits.megabytes, without)
    except fork_server.Unavailable as error:
        return Outcome(None, reason("python.isolation", "backprop.py was not run:", f"{error}."))
    try:
        layers = wall.seen_from_outside(session.pid, _announced(session))
        level = wall.level(layers)
        if LEVELS.index(level) < LEVELS.index(required):
            session.finish()
            printed = os.read(session.printed, _CHUNK).decode("utf-8", "replace")
            return Outcome(None, not_isolated(level, required), printed, level, layers)
        talk = _held(session, job, limits.seconds)
        status = session.finish(patient=not talk.limit)
    finally:
        session.finish()
        session.close()
    printed = bytes(talk.printed).decode("utf-8", "replace")
    values, ended = _judge(talk, status, limits, tuple(files))
    return Outcome(values, ended, printed, level, layers)


def _announced(session: fork_server.Session) -> frozenset[str]:
    """The layers that the process says are on, in one piece. Until now it has run nothing but our own code."""
    from grader.sandbox.inside import channel

    heard = b""
    if select.select([session.reply], [], [], _STARTING)[0]:
        heard = os.read(session.reply, channel.ANNOUNCEMENT_BYTES)
    try:
        return channel.read_announcement(heard)
    except channel.Malformed:
        return frozenset()


@dataclass
class _Talk:
    """What came back until the reply was whole, or until a ``limit``: of its time, its output or its reply."""

    reply: bytearray = field(default_factory=bytearray)
    printed: bytearray = field(default_factory=bytearray)
    limit: str = ""


def _held(session: fork_server.Session, job: bytes, seconds: float) -> _Talk:
    """Sends the job, and takes in what comes back."""
    talk, left, deadline = _Talk(), memoryview(job), time.monotonic() + seconds
    taken = {
        session.reply: (talk.reply, _REPLY_BYTES, "reply"),
        session.printed: (talk.printed, _PRINTED_BYTES, "output"),
    }
    with selectors.DefaultSelector() as ready:
        for descriptor in (session.job, *taken):
            os.set_blocking(descriptor, False)
            ready.register(descriptor, selectors.EVENT_READ if descriptor in taken else selectors.EVENT_WRITE)
        while not talk.limit:
            wait = deadline - time.monotonic()
            if wait <= 0:
                talk.limit = "time"
                break
            for key, _ in ready.select(wait):
                if key.fd == session.job:
                    left = left[_sent(session.job, left) :]
                    if not left:
                        ready.unregister(session.job)
                        session.close_job()
                elif not _take(talk, key.fd, *taken[key.fd]):
                    ready.unregister(key.fd)
                    if key.fd == session.reply:
                        _take(talk, session.printed, *taken[session.printed])
                        return talk
    return talk


def _sent(descriptor: int, left: memoryview) -> int:
    """How many bytes went, or need not go any more."""
    try:
        return os.write(descriptor, left[:_CHUNK])
    except BlockingIOError:
        return 0
    except BrokenPipeError:
        return len(left)


def _take(talk: _Talk, descriptor: int, into: bytearray, cap: int, limit: str) -> bool:
    """Reads once; false at the end of the stream."""
    with contextlib.suppress(BlockingIOError):
        part = os.read(descriptor, _CHUNK)
        into += part
        if len(into) > cap:
            talk.limit = limit
        return bool(part)
    return True


def _judge(
    talk: _Talk, status: int, limits: Limits, files: Sequence[str]
) -> tuple[tuple[Any, ...] | None, Reason | None]:
    from grader.sandbox.inside import channel

    if talk.limit == "time":
        return None, _too_slow(limits)
    if talk.limit == "output":
        return None, reason("python.output", "backprop.py printed far too much and was stopped.")
    try:
        reply = channel.read_reply(bytes(talk.reply))
    except channel.Malformed:
        return None, _silent(talk, status, limits)
    if isinstance(reply, list):
        return tuple(reply), None
    if reply.failure == "memory":
        return None, _too_large(limits, reply.line)
    file = files[reply.file] if reply.file < len(files) else files[0]
    return None, failed(reply.failure, file, reply.line, reply.text)


def _silent(talk: _Talk, status: int, limits: Limits) -> Reason:
    """There is no reply, or none that can be read: how the process ended says why."""
    from grader.sandbox.inside import channel

    if talk.reply or status == channel.ALIVE:
        return reason("python.reply", "What came back from backprop.py is not a dict of arrays.")
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        if name == "SIGXCPU":
            return _too_slow(limits)
        if name == "SIGKILL":
            return _too_large(limits, 0)
        return reason(
            "python.crash",
            f"backprop.py crashed Python ({name}).",
            "This happens in recursion without end, or when memory is changed behind numpy's back."
            if name in _CRASHES
            else "A program must not send itself signals.",
        )
    return failed("exit", "backprop.py", 0, "")


def _too_slow(limits: Limits) -> Reason:
    return reason("python.time", f"backprop.py did not finish within {limits.seconds:g} seconds and was stopped.")


def _too_large(limits: Limits, line: int) -> Reason:
    where = f" in line {line}" if line else ""
    return reason("python.memory", f"backprop.py ran out of memory{where}: {limits.megabytes} MB are allowed.")
