"""A desk marks as `grader grade` does, also when it has seen the network before."""

from __future__ import annotations

from pathlib import Path

from grader import answer_key, config, grading
from grader.batch.desk import Desk

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ["full_marks", "duplicates_forgotten", "latex_notation", "exactly_one_permutation", "nothing"]


def test_a_warm_desk_gives_the_reports_of_a_cold_one():
    desk = Desk(ROOT / "config.yaml", ROOT / "reference")
    settings = config.load(ROOT / "config.yaml")
    homework = grading.Homework(settings, answer_key.load(ROOT / "reference", settings))
    for name in [*EXAMPLES, *EXAMPLES]:
        path = ROOT / "submissions_example" / name
        assert desk.grade(path, lambda item: None) == grading.grade(path, homework)
