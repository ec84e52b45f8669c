"""What a folder or an archive lists, and which of it are the answers and the program, also under nearly right names.

A folder is listed without following a link, and read without waiting for a pipe.
"""

from __future__ import annotations

import difflib
import errno
import os
import re
import stat
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Literal

from grader.assignment.config import Limits
from grader.frozen import frozen

ANSWERS = "answers.yaml"
PROGRAM = "backprop.py"
_ODD = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_COPY = r"(?:[ _.()0-9-]|copy|final)*"
"""What copies of a file are called. One alternative for each first character: no name can be read in two ways."""
_NEAR = {
    ANSWERS: re.compile(rf"answers?{_COPY}(?:\.ya?ml)+(?:\.txt)?\Z|answers?{_COPY}\.(?:txt|json)\Z|answers?\Z"),
    PROGRAM: re.compile(rf"back_?prop(?:agation)?{_COPY}\.py\Z"),
}
_WRITE_UP = (".tex", ".md", ".markdown", ".ipynb")
TEXT = (".yaml", ".yml", ".txt", ".json")
"""How a path that was given by itself may end where it is an answers file."""
_FOR_A_PERSON = (
    *(".pdf", ".ps", ".djvu", ".xps", ".doc", ".docx", ".docm", ".odt", ".rtf", ".wps", ".pages", ".ppt", ".pptx"),
    *(".png", ".jpg", ".jpeg", ".heic", ".heif", ".webp", ".avif", ".gif", ".bmp", ".tif", ".tiff"),
    *(".xopp", ".one", ".goodnotes", ".note", ".lyx", ".typ", ".txt"),
)
_OF_NOBODY = ("readme", "requirements", "expected.")
"""Text that comes with a homework, or, beside an example, the report that is expected of it."""
_CLUTTER = frozenset({"__macosx", "__pycache__", "thumbs.db", "desktop.ini", "node_modules", "site-packages", "venv"})
ARCHIVE = (".zip", ".tar.gz", ".tgz", ".tar", ".rar", ".7z", ".tar.bz2", ".tar.xz")

_LEVELS = 5
FOLLOWING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_FLAGS = FOLLOWING | getattr(os, "O_NOFOLLOW", 0)

Kind = Literal["file", "link", "folder", "other"]
Content = Callable[[int], bytes]
"""Reads no more than so many bytes of a file; raises ``Refused`` with a reason worded to follow the file's name."""


class Refused(Exception):
    """Why a file or an archive was not read, for the student."""


@frozen
class Entry:
    """A file by its path inside the submission, or what stands there in place of one."""

    path: tuple[str, ...]
    kind: Kind
    content: Content


@frozen
class Listing:
    entries: tuple[Entry, ...]
    messages: tuple[str, ...] = ()


def refusing(reason: str) -> Content:
    """A ``content`` that always refuses."""

    def content(most: int) -> bytes:
        raise Refused(reason)

    return content


NO_FILE: dict[Kind, Content] = {
    "link": refusing("is a link, and links are not followed: hand in the file itself."),
    "folder": refusing("is a folder, not a file."),
    "other": refusing("is not an ordinary file."),
}
"""The content of what is no file."""


def shown(name: str) -> str:
    """A file's name as it may be shown: short, and without characters that act on a screen."""
    clean = _ODD.sub("\ufffd", name)
    return clean if len(clean) <= 80 else clean[:77] + "..."


def is_clutter(name: str) -> bool:
    """Whether a file or folder is one that machines leave behind."""
    return name.startswith(".") or name.lower() in _CLUTTER


def is_for_a_person(name: str) -> bool:
    """Whether a file's name is that of a document or a picture, which a person can read and the grader cannot."""
    return name.lower().endswith(_FOR_A_PERSON) and not name.lower().startswith(_OF_NOBODY)


def is_write_up(name: str) -> bool:
    """Whether a file of this name can be a write-up, or a piece of one."""
    return name.lower().endswith(_WRITE_UP)


def is_written(entries: Sequence[Entry]) -> bool:
    """Whether there is a write-up among the files; what comes with a homework is none."""
    names = (entry.path[-1].lower() for entry in entries)
    return any(is_write_up(name) and not name.startswith(_OF_NOBODY) for name in names)


