"""Where the config and the reference are, and what happens when they are faulty."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from grader.assignment.config import Config
    from grader.decisions import Decisions

Command = TypeVar("Command", bound=Callable[..., Any])

HOME = Path(__file__).resolve().parents[2]
"""The folder that holds ``grader/``: a checkout, Gradescope's source, a student's package."""


class Faulty(click.ClickException):
    """A config or reference that cannot be used."""

    exit_code = 3

    def show(self, file: IO[Any] | None = None) -> None:
        """To standard error, as it is: it begins with a file and a line."""
        click.echo(self.message, err=True)


def with_config(command: Command) -> Command:
    """Adds ``--config FILE``; the command gets the file's path."""
    return click.option(
        "--config",
        "config_file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        callback=lambda context, option, value: value or _found("config.yaml"),
        help="The homework and its rubric.  [default: config.yaml beside the grader]",
    )(command)


def with_reference(command: Command) -> Command:
    """Adds ``--reference FOLDER``; the command gets the folder's path, or nothing."""
    return click.option(
        "--reference",
        "reference_folder",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="The answers.  [default: reference/ beside the config]",
    )(command)


def with_decisions(default: str) -> Callable[[Command], Command]:
    """Adds ``--decisions FILE``; the command gets the file's path, or nothing."""
    return click.option(
        "--decisions",
        "decisions_file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help=f"What people decided of answers.  [default: {default}]",
    )


def decisions(file: Path | None, config: Config) -> Decisions:
    """The decisions in a file, where there is one. Raises ``Faulty``, with every mistake of the file and its line."""
    from grader import decisions as deciding

    try:
        return deciding.load(file, config) if file else deciding.NONE
    except deciding.Faulty as error:
        raise Faulty(str(error)) from error


def config(file: Path) -> Config:
    """The config in a file. Raises ``Faulty``, with every mistake of the file and its line."""
    from grader.assignment import config as configuration

    try:
        return configuration.load(file)
    except configuration.Faulty as error:
        raise Faulty(str(error)) from error


def reference(folder: Path | None, config_file: Path) -> Path:
    """The folder of the answers. Raises ``Faulty`` where there is none."""
    found = folder or config_file.parent / "reference"
    if not found.is_dir():
        raise Faulty(f"{found}: there is no such folder, and marking needs the answers in it. See --reference.")
    return found


def _found(name: str) -> Path:
    return next((place for place in (HOME / name, Path(name)) if place.is_file()), HOME / name)
