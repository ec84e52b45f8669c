"""Giving up, one after the other and for good, all that a process could do to others; says which of it worked."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import platform
import resource
import signal
import struct
import sys

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_CAPBSET_DROP = 1, 4, 22, 24
_PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 38, 47, 4
_CAPABILITY_VERSION = 0x20080522
_LAST_CAPABILITY = 63
_LANDLOCK_CREATE, _LANDLOCK_RESTRICT = 444, 446
_OF_LINUX = ("capabilities", "no_new_privs", "landlock", "landlock_all", "seccomp")
_CPU_GRACE = 1  # seconds of processor time beyond the wall clock, which is the one that should end a run

CHANNEL_DESCRIPTORS = 5
"""Below this: nothing to read, two to print, the job, the reply."""

DESCRIPTORS = 256
"""No process here ever has a descriptor of this number or above."""

_libc = ctypes.CDLL(None, use_errno=True)


def drop_privileges(
    *, seconds: float, memory: int, user: int, empty_folder: int, parent: int, without: frozenset[str]
) -> frozenset[str]:
    """Gives up everything but the descriptors 0 to 4; returns the layers that are on.

    One run gets seconds and bytes, an unused user and an empty folder; ``without`` names layers to leave out.
    ``landlock_all`` also refuses TCP, and signals out of the process; ``seatbelt`` is macOS's.
    """
    on: set[str] = set()
    steps = {
        "limits": lambda: _limits(seconds, memory),
        "chroot": lambda: _chroot(empty_folder),
        "uid": lambda: _user(user),
        "capabilities": _capabilities,
        "no_new_privs": lambda: _no_new_privileges(parent),
        "landlock": lambda: _landlock(everything=False),
        "landlock_all": lambda: _landlock(everything=True),
        "seccomp": _seccomp,
        "seatbelt": _seatbelt,
    }
    for layer, step in steps.items():
        if layer == "no_new_privs":
            os.closerange(CHANNEL_DESCRIPTORS, DESCRIPTORS)  # the empty folder was one of them until here
        if layer not in without and (sys.platform == "linux" or layer not in _OF_LINUX):
            # Some only root may do, some a system does not know, or a machine.
            with contextlib.suppress(OSError, ValueError, AttributeError, KeyError):
                step()
                on.add(layer)
    return frozenset(on)


def _done(result: int) -> None:
    """Raises ``OSError`` where a call of the C library has not done what it was to do."""
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _limits(seconds: float, memory: int) -> None:
    none = dict.fromkeys(("FSIZE", "CORE", "MEMLOCK", "MSGQUEUE", "NICE", "RTPRIO"), 0)
    # NPROC counts all tasks of the user, and there is one already: so there will be no other.
    bounds = {"CPU": int(seconds) + 1 + _CPU_GRACE, "AS": memory, "SIGPENDING": 64, "NPROC": 0, **none}
    for name, bound in bounds.items():
        with contextlib.suppress(OSError, ValueError, AttributeError):  # macOS knows fewer of them
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (bound, bound))
    _done(resource.getrlimit(resource.RLIMIT_FSIZE)[1])


def _chroot(empty_folder: int) -> None:
    os.fchdir(empty_folder)
    os.chroot(".")


def _user(user: int) -> None:
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def _capabilities() -> None:
    for capability in range(_LAST_CAPABILITY + 1):
        _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    _libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    _done(_libc.capset(struct.pack("=Ii", _CAPABILITY_VERSION, 0), bytes(24)))


def _no_new_privileges(parent: int) -> None:
    _libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    # A change of user clears this, so it stands after it; the parent may have gone in between.
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
    _done(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))


def _landlock(everything: bool) -> None:
    """A set of rules without a rule: of all that Landlock can refuse, it refuses everything."""
    version = _libc.syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint(1))
    if version < (6 if everything else 1):
        raise OSError("this version of Landlock cannot do that")
    # By version of Landlock: the rights over files that it knows (a mask of so many bits).
    files = (1 << {1: 13, 2: 14, 3: 15, 4: 15}.get(version, 16)) - 1
    rules = struct.pack("=QQQ", files, 0b11, 0b11) if everything else struct.pack("=Q", files)
    descriptor = _libc.syscall(_LANDLOCK_CREATE, rules, ctypes.c_size_t(len(rules)), ctypes.c_uint(0))
    restricted = _libc.syscall(_LANDLOCK_RESTRICT, ctypes.c_int(descriptor), ctypes.c_uint(0))
    os.close(descriptor)  # raises where none was made
    _done(restricted)


def _seccomp() -> None:
    code = filter_program(MACHINES[platform.machine().lower()], os.getpid())
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))  # struct sock_fprog
    _done(_libc.prctl(_PR_SET_SECCOMP, 2, program, 0, 0))


def _seatbelt() -> None:
    """macOS: deprecated and undocumented, and still what its own programs are confined with.

    Elsewhere there is no such function.
    """
    error = ctypes.c_char_p()
    _done(_libc.sandbox_init(b"(version 1)(deny default)", ctypes.c_uint64(0), ctypes.byref(error)))


# -- the filter of system calls ----------------------------------------------------------------------------------------

# Those that a program needs to compute, tell the time and answer are allowed: all others are refused. A program gets
# everything it works on over descriptors that are open already, so no call that takes a path is among them, and none
# that makes a process, a thread, a socket or executable memory. Below the tables, what they say becomes a program for
# the kernel's packet filter (seccomp, mode 2).

X86_64, AARCH64 = 0, 1
MACHINES = {"x86_64": X86_64, "amd64": X86_64, "aarch64": AARCH64, "arm64": AARCH64}
AUDIT = (0xC000003E, 0xC00000B7)
FOREIGN_BIT = 0x40000000  # marks the x32 table on x86_64

_NONE = -1

NUMBERS: dict[str, tuple[int, int]] = {
    # By name: on x86_64 and on aarch64, the most frequent first.
    "futex": (202, 98), "read": (0, 63), "write": (1, 64), "writev": (20, 66), "close": (3, 57), "fstat": (5, 80),
    "lseek": (8, 62),
    # Memory.
    "munmap": (11, 215), "mremap": (25, 216), "madvise": (28, 233), "brk": (12, 214), "mmap": (9, 222),
    "mprotect": (10, 226),
    # Signals.
    "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139), "sigaltstack": (131, 132),
    "restart_syscall": (219, 128), "kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131),
    # Time.
    "clock_gettime": (228, 113), "clock_getres": (229, 114), "clock_nanosleep": (230, 115), "nanosleep": (35, 101),
    "gettimeofday": (96, 169), "time": (201, _NONE), "times": (100, 153), "getrusage": (98, 165),
    # Itself.
    "getpid": (39, 172), "gettid": (186, 178), "getppid": (110, 173), "getuid": (102, 174), "geteuid": (107, 175),
    "getgid": (104, 176), "getegid": (108, 177), "getrandom": (318, 278), "uname": (63, 160), "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123), "exit": (60, 93), "exit_group": (231, 94),
    # Waiting for its descriptors.
    "poll": (7, _NONE), "ppoll": (271, 73), "select": (23, _NONE), "pselect6": (270, 72), "fcntl": (72, 25),
    # Refused below with an error of their own.
    "ioctl": (16, 29), "clone": (56, 220), "clone3": (435, 435), "fork": (57, _NONE), "vfork": (58, _NONE),
    "open": (2, _NONE), "openat": (257, 56), "openat2": (437, 437), "stat": (4, _NONE), "lstat": (6, _NONE),
    "newfstatat": (262, 79), "statx": (332, 291), "access": (21, _NONE), "faccessat": (269, 48),
    "faccessat2": (439, 439), "readlink": (89, _NONE), "readlinkat": (267, 78), "getcwd": (79, 17),
}  # fmt: skip

OWN = -1
"""Among the allowed values of an argument: the process's own number."""

