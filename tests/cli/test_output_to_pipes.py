"""Where text goes: to pipes and devices, and what happens where nobody listens."""

from __future__ import annotations

import json
import os
import shlex
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from grader.cli import common

PROJECT = Path(__file__).parents[2]
HOMEWORK = {
    "config.yaml": "title: Small\nparts: {'1': {title: one, kind: fields, points: 1, "
    "items: {z: {kind: vector, shape: [2]}}}}",
    "reference/__init__.py": "ANSWERS = {'1.z': [6, 12]}",
    "full_marks/answers.yaml": "'1': {z: [6, 12]}",
}
"""Marked in a moment."""


def test_a_pipe_gets_the_text_and_stays_a_pipe(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    heard = []
    reader = threading.Thread(target=lambda: heard.append(pipe.read_text()))
    reader.start()
    common.write("a report", str(pipe))
    reader.join(10)
    assert heard == ["a report"]
    assert stat.S_ISFIFO(os.stat(pipe).st_mode)


@pytest.fixture(scope="module")
def homework(tmp_path_factory):
    folder = tmp_path_factory.mktemp("homework")
    for name, text in HOMEWORK.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return folder


def shell(command: str, cwd: Path, homework: Path) -> subprocess.CompletedProcess[str]:
    config = ["--config", str(homework / "config.yaml")]
    words = {
        "GRADE": [sys.executable, "-m", "grader", "grade", str(homework / "full_marks"), *config],
        "TRY": [sys.executable, "-m", "grader", "try", "1.z", "[6, 12]", *config],
    }
    for name, value in words.items():
        command = command.replace(name, shlex.join(value))
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    return subprocess.run(["sh", "-c", command], cwd=cwd, capture_output=True, text=True, env=environment, check=False)


@pytest.mark.parametrize(
    ("command", "status", "lines"),
    [
        # Standard output, closed from the start, closed in the middle, full; and the other streams as well.
        ("GRADE --json out.json >&-", 0, 0),
        ("GRADE --json out.json > /dev/full", 0, 1),
        ("GRADE --json out.json --html - > /dev/full", 0, 1),
        ("(GRADE --json out.json; echo $? > status) | true; exit $(cat status)", 0, 1),
        ("GRADE --json out.json <&- >&- 2>&-", 0, 0),
        ("GRADE --json out.json > /dev/full 2> /dev/full", 0, 0),
        ("GRADE > /dev/full", 2, 1),
        ("GRADE --json - > /dev/full", 2, 1),
        ("TRY > /dev/full", 2, 1),
        ("here=$(pwd); mkdir d; cd d; rmdir ../d; GRADE --json $here/out.json > /dev/null", 0, 0),
    ],
)
def test_nobody_listens(command: str, status: int, lines: int, homework: Path, tmp_path: Path) -> None:
    """What goes to a file is there, and what is said is one line, and no traceback."""
    done = shell(command, tmp_path, homework)
    assert done.returncode == status, done.stderr
    assert len(done.stderr.splitlines()) == lines, done.stderr
    if "out.json" in command:
        assert json.loads((tmp_path / "out.json").read_text())["score"] == 1.0
        assert {file.name for file in tmp_path.iterdir()} <= {"out.json", "status"}
