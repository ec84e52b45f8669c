"""``grader grade``, ``grader check``, ``grader gradescope``, which ``run_autograder`` calls there, and ``grader try``.

A submission is marked under the supervisor's clock, whose process imports neither the checks nor what they need.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.cli import common
from grader.cli.common import with_project

if TYPE_CHECKING:
    from grader import supervisor
    from grader.project import Project
    from grader.report import Report

PAUSE = 0.4
"""Seconds between two looks at the files that are watched."""
_ROWS = 500
"""Rows that one process works through; a row that ends its process costs itself alone."""
_ROWS_SECONDS = 20.0
"""Seconds for so many rows before the one it is at is given up."""


@click.command()
@click.argument("path", type=common.PLACE)
@click.option("--json", "json_file", metavar="FILE", help="Write Gradescope's results.json here; - is standard output.")
@click.option("--html", "html_file", metavar="FILE", help="Write the report as a page here; - is standard output.")
@with_project(decisions="none")
def grade(path: Path, json_file: str | None, html_file: str | None, project: Project) -> None:
    """Mark one submission: a folder, a .zip or a .tar.gz with answers.yaml or a write-up in it."""
    from grader import supervisor

    if json_file == html_file == "-":
        raise click.UsageError("Only one of --json and --html can go to standard output.")
    config = project.read()
    reporters = {
        "json": (json_file, _by("gradescope", "render", stdout_visibility=config.gradescope.stdout_visibility)),
        "html": (html_file, _by("html", "render", name=path.name)),
        "text": (None if "-" in (json_file, html_file) else "-", _by("terminal", "render", **common.look())),
    }
    renders = {name: render for name, (target, render) in reporters.items() if target}
    targets = {name: target for name, (target, _) in reporters.items() if target}
    with common.places(targets.values()) as write:
        marked = mark(project, path, renders, (path.name, path.stem.removesuffix(".tar")))
        lost = [name for name in renders if name not in marked.texts]
        short = supervisor.last_resort(marked.report)
        texts = {**marked.texts, "json": short} if "json" in lost else marked.texts
        # Files first: standard output may be closed, and what is in a file is safe.
        for name in sorted(texts, key=lambda name: targets[name] == "-"):
            if targets[name] == "-" and {*targets.values()} != {"-"}:
                common.mention(texts[name])
            else:
                write(texts[name], targets[name], short if name == "json" else "")
    if lost:
        faults = "\n".join(marked.report.faults)
        raise click.ClickException(f"Not everything could be shown ({', '.join(lost)}):\n{faults}")


def _by(reporter: str, function: str, hinting: bool = False, **settings: Any) -> supervisor.Render:
    """A function of a reporter, which is loaded where it is called; with ``hinting`` it is given hints alone."""

    def render(report: Report) -> str:
        from grader.report import hints

        shown = hints(report) if hinting else report
        text: str = getattr(import_module(f"grader.reporters.{reporter}"), function)(shown, **settings)
        return text

    return render


def mark(
    project: Project, path: Path, renders: Mapping[str, supervisor.Render], names: tuple[str, ...] | None
) -> supervisor.Marked:
    """Marks the submission at ``path``, which goes by these names in decisions; None for a student's own check.

    Raises ``Faulty``.
    """
    from grader import supervisor
    from grader.assignment.faults import Faulty

    def work(emit: supervisor.Emit) -> Report:
        from grader import answers, grading

        homework = grading.Homework(project.config) if names is None else project.homework
        return grading.mark(answers.of(path, project.config), homework, names or (), emit)

    return supervisor.mark(work, lambda: _outline(project), renders, project.config.limits.deadline, Faulty)


def _outline(project: Project) -> Report:
    """The report of a submission of which nothing was marked."""
    from grader import grading

    return grading.outline(project.config)


@click.command()
@click.argument("path", type=common.PLACE)
@click.option("--watch", is_flag=True, help="Check again whenever a file is saved, until Ctrl-C.")
@click.option(
    "--answers",
    "answers_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write what was taken from a write-up into this new file, to be corrected and handed in.",
)
@click.option("--html", "html_file", metavar="FILE", help="Write the check as a page here, formulas drawn.")
@with_project(reference=False)
def check(path: Path, watch: bool, answers_file: Path | None, html_file: str | None, project: Project) -> None:
    """Check your own answers: can they be read, and as what? Right or wrong is told only where the homework lets it."""
    _ = project.config
    if answers_file is not None:
        _write_down(path, answers_file, project)
    if not watch:
        common.say(_checked(path, project, html_file))
        return
    try:
        while True:
            seen = _state(path)
            if common.is_terminal():
                click.clear()
            common.say(_checked(path, project, html_file))
            common.say(f"\nChecked at {time.strftime('%H:%M:%S')}; waiting for the next save (Ctrl-C ends this).\n")
            while _state(path) == seen:
                time.sleep(PAUSE)
    except KeyboardInterrupt:
        click.echo()


def _write_down(path: Path, answers_file: Path, project: Project) -> None:
    from grader import answers, submission

    if answers_file.exists():
        raise click.UsageError(f"{answers_file} is there already; name a new file.")
    text = answers.as_answers_file(submission.read(path, project.config.limits), project.config)
    if not text:
        raise click.UsageError(f"{path} holds no write-up that answers could be taken from.")
    answers_file.write_text(text, encoding="utf-8")
    click.echo(f"What was taken from {path} is now in {answers_file}.\n")


def _checked(path: Path, project: Project, html_file: str | None) -> str:
    """The check as text for the terminal; as a page, it is written to its file."""
    hinting = project.config.feedback.before_due == "hints"
    renders = {"text": _by("terminal", "self_check", hinting, **common.look())}
    if html_file:
        renders["html"] = _by("html", "self_check", hinting)
    marked = mark(project, path, renders, names=None)
    if marked.texts.keys() != renders.keys():
        raise click.ClickException("The check could not be shown:\n" + "\n".join(marked.report.faults))
    if html_file:
        common.write(marked.texts["html"], html_file)
    return "" if html_file == "-" else marked.texts["text"]


def _state(path: Path) -> tuple[tuple[str, int, int], ...]:
    """Names, times and sizes of what may have been saved: an editor may replace a file rather than write to it."""
    try:
        entries = sorted(os.scandir(path), key=lambda entry: entry.name) if path.is_dir() else [path]
        return tuple((str(entry.name), entry.stat().st_mtime_ns, entry.stat().st_size) for entry in entries)
    except OSError:
        return ()


@click.command(hidden=True)
@click.argument("root", type=click.Path(file_okay=False, path_type=Path))
@with_project()
def gradescope(root: Path, project: Project) -> None:
    """Mark ROOT/submission into ROOT/results/results.json, where nobody types and a result must be left."""
    from grader import supervisor
    from grader.assignment.faults import Faulty
    from grader.processes.destination import Destination
    from grader.report import Report

    started = time.monotonic()
    try:
        with (root / "submission_metadata.json").open("rb") as file:
            metadata = json.loads(file.read(50_000_000))
    except (OSError, ValueError, RecursionError):
        metadata = {}
    metadata = metadata if isinstance(metadata, dict) else {}
    # Which submission this is, by Gradescope's own number. Names and addresses are left where they are.
    known = {"submission": metadata.get("id"), "created_at": metadata.get("created_at")}
    extra = {name: value for name, value in known.items() if isinstance(value, (int, str))}
    project = replace(project, decisions_file=project.config_file.parent / "decisions.yaml")

    def rendered(report: Report, visibility: str = "hidden", hinting: bool = False) -> str:
        seconds = time.monotonic() - started
        return _by("gradescope", "render", hinting, stdout_visibility=visibility, seconds=seconds, extra=extra)(report)

    with Destination(root / "results" / "results.json") as destination:
        try:
            config = project.read()
        except Faulty as error:
            report = Report("", (), faults=(str(error),))
            destination.write(rendered(report), supervisor.last_resort(report))
            common.mention(f"{error}\n")
            return
        feedback = config.feedback.before_due if before_due(metadata) else config.feedback.after_due
        visibility = config.gradescope.stdout_visibility
        as_json = partial(rendered, visibility=visibility, hinting=feedback == "hints")
        names = tuple(f"{word}{extra['submission']}" for word in ("submission_", "") if "submission" in extra)
        submission = root / "submission"
        submission.mkdir(exist_ok=True)
        try:
            marked = mark(project, submission, {"json": as_json}, names)
        except Faulty as error:
            report = replace(_outline(project), faults=(str(error),))
            marked = supervisor.Marked(report, {"json": as_json(report)})
        short = supervisor.last_resort(marked.report)
        destination.write(marked.texts.get("json", short), short)
    # Standard output is for the instructor, who reads it beside the results.
    for fault in marked.report.faults:
        common.mention(f"Fault of the grader:\n{fault}\n\n")


def before_due(metadata: dict[str, Any]) -> bool:
    """Whether the submission was made while one could still hand in, late ones included.

    So it is where no dates are given. The dates are the submission's: marked again, it gets the same feedback.
    """
    assignment = metadata.get("assignment")
    dates = assignment if isinstance(assignment, dict) else {}
    closes = [date for key in ("due_date", "late_due_date") if (date := _date(dates.get(key))) is not None]
    made = _date(metadata.get("created_at"))
    return made is None or not closes or made <= max(closes)


def _date(text: Any) -> datetime | None:
    """``2026-02-01T12:00:00.123456-08:00``, also with a blank before the zone, or Z; without a zone, UTC.

    A day or a number is no moment: read as midnight, a due day would be over before it begins.
    """
    from pydantic import TypeAdapter, ValidationError

    if not isinstance(text, str) or ":" not in text:
        return None
    try:
        date = TypeAdapter(datetime).validate_strings(re.sub(r"\s+(?=[Z+-])", "", text))
    except ValidationError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=timezone.utc)


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
                common.say("".join(f"{json.dumps(row)}\n" for row in _tried(batch, project)))
    elif item is None or text is None:
        raise click.UsageError("Either ITEM and TEXT, or --rows FILE.")
    else:
        from grader.reporters import terminal
        from grader.trying import Refused

        try:
            report = _mark(project, item, text)
        except Refused as refused:
            raise click.UsageError(str(refused)) from refused
        common.say(terminal.one(report, item, **common.look()))


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
        for start in range(0, len(lines), _ROWS):
            yield lines[start : start + _ROWS]
    if rest:
        yield [rest]


def _tried(lines: list[bytes], project: Project) -> Iterator[dict[str, Any]]:
    """An answer for each line, also for one that ends the process in which it is tried."""
    from grader import trying
    from grader.processes import pool

    def of_item(name: str, text: str) -> dict[str, Any]:
        marked = _mark(project, name, text).item(name)
        return trying.shown(marked.finding, marked.understood)

    def say_rows(say: pool.Say) -> None:
        for row in trying.rows(lines, of_item):
            say({"row": row})

    lines = [line for line in lines if line.strip()]
    if any(b'"item"' in line for line in lines):
        _ = project.homework  # read once, and only for rows that name an item
    while lines:
        ended = pool.once(say_rows, _ROWS_SECONDS)
        answered = [message["row"] for message in ended.said if "row" in message]
        yield from answered
        lines = lines[len(answered) :]
        if lines and not answered:  # else the time may have been the others'
            click.echo(ended.fault, err=True)
            yield _given_up(lines.pop(0))


def _given_up(line: bytes) -> dict[str, Any]:
    identity = None
    with contextlib.suppress(ValueError, RecursionError, AttributeError):
        identity = json.loads(line).get("id")
    message = "The grader ran into a fault of its own on this row: a person must look."
    return {"id": identity, "verdict": "review", "understood": "", "message": message}
