"""What an instructor calls.

For a class ``grader batch``, ``grader compare``, ``grader desk`` and ``grader export``; for the homework itself
``grader audit``, ``grader doctor``, and ``grader package``, which hands it out.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import common
from grader.cli.common import HOME, with_project

if TYPE_CHECKING:
    from grader.batch import running
    from grader.project import Project


@click.command()
@click.argument("path", type=common.PLACE)
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="The folder to write to.")
@click.option("--jobs", type=click.IntRange(min=1), help="How many to mark at once.  [default: one a core]")
@click.option("--anonymous", is_flag=True, help="Write the report again with numbers for names, into anonymous/.")
@click.option("--scheduler", metavar="ADDRESS", default="", help="Mark on the workers of this Dask cluster instead.")
@with_project(decisions="decisions.yaml in the folder of --out")
def batch(path: Path, out: Path, jobs: int | None, anonymous: bool, scheduler: str, project: Project) -> None:
    """Mark a class: a folder of submissions, or a Gradescope export, zip or unpacked.

    Run it again after an interruption and it goes on; after a change to a submission, the rubric, the reference or the
    decisions, it marks again what that touches.
    """
    from grader import decisions
    from grader.batch import cluster, roster, running

    file = project.decisions_file or out / decisions.FILE
    marker = running.Marker(project.config_file, project.reference, file)
    workers = partial(cluster.run, marker=marker, address=scheduler) if scheduler else None
    try:
        with _bar() as watch:
            ran = running.run(path, out, marker, watch, jobs, anonymous, workers)
    except roster.Unsuitable as error:
        raise click.UsageError(f"{error}.") from error
    except OSError as error:
        raise click.UsageError(f"{error.filename or out}: {error.strerror or error}.") from error
    except KeyboardInterrupt:
        click.echo(f"Stopped. What is marked is kept in {out}: the same command goes on from there.", err=True)
        raise SystemExit(130) from None
    for message in ran.messages:
        click.echo(message, err=True)
    tally = f"{ran.total} submissions: {ran.marked} marked now, {ran.kept} kept from before"
    if ran.waiting:
        tally += f"; {ran.waiting} need{'s' if ran.waiting == 1 else ''} a person"
        tally += f", {ran.faults} of them because of a fault or a limit" if ran.faults else ""
    common.mention(f"{tally}.\n{out / 'report.html'}\n{out / 'grades.csv'}\n")


@contextlib.contextmanager
def _bar() -> Iterator[running.Watch]:
    """What draws one more submission that is done: a bar on a terminal; elsewhere a line now and then."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn, TimeRemainingColumn

    console = Console(stderr=True)
    times = (TimeElapsedColumn(), "left", TimeRemainingColumn())
    # Drawn by this thread when something is marked: workers are forked, and forks do not mix with threads.
    bar = Progress("marking", BarColumn(None), MofNCompleteColumn(), *times, "{task.description}", console=console,
                   auto_refresh=False, transient=True, disable=not console.is_terminal)  # fmt: skip
    task = bar.add_task("", total=None)
    counts: Counter[str] = Counter()

    def draw(total: int, name: str, how: running.Done) -> None:
        counts[how] += 1
        done, kept, lost = counts.total(), counts["kept"], counts["lost"]
        elapsed = bar.tasks[0].elapsed
        rate = f"{(done - kept) / elapsed:.1f}/s" if elapsed and done > kept else ""
        tally = ", ".join(f"{count} {word}" for count, word in ((kept, "kept"), (lost, "for a person")) if count)
        bar.update(task, total=total, completed=done, description=f"{rate} {tally}")
        bar.refresh()
        if not console.is_terminal and done % max(total // 10, 1) == 0:
            console.print(f"{done} of {total} {rate} {tally}".rstrip(), highlight=False)

    with bar:
        yield draw


@click.command()
@click.argument("old", type=common.PLACE)
@click.argument("new", type=common.PLACE)
@click.option("--csv", "csv_file", metavar="FILE", help="Write every difference here; - is standard output.")
def compare(old: Path, new: Path, csv_file: str | None) -> None:
    """Whose marks differ between two outputs of `grader batch`, by how much, in which items, and why.

    Either may also be a Gradescope export: then the scores recorded in it are compared.
    """
    from grader.batch import comparison, roster
    from grader.report import plain

    try:
        found = comparison.compare(old, new)
    except roster.Unsuitable as error:
        raise click.UsageError(f"{error}.") from error
    if csv_file:
        common.write(comparison.as_csv(found), csv_file)
    if csv_file != "-":
        common.say(plain(comparison.blocks(found)) + "\n")


@click.command()
@click.argument("folder", metavar="DIR", type=common.FOLDER)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="The port to listen on.  [default: a free one]")
@click.option("--by", default="", help="Who decides.  [default: who is logged in here]")
@click.option("--open/--no-open", "show", default=True, help="Whether to open the page in the browser.")
@with_project()
def desk(folder: Path, port: int, by: str, show: bool, project: Project) -> None:
    """Decide what `grader batch` left open in DIR, one key each; every decision is saved at once.

    It goes into decisions.yaml in DIR, which the next `grader batch` applies.
    """
    import getpass
    import secrets
    import socket

    try:
        import uvicorn

        from grader.desk import Desk, app
    except ImportError as error:
        raise click.UsageError(
            f"The desk needs {error.name}, which is not installed: .venv/bin/python -m pip install 'starlette>=0.40' "
            "'uvicorn>=0.30' (or the extra `desk`)."
        ) from error
    if not (folder / "results").is_dir():
        raise click.UsageError(f"{folder} is no folder that `grader batch` wrote.")
    desk = Desk(folder, project.homework, by or getpass.getuser())
    left = desk.outcomes.count("")
    with socket.socket() as listening:
        try:
            listening.bind(("127.0.0.1", port))
        except OSError as error:
            raise click.UsageError(f"Port {port} cannot be used: {error.strerror}.") from error
        port = listening.getsockname()[1]
        token = secrets.token_urlsafe(24)  # only who was given the address finds the desk
        address = f"http://127.0.0.1:{port}/{token}/"
        common.mention(f"{len(desk.cases)} cases, {left} of them open. Ctrl-C ends the desk.\n{address}\n")
        if show:
            click.launch(address)
        application = app(desk, token, port)
        uvicorn.Server(uvicorn.Config(application, log_level="warning", access_log=False)).run([listening])


