"""``grader batch`` and ``grader compare``: a class."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli import output, project


@click.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="The folder to write to.")
@click.option("--jobs", type=click.IntRange(min=1), help="How many to mark at once.  [default: one a core]")
@click.option("--anonymous", is_flag=True, help="Write the report again with numbers for names, into anonymous/.")
@click.option("--scheduler", metavar="ADDRESS", default="", help="Mark on the workers of this Dask cluster instead.")
@project.with_config
@project.with_reference
@project.with_decisions("decisions.yaml in the folder of --out")
def batch(
    path: Path,
    out: Path,
    jobs: int | None,
    anonymous: bool,
    scheduler: str,
    config_file: Path,
    reference_folder: Path | None,
    decisions_file: Path | None,
) -> None:
    """Mark a class: a folder of submissions, or a Gradescope export, zip or unpacked.

    Run it again after an interruption and it goes on; after a change to a submission, the rubric, the reference or the
    decisions, it marks again what that touches.
    """
    from rich.console import Console

    from grader import decisions
    from grader.assignment import answer_key, config
    from grader.batch import cluster, progress, roster, running, store
    from grader.batch.marker import Marker

    reference = project.reference(reference_folder, config_file)
    marker = Marker(config_file, reference, decisions_file or out / decisions.FILE)
    try:
        with progress.Bar(Console(stderr=True)) as bar:
            ran = running.run(path, out, marker, bar, jobs, scheduler, anonymous)
    except (config.Faulty, answer_key.Faulty, decisions.Faulty) as error:
        raise project.Faulty(str(error)) from error
    except (roster.Unsuitable, store.Busy, cluster.Unreachable) as error:
        raise click.UsageError(f"{error}.") from error
    except OSError as error:
        raise click.UsageError(f"{error.filename or out}: {error.strerror or error}.") from error
    except KeyboardInterrupt:
        click.echo(f"Stopped. What is marked is kept in {out}: the same command goes on from there.", err=True)
        raise SystemExit(130) from None
    for message in ran.messages:
        click.echo(message, err=True)
    said = f"{ran.total} submissions: {ran.marked} marked now, {ran.kept} kept from before"
    if ran.waiting:
        said += f"; {ran.waiting} need{'s' if ran.waiting == 1 else ''} a person"
        said += f", {ran.faults} of them because of a fault or a limit" if ran.faults else ""
    output.mention(f"{said}.\n{out / 'report.html'}\n{out / 'grades.csv'}\n")


@click.command()
@click.argument("old", type=click.Path(exists=True, path_type=Path))
@click.argument("new", type=click.Path(exists=True, path_type=Path))
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
        output.write(comparison.as_csv(found), csv_file)
    if csv_file != "-":
        output.say(plain(comparison.blocks(found)) + "\n")
