"""The students' zip: it works where no reference exists, and no byte of it tells an answer in any spelling."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import jsonschema
import leaks
import pytest
import yaml

from grader import package
from grader.algebra import conditions, formulas
from grader.assignment import config
from grader.language import reading
from grader.package import FOLDER

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def data():
    return package.student(PROJECT, PROJECT / "config.yaml", config.load(PROJECT / "config.yaml"))


@pytest.fixture(scope="module")
def texts(data):
    archive = zipfile.ZipFile(io.BytesIO(data))
    return {name: archive.read(name).decode() for name in archive.namelist()}


@pytest.fixture(scope="module")
def folder(data, tmp_path_factory):
    there = tmp_path_factory.mktemp("student")
    zipfile.ZipFile(io.BytesIO(data)).extractall(there)
    return there / FOLDER


def grader(folder, *words):
    return subprocess.run(
        [sys.executable, "-m", "grader", *words],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_template_can_be_checked_as_it_is(folder):
    done = grader(folder, "check", ".")
    assert done.returncode == 0, done.stderr
    assert "missing" in done.stdout
    assert "correct" not in done.stdout


def test_the_example_is_right(folder):
    done = grader(folder, "check", "example", "--config", "example/config.yaml")
    assert done.returncode == 0, done.stderr
    assert "correct" in done.stdout
    assert not re.search("incorrect|invalid|missing|review|partial", done.stdout)


def test_a_full_submission_gets_no_mark(folder):
    done = grader(folder, "check", str(PROJECT / "submissions_example" / "full_marks"))
    assert done.returncode == 0, done.stderr
    assert "marked after submission" in done.stdout
    assert "points" not in done.stdout


def test_marking_says_that_it_needs_the_answers(folder):
    done = grader(folder, "grade", ".")
    assert done.returncode == 3
    assert "reference" in done.stderr


def test_the_editor_gets_a_schema_that_fits_the_template(folder):
    schema = json.loads((folder / "answers.schema.json").read_text())
    first, *_ = (folder / "answers.yaml").read_text().splitlines()
    assert first == "# yaml-language-server: $schema=answers.schema.json"
    parts = yaml.safe_load((folder / "answers.yaml").read_text())
    assert set(parts) == set(schema["properties"])
    jsonschema.validate({}, schema)


def test_every_file_that_the_readme_names_is_there(folder):
    named = set(re.findall(r"[\w.-]+\.(?:yaml|tex|sty|md|json|lock)", (folder / "README.md").read_text()))
    assert len(named) > 5
    assert not [name for name in named if not (folder / name).is_file()]


def test_what_only_marking_needs_is_not_installed(folder):
    lock = (folder / "requirements-check.lock").read_text()
    names = set(re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE))
    assert {"numpy", "pydantic", "lark"} <= names
    assert not names & {"z3-solver", "sympy", "gradescope-utils", "pytest"}
    whole = (PROJECT / "requirements.lock").read_text()
    assert [line for line in lock.splitlines() if line not in whole.splitlines()] == []


def test_each_way_to_write_in_the_readme_is_read(folder):
    """The table holds no formula that the grader does not read."""
    rows = re.findall(r"^\| ([^|]*) \| (.*) \|$", (folder / "README.md").read_text(), re.MULTILINE)
    typed = {says: re.findall(r"`([^`]*)`", row) for says, row in rows}
    assert len({formulas.canonical(reading.formula(text, ("p", "q")).node) for text in typed["p² + 4p"]}) == 1
    assert len({conditions.canonical(reading.condition(text, ("p", "q")).node) for text in typed["p > 5q"]}) == 1
    for text in typed["a vector, a matrix"]:
        reading.array(text)
    for text in typed["an activation"]:
        reading.activation(text)


# Searching for answers.


def test_no_file_of_the_reference_is_there(texts):
    assert not [name for name in texts if "reference" in name.split("/")]
    lines = {line.strip() for path in (PROJECT / "reference").glob("*.py") for line in path.read_text().splitlines()}
    telling = {line for line in lines if len(line) > 24 and not line.startswith(("from ", "import ", "def ", '"""'))}
    assert not [(name, line) for name, text in texts.items() for line in text.splitlines() if line.strip() in telling]


@pytest.mark.parametrize(
    ("text", "item"),
    [
        ("so it is n^2+3n.", "2.3.forward.memory"),
        ("`n(n+3)`", "2.3.forward.memory"),
        ("n² + 3n", "2.3.forward.memory"),
        ('hint="such as 3 * N + N**2, or"', "2.3.forward.memory"),
        ('"2*(m+n+mn)"', "2.4.reverse.memory"),
        ("'n n'", "2.2.2.time"),
        ("log(2n)", "2.3.reverse.time"),
        (r"$3 \cdot m \cdot n$", "2.4.reverse.time"),
        ("if m - n >= 1:", "2.4.forward_better_when"),
        ("n < m", "2.4.forward_better_when"),
    ],
)
def test_the_search_finds_an_answer_in_any_spelling(text, item):
    assert item in leaks.told(text)


def test_no_formula_of_the_reference_is_told(texts):
    assert {name: leaks.told(text) for name, text in texts.items() if leaks.told(text)} == {}


def test_no_network_and_no_value_of_the_reference_is_told(texts):
    secret = leaks.ARRAYS
    assert len(secret) > 10
    assert all(leaks.arrays_told(f"here: {list(array)}") for array in secret)
    assert {name: leaks.arrays_told(text) for name, text in texts.items() if leaks.arrays_told(text)} == {}


def test_no_backward_equation_of_the_reference_is_told(texts):
    assert len(leaks.EQUATIONS) > 8
    assert leaks.bare("W_1^\\top \\bar{z}") == "w1barz"
    assert {name: leaks.equations_told(text) for name, text in texts.items() if leaks.equations_told(text)} == {}
