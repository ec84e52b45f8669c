"""Numbers with exponentials against precise decimals; bounds against exact values; the boxes of such networks."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from grader.checks import network
from grader.checks.network import Problem
from grader.language import reading
from grader.networks import activation, enclosures, exponential, intervals
from grader.networks.network import Layer, Network
from grader.report import Verdict

SMALL = st.fractions(-4, 4, max_denominator=6)


def decimal(number: Fraction) -> Decimal:
    return Decimal(number.numerator) / Decimal(number.denominator)


@settings(max_examples=settings().max_examples // 3)
@given(
    st.lists(st.tuples(SMALL, SMALL), min_size=1, max_size=4), st.lists(st.tuples(SMALL, SMALL), min_size=1, max_size=3)
)
def test_signs_of_exponential_sums(first: list[Any], second: list[Any]) -> None:
    exact: Any = Fraction(0)
    for c, q in first:
        exact = exact + c * exponential.exp(q)
    product: Any = Fraction(0)
    for c, q in second:
        product = product + exact * (c * exponential.exp(q))
    with localcontext() as context:
        context.prec = 60
        sums = [sum((decimal(c) * decimal(q).exp() for c, q in terms), Decimal(0)) for terms in (first, second)]
        for found, expected in ((exact, sums[0]), (product, sums[0] * sums[1])):
            rounded = 0 if abs(expected) < Decimal(10) ** -40 else 1 if expected > 0 else -1
            assert exponential.sign(found) == rounded


def test_what_cancels_is_zero_and_what_nearly_does_is_not() -> None:
    e = exponential.exp
    assert exponential.sign(e(Fraction(1, 3)) * e(Fraction(2, 3)) - e(Fraction(1))) == 0
    assert exponential.sign(e(Fraction(1)) - Fraction("2.7182818284590452353602874713526624977572")) == 1
    half = Fraction(1, 2)
    root = exponential.power(Fraction(2), half)
    assert root * root == 2
    assert exponential.sign(root - Fraction("1.41421356237309504880168872420969807")) == 1
    assert exponential.sign(exponential.power(Fraction(8), half) - 2 * root) == 0
    with pytest.raises(exponential.Undefined):
        exponential.power(Fraction(-2), half)
    with pytest.raises(exponential.Undefined):
        activation.value(reading.activation("1/(exp(z) - exp(z))").node, Fraction(1))


@given(
    st.sampled_from(
        ["exp", "sigmoid", "tanh", "2^z", "exp(-z^2)", "relu", "abs", "z^3", "I(z >= 1)", "1/(1+e^{-z})", "3 - z^2"]
    ),
    st.fractions(-20, 20, max_denominator=9),
)
def test_bounds_hold_the_exact_value(text: str, z: Fraction) -> None:
    node = reading.activation(text).node
    bounds = intervals.value(node, enclosures.constant(z))
    value = activation.value(node, z)
    for end, sign in ((float(bounds.low), -1), (float(bounds.high), 1)):
        if np.isfinite(end):
            assert exponential.sign(Fraction(end) - value) in (0, sign)


def typed(inputs: int, *layers: tuple[list[list[int]], list[int], str]) -> Network:
    return Network(
        tuple(f"x{i}" for i in range(1, inputs + 1)),
        tuple(
            Layer(
                tuple(tuple(Fraction(w) for w in row) for row in rows),
                tuple(Fraction(b) for b in biases),
                (reading.activation(text).node,) * len(rows),
            )
            for rows, biases, text in layers
        ),
    )


ZERO = "I(z = 0)"
SIGNED = ([[1, 1, 1, -1, -1, -1]], [0], ZERO)
RIGHT, WRONG, OPEN = Verdict.CORRECT, Verdict.INCORRECT, Verdict.REVIEW
DIFFERENCES = [[-2, 0, 0, 2], [0, -2, 0, 2], [0, 0, -2, 2]]
EACH = [[int(i == j) for j in range(6)] for i in range(6)]


@pytest.mark.parametrize(
    ("name", "part", "network_", "verdict"),
    [
        ("Gaussian", "1.1", typed(4, (DIFFERENCES, [0] * 3, "exp(-z^2)"), ([[1] * 3], [0], "I(z >= 1)")), OPEN),
        ("sigmoid output", "1.1", typed(4, (DIFFERENCES, [0] * 3, ZERO), ([[9] * 3], [-1], "sigmoid")), WRONG),
        ("tanh for equality", "1.1", typed(4, (DIFFERENCES, [0] * 3, "tanh"), ([[1] * 3], [0], ZERO)), WRONG),
        ("sums of e^x", "1.2", typed(6, (EACH, [0] * 6, "exp"), SIGNED), RIGHT),
        ("sums of e^x + x", "1.2", typed(6, (EACH, [0] * 6, "exp(z) + z"), SIGNED), OPEN),
        ("sums of 2^x", "1.2", typed(6, (EACH, [0] * 6, "2^z"), SIGNED), Verdict.PARTIAL),
        ("1/x", "1.1", typed(4, (DIFFERENCES, [0] * 3, "1/z"), ([[1] * 3], [0], ZERO)), WRONG),
    ],
)  # fmt: skip
def test_networks_of_exponentials(
    name: str, part: str, network_: Network, verdict: Verdict, problems: dict[str, Problem]
) -> None:
    from dataclasses import replace

    finding = network.examine(network_, replace(problems[part], box=(-3, 3)))
    assert finding.verdict is verdict


def test_the_config_may_accept_what_passed_the_box(problems: dict[str, Problem]) -> None:
    from dataclasses import replace

    network_ = typed(6, (EACH, [0] * 6, "exp(z) + z"), SIGNED)
    finding = network.examine(network_, replace(problems["1.2"], box=(-2, 2), accept_unproved=True))
    assert finding.verdict is Verdict.CORRECT
    assert finding.code == "network.box"
