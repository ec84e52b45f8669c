"""``grader gradescope``: what ``run_autograder`` calls on Gradescope, where nobody types and a result must be left."""

from __future__ import annotations

import json
import time
from dataclasses import replace
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
    from grader.report import Report

    started = time.monotonic()
    extra = identity(root / "submission_metadata.json")
    with Destination(root / "results" / "results.json") as destination:
        try:
            config = project.config(config_file)
            reference = project.reference(reference_folder, config_file)
        except project.Faulty as error:
            report = Report("", (), faults=(error.message,))
            destination.write(_rendered(report, "hidden", started, extra), supervisor.last_resort(report))
            output.mention(f"{error.message}\n")
            return
        visibility = config.gradescope.stdout_visibility

        def as_json(report: Report) -> str:
            return _rendered(report, visibility, started, extra)

        submission = root / "submission"
        submission.mkdir(exist_ok=True)
        try:
            marked = marking.grade(submission, config, reference, {"json": as_json})
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


def identity(metadata: Path, limit: int = 50_000_000) -> dict[str, Any]:
    """Which submission this is, by Gradescope's own number. Names and addresses are left where they are."""
    try:
        with metadata.open("rb") as file:
            read = json.loads(file.read(limit))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(read, dict):
        return {}
    return {
        name: read[key]
        for name, key in (("submission", "id"), ("created_at", "created_at"))
        if isinstance(read.get(key), (int, str))
    }
