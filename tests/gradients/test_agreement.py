"""When a value is the gradient: in its shape, entry by entry, and at a kink as one mixture of the two sides."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from grader.gradients.matrices import Domain, Field, Matrix, Reals
from grader.gradients.proof import agrees, aligned

DOMAINS: list[Domain[Any]] = [Reals(), Field(0)]
HALF, THIRD = Fraction(1, 2), Fraction(1, 3)


def column(domain: Domain[Any], *entries: Fraction | int) -> Matrix:
    return Matrix([[domain.number(Fraction(entry))] for entry in entries], ("k", 1))


@pytest.mark.parametrize("domain", DOMAINS, ids=lambda domain: type(domain).__name__)
@pytest.mark.parametrize(
    ("value", "right"),
    [
        ((7, 0, 0), True),  # the derivative at the kink taken as 0
        ((7, 2, 3), True),  # as 1
        ((7, 1, 3 * HALF), True),  # as 1/2
        ((7, 1, 1), False),  # as 1/2 in one entry and as 1/3 in another
        ((7, 4, 6), False),  # as 2
        ((7, -1, -3 * HALF), False),  # as -1/2
        ((8, 1, 3 * HALF), False),  # where nothing is free, the gradient alone is right
    ],
)
def test_at_a_kink_a_value_is_one_mixture_of_the_two_sides(domain: Domain[Any], value: Any, right: bool) -> None:
    low, high = column(domain, 7, 0, 0), column(domain, 7, 2, 3)
    assert agrees(column(domain, *value), low, high, domain) is right


def test_a_row_is_the_same_vector_and_a_transposed_matrix_is_another_matrix() -> None:
    domain = DOMAINS[0]
    vector = column(domain, 1, 2)
    assert aligned(vector.transposed, vector) == vector
    matrix = Matrix([[*map(domain.number, map(Fraction, row))] for row in ((1, 2), (3, 4), (5, 6))], ("k", "d"))
    assert aligned(matrix, matrix) == matrix
    assert aligned(matrix.transposed, matrix) is None
    assert aligned(vector, matrix) is None
