"""Equations as they are typed, in every notation: read as answers are, and judged."""

from __future__ import annotations

from typing import Any

import pytest
from rows import rows

from grader.checks import backward
from grader.gradients.points import Differentiated
from grader.report import plain

ROWS = rows(__file__, "notations.yaml")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{next(iter(row.items()))}")
def test_rows(row: dict[str, Any], derived: Differentiated, typed: Any) -> None:
    field, text = next(iter(row.items()))
    variable = field.removesuffix("_bar")
    wanted = row["verdict"] if isinstance(row["verdict"], list) else [row["verdict"]]
    answer = typed({field: text, **row.get("with", {})})
    if variable not in answer:
        assert "invalid" in wanted
        return
    finding = backward.judge(answer, derived)[variable]
    assert finding.verdict.value in wanted, plain(finding.blocks)
    assert not row.get("code") or finding.code == row["code"], plain(finding.blocks)
    assert finding.blocks
