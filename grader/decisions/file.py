"""A decisions file, changed by a program: whole or as it was, and by one writer at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml

from grader import document
from grader.assignment.config import Config
from grader.decisions.reading import Decision, Faulty, read, text
from grader.processes import Destination, locking

FILE = "decisions.yaml"
"""Its name in the folder of a batch."""


def change(file: Path, config: Config, added: Sequence[Decision] = (), removed: Sequence[Decision] = ()) -> None:
    """Puts decisions at the end of the file, in the stead of earlier ones about the same, and takes out others.

    What people wrote beside them stays as it is. Raises ``Faulty`` and leaves the file alone where it could not be
    read, or could then no longer be; raises ``OSError``.
    """
    with locking.alone(file.with_name(f".{file.name}.lock"), wait=True):
        before = _text(file)
        kept = _without(before, {about(one) for one in (*added, *removed)}, config, file.name)
        after = kept + ("\n" if kept and not kept.endswith("\n") else "") + "".join(map(_written, added))
        read(after, config, file.name)
        with Destination(file) as destination:
            destination.write(after)


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8") if file.exists() else ""
    except UnicodeDecodeError as error:
        raise Faulty(f"{file.name}:1: this is no UTF-8 ({error.reason}), so nothing can be added to it") from None


def about(decision: Decision) -> tuple[str, str, str]:
    """What tells the answers that a decision is about."""
    return decision.item, decision.submission, text(decision.answer)


def _without(before: str, gone: set[tuple[str, str, str]], config: Config, name: str) -> str:
    """The text without the entries about these answers, all else as it stands."""
    same = [one.line for one in read(before, config, name).all if about(one) in gone]
    if not same:
        return before
    root = document.read(before).root
    assert isinstance(root, document.Sequence)
    starts = [item.line for item in root.items]
    lines = before.splitlines(keepends=True)
    for line in sorted(same, reverse=True):
        end = next((start for start in starts if start > line), len(lines) + 1) - 1
        while lines[end - 1].startswith("#") or not lines[end - 1].strip():  # a comment on what follows
            end -= 1
        del lines[line - 1 : end]
    return "".join(lines)


def _written(decision: Decision) -> str:
    entry = {**vars(decision), "verdict": str(decision.verdict or ""), "credit": str(decision.credit), "line": ""}
    if decision.verdict is None:
        del entry["credit"]
    said = {name: value for name, value in entry.items() if value}
    seen = "".join(said.values()).replace("\n", "").isprintable()  # what nobody would see is written by its number
    return yaml.safe_dump([said], allow_unicode=seen, sort_keys=False, width=1 << 20)
