"""Heavy networks for 1.2, each a whole ``answers.yaml`` around the right answers of an example. Made from a seed."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import yaml

Layers = list[dict[str, Any]]


def random_layers(sizes: list[int], activation: str | list[str], seed: int, most: int = 3) -> Layers:
    random = Random(seed)
    return [
        {
            "W": [[random.randint(-most, most) for _ in range(below)] for _ in range(units)],
            "b": [random.randint(-most, most) for _ in range(units)],
            "activation": activation,
        }
        for below, units in pairwise(sizes)
    ]


def deep(activation: str, layers: int, width: int, last: str = "I(z = 1)") -> Layers:
    made = random_layers([6, *[width] * layers, 1], activation, layers)
    return [*made[:-1], {**made[-1], "activation": last}]


def mixed(layers: int) -> Layers:
    made = deep("z", layers, 10)
    names = ["cube", "abs", "exp", "tanh", "square", "relu", "sigmoid", "1/(1+z^2)"]
    return [{**layer, "activation": names[k % len(names)]} for k, layer in enumerate(made[:-1])] + made[-1:]


def right_but_wide(extra: int) -> Layers:
    """Right: pairs of dense units that cancel."""
    random = Random(extra)
    pairs = [(i, j) for i in range(3) for j in range(3, 6)]
    rows = [[(k == i) - (k == j) for k in range(6)] for i, j in pairs]
    orders = [[int((i, j + 3) in pairs and order[i] == j) for i in range(3) for j in range(3)] for order in ORDERS]
    dense = [[random.randint(-9, 9) for _ in range(6)] for _ in range(extra)]
    above = [[*row, *[w for k in range(extra) for w in (k + 1, -k - 1)]] for row in orders]
    return [
        {
            "W": [*rows, *[row for row in dense for _ in range(2)]],
            "activation": ["I(z = 0)"] * 9 + ["relu", "relu"] * extra,
        },
        {"W": above, "activation": "I(z = 3)"},
        {"W": [[1] * 6], "activation": "I(z >= 1)"},
    ]


ORDERS = [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]


def dense_abs(width: int) -> Layers:
    return random_layers([6, width, width, 1], "abs", width)


def rational(width: int, digits: int) -> Layers:
    random = Random(digits)
    made = random_layers([6, width, 1], "square", width)
    for layer in made:
        layer["W"] = [
            [f"{random.randint(1, 10**digits)}/{random.randint(1, 10**digits)}" for _ in row] for row in layer["W"]
        ]
    return made


def breakpoints(width: int, points: int) -> Layers:
    made = random_layers([6, width, 1], " + ".join(f"I(z = {3 * k})" for k in range(points)), width, most=40)
    return [made[0], {**made[1], "activation": "I(z = 1)"}]


def many_open(activation: str) -> Layers:
    """Sums that are 0 for every permutation and next to 0 elsewhere."""
    each = [[int(i == j) for j in range(6)] for i in range(6)]
    return [
        {"W": each, "activation": activation},
        {"W": [[1, 1, 1, -1, -1, -1]] * 40, "b": [f"{k}/10" for k in range(40)], "activation": "tanh"},
        {"W": [[1] + [0] * 39], "activation": "I(z = 0)"},
    ]


HEAVY: dict[str, Callable[[], Layers]] = {
    "8 x 10 cube": lambda: deep("cube", 8, 10),
    "12 x 10 square": lambda: deep("square", 12, 10),
    "48 x 30 cube": lambda: deep("cube", 48, 30),
    "20 x 10 exp": lambda: deep("exp", 20, 10),
    "40 x 20 exp(-z^2)": lambda: deep("exp(-z^2)", 40, 20),
    "49 x 60 abs": lambda: deep("abs", 49, 60),
    "12 x 120 relu": lambda: deep("relu", 12, 120),
    "tanh, then abs": lambda: [*random_layers([6, 60], "tanh", 1), *deep("abs", 6, 60)[1:]],
    "mixed": lambda: mixed(24),
    "400 x 400 abs": lambda: dense_abs(400),
    "right, 900 dense units": lambda: right_but_wide(450),
    "rational, 200 digits": lambda: rational(60, 200),
    "rational, 20 digits": lambda: rational(300, 20),
    "900 x 180 breakpoints": lambda: breakpoints(900, 180),
    "many open points": lambda: many_open("exp"),
    "many open points, sqrt": lambda: many_open("sqrt(z^2 + 2)"),
    "power 60": lambda: deep("z^60", 3, 20),
    "wide first layer, power 7": lambda: deep("z^7", 1, 900),
}


def sheet(name: str, around: Path) -> str:
    """The example's answers with one network in place of its 1.2."""
    answers = yaml.safe_load(around.read_text(encoding="utf-8"))
    answers["1.2"] = {"layers": HEAVY[name]()}
    return json.dumps(answers)
