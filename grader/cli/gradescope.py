"""``grader gradescope``: what ``run_autograder`` calls on Gradescope, where nobody types and a result must be left."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.cli import output, project

if TYPE_CHECKING:
    from grader.report import Report


@click.command(hidden=True)
@click.argument("root", type=click.Path(file_okay=False, path_type=Path))
@project.with_config
@project.with_reference
def gradescope(root: Path, config_file: Path, reference_folder: Path | None) -> None:
    """Mark ROOT/submission into ROOT/results/results.json."""
    from grader import supervisor
    from grader.cli import marking
    from grader.processes import Destination
    from grader.report import Report, hints

    started = time.monotonic()
    metadata = read(root / "submission_metadata.json")
    extra = identity(metadata)
    with Destination(root / "results" / "results.json") as destination:
        try:
            config = project.config(config_file)
            reference = project.reference(reference_folder, config_file)
            file = config_file.parent / "decisions.yaml"
            decisions = project.decisions(file if file.exists() else None, config)
        except project.Faulty as error:
            report = Report("", (), faults=(error.message,))
            destination.write(_rendered(report, "hidden", started, extra), supervisor.last_resort(report))
            output.mention(f"{error.message}\n")
            return
        visibility = config.gradescope.stdout_visibility
        feedback = config.feedback.before_due if before_due(metadata) else config.feedback.after_due

        def as_json(report: Report) -> str:
            return _rendered(hints(report) if feedback == "hints" else report, visibility, started, extra)

        names = tuple(f"{word}{extra['submission']}" for word in ("submission_", "") if "submission" in extra)
        submission = root / "submission"
        submission.mkdir(exist_ok=True)
        try:
            marked = marking.grade(submission, config, reference, {"json": as_json}, decisions, names)
        except project.Faulty as error:
            report = replace(marking.outline(config), faults=(error.message,))
            marked = supervisor.Marked(report, {"json": as_json(report)})
        short = supervisor.last_resort(marked.report)
        destination.write(marked.texts.get("json", short), short)
    # Standard output is for the instructor, who reads it beside the results.
    for fault in marked.report.faults:
        output.mention(f"Fault of the grader:\n{fault}\n\n")


def _rendered(report: Report, visibility: Any, started: float, extra: dict[str, Any]) -> str:
    from grader.reporters import gradescope

    seconds = time.monotonic() - started
    return gradescope.render(report, stdout_visibility=visibility, seconds=seconds, extra=extra)


def read(metadata: Path, limit: int = 50_000_000) -> dict[str, Any]:
    """What Gradescope says of the submission; nothing, where it cannot be read."""
    try:
        with metadata.open("rb") as file:
            said = json.loads(file.read(limit))
    except (OSError, ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


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
    """``2026-02-01T12:00:00.123456-08:00``, with any number of digits after the point, or Z; without a zone, UTC."""
    found = (
        re.fullmatch(r"(.{10}[T ].{8})(?:\.(\d{1,9}))?\s*(Z|[+-]\d\d:?\d\d)?", text) if isinstance(text, str) else None
    )
    if not found:
        return None
    zone = (found[3] or "Z").replace("Z", "+00:00")
    try:
        return datetime.fromisoformat(f"{found[1]}.{(found[2] or '0'):0<6.6}{zone[:3]}:{zone[-2:]}")
    except ValueError:
        return None
