"""Points decided together get the answers that the plain evaluator gives to each of them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from grader.language import reading
from grader.networks import exact, ties
from grader.networks.exponential import Undecided
from grader.networks.network import Layer, Network

FIRST = [
    "exp", "2^z", "z", "square", "sigmoid", "1/z", "sqrt(z)", "|z|", "exp(exp(z))", "exp(z) + z", "3^(z/2)",
    "1/(1 + exp(-z))", "I(z > 0) exp(z)", "exp(-z^2)",
]  # fmt: skip
ABOVE = ["I(z = 0)", "z", "I(z >= 1)", "sign", "exp", "I(-1 <= z <= 1)", "1/z"]
NUMBERS = st.sampled_from(
    [Fraction(n) for n in (0, 1, -1, 2, -2)] + [Fraction(1, 2), Fraction(-2, 3), Fraction(10**30)]
)


def layer(rows: Sequence[Sequence[Any]], biases: Sequence[Any], texts: Sequence[str]) -> Layer:
    return Layer(
        tuple(tuple(map(Fraction, row)) for row in rows),
        tuple(map(Fraction, biases)),
        tuple(reading.activation(text).node for text in texts),
    )


@st.composite
def networks(draw: Any) -> Network:
    layers = []
    below = 3
    for texts, sizes in ((FIRST, (1, 4)), (ABOVE, (1, 2)), (ABOVE, (1, 1))):
        units = draw(st.integers(*sizes))
        rows = [[draw(NUMBERS) for _ in range(below)] for _ in range(units)]
        activation = draw(st.sampled_from(texts))
        chosen = [activation if draw(st.booleans()) else draw(st.sampled_from(texts)) for _ in range(units)]
        layers.append(layer(rows, [draw(NUMBERS) for _ in range(units)], chosen))
        below = units
    return Network(("x1", "x2", "x3"), tuple(layers))


def alone(network: Network, point: tuple[int, ...], target: int) -> bool | None:
    try:
        return exact.gives(network, point, target)
    except Undecided:
        return None


@settings(max_examples=60)
@given(networks(), st.integers(0, 10**6))
def test_each_point_gets_its_own_answer(network: Network, seed: int) -> None:
    random = Random(seed)
    points = [tuple(random.choice((0, 1, -1, 2, 5, -3)) for _ in range(3)) for _ in range(12)]
    points = list(dict.fromkeys(points + [tuple(random.sample(point, 3)) for point in points]))
    targets = [random.randint(0, 1) for _ in points]
    found = dict(ties.decided(network, points, targets, 1000))
    assert set(found) == set(points)
    for point, target in zip(points, targets):
        own = alone(network, point, target)
        if own is None or found[point] is None:
            assert own is found[point] or own is None  # an equal sum in another order may have been decided
        else:
            assert found[point] is own


SUMS = [[1, 1, 1, -1, -1, -1]]
EACH = [[int(i == j) for j in range(6)] for i in range(6)]
BOX = list(product(range(-1, 2), repeat=6))


@pytest.mark.parametrize(
    ("texts", "biases", "most"),
    [
        (["exp"] * 6, [0] * 6, 60),
        (["2^z"] * 6, [0] * 6, 60),
        (["sigmoid"] * 6, [0] * 6, 60),
        (["exp"] * 5 + ["2^z"], [0] * 6, 500),
        (["exp"] * 6, [0] * 5 + [1], 400),
        (["1/z"] * 6, [0] * 6, 729),
    ],
)
def test_few_groups_and_the_same_answers(texts: list[str], biases: list[int], most: int) -> None:
    network = Network(tuple(f"x{i}" for i in range(1, 7)), (layer(EACH, biases, texts), layer(SUMS, [0], ["I(z = 0)"])))
    targets = [int(sorted(point[:3]) == sorted(point[3:])) for point in BOX]
    found = dict(ties.decided(network, BOX, targets, most))
    assert found == {point: alone(network, point, target) for point, target in zip(BOX, targets)}


def test_a_term_without_a_value_does_not_cancel() -> None:
    network = Network(("x1", "x2"), (layer([[1, 0], [1, 0]], [0, 0], ["1/z"] * 2), layer([[1, -1]], [1], ["z"])))
    assert dict(ties.decided(network, [(0, 0), (1, 0), (2, 5)], [1, 1, 1], 9)) == {
        (0, 0): False, (1, 0): True, (2, 5): True,
    }  # fmt: skip


def test_too_many_groups_are_refused() -> None:
    network = Network(("x1", "x2"), (layer([[1, 0], [0, 1]], [0, 0], ["exp"] * 2), layer([[1, 3]], [1], ["z"])))
    with pytest.raises(ties.TooMany):
        list(ties.decided(network, [(i, j) for i in range(9) for j in range(9)], [0] * 81, 80))