@click.command()
@click.argument("platform", metavar="FORMAT", type=click.Choice(["canvas", "moodle", "brightspace"]))
@click.argument("folder", metavar="DIR", type=common.FOLDER)
@click.option(
    "--into",
    "file",
    type=common.FILE,
    help="The file that the platform exported: its one column is filled in, all else stays byte by byte.",
)
@click.option("--column", default="", help="The column of the file.  [default: the one named like the homework]")
@click.option("--out", metavar="FILE", help="Write here.  [default: the file of --into, else FORMAT.csv in DIR]")
def export(platform: str, folder: Path, file: Path | None, column: str, out: str | None) -> None:
    """Write the marks in DIR, an output of `grader batch`, for canvas, moodle or brightspace."""
    from grader.batch import gradebooks, roster

    try:
        exported = gradebooks.of_folder(folder, platform, file, column)
    except roster.Unsuitable as error:
        raise click.UsageError(f"{error}.") from error
    target = out or str(file or folder / f"{platform}.csv")
    common.write(exported.data.decode() if target == "-" else exported.data, target)
    for where, names in (("not in the gradebook", exported.unmatched), ("without a mark", exported.unmarked)):
        if names:
            click.echo(f"{len(names)} {where}:\n" + "".join(f"  {name}\n" for name in names), err=True, nl=False)
    tally = f"{exported.written} marks in the column {exported.column}"
    if exported.waiting:
        tally += f"; {exported.waiting} of them may change: something there still needs a person"
    click.echo(f"{tally}.", err=True)
    if target != "-":
        common.mention(f"{target}\n")


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
    with common.named(str(out)):
        out.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        common.write(data, str(out / name))
    common.mention(f"{out}: {len(files)} files, {sum(map(len, files.values())):,} bytes\n")


def _write(data: bytes, out: Path) -> None:
    common.write(data, str(out))
    common.mention(f"{out}: {len(data):,} bytes\n")