ARGUMENTS: dict[str, tuple[int, int, tuple[int, ...]]] = {
    # By call: the argument that is looked at (counted from 0), its bits that count, and what these may be. The kernel
    # reads each of these as a 32-bit number, so the lower half is all there is to look at.
    **dict.fromkeys(("mmap", "mprotect"), (2, 0x4, (0,))),  # not PROT_EXEC
    **dict.fromkeys(("kill", "tkill", "tgkill"), (0, ~0, (OWN,))),
    "sched_getaffinity": (0, ~0, (0, OWN)),
    # The kernel's own clocks and those of this process: the numbers below 0 are clocks of other processes.
    **dict.fromkeys(("clock_gettime", "clock_getres", "clock_nanosleep"), (0, ~0, tuple(range(12)))),
    # F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC. Not F_SETOWN and F_SETFL: with O_ASYNC they let a program
    # send signals to the grader.
    "fcntl": (1, ~0, (0, 1, 2, 3, 1030)),
    # FUTEX_WAIT, WAKE, REQUEUE, CMP_REQUEUE, WAKE_OP, WAIT_BITSET, WAKE_BITSET. Not the ones that lend priority: they
    # say whether a process of a number exists.
    "futex": (1, 0x7F, (0, 1, 3, 4, 5, 9, 10)),
}

