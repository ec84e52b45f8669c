"""The questions of a class's page: equal answers are one group, unless they earn different credit."""

from __future__ import annotations

from fractions import Fraction

import small_homework

from grader.assignment import config
from grader.batch.roster import Roster
from grader.batch.showing import ClassPage, Question
from grader.report import Finding, ItemReport, Paragraph, Verdict

CONFIG = config.read(small_homework.CONFIG)


def question(*answers: tuple[str, str, Verdict, str]):
    """Of answers as typed and as canonical, with verdict and credit; each of another person."""
    found = Question(CONFIG.item("7.1.time"))
    for number, (typed, canonical, verdict, credit) in enumerate(answers):
        finding = Finding(verdict, (Paragraph("Why."),), "code", Fraction(credit), canonical)
        found.add(f"student {number}", ItemReport("7.1.time", "7.1", "", Fraction(1), finding, typed, canonical))
    return found


def test_equal_answers_are_one_group_the_largest_first():
    found = question(
        ("n^3", "n^3", Verdict.INCORRECT, "0"),
        ("2n^2", "2n^2", Verdict.CORRECT, "1"),
        ("n^2 + n^2", "2n^2", Verdict.CORRECT, "1"),
        ("2n^2", "2n^2", Verdict.CORRECT, "1"),
    )
    assert [(group.first.finding.verdict, group.size) for group in found.groups] == [
        (Verdict.CORRECT, 3),
        (Verdict.INCORRECT, 1),
    ]
    assert found.groups[0].typed.most_common() == [("2n^2", 2), ("n^2 + n^2", 1)]
    assert found.bars == [(Verdict.CORRECT, 3, 75), (Verdict.INCORRECT, 1, 25)]
    assert found.share == 3 / 4


def test_equal_answers_that_earn_different_credit_are_two():
    found = question(("n^2", "n^2", Verdict.PARTIAL, "1/2"), ("n^2", "n^2", Verdict.PARTIAL, "1/4"))
    assert sorted(group.first.finding.credit for group in found.groups) == [Fraction(1, 4), Fraction(1, 2)]


def test_answers_that_cannot_be_read_are_compared_as_they_were_typed():
    found = question(
        ("n  +", "", Verdict.INVALID, "0"), ("n +", "", Verdict.INVALID, "0"), ("n -", "", Verdict.INVALID, "0")
    )
    assert [group.size for group in found.groups] == [2, 1]


def test_lines_for_the_reference_are_given_where_they_would_change_something():
    found = question(
        ("n^3", "n^3", Verdict.INCORRECT, "0"),
        ("2n^2", "2n^2", Verdict.CORRECT, "1"),
        ("n +", "", Verdict.INVALID, "0"),
        ("n^2", "n^2", Verdict.PARTIAL, "1/2"),
    )
    given = {group.first.finding.verdict: group.lines for group in found.groups}
    assert given[Verdict.CORRECT] == given[Verdict.INVALID] == ""
    for verdict, answer in ((Verdict.INCORRECT, "n^3"), (Verdict.PARTIAL, "n^2")):
        accepted: dict[str, list[dict[str, str]]] = {}
        exec(given[verdict], {"ACCEPTED": accepted})
        assert accepted == {"7.1.time": [{"answer": answer, "credit": "1", "message": ""}]}


def test_the_hardest_question_comes_first():
    page = ClassPage(CONFIG, Roster())
    finding = Finding(Verdict.CORRECT, (), "code", Fraction(1))
    page.questions[0].add("ada", ItemReport("7.1.time", "7.1", "", Fraction(1), finding))
    assert [question.item.name for question in page.hardest] == ["7.1.when", "7.1.time"]
