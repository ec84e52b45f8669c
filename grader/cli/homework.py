"""The homework itself: ``grader audit`` and ``grader doctor``, and ``grader package``, which hands it out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import common
from grader.cli.common import HOME, with_project

if TYPE_CHECKING:
    from grader.project import Project


@click.command()
@click.option("--jobs", type=click.IntRange(min=1), help="How many to mark at once.  [default: one a core]")
@with_project()
def audit(jobs: int | None, project: Project) -> None:
    """Show that the reference gets full marks, and that every mutant of it loses some where it is wrong."""
    from rich.console import Console
    from rich.progress import Progress

    from grader import audit as auditing
    from grader.report import plain

    with Progress(console=Console(stderr=True), transient=True, auto_refresh=False) as progress:
        task = progress.add_task("marking mutants", total=None)

        def show(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)
            progress.refresh()

        found = auditing.run(project.homework, jobs, show)
    common.say(plain(auditing.blocks(found)) + "\n")


@click.command()
@with_project()
def doctor(project: Project) -> None:
    """Read config and reference and name their mistakes; try what this machine can isolate and prove."""
    from grader import doctor as diagnosis, sandbox
    from grader.reporters import terminal

    beside = project.config_file.parent / "reference"
    reference = project.reference_folder or (beside if beside.is_dir() else None)  # students have none
    _ = project.homework if reference else project.unanswered
    name = project.config_file.name
    read = f"{name} and {reference.name}/ can" if reference else f"{name} can"
    common.say(f"{read} be used: {len(project.config.items)} items.\n\n")
    found = diagnosis.blocks(sandbox.rating(), project.config.python_answers.isolation)
    common.say(terminal.message(found, **common.look()))


@click.group()
def package() -> None:
    """Make the zip to upload to Gradescope, the one to hand out to students, or the self-check as a page."""


_out = click.option(
    "--out", required=True, type=click.Path(dir_okay=False, writable=True, path_type=Path), help="The zip to write."
)


@package.command()
@_out
@with_project(decisions="none")
def gradescope(out: Path, project: Project) -> None:
    """The zip to upload under "Configure Autograder"."""
    from grader import package as packages

    project.read()
    _ = project.homework  # its faults are told here, not after the upload
    _write(packages.gradescope(HOME, project.config_file, project.reference, project.decisions_file), out)


@package.command()
@_out
@with_project(reference=False)
def student(out: Path, project: Project) -> None:
    """The zip for students: the self-check, a template to fill in, and no answers."""
    from grader import package as packages

    _ = project.unanswered
    _write(packages.student(HOME, project.config_file, project.config), out)


@package.command()
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The folder to write, or the HTML file.")
@click.option("--single-file", is_flag=True, help="One HTML file that works from disk, in place of a folder.")
@click.option("--cache", "kept", type=click.Path(file_okay=False, path_type=Path), help="Where downloads are kept.")
@with_project(reference=False)
def browser(out: Path, single_file: bool, kept: Path | None, project: Project) -> None:
    """The self-check as a page that runs in the browser: a folder for any web server, or one file."""
    from grader.package import browser as page

    _ = project.unanswered
    try:
        files = page.build(HOME, project.config_file, project.config, kept or page.cache())
    except page.Missing as error:
        raise click.UsageError(str(error)) from error
    if single_file:
        _write(page.single(files), out)
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.UsageError(f"{out} cannot be written: {error.strerror}.") from error
    for name, data in files.items():
        common.write(data, str(out / name))
    common.mention(f"{out}: {len(files)} files, {sum(map(len, files.values())):,} bytes\n")


def _write(data: bytes, out: Path) -> None:
    common.write(data, str(out))
    common.mention(f"{out}: {len(data):,} bytes\n")
