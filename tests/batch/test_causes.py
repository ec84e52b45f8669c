"""Why answers wait for a person: by cause, in the words of all, without anyone's line number."""

from __future__ import annotations

from fractions import Fraction

import pytest
import small_homework

from grader.assignment import config
from grader.batch.roster import Entry, Roster
from grader.batch.showing import FAULT, ClassPage, in_a_line
from grader.batch.store import Stored
from grader.report import Decided, Finding, ItemReport, Paragraph, PartReport, Report, Table, Verbatim, Verdict

CONFIG = config.read(small_homework.CONFIG)


def waits(*messages: str, verdict=Verdict.INVALID, code="invalid") -> Finding:
    return Finding(verdict, tuple(Paragraph(text) for text in messages), code)


def report(*findings: Finding, faults=()) -> Report:
    items = [
        ItemReport(f"2.{number}", "2", "", Fraction(1), one, typed=f"typed {number}")
        for number, one in enumerate(findings)
    ]
    return Report("t", (PartReport("2", "", tuple(items)),), faults=faults)


def page(*reports: Report) -> ClassPage:
    shown = ClassPage(CONFIG, Roster())
    for number, one in enumerate(reports):
        shown.add(Entry(f"student {number}"), Stored(one, 0.0))
    return shown


def found(*reports: Report) -> list[tuple[str, int, int]]:
    return [(cause.reason, len(cause.waiting), cause.answers) for cause in page(*reports).causes]


def test_a_program_that_crashed_is_one_cause_whatever_it_was_to_give():
    crashed = [waits(f"In line {line} of backprop.py the program stopped with an error.") for line in (2, 30)]
    assert found(*(report(*[crash] * 10) for crash in crashed)) == [
        ("In backprop.py the program stopped with an error.", 2, 20)
    ]


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        (("2.3 z (line 5) cannot be read.", "“c” is not a name."), "“…” is not a name."),
        (("Part 2.3 (line 54) cannot be read: a comma is missing.",), "Part 2.3 cannot be read: a comma is missing."),
        (("An entry of the list is empty (line 9).",), "An entry of the list is empty."),
        (("W1 is given twice (again in line 7).",), "W1 is given twice."),
        (("2.3 z (line 5) cannot be read.",), "2.3 z cannot be read."),
        (
            ("In line 4 stands “b2x”: if it is meant, name it “b2”.",),
            "In a line stands “…”: if it is meant, name it “…”.",
        ),
    ],
)
def test_a_reason_holds_for_all_who_share_it(messages, reason):
    assert found(report(waits(*messages))) == [(reason, 1, 1)]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("DL hw1.md, line 12, says something. A person will look.", "The write-up says something. A person will look."),
        ("main.tex shows a picture here.", "The write-up shows a picture here."),
        (
            "This was found. To have it marked as it stands, mark it as 2.1.2.y'_bar, or type it into answers.yaml.",
            "This was found. To have it marked as it stands, mark it, or type it into answers.yaml.",
        ),
    ],
)
def test_a_reason_leaves_out_whose_file_and_which_item(message, reason):
    assert found(report(waits(message, verdict=Verdict.REVIEW))) == [(reason, 1, 1)]


def test_what_a_fault_cost_belongs_to_the_fault():
    lost = waits("This answer has not been marked yet.", verdict=Verdict.REVIEW, code="grader.not_marked")
    other = waits("No proof was found.", verdict=Verdict.REVIEW, code="network.undecided")
    reports = report(lost, lost, other, faults=("killed",)), report(other), report(faults=("the page",))
    assert found(*reports) == [(FAULT, 2, 2), ("No proof was found.", 2, 2)]


def test_submissions_are_counted_once_and_only_those_that_wait():
    right = Finding(Verdict.CORRECT, (), "right", Fraction(1))
    assert page(report(waits("a"), waits("b")), report(right), report(right, faults=("a fault",))).waiting == 2


def test_the_reason_in_a_table_is_the_reason_and_not_the_place():
    blocks = (
        Paragraph("2.3 z (line 5) cannot be read."),
        Paragraph("“c” is not a name."),
        Verbatim("c(6)\n^"),
        Verbatim("NameError: c"),
        Table(("a",), (("b",),)),
    )
    assert in_a_line(Finding(Verdict.INVALID, blocks, "invalid")) == "“c” is not a name. NameError: c"


@pytest.mark.parametrize(
    ("verdict", "by_a_person", "waits_"),
    [
        (Verdict.INVALID, False, True),
        (Verdict.INVALID, True, False),  # a person has said that it cannot be read
        (Verdict.REVIEW, True, True),
        (Verdict.INCORRECT, False, False),
    ],
)
def test_what_a_person_called_unreadable_waits_for_nobody(verdict, by_a_person, waits_):
    finding = waits("No.", verdict=verdict)
    decided = (Decided("2.0, all", own=finding),) if by_a_person else ()
    assert ItemReport("2.0", "2", "", Fraction(1), finding, decided=decided).waits is waits_
