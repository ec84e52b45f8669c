"""``grader audit``: does the rubric tell right from wrong?"""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli import output, project


@click.command()
@click.option("--jobs", type=click.IntRange(min=1), help="How many to mark at once.  [default: one a core]")
@project.with_config
@project.with_reference
def audit(jobs: int | None, config_file: Path, reference_folder: Path | None) -> None:
    """Show that the reference gets full marks, and that every mutant of it loses some where it is wrong."""
    from rich.console import Console
    from rich.progress import Progress

    from grader import audit as auditing, grading
    from grader.assignment import answer_key, config
    from grader.report import plain

    with Progress(console=Console(stderr=True), transient=True, auto_refresh=False) as progress:
        task = progress.add_task("marking mutants", total=None)

        def show(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)
            progress.refresh()

        try:
            settings = config.load(config_file)
            key = answer_key.load(project.reference(reference_folder, config_file), settings)
            found = auditing.run(grading.Homework(settings, key), jobs, show)
        except (config.Faulty, answer_key.Faulty) as error:
            raise project.Faulty(str(error)) from error
    output.say(plain(auditing.blocks(found)) + "\n")
