"""What the config says beside the predicate: parts of the inputs that earn a share, the box, what may stay unproved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import product
from pathlib import Path

import plain_networks as plain
import pytest

from grader.assignment import config
from grader.checks import network
from grader.checks.network import Case, Problem
from grader.language import reading
from grader.networks import condition
from grader.report import Verdict

STATED = config.load(Path(__file__).parents[2] / "config.yaml")
NAMES = ("x1", "x2")


def where(text: str) -> condition.Condition:
    return condition.of(reading.predicate(text, NAMES).node, NAMES)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("not x1 < x2", lambda a, b: not a < b),
        ("not x1 <= x2", lambda a, b: not a <= b),
        ("not (x1 > x2 or x1 >= 1)", lambda a, b: not (a > b or a >= 1)),
        ("not x1 = x2 and not x1 != 2", lambda a, b: a != b and a == 2),
        ("x1 >= x2", lambda a, b: a >= b),
        ("-1 <= x1 < x2 + 1", lambda a, b: -1 <= a < b + 1),
        ("x1 in [0, 2)", lambda a, b: 0 <= a < 2),
    ],
)
def test_a_condition_holds_where_it_says(text: str, meant: Callable[[int, int], bool]) -> None:
    for point in product(range(-2, 3), repeat=2):
        assert condition.holds(where(text), point) is meant(*point), point


ABOVE = Case(where("x1 >= x2"), "x1 is at least x2", Fraction(1, 2))
FAR_ABOVE = Case(where("x1 >= x2 + 3"), "x1 is far above x2", Fraction(1, 4))


@pytest.mark.parametrize("tiers", [(ABOVE, FAR_ABOVE), (FAR_ABOVE, ABOVE)])
def test_the_best_part_that_a_network_reaches_is_the_one_it_earns(tiers: tuple[Case, ...]) -> None:
    problem = Problem(NAMES, where("x1 = x2"), (-3, 3), tiers)
    finding = network.examine(plain.typed([plain.layer([[1, -1]], None, "I(z <= 0)")], 2), problem)
    assert (finding.verdict, finding.credit) == (Verdict.PARTIAL, Fraction(1, 2))


def test_what_passed_a_smaller_box_than_the_problems_is_not_accepted_unproved(problems: dict[str, Problem]) -> None:
    """Exponentials are followed point by point, so on a smaller box."""
    sums = [
        plain.layer([[int(i == j) for j in range(6)] for i in range(6)], None, "exp(z) + z"),
        plain.layer([[1, 1, 1, -1, -1, -1]], None, "I(z = 0)"),
    ]
    finding = network.examine(plain.typed(sums, 6), replace(problems["1.2"], accept_unproved=True))
    assert (finding.verdict, finding.code) == (Verdict.REVIEW, "network.undecided")


@pytest.mark.parametrize(("stated", "searched"), [((-9, 9), (-6, 6)), ((-2, 9), (-2, 6)), ((-9, 2), (-6, 2))])
def test_a_self_check_searches_no_more_than_the_problems_box(
    stated: tuple[int, int], searched: tuple[int, int]
) -> None:
    changed = STATED.model_copy(update={"self_check": STATED.self_check.model_copy(update={"box": stated})})
    assert network.problem("1.2", changed, self_check=True).box == searched
    assert network.problem("1.2", changed).box == (-6, 6)


def test_an_activation_of_the_config_that_cannot_be_read_is_named_with_its_line(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "config.yaml").read_text(encoding="utf-8")
    changed = tmp_path / "config.yaml"
    for wrong, message in (("I(-1 <= z <=", "never closed"), ("I(-1 <= q <= 1)", "q"), ("softmax(z)", "softmax")):
        changed.write_text(text.replace('units: 3, activation: "I(-1 <= z <= 1)"', f'units: 3, activation: "{wrong}"'))
        with pytest.raises(config.Faulty, match=rf"config.yaml:39: parts.1.1.layers.0.activation: .*{message}"):
            network.problem("1.1", config.load(changed))
