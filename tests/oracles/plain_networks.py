"""Networks in plain fractions, written without the grader: what every verdict is held against."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from itertools import permutations, product

from grader.language import reading
from grader.networks.network import Layer, Network

Number = int | Fraction
"""Exact either way; integers, which nearly all are, are counted with ten times as fast."""

Row = list[Number]
PlainLayer = tuple[list[Row], Row, list[str]]
Plain = list[PlainLayer]

_COMPARE: dict[str, Callable[[Number, Number], bool]] = {
    "=": lambda a, b: a == b,
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
}


def element(x: Sequence[int]) -> int:
    return int(x[3] in x[:3])


def permutation(x: Sequence[int]) -> int:
    return int(sorted(x[:3]) == sorted(x[3:]))


@cache
def function(text: str) -> Callable[[Number], Number]:
    """The few spellings of activations that the tests use."""
    named: dict[str, Callable[[Number], Number]] = {
        "z": lambda z: z,
        "identity": lambda z: z,
        "relu": lambda z: max(z, 0),
        "abs": abs,
        "square": lambda z: z * z,
        "cube": lambda z: z * z * z,
        "sign": lambda z: (z > 0) - (z < 0),
        "step": lambda z: int(z >= 0),
        "min(1, |z|)": lambda z: min(1, abs(z)),
        "max(0, 1 - |z|)": lambda z: max(0, 1 - abs(z)),
        **{f"z^{power}": lambda z, power=power: z**power for power in (3, 4, 5, 6, 9)},
    }
    if text in named:
        return named[text]
    two_sided = re.fullmatch(r"I\((\S+) <= z <= (\S+)\)", text)
    if two_sided:
        low, high = _number(two_sided[1]), _number(two_sided[2])
        return lambda z: int(low <= z <= high)
    one_sided = re.fullmatch(r"I\(z (<=|>=|=|<|>) (\S+)\)", text)
    assert one_sided, text
    compare, level = _COMPARE[one_sided[1]], _number(one_sided[2])
    return lambda z: int(compare(z, level))


def _number(value: Number | str) -> Number:
    exact = Fraction(value)
    return exact.numerator if exact.denominator == 1 else exact


def output(layers: Plain, x: Sequence[int]) -> Number:
    values: list[Number] = [*x]
    for rows, biases, texts in layers:
        sums = [sum((w * v for w, v in zip(row, values) if w), b) for row, b in zip(rows, biases)]
        values = [function(text)(z) for text, z in zip(texts, sums)]
    return values[0]


def fails(layers: Plain, predicate: Callable[[Sequence[int]], int], x: Sequence[int]) -> bool:
    return output(layers, x) != predicate(x)


def failing(
    layers: Plain, predicate: Callable[[Sequence[int]], int], inputs: int, low: int, high: int
) -> list[tuple[int, ...]]:
    """Every failing point of a box, one after the other."""
    return [x for x in product(range(low, high + 1), repeat=inputs) if fails(layers, predicate, x)]


def layer(
    rows: Sequence[Sequence[Number | str]], biases: Sequence[Number | str] | None, texts: str | list[str]
) -> PlainLayer:
    """Numbers as integers or as decimal text."""
    exact = [[_number(v) for v in row] for row in rows]
    shifts = [_number(v) for v in biases] if biases else [0] * len(exact)
    return exact, shifts, [texts] * len(exact) if isinstance(texts, str) else texts


def typed(layers: Plain, inputs: int) -> Network:
    """The grader's network for a plain one; activations go through the language."""
    known = {text: reading.activation(text).node for _, _, texts in layers for text in texts}
    return Network(
        tuple(f"x{i}" for i in range(1, inputs + 1)),
        tuple(
            Layer(
                tuple(tuple(map(Fraction, row)) for row in rows),
                tuple(map(Fraction, biases)),
                tuple(known[text] for text in texts),
            )
            for rows, biases, texts in layers
        ),
    )


def difference(inputs: int, first: int, second: int, weight: Number | str = 2) -> Row:
    row: Row = [0] * inputs
    row[first], row[second] = _number(weight), -_number(weight)
    return row


EQUAL = "I(-1 <= z <= 1)"
PAIRS = list(product(range(3), range(3, 6)))


def element_network(weight: Number | str = 2, bias: Number | str = 0, equal: str = EQUAL) -> Plain:
    return [
        layer([difference(4, 3, i, weight) for i in range(3)], [bias] * 3, equal),
        layer([[-1, -1, -1]], [2], EQUAL),
    ]


def permutation_network(weight: Number | str = 2, output: str = "I(z >= 1)") -> Plain:
    orders = [set(zip(range(3), order)) for order in permutations(range(3, 6))]
    return [
        layer([difference(6, i, j, weight) for i, j in PAIRS], None, EQUAL),
        layer([[int(pair in order) for pair in PAIRS] for order in orders], None, "I(z = 3)"),
        layer([[1] * 6], None, output),
    ]


