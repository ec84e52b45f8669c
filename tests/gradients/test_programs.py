"""Values that a student's program returned: right, right on their own upstream values, or wrong for a named reason."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from grader.checks import backward
from grader.gradients.points import Differentiated
from grader.gradients.procedure import Equation
from grader.report import Finding, Paragraph, Verdict, plain
from grader.sandbox import reply
from grader.sandbox.inside import channel, program as program_side

Returned = dict[str, Any]
ALL = ("J", "S", "y'", "y", "g2", "h", "g1", "z2", "z1", "x")


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
    return backward.judge({}, derived, program_values=[told(program(v)) for v in backward.program_inputs(derived)])


def told(returned: Returned) -> channel.Values:
    """What arrives of it on this side of the wall."""
    return reply.read(channel.arrays([program_side._values(returned)]))[0]


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
    assert found["J"].verdict is found["S"].verdict is Verdict.CORRECT


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


def overflowing(v: Returned) -> Returned:
    """Junk so large that what the rules give on it is beyond all floats."""
    top = 1.797e308

    def push(matrix: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        norms = np.abs(matrix).sum(axis=0)
        return np.where(matrix[:, norms.argmax()] >= 0, 1.0, -1.0) * min(top, top / norms.max() * 1.01)

    k = len(v["z1"])
    z = push(np.vstack([v["W1"], v["W2"]]))
    return {
        "S_bar": top,
        "y_prime_bar": np.ones(v["y"].shape),
        "y_bar": push(v["W3"]),
        "g2_bar": np.full(k, top),
        "g1_bar": np.arange(k) + 13.0,
        "z1_bar": z[:k],
        "z2_bar": z[k:],
        "x_bar": np.arange(len(v["x"])) + 42.0,
    }


def null(matrix: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """A unit vector that the matrix takes closest to zero."""
    return np.linalg.svd(matrix)[2][-1]


JUNK: dict[str, tuple[Callable[[Returned], Returned], set[str]]] = {
    # By name: a program that knows no rule for the last variables, and these variables.
    "overflow": (overflowing, set("Syhx") | {"y'", "g1", "g2", "z1", "z2"}),
    "infinite": (changed(g2_bar=lambda v, f: v["h"] + np.inf, h_bar=lambda v, f: v["g1"] + np.inf), {"g2", "h"}),
    "not_a_number": (changed(g2_bar=lambda v, f: v["h"] * np.nan, h_bar=lambda v, f: v["g1"] * np.nan), {"g2", "h"}),
    # Of the smallest float, g1 in (0, 1) leaves all or nothing.
    "underflow": (
        changed(g2_bar=lambda v, f: 5e-324 + 0 * v["h"], h_bar=lambda v, f: 5e-324 * (v["z2"] > 0)),
        {"g2", "h"},
    ),
    "tiny": (changed(g2_bar=lambda v, f: 1e-300 + 0 * v["h"], h_bar=lambda v, f: 0 * v["h"]), {"g2", "h"}),
    "negative_zero": (changed(g2_bar=lambda v, f: -0.0 * v["h"], h_bar=lambda v, f: -0.0 * v["h"]), {"g2", "h"}),
    # One huge entry, and all others within a tolerance of it: the mask of ReLU is never needed.
    "one_huge_entry": (
        changed(
            h_bar=lambda v, f: 1.0 + 1e20 * (np.arange(v["z1"].size) == v["z1"].argmax()),
            z1_bar=lambda v, f: f["h_bar"],
        ),
        {"h", "z1"},
    ),
    # One of two terms is negligible, and left out.
    "one_huge_term": (
        changed(
            z1_bar=lambda v, f: 1e-9 * f["z1_bar"],
            z2_bar=lambda v, f: 1e9 * f["z2_bar"],
            x_bar=lambda v, f: v["W2"].T @ f["z2_bar"],
        ),
        {"z1", "z2", "x"},
    ),
    # The Jacobian of softmax takes what is the same everywhere to zero, up to rounding.
    "softmax_of_a_constant": (
        changed(y_prime_bar=lambda v, f: np.ones(v["y"].shape), y_bar=lambda v, f: np.zeros(v["y"].shape)),
        {"y'", "y"},
    ),
    "rounding_noise": (
        changed(y_prime_bar=lambda v, f: 7 + np.zeros(v["y"].shape), y_bar=lambda v, f: 1e-17 * v["y"]),
        {"y'", "y"},
    ),
    # What cancels gives zero without a rule.
    "cancelling": (
        changed(
            z1_bar=lambda v, f: null(np.hstack([v["W1"].T, v["W2"].T]))[: v["z1"].size],
            z2_bar=lambda v, f: null(np.hstack([v["W1"].T, v["W2"].T]))[v["z1"].size :],
            x_bar=lambda v, f: 0 * v["x"],
        ),
        {"z1", "z2", "x"},
    ),
    "huge_but_finite": (
        changed(g2_bar=lambda v, f: 1e300 * v["h"] + 1e299, h_bar=lambda v, f: 1e300 * v["h"]),
        {"g2", "h"},
    ),
    "integers_that_wrap": (
        changed(g2_bar=lambda v, f: np.full(v["h"].shape, 2**63 - 1) + 1, h_bar=lambda v, f: v["h"].astype(int)),
        {"g2", "h"},
    ),
    "half_precision": (
        changed(h_bar=lambda v, f: (0 * v["h"]).astype(np.float16), z1_bar=lambda v, f: np.float16(0) * v["h"]),
        {"h", "z1"},
    ),
    "single_precision_overflows": (
        changed(g2_bar=lambda v, f: np.full(v["h"].shape, 3e38, np.float32), h_bar=lambda v, f: v["h"] * np.inf),
        {"g2", "h"},
    ),
    "zero": (lambda v: {name: 0 * np.asarray(value) for name, value in right(v).items()}, set(ALL)),
    "one": (lambda v: {name: 1 + 0 * np.asarray(value) for name, value in right(v).items()}, set(ALL) - {"J"}),
    # The label of S_bar is 1 or -1 only; two wrong halves of one call do not make a right one.
    "two_names": (
        lambda v: {**right(v), "yp_bar": right(v)["y_prime_bar"], "y_prime_bar": 0 * right(v)["y_prime_bar"]},
        {"y'"},
    ),
}


@pytest.mark.parametrize("name", JUNK)
def test_junk_earns_nothing(name: str, derived: Differentiated) -> None:
    program, worthless = JUNK[name]
    with np.errstate(all="ignore"):
        found = judged(program, derived)
    assert {variable for variable in worthless if found[variable].credit} == set()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        # Right on ordinary numbers, wrong near zero or far from it.
        ("z1_bar", lambda v, f: f["h_bar"] * (v["z1"] > 0.05)),
        ("z1_bar", lambda v, f: f["h_bar"] * (v["z1"] > 1e-3)),
        ("z1_bar", lambda v, f: f["h_bar"] / (1 + np.exp(-np.clip(1000 * v["z1"], -500, 500)))),
        ("z1_bar", lambda v, f: f["h_bar"] * np.clip(100 * v["z1"], 0, 1)),
        ("z1_bar", lambda v, f: f["h_bar"] * (v["z1"] > 0) * (v["z1"] < 5)),
        ("y_prime_bar", lambda v, f: f["y_prime_bar"].clip(-20, 0)),
        ("y_prime_bar", lambda v, f: -np.eye(v["y"].size)[v["t"]] / np.maximum(v["y_prime"], 0.01)),
        ("y_prime_bar", lambda v, f: -np.eye(v["y"].size)[v["t"]] / (v["y_prime"] + 1e-4)),
        ("z2_bar", lambda v, f: f["g1_bar"] * np.maximum(v["g1"] * (1 - v["g1"]), 0.02)),
        ("g1_bar", lambda v, f: f["g2_bar"] * np.maximum(v["h"], 0.01)),
    ],
)
def test_points_near_and_far(name: str, value: Any, derived: Differentiated) -> None:
    variable = name[: -len("_bar")].replace("_prime", "'")
    assert judged(changed(**{name: value}), derived)[variable].verdict is Verdict.INCORRECT


@pytest.mark.parametrize("factor", [-1.0, 1e-3, 1e6, 1e-6])
def test_a_wrong_start_costs_itself_alone(factor: float, derived: Differentiated) -> None:
    """Upstream values of another size are no reason not to apply the right rule to them."""

    def program(v: Returned) -> Returned:
        found = right(v)
        later = list(found)[list(found).index("y_bar") :]
        return {**found, **{name: factor * found[name] for name in later}}

    found = judged(program, derived)
    assert {name for name, finding in found.items() if not finding.credit} == {"y"}


@pytest.mark.parametrize(
    ("value", "code", "message"),
    [
        (lambda x: x[:-1], "program.shape", "d is expected"),
        (lambda x: np.outer(x, x), "program.shape", "shape"),
        (lambda x: x.sum(), "program.shape", "a number"),
        (lambda x: x * np.nan, "program.not_finite", "NaN"),
        (lambda x: x / 0, "program.not_finite", "infinity"),
        (lambda x: x.astype(np.float16), "program.dtype", "float16"),
        (lambda x: 1.001 * x, "program.differs", "not the gradient"),
        (lambda x: 1.0001 * x, "program.differs", "not the gradient"),
        (lambda x: -x, "program.differs", "not the gradient"),
        (lambda x: 0 * x, "program.differs", "0 whatever"),
    ],
)
def test_wrong_values_are_named(value: Any, code: str, message: str, derived: Differentiated) -> None:
    with np.errstate(all="ignore"):
        finding = judged(lambda v: {"x_bar": value(right(v)["x_bar"])}, derived)["x"]
    assert (finding.verdict, finding.code) == (Verdict.INCORRECT, code), plain(finding.blocks)
    assert message in plain(finding.blocks)


def test_single_precision_is_enough(derived: Differentiated) -> None:
    assert judged(lambda v: {"x_bar": right(v)["x_bar"].astype(np.float32)}, derived)["x"].credit == 1


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (lambda x: None, "x_bar is None, not an array."),
        (lambda x: "W1.T @ z1_bar", "x_bar is text"),
        (lambda x: x.astype(str), "x_bar is text"),
        (lambda x: [str(each) for each in x], "x_bar is text"),
        (lambda x: x + 0j, "complex numbers"),
        (lambda x: [[1, 2], [3]], "lists of different lengths"),
        (lambda x: {"x": x}, "not an array of numbers"),
        (lambda x: {1.0, 2.0}, "not an array of numbers"),
        (lambda x: lambda: x, "not an array of numbers"),
        (lambda x: np.array([None, *x]), "not an array of numbers"),
        (lambda x: np.array([*map(str, x)], dtype=object), "not an array of numbers"),
        (lambda x: np.array(["2020-01-01"], dtype="M8[D]"), "not an array of numbers"),
        (lambda x: np.zeros(1_000_001), "more numbers"),
        (lambda x: np.zeros((1,) * 9), "more numbers"),
        (lambda x: [10**400], "not an array"),
    ],
)
def test_a_value_that_is_no_array_costs_its_own_variable_alone(
    value: Any, message: str, derived: Differentiated
) -> None:
    found = judged(changed(x_bar=lambda v, f: value(f["x_bar"])), derived)
    assert {name for name, finding in found.items() if finding.verdict is not Verdict.CORRECT} == {"x"}
    assert (found["x"].verdict, found["x"].code) == (Verdict.INVALID, "program.type")
    assert message in plain(found["x"].blocks)


@pytest.mark.parametrize(
    "value",
    [
        lambda x: x.astype(object),
        lambda x: [Fraction(float(each)) for each in x],
        lambda x: [Decimal(float(each)) for each in x],
        lambda x: np.array([np.float64(each) for each in x], dtype=object),
        lambda x: np.ma.array(x),
        lambda x: tuple(x),
        lambda x: [np.array(each) for each in x],
        lambda x: x.astype(np.longdouble),
        lambda x: np.asfortranarray(x[:, None]),
    ],
)
def test_plain_numbers_in_other_clothes_are_read(value: Any, derived: Differentiated) -> None:
    found = judged(changed(x_bar=lambda v, f: value(f["x_bar"]), J_bar=lambda v, f: Fraction(1)), derived)
    assert {finding.verdict for finding in found.values()} == {Verdict.CORRECT}


@pytest.mark.parametrize(
    ("extra", "listed"),
    [
        ({"author": "me"}, "author"),
        ({"t_bar": None}, "t_bar"),
        ({0: 1.0}, "0"),
        ({"W1_bar": np.zeros((2, 2)), "b1_bar": np.zeros(2)}, "W1_bar, b1_bar"),
        ({"": 1, (1, 2): 1, None: 1}, "(empty), (tuple), (NoneType)"),
        ({"trace": np.zeros(2_000_000)}, "trace"),
        ({"\ud800": 1, "long" * 40: 1}, "?, longlong"),
        ({f"more{n}": n for n in range(200)}, "and 180 more"),
        ({"model": object(), "log": [1, [2]]}, "model, log"),
    ],
)
def test_a_name_that_nobody_asked_for_is_named_and_costs_nothing(
    extra: Returned, listed: str, derived: Differentiated
) -> None:
    found = judged(lambda v: {**right(v), **extra}, derived)
    assert {finding.verdict for finding in found.values()} == {Verdict.CORRECT}
    assert f"also returned {listed}" in plain(found["J"].blocks) or listed in plain(found["J"].blocks)
    assert "also returned" not in plain(found["x"].blocks)


@pytest.mark.parametrize(
    "spell",
    [
        lambda name: f"d{name[:-4]}",
        lambda name: name[:-4],
        lambda name: f"grad_{name[:-4]}",
        str.upper,
        lambda name: f"{name[0]}\u0304{name[1:-4]}",
        lambda name: f"bar_{name[:-4]}",
        lambda name: name.replace("_", ""),
    ],
)
def test_names_of_their_own_are_told_beside_those_expected(
    spell: Callable[[str], str], derived: Differentiated
) -> None:
    found = judged(lambda v: {spell(name): value for name, value in right(v).items()}, derived)
    assert {finding.verdict for finding in found.values()} == {Verdict.INVALID}
    message = plain(found["x"].blocks)
    assert f"returned {', '.join(spell(name) for name in right_names(derived))}." in message
    assert "expected are J_bar, S_bar, y_prime_bar" in message


def right_names(derived: Differentiated) -> list[str]:
    return list(right(backward.program_inputs(derived)[0]))


def test_missing_names(derived: Differentiated) -> None:
    found = judged(lambda v: {"x_bar": right(v)["x_bar"], "h_bar": None}, derived)
    assert found["x"].verdict is Verdict.CORRECT
    assert found["h"].verdict is Verdict.INVALID
    assert {found[name].code for name in derived.rules if name not in "xh"} == {"program.absent"}
    assert {finding.code for finding in judged(lambda v: {}, derived).values()} == {"program.names"}
    calls: list[int] = []

    def sometimes(v: Returned) -> Returned:
        calls.append(1)
        return right(v) if len(calls) > 1 else {}

    assert judged(sometimes, derived)["x"].code == "program.sometimes"


def test_a_typed_equation_comes_first(derived: Differentiated, read: Any) -> None:
    values = [told(right(v)) for v in backward.program_inputs(derived)]
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
