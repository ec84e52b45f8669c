"""Whole derivations: read from one text as students type it, and judged variable by variable."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from grader import document
from grader.assignment import config
from grader.checks import backward
from grader.forms import equations
from grader.gradients.instances import Differentiated
from grader.report import plain

ROWS = yaml.safe_load(Path(__file__).with_name("derivations.yaml").read_text(encoding="utf-8"))
STATED = config.load(Path(__file__).parents[2] / "config.yaml").procedures["2.1"]


def _answer(row: dict[str, Any]) -> document.Node:
    if "text" in row:
        return document.Scalar(1, 1, text=row["text"])
    root = document.salvage(yaml.safe_dump(row["fields"], allow_unicode=True).encode()).root
    assert root is not None
    return root


@pytest.mark.parametrize("row", ROWS, ids=[row["why"] for row in ROWS])
def test_each_gradient_gets_its_verdict(row: dict[str, Any], derived: Differentiated) -> None:
    read = equations.read(_answer(row), STATED, list(derived.rules), "J").equations
    typed = {name.removesuffix("_bar"): one.equation for name, one in read.items() if one.equation}
    findings = backward.judge(typed, derived)
    for variable in row.get("asked", derived.rules):
        found = findings.get(variable)
        unread = "invalid" if f"{variable}_bar" in read else "missing"
        verdict = unread if found is None else found.verdict.value
        wanted = row.get("verdicts", {}).get(variable, "correct")
        assert verdict in ([wanted] if isinstance(wanted, str) else wanted), (
            f"{variable}: {verdict}, and not {wanted}: {plain(found.blocks) if found else ''}"
        )