def power_sums(*texts: str, level: int = 0) -> Plain:
    units = [[int(i == j) for j in range(6)] for _ in texts for i in range(6)]
    sums = [[0] * (6 * k) + [1, 1, 1, -1, -1, -1] + [0] * (6 * (len(texts) - k - 1)) for k in range(len(texts))]
    return [
        layer(units, None, [text for text in texts for _ in range(6)]),
        layer(sums, None, f"I(z = {level})"),
        layer([[1] * len(texts)], None, f"I(z = {len(texts)})"),
    ]


def energy(texts: tuple[str, str] = ("abs", "I(z = 0)"), without: int | None = None) -> Plain:
    """2 Σ|x_i - y_j| - Σ|x_i - x_j| - Σ|y_i - y_j|, over i < j: zero for equal multisets only."""
    rows = [difference(6, i, j, 1) for i, j in PAIRS]
    weights = [1] * 9
    for i, j in [(0, 1), (0, 2), (1, 2), (3, 4), (3, 5), (4, 5)]:
        rows.append(difference(6, i, j, 1))
        weights.append(-1)
    if without is not None:
        weights[without] = 0
    return [layer(rows, None, texts[0]), layer([weights], None, texts[1])]


def counts(test: str = "I(z = 0)") -> Plain:
    """For each of x1, x2, x3: as many equal entries on the left as on the right."""
    left = [(0, 1), (0, 2), (1, 2)]
    rows = [difference(6, i, j) for i, j in [*PAIRS, *left]]
    sums = []
    for i in range(3):
        own = [-int(pair[0] == i) for pair in PAIRS] + [int(i in pair) for pair in left]
        sums.append(own)
    # an entry equals itself: one more on the left
    return [layer(rows, None, EQUAL), layer(sums, [1, 1, 1], test), layer([[1, 1, 1]], None, "I(z = 3)")]


def sorting(comparators: Sequence[tuple[int, int]] = ((0, 1), (1, 2), (0, 1))) -> Plain:
    """Sort both halves with compare-exchange steps (max = relu(a - b) + b), then compare place by place."""
    layers: Plain = []
    # values[k]: weights over the units below that make up the k-th sorted entry so far
    values = [[int(i == j) for j in range(6)] for i in range(6)]
    for first, second in comparators:
        rows, texts = [list(v) for v in values], ["z"] * 6
        for half in (0, 3):
            rows.append([a - b for a, b in zip(values[half + first], values[half + second])])
            texts.append("relu")
        layers.append(layer(rows, None, texts))
        values = [[int(i == j) for j in range(8)] for i in range(6)]
        for unit, half in ((6, 0), (7, 3)):
            values[half + first][unit] = -1  # a - relu(a - b) = min
            values[half + second][unit] = 1  # b + relu(a - b) = max
    rows = [[a - b for a, b in zip(values[k], values[3 + k])] for k in range(3)]
    return [*layers, layer(rows, None, "I(z = 0)"), layer([[1, 1, 1]], None, "I(z = 3)")]


def with_gate(base: Plain, inputs: int, beyond: Number, text: str = "relu", weight: Number = 5) -> Plain:
    """A unit that wakes where x1 passes a size and spoils the last layer; passed on by identities in between."""
    rows, biases, texts = base[0]
    gate = [int(i == 0) for i in range(inputs)]
    layers: Plain = [([*rows, gate], [*biases, -beyond], [*texts, text])]
    for depth, (rows, biases, texts) in enumerate(base[1:], 1):
        last = depth == len(base) - 1
        widened = [[*row, weight if last else 0] for row in rows]
        if not last:
            widened.append([0] * len(rows[0]) + [1])
            biases, texts = [*biases, 0], [*texts, "z"]
        layers.append((widened, list(biases), list(texts)))
    return layers


def padded(base: Plain, inputs: int, pairs: int, seed: int = 0) -> Plain:
    """Dense units in pairs that cancel in every unit above."""
    from random import Random

    random = Random(seed)
    rows, biases, texts = base[0]
    extra = []
    for _ in range(pairs):
        row = [Fraction(random.randint(-9, 9), random.randint(1, 9)) for _ in range(inputs)]
        extra += [row, row]
    above = [[*row, *(Fraction(sign * (k + 1)) for k in range(pairs) for sign in (1, -1))] for row in base[1][0]]
    first = ([*rows, *extra], [*biases, *([Fraction(1)] * (2 * pairs))], [*texts, *(["relu"] * (2 * pairs))])
    return [first, (above, base[1][1], base[1][2]), *base[2:]]


def deepened(base: Plain, depth: int) -> Plain:
    return [*base, *(layer([[1]], None, "relu") for _ in range(depth - len(base)))]


def element_of_two(x: Sequence[int]) -> int:
    return int(x[0] == x[1] or x[0] == x[2])
