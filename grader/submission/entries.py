"""What a folder or an archive lists, before anything in it is read."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

NESTED_BYTES = 20_000_000
"""How large an archive inside an archive may be: it is held in memory."""

_ODD = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


class Refused(Exception):
    """Why a file or an archive was not read, for the student."""


@dataclass(frozen=True)
class Entry:
    """A file by its path inside the submission; ``content(most)`` reads no more than that many bytes.

    ``content`` raises ``Refused`` with the reason, worded to follow the file's name.
    """

    path: tuple[str, ...]
    kind: Literal["file", "link", "folder", "other"]
    content: Callable[[int], bytes]


@dataclass(frozen=True)
class Listing:
    entries: tuple[Entry, ...]
    messages: tuple[str, ...] = ()


def shown(name: str) -> str:
    """A file's name as it may be shown: short, and without characters that act on a screen."""
    clean = _ODD.sub("\ufffd", name)
    return clean if len(clean) <= 80 else clean[:77] + "..."


def is_clutter(name: str) -> bool:
    """Whether a file or folder is one that machines leave behind."""
    return name.startswith(".") or name.lower() in ("__macosx", "__pycache__", "thumbs.db", "desktop.ini")


def inside(name: str) -> tuple[str, ...] | None:
    """The path of an entry, or None for one that points out of the archive."""
    name = name.replace("\\", "/")
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if name.startswith("/") or ".." in parts or (parts and parts[0].endswith(":")):
        return None
    return parts


def leaving(names: list[str]) -> tuple[str, ...]:
    """What is said of entries that point out of the archive."""
    if not names:
        return ()
    listed = ", ".join(shown(name) for name in names[:3])
    if len(names) == 1:
        return (f"One entry of the archive points out of it and was ignored ({listed}).",)
    return (f"{len(names)} entries of the archive point out of it and were ignored ({listed}).",)


def refusing(reason: str) -> Callable[[int], bytes]:
    """A ``content`` that always refuses."""

    def content(most: int) -> bytes:
        raise Refused(reason)

    return content
