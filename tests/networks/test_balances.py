"""Sums of exponentials: what finite patterns say of them, against plain fractions and precise decimals."""

from __future__ import annotations

import os
from collections.abc import Sequence
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import product
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from grader.checks import network
from grader.checks.network import Problem
from grader.language import reading
from grader.networks import activation, balances, condition, exact, exponential, exponents, signs, tails, totality
from grader.networks.condition import ALWAYS
from grader.networks.network import Layer, Network
from grader.report import plain

ZERO = "I(z = 0)"


def layer(rows: Sequence[Sequence[Any]], texts: str | Sequence[str], biases: Sequence[Any] | None = None) -> Layer:
    chosen = [texts] * len(rows) if isinstance(texts, str) else texts
    return Layer(
        tuple(tuple(map(Fraction, row)) for row in rows),
        tuple(map(Fraction, biases or [0] * len(rows))),
        tuple(reading.activation(text).node for text in chosen),
    )


def sums(
    *texts: str,
    tests: str | Sequence[str] = ZERO,
    last: str = "",
    first: dict[int, Any] | None = None,
    second: dict[tuple[int, int], Any] | None = None,
    biases: Sequence[Any] | None = None,
) -> Network:
    """One test for each activation: its sum over x1, x2, x3 less its sum over x4, x5, x6. With slips added."""
    kinds = len(texts)
    each = [[int(i == j) for j in range(6)] for i in range(6) for _ in texts]
    signed: list[list[Any]] = [
        [(1 if i < 3 else -1) * (k == kind) for i in range(6) for k in range(kinds)] for kind in range(kinds)
    ]
    for (unit, place), slip in (second or {}).items():
        signed[unit][place] += Fraction(slip)
    shifts = [Fraction((first or {}).get(unit, 0)) for unit in range(6 * kinds)]
    return Network(
        tuple(f"x{i}" for i in range(1, 7)),
        (
            layer(each, list(texts) * 6, shifts),
            layer(signed, tests, biases),
            layer([[1] * kinds], last or f"I(z = {kinds})"),
        ),
    )


RIGHT = {
    "e^x": sums("exp"),
    "e^-x": sums("e^{-z}"),
    "e^(2x + 1)": sums("exp(2z + 1)"),
    "3 e^(x/2) - 7": sums("3*e^(z/2) - 7"),
    "3^x": sums("3^z"),
    "10^x": sums("10^z"),
    "0.1^x": sums("0.1^z"),
    "1.5^x": sums("1.5^z"),
    "4^(x/2) with x and x^2": sums("9^(z/2)", "z", "square"),
    "1/5^x": sums("1/5^z"),
    "e^x with x and x^2": sums("exp", "identity", "square"),
    "e^x with x and x^2, other tests": sums(
        "exp", "identity", "square", tests=["1 - sign(z)^2", ZERO, "I(-1/2 <= z <= 1/2)"]
    ),
    "e^x with sigmoid and |x|": sums("exp", "sigmoid", "abs"),
    "|z| <= 0": sums("5^z", tests="I(|z| <= 0)"),
    "not 0, negated": sums("exp", tests="I(z != 0)", last=ZERO),
    "e^x and 2^x": sums("exp", "2^z"),
    "two of e^x, 3^x, 10^x": sums("exp", "3^z", "10^z", last="I(z >= 2)"),
    "all weights a third": sums("exp", second={(0, i): Fraction(-2, 3) * (1 if i < 3 else -1) for i in range(6)}),
    "all shifted": sums("exp", first=dict.fromkeys(range(6), 5)),
}
WRONG = {
    "2^x": sums("2^z"),
    "0.5^x": sums("(1/2)^z"),
    "a weight off": sums("exp", second={(0, 2): 1}),
    "a weight off by little": sums("3^z", second={(0, 2): Fraction(1, 10**20)}),
    "a shift off": sums("exp", first={3: 1}),
    "a far shift": sums("exp", first={3: 40}),
    "a shift off by little": sums("exp", first={3: Fraction(1, 10**20)}),
    "a bias": sums("exp", biases=[1]),
    "a tiny bias": sums("3^z", biases=[Fraction(1, 10**30)]),
    "a band": sums("exp", tests="I(-10^-9 <= z <= 10^-9)"),
    "a narrow band": sums("exp", tests="I(|z| <= 10^-40)"),
    "one side": sums("10^z", tests="I(z >= 0)"),
    "any test": sums("exp", "identity", "square", last="I(z >= 1)"),
    "two of three": sums("exp", "identity", "square", last="I(z >= 2)"),
    "squares only": sums("square", "exp", last="I(z = 2)", second={(1, 1): 1}),
    "e^x but sums of 1/x": sums("exp", "1/z"),
    "e^x but log": sums("exp", "log(z^2)"),
}


