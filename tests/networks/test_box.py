"""The box against one point after the other: random networks, every type of integer, every chunking."""

from __future__ import annotations

from itertools import pairwise, product
from random import Random
from typing import Any

import numpy as np
import plain_networks as plain
import pytest
from hypothesis import given, strategies as st
from network_families import DESIGNS

from grader.language import reading
from grader.networks import arrays, box, condition
from grader.networks.network import over_integers

EDGES = [edge + slip for edge in (2**7, 2**15, 2**31, 2**63, 2**64) for slip in (-1, 0, 1)]
TEXTS = ["z", "relu", "abs", "square", "cube", "sign", "I(-1 <= z <= 1)", "I(z = 0)", "I(z >= 3)", "min(1, |z|)"]

weights = st.one_of(
    st.integers(-3, 3),
    st.sampled_from(EDGES).flatmap(lambda edge: st.sampled_from([edge, -edge, edge // 2, edge // 3])),
    st.fractions(-5, 5, max_denominator=7),
)


def compiled(text: str, inputs: int) -> condition.Condition:
    names = [f"x{i}" for i in range(1, inputs + 1)]
    return condition.of(reading.predicate(text, names).node, names)


@st.composite
def networks(draw: Any, inputs: int = 3) -> plain.Plain:
    sizes = [inputs, *draw(st.lists(st.integers(1, 3), max_size=2)), 1]
    layers = []
    for below, units in pairwise(sizes):
        rows = [[draw(weights) for _ in range(below)] for _ in range(units)]
        layers.append(
            plain.layer(
                rows, [draw(weights) for _ in range(units)], [draw(st.sampled_from(TEXTS)) for _ in range(units)]
            )
        )
    return layers


PREDICATES = {
    "x1 = x2 or x1 = x3": lambda x: int(x[0] == x[1] or x[0] == x[2]),
    "x1 + x2 >= 2x3": lambda x: int(x[0] + x[1] >= 2 * x[2]),
    "x1 < x2 < x3 or not x1 = 0": lambda x: int(x[0] < x[1] < x[2] or x[0] != 0),
    "x1 x2 = x3": lambda x: int(x[0] * x[1] == x[2]),
}


@given(
    networks(),
    st.integers(-3, 0),
    st.integers(0, 3),
    st.sampled_from(sorted(PREDICATES)),
    st.sampled_from([1, 10, 100, 10**9]),
)
def test_count_and_simplest_agree_with_plain_fractions(
    layers: plain.Plain, low: int, high: int, text: str, chunk: int
) -> None:
    expected = plain.failing(layers, PREDICATES[text], 3, low, high)
    watch = compiled("x1 = x2", 3)
    whole = over_integers(plain.typed(layers, 3))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arrays, "CHUNK_BYTES", chunk)
        found = arrays.survey(whole, compiled(text, 3), low, high, [watch])
    assert found.failing == len(expected)
    assert found.watched == (sum(x[0] == x[1] for x in expected),)
    assert found.simplest == min(expected, key=box.simplicity, default=None)
    assert box.one_by_one(plain.typed(layers, 3), compiled(text, 3), low, high, [watch]) == found
    assert box.by_columns(whole, compiled(text, 3), low, high, [watch]) == found


def test_the_simplest_is_the_smallest_then_the_one_with_fewest_negatives() -> None:
    ordered = [(0, 0), (0, 1), (1, 0), (-1, 0), (1, 1), (0, 2), (2, 0), (-1, 1), (1, -1), (0, -2), (-1, -1), (9, 0)]
    assert all(box.simplicity(one) < box.simplicity(other) for one, other in pairwise(ordered))


@pytest.mark.parametrize(
    "design", [d for d in DESIGNS if d.part == "1.2" and d.family in ("equality", "counts", "energy")]
)
def test_every_chunking_counts_the_same(design: Any, problems: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled_one, predicate = over_integers(plain.typed(design.layers, 6)), problems["1.2"].predicate
    assert arrays.survey(compiled_one, predicate, -2, 2) == box.by_columns(compiled_one, predicate, -2, 2)
    wrong = [x for x in product(range(-1, 2), repeat=6) if plain.fails(design.layers, plain.permutation, x)]
    for chunk in (1, 1000, 10**9):
        monkeypatch.setattr(arrays, "CHUNK_BYTES", chunk)
        small = arrays.survey(compiled_one, predicate, -1, 1)
        assert (small.failing, small.simplest) == (len(wrong), min(wrong, key=box.simplicity, default=None))


@pytest.mark.parametrize("largest", [4, 2**12, 2**15, 2**21, 2**44, 2**50, 2**60])
@pytest.mark.parametrize("chunk", [1000, 10**6])
def test_dense_layers_count_as_others_do(largest: int, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(largest)
    text = f"I(z = 1 or z = 4 or z = 9 or {largest // 4} <= z < {largest})"
    rows = [[random.choice((0, 1, 2, largest, -largest, largest - 1)) for _ in range(3)] for _ in range(12)]
    layers = [
        plain.layer(rows, [random.randint(-2, 2) for _ in rows], [random.choice((*TEXTS, text)) for _ in rows]),
        plain.layer([[random.randint(-2, 2) for _ in rows] for _ in range(9)], None, text),
        plain.layer([[random.randint(-2, 2) for _ in range(9)]], None, "I(z >= 1)"),
    ]
    compiled_one, predicate = over_integers(plain.typed(layers, 3)), compiled("x1 = x2 or x1 = x3", 3)
    found = box.by_columns(compiled_one, predicate, -4, 4)
    assert 0 < found.failing < 9**3
    monkeypatch.setattr(arrays, "CHUNK_BYTES", chunk)
    assert arrays.survey(compiled_one, predicate, -4, 4) == found


def test_units_that_are_always_zero_on_the_box_leave_nothing_above_them_to_see() -> None:
    far = plain.layer([[unit + 1, 1] for unit in range(10)], [-1000 - unit for unit in range(10)], "I(z >= 0)")
    dense = plain.layer([[row * column + 1 for column in range(10)] for row in range(10)], None, "relu")
    layers = [far, dense, plain.layer([[1] * 10], None, "I(z >= 1)")]
    compiled_one, predicate = over_integers(plain.typed(layers, 2)), compiled("x1 = x2", 2)
    found = arrays.survey(compiled_one, predicate, -5, 5)
    assert found == box.by_columns(compiled_one, predicate, -5, 5)
    assert found.failing == 11


@pytest.mark.parametrize("text", ["z^40", "I(z >= 1) * (z - 2^70)"])
def test_an_input_set_chunk_by_chunk_alone_in_long_numbers(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    layers = [
        plain.layer([[1, 0, 0], [0, 1, 0]], None, text),
        plain.layer([[1, -1]], None, "I(z = 0)"),
    ]
    compiled_one, predicate = over_integers(plain.typed(layers, 3)), compiled("x1 = x2", 3)
    monkeypatch.setattr(arrays, "CHUNK_BYTES", 1)
    assert arrays.survey(compiled_one, predicate, -6, 6) == box.by_columns(compiled_one, predicate, -6, 6)


@pytest.mark.parametrize("edge", EDGES)
def test_a_type_is_as_wide_as_its_bound(edge: int) -> None:
    kind = arrays.integer_type(edge.bit_length())
    assert int(np.array(edge, dtype=kind)) == edge
    assert int(np.array(-edge, dtype=kind)) == -edge


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("text", ["z", "relu", "I(z >= {edge})", "I(z = {edge})", "square", "I(z <= -{edge})"])
def test_sums_at_the_limits_of_a_type(edge: int, text: str) -> None:
    text = text.format(edge=edge)
    layers = [plain.layer([[edge, 1, 0], [0, 1, 1]], [0, 0], text), plain.layer([[1, -1]], [1], "I(z >= 1)")]
    expected = plain.failing(layers, plain.element_of_two, 3, -1, 1)
    found = arrays.survey(over_integers(plain.typed(layers, 3)), compiled("x1 = x2 or x1 = x3", 3), -1, 1)
    assert (found.failing, found.simplest) == (len(expected), min(expected, key=box.simplicity, default=None))


def test_a_network_too_large_is_searched_on_a_smaller_box() -> None:
    random = Random(0)
    layers = [
        plain.layer([[random.randint(-9, 9) for _ in range(below)] for _ in range(units)], None, "relu")
        for units, below in ((60, 12), (20, 60))
    ]
    layers += [plain.layer([[1] * 20], None, "I(z = 0)")]
    found = arrays.survey(over_integers(plain.typed(layers, 12)), compiled("x1 = x2", 12), -6, 6)
    low, high = found.low, found.high
    assert -6 < low <= 0 <= high < 6
