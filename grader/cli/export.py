"""``grader export``: the marks of a class for a gradebook."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli import output


@click.command()
@click.argument("platform", metavar="FORMAT", type=click.Choice(["canvas", "moodle", "brightspace"]))
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--into",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The file that the platform exported: its one column is filled in, all else stays byte by byte.",
)
@click.option("--column", default="", help="The column of the file.  [default: the one named like the homework]")
@click.option("--out", metavar="FILE", help="Write here.  [default: the file of --into, else FORMAT.csv in DIR]")
def export(platform: str, folder: Path, file: Path | None, column: str, out: str | None) -> None:
    """Write the marks in DIR, an output of `grader batch`, for canvas, moodle or brightspace."""
    from grader.batch import gradebooks

    try:
        exported = gradebooks.of_folder(folder, platform, file, column)
    except gradebooks.Unsuitable as error:
        raise click.UsageError(f"{error}.") from error
    target = out or str(file or folder / f"{platform}.csv")
    output.write(exported.data.decode() if target == "-" else exported.data, target)
    for word, names in (("not in the gradebook", exported.unmatched), ("without a mark", exported.unmarked)):
        if names:
            click.echo(f"{len(names)} {word}:\n" + "".join(f"  {name}\n" for name in names), err=True, nl=False)
    said = f"{exported.written} marks in the column {exported.column}"
    if exported.waiting:
        said += f"; {exported.waiting} of them may change: something there still needs a person"
    click.echo(f"{said}.", err=True)
    if target != "-":
        output.mention(f"{target}\n")
