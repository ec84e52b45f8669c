"""Right equations in every spelling are right, and each wrong one is told its slip."""

from __future__ import annotations

from typing import Any

import pytest
from rows import rows

from grader.checks import backward
from grader.report import Verdict, plain

RIGHT = [(name, text) for name, texts in rows(__file__, "right.yaml").items() for text in texts]
WRONG = rows(__file__, "wrong.yaml")


@pytest.mark.parametrize(("variable", "text"), RIGHT)
def test_right(variable: str, text: str, derived: Any, read: Any) -> None:
    finding = backward.judge({variable: read(text)}, derived)[variable]
    assert finding.verdict is Verdict.CORRECT, plain(finding.blocks)


@pytest.mark.parametrize("row", WRONG, ids=lambda row: f"{row['variable']}: {row['text']}")
def test_wrong(row: dict[str, str], derived: Any, read: Any) -> None:
    finding = backward.judge({row["variable"]: read(row["text"])}, derived)[row["variable"]]
    assert finding.verdict is Verdict.INCORRECT
    assert finding.blocks
    assert not row["code"] or finding.code == row["code"], plain(finding.blocks)
