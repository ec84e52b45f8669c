"""The two network problems of the homework, compiled."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.assignment import config
from grader.checks import network
from grader.checks.network import Problem

HOMEWORK = Path(__file__).parents[2] / "config.yaml"


@pytest.fixture(scope="session")
def problems() -> dict[str, Problem]:
    stated = config.load(HOMEWORK)
    return {name: network.problem(name, stated) for name in ("1.1", "1.2")}
