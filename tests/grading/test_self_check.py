"""Without the reference: networks and equations are judged where the config says so, all else is read."""

from pathlib import Path

import pytest

from grader import answers, grading
from grader.assignment import config
from grader.submission import Submission

CONFIG = config.load(Path(__file__).parents[2] / "config.yaml")
TYPED = b"""
"1.1": {W1: [[-2, 0, 0, 2], [0, -2, 0, 2], [0, 0, -2, 2]], b1: [0, 0, 0], W2: [-1, -1, -1], b2: 2}
"2.1.2": {S_bar: -J_bar}
"2.3": {z: [6, 12, 18]}
"""


@pytest.mark.parametrize("networks", [True, False])
@pytest.mark.parametrize("backward", [True, False])
def test_what_is_judged_is_what_the_config_lets_be_judged(networks, backward):
    stated = CONFIG.self_check.model_copy(update={"networks": networks, "backward": backward})
    homework = grading.Homework(CONFIG.model_copy(update={"self_check": stated}))
    found = grading.mark(answers.read(Submission(TYPED), CONFIG), homework)
    codes = {item.item: item.finding.code for item in found.items}
    assert codes["1.1"] == ("network.proved" if networks else "self_check.read")
    assert codes["2.1.2.S_bar"] == ("backward.right" if backward else "self_check.read")
    assert codes["2.3.z"] == "self_check.read"
    assert codes["2.4.forward_better_when"] == "missing"
