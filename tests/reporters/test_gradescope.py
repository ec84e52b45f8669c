"""results.json against Gradescope's documented format, and against each known quirk of gradescope-utils."""

from __future__ import annotations

import functools
import json
import operator
import sys
from fractions import Fraction
from pathlib import Path

import jsonschema
import pytest
from gradescope_utils.autograder_utils.json_test_runner import JSONTestRunner
from hypothesis import given, strategies as st

from grader.report import (
    Decided,
    Finding,
    ItemReport,
    Paragraph,
    PartReport,
    Report,
    Table,
    Taken,
    Verbatim,
    Verdict,
    correct,
)
from grader.reporters import gradescope

SCHEMA = json.loads((Path(__file__).parent / "results.schema.json").read_text())
POINTS = Fraction(1, 3)


def item(name="2.3.z", verdict=Verdict.CORRECT, credit=Fraction(1), points=POINTS, **rest):
    blocks = rest.pop("blocks", (Paragraph("Why."),))
    return ItemReport(name, "2.3", "Product", points, Finding(verdict, blocks, "some.note", credit), **rest)


def report(*items, **rest):
    return Report("Homework", (PartReport("2.3", "Vector-Hessian product", items),), **rest)


def rendered(*items, report_rest=None, **rest):
    text = gradescope.render(report(*items, **(report_rest or {})), **rest)
    results = json.loads(text, parse_constant=pytest.fail)
    jsonschema.validate(results, SCHEMA)
    return results


def test_an_item_is_an_entry():
    entry = rendered(item(typed="[6, 12, 18]", understood="(6, 12, 18)", line=3))["tests"][0]
    assert entry["name"] == "2.3.z Product"
    assert entry["number"] == "2.3"
    assert (entry["score"], entry["max_score"], entry["status"]) == (1 / 3, 1 / 3, "passed")
    assert entry["output_format"] == "md"
    assert entry["visibility"] == "visible"
    assert entry["extra_data"] == {"item": "2.3.z", "verdict": "correct", "note": "some.note"}
    assert entry["output"] == "**Correct**\n\nYou typed (line 3): `[6, 12, 18]`\n\nRead as: `(6, 12, 18)`\n\nWhy."


def test_where_an_answer_was_found_and_what_was_decided_is_in_the_data():
    own = Finding(Verdict.PARTIAL, (), "formula.growth", Fraction(1, 2))
    decided = (Decided("2.3.z, all", message="As agreed.", by="Ada", at="2026-11-26", own=own),)
    taken = Taken("found", "$z = 6$", "main.tex", 12)
    data = rendered(item(taken=taken, decided=decided))["tests"][0]["extra_data"]
    assert data["taken"] == {"how": "found", "text": "$z = 6$", "file": "main.tex", "line": 12, "cell": None}
    assert data["decided"] == [
        {"about": "2.3.z, all", "message": "As agreed.", "by": "Ada", "at": "2026-11-26",
         "own_verdict": "partial", "own_credit": "1/2"}
    ]  # fmt: skip
    reread = rendered(item(decided=(Decided("2.3.z, all", read_as="6"),)))["tests"][0]["extra_data"]
    assert reread["decided"] == [{"about": "2.3.z, all", "read_as": "6"}]


def test_numbers_sort_as_the_items_do():
    tests = rendered(item("2.3.z"), item("2.3.reverse.time"))["tests"]
    assert [test["number"] for test in tests] == ["2.3.1", "2.3.2"]


@pytest.mark.parametrize("verdict", [verdict for verdict in Verdict if verdict is not Verdict.CORRECT])
def test_no_score_is_left_to_count_as_full_marks(verdict):
    entry = rendered(item(verdict=verdict, credit=Fraction(0)))["tests"][0]
    assert (entry["score"], entry["status"]) == (0, "failed")


def test_part_of_the_points_is_given():
    results = rendered(item(verdict=Verdict.PARTIAL, credit=Fraction(1, 2)))
    assert results["tests"][0]["score"] == pytest.approx(1 / 6)
    assert results["tests"][0]["status"] == "failed"
    assert results["score"] == pytest.approx(1 / 6)


def test_an_item_worth_nothing_fails_when_it_is_wrong():
    wrong, right = rendered(
        item(verdict=Verdict.INCORRECT, credit=Fraction(0), points=Fraction(0)), item(points=Fraction(0))
    )["tests"]
    assert (wrong["score"], wrong["max_score"], wrong["status"]) == (0, 0, "failed")
    assert (right["score"], right["max_score"], right["status"]) == (0, 0, "passed")


def test_total_is_the_exact_sum():
    results = rendered(*(item(f"2.3.{n}", points=Fraction(1, 10)) for n in range(10)))
    assert results["score"] == 1.0
    one_by_one = functools.reduce(operator.add, (test["score"] for test in results["tests"]))
    assert one_by_one != 1.0  # what gradescope-utils would have written, on most Pythons


