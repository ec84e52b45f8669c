import sys
from fractions import Fraction
from pathlib import Path

import pytest

from grader.assignment import answer_key, config

CONFIG = config.read(
    """
title: t
parts:
  "1": {title: a, kind: fields, points: 1, symbols: [n], items: {time: {kind: formula}, memory: {kind: formula}}}
  "2": {title: b, kind: network, points: 1, inputs: [x], predicate: x = 1, box: [0, 1]}
"""
)


def written(folder: Path, text: str, **more: str) -> Path:
    package = folder / "reference"
    package.mkdir()
    (package / "__init__.py").write_text(text, "utf-8")
    for name, inner in more.items():
        (package / f"{name}.py").write_text(inner, "utf-8")
    return package


def test_the_reference_has_every_answer():
    key = answer_key.load("reference", config.load("config.yaml"))
    assert key.expected["2.4.forward_better_when"].accepted[0].credit == Fraction(1, 2)
    assert key.expected["2.2.2.time"].place.startswith("reference/")
    assert key.expected["2.1.2.x_bar"].answer == "W1^T z1_bar + W2^T z2_bar"


def test_importing_leaves_nothing_behind(tmp_path):
    first = written(
        tmp_path, "from reference.costs import T\nANSWERS = {'1.time': T, '1.memory': 'n'}", costs="T = 'n'"
    )
    (tmp_path / "other").mkdir()
    second = written(
        tmp_path / "other", "from reference.costs import T\nANSWERS = {'1': T}", costs="T = dict(time='2n', memory='n')"
    )
    path, modules = list(sys.path), {name for name in sys.modules if name.startswith("reference")}
    assert answer_key.load(first, CONFIG).expected["1.time"].answer == "n"
    assert answer_key.load(second, CONFIG).expected["1.time"].answer == "2n"
    assert sys.path == path
    assert {name for name in sys.modules if name.startswith("reference")} == modules


RIGHT = "ANSWERS = {'1': {'time': 'n', 'memory': 'n'}}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ANSWERS = {'1.time': 'n'}", "1.memory has no answer"),
        (RIGHT + "\nANSWERS['1.tiem'] = 'n'", "reference/__init__.py:3: '1.tiem' is no item"),
        (RIGHT + "\nANSWERS['1.tiem'] = 'n'", "did you mean '1.time'?"),
        ("ANSWERS = {\n", "reference/__init__.py:1: SyntaxError"),
        ("class Odd(Exception): pass\nraise Odd('no')", "reference/__init__.py:2: Odd: no"),
        (RIGHT + "\nACCEPTED = {'1.time': [{'answer': '2n', 'credit': 'half'}]}", "the credit of '2n' must be a share"),
        ("x = 1\ny = 1 / 0", "reference/__init__.py:2: ZeroDivisionError"),
        ("import reference.nothing", "reference/__init__.py:1: ModuleNotFoundError"),
        ("", "ANSWERS must be a dictionary"),
        ("ANSWERS = []", "ANSWERS must be a dictionary"),
        (
            RIGHT + "ACCEPTED = {'1.time': [],\n 'x': [],\n '1.time': []}",
            "reference/__init__.py:4: '1.time' stands twice",
        ),
        ("ANSWERS = {'1': {'time': 'n', 'memory': 'n', 'time': '2n'}}", "reference/__init__.py:1: 'time' stands twice"),
        (RIGHT + "ACCEPTED = {'1.time': 'n'}", "must be a list"),
        (RIGHT + "ACCEPTED = {'1.time': [{'credit': 1}]}", "answer, credit, message"),
        (RIGHT + "ACCEPTED = {'1.time': [{'answer': 'n', 'credit': 2}]}", "share from 0 to 1"),
    ],
)
def test_faulty(tmp_path, text, message):
    with pytest.raises(answer_key.Faulty) as caught:
        answer_key.load(written(tmp_path, text), CONFIG)
    assert message in str(caught.value)
    assert all(row.startswith("reference/") for row in str(caught.value).split("\n"))


def test_a_fault_below_is_told_where_it_is(tmp_path):
    package = written(tmp_path, "from reference.costs import T\nANSWERS = {}", costs="\n\nT = undefined")
    with pytest.raises(answer_key.Faulty, match=r"reference/costs.py:3: NameError"):
        answer_key.load(package, CONFIG)


def test_no_reference_is_told(tmp_path):
    with pytest.raises(answer_key.Faulty, match="no reference package"):
        answer_key.load(tmp_path / "reference", CONFIG)
