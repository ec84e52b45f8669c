"""What feedback gives away on Gradescope, by the submission's dates; an instructor's own commands show everything."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader import slips
from grader.cli import main
from grader.cli.submission import before_due

EXAMPLE = Path(__file__).resolve().parents[2] / "submissions_example" / "inequality_reversed"


@pytest.mark.parametrize(
    ("made", "due", "late", "before"),
    [
        ("2026-02-01T12:00:00.000000-08:00", "2026-02-01T23:59:00.000000-08:00", None, True),
        ("2026-02-02T12:00:00.000000-08:00", "2026-02-01T23:59:00.000000-08:00", None, False),
        # While one can hand in late, one can hand in.
        ("2026-02-02T12:00:00.000000-08:00", "2026-02-01T23:59:00-08:00", "2026-02-03T23:59:00-08:00", True),
        ("2026-02-04T12:00:00.000000-08:00", "2026-02-01T23:59:00-08:00", "2026-02-03T23:59:00-08:00", False),
        ("2026-02-02T07:58:59Z", "2026-02-01T23:59:00-08:00", None, True),
        ("2026-02-02T08:00:00.123456789Z", "2026-02-01T23:59:00-0800", None, False),
        ("2026-02-02 12:00:00 -0800", "2026-02-01 23:59:00 -0800", None, False),
        # No dates, or days and numbers, which are no moments: nothing is given away.
        ("2026-02-01T12:00:00Z", "2026-02-01", None, True),
        ("2026-02-01T12:00:00Z", "1700000000", None, True),
        ("2026-02-02T08:00:00Z", None, None, True),
        (None, "2026-02-01T23:59:00-08:00", None, True),
        ("yesterday", "2026-02-01T23:59:00-08:00", None, True),
        ("2026-02-02T08:00:00Z", "2026-13-01T23:59:00-08:00", ["soon"], True),
        (7, {"at": "noon"}, None, True),
    ],
)
def test_before_and_after(made, due, late, before):
    assert before_due({"created_at": made, "assignment": {"due_date": due, "late_due_date": late}}) is before


@pytest.mark.parametrize("metadata", [{}, {"assignment": None}, {"assignment": "none", "created_at": None}])
def test_without_dates_nothing_is_given_away(metadata):
    assert before_due(metadata)


@pytest.mark.parametrize(("due", "told"), [("2026-03-01T00:00:00Z", False), ("2026-01-01T00:00:00Z", True)])
def test_feedback_on_gradescope(tmp_path, due, told):
    shutil.copytree(EXAMPLE, tmp_path / "submission")
    (tmp_path / "results").mkdir()
    dates = {"created_at": "2026-02-01T00:00:00Z", "assignment": {"due_date": due}}
    (tmp_path / "submission_metadata.json").write_text(json.dumps(dates))
    done = CliRunner().invoke(main, ["gradescope", str(tmp_path)])
    assert done.exit_code == 0, done.output
    (test,) = (
        test
        for test in json.loads((tmp_path / "results/results.json").read_text())["tests"]
        if test.get("extra_data", {}).get("item") == "2.4.forward_better_when"
    )
    assert "Incorrect" in test["output"]
    assert (slips.FLIPPED in test["output"]) is told


def test_an_instructor_sees_everything_and_a_self_check_does_not():
    assert slips.FLIPPED in CliRunner().invoke(main, ["grade", str(EXAMPLE)]).output
    transposes = EXAMPLE.parent / "missing_transposes"
    assert "transpose is missing" in CliRunner().invoke(main, ["grade", str(transposes)]).output
    assert "transpose is missing" not in CliRunner().invoke(main, ["check", str(transposes)]).output
