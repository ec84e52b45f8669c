"""What the commands share: the homework that they are about, and where text goes: standard output, or a whole file."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from pathlib import Path
from typing import IO, Any

import click

Command = Callable[..., Any]

HOME = Path(__file__).resolve().parents[2]
"""The folder that holds ``grader/``: a checkout, Gradescope's source, a student's package."""
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
PLACE = click.Path(exists=True, path_type=Path)
"""What a command reads."""

WIDEST = 100
"""Columns of a report, however wide the terminal: longer lines are hard to read."""


def with_project(*, reference: bool = True, decisions: str = "") -> Callable[[Command], Command]:
    """Adds ``--config``, and what else is wanted of ``--reference`` and ``--decisions``, whose default is told so.

    The command gets the project; what is wrong with its files ends it with status 3.
    """

    def decorated(command: Command) -> Command:
        @wraps(command)
        def called(
            config_file: Path | None,
            reference_folder: Path | None = None,
            decisions_file: Path | None = None,
            **values: Any,
        ) -> Any:
            from grader.assignment.faults import Faulty
            from grader.project import Project

            beside, here = HOME / "config.yaml", Path("config.yaml")
            config = config_file or (here if here.is_file() and not beside.is_file() else beside)
            try:
                return command(project=Project(config, reference_folder, decisions_file), **values)
            except Faulty as error:
                click.echo(str(error), err=True)  # as it is: it begins with a file and a line
                raise SystemExit(3) from error

        wrapped: Command = called
        if decisions:
            told = f"What people decided of answers.  [default: {decisions}]"
            wrapped = click.option("--decisions", "decisions_file", type=FILE, help=told)(wrapped)
        if reference:
            told = "The answers.  [default: reference/ beside the config]"
            wrapped = click.option("--reference", "reference_folder", type=FOLDER, help=told)(wrapped)
        told = "The homework and its rubric.  [default: config.yaml beside the grader]"
        return click.option("--config", "config_file", type=FILE, help=told)(wrapped)

    return decorated


def is_terminal() -> bool:
    """Whether a person looks at standard output, and wants colour."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def look() -> dict[str, Any]:
    """The columns to write for, the terminal's, and whether in colour; a pipe always gets the same text."""
    width = min(shutil.get_terminal_size().columns, WIDEST) if sys.stdout.isatty() else 80
    return {"width": width, "colour": is_terminal()}


class Unheard(click.ClickException):
    """Standard output is closed or full."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        """In one line, unless nobody listens there either."""
        with contextlib.suppress(OSError):
            click.echo(self.message, err=True)


def say(text: str) -> None:
    """To standard output, as it is. Raises ``Unheard``."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        # What is left in the stream would be tried again at the end, and fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise Unheard(f"Standard output cannot be written: {error.strerror}.") from error


def mention(text: str) -> None:
    """To standard output, when the results are in files: that nobody can read it there is no failure."""
    try:
        say(text)
    except Unheard as unheard:
        unheard.show()


@contextlib.contextmanager
def places(targets: Iterable[str]) -> Iterator[Callable[..., None]]:
    """Takes room at each target before the work begins, ``-`` being standard output; gives what writes to them.

    A place that cannot be written is a wrong call. The shorter text is for a disk without room for the whole.
    """
    from grader.processes.destination import Destination

    with contextlib.ExitStack() as stack:
        held = {}
        for target in targets:
            if target != "-":
                with named(target):
                    held[target] = stack.enter_context(Destination(target))

        def write(text: str, target: str, shorter: str = "") -> None:
            if target == "-":
                say(text)
                return
            with named(target):
                held[target].write(text, shorter)

        yield write


def write(text: str | bytes, target: str) -> None:
    """To ``target``, ``-`` being standard output for text. A place that cannot be written is a wrong call."""
    with places([target]) as write_to:
        write_to(text, target)


@contextlib.contextmanager
def named(target: str) -> Iterator[None]:
    """A place that cannot be written is a wrong call."""
    try:
        yield
    except OSError as error:
        raise click.UsageError(f"{target} cannot be written: {error.strerror}.") from error
