"""``python -m grader``, and the ``grader`` command."""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import gc
import os
import sys
from pathlib import Path

NEW_OBJECTS = 400_000
"""How many the collector waits for: twice as many as a cold start makes, nearly all of them to stay. With its usual 700
it looks through them 270 times, which takes 0.17 s, and a single time takes 0.07 s; memory stays the same."""

FREED_BYTES, LARGE_BYTES = 32 << 20, 16 << 20
"""What is freed stays with the process up to so much, and arrays below the second are taken from it. Each chunk of a
network's box would otherwise get its memory from the system anew, page by page, for a third of the box's time."""
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


def main() -> None:
    """Runs the command line, whatever the encoding of the terminal."""
    gc.set_threshold(NEW_OBJECTS)
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):  # other allocators have none
        libc.mallopt(_M_TRIM_THRESHOLD, FREED_BYTES)
        libc.mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # or it looks through all that is installed for some
    _open_what_is_closed()
    with contextlib.suppress(FileNotFoundError):  # the working folder has been removed: nothing can stand in it
        # Python puts the working folder first on its path, where a submission's ``numpy.py`` could stand.
        folder = Path.cwd()
        if not (folder / "grader" / "__main__.py").exists():
            sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != folder]
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a stream of the interpreter's own
    from grader import cli

    ended: list[SystemExit] = []
    atexit.register(_leave, ended)
    try:
        cli.main(prog_name="grader")
    except SystemExit as end:
        ended.append(end)
        raise


def _open_what_is_closed() -> None:
    """A standard stream that is closed is opened on nothing: its number would go to the next file, a result perhaps."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            nothing = os.open(os.devnull, os.O_RDWR)
            if nothing != number:
                os.dup2(nothing, number)
                os.close(nothing)
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))


def _leave(ended: list[SystemExit]) -> None:
    """The last act of a command that came to its end, since taking the interpreter apart costs a tenth of a cold start.

    What is registered first is called last: threads are joined by then, and everything else has been put away.
    """
    if ended and isinstance(ended[0].code, int):
        with contextlib.suppress(OSError):
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            os._exit(ended[0].code)


if __name__ == "__main__":
    main()
