"""``grader doctor``: whether config and reference can be used, and what this machine can isolate and prove."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli import output, project


@click.command()
@project.with_config
@project.with_reference
def doctor(config_file: Path, reference_folder: Path | None) -> None:
    """Read config and reference and name their mistakes; try what this machine can isolate and prove."""
    from grader import doctor as diagnosis
    from grader.cli import marking
    from grader.reporters import terminal

    config = project.config(config_file)
    beside = config_file.parent / "reference"
    reference = reference_folder or (beside if beside.is_dir() else None)  # students have none
    marking.homework(config, reference)
    read = f"{config_file.name} and {reference.name}/ can" if reference else f"{config_file.name} can"
    output.say(f"{read} be used: {len(config.items)} items.\n\n")
    found = diagnosis.examine(config.python_answers.isolation)
    output.say(terminal.message(found.blocks(), width=output.width(), colour=output.is_terminal()))
