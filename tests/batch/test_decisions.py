"""Decisions of people over a class: met by equal answers, kept through every run, applied without marking again."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
import small_homework
from test_running import Watch

from grader import decisions
from grader.batch import comparison, running
from grader.batch.running import Marker
from grader.report import plain


@pytest.fixture(scope="module")
def homework(tmp_path_factory):
    return small_homework.write(tmp_path_factory.mktemp("homework"))


def a_class(folder: Path, **times: str) -> Path:
    for name, time in times.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "answers.yaml").write_text(json.dumps({"7.1": {"time": time, "when": "m > n"}}))
    return folder


def run(homework, path, out, decided="", name="decisions.yaml"):
    out.mkdir(exist_ok=True)
    (out / name).write_text(decided)
    marker, watch = Marker(homework.config_file, homework.reference, out / name), Watch()
    return running.run(path, out, marker, watch, jobs=1), watch.seen


def marks(out):
    with open(out / "grades.csv", newline="", encoding="utf-8") as text:
        return {
            row["submission"]: (row["7.1.time"], row["7.1.time verdict"], row["decided"])
            for row in csv.DictReader(text)
        }


def test_equal_answers_are_decided_at_once_and_not_marked_again(homework, tmp_path):
    source = a_class(tmp_path / "in", alice="n^3 + n^3", bob="2 n^3", carol="2n^2", dora="two n cubed!", emil="n^2")
    out = tmp_path / "out"
    run(homework, source, out)
    assert marks(out)["alice"] == ("0", "incorrect", "")
    decided = """\
- {item: 7.1.time, answer: n^3 * 2, credit: 1/2, message: Close enough., by: Ada, at: 2026-11-26}
- {item: 7.1.time, answer: two n  cubed!, verdict: incorrect}
- {item: 7.1.time, submission: bob, credit: 1}
- {item: 7.1.time, submission: nobody, credit: 1}
"""
    ran, seen = run(homework, source, out, decided)
    assert seen == []
    assert ran.messages == ("decisions.yaml:4: this decision meets no answer: 7.1.time, the answer of nobody",)
    assert ran.waiting == 0
    assert marks(out) == {
        "alice": ("0.5", "partial", "7.1.time by Ada, 2026-11-26"),
        "bob": ("1", "correct", "7.1.time by a person"),
        "carol": ("1", "correct", ""),
        "dora": ("0", "incorrect", "7.1.time by a person"),
        "emil": ("0.5", "partial", ""),
    }
    whole = json.loads((out / "results/alice.json").read_text())
    test = next(test for test in whole["tests"] if test["extra_data"]["item"] == "7.1.time")
    assert test["score"] == 0.5
    assert "Decided by a person: Close enough" in test["output"]
    assert test["extra_data"]["decided"][0]["by"] == "Ada"
    assert test["extra_data"]["decided"][0]["own_verdict"] == "incorrect"


def test_decisions_that_are_taken_back_leave_no_trace(homework, tmp_path):
    source = a_class(tmp_path / "in", alice="n^3", bob="hm")
    out = tmp_path / "out"
    run(homework, source, out)
    before = (out / "results/alice.json").read_bytes()
    run(homework, source, out, "- {item: 7.1.time, answer: n^3, credit: 1}")
    assert marks(out)["alice"][1] == "correct"
    assert run(homework, source, out)[1] == []
    assert (out / "results/alice.json").read_bytes() == before


def test_an_answer_read_anew_is_marked_by_the_same_engine(homework, tmp_path):
    source = a_class(tmp_path / "in", alice="2n2", bob="2n2", carol="2n^2")
    out = tmp_path / "out"
    run(homework, source, out)
    assert marks(out)["alice"][1] == "invalid"
    decided = (
        "- {item: 7.1.time, answer: 2n2, read_as: 2n^2, by: Ada}\n- {item: 7.1.time, submission: bob, read_as: n^2}\n"
    )
    ran, seen = run(homework, source, out, decided)
    assert seen == ["alice", "bob"]
    assert ran.messages == ()
    assert [verdict for _, verdict, _ in marks(out).values()] == ["correct", "partial", "correct"]
    assert run(homework, source, out, decided)[1] == []
    # What is decided of the answer as it was read anew.
    run(homework, source, out, decided + "- {item: 7.1.time, answer: n*n, credit: 1/4}\n")
    assert [verdict for _, verdict, _ in marks(out).values()] == ["correct", "partial", "correct"]
    assert marks(out)["bob"][0] == "0.25"


def test_decisions_survive_another_rubric(homework, tmp_path):
    source = a_class(tmp_path / "in", alice="n^3")
    out, decided = tmp_path / "out", "- {item: 7.1.time, answer: n * n * n, credit: 1}"
    run(homework, source, out, decided)
    other = small_homework.write(tmp_path / "other")
    other.config_file.write_text(small_homework.CONFIG + "rubric: {partial: {same_growth: 1/3}}\n")
    assert run(other, source, out, decided)[1] == ["alice"]
    assert marks(out)["alice"][1] == "correct"


def test_a_comparison_shows_what_was_decided(homework, tmp_path):
    source = a_class(tmp_path / "in", alice="n^3")
    run(homework, source, tmp_path / "old")
    run(homework, source, tmp_path / "new", "- {item: 7.1.time, answer: n^3, credit: 1, message: Agreed.}")
    text = plain(comparison.blocks(comparison.compare(tmp_path / "old", tmp_path / "new")))
    assert "Decided by a person: Agreed." in text


def test_two_that_mean_the_same_and_contradict_are_a_fault(homework, tmp_path):
    decided = "- {item: 7.1.time, answer: n^3, credit: 1}\n- {item: 7.1.time, answer: n*n*n, credit: 0}"
    with pytest.raises(decisions.Faulty, match=r"decisions\.yaml:2: contradicts line 1"):
        run(homework, a_class(tmp_path / "in", alice="n"), tmp_path / "out", decided)
