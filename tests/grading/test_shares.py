"""One answer never costs the others: each has its own share of time and memory, and the cheap ones come first."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from grader import answers, grading, submission
from grader.assignment import config
from grader.forms.answer import Answers
from grader.grading import Homework
from grader.report import ItemReport, Report, Verdict, correct, plain

ROOT = Path(__file__).parents[2]
HOMEWORK = Homework(config.load(ROOT / "config.yaml"))
GIVEN = answers.read(
    submission.read(ROOT / "submissions_example" / "full_marks", HOMEWORK.config.limits), HOMEWORK.config
)


Judge = Callable[[Homework, tuple[config.Item, ...], Answers], grading.Findings]


def run(judge: Judge, patch: pytest.MonkeyPatch, seconds: int = 3) -> tuple[Report, list[ItemReport]]:
    patch.setattr(grading, "judged", judge)
    limits = HOMEWORK.config.limits.model_copy(update={"processor_seconds": seconds})
    homework = Homework(HOMEWORK.config.model_copy(update={"limits": limits}))
    emitted: list[ItemReport] = []
    return grading.mark(GIVEN, homework, emit=emitted.append), emitted


def busy() -> None:
    while True:
        pass


def hungry() -> None:
    held = []
    while True:
        held.append(bytearray(10_000_000))


@pytest.mark.parametrize(
    ("spoil", "bound", "kind"),
    [
        *((busy, grading.TIME, kind) for kind in ("network", "condition", "matrix", "backward")),
        *((hungry, grading.MEMORY, kind) for kind in ("network", "formula", "matrix", "backward")),
    ],
)
def test_what_a_bound_stops_is_open_and_everything_else_is_marked(
    spoil: Callable[[], None], bound: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def judge(homework: Homework, items: tuple[config.Item, ...], given: Answers) -> grading.Findings:
        if items[0].kind == kind:
            spoil()
        return {item.name: correct("test") for item in items}

    report, _ = run(judge, monkeypatch, 1 if spoil is busy else 3)
    assert report.faults == ()
    for item, known in zip(report.items, HOMEWORK.config.items):
        if known.kind == kind:
            assert (item.finding.verdict, item.finding.code) == (Verdict.REVIEW, "grader.limit")
            assert bound in plain(item.finding.blocks)
            assert "fault" not in plain(item.finding.blocks)
        else:
            assert item.finding.verdict is Verdict.CORRECT


def test_networks_come_last_the_smaller_one_first_and_are_named_as_open_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def judge(homework: Homework, items: tuple[config.Item, ...], given: Answers) -> grading.Findings:
        return {item.name: correct("test") for item in items}

    report, emitted = run(judge, monkeypatch)
    names = [item.item for item in emitted]
    assert names[-2:] == ["1.1", "1.2"]
    assert sorted(names[:2]) == ["1.1", "1.2"]
    assert all(item.finding.code == "grader.limit" for item in emitted[:2])
    assert len(names) == len(report.items) + 2


def test_what_one_answer_leaves_over_is_there_for_the_next() -> None:
    assert list(grading.shares(60.0, 4)) == pytest.approx([15, 20, 30, 60], abs=0.1)
    assert next(grading.shares(10.0, 20)) == pytest.approx(5, abs=0.1)


def test_a_bound_leaves_nothing_behind() -> None:
    with pytest.raises(grading.Stopped), grading.bounded(0.05, memory=True):
        busy()
    end = time.process_time() + 0.1
    while time.process_time() < end:
        pass
    assert len(bytearray(grading.MEMORY_BYTES + 10_000_000)) > grading.MEMORY_BYTES
