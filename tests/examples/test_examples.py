"""Every example submission comes out as the report beside it says; ``make expect`` rewrites them all."""

from pathlib import Path

import pytest

from grader import answers, grading
from grader.assignment import answer_key, config
from grader.reporters import terminal

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path for path in (ROOT / "submissions_example").iterdir() if path.is_dir())


@pytest.fixture(scope="module")
def homework():
    stated = config.load(ROOT / "config.yaml")
    return grading.Homework(stated, answer_key.load(ROOT / "reference", stated)).prepare()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_the_report_is_as_expected(example, homework, request):
    report = terminal.render(grading.mark(answers.of(example, homework.config), homework))
    expected = example / "expected.txt"
    if request.config.getoption("--expect"):
        expected.write_text(report, encoding="utf-8")
    assert report == expected.read_text(encoding="utf-8")


def test_every_check_passes_on_some_example_and_fails_on_some(homework):
    verdicts: dict[str, set[str]] = {}
    for example in EXAMPLES:
        for item in grading.mark(answers.of(example, homework.config), homework).items:
            verdicts.setdefault(item.item, set()).add(item.finding.verdict.value)
    never_right = [name for name, seen in verdicts.items() if "correct" not in seen]
    assert not never_right
    kinds = {item.kind: set() for item in homework.config.items}
    for item in homework.config.items:
        kinds[item.kind] |= verdicts[item.name]
    never_wrong = [kind for kind, seen in kinds.items() if not seen & {"incorrect", "partial"}]
    assert not never_wrong