@pytest.mark.parametrize("name", sorted(RIGHT))
def test_right_ones_are_proved(name: str, problems: dict[str, Problem]) -> None:
    assert tails.agree(RIGHT[name], problems["1.2"].predicate, ALWAYS) == tails.SUMS


@pytest.mark.parametrize("name", sorted(WRONG))
def test_wrong_ones_are_not_and_a_point_shows_it(name: str, problems: dict[str, Problem]) -> None:
    problem = problems["1.2"]
    found = tails.agree(WRONG[name], problem.predicate, ALWAYS)
    assert not isinstance(found, str)
    if found is not None:
        assert not exact.gives(WRONG[name], found, int(condition.holds(problem.predicate, found)))


@pytest.mark.parametrize("name", ["a band", "a narrow band", "a far shift", "a tiny bias", "2^x"])
def test_the_whole_check_refutes_them(name: str, problems: dict[str, Problem]) -> None:
    from dataclasses import replace

    finding = network.examine(WRONG[name], replace(problems["1.2"], box=(-1, 1), tiers=()))
    assert str(finding.verdict) == "incorrect", plain(finding.blocks)


def test_the_feedback_names_the_proof(problems: dict[str, Problem]) -> None:
    from dataclasses import replace

    finding = network.examine(RIGHT["e^x with x and x^2"], replace(problems["1.2"], box=(-2, 2)))
    assert "proved for all integers (finite patterns with sums of exponentials)" in plain(finding.blocks)


def test_powers_of_two_are_right_where_entries_differ(problems: dict[str, Problem]) -> None:
    from dataclasses import replace

    finding = network.examine(WRONG["2^x"], replace(problems["1.2"], box=(-2, 2)))
    assert str(finding.verdict) == "partial"


@pytest.mark.parametrize("text", ["2^z", "exp", "z + 2^z"])
def test_a_sum_may_make_up_for_a_number(text: str) -> None:
    """2^1 - 2^0 = 1 and e^1 - e^0 = e - 1, but e^x1 - e^x2 is never 1."""
    always = condition.of(reading.predicate("x1 = x1", ("x1", "x2")).node, ("x1", "x2"))
    for bias, places in ((-1, [(1, 0), (0, 1)]), (0, [(1, 0), (0, 1)]), (-1, [(1, 0)])):
        each = [[int(i == j) for j in range(2)] for i, _ in enumerate(places)]
        tested = layer([[1, -1][: len(places)]], "I(z != 0)", [bias])
        found = tails.agree(Network(("x1", "x2"), (layer(each, text), tested)), always, ALWAYS)
        if text == "exp" and bias and len(places) == 2:
            assert found == tails.SUMS
        else:
            assert not isinstance(found, str)  # at equal inputs, at (1, 0), or at (0, 0)


