"""Another year's homework needs another config, reference and examples, and no line of the grader changed."""

from fractions import Fraction
from pathlib import Path

import pytest

from grader import answers, grading
from grader.assignment import answer_key, config
from grader.reporters import terminal

YEARS = sorted(path for path in Path(__file__).parent.iterdir() if (path / "config.yaml").exists())
EXAMPLES = [(year, example) for year in YEARS for example in sorted((year / "submissions_example").iterdir())]


def marked(example, year):
    stated = config.load(year / "config.yaml")
    homework = grading.Homework(stated, answer_key.load(year / "reference", stated)).prepare()
    return grading.mark(answers.of(example, stated), homework)


@pytest.mark.parametrize(("year", "example"), EXAMPLES, ids=lambda path: path.name)
def test_the_report_is_as_expected(year, example, request):
    report = terminal.render(marked(example, year))
    expected = example / "expected.txt"
    if request.config.getoption("--expect"):
        expected.write_text(report, encoding="utf-8")
    assert report == expected.read_text(encoding="utf-8")


def test_full_marks_are_full_marks():
    for year in YEARS:
        report = marked(year / "submissions_example/full_marks", year)
        assert report.score == report.points == Fraction(4)


def test_a_slip_costs_its_own_item():
    year = next(year for year in YEARS if year.name == "2018")
    report = marked(year / "submissions_example/ties_and_a_lost_skip", year)
    lost = {item.item: item.finding.code for item in report.items if item.score < item.points}
    assert lost == {"1": "network.part", "2.1": "graph.missing", "2.2.x_bar": "backward.term"}
