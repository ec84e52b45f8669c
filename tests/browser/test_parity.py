"""What the page says of a submission is what ``grader check`` says of it, byte for byte."""

from __future__ import annotations

import json
from collections import defaultdict
from itertools import zip_longest
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from grader import cli
from grader.assignment import config
from grader.browser.session import Session

PROJECT = Path(__file__).resolve().parents[2]
CONFIG = PROJECT / "config.yaml"
EXAMPLES = sorted(path for path in (PROJECT / "submissions_example").iterdir() if path.is_dir())
CASES = PROJECT.parent / "shared" / "cases"
SUBMISSIONS = [*sorted((CASES / "files").glob("*")), *sorted((CASES / "writeups").glob("*"))]
SLOTS = {
    ("formula", 0): ("2.2.2.time",),
    ("formula", 1): ("2.2.2.time", "2.2.2.memory", "2.3.reverse.time", "2.3.reverse.memory", "2.3.forward.time"),
    ("formula", 2): ("2.4.reverse.time", "2.4.reverse.memory", "2.4.forward.time", "2.4.forward.memory"),
    ("condition", 1): ("2.4.forward_better_when",),
    ("condition", 2): ("2.4.forward_better_when",),
    ("order", 1): ("2.2.2.time", "2.3.forward.memory"),
    ("order", 2): ("2.4.reverse.time", "2.4.forward.memory"),
    ("vector", 0): ("2.3.z",),
    ("matrix", 0): ("2.2.1.H",),
}
"""Where an answer of a kind is typed."""


def files(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


def same(worker, given, native):
    there = worker.check(given)
    assert there["text"] == native
    return there


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example(worker, example):
    native = CliRunner().invoke(cli.main, ["check", str(example)], catch_exceptions=False)
    assert native.exit_code == 0
    there = worker.check(files(example))
    if example.name == "python_program":
        assert "backprop.py was not run" in " ".join(there["text"].split())
    else:
        assert there["text"] == native.output


@pytest.mark.skipif(not SUBMISSIONS, reason="no cases are kept beside the project")
@pytest.mark.parametrize("case", SUBMISSIONS, ids=lambda path: path.name)
def test_a_case(worker, case):
    if case.is_dir() and not (case / "backprop.py").exists():
        same(worker, files(case), native(files(case)))


def native(given):
    return Session(CONFIG).check(given, text=True)["text"]


def typed():
    """Submissions that hold the rows of ``tests/spellings`` between them, each under an item of its kind."""
    waiting = defaultdict(list)
    for file in sorted((PROJECT / "tests" / "spellings").glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            slots = [row["item"]] if "item" in row else SLOTS[row["kind"], len(row.get("symbols", ()))]
            waiting[min(slots, key=lambda slot: len(waiting[slot]))].append(row["text"])
    for texts in zip_longest(*waiting.values()):
        yield {slot: text for slot, text in zip(waiting, texts) if text is not None}


def test_the_spellings(worker):
    homework = config.load(CONFIG)
    session = Session(CONFIG)
    off = []
    for answers in typed():
        parts = [answered(homework.item(item), text) for item, text in answers.items()]
        given = {"answers.yaml": joined(parts)}
        if (
            worker.check(given)["text"]
            != session.check({"answers.yaml": given["answers.yaml"].encode()}, text=True)["text"]
        ):
            off.append(answers)
    assert off == []


def answered(item, text):
    for key in (item.part, *item.path)[::-1]:
        text = {key: text}
    return text


def joined(parts):
    """One file of several answers."""
    whole = {}
    for part in parts:
        merge(whole, part)
    return yaml.safe_dump(whole, allow_unicode=False)


def merge(into, more):
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = value
