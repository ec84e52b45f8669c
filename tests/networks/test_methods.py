"""Finite patterns, the solver, the box and plain fractions never contradict one another; refutations replay."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import plain_networks as plain
import pytest
from hypothesis import given, settings, strategies as st

from grader.language import reading
from grader.networks import arrays, box, condition
from grader.networks.condition import ALWAYS
from grader.networks.network import over_integers
from grader.networks.proof import agreement, patterns, search, solver
from grader.networks.proof.agreement import Proved, Refuted, Undecided
from grader.networks.proof.solver import Limits

NAMES = ["x1", "x2", "x3"]
PREDICATE = condition.of(reading.predicate("x1 = x2 or x1 = x3", NAMES).node, NAMES)
DISTINCT = condition.of(reading.predicate("x2 != x3", NAMES).node, NAMES)
BOUNDED = ["I(-1 <= z <= 1)", "I(z = 0)", "I(z >= 1)", "sign", "min(1, |z|)", "max(0, 1 - |z|)", "I(-2 <= z <= 3)"]


@st.composite
def difference_networks(draw: Any) -> plain.Plain:
    pairs = draw(st.lists(st.sampled_from([(0, 1), (0, 2), (1, 2), (1, 0)]), min_size=1, max_size=4))
    rows = [plain.difference(3, i, j, draw(st.sampled_from([1, -1, 2, Fraction(1, 2)]))) for i, j in pairs]
    biases = [draw(st.sampled_from([0, 0, 1, Fraction(-1, 2)])) for _ in pairs]
    first = plain.layer(rows, biases, [draw(st.sampled_from(BOUNDED)) for _ in pairs])
    last = [draw(st.integers(-2, 2)) for _ in pairs]
    return [
        first,
        plain.layer([last], [draw(st.integers(-1, 1))], draw(st.sampled_from(["I(z >= 1)", "relu", "I(z = 1)"]))),
    ]


@settings(max_examples=settings().max_examples // 3)
@given(difference_networks(), st.booleans())
def test_patterns_solver_and_fractions_agree(layers: plain.Plain, distinct: bool) -> None:
    network = plain.typed(layers, 3)
    compiled = over_integers(network)
    domain = DISTINCT if distinct else ALWAYS
    gap = patterns.reach(compiled, [PREDICATE, domain])
    if gap is None:
        return  # min(1, |z|) reaches as far on both sides, but sums of units may not
    points = patterns.listed(3, gap)
    assert points is not None
    by_pattern = box.counterexample(compiled, PREDICATE, domain, points, 3 * gap)
    answer = solver.decide(compiled, PREDICATE, domain, Limits())
    assert (answer == "proved") == (by_pattern is None)
    near = [
        x for x in product(range(-4, 5), repeat=3)
        if (not distinct or x[1] != x[2]) and plain.fails(layers, plain.element_of_two, x)
    ]  # fmt: skip
    if by_pattern is None:
        assert not near
    else:
        assert isinstance(answer, tuple)
        assert plain.fails(layers, plain.element_of_two, answer)
        assert plain.fails(layers, plain.element_of_two, by_pattern)


@settings(max_examples=settings().max_examples // 3)
@given(st.data())
def test_any_piecewise_linear_network_is_decided_rightly(data: Any) -> None:
    rows = [[data.draw(st.integers(-3, 3)) for _ in range(3)] for _ in range(3)]
    texts = [data.draw(st.sampled_from(["relu", "abs", "z", "sign", "I(z >= 1)", "I(z = 0)"])) for _ in range(3)]
    layers = [
        plain.layer(rows, [data.draw(st.integers(-2, 2)) for _ in range(3)], texts),
        plain.layer([[data.draw(st.integers(-2, 2)) for _ in range(3)]], [data.draw(st.integers(-1, 1))], "I(z >= 1)"),
    ]
    typed = plain.typed(layers, 3)
    answer = agreement.agree(typed, over_integers(typed), PREDICATE)
    near = plain.failing(layers, plain.element_of_two, 3, -3, 3)
    if isinstance(answer, Proved):
        assert not near
    else:
        assert isinstance(answer, Refuted)
        assert plain.fails(layers, plain.element_of_two, answer.point)
        if near and answer.method == "z3":
            assert sum(map(abs, answer.point)) <= min(sum(map(abs, x)) for x in near)


@pytest.mark.parametrize(
    "text",
    ["I(z >= 1)", "I(z >= 4)", "I(z <= -4)", "I(-2 <= z <= 3)", "I(-3 <= z <= 1)", "I(z = 0)", "sign", "min(1, |z|)",
     "max(0, 1 - |z|)"],
)  # fmt: skip
def test_from_the_reach_on_a_unit_tells_no_two_differences_apart(text: str) -> None:
    layers = [plain.layer([plain.difference(3, 0, 1, 1)], None, text), plain.layer([[1]], None, "I(z >= 1)")]
    reach = patterns.reach(over_integers(plain.typed(layers, 3)), [])
    unit = plain.function(text)
    assert reach is not None
    constant = [k for k in range(1, 9) if len({unit(Fraction(d)) for d in range(k, 30)}) == 1
                and len({unit(Fraction(-d)) for d in range(k, 30)}) == 1]  # fmt: skip
    assert reach == constant[0]


@pytest.mark.parametrize("text", ["relu", "min(1, z)", "abs", "z"])
def test_a_unit_that_never_becomes_constant_has_no_reach(text: str) -> None:
    layers = [plain.layer([plain.difference(3, 0, 1, 1)], None, text), plain.layer([[1]], None, "z")]
    assert patterns.reach(over_integers(plain.typed(layers, 3)), []) is None


@pytest.mark.parametrize(
    "text", ["x1 = x2", "x1 = x2 + 4", "x1 >= x2 + 4", "x2 < x1 - 3", "2 x1 - 2 x2 <= 7", "x1 != x3 - 2"]
)
def test_beyond_its_sight_a_condition_tells_no_two_differences_apart(text: str) -> None:
    compiled = condition.of(reading.predicate(text, NAMES).node, NAMES)
    sight = patterns.within_sight([compiled])
    assert sight is not None
    for sign in (1, -1):
        far = {condition.holds(compiled, (sign * d, 0, -sign * d)) for d in range(sight, 30)}
        assert len(far) == 1


@pytest.mark.parametrize("text", ["x1 = 2", "x1 + x2 = 0", "x1 = x2 + x3", "x1^2 = x2", "2 x1 = x2"])
def test_a_condition_on_more_than_one_difference_has_no_sight(text: str) -> None:
    assert patterns.within_sight([condition.of(reading.predicate(text, NAMES).node, NAMES)]) is None


@pytest.mark.parametrize(("inputs", "gap", "expected"), [(4, 1, 75), (6, 1, 4683), (4, 2, 365), (6, 2, 66605)])
def test_how_many_patterns_there_are(inputs: int, gap: int, expected: int) -> None:
    table = patterns.listed(inputs, gap)
    assert table is not None
    assert len(table) == len(set(table)) == expected
    assert all(sorted(point)[inputs // 2] == 0 for point in table)


@pytest.mark.parametrize(("inputs", "gap"), [(6, 3), (10, 1), (2, 10**30)])
def test_patterns_without_end_are_not_listed(inputs: int, gap: int) -> None:
    assert patterns.listed(inputs, gap) is None


def never_one(text: str, inputs: int, limits: Limits) -> solver.Answer:
    """Whether a network that gives 0 everywhere agrees with a predicate."""
    names = [f"x{index}" for index in range(1, inputs + 1)]
    predicate = condition.of(reading.predicate(text, names).node, names)
    zero = over_integers(plain.typed([plain.layer([[0] * inputs], None, "z")], inputs))
    return solver.decide(zero, predicate, ALWAYS, limits)


def test_a_solver_is_killed_at_its_limit_and_the_next_question_is_answered() -> None:
    assert never_one("x1^3 + x2^3 + x3^3 = 114", 3, Limits(1)) is None
    assert never_one("2 < x1 < 4", 1, Limits(5)) == (3,)


def test_a_solver_that_runs_out_of_memory_is_undecided() -> None:
    assert never_one("x1 = 1", 20_000, Limits(5, 5)) is None


@pytest.mark.parametrize(
    ("text", "layers"),
    [
        ("x1 + x2 >= x3", [plain.layer([[1, 1, -1]], None, "z^3"), plain.layer([[1]], None, "I(z >= 0)")]),
        (
            "x1 = x2",
            [
                plain.layer([[1, 0, 0], [0, 1, 0], [1, 1, 0]], None, "z^2"),
                plain.layer([[2, 2, -1]], None, "max(0, 1 - z)"),
            ],
        ),
    ],
)
def test_inequalities_of_polynomials_are_proved_too(text: str, layers: plain.Plain) -> None:
    typed = plain.typed(layers, 3)
    predicate = condition.of(reading.predicate(text, NAMES).node, NAMES)
    assert agreement.agree(typed, over_integers(typed), predicate) == Proved("nonlinear z3")


def test_transcendental_activations_stay_open() -> None:
    layers_text = "exp(-z^2)"
    node = reading.activation(layers_text).node
    from grader.networks.network import Layer, Network

    rows = ((Fraction(1), Fraction(-1), Fraction(0)), (Fraction(1), Fraction(0), Fraction(-1)))
    test = reading.activation("I(z >= 1)").node
    network = Network(
        tuple(NAMES),
        (Layer(rows, (Fraction(0),) * 2, (node,) * 2), Layer(((Fraction(1),) * 2,), (Fraction(0),), (test,))),
    )
    assert isinstance(agreement.agree(network, None, PREDICATE), Undecided)


@given(difference_networks(), st.lists(st.tuples(*[st.integers(-(10**70), 10**70)] * 3), min_size=1, max_size=20))
def test_points_of_any_size_are_judged_alike_with_numpy_and_without(
    layers: plain.Plain, points: list[tuple[int, ...]]
) -> None:
    compiled = over_integers(plain.typed(layers, 3))
    with_numpy = arrays.counterexample(compiled, PREDICATE, DISTINCT, points, 10**70)
    assert box.counterexample_by_columns(compiled, PREDICATE, DISTINCT, points, 10**70) == with_numpy


def test_a_collision_is_found_without_numpy(monkeypatch: pytest.MonkeyPatch, problems: Any) -> None:
    rows = [[int(row == column) for column in range(6)] for row in range(6)]
    sums = [1, 1, 1, -1, -1, -1]
    layers = [
        plain.layer(rows, [0] * 6, ["square"] * 6),
        plain.layer([sums], [0], ["abs"]),
        plain.layer([[1]], [0], ["I(z = 0)"]),
    ]
    compiled = over_integers(plain.typed(layers, 6))
    with_numpy = search.collision(compiled, problems["1.2"].predicate, ALWAYS)
    monkeypatch.setattr(search, "find_spec", lambda name: None)
    assert search.collision(compiled, problems["1.2"].predicate, ALWAYS) == with_numpy
    assert with_numpy is not None
