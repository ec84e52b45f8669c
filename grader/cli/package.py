"""``grader package``: the zip for Gradescope and the one for students."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli import output, project


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
@project.with_decisions("none")
def gradescope(out: Path, config_file: Path, reference_folder: Path | None, decisions_file: Path | None) -> None:
    """The zip to upload under "Configure Autograder"."""
    from grader import package as packages
    from grader.cli import marking

    reference = project.reference(reference_folder, config_file)
    config = project.config(config_file)
    project.decisions(decisions_file, config)
    marking.homework(config, reference)  # its faults are told here, not after the upload
    _write(packages.gradescope(project.HOME, config_file, reference, decisions_file), out)


@package.command()
@_out
@project.with_config
def student(out: Path, config_file: Path) -> None:
    """The zip for students: the self-check, a template to fill in, and no answers."""
    from grader import package as packages
    from grader.cli import marking

    config = project.config(config_file)
    marking.homework(config, None)
    _write(packages.student(project.HOME, config_file, config), out)


def _write(data: bytes, out: Path) -> None:
    output.write(data, str(out))
    output.mention(f"{out}: {len(data):,} bytes\n")
