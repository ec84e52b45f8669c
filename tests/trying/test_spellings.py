"""The table of spellings: what people type, what it is held against, and what it is worth.

A row is a row of ``grader try --rows`` with the verdict it must get and why. All of them together are the manual of
what counts as equal.
"""

import json
from collections import Counter
from pathlib import Path

import pytest

from grader import kinds, trying
from grader.assignment import answer_key, config
from grader.grading import Homework
from grader.language import reading, writing

ROOT = Path(__file__).parents[2]
FILES = sorted((Path(__file__).parents[1] / "spellings").glob("*.jsonl"))
ROWS = [json.loads(line) for file in FILES for line in file.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def item():
    stated = config.load(ROOT / "config.yaml")
    homework = Homework(stated, answer_key.load(ROOT / "reference", stated))

    def tried(name, text):
        asked = stated.item(name)
        return trying.tried(asked.kind, text, homework.problem(asked.part)[name], asked.symbols, stated.rubric.partial)

    return tried


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_row(row, item):
    (found,) = trying.rows([json.dumps(row)], item)
    assert found["verdict"] == row["verdict"], (
        f"{row['text']!r} for {row.get('reference') or row['item']}, {row['why']}: {found['message']}"
    )
    assert found["message"]
    if row["verdict"] != "invalid":
        assert found["understood"]
    if row["verdict"] == "incorrect" and "kind" in row:
        right = right_answer(row)
        if len(right) > 3 and row["text"] not in right and right not in row["text"]:
            assert right.replace(" ", "") not in found["message"].replace(" ", "")


def right_answer(row):
    """As the grader writes it."""
    if row["kind"] in ("vector", "matrix"):
        return writing.text(reading.array(row["reference"]).node)
    return writing.text(getattr(reading, row["kind"])(row["reference"], row["symbols"]).node)


def test_the_table_is_large_and_names_each_row_once():
    assert len(ROWS) >= 400
    assert len({row["id"] for row in ROWS}) == len(ROWS)
    assert len({json.dumps({**row, "id": "", "why": ""}) for row in ROWS}) == len(ROWS)


def test_the_table_covers_every_kind_and_verdict():
    counts = Counter((row.get("kind"), row["verdict"]) for row in ROWS)
    for kind in kinds.FIELDS:
        for verdict in ("correct", "incorrect", "invalid"):
            assert counts[kind, verdict] >= 4, (kind, verdict)
    assert counts["formula", "partial"] >= 40
    assert counts["order", "partial"] >= 15
