"""The homework that a command is about: options for its files, and what a mistake in them does."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

Command = Callable[..., Any]

HOME = Path(__file__).resolve().parents[2]
"""The folder that holds ``grader/``: a checkout, Gradescope's source, a student's package."""


def with_project(*, reference: bool = True, decisions: str = "") -> Callable[[Command], Command]:
    """Adds ``--config``, and what else is wanted of ``--reference`` and ``--decisions``, whose default is told so.

    The command gets the project; what is wrong with its files ends it with status 3.
    """

    def decorated(command: Command) -> Command:
        @wraps(command)
        def called(
            config_file: Path,
            reference_folder: Path | None = None,
            decisions_file: Path | None = None,
            **values: Any,
        ) -> Any:
            from grader.assignment.faults import Faulty
            from grader.project import Project

            try:
                return command(project=Project(config_file, reference_folder, decisions_file), **values)
            except Faulty as error:
                click.echo(str(error), err=True)  # as it is: it begins with a file and a line
                raise SystemExit(3) from error

        wrapped: Command = called
        if decisions:
            wrapped = _option("decisions_file", f"What people decided of answers.  [default: {decisions}]")(wrapped)
        if reference:
            wrapped = _option("reference_folder", "The answers.  [default: reference/ beside the config]")(wrapped)
        told = "The homework and its rubric.  [default: config.yaml beside the grader]"
        return _option("config_file", told, lambda context, option, value: value or _config_file())(wrapped)

    return decorated


def _option(name: str, told: str, callback: Callable[..., Path] | None = None) -> Callable[[Command], Command]:
    flag, _, kind = name.partition("_")
    place = click.Path(exists=True, file_okay=kind == "file", dir_okay=kind == "folder", path_type=Path)
    return click.option(f"--{flag}", name, type=place, callback=callback, help=told)


def _config_file() -> Path:
    beside, here = HOME / "config.yaml", Path("config.yaml")
    return here if here.is_file() and not beside.is_file() else beside
