"""``grader doctor``: what this machine can isolate and prove."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli import output, project


@click.command()
@project.with_config
def doctor(config_file: Path) -> None:
    """Try what this machine can isolate and prove, and say whether student Python is run here."""
    from grader import doctor as diagnosis
    from grader.reporters import terminal

    config = project.config(config_file)
    found = diagnosis.examine(config.python_answers.isolation)
    output.say(terminal.message(found.blocks(), width=output.width(), colour=output.is_terminal()))
