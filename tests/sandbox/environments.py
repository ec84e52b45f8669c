"""Runs a command in another environment of this machine: ``environments.py NAME COMMAND…``.

``plain``            a plain user
``container``        root inside another root folder, with the capabilities and a filter like those of a container
``container_plain``  a plain user in there

Exits with 77 where this machine does not let the environment be made: it takes root, and leave to mount.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
import tempfile
import traceback
from pathlib import Path

CANNOT = 77
PLAIN_USER = 65534
REPOSITORY = Path(__file__).resolve().parents[2]

_CLONE_NEWNS, _CLONE_NEWPID = 0x00020000, 0x20000000
_MS_BIND, _MS_REC, _MS_PRIVATE = 4096, 16384, 1 << 18
_PR_SET_SECCOMP, _PR_CAPBSET_DROP = 22, 24
# What Docker leaves to root: chown, dac_override, fowner, fsetid, kill, setgid, setuid, setpcap, net_bind_service,
# net_raw, sys_chroot, mknod, audit_write, setfcap.
_CONTAINER_CAPABILITIES = {0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31}
# A part of what Docker's filter refuses, by number on x86_64 and aarch64: unshare, mount, umount2, setns, pivot_root,
# bpf, perf_event_open, userfaultfd, keyctl, add_key, request_key, io_uring_setup, open_by_handle_at.
_CONTAINER_REFUSES = {
    "x86_64": (272, 165, 166, 308, 155, 321, 298, 323, 250, 248, 249, 425, 304),
    "aarch64": (97, 40, 39, 268, 41, 280, 241, 282, 219, 217, 218, 425, 265),
}
_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _mount(source: str, target: Path, kind: str, flags: int) -> None:
    _check(_libc.mount(source.encode(), str(target).encode(), kind.encode(), flags, None))


def _new_root(root: Path) -> None:
    """A root folder that holds the interpreter and the project, each where it stands, for everybody to read."""
    _mount("none", Path("/"), "", _MS_REC | _MS_PRIVATE)
    _mount("tmpfs", root, "tmpfs", 0)
    root.chmod(0o755)
    (root / "proc").mkdir()
    (root / "tmp").mkdir()
    places = ["/usr", "/lib", "/lib64", "/bin", "/etc", "/dev", str(REPOSITORY), sys.base_prefix, sys.prefix]
    for place in dict.fromkeys(places):  # what lies in another before it is there already
        if Path(place).is_symlink():
            (root / place[1:]).symlink_to(os.readlink(place))
        elif Path(place).exists() and not (root / place[1:]).exists():
            (root / place[1:]).mkdir(parents=True)
            _mount(place, root / place[1:], "", _MS_BIND | _MS_REC)
    (root / "tmp").chmod(0o1777)


def _filter() -> None:
    numbers = _CONTAINER_REFUSES[platform.machine()]
    code = [(0x20, 0, 0, 0), *((0x15, len(numbers) - place, 0, number) for place, number in enumerate(numbers))]
    code += [(0x06, 0, 0, 0x7FFF0000), (0x06, 0, 0, 0x00050001)]
    packed = b"".join(struct.pack("=HBBI", *line) for line in code)
    buffer = ctypes.create_string_buffer(packed, len(packed))
    _check(_libc.prctl(_PR_SET_SECCOMP, 2, struct.pack("HxxxxxxP", len(code), ctypes.addressof(buffer)), 0, 0))


def _enter(name: str, root: Path, command: list[str]) -> None:
    _new_root(root)
    _mount("proc", root / "proc", "proc", 0)
    os.chroot(root)
    os.chdir("/tmp")
    if name.startswith("container"):
        _filter()
        for capability in set(range(64)) - _CONTAINER_CAPABILITIES:
            _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    if name.endswith("plain"):
        os.setgroups([])
        os.setresgid(PLAIN_USER, PLAIN_USER, PLAIN_USER)
        os.setresuid(PLAIN_USER, PLAIN_USER, PLAIN_USER)
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1"}
    os.execve(command[0], command, environment)


def _apart(name: str, root: Path, command: list[str]) -> int:
    """Mounts are made only after this process has left the mounts of the machine."""
    if _libc.unshare(_CLONE_NEWNS | _CLONE_NEWPID) != 0:
        return CANNOT
    pid = os.fork()  # the first process of the new set of processes: all others end with it
    if pid == 0:
        _enter(name, root, command)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def main(name: str, command: list[str]) -> int:
    if os.geteuid() != 0 or platform.machine() not in _CONTAINER_REFUSES:
        return CANNOT
    root = Path(tempfile.mkdtemp())
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            code = _apart(name, root, command)
        except PermissionError as error:
            print(f"{name}: {error}", file=sys.stderr)
            code = CANNOT
        except BaseException:  # a fault of this file must not look like a machine that does not allow it
            traceback.print_exc()
        finally:
            os._exit(code if code >= 0 else 128 - code)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    root.rmdir()  # never what may be mounted below: it is the machine's own
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
