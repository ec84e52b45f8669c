"""What was handed in: the answers file and the program, found in a folder or an archive, nothing else ever touched.

Nothing is unpacked onto a disk, no link is followed, and nothing that a student did raises: it becomes a notice.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path

from grader.assignment.config import Limits
from grader.frozen import frozen
from grader.report import Block, Paragraph
from grader.submission import archives, entries
from grader.submission.entries import ANSWERS, PROGRAM, Entry, Listing, Refused, shown

__all__ = ["Submission", "read"]

WRITE_UPS = 50
"""How many files of a submission are read as a write-up or a piece of one."""
_MODULES = 20
_NESTED_BYTES = 20_000_000
"""How large an archive inside an archive may be."""


@frozen
class Submission:
    """The files that count, as bytes, and what is to be said about the rest.

    ``beside`` are the other ``.py`` files in the program's folder and below it, by their place there.
    ``write_ups`` are the files that can be a write-up or a piece of one, by their path inside the submission;
    ``write_up`` is the one that was asked for by its own path, and empty otherwise.
    ``for_a_person`` names documents, pictures and whatever else only a person can read or choose from; ``refused``
    says why the answers that are there could not be read.
    """

    answers: bytes | None
    answers_name: str = ANSWERS
    program: bytes | None = None
    beside: Mapping[str, bytes] = field(default_factory=dict)
    for_a_person: tuple[str, ...] = ()
    messages: tuple[Block, ...] = ()
    write_ups: Mapping[str, bytes] = field(default_factory=dict)
    write_up: str = ""
    refused: str = ""


def read(path: Path | str, limits: Limits | None = None, damaged: Iterable[str] = ()) -> Submission:
    """Read a submission: a folder, an archive of one, or the answers file itself.

    ``damaged`` are the files of the folder that could not be taken out of where it came from.
    Raises ``FileNotFoundError`` where there is nothing at ``path``, which is the caller's mistake and no student's.
    """
    limits = limits or Limits()
    path = Path(path)
    if not os.path.lexists(path):
        raise FileNotFoundError(f"there is nothing at {path}")
    if path.is_dir():
        found = entries.of_folder(path, limits)
        lost = tuple(Entry(tuple(name.split("/")), "file", archives.DAMAGED) for name in damaged)
        return _chosen(replace(found, entries=(*found.entries, *lost)), limits, nested=False)
    alone = entries.alone(path)
    if entries.is_for_a_person(path.name) and not path.name.lower().endswith(entries.TEXT):
        return _chosen(Listing((alone,)), limits, nested=False)
    try:
        with entries.opened(path, entries.FOLLOWING) as file:
            head = file.read(archives.HEAD)
            if entries.is_write_up(path.name):
                beside = entries.of_folder(path.parent, limits).entries if path.suffix.lower() == ".tex" else ()
                pieces = (one for one in beside if one.path[-1].lower().endswith(".tex") and one.path != alone.path)
                write_ups, messages = _write_ups((alone, *pieces), limits)
                return Submission(None, messages=messages, write_ups=write_ups, write_up=path.name)
            if archives.kind(head) or not path.name.lower().endswith(entries.TEXT):
                size = os.fstat(file.fileno()).st_size
                if size > limits.archive_bytes:
                    return _refused(f"The archive has {size:,} bytes; at most {limits.archive_bytes:,} are read.")
                file.seek(0)
                return _archive(file.read(limits.archive_bytes), limits, nested=False)
    except Refused as refusal:
        return _refused(f"{shown(path.name)} {refusal}")
    except OSError as error:
        return _refused(f"{shown(path.name)} cannot be read: {error.strerror}.")
    answers, refused = _content(alone, limits.answers_bytes)
    return Submission(answers, path.name) if answers is not None else _refused(refused)


def _refused(message: str) -> Submission:
    return Submission(None, messages=(Paragraph(message),), refused=message)


def _archive(data: bytes, limits: Limits, *, nested: bool) -> Submission:
    kind = archives.kind(data[: archives.HEAD])
    if kind in archives.FOREIGN:
        message = Paragraph(f"An archive of the kind {kind} cannot be read: hand in a .zip or a .tar.gz.")
        return Submission(None, messages=(message,), for_a_person=(f"an archive of the kind {kind}",))
    try:
        return _chosen(archives.listing(data, limits), limits, nested=nested)
    except Refused as refusal:
        return _refused(str(refusal))


def _chosen(listing: Listing, limits: Limits, *, nested: bool) -> Submission:
    choice = entries.choose(listing.entries)
    inside = Submission(None)
    messages: list[Block] = [Paragraph(text) for text in (*listing.messages, *choice.messages)]
    others = [shown("/".join(one.path)) for one in listing.entries if entries.is_for_a_person(one.path[-1])]
    others += choice.several
    if choice.answers is None:
        files = (entry for entry in listing.entries if entry.kind == "file")
        inner = [entry for entry in files if entry.path[-1].lower().endswith(entries.ARCHIVE)]
        if len(inner) == 1 and not nested:
            inside = _nested(inner[0], limits)
            # A write-up beside an archive without answers is what was handed in, perhaps with the program in there.
            if inside.answers is not None or not entries.is_written(listing.entries):
                return replace(inside, messages=(*map(Paragraph, listing.messages), *inside.messages))
        if inner and (inside.program is None or choice.program is not None):
            messages.append(Paragraph("An archive inside the submission was not opened: hand in the files themselves."))
            others += [shown("/".join(entry.path)) for entry in inner]
    answers, refused = _content(choice.answers, limits.answers_bytes)
    program, fault = _content(choice.program, limits.answers_bytes)
    messages += [Paragraph(message) for message in (refused, fault) if message]
    beside: Mapping[str, bytes] = {}
    if choice.program is None:
        program, beside = inside.program, inside.beside
    elif program is not None:
        beside, more = _beside(listing.entries, choice.program, limits)
        messages += more
    write_ups, more = _write_ups(listing.entries, limits)
    name = shown(choice.answers.path[-1]) if choice.answers else ANSWERS
    return Submission(answers, name, program, beside, tuple(others), (*messages, *more), write_ups, refused=refused)


def _write_ups(found: Iterable[Entry], limits: Limits) -> tuple[dict[str, bytes], tuple[Block, ...]]:
    """The files that can be a write-up, those nearest to the root first."""
    wanted = [entry for entry in found if entry.kind == "file" and entries.is_write_up(entry.path[-1])]
    named = [("/".join(entry.path), entry) for entry in sorted(wanted, key=lambda entry: len(entry.path))]
    return _together(named, WRITE_UPS, limits, "files that can be a write-up")


def _beside(found: Iterable[Entry], program: Entry, limits: Limits) -> tuple[dict[str, bytes], tuple[Block, ...]]:
    """The files that a program can import, by their place: ``helper.py``, ``tools/__init__.py``."""
    folder = program.path[:-1]
    inside = [entry for entry in found if entry.path[: len(folder)] == folder and entry is not program]
    named = [(entry.path[len(folder) :], entry) for entry in inside if entry.kind == "file"]
    modules = [("/".join(path), entry) for path, entry in named if _is_module(path)]
    return _together(modules, _MODULES, limits, f".py files beside {PROGRAM}")


def _is_module(path: tuple[str, ...]) -> bool:
    stem, dot, ending = path[-1].rpartition(".")
    return dot + ending == ".py" and all(part.isidentifier() for part in (*path[:-1], stem))


def _together(
    named: Sequence[tuple[str, Entry]], most: int, limits: Limits, what: str
) -> tuple[dict[str, bytes], tuple[Block, ...]]:
    """The content of the files by their names: not more than ``most``, and within the limit on answers together."""
    found: dict[str, bytes] = {}
    messages: list[Block] = []
    left = limits.answers_bytes
    for name, entry in named:
        if len(found) == most or not left:
            messages.append(Paragraph(f"Of the {what} only {len(found)} were read."))
            break
        content, refused = _content(entry, left)
        messages += [Paragraph(refused)] if refused else []
        if content is not None:
            found[name] = content
            left -= len(content)
    return found, tuple(messages)


def _nested(entry: Entry, limits: Limits) -> Submission:
    """The submission in an archive that was handed in inside another one, or inside a folder."""
    data, refused = _content(entry, min(limits.archive_bytes, _NESTED_BYTES))
    if data is None:
        return _refused(refused)
    found = _archive(data, limits, nested=True)
    where = Paragraph(f"The submission was found in the archive {shown(entry.path[-1])} inside what was handed in.")
    return replace(found, messages=(where, *found.messages))


def _content(entry: Entry | None, most: int) -> tuple[bytes | None, str]:
    """At most ``most`` bytes of a file, or what keeps it from being read."""
    if entry is None:
        return None, ""
    name = shown(entry.path[-1])
    try:
        data = entry.content(most + 1)
    except Refused as refusal:
        return None, f"{name} {refusal}"
    if len(data) > most:
        return None, f"{name} is larger than {most:,} bytes and was not read."
    return data, ""
