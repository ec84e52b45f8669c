"""The zip for Gradescope: what runs there, at the root, and nothing else."""

from __future__ import annotations

from pathlib import Path

from grader.package import archive

SCRIPTS = frozenset({"setup.sh", "run_autograder", "environment.sh"})


def build(home: Path, config_file: Path, reference: Path, decisions: Path | None = None) -> bytes:
    """The zip, from the grader in ``home``, a config, the folder of the answers, and what people decided."""
    files = {name: (home / name).read_bytes() for name in [*SCRIPTS, "requirements.lock"]}
    files["config.yaml"] = config_file.read_bytes()
    if decisions is not None:
        files["decisions.yaml"] = decisions.read_bytes()
    files.update(archive.sources(home / "grader", "grader"))
    files.update(archive.sources(reference, "reference"))
    return archive.build(files, SCRIPTS)