def is_wanted(name: str) -> bool:
    """Whether a file of this name may be chosen."""
    return is_write_up(name) or _is_near(name, ANSWERS) or _is_near(name, PROGRAM)


def _is_near(name: str, wanted: str) -> bool:
    low = name.lower()
    if _NEAR[wanted].match(low):
        return True
    similar = len(low) <= 20 and low.endswith((".py", ".yaml", ".yml")) and low[-3:] == wanted[-3:]
    return similar and difflib.SequenceMatcher(None, low, wanted).ratio() > 0.85


def of_folder(root: Path, limits: Limits) -> Listing:
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


@frozen
class Choice:
    answers: Entry | None
    program: Entry | None
    messages: tuple[str, ...]
    several: tuple[str, ...] = ()
    """Names of files of which none was chosen as the answers."""


def choose(entries: Sequence[Entry]) -> Choice:
    """The answers nearest to the root, and the program beside them."""
    matching = _matching(entries, ANSWERS)
    if not matching and not is_written(entries):
        # The one file that answers can be in is read under any name.
        matching = [entry for entry in _files(entries) if entry.path[-1].lower().endswith((".yaml", ".yml"))]
        if not matching:
            return Choice(None, _nearest(_matching(entries, PROGRAM), PROGRAM)[0], (_absent(entries),))
        answers, messages = _only(matching, ANSWERS)
    else:
        answers, messages = _nearest(matching, ANSWERS)
    several = tuple(shown("/".join(entry.path)) for entry in matching) if matching and answers is None else ()
    beside = [entry for entry in entries if answers is None or entry.path[:-1] == answers.path[:-1]]
    program, more = _nearest(_matching(beside, PROGRAM), PROGRAM)
    return Choice(answers, program, (*messages, *more), several)


def _matching(entries: Sequence[Entry], wanted: str) -> list[Entry]:
    """What has the wanted name or nearly so; a folder only where nothing else has, for the file may stand in it."""
    matching = [
        entry
        for entry in entries
        if entry.path[-1] == wanted or (entry.kind == "file" and _is_near(entry.path[-1], wanted))
    ]
    return [entry for entry in matching if entry.kind != "folder"] or matching


def _nearest(matching: Sequence[Entry], wanted: str) -> tuple[Entry | None, tuple[str, ...]]:
    """The file of the wanted name that is nearest to the root, and what is to be said of the choice."""
    if not matching:
        return None, ()
    depth = min(len(entry.path) for entry in matching)
    level = [entry for entry in matching if len(entry.path) == depth]
    exact = [entry for entry in level if entry.path[-1] == wanted]
    # A link is no file of the student's; a real file beside it counts.
    return _only(_files(exact) or _files(level) or exact or level, wanted)


def _only(chosen: Sequence[Entry], wanted: str) -> tuple[Entry | None, tuple[str, ...]]:
    """The file that all of them are, none where they are several, and what is to be said of it."""
    if len({entry.path for entry in chosen}) > 1:
        names = ", ".join(sorted(shown("/".join(entry.path)) for entry in chosen)[:5])
        several = f"There are several files that could be {wanted} ({names}): keep one, and name it {wanted}."
        return None, (several,)
    messages = []
    if len(chosen) > 1:
        messages.append(f"{wanted} is in the archive {len(chosen)} times; the last one was read.")
    if chosen[0].path[-1] != wanted:
        messages.append(f"{shown(chosen[0].path[-1])} was read as {wanted}; please name it {wanted}.")
    return chosen[-1], tuple(messages)


def _files(entries: Sequence[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry.kind == "file"]


def _absent(entries: Sequence[Entry]) -> str:
    if not entries:
        return f"The submission is empty: there is no {ANSWERS} in it."
    names = {entry.path[-1].lower(): entry.path[-1] for entry in entries[:2000] if len(entry.path[-1]) <= 100}
    near = difflib.get_close_matches(ANSWERS, list(names), n=1, cutoff=0.5)
    if near:
        name = shown(names[near[0]])
        return f"There is no {ANSWERS} in the submission. Is it {name!r}? Name it {ANSWERS} and hand it in again."
    return f"There is no {ANSWERS} in the submission."
