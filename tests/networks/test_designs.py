"""Every design gets the verdict that is known by argument; what is called failing fails in plain fractions."""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random

import plain_networks as plain
import pytest
from network_families import DESIGNS, Design

from grader import report
from grader.checks import network
from grader.checks.network import Problem

PREDICATES = {"1.1": plain.element, "1.2": plain.permutation}


def point(text: str, inputs: int) -> list[int]:
    """The inputs that the feedback names; 10^29 is written as a power."""
    found = []
    for i in range(1, inputs + 1):
        value = re.search(rf"x{i} = (-?)(\d+)(?:\^(\d+))?", text)
        assert value, text
        size = int(value[2]) ** int(value[3] or 1)
        found.append(-size if value[1] else size)
    return found


@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: f"{design.part} {design.name}")
def test_the_verdict_is_the_known_one(design: Design, problems: dict[str, Problem]) -> None:
    finding = network.examine(plain.typed(design.layers, design.inputs), problems[design.part])
    text = report.plain(finding.blocks)
    assert str(finding.verdict) == design.verdict, text
    predicate = PREDICATES[design.part]
    if design.verdict == "correct":
        assert "proved for all integers" in text
        random = Random(3)
        for _ in range(60):
            scale = 10 ** random.choice((0, 0, 1, 3, 31))
            half = [random.randint(-scale, scale) for _ in range(design.inputs // 2)]
            rest = (
                random.sample(half, len(half))
                if random.random() < 0.7
                else [random.randint(-scale, scale) for _ in half]
            )
            x = [*half, *rest]
            assert not plain.fails(design.layers, predicate, x), x
    elif "…" not in text.split("the output should be")[0]:
        x = point(text, design.inputs)
        assert plain.fails(design.layers, predicate, x)
        if design.verdict == "partial":
            assert len(set(x[:3])) < 3 or len(set(x[3:])) < len(x[3:])


def test_the_same_network_gets_the_same_words(problems: dict[str, Problem]) -> None:
    for design in DESIGNS[::5]:
        typed, problem = plain.typed(design.layers, design.inputs), replace(problems[design.part], box=(-3, 3))
        assert network.examine(typed, problem) == network.examine(typed, problem)
