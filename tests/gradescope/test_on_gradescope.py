"""The upload on Gradescope's terms: unpacked, set up as root, and run over whatever may be submitted."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import tarfile
import time
import zipfile
from pathlib import Path

import jsonschema
import pytest
from markdown_it import MarkdownIt

PROJECT = Path(__file__).resolve().parents[2]
EXAMPLES = PROJECT / "submissions_example"
SCHEMA = json.loads((PROJECT / "tests" / "reporters" / "results.schema.json").read_text())
FULL = EXAMPLES / "full_marks" / "answers.yaml"

pytestmark = pytest.mark.timeout(1800)


def mark(machine, prepare):
    """What run_autograder leaves for a submission that ``prepare`` lays out."""
    autograder = machine.root / "autograder"
    for name in ("submission", "results"):
        shutil.rmtree(autograder / name, ignore_errors=True)
        (autograder / name).mkdir()
    prepare(autograder / "submission")
    started = time.monotonic()
    done = machine.run("/bin/bash", "-c", "cd /autograder && ./run_autograder", seconds=600)
    print(f"{time.monotonic() - started:.1f} s")
    assert done.returncode == 0, done.stdout
    assert not machine.share.pids()
    (written,) = (autograder / "results").iterdir()
    assert written.name == "results.json"
    results = json.loads(written.read_text(), parse_constant=pytest.fail)
    jsonschema.validate(results, SCHEMA)
    assert not results.get("extra_data", {}).get("faults"), results["extra_data"]
    assert "fault" not in done.stdout, done.stdout
    return results


def verdicts(results):
    return {test["extra_data"]["item"]: test["extra_data"]["verdict"] for test in results["tests"]}


def copied(name, to):
    return lambda folder: shutil.copy(EXAMPLES / name / "answers.yaml", folder / to)


def possible(results):
    return sum(test["max_score"] for test in results["tests"])


def test_setup_ends_with_the_doctor(machine):
    assert "Isolation:" in machine.setup


def test_reference_is_for_root_alone(machine):
    for path in [machine.root / "autograder" / "source" / "reference", machine.root / "autograder" / "source"]:
        assert not path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)


def test_full_marks(machine):
    results = mark(machine, copied("full_marks", "answers.yaml"))
    assert set(verdicts(results).values()) == {"correct"}
    assert results["score"] == pytest.approx(possible(results)) == 6
    assert results["extra_data"]["submission"] == 4711
    assert "Ada" not in json.dumps(results)


def test_the_same_again(machine):
    first, second = (mark(machine, copied("handwritten", "answers.yaml")) for _ in range(2))
    del first["execution_time"], second["execution_time"]
    assert first == second


def test_no_file(machine):
    results = mark(machine, lambda folder: None)
    assert set(verdicts(results).values()) == {"missing"}
    assert results["score"] == 0
    assert "answers.yaml" in results["output"]


def test_no_submission_at_all(machine):
    results = mark(machine, lambda folder: folder.rmdir())
    assert results["score"] == 0
    assert set(verdicts(results).values()) == {"missing"}


def test_empty_file(machine):
    results = mark(machine, lambda folder: (folder / "answers.yaml").touch())
    assert results["score"] == 0


HOSTILE_PROGRAM = """
import os, socket, sys, subprocess, threading, signal
def backward(v):
    for attempt in (
        lambda: os.fork() or os.setsid(),
        lambda: open('/autograder/results/results.json', 'w').write('{"score": 1000}'),
        lambda: open('/autograder/run_autograder', 'a').write('echo'),
        lambda: print(open('/autograder/source/reference/networks.py').read()),
        lambda: subprocess.Popen(['sleep', '1000'], start_new_session=True),
        lambda: os.kill(os.getppid(), signal.SIGKILL),
        lambda: socket.create_connection(('127.0.0.1', 80)),
        lambda: threading.Thread(target=print).start(),
        lambda: os.system('sleep 1000 &'),
    ):
        try:
            attempt()
        except BaseException as error:
            print(error)
    os._exit(0)
