"""Correct networks for 1.1 and 1.2, hard-coded as a student would."""

from itertools import permutations, product

EQUAL = "I(-1 <= z <= 1)"
"""With z = 2 (a - b), 1 where the integers a and b are equal: any difference moves z by 2 or more."""

ELEMENT_IN_LIST = {
    # Hidden unit i sees 2 (x4 - x_i): 1 if x4 = x_i. The output sees 2 - count, within [-1, 1] for counts 1, 2, 3.
    "W1": [[-2, 0, 0, 2], [0, -2, 0, 2], [0, 0, -2, 2]],
    "b1": [0, 0, 0],
    "W2": [-1, -1, -1],
    "b2": 2,
}

PAIRS = tuple(product(range(3), range(3, 6)))


def _difference(left: int, right: int) -> list[int]:
    row = [0] * 6
    row[left], row[right] = 2, -2
    return row


def _all_equal(order: tuple[int, ...]) -> list[int]:
    wanted = set(zip(range(3), order))
    return [int(pair in wanted) for pair in PAIRS]


PERMUTATION = {
    "layers": [
        # Nine units: is x_i = x_j, for i in 1..3 and j in 4..6?
        {"W": [_difference(left, right) for left, right in PAIRS], "b": [0] * 9, "activation": EQUAL},
        # Six units, one a permutation: do its three equalities hold?
        {"W": [_all_equal(order) for order in permutations(range(3, 6))], "b": [0] * 6, "activation": "I(z = 3)"},
        # Several permutations match where entries repeat, so at least one, not exactly one.
        {"W": [[1] * 6], "b": [0], "activation": "I(z >= 1)"},
    ]
}

NETWORKS = {"1.1": ELEMENT_IN_LIST, "1.2": PERMUTATION}
