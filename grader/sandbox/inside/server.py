"""The fork server: holds numpy and no secret, and makes one process for each run, one after the other."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import gc
import importlib
import itertools
import json
import os
import random
import resource
import signal
import socket
import sys
import tempfile
import time
import traceback
from pathlib import Path

import numpy as np

from . import channel, privileges, program

PRELOADED = """
    array bisect cmath copy datetime decimal dis encodings.idna encodings.latin_1 fractions inspect logging pprint
    statistics textwrap timeit typing unicodedata numpy.fft numpy.lib.stride_tricks numpy.linalg numpy.ma
    numpy.polynomial numpy.random numpy.typing
"""
"""What programs often import: all else is imported from memory when one asks for it."""

_FIRST_UNUSED, _UNUSED = 60578, 600  # users that no system hands out (systemd's table of user ids)
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_GRACE = 1.0  # seconds between closing its descriptors and its end, for a process on a busy machine


def serve(control: socket.socket) -> None:
    """Makes a process for each request and ends it at the next word, until the other side of the socket is closed.

    A request comes with the descriptors that the program prints to, reads the job from, and replies to; it is answered
    by the number of the process. The next word says whether the process may end by itself; its wait status answers.
    """
    _prepare()
    empty_folder, memory = _empty_folder(), _own_memory()
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 4096, 3)
        if not message:
            return
        request, here = json.loads(message), os.getpid()
        pid = os.fork()
        if pid == 0:
            # Nothing of this process gets back into this loop; an error goes to the instructor.
            try:
                os.setsid()
                prints, jobs, replies = map(_above, descriptors)
                for source, target in ((prints, 1), (prints, 2), (jobs, 3), (replies, 4)):
                    os.dup2(source, target)
                on = privileges.drop_privileges(
                    seconds=request["seconds"],
                    memory=memory + int(request["megabytes"] * (1 << 20)),
                    user=_FIRST_UNUSED + os.getpid() % _UNUSED,  # another one than any run beside it
                    empty_folder=empty_folder,
                    parent=here,
                    without=frozenset(request["without"]),
                )
                random.seed(0)  # the same program gets the same marks
                np.random.seed(0)
                os.write(4, f"{' '.join(on)}\n".encode())
                program.answer(3, 4)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(1)
        for descriptor in descriptors:
            os.close(descriptor)
        word = b""
        with contextlib.suppress(OSError):  # the other side has gone: then the run ends, and nobody asks how
            control.sendall(pid.to_bytes(4, "little"))
            word = control.recv(1)
        status = _end(pid, _GRACE if word == b"p" else 0.0)
        for strays in itertools.islice(iter(_children, set()), 1000):  # what was left behind has come to this process
            for stray in strays:
                _end(stray)
        with contextlib.suppress(OSError):
            control.sendall(status.to_bytes(4, "little", signed=True))


def _prepare() -> None:
    """Imports all that programs may ask for, and bounds what they are forked from."""
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
    # What numpy and Python do at the first use of something, which may open files, is done here once for all.
    matrix = np.ones((4, 4))
    np.linalg.inv(matrix + np.eye(4))
    np.exp(matrix @ matrix).sum(axis=0)
    np.einsum("ij,jk->ik", matrix, matrix)
    np.random.default_rng(0).normal(size=3)
    repr(matrix)
    "".encode("idna")
    sys.argv[:] = [program.NAME]
    program.take_in(Path(np.__file__).parent)
    gc.collect()
    gc.freeze()


def _above(descriptor: int) -> int:
    """The same under a number above those that a program gets."""
    return fcntl.fcntl(descriptor, fcntl.F_DUPFD, 16)


def _end(pid: int, seconds: float = 0.0) -> int:
    """Ends a child and its group, which may take so long by itself; gives its wait status, or ``channel.ALIVE``."""
    until = time.monotonic() + seconds
    try:
        ended, status = os.waitpid(pid, os.WNOHANG)
        while not ended and time.monotonic() < until:
            time.sleep(0.0005)
            ended, status = os.waitpid(pid, os.WNOHANG)
        if not ended:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    except OSError:
        return 0
    with contextlib.suppress(OSError):
        os.killpg(pid, signal.SIGKILL)
    return status if ended else channel.ALIVE


def _children() -> set[int]:
    """The processes whose parent this one is."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children") as file:
            return {int(pid) for pid in file.read().split()}
    except OSError:
        return set()


def _empty_folder() -> int:
    """A folder that is gone already: nothing can ever be put in it."""
    try:
        with tempfile.TemporaryDirectory(prefix="grader-") as folder:
            return _above(os.open(folder, os.O_RDONLY | os.O_DIRECTORY))
    except OSError:
        return -1


def _own_memory() -> int:
    """Bytes of address space that are taken before any program runs."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 1 << 30
