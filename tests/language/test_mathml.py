"""What a browser is shown: well-formed, escaped, and as it was understood."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from grader.language import reading, writing
from grader.language.nodes import Name

BACKWARD = ["x", "t", "z1", "h", "z2", "g1", "g2", "y", "y'", "S", "J", "W1", "b1", "W2", "b2", "W3", "b3", "P"]
READERS: dict[str, Any] = {
    "formula": lambda text: reading.formula(text, ["n", "m"]),
    "order": lambda text: reading.order(text, ["n", "m"]),
    "condition": lambda text: reading.condition(text, ["n", "m"]),
    "predicate": lambda text: reading.predicate(text, ["x1", "x2", "x3", "x4"]),
    "array": reading.array,
    "activation": reading.activation,
    "equation": lambda text: reading.equation(text, BACKWARD),
}
ROWS = [
    json.loads(line) for line in (Path(__file__).parent / "spellings.jsonl").read_text(encoding="utf-8").splitlines()
]


def test_every_row_that_reads_is_well_formed() -> None:
    for row in ROWS:
        if "understood" in row:
            ElementTree.fromstring(READERS[row["kind"]](row["text"]).mathml)


@pytest.mark.parametrize(
    ("kind", "text", "shown"),
    [
        ("formula", "3n + 1", "3\u2062n+1"),
        ("formula", "n^2", "n2"),
        ("formula", "(n+1)(m-n)", "(n+1)\u2062(m−n)"),
        ("condition", "m >= n", "m≥n"),
        ("equation", "W1^T z1_bar", "W1⊤\u2062z1¯"),
        ("activation", "1 if z > 0 else 0", "{1if z>00otherwise"),
        ("formula", "-(n + m)", "−(n+m)"),
    ],
)
def test_what_is_shown(kind: str, text: str, shown: str) -> None:
    assert re.sub(r"<[^>]*>", "", READERS[kind](text).mathml).replace("&gt;", ">") == shown


def test_a_name_is_escaped() -> None:
    assert "<script>" not in writing.mathml(Name("<script>"))
