"""One program for each sentence of the promise: it tries to break it and says whether it held.

``promise`` sends this whole file to a child and calls one of the functions. Each must be harmless where nothing holds
it back: the doctor also runs them on machines that isolate badly.
"""

import _thread
import contextlib
import ctypes
import fcntl
import gc
import math
import os
import platform
import posix
import signal
import socket
import sys
import time as clock
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any

import numpy as np

HARMLESS = ("PYTHON", "OPENBLAS_", "OMP_", "MKL_", "VECLIB_", "LC_", "LD_LIBRARY_PATH", "TMPDIR")
X86 = {"bpf": 321, "perf_event_open": 298, "userfaultfd": 323, "keyctl": 250, "memfd_create": 319}
ARM = {"bpf": 280, "perf_event_open": 241, "userfaultfd": 282, "keyctl": 219, "memfd_create": 279}
IO_URING_SETUP, CLONE_NEWUSER = 425, 0x10000000
PROT_READ_EXEC, MAP_PRIVATE_ANONYMOUS = 0x5, 0x22
PTRACE_SEIZE = 0x4206  # does not stop the other


def refused(*attempts: Callable[[], object], by: type[Exception] = OSError) -> bool:
    """Whether each attempt ends in such an error."""
    for attempt in attempts:
        with contextlib.suppress(by):
            attempt()
            return False
    return True


def files(v: Any) -> bool:
    """Tries to get at files by name."""
    return refused(
        lambda: open("/etc/passwd").close(),
        lambda: open("/proc/self/environ").close(),
        lambda: open(sys.executable, "rb").close(),
        lambda: os.listdir("/"),
        lambda: os.stat("/"),
        lambda: os.readlink("/proc/self/exe"),
        lambda: os.close(os.open("/tmp/grader-probe", os.O_CREAT | os.O_WRONLY)),
        lambda: os.removedirs("/tmp/grader-probe-folder"),
        lambda: os.unlink("/tmp/grader-probe"),
        lambda: posix.chdir(".."),
        posix.getcwd,
    )


def network(v: Any) -> bool:
    """Tries to make sockets; a family or a kind may be one that this machine does not have."""
    families = (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, getattr(socket, "AF_NETLINK", socket.AF_INET))
    kinds = (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW)
    return refused(*(partial(socket.socket, family, kind) for family in families for kind in kinds), socket.socketpair)


def processes(v: Any) -> bool:
    """Tries to start processes, threads and programs."""
    return (
        refused(lambda: os.fork() or os._exit(0))
        and refused(lambda: _thread.start_new_thread(print, ()), by=RuntimeError)
        and refused(lambda: os.posix_spawn("/bin/true", ["true"], {}), lambda: os.execv("/bin/true", ["true"]))
    )


def others(v: Any) -> bool:
    """Tries to reach other processes: the fork server above it, and everybody."""
    above, libc = os.getppid(), ctypes.CDLL(None)
    attempts: tuple[Callable[[], object], ...] = (
        *(partial(os.kill, other, 0) for other in (above, 1, -1)),  # tries whether it could, and does no more
        # These tell whether it is there, where it may run, and for how long it has.
        *(partial(os.sched_getaffinity, other) for other in (above, 1)),
        *(partial(clock.clock_gettime, ~other << 3 | 2) for other in (above, 1)),
        partial(fcntl.fcntl, 3, fcntl.F_SETOWN, above),
    )
    buffer = ctypes.create_string_buffer(8)
    local = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 8)
    return (
        refused(*attempts)
        and libc.ptrace(PTRACE_SEIZE, above, 0, 0) != 0
        and libc.process_vm_readv(above, local, 1, local, 1, 0) < 0
    )


def kernel(v: Any) -> bool:
    """Tries the doors of the kernel that a computation never needs."""
    libc = ctypes.CDLL(None, use_errno=True)
    numbers = X86 if platform.machine() == "x86_64" else ARM
    zeros = ctypes.create_string_buffer(256)
    name = ctypes.create_string_buffer(b"probe")
    opened = (
        libc.syscall(numbers["bpf"], 0, zeros, 48),
        libc.syscall(numbers["perf_event_open"], zeros, 0, -1, -1, 0),
        libc.syscall(numbers["userfaultfd"], 1),
        libc.syscall(numbers["keyctl"], 0, -3, 1),
        libc.syscall(numbers["memfd_create"], name, 0),
        libc.syscall(IO_URING_SETUP, 1, zeros),
        libc.unshare(CLONE_NEWUSER),
        libc.personality(0xFFFFFFFF),
    )
    libc.mmap.restype = ctypes.c_ssize_t
    executable = libc.mmap(None, ctypes.c_size_t(4096), PROT_READ_EXEC, MAP_PRIVATE_ANONYMOUS, -1, ctypes.c_size_t(0))
    return executable == -1 and all(result < 0 for result in opened)


def secrets(v: Any) -> bool:
    """Looks for what it should not find in its own process."""
    environment = [name for name in os.environ if not name.startswith(HARMLESS)]
    modules = [name for name in sys.modules if name.split(".")[0] in ("grader", "reference", "yaml", "site")]
    # fstat would be refused, open or not
    closed = {number for number in range(4, 4096) if refused(partial(fcntl.fcntl, number, fcntl.F_GETFD))}
    return not environment and not modules and not sys.path and closed == set(range(5, 4096))


def channel(v: Any) -> bool:
    """Writes a reply of its own: a verdict, and arrays larger than any memory."""
    os.write(4, b'[{"verdict": ["<f8", [4294967295, 4294967295]]}]\n{"verdict": "correct"}')
    os._exit(0)


def apart(v: Any) -> bool:
    """Spoils everything that the next run would use, its own inputs, and all arrays of those that called it."""
    held = bool(v["x"][0] == 1.0)
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        for found in gc.get_referents(*frame.f_locals.values(), *gc.get_referents(*frame.f_locals.values())):
            if isinstance(found, np.ndarray) and found.shape == v["x"].shape:
                found[...] = 7.0
        frame = frame.f_back
    v["x"][:] = 7.0
    setattr(np, "exp", None)  # noqa: B010 - an assignment would be taken for a mistake
    setattr(math, "pi", 3.0)  # noqa: B010 - as above
    sys.modules["numpy.linalg"] = sys.modules["math"]
    return held


def time(v: Any) -> bool:
    """Never ends, deaf to every signal that one can be deaf to."""
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    while True:
        pass


def memory(v: Any) -> bool:
    """Takes memory until there is no more."""
    held = []
    while True:
        held.append(bytearray(1 << 26))


def output(v: Any) -> bool:
    """Prints without end."""
    while True:
        print("x" * 65536)


def crash(v: Any) -> bool:
    """Reads where there is no memory."""
    return bool(ctypes.string_at(1, 1))


def leftover(v: Any) -> bool:
    """Tries to leave something running: a process, or a signal to come."""
    with contextlib.suppress(OSError):
        if os.fork() == 0:
            os.setsid()
            os.closerange(0, 9)  # or the run would only end with its channel
            clock.sleep(60)
            os._exit(0)
    with contextlib.suppress(OSError):
        signal.setitimer(signal.ITIMER_REAL, 60)
    return True
