"""The layers of the wall around a student's program: how they are seen from outside, and what they are worth."""

from __future__ import annotations

import ctypes
import os
import sys


def seen_from_outside(pid: int, announced: frozenset[str]) -> frozenset[str]:
    """Of the layers a process announced, those that the kernel confirms, and those that it has no way to show.

    The kernel shows the filter, the user, the capabilities and no_new_privs; of the folder and of Landlock it shows
    nothing, and the word of the process stands, which has run only our own code so far.
    """
    if sys.platform == "darwin":
        # 1: confined. Undocumented, as all of it is there.
        confined = ctypes.CDLL(None).sandbox_check(ctypes.c_int(pid), None, 0) == 1
        return announced if confined else announced - {"seatbelt"}
    theirs, ours = _status(pid), _status(os.getpid())
    confirmed = {
        "seccomp": _filtered(theirs, ours),
        "no_new_privs": theirs.get("NoNewPrivs") == ["1"],
        "uid": len(theirs.get("Uid", [])) == 4 and not {"0", str(os.geteuid())} & set(theirs["Uid"]),
        "capabilities": all(
            set("".join(theirs.get(name, ["unknown"]))) == {"0"} for name in ("CapPrm", "CapEff", "CapInh", "CapAmb")
        ),
    }
    return frozenset(layer for layer in announced if confirmed.get(layer, True))


def _status(pid: int) -> dict[str, list[str]]:
    try:
        with open(f"/proc/{pid}/status") as file:
            lines = [line.partition(":") for line in file]
    except OSError:
        return {}
    return {name: value.split() for name, _, value in lines}


def _filtered(theirs: dict[str, list[str]], ours: dict[str, list[str]]) -> bool:
    """A container filters everybody, so it takes one filter more than we have ourselves."""
    if theirs.get("Seccomp") != ["2"]:
        return False
    if "Seccomp_filters" not in theirs:  # before Linux 5.9
        return ours.get("Seccomp") == ["0"]
    return int(theirs["Seccomp_filters"][0]) > int(ours["Seccomp_filters"][0])


def level(on: frozenset[str]) -> str:
    """What the layers are worth, as one of ``outcome.LEVELS``.

    ``strong`` is the filter alone: it refuses every way out. ``full`` has a second, independent layer behind it,
    for files, signals and other users' processes, that would still stand if the filter had a hole.
    """
    if not {"limits"} <= on:
        return "none"
    apart = {"chroot", "uid", "capabilities"} <= on
    if {"seccomp", "no_new_privs", "capabilities"} <= on:
        return "full" if apart or "landlock_all" in on else "strong"
    return "partial" if apart or "landlock" in on or "seatbelt" in on else "none"
