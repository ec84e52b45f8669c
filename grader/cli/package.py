"""``grader package``: the zip for Gradescope, the one for students, and the self-check as a page."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli import output, project


@click.group()
def package() -> None:
    """Make the zip to upload to Gradescope, the one to hand out to students, or the self-check as a page."""


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


@package.command()
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The folder to write, or the HTML file.")
@click.option("--single-file", is_flag=True, help="One HTML file that works from disk, in place of a folder.")
@click.option("--cache", "kept", type=click.Path(file_okay=False, path_type=Path), help="Where downloads are kept.")
@project.with_config
def browser(out: Path, single_file: bool, kept: Path | None, config_file: Path) -> None:
    """The self-check as a page that runs in the browser: a folder for any web server, or one file."""
    from grader.cli import marking
    from grader.package import browser as page, registries

    config = project.config(config_file)
    marking.homework(config, None)
    try:
        files = page.build(project.HOME, config_file, config, kept or registries.cache())
    except registries.Missing as error:
        raise click.UsageError(str(error)) from error
    if single_file:
        _write(page.single(files), out)
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.UsageError(f"{out} cannot be written: {error.strerror}.") from error
    for name, data in files.items():
        output.write(data, str(out / name))
    output.mention(f"{out}: {len(files)} files, {sum(map(len, files.values())):,} bytes\n")


def _write(data: bytes, out: Path) -> None:
    output.write(data, str(out))
    output.mention(f"{out}: {len(data):,} bytes\n")
