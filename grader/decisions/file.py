"""A decisions file, changed by a program: whole or as it was, and by one writer at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import yaml

from grader import document
from grader.assignment.config import Config
from grader.decisions.reading import Decision, read, text
from grader.processes import Destination, locking

FILE = "decisions.yaml"
"""Its name in the folder of a batch."""


def add(file: Path, decision: Decision, config: Config) -> None:
    """Puts a decision at the end of the file, in the stead of an earlier one about the same.

    What people wrote into the file stays as it is. Raises ``Faulty`` and leaves the file alone where the whole could
    then not be read; raises ``OSError``.
    """

    def change(before: str) -> str:
        kept = _without(before, decision, config)
        return f"{kept}{'' if kept.endswith(chr(10)) or not kept else chr(10)}{_written(decision)}"

    _change(file, change, config)


def remove(file: Path, decision: Decision, config: Config) -> None:
    """Takes out what the file holds about the same as the decision. Raises ``Faulty``, ``OSError``."""
    _change(file, lambda before: _without(before, decision, config), config)


def _change(file: Path, change: Callable[[str], str], config: Config) -> None:
    with locking.alone(file.with_name(f".{file.name}.lock"), wait=True):
        before = file.read_bytes().decode("utf-8") if file.exists() else ""
        after = change(before)
        read(after, config, file.name)
        with Destination(file) as destination:
            destination.write(after)


def _without(before: str, decision: Decision, config: Config) -> str:
    """The text without the entries about the same answers, all else as it stands."""
    same = [one.line for one in read(before, config).all if _about(one) == _about(decision)]
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


def _about(decision: Decision) -> tuple[str, str, str]:
    return decision.item, decision.submission, text(decision.answer)


def _written(decision: Decision) -> str:
    entry = {
        "item": decision.item,
        "answer": decision.answer,
        "submission": decision.submission,
        "read_as": decision.read_as,
        "verdict": str(decision.verdict or ""),
        "credit": str(decision.credit) if decision.verdict is not None else "",
        "message": decision.message,
        "by": decision.by,
        "at": decision.at,
    }
    said = {name: value for name, value in entry.items() if value}
    seen = "".join(said.values()).replace("\n", "").isprintable()  # what nobody would see is written by its number
    return yaml.safe_dump([said], allow_unicode=seen, sort_keys=False, width=1 << 20)
