"""The fork server: holds numpy and no secret, and makes one process for each run."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import gc
import importlib
import json
import os
import random
import resource
import selectors
import signal
import socket
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any

import numpy as np

from . import channel, modules, privileges, program

PRELOADED = """
    array bisect cmath copy datetime decimal dis encodings.idna encodings.latin_1 fractions inspect logging pprint
    statistics textwrap timeit typing unicodedata numpy.fft numpy.lib.stride_tricks numpy.linalg numpy.ma
    numpy.polynomial numpy.random numpy.typing
"""
"""What programs often import: all else is imported from memory when one asks for it."""

_FIRST_UNUSED, _UNUSED = 60578, 600  # users that no system hands out (systemd's table of user ids)
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_GRACE = 1.0  # seconds between closing its descriptors and its end, for a process on a busy machine


def serve(control: int) -> None:
    """Answers requests until the other side of the socket is closed."""
    _Server(socket.socket(fileno=control)).serve()


class _Server:
    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._runs: dict[int, tuple[socket.socket, int]] = {}
        self._count = 0
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        bound = privileges.DESCRIPTORS if hard == resource.RLIM_INFINITY else min(privileges.DESCRIPTORS, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (bound, bound))
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if sys.platform == "linux":
            libc = ctypes.CDLL(None)
            libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
            # When memory runs out, the kernel shall take a student's process and nothing of the grader's.
            with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
                score.write("1000")
        for name in PRELOADED.split():
            importlib.import_module(name)
        _warm_up()
        self._empty_folder = _empty_folder()
        self._own_memory = _own_memory()
        sys.argv[:] = [program.NAME]
        modules.take_in(Path(np.__file__).parent)
        gc.collect()
        gc.freeze()

    def serve(self) -> None:
        with selectors.DefaultSelector() as ready:
            ready.register(self._control, selectors.EVENT_READ)
            while True:
                for key, _ in ready.select():
                    if key.fileobj is self._control:
                        message, descriptors, _, _ = socket.recv_fds(self._control, 4096, 8)
                        if not message:
                            for session, pid in list(self._runs.values()):
                                self._finish(session, pid)
                            return
                        ready.register(self._begin(json.loads(message), descriptors), selectors.EVENT_READ)
                    else:
                        session, pid = self._runs[key.fd]
                        ready.unregister(session)
                        self._finish(session, pid)

    def _begin(self, request: dict[str, Any], descriptors: list[int]) -> socket.socket:
        """One run: descriptors are the session, then what the program prints to, reads the job from, replies to."""
        self._count += 1
        session = socket.socket(fileno=descriptors[0])
        here = os.getpid()
        pid = os.fork()
        if pid == 0:
            # Nothing of this process gets back into the server's loop; an error goes to the instructor.
            try:
                self._become_program(request, descriptors, here)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(1)
        for descriptor in descriptors[1:]:
            os.close(descriptor)
        self._runs[session.fileno()] = (session, pid)
        with contextlib.suppress(OSError):
            session.sendall(pid.to_bytes(4, "little"))
        return session

    def _become_program(self, request: dict[str, Any], descriptors: list[int], parent: int) -> None:
        os.setsid()
        # All the numbers below are free once these stand above them.
        prints, jobs, replies = (_above(descriptor) for descriptor in descriptors[1:])
        folder = _above(self._empty_folder) if self._empty_folder >= 0 else -1
        for source, target in ((prints, 1), (prints, 2), (jobs, 3), (replies, 4)):
            os.dup2(source, target)
        on = privileges.drop_privileges(
            seconds=request["seconds"],
            memory=self._own_memory + int(request["megabytes"] * (1 << 20)),
            user=_FIRST_UNUSED + self._count % _UNUSED,
            empty_folder=folder,
            parent=parent,
            without=frozenset(request["without"]),
        )
        random.seed(0)  # the same program gets the same marks
        np.random.seed(0)
        os.write(4, channel.announcement(on))
        program.answer(3, 4)

    def _finish(self, session: socket.socket, pid: int) -> None:
        """At the parent's word, or when it has gone: the run ends with all it started, and how is told."""
        del self._runs[session.fileno()]
        try:
            patient = session.recv(1, socket.MSG_DONTWAIT) == b"p"
        except OSError:
            patient = False
        status = _end(pid, patient)
        self._end_strays()
        with contextlib.suppress(OSError):
            session.sendall(status.to_bytes(4, "little", signed=True))
        session.close()

    def _end_strays(self) -> None:
        """What a program left behind has come to this process: no other child than the runs is ours."""
        runs = {pid for _, pid in self._runs.values()}
        for _ in range(1000):
            strays = _children() - runs
            if not strays:
                return
            for stray in strays:
                _end(stray)


def _end(pid: int, patient: bool = False) -> int:
    """Ends a child and its group; gives its wait status, ``channel.ALIVE`` for one that had to be ended."""
    alive = not _ends_within(pid, _GRACE if patient else 0.0)
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(OSError):
            kill(pid, signal.SIGKILL)
    try:
        status = os.waitpid(pid, 0)[1]
    except ChildProcessError:
        return 0
    return channel.ALIVE if alive else status


def _ends_within(pid: int, seconds: float) -> bool:
    if not hasattr(os, "waitid"):  # macOS: the wait status itself has to tell
        time.sleep(seconds / 100)
        return True
    until = time.monotonic() + seconds
    while True:
        try:
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                return True
        except ChildProcessError:
            return True
        if time.monotonic() >= until:
            return False
        time.sleep(0.0005)


def _children() -> set[int]:
    """The processes whose parent this one is."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children") as file:
            return {int(pid) for pid in file.read().split()}
    except OSError:
        return set()


def _above(descriptor: int) -> int:
    return fcntl.fcntl(descriptor, fcntl.F_DUPFD, 16)


def _empty_folder() -> int:
    """A folder that is gone already: nothing can ever be put in it."""
    try:
        folder = tempfile.mkdtemp(prefix="grader-")
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        os.rmdir(folder)
    except OSError:
        return -1
    return descriptor


def _own_memory() -> int:
    """Bytes of address space that are taken before any program runs."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 1 << 30


def _warm_up() -> None:
    """What numpy and Python do at the first use of something, which may open files, is done here once for all."""
    matrix = np.ones((4, 4))
    np.linalg.inv(matrix + np.eye(4))
    np.exp(matrix @ matrix).sum(axis=0)
    np.einsum("ij,jk->ik", matrix, matrix)
    np.random.default_rng(0).normal(size=3)
    repr(matrix)
    "".encode("idna")
