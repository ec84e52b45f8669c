"""Tries to leave something running: a process, or a signal to come."""

import contextlib
import os
import signal
import time


def backward(v: object) -> dict[str, float]:
    try:
        if os.fork() == 0:
            os.setsid()
            time.sleep(60)
            os._exit(0)
    except OSError:
        pass
    with contextlib.suppress(OSError):
        signal.setitimer(signal.ITIMER_REAL, 60)
    return {"held": 1.0}
