"""What a decisions file says, and every mistake in one by its line."""

from __future__ import annotations

from fractions import Fraction

import pytest
import small_homework
from rows import rows

from grader import decisions
from grader.assignment import config
from grader.report import Verdict

CONFIG = config.read(small_homework.CONFIG)
MISTAKES = rows(__file__, "mistakes.yaml")


@pytest.mark.parametrize("row", MISTAKES, ids=lambda row: row["messages"][0])
def test_mistakes_are_named_by_line(row):
    with pytest.raises(decisions.Faulty) as raised:
        decisions.read(row["file"], CONFIG)
    found = str(raised.value).split("\n")
    assert len(found) == len(row["messages"])
    assert all(line.startswith(message) for line, message in zip(found, row["messages"])), found


@pytest.mark.parametrize("nothing", ["", "# none yet\n", "[]"])
def test_no_decisions(nothing):
    assert decisions.read(nothing, CONFIG).all == ()


@pytest.mark.parametrize(
    ("entry", "verdict", "credit"),
    [
        ("credit: 1", Verdict.CORRECT, 1),
        ("credit: 0.5", Verdict.PARTIAL, Fraction(1, 2)),
        ("credit: 0", Verdict.INCORRECT, 0),
        ("verdict: correct", Verdict.CORRECT, 1),
        ("verdict: review", Verdict.REVIEW, 0),
        ("{verdict: invalid, credit: 1/4}", Verdict.INVALID, Fraction(1, 4)),
    ],
)
def test_credit_and_verdict_go_together(entry, verdict, credit):
    (one,) = decisions.read(f"- {{item: 7.1.time, answer: n, {entry.strip('{}')}}}", CONFIG).all
    assert (one.verdict, one.credit) == (verdict, credit)


def test_a_list_is_what_answers_yaml_has():
    (one,) = decisions.read("- {item: 7.1.time, answer: [[1, 2], [3, 1/2]], credit: 1}", CONFIG).all
    assert one.answer == "[[1, 2], [3, 1/2]]"


def test_a_submission_goes_by_its_folder_too():
    two = "- {item: 7.1.time, submission: Zoë Müller, credit: 1}\n- {item: 7.1.time, submission: Zoë_Müller, credit: 0}"
    with pytest.raises(decisions.Faulty, match="contradicts line 1"):
        decisions.read(two, CONFIG)


def test_a_submission_of_marks_alone_is_one_still():
    assert decisions.whose("...") == decisions.whose("…") != decisions.whose("") == ""
