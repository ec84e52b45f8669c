"""The homework that a command is about: where config, reference and decisions are, and what a mistake in them does."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from functools import cached_property, wraps
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from grader.frozen import frozen

if TYPE_CHECKING:
    from grader.assignment.config import Config
    from grader.decisions import Decisions
    from grader.grading import Homework

Command = Callable[..., Any]

HOME = Path(__file__).resolve().parents[2]
"""The folder that holds ``grader/``: a checkout, Gradescope's source, a student's package."""


class Faulty(click.ClickException):
    """A config, a reference or decisions that cannot be used."""

    exit_code = 3

    def show(self, file: IO[Any] | None = None) -> None:
        """To standard error, as it is: it begins with a file and a line."""
        click.echo(self.message, err=True)


@contextlib.contextmanager
def faults() -> Iterator[None]:
    """What is found to be wrong with a config, a reference or decisions, as ``Faulty``."""
    from grader import decisions
    from grader.assignment import answer_key, config

    try:
        yield
    except (config.Faulty, answer_key.Faulty, decisions.Faulty) as error:
        raise Faulty(str(error)) from error


@frozen
class Project:
    """Each of the three is read when it is first asked for; ``Faulty`` names every mistake with its file and line."""

    config_file: Path
    reference_folder: Path | None = None
    decisions_file: Path | None = None

    @cached_property
    def config(self) -> Config:
        from grader.assignment import config

        with faults():
            return config.load(self.config_file)

    @cached_property
    def reference(self) -> Path:
        """The folder of the answers."""
        found = self.reference_folder or self.config_file.parent / "reference"
        if not found.is_dir():
            raise Faulty(f"{found}: there is no such folder, and marking needs the answers in it. See --reference.")
        return found

    @cached_property
    def decisions(self) -> Decisions:
        from grader import decisions

        with faults():
            return decisions.load(self.decisions_file, self.config) if self.decisions_file else decisions.NONE

    def read(self) -> Config:
        """All that can be read without the engine, so that its mistakes come before the work."""
        _ = self.config, self.reference, self.decisions
        return self.config

    @cached_property
    def homework(self) -> Homework:
        """Ready to mark with."""
        from grader import grading
        from grader.assignment import answer_key

        with faults():
            return grading.Homework(self.config, answer_key.load(self.reference, self.config)).prepare()

    @cached_property
    def unanswered(self) -> Homework:
        """The homework without its answers, ready to check with."""
        from grader import grading

        with faults():
            return grading.Homework(self.config).prepare()


def with_project(*, reference: bool = True, decisions: str = "") -> Callable[[Command], Command]:
    """Adds ``--config``, and what else is wanted of ``--reference`` and ``--decisions``, whose default is told so.

    The command gets the project.
    """

    def decorated(command: Command) -> Command:
        @wraps(command)
        def called(
            config_file: Path,
            reference_folder: Path | None = None,
            decisions_file: Path | None = None,
            **values: Any,
        ) -> Any:
            return command(project=Project(config_file, reference_folder, decisions_file), **values)

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
    return next(
        (place for place in (HOME / "config.yaml", Path("config.yaml")) if place.is_file()), HOME / "config.yaml"
    )
