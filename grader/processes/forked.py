"""The birth of a worker: a fork of this process that does one thing and ends, whatever becomes of it."""

from __future__ import annotations

import contextlib
import faulthandler
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterable

from grader.processes import descendants


def start(run: Callable[[], None], words: int, closed: Iterable[int], megabytes: int | None) -> int:
    """Forks a process that calls ``run`` and prints to ``words``; gives its number.

    It ends with its parent, hears no Ctrl-C, and says where it is when it gets SIGUSR1. Nothing of it ever gets back
    into the code around this call: an error is printed, and the process ends. ``closed`` are descriptors that it does
    not need.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    here = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        for descriptor in closed:
            os.close(descriptor)
        _settle(here, words, megabytes)
        run()
        status = 0
    except BaseException:  # SystemExit and KeyboardInterrupt included: see above
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(status)


def _settle(parent: int, words: int, megabytes: int | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.setsid()
    descendants.die_with(parent)
    silence = os.open(os.devnull, os.O_RDWR)
    for number, place in enumerate((silence, words, words)):
        os.dup2(place, number)
    sys.stdout = os.fdopen(1, "w", errors="backslashreplace", closefd=False)
    sys.stderr = os.fdopen(2, "w", errors="backslashreplace", closefd=False)
    faulthandler.enable(file=2, all_threads=True)
    if hasattr(faulthandler, "register"):
        faulthandler.register(signal.SIGUSR1, file=2, all_threads=True)
    if megabytes is not None:
        descendants.limit_memory(megabytes)
    # When memory runs out, the kernel shall take this process and not the one with the results.
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
        score.write("1000")
