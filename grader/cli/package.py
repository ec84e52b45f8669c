"""``grader package``: the zip for Gradescope and the one for students."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli import project


@click.group()
def package() -> None:
    """Make the zip to upload to Gradescope, or the one to hand out to students."""


_out = click.option(
    "--out", required=True, type=click.Path(dir_okay=False, writable=True, path_type=Path), help="The zip to write."
)


@package.command()
@_out
@project.with_config
@project.with_reference
def gradescope(out: Path, config_file: Path, reference_folder: Path | None) -> None:
    """The zip to upload under "Configure Autograder"."""
    from grader import answer_key
    from grader import package as packages

    config = project.config(config_file)
    reference = project.reference(reference_folder, config_file)
    try:
        answer_key.load(reference, config)
    except answer_key.Faulty as error:
        raise project.Faulty(str(error)) from error
    _write(packages.gradescope(project.HOME, config_file, reference), out)


@package.command()
@_out
@project.with_config
def student(out: Path, config_file: Path) -> None:
    """The zip for students: the self-check, a template to fill in, and no answers."""
    from grader import package as packages

    _write(packages.student(project.HOME, config_file, project.config(config_file)), out)


def _write(data: bytes, out: Path) -> None:
    unfinished = out.with_name(f".{out.name}.part")
    try:
        unfinished.write_bytes(data)
        unfinished.replace(out)
    except OSError as error:
        raise click.UsageError(f"{out} cannot be written: {error.strerror}.") from error
    click.echo(f"{out}: {len(data):,} bytes")
