"""Every example submission, this year's or another's, comes out as the report beside it; ``make expect`` rewrites all.

Another year's homework needs another config, reference and examples, and no line of the grader changed.
"""

import functools
from fractions import Fraction
from pathlib import Path

import pytest

from grader import answers, grading
from grader.assignment import answer_key, config
from grader.reporters import terminal

ROOT = Path(__file__).parents[2]
YEARS = [ROOT, *sorted(path.parent for path in (ROOT / "tests/years").glob("*/config.yaml"))]
EXAMPLES = [
    (year, example)
    for year in YEARS
    for example in sorted((year / "submissions_example").iterdir())
    if example.is_dir()
]


@functools.cache
def homework(year):
    stated = config.load(year / "config.yaml")
    return grading.Homework(stated, answer_key.load(year / "reference", stated)).prepare()


def marked(year, example):
    return grading.mark(answers.of(example, homework(year).config), homework(year))


@pytest.mark.parametrize(("year", "example"), EXAMPLES, ids=lambda path: path.name)
def test_the_report_is_as_expected(year, example, request):
    report = terminal.render(marked(year, example))
    expected = example / "expected.txt"
    if request.config.getoption("--expect"):
        expected.write_text(report, encoding="utf-8")
    assert report == expected.read_text(encoding="utf-8")


def test_every_check_passes_on_some_example_and_fails_on_some():
    verdicts: dict[str, set[str]] = {}
    for year, example in EXAMPLES:
        if year == ROOT:
            for item in marked(year, example).items:
                verdicts.setdefault(item.item, set()).add(item.finding.verdict.value)
    never_right = [name for name, seen in verdicts.items() if "correct" not in seen]
    assert not never_right
    kinds = {item.kind: set() for item in homework(ROOT).config.items}
    for item in homework(ROOT).config.items:
        kinds[item.kind] |= verdicts[item.name]
    never_wrong = [kind for kind, seen in kinds.items() if not seen & {"incorrect", "partial"}]
    assert not never_wrong


@pytest.mark.parametrize("year", YEARS, ids=lambda path: path.name)
def test_full_marks_are_full_marks(year):
    report = marked(year, year / "submissions_example/full_marks")
    assert report.score == report.points == Fraction(6 if year == ROOT else 4)


def test_a_slip_costs_its_own_item():
    year = ROOT / "tests/years/2018"
    report = marked(year, year / "submissions_example/ties_and_a_lost_skip")
    lost = {item.item: item.finding.code for item in report.items if item.score < item.points}
    assert lost == {"1": "network.part", "2.1": "graph.missing", "2.2.x_bar": "backward.term"}
