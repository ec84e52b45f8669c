"""What the README's tables say of a typed answer is so, for all that can be tried as an answer to one item."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from grader import answers, grading
from grader.assignment import answer_key, config

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONFIG = config.load(ROOT / "config.yaml")
ASKED = {
    "n² + 3n": "2.3.forward.memory",
    "2(m + n + mn)": "2.4.reverse.memory",
    "2n²": "2.3.forward.time",
    "m > n": "2.4.forward_better_when",
    "a vector": "2.3.z",
    "x̄ = W1ᵀ z̄1 + W2ᵀ z̄2": "2.1.2.x_bar",
    "ȳ_k = y'_k − I(k = t)": "2.1.2.y_bar",
}
"""The rows whose answers can be tried alone, and the item that each is for."""


def rows():
    """Item, text and verdict of each answer in a row that starts as one of those does."""
    for line in README.splitlines():
        asked, *cells = (cell.strip() for cell in line.strip("|").split(" | "))
        if (item := ASKED.get(asked)) is not None:
            examples = cells[0].split("; sums ")[0]
            verdict = cells[1] if len(cells) > 1 else "correct"
            yield from ((item, text, verdict) for text in re.findall(r"`([^`]+)`", examples))


ROWS = tuple(rows())


@pytest.fixture(scope="module")
def homework():
    return grading.Homework(CONFIG, answer_key.load(ROOT / "reference", CONFIG)).prepare()


def test_every_row_is_there():
    assert {item for item, _, _ in ROWS} == {*ASKED.values()}
    assert {verdict for _, _, verdict in ROWS} == {"correct", "partial", "incorrect", "invalid"}


@pytest.mark.parametrize(("item", "text", "verdict"), ROWS)
def test_an_example_is_understood_as_it_says(homework, item, text, verdict):
    marked = grading.mark(answers.typed(CONFIG.item(item), text, CONFIG), homework).item(item)
    assert marked.finding.verdict.value == verdict
