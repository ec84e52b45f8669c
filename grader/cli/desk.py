"""``grader desk``: a page on this machine where a person decides what the grader left open."""

from __future__ import annotations

import getpass
from pathlib import Path

import click

from grader.cli import output, project


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="The port to listen on.  [default: a free one]")
@click.option("--by", default="", help="Who decides.  [default: who is logged in here]")
@click.option("--open/--no-open", "show", default=True, help="Whether to open the page in the browser.")
@project.with_config
@project.with_reference
def desk(folder: Path, port: int, by: str, show: bool, config_file: Path, reference_folder: Path | None) -> None:
    """Decide what `grader batch` left open in DIR, one key each; every decision is saved at once.

    It goes into decisions.yaml in DIR, which the next `grader batch` applies.
    """
    try:
        import uvicorn

        from grader.desk import server
    except ImportError as error:
        raise click.UsageError(
            f"The desk needs {error.name}, which is not installed: .venv/bin/python -m pip install 'starlette>=0.40' "
            "'uvicorn>=0.30' (or the extra `desk`)."
        ) from error
    import socket

    from grader.cli import marking
    from grader.decisions import Faulty
    from grader.desk.work import Desk

    if not (folder / "results").is_dir():
        raise click.UsageError(f"{folder} is no folder that `grader batch` wrote.")
    homework = marking.homework(project.config(config_file), project.reference(reference_folder, config_file))
    desk = Desk(folder, homework, by or getpass.getuser())
    try:
        left = desk.outcomes.count("")
    except Faulty as error:
        raise project.Faulty(str(error)) from error
    with socket.socket() as listening:
        try:
            listening.bind(("127.0.0.1", port))
        except OSError as error:
            raise click.UsageError(f"Port {port} cannot be used: {error.strerror}.") from error
        port = listening.getsockname()[1]
        token = server.new_token()
        address = f"http://127.0.0.1:{port}/{token}/"
        output.mention(f"{len(desk.cases)} cases, {left} of them open. Ctrl-C ends the desk.\n{address}\n")
        if show:
            click.launch(address)
        application = server.app(desk, token, port)
        uvicorn.Server(uvicorn.Config(application, log_level="warning", access_log=False)).run([listening])
