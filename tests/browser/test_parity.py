"""What the page says of a submission is what ``grader check`` says of it, byte for byte.

Compared with a student's own installation, which has no solver (``requirements-check.lock``): where one is, a network
that only it decides is decided at once, and here after the submission.
"""

from __future__ import annotations

import json
from collections import defaultdict
from itertools import chain, zip_longest
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from grader import cli
from grader.assignment import config
from grader.browser.session import Session
from grader.networks.proof import solver

PROJECT = Path(__file__).resolve().parents[2]
CONFIG = PROJECT / "config.yaml"
HOMEWORK = config.load(CONFIG)
EXAMPLES = sorted(path for path in (PROJECT / "submissions_example").iterdir() if path.is_dir())
CASES = PROJECT.parent / "shared" / "cases"
FOLDERS = [
    folder
    for kind in ("files", "writeups")
    for folder in sorted((CASES / kind).glob("*"))
    if folder.is_dir() and not (folder / "backprop.py").exists()
]
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


@pytest.fixture(scope="module")
def native():
    """The check of a student's own installation."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solver, "present", lambda: False)
        session = Session(CONFIG)
        yield lambda files: session.check(files, text=True)["text"]


def both(worker, native, files):
    """What the page and a native check say of a submission; each works while the other does."""
    worker.give(files)
    here = native(files)
    return worker.report()["text"], here


def files(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


SOLVER_DECIDES = {"large_entries_forgotten"}
"""Examples of which a solver says more: compared without it, as a student's own installation is."""


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example(worker, native, example):
    def command(given):
        done = CliRunner().invoke(cli.main, ["check", str(example)], catch_exceptions=False)
        assert done.exit_code == 0
        return native(given) if example.name in SOLVER_DECIDES else done.output

    there, here = both(worker, command, files(example))
    if (example / "backprop.py").exists():
        assert "backprop.py was not run" in " ".join(there.split())
    else:
        assert there == here


@pytest.mark.skipif(not FOLDERS, reason="no cases are kept beside the project")
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_folder_of_the_cases(worker, native, folder):
    there, here = both(worker, native, files(folder))
    assert there == here


def test_the_spellings(worker, native):
    lines = chain.from_iterable(map(rows, sorted((PROJECT / "tests" / "spellings").glob("*.jsonl"))))
    assert different(worker, native, packed(typed(row) for row in lines)) == []


@pytest.mark.skipif(not CASES.is_dir(), reason="no cases are kept beside the project")
def test_the_answers_of_the_cases(worker, native):
    known = json.loads((CASES / "networks.json").read_text())
    networks = [({}, one["part"], one["answer"]) for one in known]
    graphs = [({}, "2.1.1", one["answer"]) for one in stated("graphs.yaml")["cases"]]
    equations = [
        ({}, "2.1.2", {**whole["base"], **one["set"]})
        for whole in map(stated, ("derivations.yaml", "derive.yaml"))
        for one in whole["cases"]
        if "set" in one
    ]
    lines = (typed(row) for name in ("typed.jsonl", "reported.jsonl") for row in rows(CASES / name))
    assert different(worker, native, packed(chain(networks, graphs, equations, lines))) == []


def rows(file):
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def stated(name):
    return yaml.safe_load((CASES / name).read_text(encoding="utf-8"))


def typed(row):
    """The items that may hold a row, and what stands in it."""
    return (row["item"],) if "item" in row else SLOTS[row["kind"], len(row.get("symbols", ()))], "", row["text"]


def packed(answers):
    """As few submissions as hold all the answers, each under its part, or under the item that has fewest so far."""
    waiting = defaultdict(list)
    for items, part, answer in answers:
        waiting[part or min(items, key=lambda item: len(waiting[item]))].append(answer)
    for some in zip_longest(*waiting.values(), fillvalue=waiting):
        whole = {}
        for name, answer in zip(waiting, some):
            if answer is waiting:
                continue
            *parents, last = [name] if name in HOMEWORK.parts else (HOMEWORK.item(name).part, *HOMEWORK.item(name).path)
            place = whole
            for parent in parents:
                place = place.setdefault(parent, {})
            place[last] = answer
        yield {"answers.yaml": yaml.safe_dump(whole, allow_unicode=False).encode()}


def different(worker, native, submissions):
    """The submissions of which the page says something else."""
    compared = [(files, *both(worker, native, files)) for files in submissions]
    print(f"{len(compared)} submissions compared")
    return [(files["answers.yaml"].decode(), here, there) for files, here, there in compared if here != there]
