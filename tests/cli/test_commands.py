"""The commands as a person or a script calls them: what they print and write, and their exit status."""

from __future__ import annotations

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from grader import cli

PROJECT = Path(__file__).resolve().parents[2]
EXAMPLES = PROJECT / "submissions_example"
SCHEMA = json.loads((PROJECT / "tests" / "reporters" / "results.schema.json").read_text())
EXAMPLE = PROJECT / "grader" / "package" / "handout" / "example"


def grader(*words):
    """A command called in this process."""
    return CliRunner().invoke(cli.main, [str(word) for word in words])


def started(*words, cwd=PROJECT, given=None, **variables):
    """A command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "grader", *map(str, words)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(PROJECT), **variables},
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def project(tmp_path):
    """A copy of the config and the reference, to break."""
    shutil.copy(PROJECT / "config.yaml", tmp_path)
    shutil.copytree(PROJECT / "reference", tmp_path / "reference", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_grade_prints_and_writes(tmp_path):
    done = started("grade", EXAMPLES / "full_marks", "--json", tmp_path / "r.json", "--html", tmp_path / "r.html")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Total" in done.stdout
    results = json.loads((tmp_path / "r.json").read_text())
    jsonschema.validate(results, SCHEMA)
    assert results["score"] == 6
    assert {test["extra_data"]["verdict"] for test in results["tests"]} == {"correct"}
    assert (tmp_path / "r.html").read_text().startswith("<!")
    assert sorted(os.listdir(tmp_path)) == ["r.html", "r.json"]


def test_json_on_standard_output_is_alone_there():
    done = started("grade", EXAMPLES / "handwritten", "--json", "-")
    assert done.returncode == 0
    jsonschema.validate(json.loads(done.stdout), SCHEMA)


def test_a_submission_that_cannot_be_read_is_still_a_result(tmp_path):
    (tmp_path / "answers.yaml").write_bytes(b"\xff\xfe\x00{[")
    done = grader("grade", tmp_path, "--json", "-")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["score"] == 0


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["grade"],
        ["grade", "nowhere"],
        ["grade", EXAMPLES, "--unknown"],
        ["grade", EXAMPLES, "--json", "-", "--html", "-"],
        ["grade", EXAMPLES / "nothing", "--config", "nowhere.yaml"],
        ["check", "nowhere"],
        ["package"],
        ["package", "gradescope"],
        ["try"],
        ["try", "2.3.z"],
        ["try", "2.3.zz", "1"],
        ["try", "2.3.z", "1", "--rows", "-"],
        ["nothing"],
    ],
)
def test_a_wrong_call_is_status_2(words):
    assert grader(*words).exit_code == 2


def test_the_status_is_that_of_the_process():
    done = started("try", "2.3.zz", "1")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_place_that_cannot_be_written_is_status_2(tmp_path):
    done = grader("grade", EXAMPLES / "nothing", "--json", tmp_path / "none" / "r.json")
    assert done.exit_code == 2
    assert "cannot be written" in done.stderr


@pytest.mark.parametrize(
    "command", [["grade", EXAMPLES / "nothing"], ["check", EXAMPLES / "nothing"], ["try", "2.3.z", "1"], ["doctor"]]
)
def test_a_faulty_config_is_status_3_and_names_every_line(project, command):
    config = project / "config.yaml"
    config.write_text(
        config.read_text().replace("kind: network", "kind: netwrk").replace("deadline: 120", "deadlin: 120")
    )
    done = grader(*command, "--config", config)
    assert done.exit_code == 3
    assert done.stdout == ""
    faults = done.stderr.splitlines()
    assert len(faults) == 3
    assert all(fault.startswith("config.yaml:") for fault in faults)


@pytest.mark.parametrize(
    "command", [["grade", EXAMPLES / "nothing"], ["doctor"], ["package", "gradescope"], ["package", "student"]]
)
def test_a_condition_or_step_that_cannot_be_read_is_found_before_anything_is_marked(project, command):
    config = project / "config.yaml"
    config.write_text(config.read_text().replace("x4 = x1 or", "x4 = w1 or").replace("W1 x + b1", "W1 q + b1"))
    out = ["--out", project / "made.zip"] if "package" in command else []
    done = grader(*command, *out, "--config", config)
    assert done.exit_code == 3
    places = [line.split(": ")[:2] for line in done.stderr.splitlines()]
    assert [place for _, place in places] == ["parts.1.1.predicate", "procedures.2.1.steps.z1"]
    assert all(line.startswith("config.yaml:") for line, _ in places)
    assert "“q”" in done.stderr
    assert not (project / "made.zip").exists()


@pytest.mark.parametrize(
    ("file", "text", "place"),
    [
        ("costs.py", "n, m = (", "reference/costs.py:"),
        ("networks.py", "1 / 0", "reference/networks.py:1"),
        ("__init__.py", "ANSWERS = {'2.3.zz': 1}", "reference/__init__.py:1"),
    ],
)
def test_a_faulty_reference_is_status_3_and_names_the_line(project, file, text, place):
    (project / "reference" / file).write_text(text + "\n")
    done = grader("grade", EXAMPLES / "nothing", "--config", project / "config.yaml")
    assert done.exit_code == 3
    assert place in done.stderr
    assert "Traceback" not in done.stderr


def test_marking_without_a_reference_is_status_3(project):
    shutil.rmtree(project / "reference")
    done = grader("grade", EXAMPLES / "nothing", "--config", project / "config.yaml")
    assert done.exit_code == 3
    assert "reference" in done.stderr


def test_check_needs_no_reference_and_gives_no_total(project):
    shutil.rmtree(project / "reference")
    done = grader("check", EXAMPLES / "handwritten", "--config", project / "config.yaml")
    assert done.exit_code == 0
    assert "marked after submission" in done.stdout
    assert "Total" not in done.stdout
    assert "points)" not in done.stdout


def test_check_judges_only_what_the_config_lets_it():
    done = grader("check", EXAMPLE / "answers.yaml", "--config", EXAMPLE / "config.yaml")
    rows = [line.split() for line in done.stdout.splitlines() if line.startswith("  ")]
    verdicts = {row[1]: row[0] for row in rows if len(row) > 1}
    assert verdicts["2.2.u_bar"] == "correct"
    assert verdicts["3.handshakes"] == "read"


def test_nothing_beside_a_submission_is_imported(tmp_path):
    shutil.copy(EXAMPLES / "full_marks" / "answers.yaml", tmp_path)
    for name in ("numpy.py", "yaml.py", "click.py", "reference.py", "sitecustomize.py"):
        (tmp_path / name).write_text("raise SystemExit('imported')")
    done = started("grade", ".", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "6 of 6 points" in done.stdout


def test_a_terminal_with_few_letters_gets_the_report():
    done = started("grade", EXAMPLES / "handwritten", PYTHONIOENCODING="ascii", PYTHONUTF8="0", LC_ALL="C")
    assert done.returncode == 0
    assert "Total" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="terminals")
def test_colour_is_for_terminals():
    mine, its = pty.openpty()
    command = [sys.executable, "-m", "grader", "check", EXAMPLE, "--config", EXAMPLE / "config.yaml"]
    done = subprocess.Popen(command, cwd=PROJECT, stdout=its, env={**os.environ, "TERM": "xterm"})
    os.close(its)
    shown = b""
    try:
        while chunk := os.read(mine, 4096):
            shown += chunk
    except OSError:
        pass
    os.close(mine)
    assert done.wait() == 0
    assert b"\x1b[1;32m" in shown


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_watch_checks_again_when_the_file_is_saved(tmp_path):
    shutil.copytree(EXAMPLE, tmp_path, dirs_exist_ok=True)
    command = [sys.executable, "-m", "grader", "check", "--watch", tmp_path, "--config", tmp_path / "config.yaml"]
    # A shell starts what runs in the background deaf to Ctrl-C, and that is inherited.
    watching = subprocess.Popen(
        command, cwd=PROJECT, stdout=subprocess.PIPE, text=True, preexec_fn=lambda: signal.signal(2, signal.SIG_DFL)
    )
    try:
        first = until(watching, "waiting")
        time.sleep(0.1)
        saved = tmp_path.with_name(f"{tmp_path.name}.saved")
        saved.write_text((EXAMPLE / "answers.yaml").read_text().replace("p(p - 1)/2", "p(p - 1)/3"))
        saved.rename(tmp_path / "answers.yaml")
        second = until(watching, "waiting")
        watching.send_signal(2)
        assert watching.wait() == 0
    finally:
        watching.kill()
    assert "p(p - 1)/2" in first
    assert "p(p - 1)/3" in second


def until(process, word):
    shown = ""
    for line in process.stdout:
        shown += line
        if word in line:
            return shown
    raise AssertionError(shown)


def rows(*lines):
    done = started("try", "--rows", "-", given="".join(f"{line}\n" for line in lines))
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_table_has_an_answer_for_each_row_in_order():
    hostile = ["(" * 100_000, "9**9**9**9", "\x00\u202e", "", "__import__('os')", "n" * 100_000, "\ud800"]
    given = [json.dumps({"id": n, "item": "2.3.reverse.time", "text": text}) for n, text in enumerate(hostile)]
    given += [
        "not JSON",
        "[]",
        '{"id": "x"}',
        '{"id": null, "item": "2.9", "text": "n"}',
        '{"id": {"a": 1}, "item": 7}',
    ]
    given += ['{"id": -1, "kind": "formula", "symbols": ["n"], "reference": "n*(n-1)/2", "text": "n(n-1)/2"}']
    found = rows(*given)
    assert len(found) == len(given)
    assert [row["id"] for row in found[: len(hostile)]] == list(range(len(hostile)))
    assert all(set(row) == {"id", "verdict", "understood", "message"} for row in found)
    assert found[-1]["verdict"] == "correct"
    assert all(row["verdict"] in ("invalid", "missing") for row in found[: len(hostile)])


NETWORK = "W1: [[-2, 0, 0, 2], [0, -2, 0, 2], [0, 0, -2, 2]]\nb1: [0, 0, 0]\nW2: [-1, -1, -1]\nb2: 2"
ANSWERS = [
    ("2.3.reverse.time", "n + n", "correct"),
    ("2.3.reverse.time", "2n: yes", "invalid"),
    ("2.3.z", '"[6, 12, 18]"', "correct"),
    ("2.1.2.y'_bar", "-J_bar onehot(t) / y'", "correct"),
    ("2.1.2.g1_bar", "-h_bar", "incorrect"),
    ("2.1.1", "edges: [x -> z1]", "partial"),
    ("1.1", NETWORK, "correct"),
]


def test_typed_answers_are_marked_as_in_a_submission():
    found = rows(*(json.dumps({"id": item, "item": item, "text": text}) for item, text, _ in ANSWERS))
    assert [(row["id"], row["verdict"]) for row in found] == [(item, verdict) for item, _, verdict in ANSWERS]


@pytest.mark.parametrize(("item", "text", "verdict"), [ANSWERS[3], ANSWERS[4], ANSWERS[6]])
def test_one_typed_answer_is_shown(item, text, verdict):
    done = grader("try", item, text)
    assert done.exit_code == 0, done.stderr
    assert done.stdout.split()[0] == verdict


def test_rows_of_a_kind_need_no_config(project):
    (project / "config.yaml").write_text("nonsense")
    row = '{"id": 1, "kind": "condition", "symbols": ["n"], "reference": "n > 2", "text": "n >= 3"}\n'
    done = started("try", "--rows", "-", "--config", project / "config.yaml", given=row)
    assert json.loads(done.stdout)["verdict"] == "correct"


def test_help_imports_no_engine():
    code = """import sys
from grader import cli
for command in ("grade", "check", "package", "try", "doctor"):
    try:
        cli.main([command, "--help"])
    except SystemExit as end:
        assert end.code == 0
    heavy = {"numpy", "sympy", "z3", "rich", "pydantic", "lark", "flint", "jinja2", "yaml"} & set(sys.modules)
    assert not heavy, (command, heavy)"""
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_supervising_process_stays_small():
    code = """import sys
from grader import cli
try:
    cli.main(["grade", "submissions_example/full_marks", "--json", "-"])
except SystemExit as end:
    assert end.code == 0, end.code
heavy = {"numpy", "sympy", "z3", "flint", "lark"} & set(sys.modules)
assert not heavy, heavy"""
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
