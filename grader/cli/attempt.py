"""``grader try``: what one typed answer would get, or each of a table of them."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.cli import output, project

if TYPE_CHECKING:
    from grader.assignment.config import Item
    from grader.grading import Homework
    from grader.report import Report

BATCH = 500
"""Rows that one process works through; a row that ends its process costs itself alone."""
SECONDS = 20.0
"""Seconds for such a batch before the row it is at is given up."""


# An answer may begin with a minus sign, so what is no option of ours is text, and -h is the start of h_bar.
@click.command(name="try", context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]})
@click.argument("item", required=False)
@click.argument("text", required=False)
@click.option("--rows", metavar="FILE", help="A table, as JSON lines; - is standard input. See the README.")
@project.with_config
@project.with_reference
def attempt(
    item: str | None, text: str | None, rows: str | None, config_file: Path, reference_folder: Path | None
) -> None:
    """Say what the answer TEXT to ITEM would get, and how it is understood."""
    homework = _Homework(config_file, reference_folder)
    if rows is not None:
        if item is not None:
            raise click.UsageError("Either ITEM and TEXT, or --rows FILE.")
        with click.open_file(rows, "rb") as file:
            for batch in _batches(file.fileno()):
                output.say("".join(f"{json.dumps(row)}\n" for row in _tried(batch, homework)))
    elif item is None or text is None:
        raise click.UsageError("Either ITEM and TEXT, or --rows FILE.")
    else:
        from grader.reporters import terminal

        known = homework.named(item)
        if isinstance(known, str):
            raise click.UsageError(known)
        report = homework.mark(known, text)
        output.say(terminal.one(report, known.name, width=output.width(), colour=output.is_terminal()))


class _Homework:
    """The homework, read when the first row asks for one of its items: rows of a kind need none."""

    def __init__(self, config_file: Path, reference: Path | None) -> None:
        self.config_file = config_file
        self.reference = reference

    @cached_property
    def ready(self) -> Homework:
        from grader.cli import marking

        config = project.config(self.config_file)
        return marking.homework(config, project.reference(self.reference, self.config_file))

    def named(self, name: str) -> Item | str:
        """The item of this name, or what to say where there is none."""
        from grader.assignment.faults import nearest

        names = [item.name for item in self.ready.config.items]
        if name in names:
            return self.ready.config.item(name)
        meant = nearest(name, names)
        return f"there is no item {name!r}; " + (
            f"did you mean {meant!r}?" if meant else f"known are: {', '.join(names)}"
        )

    def mark(self, item: Item, text: str) -> Report:
        """What a submission gets that answers nothing but this item."""
        from grader import answers, grading

        return grading.mark(answers.typed(item, text, self.ready.config), self.ready)

    def row(self, name: str, text: str) -> dict[str, Any]:
        """The same, as a row of the table."""
        from grader import trying

        item = self.named(name)
        if isinstance(item, str):
            raise trying.Refused(item)
        marked = self.mark(item, text).item(name)
        return trying.shown(marked.finding, marked.understood)


def _batches(file: int) -> Iterator[list[bytes]]:
    """Whole lines as they arrive, so that a program at the other end of a pipe may wait for each answer."""
    rest = b""
    while chunk := os.read(file, 1 << 16):
        *lines, rest = (rest + chunk).split(b"\n")
        for start in range(0, len(lines), BATCH):
            yield lines[start : start + BATCH]
    if rest:
        yield [rest]


def _tried(lines: list[bytes], homework: _Homework) -> Iterator[dict[str, Any]]:
    """An answer for each line, also for one that ends the process it is tried in."""
    from grader.processes import pool

    import_module("grader.trying")  # before the first process, so that none of them imports it again

    lines = [line for line in lines if line.strip()]
    if any(b'"item"' in line for line in lines):
        _ = homework.ready
    while lines:
        ended = pool.once(partial(_say_rows, lines, homework), SECONDS)
        answered = [message["row"] for message in ended.said if "row" in message]
        yield from answered
        lines = lines[len(answered) :]
        if lines:
            print(ended.fault, file=sys.stderr)
            yield _given_up(lines.pop(0))


def _say_rows(lines: list[bytes], homework: _Homework, say: Callable[[dict[str, Any]], None]) -> None:
    from grader import trying

    for row in trying.rows(lines, homework.row):
        say({"row": row})


def _given_up(line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line)
        identity = row.get("id") if isinstance(row, dict) else None
    except (ValueError, RecursionError):
        identity = None
    message = "The grader ran into a fault of its own on this row: a person must look."
    return {"id": identity, "verdict": "review", "understood": "", "message": message}
