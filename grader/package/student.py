"""The zip for students: the self-check and a template to fill in, without a single answer."""

from __future__ import annotations

import json
from pathlib import Path

from grader.assignment.config import Config
from grader.package import archive, schema, template, write_ups

FOLDER = "self_check"
"""The zip holds one folder, so that unpacking it litters nothing."""


def build(home: Path, config_file: Path, config: Config) -> bytes:
    """The zip, from the grader in ``home`` and the config, which holds no answer."""
    handout = Path(__file__).parent / "handout"
    files = {name: (home / name).read_bytes() for name in ("environment.sh", "requirements-check.lock")}
    files["config.yaml"] = config_file.read_bytes()
    files["README.md"] = (handout / "README.md").read_bytes()
    files["answers.yaml"] = template.text(config).encode()
    files["homework.sty"] = write_ups.style(config).encode()
    files["homework.tex"] = write_ups.latex(config).encode()
    files["homework.md"] = write_ups.markdown(config).encode()
    written = json.dumps(schema.of(config), indent=1, ensure_ascii=False)
    files[template.SCHEMA] = f"{written}\n".encode()
    files["check"] = (handout / "check").read_bytes()
    files.update(archive.sources(handout / "example", "example"))
    files.update(archive.sources(home / "grader", "grader"))
    return archive.build(
        {f"{FOLDER}/{name}": data for name, data in files.items()},
        frozenset({f"{FOLDER}/environment.sh", f"{FOLDER}/check"}),
    )
