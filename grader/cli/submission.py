"""One submission: ``grader grade``, ``grader check``, and ``grader gradescope``, which ``run_autograder`` calls there.

It is marked under the supervisor's clock, whose process imports neither the checks nor what they need.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.cli import output
from grader.cli.project import with_project

if TYPE_CHECKING:
    from grader import supervisor
    from grader.project import Project
    from grader.report import Report

PAUSE = 0.4
"""Seconds between two looks at the files that are watched."""


@click.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
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
        "text": (None if "-" in (json_file, html_file) else "-", _by("terminal", "render", **output.look())),
    }
    renders = {name: render for name, (target, render) in reporters.items() if target}
    targets = {name: target for name, (target, _) in reporters.items() if target}
    with output.places(targets.values()) as write:
        marked = mark(project, path, (path.name, path.stem.removesuffix(".tar")), renders)
        lost = [name for name in renders if name not in marked.texts]
        short = supervisor.last_resort(marked.report)
        texts = {**marked.texts, "json": short} if "json" in lost else marked.texts
        # Files first: standard output may be closed, and what is in a file is safe.
        for name in sorted(texts, key=lambda name: targets[name] == "-"):
            if targets[name] != "-":
                write(texts[name], targets[name], short if name == "json" else "")
            elif {*targets.values()} - {"-"}:
                output.mention(texts[name])
            else:
                output.say(texts[name])
    if lost:
        raise click.ClickException(
            f"Not everything could be shown ({', '.join(lost)}):\n" + "\n".join(marked.report.faults)
        )


def _by(reporter: str, function: str, hinting: bool = False, **settings: Any) -> supervisor.Render:
    """A function of a reporter, which is loaded where it is called; with ``hinting`` it is given hints alone."""

    def render(report: Report) -> str:
        from grader.report import hints

        shown = hints(report) if hinting else report
        text: str = getattr(import_module(f"grader.reporters.{reporter}"), function)(shown, **settings)
        return text

    return render


def mark(
    project: Project, path: Path, names: tuple[str, ...], renders: Mapping[str, supervisor.Render]
) -> supervisor.Marked:
    """Marks the submission at ``path``, which goes by these names in decisions. Raises ``Faulty``."""

    def work(emit: supervisor.Emit) -> Report:
        from grader import answers

        return project.deciding.mark(answers.of(path, project.config), names, emit)

    return _supervised(project, work, renders)


def _supervised(project: Project, work: supervisor.Work, renders: Mapping[str, supervisor.Render]) -> supervisor.Marked:
    from grader import supervisor
    from grader.assignment.faults import Faulty

    return supervisor.mark(work, lambda: _outline(project), renders, project.config.limits.deadline, Faulty)


def _outline(project: Project) -> Report:
    """The report of a submission of which nothing was marked."""
    from grader import grading

    return grading.outline(project.config)


@click.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
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
        output.say(_checked(path, project, html_file))
        return
    try:
        while True:
            seen = _state(path)
            if output.is_terminal():
                click.clear()
            output.say(_checked(path, project, html_file))
            output.say(f"\nChecked at {time.strftime('%H:%M:%S')}; waiting for the next save (Ctrl-C ends this).\n")
            while _state(path) == seen:
                time.sleep(PAUSE)
    except KeyboardInterrupt:
        click.echo()


def _write_down(path: Path, answers_file: Path, project: Project) -> None:
    from grader import submission
    from grader.answers import write_ups

    if answers_file.exists():
        raise click.UsageError(f"{answers_file} is there already; name a new file.")
    text = write_ups.as_answers_file(submission.read(path, project.config.limits), project.config)
    if not text:
        raise click.UsageError(f"{path} holds no write-up that answers could be taken from.")
    answers_file.write_text(text, encoding="utf-8")
    click.echo(f"What was taken from {path} is now in {answers_file}.\n")


def _checked(path: Path, project: Project, html_file: str | None) -> str:
    """The check as text for the terminal; as a page, it is written to its file."""
    config = project.config
    hinting = config.feedback.before_due == "hints"

    def work(emit: supervisor.Emit) -> Report:
        from grader import answers, grading

        return grading.mark(answers.of(path, config), grading.Homework(config), emit=emit)

    renders = {"text": _by("terminal", "self_check", hinting, **output.look())}
    if html_file:
        renders["html"] = _by("html", "self_check", hinting)
    marked = _supervised(project, work, renders)
    if marked.texts.keys() != renders.keys():
        raise click.ClickException("The check could not be shown:\n" + "\n".join(marked.report.faults))
    if html_file:
        output.write(marked.texts["html"], html_file)
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
    metadata = read(root / "submission_metadata.json")
    extra = identity(metadata)
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
            output.mention(f"{error}\n")
            return
        feedback = config.feedback.before_due if before_due(metadata) else config.feedback.after_due
        visibility = config.gradescope.stdout_visibility
        as_json = partial(rendered, visibility=visibility, hinting=feedback == "hints")
        names = tuple(f"{word}{extra['submission']}" for word in ("submission_", "") if "submission" in extra)
        submission = root / "submission"
        submission.mkdir(exist_ok=True)
        try:
            marked = mark(project, submission, names, {"json": as_json})
        except Faulty as error:
            report = replace(_outline(project), faults=(str(error),))
            marked = supervisor.Marked(report, {"json": as_json(report)})
        short = supervisor.last_resort(marked.report)
        destination.write(marked.texts.get("json", short), short)
    # Standard output is for the instructor, who reads it beside the results.
    for fault in marked.report.faults:
        output.mention(f"Fault of the grader:\n{fault}\n\n")


def read(metadata: Path) -> dict[str, Any]:
    """What Gradescope says of the submission; nothing, where it cannot be read."""
    try:
        with metadata.open("rb") as file:
            known = json.loads(file.read(50_000_000))
    except (OSError, ValueError, RecursionError):
        return {}
    return known if isinstance(known, dict) else {}


def identity(metadata: dict[str, Any]) -> dict[str, Any]:
    """Which submission this is, by Gradescope's own number. Names and addresses are left where they are."""
    return {
        name: metadata[key]
        for name, key in (("submission", "id"), ("created_at", "created_at"))
        if isinstance(metadata.get(key), (int, str))
    }


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
