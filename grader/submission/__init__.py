"""What was handed in: the answers file and the program, found in a folder or an archive, nothing else ever touched.

Nothing is unpacked onto a disk, no link is followed, and nothing that a student did raises: it becomes a notice.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from grader.assignment.config import Limits
from grader.report import Block, Paragraph
from grader.submission import archives, folders, naming
from grader.submission.entries import NESTED_BYTES, Entry, Listing, Refused, refusing, shown

__all__ = ["Submission", "read"]

_MODULES = 20


@dataclass(frozen=True)
class Submission:
    """The files that count, as bytes, and what is to be said about the rest.

    ``beside`` are the other ``.py`` files in the program's folder and below it, by their place there.
    ``write_ups`` are the files that can be a write-up or a piece of one, by their path inside the submission;
    ``write_up`` is the one that was asked for by its own path, and empty otherwise.
    ``for_a_person`` names documents and pictures, which the grader cannot read.
    """

    answers: bytes | None
    answers_name: str = naming.ANSWERS
    program: bytes | None = None
    beside: Mapping[str, bytes] = field(default_factory=dict)
    for_a_person: tuple[str, ...] = ()
    messages: tuple[Block, ...] = ()
    write_ups: Mapping[str, bytes] = field(default_factory=dict)
    write_up: str = ""


def read(path: Path | str, limits: Limits | None = None) -> Submission:
    """Read a submission: a folder, an archive of one, or the answers file itself.

    Raises ``FileNotFoundError`` where there is nothing at ``path``, which is the caller's mistake and no student's.
    """
    limits = limits or Limits()
    path = Path(path)
    if not os.path.lexists(path):
        raise FileNotFoundError(f"there is nothing at {path}")
    if path.is_dir():
        return _chosen(folders.listing(path, limits), limits, nested=False)
    if naming.is_for_a_person(path.name) and not naming.is_text(path.name):
        return _chosen(Listing((Entry((path.name,), "file", refusing("is not read.")),)), limits, nested=False)
    try:
        with folders.opened(path, folders.FOLLOWING) as file:
            head = file.read(archives.HEAD)
            if naming.is_write_up(path.name):
                return _write_up_alone(path, limits)
            if archives.kind(head) or not naming.is_text(path.name):
                return _archive(file, limits, nested=False)
    except Refused as refusal:
        return Submission(None, messages=(Paragraph(f"{shown(path.name)} {refusal}"),))
    except OSError as error:
        return Submission(None, messages=(Paragraph(f"{shown(path.name)} cannot be read: {error.strerror}."),))
    alone = Entry((path.name,), "file", lambda most: folders.content(path, most))
    answers, messages = _content(alone, limits.answers_bytes)
    return Submission(answers, path.name, messages=messages)


WRITE_UPS = 50
"""How many files of a submission are read as a write-up or a piece of one."""


def _write_up_alone(path: Path, limits: Limits) -> Submission:
    """A write-up that was asked for by its own path, with the files beside it that it may take in."""
    beside = folders.listing(path.parent, limits).entries if path.suffix.lower() == ".tex" else ()
    alone = Entry((path.name,), "file", lambda most: folders.content(path, most))
    entries = [
        alone,
        *(entry for entry in beside if entry.path[-1].lower().endswith(".tex") and entry.path != alone.path),
    ]
    write_ups, messages = _write_ups(entries, limits)
    return Submission(None, messages=messages, write_ups=write_ups, write_up=path.name)


def _write_ups(entries: Sequence[Entry], limits: Limits) -> tuple[dict[str, bytes], tuple[Block, ...]]:
    """The files that can be a write-up, those nearest to the root first, within the limit on answers together."""
    found: dict[str, bytes] = {}
    messages: list[Block] = []
    wanted = [entry for entry in entries if entry.kind == "file" and naming.is_write_up(entry.path[-1])]
    left = limits.answers_bytes
    for entry in sorted(wanted, key=lambda entry: len(entry.path))[:WRITE_UPS]:
        content, more = _content(entry, left)
        messages.extend(more)
        if content is not None:
            found["/".join(entry.path)] = content
            left -= len(content)
    return found, tuple(messages)


def _archive(file: archives.File, limits: Limits, *, nested: bool) -> Submission:
    with ExitStack() as stack:
        try:
            listing = archives.listing(file, limits, stack)
        except Refused as refusal:
            return Submission(None, messages=(Paragraph(str(refusal)),))
        return _chosen(listing, limits, nested=nested)


def _chosen(listing: Listing, limits: Limits, *, nested: bool) -> Submission:
    choice = naming.choose(listing.entries)
    messages: list[Block] = [Paragraph(text) for text in (*listing.messages, *choice.messages)]
    if choice.answers is None:
        inner = [entry for entry in listing.entries if entry.kind == "file" and naming.is_archive(entry.path[-1])]
        if len(inner) == 1 and not nested:
            found = _nested(inner[0], limits)
            return replace(found, messages=(*(Paragraph(text) for text in listing.messages), *found.messages))
        if inner:
            messages.append(Paragraph("An archive inside the submission was not opened: hand in the files themselves."))
    files: list[bytes | None] = []
    for entry in (choice.answers, choice.program):
        content, more = _content(entry, limits.answers_bytes) if entry else (None, ())
        files.append(content)
        messages.extend(more)
    name = choice.answers.path[-1] if choice.answers else naming.ANSWERS
    beside: dict[str, bytes] = {}
    if choice.program is not None and files[1] is not None:
        beside, more = _beside(listing.entries, choice.program, limits)
        messages.extend(more)
    write_ups, more = _write_ups(listing.entries, limits)
    others = [shown("/".join(entry.path)) for entry in listing.entries if naming.is_for_a_person(entry.path[-1])]
    return Submission(files[0], shown(name), files[1], beside, tuple(others), (*messages, *more), write_ups)


def _beside(entries: Iterable[Entry], program: Entry, limits: Limits) -> tuple[dict[str, bytes], tuple[Block, ...]]:
    """The files that a program can import, by their place: ``helper.py``, ``tools/__init__.py``."""
    folder = program.path[:-1]
    found: dict[str, bytes] = {}
    messages: list[Block] = []
    left = limits.answers_bytes
    for entry in entries:
        inside = entry.path[len(folder) :]
        if entry.kind != "file" or entry.path[: len(folder)] != folder or entry is program or not _is_module(inside):
            continue
        if len(found) == _MODULES or not left:
            messages.append(Paragraph(f"Of the .py files beside {naming.PROGRAM} only {len(found)} were read."))
            break
        content, more = _content(entry, left)
        messages.extend(more)
        if content is not None:
            found["/".join(inside)] = content
            left -= len(content)
    return found, tuple(messages)


def _is_module(path: tuple[str, ...]) -> bool:
    stem, dot, ending = path[-1].rpartition(".")
    return dot + ending == ".py" and all(part.isidentifier() for part in (*path[:-1], stem))


def _nested(entry: Entry, limits: Limits) -> Submission:
    """The submission in an archive that was handed in inside another one, or inside a folder."""
    data, messages = _content(entry, min(limits.archive_bytes, NESTED_BYTES))
    if data is None:
        return Submission(None, messages=messages)
    found = _archive(archives.in_memory(data), limits, nested=True)
    said = Paragraph(f"The submission was found in the archive {shown(entry.path[-1])} inside what was handed in.")
    return replace(found, messages=(said, *found.messages))


def _content(entry: Entry, most: int) -> tuple[bytes | None, tuple[Block, ...]]:
    """At most ``most`` bytes of a file, or what keeps it from being read."""
    name = shown(entry.path[-1])
    try:
        data = entry.content(most + 1)
    except Refused as refusal:
        return None, (Paragraph(f"{name} {refusal}"),)
    if len(data) > most:
        return None, (Paragraph(f"{name} is larger than {most:,} bytes and was not read."),)
    return data, ()
