"""Which of the files handed in are the answers and the program, also where their names were nearly right."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from grader.submission.entries import Entry, shown

ANSWERS = "answers.yaml"
PROGRAM = "backprop.py"

_COPY = r"(?:[ _.()0-9-]|copy|final)*"
"""What copies of a file are called. One alternative for each first character: no name can be read in two ways."""
_NEAR_ANSWERS = re.compile(rf"answers?{_COPY}(?:\.ya?ml)+(?:\.txt)?\Z|answers?{_COPY}\.(?:txt|json)\Z|answers?\Z")
_NEAR_PROGRAM = re.compile(rf"back_?prop(?:agation)?{_COPY}\.py\Z")
_WRITE_UP = (".tex", ".md", ".markdown", ".ipynb")
_TEXT = (".yaml", ".yml", ".txt", ".json")
_FOR_A_PERSON = (
    *(".pdf", ".ps", ".djvu", ".xps", ".doc", ".docx", ".docm", ".odt", ".rtf", ".wps", ".pages", ".ppt", ".pptx"),
    *(".png", ".jpg", ".jpeg", ".heic", ".heif", ".webp", ".avif", ".gif", ".bmp", ".tif", ".tiff"),
    *(".xopp", ".one", ".goodnotes", ".note", ".lyx", ".typ", ".txt"),
)
_OF_NOBODY = ("readme", "requirements", "expected.")
"""Text that comes with a homework, or, beside an example, the report that is expected of it."""
_ARCHIVE = (".zip", ".tar.gz", ".tgz", ".tar", ".rar", ".7z", ".tar.bz2", ".tar.xz")


@dataclass(frozen=True)
class Choice:
    answers: Entry | None
    program: Entry | None
    messages: tuple[str, ...]


def is_text(name: str) -> bool:
    """Whether a path that was given by itself may be an answers file."""
    return name.lower().endswith(_TEXT)


def is_for_a_person(name: str) -> bool:
    """Whether a file's name is that of a document or a picture, which a person can read and the grader cannot."""
    return name.lower().endswith(_FOR_A_PERSON) and not name.lower().startswith(_OF_NOBODY)


def is_write_up(name: str) -> bool:
    """Whether a file of this name can be a write-up, or a piece of one."""
    return name.lower().endswith(_WRITE_UP)


def is_archive(name: str) -> bool:
    """Whether a file's name is an archive's."""
    return name.lower().endswith(_ARCHIVE)


def is_wanted(name: str) -> bool:
    """Whether a file of this name may be chosen."""
    return is_write_up(name) or _is_near(name, ANSWERS, _NEAR_ANSWERS) or _is_near(name, PROGRAM, _NEAR_PROGRAM)


def _is_near(name: str, wanted: str, near: re.Pattern[str]) -> bool:
    low = name.lower()
    if near.match(low):
        return True
    similar = len(low) <= 20 and low.endswith((".py", ".yaml", ".yml")) and low[-3:] == wanted[-3:]
    return similar and difflib.SequenceMatcher(None, low, wanted).ratio() > 0.85


def choose(entries: Sequence[Entry]) -> Choice:
    """The answers nearest to the root, and the program beside them."""
    messages: list[str] = []
    answers = _choose(entries, ANSWERS, _NEAR_ANSWERS, messages)
    if answers is None and not messages and not any(is_write_up(entry.path[-1]) for entry in entries):
        messages.append(_absent(entries))
    beside = entries
    if answers is not None:
        beside = [entry for entry in entries if entry.path[:-1] == answers.path[:-1]]
    program = _choose(beside, PROGRAM, _NEAR_PROGRAM, messages)
    return Choice(answers, program, tuple(messages))


def _choose(entries: Sequence[Entry], wanted: str, near: re.Pattern[str], messages: list[str]) -> Entry | None:
    matching = [
        entry
        for entry in entries
        if entry.path[-1] == wanted or (entry.kind == "file" and _is_near(entry.path[-1], wanted, near))
    ]
    # A folder may have the name as well, and the file stand in it.
    matching = [entry for entry in matching if entry.kind != "folder"] or matching
    if not matching:
        return None
    depth = min(len(entry.path) for entry in matching)
    level = [entry for entry in matching if len(entry.path) == depth]
    exact = [entry for entry in level if entry.path[-1] == wanted]
    # A link is no file of the student's; a real file beside it counts.
    chosen = _files(exact) or _files(level) or exact or level
    if len(chosen) > 1 and len({entry.path for entry in chosen}) == 1:
        messages.append(f"{wanted} is in the archive {len(chosen)} times; the last one was read.")
        chosen = chosen[-1:]
    if len(chosen) > 1:
        names = ", ".join(sorted(shown("/".join(entry.path)) for entry in chosen)[:5])
        messages.append(f"There are several files that could be {wanted} ({names}): keep one, and name it {wanted}.")
        return None
    if chosen[0].path[-1] != wanted:
        messages.append(f"{shown(chosen[0].path[-1])} was read as {wanted}; please name it {wanted}.")
    return chosen[0]


def _files(entries: Sequence[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry.kind == "file"]


def _absent(entries: Sequence[Entry]) -> str:
    if not entries:
        return f"The submission is empty: there is no {ANSWERS} in it."
    names = {entry.path[-1].lower(): entry.path[-1] for entry in entries[:2000] if len(entry.path[-1]) <= 100}
    near = difflib.get_close_matches(ANSWERS, list(names), n=1, cutoff=0.5)
    if not near:
        near = sorted(name for name in names if name.endswith((".yaml", ".yml")))[:1]
    if near:
        name = shown(names[near[0]])
        return f"There is no {ANSWERS} in the submission. Is it {name!r}? Name it {ANSWERS} and hand it in again."
    return f"There is no {ANSWERS} in the submission."
