"""The columns of the two tables of a class."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from grader.assignment import config
from grader.batch import showing
from grader.batch.roster import Entry, Recorded, Submitter
from grader.report import Finding, ItemReport, Paragraph, PartReport, Report, Verdict

CONFIG = config.load(Path(__file__).resolve().parents[2] / "config.yaml")
ENTRY = Entry("s1", None, (), (Submitter("Ada", "1", "a@x"), Submitter("Bo", "2", "b@x")), Recorded(Fraction(2)))
FINDING = Finding(
    Verdict.INVALID, (Paragraph("2.3 z (line 5) cannot be read."), Paragraph("“c” is no name.")), "invalid"
)
REPORT = Report(
    "t",
    (
        PartReport("2.2.1", "", (ItemReport("2.2.1.H", "2.2.1", "", Fraction(0), Finding(Verdict.MISSING, (), "m")),)),
        PartReport(
            "2.3",
            "",
            (ItemReport("2.3.z", "2.3", "", Fraction(1, 2), FINDING, typed="c(6)", understood="", line=5),),
        ),
    ),
)


def as_dicts(head: list[str], rows: list[list[str]]) -> list[dict[str, str]]:
    assert all(len(row) == len(head) for row in rows)
    return [dict(zip(head, row)) for row in rows]


def test_grades_has_a_row_for_each_submitter_with_the_marks_of_their_submission():
    ada, bo = as_dicts(showing.grades_head(CONFIG), list(showing.grades(ENTRY, REPORT, CONFIG)))
    assert (ada["name"], ada["sid"], bo["email"], bo["submission"]) == ("Ada", "1", "b@x", "s1")
    assert (ada["total"], ada["recorded"], ada["difference"], ada["status"]) == ("0", "2", "-2", "needs a person")
    assert (ada["2.3.z"], ada["2.3.z verdict"]) == ("0", "invalid")
    assert (ada["1.1"], ada["1.1 verdict"]) == ("", "")  # an older result may lack an item


def test_grades_names_nobody_where_nobody_is_known():
    (row,) = as_dicts(showing.grades_head(CONFIG), list(showing.grades(Entry("s1"), REPORT, CONFIG)))
    assert (row["name"], row["recorded"], row["difference"]) == ("", "", "")


def test_answers_has_a_row_for_each_item_with_the_reason():
    _, row = as_dicts([*showing._ANSWERS], list(showing.answers(ENTRY, REPORT)))
    assert (row["name"], row["item"], row["verdict"], row["of"]) == ("Ada; Bo", "2.3.z", "invalid", "0.5")
    assert (row["typed"], row["line"], row["code"], row["reason"]) == ("c(6)", "5", "invalid", "“c” is no name.")
