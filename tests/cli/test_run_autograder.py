"""run_autograder on Gradescope's layout: a valid results.json is left whatever the grader does."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest

PROJECT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((PROJECT / "tests" / "reporters" / "results.schema.json").read_text())
WHOLE = '{"score": 3, "tests": []}'

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="bash")


@pytest.fixture
def autograder(tmp_path):
    """The layout, with a grader that is some lines of bash."""
    source = tmp_path / "source"
    (source / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / "submission").mkdir()
    shutil.copy(PROJECT / "run_autograder", tmp_path / "run_autograder")
    script(source / "environment.sh", "exit 0")
    return tmp_path


def script(path, *lines):
    path.write_text("\n".join(["#!/usr/bin/env bash", *lines]) + "\n")
    path.chmod(0o755)


def run(autograder, *lines, seconds="20"):
    script(autograder / "source" / ".venv" / "bin" / "grader", *lines)
    done = subprocess.run(
        [autograder / "run_autograder"],
        env={**os.environ, "AUTOGRADER_ROOT": str(autograder), "AUTOGRADER_SECONDS": seconds},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    results = json.loads((autograder / "results" / "results.json").read_text())
    jsonschema.validate(results, SCHEMA)
    assert os.listdir(autograder / "results") == ["results.json"]
    return results


def write(text):
    return f"printf %s '{text}' > \"$2/results/results.json\""


def test_what_the_grader_wrote_stays(autograder):
    assert run(autograder, '[ "$1" = gradescope ] || exit 1', write(WHOLE)) == json.loads(WHOLE)


def test_it_stays_when_the_grader_fails_later(autograder):
    assert run(autograder, write(WHOLE), "exit 7") == json.loads(WHOLE)


@pytest.mark.parametrize(
    "lines",
    [
        ["exit 1"],
        ["kill -KILL $$"],
        ["kill -SEGV $$"],
        [write("")],
        [write('{"score": 3, "tests": [')],
        [write("Traceback")],
        ["exec /nonexistent/python"],
    ],
)
def test_what_the_grader_left_out_is_a_fault_of_ours(autograder, lines):
    results = run(autograder, *lines)
    assert results["score"] == 0
    assert "not your mistake" in results["output"]
    assert results["stdout_visibility"] == "hidden"


def test_an_environment_that_cannot_be_made(autograder):
    script(autograder / "source" / "environment.sh", "exit 1")
    assert "not your mistake" in run(autograder, write(WHOLE))["output"]


def test_results_of_an_earlier_run_are_not_taken_for_this_one(autograder):
    (autograder / "results").mkdir()
    (autograder / "results" / "results.json").write_text(WHOLE)
    assert run(autograder, "exit 1")["score"] == 0


def test_a_grader_that_hangs_is_ended(autograder):
    assert run(autograder, "sleep 1000", seconds="1")["score"] == 0


def test_nothing_is_left_running(autograder):
    run(autograder, 'sleep 1000 & echo $! > "$2/pid"', write(WHOLE))
    stat = Path("/proc", (autograder / "pid").read_text().strip(), "stat")
    for _ in range(50):
        if not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.1)
    pytest.fail("a process was left behind")


def test_a_script_that_changes_while_it_runs_does_what_it_did(autograder):
    attack = 'echo "echo {} > $2/results/results.json" >> "$2/run_autograder"'
    assert run(autograder, attack, write(WHOLE)) == json.loads(WHOLE)


@pytest.mark.parametrize("name", ["run_autograder", "setup.sh", "environment.sh", ".ci/run"])
def test_scripts_are_as_a_shell_wants_them(name):
    data = (PROJECT / name).read_bytes()
    assert data.startswith(b"#!/")
    assert b"\r" not in data
    assert os.access(PROJECT / name, os.X_OK)


def environment(folder, **variables):
    return subprocess.run(
        ["bash", folder / "environment.sh"],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def bare(tmp_path):
    shutil.copy(PROJECT / "environment.sh", tmp_path)
    (tmp_path / "requirements.lock").touch()
    return tmp_path


def few_tools(folder):
    """A path without any Python."""
    tools = folder / "tools"
    tools.mkdir()
    for tool in ("bash", "dirname", "cmp", "cat"):
        (tools / tool).symlink_to(shutil.which(tool))
    return str(tools)


def test_a_missing_venv_module_is_said_in_a_sentence(bare):
    script(bare / "python3", 'case "$2" in *venv*) exit 1;; *) exit 0;; esac')
    done = environment(bare, PYTHON=str(bare / "python3"))
    assert done.returncode == 1
    assert "sudo apt-get install python3-venv" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_python_is_said_in_a_sentence(bare):
    done = environment(bare, PATH=few_tools(bare), PYTHON="")
    assert done.returncode == 1
    assert "Python 3.10 or newer" in done.stderr


def test_an_environment_is_made_once_starts_the_grader_apart_and_stays_in_its_place(bare, tmp_path_factory):
    (bare / "grader").mkdir()
    (bare / "grader" / "__main__.py").write_text("import sys; print(sys.argv[1:], sys.flags.isolated)")
    first = environment(bare, PYTHON=sys.executable)
    assert first.returncode == 0, first.stderr
    second = environment(bare, PYTHON=sys.executable)
    assert (second.returncode, second.stderr) == (0, "")
    started = [bare / ".venv" / "bin" / "grader", "doctor"]
    done = subprocess.run(started, cwd="/", capture_output=True, text=True, check=False)
    assert done.stdout == "['doctor'] 1\n", done.stderr

    # Moved, it would run the grader of the old place: it is not taken, and the search for a Python begins again.
    moved = tmp_path_factory.mktemp("moved") / "here"
    shutil.move(bare, moved)
    assert "Python 3.10 or newer" in environment(moved, PATH=few_tools(moved), PYTHON="").stderr