def test_every_item_is_there_whatever_unittest_makes_of_its_name():
    names = ["", " ", "skip", "setUp\nClass", "a\x00b", "x" * 500, "<b>", "\u202e"]
    tests = rendered(*(item(name) for name in names))["tests"]
    assert len(tests) == len(names)
    assert all(test["name"] for test in tests)


def test_a_lost_row_is_a_fault_and_not_a_shorter_list(monkeypatch):
    monkeypatch.setattr(JSONTestRunner, "run", _run_without_the_last_test(JSONTestRunner.run))
    with pytest.raises(RuntimeError, match="2 rows"):
        rendered(item("2.3.z"), item("2.3.y"))


def _run_without_the_last_test(run):
    def shorter(self, suite):
        return run(self, type(suite)(list(suite)[:-1]))

    return shorter


@pytest.mark.parametrize("score", ["nan", "inf", "-inf"])
def test_what_is_no_number_never_arrives(score):
    class Strange(Fraction):
        def __float__(self):
            return float(score)

    with pytest.raises(ValueError, match="JSON"):
        gradescope.render(report(item(points=Strange(1))))


def test_scores_are_clamped():
    class Generous(ItemReport):
        score = Fraction(7)

    class Stingy(ItemReport):
        score = Fraction(-7)

    finding = correct("some.note")
    tests = rendered(*(kind("2.3.z", "2.3", "", Fraction(1), finding) for kind in (Generous, Stingy)))["tests"]
    assert [test["score"] for test in tests] == [1, 0]


def test_outputs_are_short_and_say_that_they_were_cut():
    long = (Verbatim("`" * 50 + "\n" + "x\n" * 30_000), Table(("a",), tuple(("<b>" * 9,) for _ in range(9999))))
    entry = rendered(item(blocks=long, typed="y" * 50_000, understood="z\n" * 50_000))["tests"][0]
    assert 5_000 < len(entry["output"]) < 10_000
    assert "more lines)" in entry["output"]


def test_the_same_report_gives_the_same_text():
    assert gradescope.render(report(item())) == gradescope.render(report(item()))
    assert "execution_time" not in rendered(item())


def test_time_is_a_number():
    assert rendered(item(), seconds=1.239)["execution_time"] == 1.24
    assert "execution_time" not in rendered(item(), seconds=float("nan"))


def test_nothing_is_printed(capsys):
    rendered(item(), item(verdict=Verdict.INVALID, credit=Fraction(0)))
    assert capsys.readouterr() == ("", "")
    assert sys.stdout is not None


def test_hidden_items_keep_their_visibility_and_a_row_says_so():
    tests = rendered(item("2.3.z", visibility="hidden"), item("2.3.y", visibility="after_due_date"), item())["tests"]
    first, *rest = tests
    assert [test["visibility"] for test in rest] == ["hidden", "after_due_date", "visible"]
    assert "score" not in first
    assert "max_score" not in first
    assert first["visibility"] == "visible"
    assert "no total" in first["output"]


@pytest.mark.parametrize("visibility", ["hidden", "after_due_date", "after_published"])
def test_any_item_that_is_not_shown_yet_hides_the_total(visibility):
    first, _ = rendered(item("2.3.z", visibility=visibility))["tests"]
    assert "no total" in first["output"]


def test_without_hidden_items_there_is_no_such_row():
    assert len(rendered(item())["tests"]) == 1


def test_notices_stand_at_the_top():
    messages = (Paragraph("Part 2.3 has no field <b>z</b>."),)
    results = rendered(item(), report_rest={"messages": messages})
    assert results["output"] == "Part 2.3 has no field &lt;b&gt;z&lt;/b&gt;."
    assert results["output_format"] == "md"
    assert "output" not in rendered(item())


def test_a_fault_is_told_to_the_instructor_and_not_to_the_student():
    results = rendered(item(), report_rest={"faults": ("Traceback: secret",)}, stdout_visibility="visible")
    assert "wait" in results["output"]
    assert "secret" not in json.dumps({**results, "extra_data": None})
    assert results["extra_data"]["faults"] == ["Traceback: secret"]
    assert results["stdout_visibility"] == "hidden"  # the fault is printed there


def test_what_is_printed_is_shown_as_asked():
    assert rendered(item(), stdout_visibility="visible")["stdout_visibility"] == "visible"


def test_a_report_without_items_is_whole():
    assert rendered()["tests"] == []
    assert json.loads(gradescope.render(Report("", (), faults=("no config",))))["score"] == 0


TEXT = st.text(alphabet=st.characters(), max_size=200)


@given(TEXT, TEXT, TEXT, st.sampled_from(list(Verdict)), st.fractions(0, 1))
def test_whatever_was_typed_the_file_is_valid(typed, understood, text, verdict, credit):
    credit = Fraction(1) if verdict is Verdict.CORRECT else credit
    blocks = (Paragraph(text), Verbatim(text), Table((text, "b"), ((typed, understood),), caption=text))
    rendered(
        item(typed, verdict=verdict, credit=credit, typed=typed, understood=understood, blocks=blocks),
        report_rest={"messages": blocks},
    )