# Refused with an error that Python and the C library understand, so that a program goes on or says what was missing.
REFUSALS = {
    **dict.fromkeys(("clone", "fork", "vfork"), errno.EAGAIN),
    "clone3": errno.ENOSYS,
    "ioctl": errno.ENOTTY,
    **dict.fromkeys(("open", "openat", "openat2", "stat", "lstat", "newfstatat", "statx"), errno.ENOENT),
    **dict.fromkeys(("access", "faccessat", "faccessat2", "readlink", "readlinkat", "getcwd"), errno.ENOENT),
}

_LOAD, _AND, _RETURN = 0x20, 0x54, 0x06  # BPF_LD|W|ABS, BPF_ALU|AND|K, BPF_RET|K
_EQUAL, _AT_LEAST = 0x15, 0x35  # BPF_JMP|JEQ|K, BPF_JMP|JGE|K
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # places in struct seccomp_data
_WORD = 0xFFFFFFFF

Instruction = tuple[int, int, int, int]


def filter_program(machine: int, own_pid: int) -> bytes:
    """The filter for one process: struct sock_filter, one after the other."""
    code: list[Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, AUDIT[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
    ]
    if machine == X86_64:
        code += [(_AT_LEAST, 0, 1, FOREIGN_BIT), (_RETURN, 0, 0, _KILL)]
    for name, numbers in NUMBERS.items():
        if numbers[machine] != _NONE:
            answer = _answer(name, own_pid)
            code += [(_EQUAL, 0, len(answer), numbers[machine]), *answer]
    code.append((_RETURN, 0, 0, _ERRNO | errno.EPERM))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)


def _answer(name: str, own_pid: int) -> list[Instruction]:
    """What happens at one call. Each answer ends in a return, whichever way it goes."""
    allow = (_RETURN, 0, 0, _ALLOW)
    if name in REFUSALS:
        return [(_RETURN, 0, 0, _ERRNO | REFUSALS[name])]
    if name not in ARGUMENTS:
        return [allow]
    argument, bits, allowed = ARGUMENTS[name]
    values = [own_pid if value == OWN else value for value in allowed]
    tests = [(_EQUAL, len(values) - place, 0, value) for place, value in enumerate(values)]
    load = [(_LOAD, 0, 0, _ARGUMENTS + 8 * argument), (_AND, 0, 0, bits & _WORD)]
    return [*load, *tests, (_RETURN, 0, 0, _ERRNO | errno.EPERM), allow]
