"""One run of a student's program: the wall is looked at from outside, then the job goes in and arrays come out.

Or one reason of a closed list why there are none, with a message for the student. The process comes from a fork server.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.frozen import frozen
from grader.processes import descendants, system
from grader.report import Finding, Paragraph, Verbatim, Verdict

if TYPE_CHECKING:
    import numpy as np

    from grader.sandbox.inside.channel import Values

PROGRAM = "backprop.py"
LEVELS = ("none", "partial", "strong", "full")
"""How well a machine isolates, from worst to best."""

_STARTING = 10.0  # seconds that a process may take to give everything up
_PRINTED_BYTES = 4 << 20
_REPLY_BYTES = 16 << 20
_CHUNK = 1 << 16


@frozen
class Limits:
    """Of one run: wall clock in seconds, memory in megabytes."""

    seconds: float = 10.0
    megabytes: int = 1024


@frozen
class Outcome:
    """Either ``values``, one dict an instance, or the ``reason`` why there are none, for the items of the program.

    In the place of a value that is no array of numbers there is a ``NotAnArray``. ``printed`` is for the doctor, and
    for no report. ``level`` is what isolated the run, as seen from outside.
    """

    values: tuple[Values, ...] | None
    reason: Finding | None
    printed: str = ""
    level: str = "none"
    layers: frozenset[str] = frozenset()


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
    if not system.FORKS:
        return Outcome(None, _too_weak("none", required))
    from grader.sandbox.inside import channel

    files = {**(beside or {}), PROGRAM: source}
    try:
        with begun(limits.seconds, limits.megabytes, without) as session:
            # Until it has the job, the process runs nothing but our own code.
            ready = select.select([session.reply], [], [], _STARTING)[0]
            announced = session.reply.read(_CHUNK).decode() if ready else ""
            if not announced:  # a process that is ready says so, if only by an empty line
                printed = _left(session.printed).decode("utf-8", "replace")
                return Outcome(None, _not_run("the process for it did not get ready."), printed)
            layers = seen_from_outside(session.pid, frozenset(announced.split()))
            level = worth(layers)
            if LEVELS.index(level) < LEVELS.index(required):
                printed = _left(session.printed).decode("utf-8", "replace")
                return Outcome(None, _too_weak(level, required), printed, level, layers)
            reply, output, limit = _exchanged(session, channel.job(files, instances), limits.seconds)
            session.patient = not limit
    except Unavailable as error:
        return Outcome(None, _not_run(f"{error}."))
    values, reason = _judged(reply, len(instances), limit, session.status, limits, files)
    return Outcome(values, reason, output.decode("utf-8", "replace"), level, layers)


def seen_from_outside(pid: int, announced: frozenset[str]) -> frozenset[str]:
    """Of the layers a process announced, those that the kernel confirms, and those that it has no way to show.

    The kernel shows the filter, the user, the capabilities and no_new_privs; of the folder and of Landlock it shows
    nothing, and the word of the process stands, which has run only our own code so far.
    """
    if sys.platform == "darwin":
        # 1: confined. Undocumented, as all of it is there.
        confined = ctypes.CDLL(None).sandbox_check(ctypes.c_int(pid), None, 0) == 1
        return announced if confined else announced - {"seatbelt"}
    theirs, ours = _status(pid), _status(os.getpid())
    # A container filters everybody, so it takes one filter more than we have; before Linux 5.9 they are not counted.
    filters, our_filters = (int(one.get("Seccomp_filters", one.get("Seccomp", "0"))) for one in (theirs, ours))
    users = theirs.get("Uid", "0").split()
    confirmed = {
        "seccomp": theirs.get("Seccomp") == "2" and filters > our_filters,
        "no_new_privs": theirs.get("NoNewPrivs") == "1",
        "uid": len(users) == 4 and not {"0", str(os.geteuid())} & set(users),
        "capabilities": all(set(theirs.get(name, "?")) == {"0"} for name in ("CapPrm", "CapEff", "CapInh", "CapAmb")),
    }
    return frozenset(layer for layer in announced if confirmed.get(layer, True))


def _status(pid: int) -> dict[str, str]:
    try:
        with open(f"/proc/{pid}/status") as file:
            lines = [line.partition(":") for line in file]
    except OSError:
        return {}
    return {name: value.strip() for name, _, value in lines}


def worth(layers: frozenset[str]) -> str:
    """What the layers are worth, as one of ``LEVELS``.

    ``strong`` is the filter alone: it refuses every way out. ``full`` has a second, independent layer behind it,
    for files, signals and other users' processes, that would still stand if the filter had a hole.
    """
    if "limits" not in layers:
        return "none"
    apart = {"chroot", "uid", "capabilities"} <= layers
    if {"seccomp", "no_new_privs", "capabilities"} <= layers:
        return "full" if apart or "landlock_all" in layers else "strong"
    return "partial" if apart or layers & {"landlock", "seatbelt"} else "none"


def _exchanged(session: Session, job: bytes, seconds: float) -> tuple[bytes, bytes, str]:
    """Sends the job, and takes in the reply and what is printed, until the reply has ended or a limit is reached.

    The limit that was reached comes with them: of the "time", the "output" or the "reply".
    """
    until, left, limit = time.monotonic() + seconds, memoryview(job), ""
    reply, printed = bytearray(), bytearray()
    taken = {session.reply: (reply, _REPLY_BYTES, "reply"), session.printed: (printed, _PRINTED_BYTES, "output")}
    open_ends = [*taken]
    while not limit and session.reply in open_ends:
        wait = until - time.monotonic()
        limit = "" if wait > 0 else "time"
        ready, writable, _ = select.select(open_ends, [session.job] if left else [], [], max(0.0, wait))
        if writable:
            try:
                left = left[session.job.write(left[: select.PIPE_BUF]) :]
            except BrokenPipeError:
                left = left[:0]
            if not left:
                session.job.close()
        for end in ready:
            into, most, name = taken[end]
            part = end.read(_CHUNK)
            into += part
            if len(into) > most:
                limit = name
            elif not part:
                open_ends.remove(end)
    return bytes(reply), bytes(printed) + _left(session.printed), limit


def _left(printed: FileIO) -> bytes:
    """What stands in a pipe at the end."""
    return printed.read(_CHUNK) if select.select([printed], [], [], 0.0)[0] else b""


def _judged(
    reply: bytes, calls: int, limit: str, status: int, limits: Limits, files: Mapping[str, bytes]
) -> tuple[tuple[Any, ...] | None, Finding | None]:
    from grader.sandbox import reply as replies
    from grader.sandbox.inside import channel

    if limit in ("time", "output"):
        return None, _failed(limit, limits)
    try:
        told = replies.read(reply)
    except ValueError:
        # There is no reply, or none that can be read: how the process ended says why.
        if reply or status == channel.ALIVE:
            return None, _failed("reply", limits)
        if not os.WIFSIGNALED(status):
            return None, _failed("exit", limits)
        number = os.WTERMSIG(status)
        name = {one.value: one.name for one in signal.Signals}.get(number, f"signal {number}")
        return None, _failed({"SIGXCPU": "time", "SIGKILL": "memory"}.get(name, "crash"), limits, text=name)
    if isinstance(told, list):
        # A program that wrote the reply itself, or took the inputs away, may have left out the calls it gets wrong.
        return (tuple(told), None) if len(told) == calls else (None, _failed("reply", limits))
    return None, _failed(told.failure, limits, told.file if told.file in files else PROGRAM, told.line, told.text)


# -- the fork server, as the grader sees it ----------------------------------------------------------------------------

# It is started with a clean environment, kept, and replaced when it is gone.

_START = Path(__file__).parent / "inside" / "start.py"
_ENVIRONMENT = {
    "PYTHONHASHSEED": "0",  # the same program gets the same marks
    "PYTHONUTF8": "1",
    "PYTHONIOENCODING": "utf-8:backslashreplace",
    "PYTHONDONTWRITEBYTECODE": "1",
    "OPENBLAS_NUM_THREADS": "1",  # a process with threads cannot be forked safely
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
}
_KEPT = ("LD_LIBRARY_PATH", "TMPDIR")  # some interpreters do not start without the first
_PATIENCE = 20.0


class Unavailable(Exception):
    """No server can be started here, or it has gone: nothing of a student's was run."""


