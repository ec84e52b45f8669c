"""The template: a file in which everything is asked for, and nothing is answered."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from grader import answers
from grader.assignment import config
from grader.package import templates
from grader.submission import Submission

PROJECT = Path(__file__).resolve().parents[2]
CONFIGS = [PROJECT / "config.yaml", PROJECT / "grader" / "package" / "handout" / "example" / "config.yaml"]


@pytest.fixture(params=CONFIGS, ids=["homework", "example"])
def homework(request):
    return config.load(request.param)


def test_every_item_is_asked_for_and_none_is_answered(homework):
    parts = yaml.safe_load(templates.answers(homework))
    assert list(parts) == list(homework.parts)
    for item in homework.items:
        place = parts[item.part]
        for name in item.path:
            assert name in place
            place = place[name]
    assert set(leaves(parts)) == {None}


def test_untouched_it_is_an_unanswered_homework(homework):
    found = answers.read(Submission(templates.answers(homework).encode()), homework)
    assert {answer.status for answer in found.items.values()} == {"missing"}
    assert not found.messages


def leaves(value):
    return [leaf for inner in value.values() for leaf in leaves(inner)] if isinstance(value, dict) else [value]


def test_an_editor_finds_the_schema_in_the_first_line(homework):
    assert templates.answers(homework).split("\n")[0] == "# yaml-language-server: $schema=answers.schema.json"


def test_shapes_are_said():
    text = templates.answers(config.load(CONFIGS[0]))
    assert "3 × 4" in text
    assert "a 3 × 3 matrix" in text
    assert max(len(line) for line in text.splitlines()) <= 120
