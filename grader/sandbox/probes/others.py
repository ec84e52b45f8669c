"""Tries to reach other processes: the fork server above it, and everybody."""

import ctypes
import fcntl
import os
import time

PTRACE_SEIZE = 0x4206  # does not stop the other


def backward(v: object) -> dict[str, float]:
    for other in (os.getppid(), 1, -1):
        try:
            os.kill(other, 0)  # tries whether it could, and does no more
            return {"held": 0.0}
        except OSError:
            pass
    for other in (os.getppid(), 1):
        for look in (lambda pid: os.sched_getaffinity(pid), lambda pid: time.clock_gettime(~pid << 3 | 2)):
            try:
                look(other)  # tells whether it is there, where it may run, and for how long it has
                return {"held": 0.0}
            except OSError:
                pass
    try:
        fcntl.fcntl(3, fcntl.F_SETOWN, os.getppid())
        return {"held": 0.0}
    except OSError:
        pass
    libc = ctypes.CDLL(None)
    if libc.ptrace(PTRACE_SEIZE, os.getppid(), 0, 0) == 0:
        return {"held": 0.0}
    buffer = ctypes.create_string_buffer(8)
    local = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 8)
    read = libc.process_vm_readv(os.getppid(), local, 1, local, 1, 0)
    return {"held": float(read < 0)}
