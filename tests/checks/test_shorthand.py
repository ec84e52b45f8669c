"""Words for conditions on a network's inputs mean what they say."""

from __future__ import annotations

from itertools import product

import pytest

from grader.checks import network
from grader.language.unreadable import Unreadable
from grader.networks import condition

NAMES = tuple(f"x{i}" for i in range(1, 7))


def test_permutation_and_distinct_at_every_point_of_a_box() -> None:
    permutation = network.compiled("permutation(x1, x2, x3; x4, x5, x6)", NAMES)
    distinct = network.compiled("distinct(x1,x2 , x3) and not distinct(x4, x5)", NAMES)
    for x in product(range(3), repeat=6):
        assert condition.holds(permutation, x) == (sorted(x[:3]) == sorted(x[3:]))
        assert condition.holds(distinct, x) == (len(set(x[:3])) == 3 and x[3] == x[4])


@pytest.mark.parametrize(
    "text", ["permutation(x1, x2; x3)", "permutation(x1, x2)", "distinct(x1)", "distinct()", "distinct(x1 + 1, x2)"]
)
def test_what_is_not_of_their_form_is_refused(text: str) -> None:
    with pytest.raises((Unreadable, condition.Unsupported)):
        network.compiled(text, NAMES)
