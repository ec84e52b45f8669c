"""Activations that are no piecewise polynomials: bounds against precise decimals, and the boxes of such networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from grader import report
from grader.checks import network
from grader.checks.network import Problem
from grader.language import reading
from grader.networks import activations, condition
from grader.networks.network import Layer, Network
from grader.networks.proof import agreement
from grader.report import Verdict

PRECISE = 80


def decimal(number: Fraction) -> Decimal:
    return Decimal(number.numerator) / Decimal(number.denominator)


IN_DECIMALS: dict[str, Callable[[Decimal], Decimal]] = {
    "exp": lambda z: z.exp(),
    "sigmoid": lambda z: 1 / (1 + (-z).exp()),
    "tanh": lambda z: 1 - 2 / (1 + (2 * z).exp()),
    "2^z": lambda z: (z * Decimal(2).ln()).exp(),
    "exp(-z^2)": lambda z: (-z * z).exp(),
    "exp(exp(z/9))": lambda z: (z / 9).exp().exp(),
    "1/(1 + e^{-z}) - 1/2": lambda z: 1 / (1 + (-z).exp()) - Decimal(1) / 2,
    "sqrt(z^2 + 1)": lambda z: (z * z + 1).sqrt(),
    "log(z^2 + 1)": lambda z: (z * z + 1).ln(),
    "log_2(z^2 + 1)": lambda z: (z * z + 1).ln() / Decimal(2).ln(),
    "max(z, exp(z) - 2)": lambda z: max(z, z.exp() - 2),
    "I(exp(z) >= 3) z": lambda z: z if z.exp() >= 3 else Decimal(0),
    "1/(z^2 + 1)": lambda z: 1 / (z * z + 1),
    "z^(-3) if z != 0 else 7": lambda z: 1 / z**3 if z else Decimal(7),
}


@given(st.sampled_from(sorted(IN_DECIMALS)), st.fractions(-20, 20, max_denominator=9))
def test_bounds_hold_the_value(text: str, z: Fraction) -> None:
    with localcontext() as context:
        context.prec = PRECISE
        expected = IN_DECIMALS[text](decimal(z))
        slack = (abs(expected) + 1) * Decimal(10) ** -70
        low, high = Fraction(expected - slack), Fraction(expected + slack)
    value = activations.value(reading.activation(text).node, z)
    if isinstance(value, Fraction):
        assert low <= value <= high
    else:
        assert not value.enclosure < activations.enclosed(low)
        assert not value.enclosure > activations.enclosed(high)
        assert value.enclosure.rel_accuracy_bits() > 30 or abs(expected) < Decimal(10) ** -6


def test_what_is_rational_stays_exact() -> None:
    for text, z, expected in (
        ("exp", 0, 1), ("sigmoid", 0, Fraction(1, 2)), ("tanh", 0, 0), ("2^z", -3, Fraction(1, 8)), ("sqrt", 49, 7),
        ("z^100", -1, 1), ("(-1)^z", 10**9 + 1, -1), ("log", 1, 0), ("(z/4)^(3/2)", 9, Fraction(27, 8)),
        ("I(z exp(z) = 0)", 0, 1), ("exp(z) - exp(z)", 0, 0),
    ):  # fmt: skip
        assert activations.value(reading.activation(text).node, Fraction(z)) == expected, text


@pytest.mark.parametrize(
    ("text", "z"), [("1/z", 0), ("sqrt", -1), ("log", 0), ("z^(-2)", 0), ("(-2)^(z/2)", 1), ("1/(z - z)", 3)]
)
def test_what_has_no_value_is_undefined(text: str, z: int) -> None:
    with pytest.raises(activations.Undefined):
        activations.value(reading.activation(text).node, Fraction(z))


def test_numbers_too_close_to_call_are_undecided() -> None:
    with pytest.raises(activations.Imprecise):
        activations.value(reading.activation("I(sqrt(8) = 2 sqrt(2))").node, Fraction(0))


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


def small(problem: Problem) -> Problem:
    """With a box of some hundred inputs: to enclose a network on each of them takes its time."""
    return replace(problem, box=(-2, 2) if len(problem.inputs) == 4 else (-1, 1))


ZERO = "I(z = 0)"
SIGNED = ([[1, 1, 1, -1, -1, -1]], [0], ZERO)
RIGHT, WRONG, OPEN = Verdict.CORRECT, Verdict.INCORRECT, Verdict.REVIEW
DIFFERENCES = [[-2, 0, 0, 2], [0, -2, 0, 2], [0, 0, -2, 2]]
EACH = [[int(i == j) for j in range(6)] for i in range(6)]


@pytest.mark.parametrize(
    ("name", "part", "network_", "verdict"),
    [
        ("Gaussian", "1.1", typed(4, (DIFFERENCES, [0] * 3, "exp(-z^2)"), ([[1] * 3], [0], "I(z >= 1)")), OPEN),
        ("1/(1 + z^2)", "1.1", typed(4, (DIFFERENCES, [0] * 3, "1/(1+z^2)"), ([[1] * 3], [0], "I(z >= 1)")), OPEN),
        ("sigmoid output", "1.1", typed(4, (DIFFERENCES, [0] * 3, ZERO), ([[9] * 3], [-1], "sigmoid")), WRONG),
        ("steep", "1.1", typed(4, (DIFFERENCES, [0] * 3, ZERO), ([[10**6] * 3], [-500], "sigmoid")), WRONG),
        ("steeper", "1.1", typed(4, (DIFFERENCES, [0] * 3, ZERO), ([[10**6] * 3], [0], "tanh")), WRONG),
        ("tanh for equality", "1.1", typed(4, (DIFFERENCES, [0] * 3, "tanh"), ([[1] * 3], [0], ZERO)), WRONG),
        ("too flat", "1.1", typed(4, (DIFFERENCES, [0] * 3, "exp(-z^2/9)"), ([[1] * 3], [0], "I(z >= 1)")), WRONG),
        ("sums of e^x", "1.2", typed(6, (EACH, [0] * 6, "exp"), SIGNED), OPEN),
        ("sums of e^x + x", "1.2", typed(6, (EACH, [0] * 6, "exp(z) + z"), SIGNED), OPEN),
        ("sums of 3^x", "1.2", typed(6, (EACH, [0] * 6, "3^z"), SIGNED), OPEN),
        ("sums of 2^x", "1.2", typed(6, (EACH, [0] * 6, "2^z"), SIGNED), OPEN),
        ("sums of x e^x", "1.2", typed(6, (EACH, [0] * 6, "z exp(z) - z"), SIGNED), OPEN),
        ("1/x", "1.1", typed(4, (DIFFERENCES, [0] * 3, "1/z"), ([[1] * 3], [0], ZERO)), WRONG),
    ],
)
def test_checked_on_the_box_and_never_proved(
    name: str, part: str, network_: Network, verdict: Verdict, problems: dict[str, Problem]
) -> None:
    finding = network.examine(network_, small(problems[part]))
    message = report.plain(finding.blocks)
    assert finding.verdict is verdict, message
    if verdict is OPEN and finding.code == "network.undecided":
        assert "Right on all" in message
        assert "never proved beyond it" in message


def test_an_input_that_stays_open_is_named(problems: dict[str, Problem]) -> None:
    network_ = typed(4, (DIFFERENCES, [0] * 3, "I(z sqrt(8) = 2 sqrt(2) z)"), ([[1] * 3], [0], "I(z >= 1)"))
    finding = network.examine(network_, small(problems["1.1"]))
    assert finding.verdict is Verdict.REVIEW
    assert "it stays open" in report.plain(finding.blocks)


def test_a_failing_input_comes_with_what_the_units_gave(problems: dict[str, Problem]) -> None:
    finding = network.examine(
        typed(4, (DIFFERENCES, [0] * 3, ZERO), ([[9] * 3], [-1], "sigmoid")), small(problems["1.1"])
    )
    assert "your network gives about 1.000000000 (the output must be exactly 0 or 1)" in report.plain(finding.blocks)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1/z", "a division by zero"),
        ("sqrt(z - 1)", "a root or power of a negative number"),
        ("log", "a logarithm of a number that is not positive"),
    ],
)
def test_an_input_without_a_value_says_why(text: str, reason: str, problems: dict[str, Problem]) -> None:
    finding = network.examine(typed(4, (DIFFERENCES, [0] * 3, text), ([[1] * 3], [0], ZERO)), small(problems["1.1"]))
    assert finding.verdict is Verdict.INCORRECT
    assert f"your network gives nothing: {reason} on the way." in report.plain(finding.blocks)


def test_the_config_may_accept_what_passed_the_box(problems: dict[str, Problem]) -> None:
    network_ = typed(6, (EACH, [0] * 6, "exp(z) + z"), SIGNED)
    finding = network.examine(network_, replace(small(problems["1.2"]), accept_unproved=True))
    assert finding.verdict is Verdict.CORRECT
    assert finding.code == "network.box"


def test_an_input_outside_the_domain_refutes_nothing() -> None:
    """e^(x1 - x2) >= 1 for x1 = x2: right wherever x1 <= x2, and wrong elsewhere."""
    names = ("x1", "x2")
    equal, ordered = (condition.of(reading.predicate(text, names).node, names) for text in ("x1 = x2", "x1 <= x2"))
    network_ = typed(2, ([[1, -1]], [0], "I(exp(z) >= 1)"))
    assert isinstance(agreement.agree(network_, None, equal), agreement.Refuted)
    assert isinstance(agreement.agree(network_, None, equal, ordered), agreement.Undecided)
