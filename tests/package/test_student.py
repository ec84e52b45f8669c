"""The students' zip: it works where no reference exists, and no byte of it tells an answer in any spelling."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path

import jsonschema
import pytest
import yaml

from grader import config, package
from grader.algebra import conditions, formulas
from grader.language import reading
from grader.language.unreadable import Unreadable
from grader.package.student import FOLDER
from reference import ANSWERS

PROJECT = Path(__file__).resolve().parents[2]
SYMBOLS = ("n", "m")
FORMULAS = {item: answer for item, answer in ANSWERS.items() if item.endswith((".time", ".memory"))}
CONDITION = ANSWERS["2.4.forward_better_when"]


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
        timeout=100,
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


def test_readme_is_two_lines(folder):
    assert len((folder / "README.md").read_text().splitlines()) == 2


# Searching for answers.


def test_no_file_of_the_reference_is_there(texts):
    assert not [name for name in texts if "reference" in name.split("/")]
    lines = {line.strip() for path in (PROJECT / "reference").glob("*.py") for line in path.read_text().splitlines()}
    telling = {line for line in lines if len(line) > 24 and not line.startswith(("from ", "import ", "def ", '"""'))}
    assert not [(name, line) for name, text in texts.items() for line in text.splitlines() if line.strip() in telling]


RUN = re.compile(
    r"(?<![A-Za-z_\\])(?:[0-9]+|[nmNM]{1,3}(?![A-Za-z_])|\\(?:cdot|times|leq?|geq?|lt|gt)\b"
    r"|\*\*|[-+*/^(){}²³·×⋅<>=≤≥]|[ \t])+"
)


def candidates(text):
    """Every stretch of a text that may be a formula in n and m, without the brackets and signs that hang over."""
    for line in text.splitlines():
        for run in (match[0] for match in RUN.finditer(line)):
            if len(run) < 200 and re.search("[nmNM]", run):
                yield from _pieces(run)


def _pieces(run):
    yield run.strip(" \t+*/^·=")
    inner = re.split(r"[(){}]", run)
    if len(inner) > 1:
        yield from (piece.strip(" \t+*/^·=-") for piece in inner)
        yield run.strip(" \t+*/^·=").strip("(){}")


@cache
def formula(text):
    try:
        return formulas.canonical(reading.formula(text, SYMBOLS).node)
    except Unreadable:
        return None


@cache
def condition(text):
    try:
        return conditions.canonical(reading.condition(text, SYMBOLS).node)
    except Unreadable:
        return None


def told(text):
    """The items whose answer a text gives away."""
    secrets = {formula(answer): item for item, answer in FORMULAS.items()}
    found = set()
    for candidate in candidates(text):
        # "nn" is a common name of a module.
        if re.search(r"[nmNM]", candidate) and not candidate.isalpha():
            found.add(secrets.get(formula(candidate)))
            if re.search(r"[<>≤≥]|\\[lg]", candidate) and condition(candidate) == condition(CONDITION):
                found.add("2.4.forward_better_when")
    return found - {None}


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
    assert item in told(text)


def test_no_formula_of_the_reference_is_told(texts):
    assert {name: told(text) for name, text in texts.items() if told(text)} == {}


def numbers(text):
    return tuple(float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", text))


def arrays(value):
    """The matrices and longer vectors of an answer, flat."""
    if isinstance(value, dict):
        return [array for inner in value.values() for array in arrays(inner)]
    if isinstance(value, (list, tuple)):
        flat = numbers(str(value))
        inside = [array for inner in value for array in arrays(inner)]
        return [flat, *inside] if len(flat) >= 3 and len(set(flat)) > 1 else []
    return []


def test_no_network_and_no_value_of_the_reference_is_told(texts):
    secret = {array for item, answer in ANSWERS.items() if not isinstance(answer, str) for array in arrays(answer)}
    # Three small numbers, or a row of ones and zeros, may stand in a row by chance.
    secret = {array for array in secret if len(array) > 12 or (len(array) >= 6 and max(map(abs, array)) > 1)}
    secret.add(numbers(str(ANSWERS["2.3.z"])))
    assert len(secret) > 10
    for name, text in texts.items():
        given = numbers(text)
        for array in secret:
            assert not contains(given, array), (name, array)


def contains(sequence, part):
    return any(sequence[start : start + len(part)] == part for start in range(len(sequence) - len(part) + 1))


def bare(equation):
    """An equation without blanks, brackets and signs of multiplication, its names in one spelling."""
    text = equation.lower().replace("y_prime", "y'").replace("sigma", "sigmoid").replace("σ", "sigmoid")
    return re.sub(r"[\s*@∘⊙(){}^_.\\]|odot|circ|top", "", text)


def test_no_backward_equation_of_the_reference_is_told(texts):
    equations = {**ANSWERS["2.1.2"], **ANSWERS["2.1.2"].get("where", {})}
    secret = {bare(text) for name, text in equations.items() if isinstance(text, str) and len(bare(text)) > 6}
    secret |= {"+".join(reversed(text.split("+"))) for text in secret}
    assert len(secret) > 8
    assert bare("W_1^\\top \\bar{z}") == "w1barz"
    told_by = [(name, text) for name, content in texts.items() for text in secret if text in bare(content)]
    assert told_by == []