class _Server:
    def __init__(self) -> None:
        self.owner = os.getpid()
        self._control, theirs = socket.socketpair()
        self._control.settimeout(_PATIENCE)
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        numpy = Path(str(sys.modules["numpy"].__file__)).parent  # a job is made of its arrays, so it is there
        with theirs:
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-s", "-S", str(_START), str(numpy)],
                    env={**_ENVIRONMENT, **kept},
                    cwd="/",
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            except OSError as error:
                raise Unavailable(f"the server does not start: {error}") from error
        self.pid = self._process.pid

    def ask(self, request: bytes, descriptors: Sequence[int] = ()) -> int:
        """The number of a new process that has these descriptors; or the wait status of that process, which is ended.

        Raises ``OSError`` if the server has gone.
        """
        socket.send_fds(self._control, [request], descriptors)
        told = self._control.recv(4, socket.MSG_WAITALL)
        if len(told) != 4:
            raise ConnectionResetError("the server has gone")
        return int.from_bytes(told, "little", signed=True)

    def stop(self) -> None:
        """The server ends when nobody holds the other side of its socket."""
        self._control.close()
        descendants.dismiss(self._process)


@dataclass
class Session:
    """One process behind the wall, and the grader's ends of its pipes; its wait ``status`` once it has ended.

    A process closes its descriptors some moments before its end: to be ``patient`` is to give it these moments.
    """

    pid: int
    job: FileIO
    reply: FileIO
    printed: FileIO
    patient: bool = False
    status: int = 0


