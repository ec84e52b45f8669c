"""What is handed out: the zip to upload to Gradescope and the one for students, made from a list of what goes in.

A zip is the same byte for byte wherever and whenever it is made from the same files.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from grader.assignment.config import Config
from grader.package import templates

SCRIPTS = frozenset({"setup.sh", "run_autograder", "environment.sh"})
FOLDER = "self_check"
"""The students' zip holds one folder, so that unpacking it litters nothing."""

SUFFIXES = frozenset({".py", ".lark", ".html", ".css", ".js", ".md", ".json", ".yaml"})
"""What a package of ours is made of. A list of what goes in: a stray file stays out without anyone thinking of it."""

_EARLIEST = (1980, 1, 1, 0, 0, 0)


def gradescope(home: Path, config_file: Path, reference: Path, decisions: Path | None = None) -> bytes:
    """The zip to upload, from the grader in ``home``, a config, the folder of the answers, and what people decided."""
    files = {name: _read(home / name) for name in [*SCRIPTS, "requirements.lock"]}
    files["config.yaml"] = _read(config_file)
    if decisions is not None:
        files["decisions.yaml"] = _read(decisions)
    files.update(sources(home / "grader", "grader"))
    files.update(sources(reference, "reference"))
    return zipped(files, SCRIPTS)


def student(home: Path, config_file: Path, config: Config) -> bytes:
    """The zip for students, from the grader in ``home`` and the config, which holds no answer."""
    handout = Path(__file__).parent / "handout"
    files = {name: _read(home / name) for name in ("environment.sh", "requirements-check.lock")}
    files |= {name: _read(handout / name) for name in ("README.md", "check")}
    files["config.yaml"] = _read(config_file)
    schema = json.dumps(templates.schema(config), indent=1, ensure_ascii=False)
    made = {**templates.every(config), "homework.sty": templates.style(config), templates.SCHEMA: f"{schema}\n"}
    files |= {name: text.encode() for name, text in made.items()}
    files.update(sources(handout / "example", "example"))
    files.update(sources(home / "grader", "grader"))
    inside = {f"{FOLDER}/{name}": data for name, data in files.items()}
    return zipped(inside, frozenset({f"{FOLDER}/environment.sh", f"{FOLDER}/check"}))


def zipped(
    files: Mapping[str, bytes], runnable: frozenset[str] = frozenset(), compression: int = zipfile.ZIP_STORED
) -> bytes:
    """The zip of these files, with the run bit on the ``runnable`` ones.

    Stored, unless asked: compressors differ between machines.
    """
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression, compresslevel=9) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EARLIEST)
            entry.create_system = 3  # Unix, on every system: the run bit counts
            entry.external_attr = (0o100755 if name in runnable else 0o100644) << 16
            archive.writestr(entry, files[name], compression)
    return stream.getvalue()


def sources(folder: Path, name: str) -> Iterator[tuple[str, bytes]]:
    """The source files of a Python package, under ``name/``. Links and caches stay out."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        hidden = any(part.startswith((".", "__pycache__")) for part in inside.parts)
        if path.is_file() and not path.is_symlink() and not hidden and path.suffix in SUFFIXES:
            yield f"{name}/{inside.as_posix()}", _read(path)


def _read(file: Path) -> bytes:
    """A text with the line breaks of Unix, where it will run."""
    return file.read_bytes().replace(b"\r\n", b"\n")
