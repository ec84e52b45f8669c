"""The life of one warm process: it takes jobs from a pipe and does them, one after the other, until the pipe ends."""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Iterable
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any

from grader.supervisor import processes

Message = dict[str, Any]
Say = Callable[[Message], None]
Work = Callable[[Message, Say], Message]


def start(work: Work, pipe: Connection, others: Iterable[Connection], words: int, megabytes: int) -> int:
    """Forks a worker that hears jobs on ``pipe`` and writes what it prints to ``words``; gives its process number."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    here = os.getpid()
    pid = os.fork()
    if pid == 0:
        with _Barrier():
            for other in others:
                other.close()
            _settle(here, words, megabytes)
            _work_on(work, pipe)
    return pid


class _Barrier:
    """Nothing of the forked process gets past this: an error is written down, then the process ends."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        try:
            if error is not None:
                traceback.print_exception(error)
                sys.stderr.flush()
        finally:
            os._exit(0 if error is None else 1)


def _settle(parent: int, words: int, megabytes: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.setsid()
    processes.die_with(parent)
    silence = os.open(os.devnull, os.O_RDWR)
    for number, place in enumerate((silence, words, words)):
        os.dup2(place, number)
    sys.stdout = os.fdopen(1, "w", errors="backslashreplace", closefd=False)
    sys.stderr = os.fdopen(2, "w", errors="backslashreplace", closefd=False)
    faulthandler.enable(file=2)
    if hasattr(faulthandler, "register"):
        faulthandler.register(signal.SIGUSR1, file=2, all_threads=True)
    with contextlib.suppress(OSError, ValueError):  # no such limit here, or a lower one already
        resource.setrlimit(resource.RLIMIT_DATA, (megabytes << 20, resource.getrlimit(resource.RLIMIT_DATA)[1]))
    # When memory runs out, the kernel shall take this process and not the one with the results.
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
        score.write("1000")


def _work_on(work: Work, pipe: Connection) -> None:
    def say(message: Message) -> None:
        pipe.send_bytes(json.dumps(message).encode())

    while True:
        try:
            job = json.loads(pipe.recv_bytes())
        except EOFError:
            return
        say({"done": work(job, say)})
