"""Tries to get at files by name."""

import os
import posix
import sys
from collections.abc import Callable


def refused(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except OSError:
        return True
    return False


def backward(v: object) -> dict[str, float]:
    attempts = (
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
        lambda: posix.getcwd(),
    )
    return {"held": float(all(refused(attempt) for attempt in attempts))}
