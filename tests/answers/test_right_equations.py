"""Every notation of a right equation is read to nodes that come to the right gradient, by an evaluator of the tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from rows import rows

from grader import document
from grader.assignment import config
from grader.forms import equations
from grader.forms.answer import Typed
from tests.oracles.equations import Numbers, sigmoid, softmax

CONFIG = config.load(Path(__file__).parents[2] / "config.yaml")
ITEMS = CONFIG.items_of["2.1.2"]
ROWS = rows(__file__, "right_equations.yaml")


def _values() -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], int]:
    random = np.random.default_rng(3)
    d, k, classes, t = 2, 3, 4, 3
    v = {"W1": random.normal(size=(k, d)), "W2": random.normal(size=(k, d)), "W3": random.normal(size=(classes, k))}
    v |= {"b1": random.normal(size=(k, 1)), "b2": random.normal(size=(k, 1)), "b3": random.normal(size=(classes, 1))}
    v["x"] = random.normal(size=(d, 1))
    v["z1"], v["z2"] = v["W1"] @ v["x"] + v["b1"], v["W2"] @ v["x"] + v["b2"]
    v["g1"], v["h"] = sigmoid(v["z2"]), np.maximum(v["z1"], 0)
    v["g2"] = v["g1"] * v["h"]
    v["y"] = v["W3"] @ v["g2"] + v["b3"]
    v["y'"] = softmax(v["y"])
    chosen = np.eye(classes)[:, [t - 1]]
    v["J_bar"], v["S_bar"] = np.array(1.0), np.array(-1.0)
    v["y'_bar"], v["y_bar"] = -chosen / v["y'"], v["y'"] - chosen
    v["g2_bar"] = v["W3"].T @ v["y_bar"]
    v["h_bar"], v["g1_bar"] = v["g2_bar"] * v["g1"], v["g2_bar"] * v["h"]
    v["z2_bar"], v["z1_bar"] = v["g1_bar"] * v["g1"] * (1 - v["g1"]), v["h_bar"] * (v["z1"] > 0)
    v["x_bar"] = v["W1"].T @ v["z1_bar"] + v["W2"].T @ v["z2_bar"]
    return v, {}, t


@pytest.mark.parametrize(("name", "typed"), ROWS, ids=[f"{name} {typed[:60]}" for name, typed in ROWS])
def test_a_right_equation_is_read_as_the_right_gradient(name: str, typed: str) -> None:
    key, text = document.Scalar(1, text=name), document.Scalar(1, text=typed)
    given = Typed(ITEMS, document.Mapping(1, entries=((key, text),)), CONFIG, document.salvage(b""))
    (answer,) = (one for one in equations.answers(given).answers if one.item.path == (name,))
    assert answer.status == "read", answer.blocks
    values, jacobians, label = _values()
    with np.errstate(all="ignore"):
        found = Numbers(values, {"t": (label, 4)}, answer.value.where, jacobians).of(answer.value.node)
    right = values[name].reshape(-1)
    found = np.broadcast_to(np.asarray(found).reshape(-1), right.shape)
    stated = ~np.isnan(found)
    assert np.allclose(found[stated], right[stated])