@pytest.mark.parametrize(
    ("rows", "texts", "weights", "fails"),
    [
        ([[1, 0], [0, 1], [1, 1]], ["exp", "exp", "z"], [1, -1, 1], (1, 1)),
        ([[1, 0], [0, 1], [1, 1]], ["3^z", "3^z", "z"], [1, -1, -1], (1, 1)),
        ([[1, 0], [0, 1]] * 2, ["exp"] * 2 + ["exp(|z|)"] * 2, [1, -1, -1, 1], (1, 0)),
        ([[1, 0], [0, 1]] * 2, ["3^z"] * 2 + ["2^z"] * 2, [1, -1, -2, 2], (1, 0)),
        ([[1, 0], [0, 1]] * 2, ["2^z"] * 2 + ["z"] * 2, [1, -1, -1, 1], (1, 0)),
        ([[1, 0], [0, 1], [0, 0]], ["exp"] * 3, [1, -1, 1], (0, 0)),
        ([[1, 0], [0, 1], [1, 0]], ["exp", "exp", "1/(z - 9)"], [1, -1, 0], (9, 9)),
        ([[1, 0], [0, 1]], ["exp", "exp(2z)"], [1, -1], (1, 1)),
        ([[1, 0], [0, -1]], ["exp", "exp"], [1, -1], (1, 1)),
    ],
)
def test_terms_beside_the_powers_are_not_forgotten(
    rows: list[list[int]], texts: list[str], weights: list[int], fails: tuple[int, int]
) -> None:
    equal = condition.of(reading.predicate("x1 = x2", ("x1", "x2")).node, ("x1", "x2"))
    network_ = Network(("x1", "x2"), (layer(rows, texts), layer([weights], ZERO)))
    assert not exact.gives(network_, fails, int(fails[0] == fails[1]))
    assert not isinstance(tails.agree(network_, equal, ALWAYS), str)


def test_one_test_for_each_pair(problems: dict[str, Problem]) -> None:
    """1.1 by e^x4 - e^x1, e^x4 - e^x2, e^x4 - e^x3 and an OR."""
    rows = [[-1, 0, 0, 1], [0, -1, 0, 1], [0, 0, -1, 1]]
    each = [[int(i == j) for j in range(4)] for i in range(4)]
    names = ("x1", "x2", "x3", "x4")
    right = Network(names, (layer(each, "2^z"), layer(rows, ZERO), layer([[1, 1, 1]], "I(z >= 1)")))
    wrong = Network(names, (layer(each, "2^z"), layer(rows, ZERO, [0, 0, 1]), layer([[1, 1, 1]], "I(z >= 1)")))
    assert tails.agree(right, problems["1.1"].predicate, ALWAYS) == tails.SUMS
    assert not isinstance(tails.agree(wrong, problems["1.1"].predicate, ALWAYS), str)


BASES = [Fraction(2), Fraction(3), Fraction(10), Fraction(3, 2), Fraction(1, 2), Fraction(2, 3), Fraction(7, 5)]


def cut(point: Sequence[int], gap: int) -> list[int]:
    """The pattern of a point: its order, with gaps of at most ``gap``, from 0 on."""
    levels, place = {}, 0
    ranked = sorted(set(point))
    for low, high in zip([ranked[0], *ranked], ranked):
        place += min(high - low, gap)
        levels[high] = place
    return [levels[value] for value in point]


@st.composite
def points(draw: Any, inputs: int) -> list[int]:
    steps = draw(st.lists(st.sampled_from([0, 0, 1, 1, 2, 3, 4, 5, 9, 30]), min_size=inputs, max_size=inputs))
    values = np.cumsum(steps) + draw(st.integers(-9, 9))
    return [int(value) for value in draw(st.permutations(list(values)))]


