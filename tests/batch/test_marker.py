"""A marker marks as `grader grade` does, also when it has seen the network before."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from grader import answers, grading, kinds
from grader.assignment import answer_key, config
from grader.batch.running import Marker
from grader.gradients import proof

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = [
    "full_marks", "duplicates_forgotten", "latex_notation", "exactly_one_permutation", "nothing", "missing_transposes",
    "backward_slip_in_every_line", "handwritten",
]  # fmt: skip


def cold(path, homework):
    """The report where nothing is known of any answer before."""
    for module in [one for name, one in sys.modules.items() if name.startswith("grader.")]:
        for kept in [one for one in vars(module).values() if hasattr(one, "cache_clear")]:
            kept.cache_clear()
    return grading.mark(answers.of(path, homework.config), homework)


def test_a_warm_desk_gives_the_reports_of_a_cold_one():
    marker = Marker(ROOT / "config.yaml", ROOT / "reference")
    settings = config.load(ROOT / "config.yaml")
    homework = grading.Homework(settings, answer_key.load(ROOT / "reference", settings))
    expected = {name: cold(ROOT / "submissions_example" / name, homework) for name in EXAMPLES}
    for name in [*EXAMPLES, *EXAMPLES]:
        assert marker.mark(ROOT / "submissions_example" / name, name, lambda item: None) == expected[name]


@pytest.mark.parametrize("name", ["full_marks", "backward_slip_in_every_line"])
def test_a_warm_desk_proves_no_equation_twice(name, monkeypatch):
    marker = Marker(ROOT / "config.yaml", ROOT / "reference")
    first = marker.mark(ROOT / "submissions_example" / name, name, lambda item: None)
    monkeypatch.setattr(proof, "prove", None)
    assert marker.mark(ROOT / "submissions_example" / name, name, lambda item: None) == first


def test_a_warm_desk_judges_equal_networks_once_also_one_that_stays_open(tmp_path):
    first, more = {"W": [[10**9, 0, 0, 0, 0, 0]], "activation": "z^9"}, {"W": [[1]], "activation": "z^9"}
    network = {"layers": [first, *[more] * 3, {"W": [[1]], "activation": "I(z = 1)"}]}  # numbers of too many digits
    (tmp_path / "answers.yaml").write_text(json.dumps({"1.2": network}))
    marker = Marker(ROOT / "config.yaml", ROOT / "reference")
    before = kinds._examined.cache_info()
    reports = [marker.mark(tmp_path, "one", lambda item: None) for _ in range(3)]
    after = kinds._examined.cache_info()
    assert (after.misses - before.misses, after.hits - before.hits) == (1, 2)
    assert {report.items[1].finding.code for report in reports} == {"network.undecided"}
