"""Folders, listed without following a link and read without waiting for a pipe."""

from __future__ import annotations

import errno
import os
import stat
from functools import partial
from pathlib import Path
from typing import IO

from grader.assignment.config import Limits
from grader.submission.entries import ANSWERS, NO_FILE, PROGRAM, Entry, Kind, Listing, Refused, is_clutter, shown

_LEVELS = 5
FOLLOWING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_FLAGS = FOLLOWING | getattr(os, "O_NOFOLLOW", 0)


def listing(root: Path, limits: Limits) -> Listing:
    """The files of a folder, down to a few levels."""
    entries: list[Entry] = []
    messages: list[str] = []
    pending: list[tuple[str, ...]] = [()]
    while pending:
        at = pending.pop(0)
        try:
            with os.scandir(root.joinpath(*at)) as found:
                for item in found:
                    if len(entries) >= limits.archive_entries:
                        return _crowded(root, limits)
                    if not is_clutter(item.name):
                        # A folder counts too, so that endless empty folders end.
                        entry = _entry(item, (*at, item.name))
                        entries.append(entry)
                        pending += [entry.path] if entry.kind == "folder" and len(entry.path) < _LEVELS else []
        except OSError as error:
            messages.append(f"The folder {shown('/'.join(at)) or 'itself'} cannot be read: {error.strerror}.")
    entries.sort(key=lambda entry: entry.path)
    return Listing(tuple(entries), tuple(messages))


def _entry(item: os.DirEntry[str], path: tuple[str, ...]) -> Entry:
    if item.is_file(follow_symlinks=False):
        return alone(Path(item.path), path)
    is_folder = item.is_dir(follow_symlinks=False)
    kind: Kind = "link" if item.is_symlink() else "folder" if is_folder else "other"
    return Entry(path, kind, NO_FILE[kind])


def alone(file: Path, path: tuple[str, ...] = ()) -> Entry:
    """A file of a folder, by its path in there or by its name."""
    return Entry(path or (file.name,), "file", partial(content, file))


def _crowded(root: Path, limits: Limits) -> Listing:
    """Of a folder with too many files, only what has the right name in the right place."""
    message = f"The submission holds more than {limits.archive_entries:,} files; only those at its root were looked at."
    found = [root / name for name in (ANSWERS, PROGRAM) if os.path.lexists(root / name)]
    return Listing(tuple(map(alone, found)), (message,))


def content(path: Path, most: int) -> bytes:
    """The first ``most`` bytes of an ordinary file; raises ``Refused`` for a link, a pipe, a device."""
    if path.is_symlink():
        return NO_FILE["link"](most)
    with opened(path) as file:
        try:
            return file.read(most)
        except OSError as error:
            raise Refused(f"cannot be read: {error.strerror}.") from None


def opened(path: Path, flags: int = _FLAGS) -> IO[bytes]:
    """An ordinary file, to be read; raises ``Refused`` for a pipe, a socket, a device, without waiting for it."""
    try:
        handle = os.open(path, flags)
    except OSError as error:
        ordinary = error.errno not in (errno.ENXIO, errno.ENODEV)
        raise Refused(f"cannot be read: {error.strerror}." if ordinary else "is not an ordinary file.") from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise Refused("is not an ordinary file.")
    return open(handle, "rb")
