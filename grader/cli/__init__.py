"""Words to calls: the one place that prints, writes files and exits.

Each command imports its engine only when it is called, so that a self-check never waits for a class's page.
"""

from __future__ import annotations

import click

from grader.cli.instructor import audit, batch, compare, desk, doctor, export, package
from grader.cli.submission import attempt, check, grade, gradescope

__all__ = ["main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """Marks one written homework: networks, a backward pass, and what they cost."""


for command in (grade, batch, compare, desk, export, check, attempt, audit, package, doctor, gradescope):
    main.add_command(command)
