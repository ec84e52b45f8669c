"""Values that a student's program returned: right, right on their own upstream values, or wrong for a named reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from grader.checks import backward
from grader.gradients.equation import Equation
from grader.gradients.instances import Differentiated
from grader.report import Finding, Paragraph, Verdict, plain

Returned = dict[str, Any]


def right(v: Returned) -> Returned:
    """The backward pass as a student may write it."""
    found: Returned = {"J_bar": 1.0, "S_bar": -1.0}
    found["y_prime_bar"] = np.zeros(v["y"].shape)
    found["y_prime_bar"][v["t"]] = found["S_bar"] / v["y_prime"][v["t"]]
    jacobian = np.diag(v["y_prime"]) - np.outer(v["y_prime"], v["y_prime"])
    found["y_bar"] = jacobian.T @ found["y_prime_bar"]
    found["g2_bar"] = v["W3"].T @ found["y_bar"]
    found["h_bar"] = found["g2_bar"] * v["g1"]
    found["g1_bar"] = found["g2_bar"] * v["h"]
    found["z2_bar"] = v["g1"] * (1 - v["g1"]) * found["g1_bar"]
    found["z1_bar"] = (v["z1"] > 0) * found["h_bar"]
    found["x_bar"] = v["W1"].T @ found["z1_bar"] + v["W2"].T @ found["z2_bar"]
    return found


def judged(program: Callable[[Returned], Returned], derived: Differentiated) -> dict[str, Finding]:
    return backward.judge({}, derived, program_values=[program(v) for v in backward.program_inputs(derived)])


def changed(**values: Callable[[Returned, Returned], Any]) -> Callable[[Returned], Returned]:
    """The right program with some values replaced, and those below computed from the replaced ones."""

    def program(v: Returned) -> Returned:
        found = right(v)
        for name, value in values.items():
            found[name] = value(v, found)
        return found

    return program


def test_inputs(derived: Differentiated) -> None:
    for v in backward.program_inputs(derived):
        assert v["x"].ndim == 1
        assert v["W1"].ndim == 2
        assert v["J"].shape == v["t"].shape == ()
        assert v["t"].dtype.kind == "i"
        assert 0 <= v["t"] < v["y_prime"].size
        assert not any(name.endswith("_bar") for name in v)


def test_right(derived: Differentiated) -> None:
    found = judged(right, derived)
    assert set(found) == set(derived.rules)
    assert {finding.verdict for finding in found.values()} == {Verdict.CORRECT}


@pytest.mark.parametrize("shape", [lambda a: np.reshape(a, (-1, 1)), lambda a: np.reshape(a, (1, -1)), list])
def test_shapes_that_say_the_same(shape: Any, derived: Differentiated) -> None:
    found = judged(lambda v: {"x_bar": shape(right(v)["x_bar"])}, derived)
    assert found["x"].verdict is Verdict.CORRECT


def test_numbers_that_say_the_same(derived: Differentiated) -> None:
    found = judged(lambda v: {"J_bar": np.array([[1]]), "S_bar": np.int64(-1)}, derived)
    assert {finding.verdict for finding in found.values()} == {Verdict.CORRECT}


@pytest.mark.parametrize("name", ["y_prime_bar", "y'_bar", "yp_bar"])
def test_spellings_of_names(name: str, derived: Differentiated) -> None:
    assert judged(lambda v: {name: right(v)["y_prime_bar"]}, derived)["y'"].verdict is Verdict.CORRECT


def test_one_slip_costs_one_variable(derived: Differentiated) -> None:
    def program(v: Returned) -> Returned:
        found = right(v)
        found["y_bar"] = v["y_prime"] * (1 - v["y_prime"]) * found["y_prime_bar"]
        found["g2_bar"] = v["W3"].T @ found["y_bar"]
        found["h_bar"] = found["g2_bar"] * v["g1"]
        found["g1_bar"] = found["g2_bar"] * v["h"]
        found["z2_bar"] = v["g1"] * (1 - v["g1"]) * found["g1_bar"]
        found["z1_bar"] = (v["z1"] > 0) * found["h_bar"]
        found["x_bar"] = v["W1"].T @ found["z1_bar"] + v["W2"].T @ found["z2_bar"]
        return found

    found = judged(program, derived)
    assert {name for name, finding in found.items() if finding.verdict is not Verdict.CORRECT} == {"y"}
    assert found["x"].code == "program.rule"


def test_nothing_from_degenerate_upstream_values(derived: Differentiated) -> None:
    zero = judged(lambda v: {name: 0 * np.asarray(value) for name, value in right(v).items()}, derived)
    assert {finding.verdict for finding in zero.values()} == {Verdict.INCORRECT}
    half = judged(changed(z1_bar=lambda v, f: 0 * v["z1"], x_bar=lambda v, f: v["W2"].T @ f["z2_bar"]), derived)
    assert half["x"].verdict is half["z1"].verdict is Verdict.INCORRECT
    dead = judged(changed(h_bar=lambda v, f: (v["z1"] < 0) * 1.0, z1_bar=lambda v, f: 0 * v["z1"]), derived)
    assert dead["z1"].verdict is Verdict.INCORRECT


@pytest.mark.parametrize(
    ("value", "code", "says"),
    [
        (lambda x: x[:-1], "program.shape", "d is expected"),
        (lambda x: np.outer(x, x), "program.shape", "shape"),
        (lambda x: x.sum(), "program.shape", "a number"),
        (lambda x: x * np.nan, "program.not_finite", "NaN"),
        (lambda x: x / 0, "program.not_finite", "infinity"),
        (lambda x: x + 0j, "program.dtype", "complex"),
        (lambda x: x.astype(str), "program.dtype", "dtype"),
        (lambda x: x.astype(object), "program.dtype", "object"),
        (lambda x: x.astype(np.float16), "program.dtype", "float16"),
        (lambda x: [[1, 2], [3]], "program.type", "not an array"),
        (lambda x: "W1.T @ z1_bar", "program.dtype", "dtype"),
        (lambda x: 1.001 * x, "program.differs", "not the gradient"),
        (lambda x: 1.0001 * x, "program.differs", "not the gradient"),
        (lambda x: -x, "program.differs", "not the gradient"),
        (lambda x: 0 * x, "program.differs", "0 whatever"),
    ],
)
def test_wrong_values_are_named(value: Any, code: str, says: str, derived: Differentiated) -> None:
    with np.errstate(all="ignore"):
        finding = judged(lambda v: {"x_bar": value(right(v)["x_bar"])}, derived)["x"]
    assert (finding.verdict, finding.code) == (Verdict.INCORRECT, code), plain(finding.blocks)
    assert says in plain(finding.blocks)


def test_single_precision_is_enough(derived: Differentiated) -> None:
    assert judged(lambda v: {"x_bar": right(v)["x_bar"].astype(np.float32)}, derived)["x"].credit == 1


def test_missing_names(derived: Differentiated) -> None:
    found = judged(lambda v: {"x_bar": right(v)["x_bar"], "h_bar": None, "other": 1}, derived)
    assert set(found) == {"x"}
    calls: list[int] = []

    def sometimes(v: Returned) -> Returned:
        calls.append(1)
        return right(v) if len(calls) > 1 else {}

    assert judged(sometimes, derived)["x"].code == "program.sometimes"


def test_a_typed_equation_comes_first(derived: Differentiated, read: Any) -> None:
    values = [right(v) for v in backward.program_inputs(derived)]
    found = backward.judge({"x": read("W1 z1_bar")}, derived, program_values=values)
    assert found["x"].verdict is Verdict.INCORRECT
    assert found["h"].code == "program.right"


def test_not_run(derived: Differentiated, read: Any) -> None:
    reason = Finding(Verdict.REVIEW, (Paragraph("Not run here."),), "program.not_run")
    found = backward.judge({"J": Equation(read("1").node)}, derived, program_values=reason)
    assert found["J"].verdict is Verdict.CORRECT
    assert {finding for name, finding in found.items() if name != "J"} == {reason}


def test_changing_the_inputs_changes_nothing_for_anyone_else(derived: Differentiated) -> None:
    for v in backward.program_inputs(derived):
        for array in v.values():
            array[...] = 0
    assert judged(right, derived)["x"].credit == 1
