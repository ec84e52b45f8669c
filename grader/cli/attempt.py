"""``grader try``: what one typed answer would get, or each of a table of them."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import click

from grader.cli import output
from grader.cli.project import with_project

if TYPE_CHECKING:
    from grader.project import Project
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
@with_project()
def attempt(item: str | None, text: str | None, rows: str | None, project: Project) -> None:
    """Say what the answer TEXT to ITEM would get, and how it is understood."""
    if rows is not None:
        if item is not None:
            raise click.UsageError("Either ITEM and TEXT, or --rows FILE.")
        with click.open_file(rows, "rb") as file:
            for batch in _batches(file.fileno()):
                output.say("".join(f"{json.dumps(row)}\n" for row in _tried(batch, project)))
    elif item is None or text is None:
        raise click.UsageError("Either ITEM and TEXT, or --rows FILE.")
    else:
        from grader.reporters import terminal
        from grader.trying import Refused

        try:
            report = _mark(project, item, text)
        except Refused as refused:
            raise click.UsageError(str(refused)) from refused
        output.say(terminal.one(report, item, **output.look()))


def _mark(project: Project, name: str, text: str) -> Report:
    """What a submission gets that answers nothing but this item. Raises ``Refused`` where there is no such item."""
    from grader import answers, grading
    from grader.assignment.faults import meant
    from grader.trying import Refused

    names = [item.name for item in project.homework.config.items]
    if name not in names:
        raise Refused(f"there is no item {name!r}; {meant(name, names)}")
    return grading.mark(answers.typed(project.config.item(name), text, project.config), project.homework)


def _batches(file: int) -> Iterator[list[bytes]]:
    """Whole lines as they arrive, so that a program at the other end of a pipe may wait for each answer."""
    rest = b""
    while chunk := os.read(file, 1 << 16):
        *lines, rest = (rest + chunk).split(b"\n")
        for start in range(0, len(lines), BATCH):
            yield lines[start : start + BATCH]
    if rest:
        yield [rest]


def _tried(lines: list[bytes], project: Project) -> Iterator[dict[str, Any]]:
    """An answer for each line, also for one that ends the process in which it is tried."""
    from grader import trying
    from grader.processes import pool

    def of_item(name: str, text: str) -> dict[str, Any]:
        marked = _mark(project, name, text).item(name)
        return trying.shown(marked.finding, marked.understood)

    def say_rows(say: Callable[[dict[str, Any]], None]) -> None:
        for row in trying.rows(lines, of_item):
            say({"row": row})

    lines = [line for line in lines if line.strip()]
    if any(b'"item"' in line for line in lines):
        _ = project.homework  # read once, and only for rows that name an item
    while lines:
        ended = pool.once(say_rows, SECONDS)
        answered = [message["row"] for message in ended.said if "row" in message]
        yield from answered
        lines = lines[len(answered) :]
        if lines and not answered:  # else the time may have been the others'
            print(ended.fault, file=sys.stderr)
            yield _given_up(lines.pop(0))


def _given_up(line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line)
        identity = row.get("id") if isinstance(row, dict) else None
    except (ValueError, RecursionError):
        identity = None
    message = "The grader ran into a fault of its own on this row: a person must look."
    return {"id": identity, "verdict": "review", "understood": "", "message": message}
