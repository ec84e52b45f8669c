"""A student's own check where only marking's libraries are missing, and where the system is not Unix: simulated."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader import cli
from grader.assignment import config
from grader.package import templates

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "submissions_example"

# What a system without Unix has not, and what a student's environment leaves out.
RUN = """
import os, signal, socket, subprocess, sys
for name in ("fcntl", "resource", "pwd", "grp", "termios", "z3", "sympy", "gradescope_utils", "pytest", "cvc5"):
    sys.modules[name] = None
for module, names in (
    (os, "fork forkpty killpg setsid pidfd_open posix_fallocate pread O_CLOEXEC O_NONBLOCK O_NOFOLLOW O_TMPFILE "
         "waitid sched_getaffinity sysconf"),
    (signal, "setitimer SIGKILL SIGUSR1 SIGPROF SIGALRM SIGCHLD alarm"),
    (socket, "AF_UNIX send_fds recv_fds"),
):
    for name in names.split():
        if hasattr(module, name):
            delattr(module, name)
def refused(*_, **__):
    raise OSError("no process is started by a check")
subprocess.Popen = refused
sys.argv = ["grader", *sys.argv[1:]]
sys.path.insert(0, {root!r})
import grader.__main__
grader.__main__.main()
"""


def check(*words):
    code = RUN.replace("{root!r}", repr(str(ROOT)))
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, "check", *map(str, words)],
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "fault" not in done.stdout
    assert not done.stderr
    return done.stdout


@pytest.mark.parametrize("name", ["full_marks", "missing_transposes", "latex_notation", "handwritten", "broken_yaml"])
def test_an_example(name):
    assert check(EXAMPLES / name) == CliRunner().invoke(cli.main, ["check", str(EXAMPLES / name)]).output


def test_a_program_is_not_run():
    assert "backprop.py was not run" in re.sub(r"\s+", " ", check(EXAMPLES / "python_program"))


@pytest.mark.parametrize("name", ["homework.tex", "homework.md"])
def test_a_write_up_and_what_is_written(name, tmp_path):
    write = templates.latex if name.endswith("tex") else templates.markdown
    text = write(config.load(ROOT / "config.yaml"))
    text = text.replace(r"\answer{2.3.z}{}", r"\answer{2.3.z}{(1, 2, 3)}").replace("\n2.3.z:", "\n2.3.z: $(1, 2, 3)$")
    (tmp_path / name).write_text(text, encoding="utf-8")
    page, answers = tmp_path / "page.html", tmp_path / "answers.yaml"
    assert f"in {name}, line" in check(tmp_path / name, "--html", page, "--answers", answers)
    assert "<math" in page.read_text(encoding="utf-8")
    assert "(1, 2, 3)" in answers.read_text(encoding="utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["answers.yaml", name, "page.html"]


def test_what_needs_a_solver_is_proved_after_submission(tmp_path):
    layers = (
        "{W: [[1, 1, 1, 1, 1, 1]], activation: relu}, {W: [[1]], activation: 'max(0, z - 1)'}, "
        "{W: [[1]], activation: 'I(z >= 0)'}"
    )
    (tmp_path / "answers.yaml").write_text(f'"1": {{layers: [{layers}]}}\n')
    stated = tmp_path / "config.yaml"
    stated.write_text(
        "title: Always 1\nparts:\n  '1':\n    {title: one, kind: network, points: 1, box: [-1, 1],\n"
        "     inputs: [x1, x2, x3, x4, x5, x6], predicate: x1 * x2 >= 0 or x1 * x2 < 0}\n"
    )
    assert "proved after submission" in re.sub(r"\s+", " ", check(tmp_path, "--config", stated))