_running: list[_Server] = []


@contextlib.contextmanager
def begun(seconds: float, megabytes: int, without: frozenset[str]) -> Iterator[Session]:
    """A process that waits behind the wall for its job, and is ended at last with all it started.

    Raises ``Unavailable``.
    """
    request = json.dumps({"seconds": seconds, "megabytes": megabytes, "without": sorted(without)}).encode()
    (jobs, job), (reply, replies), (printed, prints) = os.pipe(), os.pipe(), os.pipe()
    with FileIO(job, "w") as mine, FileIO(reply) as answer, FileIO(printed) as output:
        try:
            pid = _begun(request, [prints, jobs, replies])
        finally:
            for descriptor in (prints, jobs, replies):
                os.close(descriptor)
        session = Session(pid, mine, answer, output)
        try:
            yield session
        finally:
            try:
                session.status = _running[0].ask(b"p" if session.patient else b"n")
            except OSError:
                stop()


def _begun(request: bytes, descriptors: list[int]) -> int:
    """The number of a new process; the server is started if it is not there.

    A process that was forked has a server of its own: with its parent's, neither would know whose turn it is.
    """
    for _ in range(2):
        if not _running or _running[0].owner != os.getpid():
            _running[:] = [_Server()]
        try:
            return _running[0].ask(request, descriptors)
        except OSError:
            stop()
    raise Unavailable("the server ends at once")


def processes() -> frozenset[int]:
    """The processes behind the wall, as the kernel lists them."""
    return frozenset(pid for server in _running for pid in descendants.children(str(server.pid)))


def stop() -> None:
    """Ends the server and everything behind the wall."""
    while _running:
        _running.pop().stop()


# -- what is told of it ------------------------------------------------------------------------------------------------

_FOLDERS = re.compile(r"(?:/[^\s/'\"():,]+)+/")
_QUOTED = 500
_IN_ITS_OWN_WORDS = ("syntax", "import", "exception", "exit", "return")
_CRASHES = ("SIGSEGV", "SIGBUS", "SIGABRT", "SIGFPE", "SIGILL", "SIGTRAP", "SIGSYS")
_WALLED = ("FileNotFoundError", "PermissionError", "BlockingIOError", "OSError", "RuntimeError: can't start new thread")


def _not_run(reason: str) -> Finding:
    """A machine that is not fit to run the program costs nobody points: a person looks."""
    return Finding(Verdict.REVIEW, (Paragraph(f"backprop.py was not run: {reason}"),), "python.isolation")


def _too_weak(level: str, required: str) -> Finding:
    weak = f"(Isolation here is {level}; the config asks for {required}.) An instructor will look at it."
    return _not_run(f"this machine cannot isolate it well enough. {weak}")


def _failed(failure: str, limits: Limits, file: str = PROGRAM, line: int = 0, text: str = "") -> Finding:
    """For what went wrong: ``text`` is the program's own words, or the signal that it crashed by."""
    where = f"In line {line} of {file}" if line else f"In {file}"
    place = f" in line {line}" if line else ""
    there = "numpy, Python's standard library and your own .py files handed in beside backprop.py"
    signalled = "A program must not send itself signals."
    damaged = "This happens in recursion without end, or when memory is changed behind numpy's back."
    messages = {
        "syntax": f"{where} there is a syntax error, so nothing could be run.",
        "import": f"{where} something is imported that is not there. What can be imported: {there}.",
        "exception": f"{where} the program stopped with an error.",
        "exit": f"{where} the program ended itself instead of returning its gradients.",
        "function": "backprop.py defines no function backward(v).",
        "return": "backward(v) must return a dict from names to arrays of numbers, like {'x_bar': array}.",
        "time": f"backprop.py did not finish within {limits.seconds:g} seconds and was stopped.",
        "memory": f"backprop.py ran out of memory{place}: {limits.megabytes} MB are allowed.",
        "output": "backprop.py printed far too much and was stopped.",
        "reply": "What came back from backprop.py is not a dict of arrays.",
        "crash": f"backprop.py crashed Python ({text}). {damaged if text in _CRASHES else signalled}",
    }
    if text.startswith(_WALLED):
        messages["exception"] += " It has no files, no network and no other processes here: only v, numpy and itself."
    # The program's own words are shown as they are, but without paths of this machine.
    quote = (Verbatim(_FOLDERS.sub("", text)[:_QUOTED]),) if text and failure in _IN_ITS_OWN_WORDS else ()
    return Finding(Verdict.INVALID, (Paragraph(messages[failure]), *quote), f"python.{failure}")
