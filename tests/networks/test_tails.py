"""Networks of units that level off: proved where a margin is left, never where an input far out breaks them."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, strategies as st

from grader.checks import network
from grader.checks.network import Problem
from grader.language import reading
from grader.networks import activation, enclosures, exponential, intervals, tails
from grader.networks.network import Layer, Network
from grader.report import plain

PAIRS = list(product(range(3), range(3, 6)))
ORDERS = [set(zip(range(3), order)) for order in permutations(range(3, 6))]


def design(equal: str, together: str, output: str = "I(z >= 1)", bias: Fraction = Fraction(0)) -> Network:
    """One unit a pair of entries, one an order, one for any of them."""
    rows = [[Fraction((k == i) - (k == j)) for k in range(6)] for i, j in PAIRS]
    orders = [[Fraction(pair in order) for pair in PAIRS] for order in ORDERS]
    return Network(
        tuple(f"x{i}" for i in range(1, 7)),
        tuple(
            Layer(
                tuple(map(tuple, weights)),
                (shift,) * len(weights),
                (reading.activation(text).node,) * len(weights),
            )
            for weights, shift, text in (
                (rows, bias, equal),
                (orders, Fraction(0), together),
                ([[Fraction(1)] * 6], Fraction(0), output),
            )
        ),
    )


@pytest.mark.parametrize(
    ("equal", "together", "output"),
    [
        ("exp(-z^2)", "I(z >= 2.9)", "I(z >= 1)"),
        ("exp(-z^2)", "I(z = 3)", "I(z >= 1)"),
        ("exp(-|z|)", "I(z > 2.5)", "min(1, z)"),
        ("exp(-z^2/100)", "I(z >= 2.995)", "sign"),
        ("sigmoid(20z + 10) - sigmoid(20z - 10)", "I(z > 2.5)", "I(z >= 1)"),
        ("1 - tanh(z)^2", "I(z > 2.5)", "I(z > 1/2)"),
        ("1/(1 + z^2)", "I(z > 2.6)", "I(z >= 1)"),
        ("exp(-z^2)", "sigmoid(100z - 280)", "I(z > 1/2)"),
    ],
)
def test_a_margin_is_enough(equal: str, together: str, output: str, problems: dict[str, Problem]) -> None:
    problem = problems["1.2"]
    assert tails.agree(design(equal, together, output), problem.predicate, network.ALWAYS) == tails.TAILS


@pytest.mark.parametrize(
    ("equal", "together", "output"),
    [
        ("exp(-z^2)", "I(z >= 2.2)", "I(z >= 1)"),
        ("exp(-z^2)", "I(z >= 2.9)", "I(z = 1)"),
        ("exp(-z^2/10^6)", "I(z >= 2.9)", "I(z >= 1)"),
        ("sigmoid(z + 1/2) - sigmoid(z - 1/2)", "I(z > 2.5)", "I(z >= 1)"),
        ("I(z = 0) + sigmoid(z - 40)", "I(z >= 3)", "I(z >= 1)"),
        ("exp(-z^2)", "I(z >= 2.9)", "sigmoid(100z - 50)"),
    ],
)
def test_no_margin_is_no_proof(equal: str, together: str, output: str, problems: dict[str, Problem]) -> None:
    assert not isinstance(tails.agree(design(equal, together, output), problems["1.2"].predicate, network.ALWAYS), str)


def test_the_feedback_names_the_method(problems: dict[str, Problem]) -> None:
    finding = network.examine(design("exp(-z^2)", "I(z >= 2.9)"), problems["1.2"])
    assert "proved for all integers (finite patterns with bounds of the tails)" in plain(finding.blocks)


def test_an_output_near_1_is_not_1(problems: dict[str, Problem]) -> None:
    for text in ("sigmoid(1000z - 500)", "tanh(10^6 z)"):
        finding = network.examine(design("I(z = 0)", "I(z = 3)", text), problems["1.2"])
        assert str(finding.verdict) == "incorrect"


HUGE = st.integers(-(10**340), 10**340) | st.integers(-9, 9)


@given(HUGE, HUGE, HUGE, HUGE, st.sampled_from(["z", "exp", "sigmoid", "|z|", "exp(-z^2)", "2z + 1", "I(exp(z) >= 1)"]))
def test_sums_beyond_machine_numbers_stay_enclosed(a: int, x: int, b: int, y: int, text: str) -> None:
    weights = [Fraction(a, 10**170), Fraction(b)]
    values = [enclosures.constant(Fraction(x)), enclosures.constant(Fraction(y, 10**200))]
    total = enclosures.weighted(list(zip(weights, values)), Fraction(1, 3))
    exact = weights[0] * x + weights[1] * Fraction(y, 10**200) + Fraction(1, 3)
    node = reading.activation(text).node
    shown = [(total, exact)]
    if abs(exact) < 10**5:
        shown.append((intervals.value(node, total), activation.value(node, exact)))
    for bounds, number in shown:
        for end, sign in ((float(bounds.low), -1), (float(bounds.high), 1)):
            assert not np.isnan(end)
            if np.isfinite(end):
                assert exponential.sign(Fraction(end) - number) in (0, sign)
            else:
                assert np.sign(end) == sign
