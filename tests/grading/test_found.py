"""A found answer can earn and cannot lose; a marked one, and one in answers.yaml, is judged as it stands."""

from pathlib import Path

import pytest

from grader import answers, grading
from grader.assignment import answer_key, config
from grader.report import Verdict, plain
from grader.submission import Submission

ROOT = Path(__file__).parents[2]
CONFIG = config.load(ROOT / "config.yaml")
HOMEWORK = grading.Homework(CONFIG, answer_key.load(ROOT / "reference", CONFIG))
ITEM = "2.3.reverse.time"
FOUND = "## 2.3\n\nReverse mode takes {} multiplications.\n"
MARKED = f"## 2.3\n\n{ITEM}: {{}}\n"


def marked(text, typed=None):
    given = answers.read(Submission(typed, write_ups={"answers.md": text.encode()}), CONFIG)
    return next(item for item in grading.mark(given, HOMEWORK).items if item.item == ITEM)


@pytest.mark.parametrize(
    ("formula", "found", "as_it_stands"),
    [
        ("$2n$", Verdict.CORRECT, Verdict.CORRECT),
        ("$2n + 1$", Verdict.PARTIAL, Verdict.PARTIAL),
        ("$O(n)$", Verdict.PARTIAL, Verdict.PARTIAL),
        ("$n^3$", Verdict.REVIEW, Verdict.INCORRECT),
        ("$2n + $", Verdict.REVIEW, Verdict.INVALID),
    ],
)
def test_what_is_found_earns_or_waits(formula, found, as_it_stands):
    assert marked(MARKED.format(formula)).finding.verdict is as_it_stands
    item = marked(FOUND.format(formula))
    message = plain(item.finding.blocks)
    assert (item.taken.how, item.finding.verdict) == ("found", found)
    assert item.finding.credit == marked(MARKED.format(formula)).finding.credit
    assert ("counts so far" in message) == (found is Verdict.PARTIAL)
    assert ("would be incorrect" in message) == (as_it_stands is Verdict.INCORRECT)
    assert ("cannot be read" in message) == (as_it_stands is Verdict.INVALID)


def test_answers_yaml_goes_before_a_mark_and_a_mark_before_what_is_found():
    both = FOUND.format("$n^3$") + MARKED.format("$2n$")
    assert marked(both).finding.verdict is Verdict.CORRECT
    for typed, verdict in (("n^3", Verdict.INCORRECT), ("2n +", Verdict.INVALID), ("", Verdict.CORRECT)):
        text = f'"2.3": {{reverse: {{time: "{typed}"}}}}'.encode()
        assert marked(both, text).finding.verdict is verdict


def test_a_formula_of_many_pages_is_kept_as_text_alone(monkeypatch):
    long = b'"2.3": {reverse: {time: 2n}}'
    assert "<math" in marked("", long).mathml
    monkeypatch.setattr(grading, "LONGEST_MATHML", 20)
    assert (marked("", long).mathml, marked("", long).understood) == ("", "2n")
