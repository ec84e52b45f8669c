"""Two markings of a class: who, by how much, where, and why; also against what an export recorded."""

from __future__ import annotations

import csv
import io
from fractions import Fraction

import pytest
from made_up import marker
from test_running import CORRECT, Watch, submit

from grader.batch import comparison, running
from grader.batch.roster import Unsuitable
from grader.report import plain


def run(path, out):
    running.run(path, out, marker(), Watch(), 2)
    return out


@pytest.fixture
def marked(tmp_path):
    for name in ("ada", "alan", "grace"):
        submit(tmp_path / "in" / name, CORRECT)
    old = run(tmp_path / "in", tmp_path / "old")
    submit(tmp_path / "in/alan", {"2.3.z": ["incorrect", "=(1, 2)", "x"], **CORRECT})
    submit(tmp_path / "in/grace", {"2.1.1": ["review", "g", "g"], **CORRECT})
    submit(tmp_path / "in/zoe", CORRECT)
    return old, run(tmp_path / "in", tmp_path / "new")


def test_same_marks_are_no_change(marked):
    found = comparison.compare(marked[0], marked[0])
    assert found == comparison.Comparison(3, (), (), ())
    assert "0 with other marks" in plain(comparison.blocks(found))


def test_who_where_and_why(marked):
    found = comparison.compare(*marked)
    assert (found.compared, found.added, found.gone) == (3, ("zoe",), ())
    alan, grace = found.changes
    assert (alan.entry.name, alan.points) == ("alan", Fraction(-1, 5))
    (_, item) = alan.differences
    assert (item.item, item.old.verdict, item.new.verdict) == ("2.3.z", "correct", "incorrect")
    assert item.new.reason == "incorrect: =(1, 2)"
    assert grace.points == 0
    assert not grace.differs
    text = plain(comparison.blocks(found))
    for expected in (
        "3 submissions compared: 1 with other marks",
        "1 with other verdicts",
        "correct → incorrect",
        "-0.2",
    ):
        assert expected in text


def test_as_csv(marked):
    rows = list(csv.DictReader(io.StringIO(comparison.as_csv(comparison.compare(*marked)))))
    assert [(row["submission"], row["item"], row["difference"]) for row in rows] == [
        ("alan", "total", "-0.2"), ("alan", "2.3.z", "-0.2"), ("grace", "total", "0"), ("grace", "2.1.1", "0"),
    ]  # fmt: skip
    assert rows[1]["reason after"] == "incorrect: =(1, 2)"


def test_the_other_way_round_every_difference_changes_its_sign(marked):
    there, back = comparison.compare(*marked), comparison.compare(*marked[::-1])
    assert {c.entry.name: c.points for c in there.changes} == {c.entry.name: -c.points for c in back.changes}
    assert back.gone == there.added


METADATA = """\
submission_{number}:
  :submitters:
  - :name: Ada
    :sid: '7'
  :score: {score}
  :results:
    tests:
    - name: z
      score: 0.2
      extra_data: {{item: 2.3.z}}
    - name: graph
      score: 0.0
      extra_data: {{item: 2.1.1}}
"""


def test_against_the_scores_recorded_in_the_export(tmp_path):
    submit(tmp_path / "in/submission_1", {"2.3.z": ["incorrect", "0", "0"], **CORRECT})
    (tmp_path / "in/submission_metadata.yml").write_text(METADATA.format(number=1, score=6.0))
    (change,) = comparison.compare(tmp_path / "in", run(tmp_path / "in", tmp_path / "out")).changes
    assert change.points == Fraction(-1, 5)
    assert [(item.item, item.points) for item in change.differences[1:]] == [("2.3.z", Fraction(-1, 5))]


def test_a_new_attempt_of_the_same_person_is_matched(tmp_path):
    outs = []
    for number in (1, 2):
        path = tmp_path / f"in{number}"
        submit(path / f"submission_{number}", {"*": ["correct" if number == 2 else "partial", "", ""]})
        (path / "submission_metadata.yml").write_text(METADATA.format(number=number, score=3))
        outs.append(run(path, tmp_path / f"out{number}"))
    found = comparison.compare(*outs)
    assert (found.compared, found.gone, found.added) == (1, (), ())
    assert found.changes[0].points == 3


def test_nobody_is_matched_twice(tmp_path):
    """Ada handed in two submissions before, and one of them again: the other one is gone, not marked otherwise."""
    entry = METADATA.format(number=1, score=3) + METADATA.format(number=2, score=3)
    for folder, numbers in (("in", (1, 2)), ("in2", (2,))):
        for number in numbers:
            submit(tmp_path / folder / f"submission_{number}", CORRECT)
        (tmp_path / folder / "submission_metadata.yml").write_text(
            entry if len(numbers) == 2 else METADATA.format(number=2, score=3)
        )
    found = comparison.compare(run(tmp_path / "in", tmp_path / "out"), run(tmp_path / "in2", tmp_path / "out2"))
    assert (found.compared, found.gone, found.added) == (1, ("Ada",), ())


def test_what_is_no_marking_is_named(tmp_path, marked):
    with pytest.raises(Unsuitable, match="neither a folder that"):
        comparison.compare(tmp_path / "in", marked[1])
