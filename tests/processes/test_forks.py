"""No process that has threads is forked: the copy has their locks, and nobody who would ever open them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
FULL_MARKS = "submissions_example/full_marks"
COMMAND = """
import os, sys
fork = os.fork
def counted():
    with open("/proc/self/status") as file:
        threads = next(line.split()[1] for line in file if line.startswith("Threads:"))
    assert threads == "1", f"forked with {threads} threads"
    return fork()
os.fork = counted
from grader.__main__ import main
main()
"""


@pytest.mark.parametrize(
    "words",
    [
        ["grade", FULL_MARKS],
        ["grade", "submissions_example/python_program"],
        ["check", FULL_MARKS],
        ["batch", "{class}", "--out", "{out}"],
        ["try", "--rows", "-"],
        ["gradescope", "{root}"],
    ],
)
def test_each_command_forks_without_threads(words: list[str], tmp_path: Path) -> None:
    if not Path("/proc/self/status").exists():
        pytest.skip("this system does not tell how many threads there are")
    for name in ("full_marks", "python_program"):
        (tmp_path / "class" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "class" / name).symlink_to(PROJECT / "submissions_example" / name)
    (tmp_path / "root" / "results").mkdir(parents=True)
    known = {"{root}": str(tmp_path / "root"), "{out}": str(tmp_path / "out"), "{class}": str(tmp_path / "class")}
    command = [sys.executable, "-c", COMMAND, *(known.get(word, word) for word in words)]
    rows = b'{"item": "2.3.reverse.time", "text": "2n"}\n{"item": "2.3.z", "text": "[6, 12, 18]"}\n'
    done = subprocess.run(command, cwd=PROJECT, input=rows, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
