"""A file that is complete or absent, with room kept for it from the start."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path
from types import TracebackType

_ROOM = 1 << 20
_DESCRIPTORS = "/proc/self/fd"
_PLAIN = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
"""For this process alone, and, on Windows, every byte as it is."""


class Destination:
    """Where results go. Room is taken on entry, so that a disk that fills up later does not cost the results.

    The text stands in a file without a name until it is whole and on the disk; then it takes the target's. Leaving
    without ``write`` leaves nothing behind, nor does being killed, where the system has such files. A link is
    followed; a device or a pipe cannot be replaced, so it is written to as it is. One of many that could be made again
    need not be ``lasting``: it takes no room beforehand, and may be lost with the machine's power.
    """

    def __init__(self, target: str | os.PathLike[str], lasting: bool = True) -> None:
        self._straight = os.path.exists(target) and not os.path.isfile(target)
        self._target = Path(target if self._straight else os.path.realpath(target))
        self._beside = self._target.parent / f".{self._target.name}.{os.getpid()}.part"
        self._file = -1
        self._named = False
        self._lasting = lasting

    def __enter__(self) -> Destination:
        """Raises ``OSError`` where the file cannot be made."""
        if self._straight:
            self._file = os.open(self._target, os.O_WRONLY | _PLAIN)
            return self
        if hasattr(os, "O_TMPFILE") and os.path.isdir(_DESCRIPTORS):
            with contextlib.suppress(OSError):  # a file system without files that have no name
                self._file = os.open(self._target.parent, os.O_RDWR | os.O_TMPFILE | _PLAIN, 0o644)
        if self._file < 0:
            self._named = True
            self._file = os.open(self._beside, os.O_RDWR | os.O_CREAT | os.O_TRUNC | _PLAIN, 0o644)
        if self._lasting and hasattr(os, "posix_fallocate"):
            with contextlib.suppress(OSError):  # no room to keep, or a file system without this: still try at the end
                os.posix_fallocate(self._file, 0, _ROOM)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        if self._named:
            self._beside.unlink(missing_ok=True)

    def write(self, text: str | bytes, shorter: str = "") -> None:
        """Puts the text in place; or ``shorter`` if the disk has no room for it.

        Raises ``OSError`` if neither can be written; the target is then what it was before.
        """
        if self._straight:
            self._put(text)
            return
        try:
            self._fill(text)
        except OSError as error:
            if not shorter or error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise
            self._fill(shorter)
        self._name()
        os.close(self._file)  # Windows moves no file that is open
        self._file = -1
        os.replace(self._beside, self._target)
        if self._lasting:
            with contextlib.suppress(OSError):  # some file systems cannot sync a folder
                folder = os.open(self._target.parent, os.O_RDONLY)
                try:
                    os.fsync(folder)
                finally:
                    os.close(folder)

    def _fill(self, text: str | bytes) -> None:
        os.lseek(self._file, 0, os.SEEK_SET)
        os.ftruncate(self._file, self._put(text))
        if self._lasting:
            os.fsync(self._file)

    def _put(self, text: str | bytes) -> int:
        data = memoryview(text if isinstance(text, bytes) else text.encode("utf-8", "replace"))
        length = len(data)
        while data:
            data = data[os.write(self._file, data) :]
        return length

    def _name(self) -> None:
        """Gives the file a name of its own, from which it can take the target's."""
        if self._named:
            return
        self._beside.unlink(missing_ok=True)
        self._named = True
        try:
            # With a folder given, which a whole path does not need, Python asks the system to follow the link.
            os.link(f"{_DESCRIPTORS}/{self._file}", self._beside, src_dir_fd=self._file)
        except OSError:  # a file system where such a file can never have a name
            self._beside.write_bytes(os.pread(self._file, os.fstat(self._file).st_size, 0))
