"""Tries the doors of the kernel that a computation never needs."""

import ctypes
import platform

X86 = {"bpf": 321, "perf_event_open": 298, "userfaultfd": 323, "keyctl": 250, "memfd_create": 319}
ARM = {"bpf": 280, "perf_event_open": 241, "userfaultfd": 282, "keyctl": 219, "memfd_create": 279}
IO_URING_SETUP, CLONE_NEWUSER = 425, 0x10000000
PROT_READ_EXEC, MAP_PRIVATE_ANONYMOUS = 0x5, 0x22


def backward(v: object) -> dict[str, float]:
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
    return {"held": float(executable == -1 and all(result < 0 for result in opened))}
