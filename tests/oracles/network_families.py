"""Designs that students and adversaries come up with, right and wrong, each with what is known about it by argument."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import plain_networks as plain
from plain_networks import EQUAL, Plain, layer


@dataclass(frozen=True)
class Design:
    name: str
    part: str
    layers: Plain
    verdict: str  # correct, incorrect, partial (right where x1, x2, x3 differ)
    family: str

    @property
    def inputs(self) -> int:
        return 4 if self.part == "1.1" else 6


def _tent() -> Plain:
    """relu(t + 1) - 2 relu(t) + relu(t - 1) is 1 at t = 0 and 0 at every other integer."""
    rows = [plain.difference(4, 3, i, 1) for i in range(3) for _ in range(3)]
    return [layer(rows, [1, 0, -1] * 3, "relu"), layer([[1, -2, 1] * 3], None, "I(z >= 1)")]


def _signed(*signs: int) -> list[object]:
    """A row that sums the differences of 1.1, each with a sign."""
    return [*signs, -sum(signs)]


def _one_unit(weights: list[object], text: str) -> Plain:
    return [layer([weights], None, text)]


DESIGNS = [
    Design("equality", "1.1", plain.element_network(), "correct", "equality"),
    Design("equality, weights 10^29", "1.1", plain.element_network("1e29"), "correct", "scaled"),
    Design("equality, weights 1.5", "1.1", plain.element_network("1.5"), "correct", "scaled"),
    Design("equality, negated", "1.1", plain.element_network(-2), "correct", "scaled"),
    Design("weight 1: neighbours count as equal", "1.1", plain.element_network(1), "incorrect", "equality"),
    Design("weight 1.00000000000000001", "1.1", plain.element_network("1.00000000000000001"), "correct", "rounding"),
    Design(
        "bias 1 + 1e-17 at equality", "1.1", plain.element_network(9, "1.00000000000000001"), "incorrect", "rounding"
    ),
    Design("bias 1 at equality", "1.1", plain.element_network(9, 1), "correct", "rounding"),
    Design(
        "a third of 0.3",
        "1.1",
        [
            layer([plain.difference(4, 3, i, 7) for i in range(3)], None, "I(z = 0)"),
            layer([["0.1"] * 3], ["-0.3"], "I(z > -0.3)"),
        ],
        "correct",
        "rounding",
    ),
    Design(
        "0.1 + 0.1 + 0.1 = 0.3 at three equal entries",
        "1.1",
        [
            layer([plain.difference(4, 3, i, 7) for i in range(3)], None, "I(z = 0)"),
            layer([["0.1"] * 3] * 3, None, ["I(z = 0.1)", "I(z = 0.2)", "I(z = 0.3)"]),
            layer([[1, 1, 1]], None, "I(z = 1)"),
        ],
        "correct",
        "rounding",
    ),
    Design(
        "exactly one equal entry",
        "1.1",
        [plain.element_network()[0], layer([[1] * 3], None, "I(z = 1)")],
        "partial",
        "duplicates",
    ),
    Design("output never 1", "1.1", [plain.element_network()[0], layer([[2] * 3], None, "z")], "incorrect", "equality"),
    Design("output twice 1", "1.1", [plain.element_network()[0], layer([[1] * 3], None, "z")], "partial", "duplicates"),
    Design("tents of relu", "1.1", _tent(), "correct", "relu"),
    Design("always 0", "1.1", [layer([[0] * 4], None, "relu")], "incorrect", "constant"),
    Design("always 1", "1.1", [layer([[0] * 4], [1], "relu")], "incorrect", "constant"),
    Design(
        "absolute differences capped",
        "1.1",
        [
            layer([plain.difference(4, 3, i, 1) for i in range(3)], None, "min(1, |z|)"),
            layer([[1] * 3], None, "I(z <= 2)"),
        ],
        "correct",
        "relu",
    ),
    Design(
        "absolute differences capped at 1 in steps of 1/1000",
        "1.1",
        [
            layer([plain.difference(4, 3, i, "0.001") for i in range(3)], None, "max(0, 1 - |z|)"),
            layer([[1000] * 3], [-2999], "relu"),
            layer([[1]], None, "I(z >= 1)"),
        ],
        "incorrect",
        "relu",
    ),
    *(
        Design(f"{name} spoilt where x1 > {beyond}", part, plain.with_gate(base, inputs, beyond), "incorrect", "far")
        for name, part, base, inputs in (
            ("element", "1.1", plain.element_network(), 4),
            ("permutation", "1.2", plain.permutation_network(output="I(1 <= z <= 6)"), 6),
        )
        for beyond in (10, 1000, 10**6, 10**29)
    ),
    Design(
        "a gate that never wakes: x1 - x1",
        "1.1",
        plain.with_gate(plain.element_network(), 4, 10, "I(z = 1/2)"),
        "correct",
        "far",
    ),
    Design("wide, zero-sum", "1.1", plain.padded(plain.element_network(), 4, 498), "correct", "padded"),
    Design("deep", "1.1", plain.deepened(plain.element_network(), 50), "correct", "deep"),
    Design("equality", "1.2", plain.permutation_network(), "correct", "equality"),
    Design("equality, weights 10^29", "1.2", plain.permutation_network("1e29"), "correct", "scaled"),
    Design("equality, weights 2.5e-3", "1.2", plain.permutation_network("0.0025"), "incorrect", "scaled"),
    Design("exactly one order", "1.2", plain.permutation_network(output="I(z = 1)"), "partial", "duplicates"),
    Design("all six equal", "1.2", plain.permutation_network(output="I(1 <= z <= 5)"), "partial", "duplicates"),
    Design(
        "every entry on the left is somewhere on the right",
        "1.2",
        [
            layer([plain.difference(6, i, j) for i, j in plain.PAIRS], None, EQUAL),
            layer([[int(pair[0] == i) for pair in plain.PAIRS] for i in range(3)], None, "I(z >= 1)"),
            layer([[1, 1, 1]], None, "I(z = 3)"),
        ],
        "partial",
        "duplicates",
    ),
    Design(
        "every entry on the right is somewhere on the left",
        "1.2",
        [
            layer([plain.difference(6, i, j) for i, j in plain.PAIRS], None, EQUAL),
            layer([[int(pair[1] == j) for pair in plain.PAIRS] for j in range(3, 6)], None, "I(z >= 1)"),
            layer([[1, 1, 1]], None, "I(z = 3)"),
        ],
        "partial",
        "duplicates",
    ),
    Design(
        "three equal pairs",
        "1.2",
        [
            layer([plain.difference(6, i, j) for i, j in plain.PAIRS], None, EQUAL),
            layer([[1] * 9], None, "I(z = 3)"),
        ],
        "partial",
        "duplicates",
    ),
    Design("power sums 1, 2, 3", "1.2", plain.power_sums("z", "square", "cube"), "correct", "power sums"),
    *(
        Design(
            f"power sums 1, 2, 3: {text}, then {output}",
            "1.2",
            [
                plain.power_sums("z", "square", "cube")[0],
                (plain.power_sums("z", "square", "cube")[1][0], [Fraction(0)] * 3, [text] * 3),
                layer([[1, 1, 1]], None, output),
            ],
            verdict,
            "power sums",
        )
        for text, output, verdict in (
            ("abs", "I(z = 0)", "correct"),
            ("abs", "I(z <= 0)", "correct"),
            ("square", "I(z <= 0.5)", "correct"),
            ("max(0, 1 - |z|)", "I(z >= 3)", "correct"),
            ("max(0, 1 - |z|)", "I(z >= 2)", "incorrect"),
            ("z", "I(z = 0)", "incorrect"),
        )
    ),
    Design("power sums 3, 6, 9", "1.2", plain.power_sums("z^3", "z^6", "z^9"), "correct", "power sums"),
    Design(
        "a product of differences, by cubes of their sums",
        "1.1",
        [
            layer([_signed(1, 1, 1), _signed(1, 1, -1), _signed(1, -1, 1), _signed(-1, 1, 1)], None, "cube"),
            layer([[1, -1, -1, -1]], None, "I(z = 0)"),
        ],
        "correct",
        "product",
    ),
    Design("power sums 1, 2", "1.2", plain.power_sums("z", "square"), "incorrect", "power sums"),
    Design("power sums 2, 3", "1.2", plain.power_sums("square", "cube"), "incorrect", "power sums"),
    Design("power sums 1, 3, 5", "1.2", plain.power_sums("z", "cube", "z^5"), "incorrect", "power sums"),
    Design("power sums 1, 2, 4", "1.2", plain.power_sums("z", "square", "z^4"), "incorrect", "power sums"),
    Design(
        "one sum of powers, in base 1000: (-2000, 1000, 1000) and zeros",
        "1.2",
        [
            plain.power_sums("z", "square", "cube")[0],
            layer([[s * w for w in (10**6, 1000, 1) for s in (1, 1, 1, -1, -1, -1)]], None, "I(z = 0)"),
        ],
        "incorrect",
        "power sums",
    ),
    *(
        Design(
            f"an order of the entries, {equal} of each difference",
            "1.2",
            [
                layer(plain.permutation_network(1)[0][0], None, equal),
                layer(plain.permutation_network()[1][0], None, "I(z <= 0)"),
                layer([[weight] * 6], None, output),
            ],
            verdict,
            "differences",
        )
        for equal, weight, output, verdict in [
            ("z^4", 1, "I(z >= 1)", "correct"),
            ("square", -1, "I(z <= -1)", "correct"),
            ("abs", 1, "I(z = 1)", "partial"),
            ("cube", 1, "I(z >= 1)", "incorrect"),
        ]
    ),
    Design(
        "an order of the entries, squares of differences passed on by relu",
        "1.2",
        [
            layer(plain.permutation_network(1)[0][0], None, "square"),
            layer(plain.permutation_network()[1][0], None, "relu"),
            layer([[int(i == j) for j in range(6)] for i in range(6)], None, "I(z = 0)"),
            layer([[1] * 6], None, "I(z >= 1)"),
        ],
        "correct",
        "differences",
    ),
    Design("energy distance", "1.2", plain.energy(), "correct", "energy"),
    Design("energy distance, at most 0", "1.2", plain.energy(("abs", "I(z <= 0)")), "correct", "energy"),
    Design("energy distance, a pair left out", "1.2", plain.energy(without=14), "incorrect", "energy"),
    Design("squared distances", "1.2", plain.energy(("square", "I(z = 0)")), "incorrect", "energy"),
    Design("counts", "1.2", plain.counts(), "correct", "counts"),
    Design("counts, at least", "1.2", plain.counts("I(z >= 0)"), "incorrect", "counts"),
    Design("sorting", "1.2", plain.sorting(), "correct", "sorting"),
    Design(
        "sorting, then squares",
        "1.2",
        [*plain.sorting()[:3], layer(plain.sorting()[3][0], None, "square"), layer([[1, 1, 1]], None, "I(z <= 0)")],
        "correct",
        "sorting",
    ),
    Design("sorting, one step short", "1.2", plain.sorting(((0, 1), (1, 2))), "incorrect", "sorting"),
    Design("hash", "1.2", _one_unit([1, 1, 1, -1, -1, -1], "I(z = 0)"), "incorrect", "hash"),
    Design(
        "hash of capped powers",
        "1.2",
        [
            layer([[1, 1, 1, -1, -1, -1], [10**9, 1, 1, -(10**9), -1, -1]], None, "I(z = 0)"),
            layer([[1, 1]], None, "I(z >= 1)"),
        ],
        "incorrect",
        "hash",
    ),
    Design("wide, zero-sum", "1.2", plain.padded(plain.permutation_network(), 6, 30), "correct", "padded"),
    Design("deep", "1.2", plain.deepened(plain.permutation_network(), 50), "correct", "deep"),
]

__all__ = ["DESIGNS", "EQUAL", "Design"]
