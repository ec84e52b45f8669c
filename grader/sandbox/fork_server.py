"""The fork server as the grader sees it: started with a clean environment, kept, and replaced when it is gone."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from grader.processes import descendants

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
    """One process behind the wall, and the grader's ends of its pipes."""

    pid: int
    job: FileIO
    reply: FileIO
    printed: FileIO
    _server: _Server
    _status: int | None = None

    def finish(self, patient: bool = False) -> int:
        """Ends the process and all it started; gives its wait status.

        A process closes its descriptors some moments before its end, so one that closed them is given these moments.
        """
        if self._status is None:
            try:
                self._status = self._server.ask(b"p" if patient else b"n")
            except OSError:
                self._status = 0
                stop()
        return self._status


_running: list[_Server] = []


@contextlib.contextmanager
def begun(seconds: float, megabytes: int, without: frozenset[str]) -> Iterator[Session]:
    """A process that waits behind the wall for its job, and is ended at last. Raises ``Unavailable``."""
    request = json.dumps({"seconds": seconds, "megabytes": megabytes, "without": sorted(without)}).encode()
    (jobs, job), (reply, replies), (printed, prints) = os.pipe(), os.pipe(), os.pipe()
    with FileIO(job, "w") as mine, FileIO(reply) as answer, FileIO(printed) as output:
        try:
            pid = _begun(request, [prints, jobs, replies])
        finally:
            for descriptor in (prints, jobs, replies):
                os.close(descriptor)
        session = Session(pid, mine, answer, output, _running[0])
        try:
            yield session
        finally:
            session.finish()


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
