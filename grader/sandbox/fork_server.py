"""The fork server as the grader sees it: started with a clean environment, kept, and replaced when it is gone."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import socket
import subprocess
import sys
from dataclasses import dataclass
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
_PATIENTLY, _AT_ONCE = b"p", b"n"


class Unavailable(Exception):
    """No server can be started here, or it has gone: nothing of a student's was run."""


@dataclass
class Session:
    """One process behind the wall, and the grader's ends of its pipes."""

    pid: int
    printed: int
    job: int
    reply: int
    _socket: socket.socket

    def finish(self, patient: bool = False) -> int:
        """Ends the process and all it started; gives its wait status.

        A process closes its descriptors some moments before its end, so one that closed them is given these moments.
        """
        try:
            self._socket.sendall(_PATIENTLY if patient else _AT_ONCE)
            told = self._socket.recv(4, socket.MSG_WAITALL)
        except OSError:
            return 0
        return int.from_bytes(told, "little", signed=True) if len(told) == 4 else 0

    def close(self) -> None:
        self._socket.close()
        for descriptor in (self.printed, self.job, self.reply):
            if descriptor >= 0:
                os.close(descriptor)

    def close_job(self) -> None:
        os.close(self.job)
        self.job = -1


class _Server:
    def __init__(self) -> None:
        spec = importlib.util.find_spec("numpy")
        if spec is None or not spec.submodule_search_locations:
            raise Unavailable("numpy is not installed")
        # macOS has no packets that keep their order; there a message is never split, being small and with descriptors.
        kind = socket.SOCK_SEQPACKET if sys.platform == "linux" else socket.SOCK_STREAM
        self._control, theirs = socket.socketpair(socket.AF_UNIX, kind)
        with theirs:
            kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
            command = [
                sys.executable,
                "-s",
                "-S",
                str(_START),
                str(theirs.fileno()),
                spec.submodule_search_locations[0],
            ]
            try:
                self._process = subprocess.Popen(
                    command,
                    env={**_ENVIRONMENT, **kept},
                    cwd="/",
                    pass_fds=(theirs.fileno(),),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            except OSError as error:
                raise Unavailable(f"the server does not start: {error}") from error
        self.pid = self._process.pid

    def begin(self, seconds: float, megabytes: int, without: frozenset[str]) -> Session:
        """Raises ``OSError`` if the server has gone."""
        ours, theirs = socket.socketpair()
        ours.settimeout(_PATIENCE)
        printed, prints = os.pipe()
        jobs, job = os.pipe()
        reply, replies = os.pipe()
        session = Session(0, printed, job, reply, ours)
        request = json.dumps({"seconds": seconds, "megabytes": megabytes, "without": sorted(without)}).encode()
        try:
            try:
                with theirs:
                    socket.send_fds(self._control, [request], [theirs.fileno(), prints, jobs, replies])
            finally:
                for descriptor in (prints, jobs, replies):
                    os.close(descriptor)
            told = ours.recv(4, socket.MSG_WAITALL)
            if len(told) != 4:
                raise ConnectionResetError("the server has gone")
        except OSError:
            session.close()
            raise
        session.pid = int.from_bytes(told, "little")
        return session

    def stop(self) -> None:
        """The server ends when nobody holds the other side of its socket."""
        self._control.close()
        descendants.dismiss(self._process)


_running: list[_Server] = []


def warm() -> None:
    """Starts the server, if it is not there, without waiting for it. Raises ``Unavailable``."""
    if not _running:
        _running.append(_Server())


def begin(seconds: float, megabytes: int, without: frozenset[str]) -> Session:
    """A process that waits behind the wall for its job. Raises ``Unavailable``."""
    for _ in range(2):
        warm()
        try:
            return _running[0].begin(seconds, megabytes, without)
        except OSError:
            stop()
    raise Unavailable("the server ends at once")


def processes() -> frozenset[int]:
    """The processes behind the wall, as the kernel lists them."""
    found: set[int] = set()
    for server in _running:
        with contextlib.suppress(OSError), open(f"/proc/{server.pid}/task/{server.pid}/children") as file:
            found.update(int(pid) for pid in file.read().split())
    return frozenset(found)


def stop() -> None:
    """Ends the server and everything behind the wall."""
    while _running:
        _running.pop().stop()
