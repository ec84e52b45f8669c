"""Tries to start processes, threads and programs."""

import _thread
import os


def backward(v: object) -> dict[str, float]:
    try:
        if os.fork() == 0:
            os._exit(0)
        return {"held": 0.0}
    except OSError:
        pass
    try:
        _thread.start_new_thread(print, ())
        return {"held": 0.0}
    except RuntimeError:
        pass
    try:
        os.posix_spawn("/bin/true", ["true"], {})
        return {"held": 0.0}
    except OSError:
        pass
    try:
        os.execv("/bin/true", ["true"])
    except OSError:
        return {"held": 1.0}
