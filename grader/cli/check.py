"""``grader check``: a student's own check, once or whenever the file is saved."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import output, project

if TYPE_CHECKING:
    from grader.assignment.config import Config
    from grader.report import Report

PAUSE = 0.4
"""Seconds between two looks at the files."""


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
@project.with_config
def check(path: Path, watch: bool, answers_file: Path | None, html_file: str | None, config_file: Path) -> None:
    """Check your own answers: can they be read, and as what? Right or wrong is told only where the homework lets it."""
    config = project.config(config_file)
    if answers_file is not None:
        _write_down(path, answers_file, config)
    if not watch:
        output.say(_checked(path, config, html_file))
        return
    try:
        while True:
            seen = _state(path)
            if output.is_terminal():
                click.clear()
            output.say(_checked(path, config, html_file))
            output.say(f"\nChecked at {time.strftime('%H:%M:%S')}; waiting for the next save (Ctrl-C ends this).\n")
            while _state(path) == seen:
                time.sleep(PAUSE)
    except KeyboardInterrupt:
        click.echo()


def _write_down(path: Path, answers_file: Path, config: Config) -> None:
    from grader import answers, submission

    if answers_file.exists():
        raise click.UsageError(f"{answers_file} is there already; name a new file.")
    text = answers.written_down(submission.read(path, config.limits), config)
    if not text:
        raise click.UsageError(f"{path} holds no write-up that answers could be taken from.")
    answers_file.write_text(text, encoding="utf-8")
    click.echo(f"What was taken from {path} is now in {answers_file}.\n")


def _checked(path: Path, config: Config, html_file: str | None) -> str:
    """The check as text for the terminal; as a page, it is written to its file."""
    from grader.cli import marking
    from grader.report import hints

    width, colour = output.width(), output.is_terminal()

    def shown(report: Report) -> Report:
        return hints(report) if config.feedback.before_due == "hints" else report

    def as_text(report: Report) -> str:
        from grader.reporters import terminal

        return terminal.self_check(shown(report), width=width, colour=colour)

    def as_page(report: Report) -> str:
        from grader.reporters import html

        return html.self_check(shown(report))

    marked = marking.check(path, config, {"text": as_text, **({"html": as_page} if html_file else {})})
    if "text" not in marked.texts or (html_file and "html" not in marked.texts):
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