@settings(max_examples=300)
@given(st.sampled_from(BASES), st.lists(st.integers(-4, 4), min_size=2, max_size=6), st.data())
def test_a_pattern_has_the_sign_of_all_that_it_stands_for(base: Fraction, weights: list[int], data: Any) -> None:
    point = data.draw(points(len(weights)))
    if data.draw(st.booleans()):  # let it vanish: p^g b^x = q^g b^(x + g)
        gap = data.draw(st.integers(1, 4))
        weights = [base.numerator**gap, -(base.denominator**gap), *weights[2:]]
        point[1] = point[0] + gap
        weights = weights[:2] + [0] * (len(weights) - 2) if data.draw(st.booleans()) else weights
    weights_ = {(index, Fraction(0)): weight for index, weight in enumerate(weights) if weight}
    if not weights_:
        return
    terms = balances._Terms(weights_, base)
    columns = [np.array([value], dtype=np.int16) for value in cut(point, terms.reach + data.draw(st.integers(0, 2)))]
    total = sum((weight * base**x for weight, x in zip(weights, point)), Fraction(0))
    found = int(terms.sign(columns)[0])
    if 1 in (base.numerator, base.denominator):
        assert found == (total > 0) - (total < 0)
    else:
        assert (found == 0) == (total == 0)


@settings(max_examples=200)
@given(
    st.lists(st.tuples(st.integers(-3, 3), st.sampled_from([0, 0, 1, -2, Fraction(1, 2)])), min_size=2, max_size=6),
    st.data(),
)
def test_what_is_left_of_powers_of_e(entries: list[Any], data: Any) -> None:
    point = data.draw(points(len(entries)))
    weights = {(index, Fraction(offset)): weight for index, (weight, offset) in enumerate(entries) if weight}
    if not weights:
        return
    terms = balances._Terms(weights, None)
    columns = [np.array([value], dtype=np.int16) for value in cut(point, terms.reach)]
    collected: dict[Fraction, int] = {}
    for (index, offset), weight in weights.items():
        collected[point[index] + offset] = collected.get(point[index] + offset, 0) + weight
    left = sum(weight != 0 for weight in collected.values())
    assert int(terms.left(columns)[0]) == left
    with localcontext() as context:
        context.prec = 80
        total = sum(
            (weight * (Decimal(q.numerator) / q.denominator).exp() for q, weight in collected.items()), Decimal(0)
        )
        assert (abs(total) < Decimal(10) ** -50) == (left == 0)


TEXTS = ["exp", "e^{-z}", "2^z", "3^z", "3*2^(z - 1)", "z", "square", "1 + exp(2z)", "(2/3)^z", "|z|", "sigmoid"]
TESTS = [ZERO, ZERO, "I(z != 0)", "I(z >= 0)", "sign", "step", "I(|z| <= 1)", "abs"]
NAMES = ["x1", "x2", "x3"]
PREDICATES = ["x1 = x1", "x1 != x1", "x1 = x2", "x1 = x2 and x2 = x3", "x1 >= x2", "x1 = x2 + 1", "x1 != x3"]


@st.composite
def small_networks(draw: Any) -> Network:
    units = draw(st.integers(2, 5))
    text = draw(st.sampled_from(TEXTS))
    texts = [text if draw(st.integers(0, 3)) else draw(st.sampled_from(TEXTS)) for _ in range(units)]
    places = [draw(st.integers(0, 2)) for _ in range(units)]
    first = layer(
        [[int(i == place) for i in range(3)] for place in places],
        texts,
        [draw(st.sampled_from([0, 0, 0, 1, -1])) for _ in range(units)],
    )
    tests = draw(st.integers(1, 2))
    rows = [[draw(st.sampled_from([0, 1, -1, 1, -1, 2])) for _ in range(units)] for _ in range(tests)]
    biases = [draw(st.sampled_from([0, 0, 0, 1, -1, 2, -3])) for _ in range(tests)]
    second = layer(rows, [draw(st.sampled_from(TESTS)) for _ in range(tests)], biases)
    last = layer([[1] * tests], draw(st.sampled_from(["I(z = 1)", "I(z >= 1)", ZERO, "I(z = 2)"])))
    return Network(tuple(NAMES), (first, second, last))


NEAR = list(product(range(-3, 4), repeat=3))


