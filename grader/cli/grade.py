"""``grader grade``: one submission."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import output, project

if TYPE_CHECKING:
    from grader.report import Report


@click.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--json", "json_file", metavar="FILE", help="Write Gradescope's results.json here; - is standard output.")
@click.option("--html", "html_file", metavar="FILE", help="Write the report as a page here; - is standard output.")
@project.with_config
@project.with_reference
@project.with_decisions("none")
def grade(
    path: Path,
    json_file: str | None,
    html_file: str | None,
    config_file: Path,
    reference_folder: Path | None,
    decisions_file: Path | None,
) -> None:
    """Mark one submission: a folder, a .zip or a .tar.gz with answers.yaml or a write-up in it."""
    from grader import supervisor
    from grader.cli import marking

    if json_file == html_file == "-":
        raise click.UsageError("Only one of --json and --html can go to standard output.")
    config = project.config(config_file)
    reference = project.reference(reference_folder, config_file)
    decisions = project.decisions(decisions_file, config)
    width, colour = output.width(), output.is_terminal()

    def as_text(report: Report) -> str:
        from grader.reporters import terminal

        return terminal.render(report, width=width, colour=colour)

    def as_json(report: Report) -> str:
        from grader.reporters import gradescope

        return gradescope.render(report, stdout_visibility=config.gradescope.stdout_visibility)

    def as_page(report: Report) -> str:
        from grader.reporters import html

        return html.render(report, path.name)

    renders: dict[str, supervisor.Render] = {}
    targets = {"json": json_file, "html": html_file}
    if json_file:
        renders["json"] = as_json
    if html_file:
        renders["html"] = as_page
    if "-" not in targets.values():
        renders["text"], targets["text"] = as_text, "-"
    with output.places(target for target in targets.values() if target) as write:
        marked = marking.grade(path, config, reference, renders, decisions, (path.name, path.stem))
        lost = [name for name in renders if name not in marked.texts]
        short = supervisor.last_resort(marked.report)
        texts = {**marked.texts, "json": short} if "json" in lost else marked.texts
        # Files first: standard output may be closed, and what is in a file is safe.
        for name in sorted(texts, key=lambda name: targets[name] == "-"):
            if targets[name] != "-":
                write(texts[name], targets[name], short if name == "json" else "")
            elif {json_file, html_file} - {None, "-"}:
                output.mention(texts[name])
            else:
                output.say(texts[name])
    if lost:
        raise click.ClickException(
            f"Not everything could be shown ({', '.join(lost)}):\n" + "\n".join(marked.report.faults)
        )
