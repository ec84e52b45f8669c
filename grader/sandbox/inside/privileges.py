"""Giving up, one after the other and for good, all that a process could do to others; says which of it worked."""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import resource
import signal
import struct
import sys

from . import syscalls

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
    code = syscalls.filter_program(syscalls.MACHINES[platform.machine().lower()], os.getpid())
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))  # struct sock_fprog
    _done(_libc.prctl(_PR_SET_SECCOMP, 2, program, 0, 0))


def _seatbelt() -> None:
    """macOS: deprecated and undocumented, and still what its own programs are confined with.

    Elsewhere there is no such function.
    """
    error = ctypes.c_char_p()
    _done(_libc.sandbox_init(b"(version 1)(deny default)", ctypes.c_uint64(0), ctypes.byref(error)))
