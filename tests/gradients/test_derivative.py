"""The computed derivative against differences to many digits, plain numpy, and the rules that were derived by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from grader.checks import backward
from grader.checks.backward import programs
from grader.gradients import points
from grader.gradients.matrices import Matrix, NoValue
from grader.gradients.points import Differentiated, Numbers
from grader.gradients.procedure import Equation, Procedure, bar
from grader.gradients.proof import largest
from grader.language import reading
from grader.report import Verdict
from reference import gradients as reference

STEP = Decimal("1e-16")


def slopes(numbers: Numbers, variable: str, of: str) -> list[Decimal]:
    """∂of/∂variable, entry by entry: central differences, right to 26 digits."""
    value = numbers.value(variable)
    assert value is not None

    def moved(place: int, step: Decimal) -> Decimal:
        other = Numbers(numbers.problem, numbers.place)
        for name in numbers.problem.given:
            given = numbers.value(name)
            assert given is not None
            other.assume(name, given)
        width = len(value.rows[0])
        entries = [entry + step if i == place else entry for i, entry in enumerate(value.entries)]
        other.assume(variable, Matrix([entries[i : i + width] for i in range(0, len(entries), width)], value.shape))
        result = other.value(of)
        assert result is not None
        return Decimal(result.rows[0][0])

    return [(moved(i, STEP) - moved(i, -STEP)) / (2 * STEP) for i in range(len(value.entries))]


def test_by_differences(derived: Differentiated) -> None:
    for place in derived.places:
        numbers = Numbers(derived, place)
        if numbers.at_kink:
            continue
        for variable in derived.rules:
            gradient = numbers.value(bar(variable))
            assert gradient is not None
            pairs = zip(gradient.entries, slopes(numbers, variable, "J"))
            assert max(abs(a - b) for a, b in pairs) <= Decimal("1e-26") * largest(gradient), variable


def test_forward_in_plain_numpy(derived: Differentiated) -> None:
    for instance in programs.instances(derived):
        v = instance.inputs()
        z1, z2 = v["W1"] @ v["x"] + v["b1"], v["W2"] @ v["x"] + v["b2"]
        g2 = np.maximum(z1, 0) / (1 + np.exp(-z2))
        y = v["W3"] @ g2 + v["b3"]
        y_prime = np.exp(y) / np.exp(y).sum()
        np.testing.assert_allclose(v["y_prime"], y_prime, rtol=1e-13)
        np.testing.assert_allclose(v["J"], -np.log(y_prime[v["t"]]), rtol=1e-13)


def test_hand_derived_rules(derived: Differentiated, read: Any) -> None:
    typed = dict(reference.EQUATIONS["2.1.2"])
    where = typed.pop("where")
    assert {name.removesuffix("_bar") for name in typed} == set(derived.rules)
    found = backward.judge({name.removesuffix("_bar"): read(text, where) for name, text in typed.items()}, derived)
    assert {finding.verdict for finding in found.values()} == {Verdict.CORRECT}


def test_runs_for_programs(derived: Differentiated) -> None:
    runs = programs.instances(derived)
    assert len(runs) >= 6
    for instance in runs:
        sizes = list(instance.sizes.values())
        assert len(set(sizes)) == len(sizes)
        assert min(sizes) > 1
        z1 = instance.array("z1")
        assert z1.min() < 0 < z1.max()
        assert np.abs(z1).min() >= 0.1
        for size in instance.largest:
            assert programs.SMALLEST < size < programs.LARGEST
    assert len({tuple(instance.sizes.values()) for instance in runs}) >= 3


def test_points_are_the_same_every_time(derived: Differentiated) -> None:
    again = points.differentiated.__wrapped__(derived.procedure, "J")
    for one, other in zip(derived.regions, again.regions):
        assert one.value("y_bar") == other.value("y_bar")
    for one, other in zip(programs.instances(derived), programs.instances(again)):
        for name in derived.procedure.steps:
            np.testing.assert_array_equal(one.array(name), other.array(name))


def test_every_sign_zero_and_label_is_looked_at(derived: Differentiated) -> None:
    patterns, zeros, labels = set(), set(), set()
    for low in derived.regions:
        sizes = tuple(low.sizes.values())
        labels.add((sizes, low.place.labels["t"]))
        signs = next(iter(low.ranges.kinks.values()))
        if not low.place.fixed:
            patterns.add((sizes, tuple(signs.entries)))
        else:
            ((_, place),) = low.place.fixed
            zeros.add((sizes, place))
            assert low is not low.from_above
    assert any({(sizes, (a, b)) for a in (1, -1) for b in (1, -1)} <= patterns for sizes, _ in patterns)
    assert any({(sizes, place) for place in (0, 1)} <= zeros for sizes, _ in zeros)
    assert all({(sizes, t) for t in range(sizes[2])} <= labels for sizes, _ in labels)


def test_edges(forward: Procedure) -> None:
    stated = {tuple(edge.split(" -> ")) for edge in reference.GRAPH["edges"]}
    assert set(forward.edges) == stated


def test_a_procedure_that_does_not_fit(compile_procedure: Any) -> None:
    from grader.assignment import config

    stated = config.Procedure(
        sizes={"d": "", "k": ""},
        inputs={"x": ("d",)},
        parameters={"W": ("k", "d")},
        steps={"y": "W^T x", "J": "sum(y)"},
    )
    with pytest.raises(NoValue, match="in step y: This product does not fit"):
        points.differentiated(compile_procedure(stated), "J")


def test_sizes_as_numbers(compile_procedure: Any) -> None:
    from grader.assignment import config

    stated = config.Procedure(
        sizes={"n": ""},
        inputs={"x": ("3",)},
        parameters={"W": ("n", "3"), "b": ("n",)},
        steps={"y": "W x + b", "J": "y^T y"},
    )
    derived = points.differentiated(compile_procedure(stated), "J", ("W",))
    names = ["n", "x", "W", "b", "y", "J"]
    right = {"y": "2 y J_bar", "x": "W^T y_bar", "W": "y_bar x^T"}
    typed = {name: Equation(reading.equation(text, names).node) for name, text in right.items()}
    found = backward.judge(typed, derived)
    assert {finding.verdict for finding in found.values()} == {Verdict.CORRECT}, found


def test_a_chain_rule_may_lead_to_a_parameter(forward: Procedure) -> None:
    derived = points.differentiated(forward, "J", ("b1",))
    names = [*forward.sizes, *forward.variables, *forward.parameters]
    for text, verdict in (("(∂z1/∂b1)^T z1_bar", Verdict.PARTIAL), ("(∂z1/∂b1)^T z2_bar", Verdict.INCORRECT)):
        equation = Equation(reading.equation(text, names).node)
        assert backward.judge({"b1": equation}, derived)["b1"].verdict is verdict
