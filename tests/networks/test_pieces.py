"""Activations over the integers against the value at each integer, and that against plain fractions."""

from __future__ import annotations

from fractions import Fraction

import plain_networks as plain
import pytest
from hypothesis import given, strategies as st

from grader.language import reading
from grader.networks import activations, pieces

SIMPLE = [
    "z", "relu", "abs", "square", "cube", "sign", "step", "min(1, |z|)", "max(0, 1 - |z|)", "z^4", "I(z = 1/3)",
    "I(-3/2 <= z <= 2)", "I(z > -1)", "I(z < 5/7)", "I(z <= 0)",
]  # fmt: skip
RICH = [
    "I(z in [-1, 1])", "I(z = 1 or z = 3)", "1 if z >= 1 else 0", "2 relu(z) - 1", "I(z^2 <= 2)", "I(z^3 - 4z = 0)",
    "max(z, 2 - z, 1/2)", "I(z != 0) z^2 - 3 I(z > 4)", "relu(relu(z) - 2)", "|z^2 - 5|", "I(not (z > 1 and z < 3))",
    "min(z^2, 4)", "sign(z^3 - z)", "I(0 < z < 1)", "z/3 + 1/6", "I(z^4 - 10 z^2 + 9 < 0)",
]  # fmt: skip


@given(st.sampled_from(SIMPLE), st.fractions(-9, 9, max_denominator=12), st.fractions(-9, 9, max_denominator=12))
def test_simple_ones_agree_with_plain_fractions(text: str, scale: Fraction, offset: Fraction) -> None:
    node = reading.activation(text).node
    runs = pieces.of(node, scale, offset)
    for k in range(-12, 13):
        z = scale * k + offset
        expected = plain.function(text)(z)
        assert activations.value(node, z) == expected
        assert sum(c * k**power for power, c in enumerate(runs.at(k))) == expected


@given(st.sampled_from(RICH), st.fractions(-3, 3, max_denominator=8), st.fractions(-4, 4, max_denominator=8))
def test_pieces_agree_with_the_value_at_each_integer(text: str, scale: Fraction, offset: Fraction) -> None:
    node = reading.activation(text).node
    runs = pieces.of(node, scale, offset)
    for k in range(-15, 16):
        assert sum(c * k**power for power, c in enumerate(runs.at(k))) == activations.value(node, scale * k + offset)


@given(st.lists(st.integers(-20, 20), min_size=1, max_size=6))
def test_signs_of_a_polynomial(coefficients: list[int]) -> None:
    while coefficients and not coefficients[-1]:
        coefficients.pop()
    values = {k: sum(c * k**power for power, c in enumerate(coefficients)) for k in range(-60, 61)}
    signs = {k: (value > 0) - (value < 0) for k, value in values.items()}
    changes = pieces.sign_changes(tuple(coefficients))
    assert [k for k in changes if -60 < k <= 60] == [k for k in range(-59, 61) if signs[k] != signs[k - 1]]


def test_signs_between_many_far_roots() -> None:
    roots = [place * 10**30 - 7 for place in range(30)]
    text = " * ".join(f"(z - {root})" if root > 0 else f"(z + {-root})" for root in roots)
    found = pieces.of(reading.activation(f"I({text} > 0)").node, Fraction(1), Fraction(0))
    assert found.cuts == tuple(root + place % 2 for place, root in enumerate(roots))


@pytest.mark.parametrize("text", ["exp", "2^z", "1/z", "z^100", "sqrt(z)"])
def test_what_is_no_piecewise_polynomial_is_refused(text: str) -> None:
    with pytest.raises(pieces.NotPiecewise):
        pieces.of(reading.activation(text).node, Fraction(1), Fraction(0))


def test_equal_functions_of_an_integer_are_the_same_pieces() -> None:
    known = pieces.of(reading.activation("I(z = 0)").node, Fraction(1), Fraction(0))
    for text in ("1 - min(1, |z|)", "max(0, 1 - |z|)", "1 - min(1, z^2)", "max(0, 1 - z^2)", "1 - sign(z)^2"):
        assert pieces.of(reading.activation(text).node, Fraction(1), Fraction(0)) == known, text


@pytest.mark.parametrize(
    ("text", "least"),
    [("|z|", 0), ("z^2 - 5z", -6), ("z", None), ("relu", 0), ("-z^2", None), ("-relu", None), ("z^3", None),
     ("z^4 - 20z^2 + 3", -96), ("I(z > 70) - I(z < -90)", -1), ("max(-8, z)", -8), ("min(z^2, 9) - 2", -2), ("7", 7)],
)  # fmt: skip
def test_the_least_value_and_what_a_cap_leaves(text: str, least: int | None) -> None:
    runs = pieces.of(reading.activation(text.replace("-relu", "-relu(z)")).node, Fraction(1), Fraction(0))
    whole = runs.map(lambda value: tuple(map(int, value)))
    assert pieces.least(whole) == least
    for cap in (-7, 0, 1, 12):
        capped = pieces.capped(whole, cap)
        for k in range(-99, 100):
            assert pieces.value_at(capped.at(k), k) == min(pieces.value_at(whole.at(k), k), cap)