@settings(max_examples=int(os.environ.get("NETWORK_SUMS", "150")))
@given(small_networks(), st.one_of(st.sampled_from(PREDICATES[:2]), st.sampled_from(PREDICATES)), st.integers(0, 10**6))
def test_neither_a_proof_nor_a_point_is_ever_wrong(network_: Network, text: str, seed: int) -> None:
    predicate = condition.of(reading.predicate(text, NAMES).node, NAMES)
    found = tails.agree(network_, predicate, ALWAYS)
    if isinstance(found, tuple):
        assert not exact.gives(network_, found, int(condition.holds(predicate, found)))
    elif found is not None:
        random = Random(seed)
        far = [tuple(random.choice((0, 40, -40, random.randint(-60, 60))) for _ in range(3)) for _ in range(40)]
        for point in [*NEAR, *far]:
            assert exact.gives(network_, point, int(condition.holds(predicate, point))), point


LAWS = [
    "exp", "e^z", "2^z", "3*2^(z - 1)", "-exp(-z)", "1/2^z", "5/(3*e^z)", "exp(z/3 + 1) - 2", "(2/3)^(2z)", "4^(z/2)",
    "1 - (1 - exp(z))", "2^3 * 2^z", "exp(2(z + 1))", "-(2^z - 1)/7",
]  # fmt: skip


@given(st.sampled_from(LAWS), st.sampled_from([1, -1, 2, Fraction(1, 2)]), st.sampled_from([0, 1, -2]))
def test_laws_have_the_values_of_the_activation(text: str, scale: Fraction, offset: int) -> None:
    node = reading.activation(text).node
    law = exponents.law(node, Fraction(scale), Fraction(offset))
    if law is None:
        assert scale == Fraction(1, 2)  # 2^(x/2) is no rational power
        return
    for x in (-3, 0, 1, 4):
        power = (
            exponential.exp(law.rate * x + law.shift) if law.base is None else law.base ** int(law.rate * x + law.shift)
        )
        given_ = activation.value(node, Fraction(scale) * x + offset)
        assert exponential.sign(law.factor * power + law.constant - given_) == 0


@pytest.mark.parametrize(
    "text", ["z", "exp(z^2)", "exp(z) + z", "exp(z) 2^z", "exp(|z|)", "0*exp(z)", "z^z", "sigmoid", "exp(exp(z))",
             "1^z", "1/(1 + e^z)", "2^(1/2)*2^z"],
)  # fmt: skip
def test_what_is_no_law(text: str) -> None:
    assert exponents.law(reading.activation(text).node, Fraction(1), Fraction(0)) is None


SIGNED = [
    ZERO, "sign", "step", "I(z != 0)", "I(|z| <= 0)", "1 - sign(z)^2", "I(z^3 > 0)", "I(z in {0})", "I(z > -1)",
    "I(-1 <= z <= 1)", "I(z^2 + z > 0)", "I(max(z, -z) > 0)", "I(2z - z = 0)", "1 if z > 0 else 0", "relu", "3",
    "I(min(z, 2z) >= 0)", "I(relu(z) = 0)", "exp", "z/z", "I(not z = 0 and z < 0)",
]  # fmt: skip


@given(st.sampled_from(SIGNED), st.sampled_from([-1, 0, 1]), st.fractions(Fraction(1, 10**9), 10**9))
def test_what_the_sign_alone_decides(text: str, sign: int, size: Fraction) -> None:
    node = reading.activation(text).node
    found = signs.value(node, sign)
    if found is not None:
        assert activation.value(node, sign * size) == found
    elif text in SIGNED[:8]:
        raise AssertionError(text)


def test_where_an_activation_has_a_value() -> None:
    for text in (
        "exp(-z^2)",
        "1/(1 + exp(-z))",
        "2^z",
        "1/(1 + z^2)",
        "z^3/7",
        "sigmoid",
        "e^{-|z|}",
        "1/exp(z)",
        "-1/(3*5^z)",
    ):
        assert totality.defined(reading.activation(text).node), text
    for text in ("1/z", "sqrt(z)", "log(z^2 + 1)", "z^(-2)", "z^(1/2)", "1/(z - 10^9)", "I(1/z > 0)", "1/(2^z - 1)"):
        assert not totality.defined(reading.activation(text).node), text
