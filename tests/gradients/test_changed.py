"""Another procedure needs another config and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from rows import rows

from grader.assignment import config
from grader.checks import backward
from grader.checks.backward import programs
from grader.gradients import points
from grader.gradients.procedure import Equation, bar
from grader.language import reading
from grader.report import Verdict, plain

ROWS = rows(__file__, "changed.yaml")
STATED = {key: value for key, value in ROWS.items() if key not in ("right", "wrong")}


@pytest.fixture(scope="module")
def changed(compile_procedure: Any) -> points.Differentiated:
    return points.differentiated(compile_procedure(config.Procedure.model_validate(STATED)), "J")


def _read(text: str, changed: points.Differentiated) -> Equation:
    return Equation(reading.equation(text, [*changed.procedure.variables, *changed.procedure.parameters]).node)


@pytest.mark.parametrize(
    ("variable", "text"), [(name, text) for name, texts in ROWS["right"].items() for text in texts]
)
def test_right(variable: str, text: str, changed: points.Differentiated) -> None:
    finding = backward.judge({variable: _read(text, changed)}, changed)[variable]
    assert finding.verdict is Verdict.CORRECT, plain(finding.blocks)


@pytest.mark.parametrize("row", ROWS["wrong"], ids=lambda row: row["text"])
def test_wrong(row: dict[str, str], changed: points.Differentiated) -> None:
    finding = backward.judge({row["variable"]: _read(row["text"], changed)}, changed)[row["variable"]]
    assert (finding.verdict, finding.code) == (Verdict.INCORRECT, row["code"]), plain(finding.blocks)


def test_gradient_by_differences(changed: points.Differentiated) -> None:
    for instance in programs.instances(changed):

        def loss(x: Any, instance: Any = instance) -> float:
            return float(instance.assuming({"x": x}).array("J").item())

        x = instance.array("x")
        steps = np.eye(x.size)[:, :, None] * 1e-6
        differences = [(loss(x + step) - loss(x - step)) / 2e-6 for step in steps]
        np.testing.assert_allclose(instance.array(bar("x")).ravel(), differences, rtol=1e-6, atol=1e-8)
