"""Where text goes: standard output for ``-``, else a file that is whole or absent."""

from __future__ import annotations

import os
import shutil
import sys

import click

WIDEST = 100
"""Columns of a report, however wide the terminal: longer lines are hard to read."""


def is_terminal() -> bool:
    """Whether a person looks at standard output, and wants colour."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def width() -> int:
    """Columns to write for: the terminal's, and 80 in a pipe, so that a pipe always gets the same text."""
    return min(shutil.get_terminal_size().columns, WIDEST) if sys.stdout.isatty() else 80


def say(text: str) -> None:
    """To standard output, as it is."""
    sys.stdout.write(text)
    sys.stdout.flush()


def write(text: str, target: str) -> None:
    """To ``target``, ``-`` being standard output. A place that cannot be written is a wrong call."""
    if target == "-":
        say(text)
        return
    from grader.supervisor import Destination

    try:
        # A rename would put a file in the place of a device or a pipe: of /dev/null, for root.
        if os.path.exists(target) and not os.path.isfile(target):
            with open(target, "w", encoding="utf-8") as stream:
                stream.write(text)
            return
        with Destination(target) as destination:
            destination.write(text)
    except OSError as error:
        raise click.UsageError(f"{target} cannot be written: {error.strerror}.") from error
