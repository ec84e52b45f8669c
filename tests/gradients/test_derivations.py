"""Whole derivations: read from one text as students type it, and judged variable by variable."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from rows import rows

from grader import document
from grader.assignment import config
from grader.checks import backward
from grader.forms import equations
from grader.forms.answer import Typed
from grader.gradients.points import Differentiated
from grader.report import plain

ROWS = rows(__file__, "derivations.yaml")
CONFIG = config.load(Path(__file__).parents[2] / "config.yaml")


def _typed(row: dict[str, Any]) -> Typed:
    file = document.salvage(yaml.safe_dump(row.get("fields"), allow_unicode=True).encode())
    root = document.Scalar(1, text=row["text"]) if "text" in row else file.root
    assert root is not None
    return Typed(CONFIG.items_of["2.1.2"], root, CONFIG, file)


@pytest.mark.parametrize("row", ROWS, ids=[row["why"] for row in ROWS])
def test_each_gradient_gets_its_verdict(row: dict[str, Any], derived: Differentiated) -> None:
    answers = {one.item.variable: one for one in equations.answers(_typed(row)).answers}
    findings = backward.judge({name: one.value for name, one in answers.items() if one.status == "read"}, derived)
    for variable in row.get("asked", derived.rules):
        found = findings.get(variable)
        verdict = answers[variable].status if found is None else found.verdict.value
        wanted = row.get("verdicts", {}).get(variable, "correct")
        assert verdict in ([wanted] if isinstance(wanted, str) else wanted), (
            f"{variable}: {verdict}, and not {wanted}: {plain(found.blocks) if found else ''}"
        )