"""


def test_hostile_program_and_files(machine):
    def prepare(folder):
        for name in ("numpy.py", "sitecustomize.py", "conftest.py", "grader.py", "yaml.py"):
            (folder / name).write_text("open('/autograder/results/results.json', 'w').write('{\"score\": 1000}')\n")
        (folder / "evil.pth").write_text("import os; os._exit(0)\n")
        (folder / "backprop.py").write_text(HOSTILE_PROGRAM)
        (folder / "answers.yaml").write_text(
            '"1.1": &a [*a]\n"2.2.2": {time: "__import__(\'os\').system(\'id\')", memory: "9**9**9**9"}\n'
            '"2.3": {z: "<script>alert(1)</script>", reverse: {time: "' + "(" * 5000 + '"}}\n'
        )

    script = (machine.root / "autograder" / "run_autograder").read_bytes()
    results = mark(machine, prepare)
    assert results["score"] == 0
    assert "correct" not in verdicts(results).values()
    assert not [test for test in results["tests"] if "<script" in MarkdownIt().render(test["output"])]
    assert (machine.root / "autograder" / "run_autograder").read_bytes() == script


def test_fifty_megabytes(machine):
    def prepare(folder):
        with (folder / "answers.yaml").open("wb") as file:
            for _ in range(50):
                file.write(b'"2.2.2": {time: n^2}\n' * 50_000)

    assert mark(machine, prepare)["score"] == 0


def test_zip_in_the_submission(machine):
    def prepare(folder):
        with zipfile.ZipFile(folder / "homework.zip", "w") as archive:
            archive.write(FULL, "homework/answers.yaml")

    results = mark(machine, prepare)
    assert results["score"] == 6 or "zip" in results["output"]


def test_one_folder_around(machine):
    def prepare(folder):
        (folder / "my homework").mkdir()
        shutil.copy(FULL, folder / "my homework" / "answers.yaml")
        (folder / "__MACOSX").mkdir()

    assert mark(machine, prepare)["score"] == 6


def test_folders_in_folders(machine):
    def prepare(folder):
        deep = folder.joinpath(*"abcdefgh")
        deep.mkdir(parents=True)
        shutil.copy(FULL, deep / "answers.yaml")

    results = mark(machine, prepare)
    assert results["score"] == 0
    assert "answers.yaml" in results["output"]


@pytest.mark.parametrize("name", ["answer.yaml", "Answers.yml", "answers.yaml.txt", "answers.txt"])
def test_wrong_file_name(machine, name):
    results = mark(machine, copied("full_marks", name))
    assert results["score"] == 6 or name in results["output"].replace("\\", "")


@pytest.mark.parametrize("target", ["networks.py", "costs.py", ""])
def test_link_to_the_reference(machine, target):
    def prepare(folder):
        os.symlink(f"/autograder/source/reference/{target}", folder / "answers.yaml")

    results = mark(machine, prepare)
    assert results["score"] == 0
    secret = (PROJECT / "reference" / (target or "networks.py")).read_text()
    shown = json.dumps(results)
    assert not [line for line in secret.splitlines() if len(line.strip()) > 20 and line.strip() in shown]


def test_archive_that_climbs_out(machine):
    def prepare(folder):
        with tarfile.open(folder / "answers.tar.gz", "w:gz") as archive:
            archive.add(FULL, "../../results/results.json")

    mark(machine, prepare)


def test_a_broken_environment_still_leaves_results(machine):
    python = machine.root / "autograder" / "source" / ".venv" / "bin" / "python"
    autograder = machine.root / "autograder"
    target = os.readlink(python)
    python.unlink()
    python.symlink_to("/nonexistent")
    try:
        machine.run("/bin/bash", "-c", "cd /autograder && ./run_autograder", seconds=600)
    finally:
        python.unlink()
        python.symlink_to(target)
    results = json.loads((autograder / "results" / "results.json").read_text())
    jsonschema.validate(results, SCHEMA)
    assert results["score"] == 0
    assert "wait" in results["output"]


def test_students_check_themselves_as_a_plain_user(machine, tmp_path):
    home = machine.root / "home" / "student"
    made = subprocess.run(
        [sys.executable, "-m", "grader", "package", "student", "--out", tmp_path / "student.zip"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    with zipfile.ZipFile(tmp_path / "student.zip") as archive:
        for entry in archive.infolist():
            archive.extract(entry, home)
            (home / entry.filename).chmod(entry.external_attr >> 16 & 0o777)
    for path in [home, *home.rglob("*")]:
        os.chown(path, 1000, 1000)
    user = ("/usr/bin/setpriv", "--reuid=1000", "--regid=1000", "--clear-groups")
    check = ("/bin/bash", "-c", "HOME=/home/student TMPDIR=/home/student /home/student/self_check/check 2>&1")
    done = machine.run(*user, *check, seconds=900, limited=False)
    assert done.returncode == 0, done.stdout
    assert "missing" in done.stdout
    assert "This is not a mark" in done.stdout
