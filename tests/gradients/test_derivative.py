"""The computed derivative against complex-step differences, plain numpy, and the rules that were derived by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from grader.gradients import evaluation, instances
from grader.gradients.equation import bar
from grader.gradients.evaluation import Scope
from grader.gradients.instances import Differentiated, Instance
from grader.gradients.procedure import Procedure
from reference import gradients as reference

STEP = 1e-30


def complex_step(procedure: Procedure, instance: Instance, variable: str, of: str) -> Any:
    """∂of/∂variable, entry by entry: the imaginary part of a run in which the entry got a tiny imaginary part."""
    scope = instance.scope
    gradient = np.zeros(scope.values[variable].shape)
    for place in np.ndindex(*gradient.shape):
        start = (*procedure.inputs, *procedure.parameters)
        values = {name: scope.values[name] for name in start}
        values[variable] = scope.values[variable].astype(complex)
        values[variable][place] += STEP * 1j
        for step in procedure.steps:
            if step.name != variable:
                values[step.name] = evaluation.value(step.node, Scope(scope.sizes, values, scope.labels))
        gradient[place] = values[of].item().imag / STEP
    return gradient


def test_complex_step(derived: Differentiated) -> None:
    for instance in derived.instances:
        for variable in derived.rules:
            expected = complex_step(derived.procedure, instance, variable, "J")
            np.testing.assert_allclose(instance.gradients[bar(variable)], expected, rtol=1e-12, atol=1e-13)


def test_a_derivative_off_by_a_thousandth_would_be_seen(derived: Differentiated) -> None:
    instance = derived.instances[1]
    for variable in derived.rules:
        expected = complex_step(derived.procedure, instance, variable, "J")
        assert not np.allclose(1.001 * instance.gradients[bar(variable)], expected, rtol=1e-12, atol=1e-13)


def test_forward_in_plain_numpy(derived: Differentiated) -> None:
    for instance in derived.instances:
        v = instances.arrays(instance)
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
    for name, text in typed.items():
        equation = read(text, where)
        for instance in derived.instances:
            scope = instance.upstream
            value = evaluation.value(equation.node, Scope(scope.sizes, scope.values, scope.labels, equation.where))
            assert isinstance(value, np.ndarray)
            np.testing.assert_allclose(value, instance.gradients[name], rtol=1e-12, atol=1e-14)


def test_instances(derived: Differentiated) -> None:
    assert len(derived.instances) >= 6
    for instance in derived.instances:
        sizes = list(instance.scope.sizes.values())
        assert len(set(sizes)) == len(sizes)
        assert min(sizes) > 1
        z1 = instance.scope.values["z1"]
        assert z1.min() < -instances.KINK
        assert z1.max() > instances.KINK
        assert np.abs(z1).min() >= instances.KINK
        for gradient in instance.gradients.values():
            assert instances.SMALLEST < np.abs(gradient).max() < instances.LARGEST
    assert len({tuple(instance.scope.sizes.values()) for instance in derived.instances}) > 3


def test_instances_are_the_same_every_time(derived: Differentiated) -> None:
    again = instances.differentiated.__wrapped__(derived.procedure, "J")
    for one, other in zip(derived.instances, again.instances):
        for name, array in one.scope.values.items():
            np.testing.assert_array_equal(array, other.scope.values[name])


def test_edges(forward: Procedure) -> None:
    stated = {tuple(edge.split(" -> ")) for edge in reference.GRAPH["edges"]}
    assert set(forward.edges) == stated


def test_a_procedure_that_does_not_fit(compile_procedure: Any) -> None:
    from grader import config

    stated = config.Procedure(
        sizes={"d": "", "k": ""},
        inputs={"x": ("d",)},
        parameters={"W": ("k", "d")},
        steps={"y": "W^T x", "J": "sum(y)"},
    )
    with pytest.raises(instances.NoInstance, match="in step y: This product does not fit"):
        instances.differentiated(compile_procedure(stated), "J")
