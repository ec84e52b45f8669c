"""Programs handed in, marked from the folder to the report: each row of ``programs.txt`` says what it gets, and why."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from grader import answers, grading, sandbox
from grader.assignment import config
from grader.report import plain

ROOT = Path(__file__).parents[2]
HEAD = re.compile(r"^#: (\w+) -> (\S+) (\w+)(.*)$", re.MULTILINE)
HONEST = """
import numpy as np
def honest(v):
    e = np.zeros(len(v["y"])); e[int(v["t"])] = 1.0
    y = v["y_prime"] - e
    g2 = v["W3"].T @ y
    z1 = g2 * v["g1"] * (v["z1"] > 0)
    z2 = g2 * v["h"] * v["g1"] * (1 - v["g1"])
    return {"J_bar": 1.0, "S_bar": -1.0, "y_prime_bar": -e / v["y_prime"], "y_bar": y, "g2_bar": g2,
            "h_bar": g2 * v["g1"], "g1_bar": g2 * v["h"], "z2_bar": z2, "z1_bar": z1,
            "x_bar": v["W1"].T @ z1 + v["W2"].T @ z2}
"""


def rows() -> list[Any]:
    text = (Path(__file__).parent / "programs.txt").read_text(encoding="utf-8")
    heads = list(HEAD.finditer(text))
    ends = [*(head.start() for head in heads[1:]), len(text)]
    return [
        pytest.param(head[1], head[2], head[3], re.findall(r'"([^"]+)"', head[4]), text[head.end() : end], id=head[1])
        for head, end in zip(heads, ends)
    ]


@pytest.fixture(scope="module")
def homework() -> grading.Homework:
    if sandbox.run(b"def backward(v): return {}", []).values is None:
        pytest.skip("this machine does not isolate strongly")
    return grading.Homework(config.load(ROOT / "config.yaml"), None)


@pytest.mark.parametrize(("name", "which", "verdict", "words", "source"), rows())
def test_what_a_program_gets(
    name: str, which: str, verdict: str, words: list[str], source: str, homework: grading.Homework, tmp_path: Path
) -> None:
    program, *others = re.split(r"^== (\S+)$", source.replace("HONEST\n", HONEST), flags=re.MULTILINE)
    for place, text in zip(["backprop.py", *others[::2]], [program, *others[1::2]]):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).write_text(text.lstrip("\n"), encoding="utf-8")
    report = grading.mark(answers.of(tmp_path, homework.config), homework)
    items = [item for item in report.items if item.item.startswith("2.1.2.")]
    assert len(items) == 10
    message = "\n".join(plain(item.finding.blocks) for item in items)
    meant = [item for item in items if which == "all" or item.item == f"2.1.2.{which}_bar"]
    if verdict == "uncredited":
        assert {item.finding.credit for item in meant} == {0}, message
    else:
        assert {item.finding.verdict.value for item in meant} == {verdict}, message
    assert {item.finding.verdict.value for item in items if item not in meant} <= {"correct"}, message
    for word in words:
        assert word in message
