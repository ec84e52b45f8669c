"""The costs of the contract come out of the evaluation plans, and a count by hand agrees."""

import itertools

import pytest

from reference import ACCEPTED, ANSWERS, costs

n, m = costs.n, costs.m

CONTRACT = {
    "2.2.2.time": n**2,
    "2.2.2.memory": n**2 + n,
    "2.3.reverse.time": 2 * n,
    "2.3.reverse.memory": 3 * n + 1,
    "2.3.forward.time": 2 * n**2,
    "2.3.forward.memory": n**2 + 3 * n,
    "2.4.reverse.time": 3 * m * n,
    "2.4.reverse.memory": 2 * (m + n + m * n),
    "2.4.forward.time": 2 * n**2 + m * n,
    "2.4.forward.memory": n**2 + m * n + 3 * n + m,
}

PLANS = {
    "2.2.2": costs.hessian,
    "2.3.reverse": costs.vector_reverse,
    "2.3.forward": costs.vector_forward,
    "2.4.reverse": costs.matrix_reverse,
    "2.4.forward": costs.matrix_forward,
}


@pytest.mark.parametrize("item", CONTRACT)
def test_the_formulas_of_the_contract_are_derived(item):
    # Sums and products of n and m only: the names alone are bound, so that Python itself reads the text.
    assert sum_of(ANSWERS[item]) == CONTRACT[item]


def sum_of(text):
    total = 0
    for term in text.split(" + "):
        product = 1
        for factor in term.replace("**", "^").split("*"):
            base, _, power = factor.partition("^")
            product *= {"n": n, "m": m}.get(base) ** int(power or 1) if base in "nm" else int(base)
        total += product
    return total


def multiply(left, right, counter):
    """The schoolbook product of two lists of rows, counting scalar multiplications."""
    product = [[0] * len(right[0]) for _ in left]
    for i, j, inner in itertools.product(range(len(left)), range(len(right[0])), range(len(right))):
        product[i][j] += left[i][inner] * right[inner][j]
        counter.append(1)
    return product


@pytest.mark.parametrize("item", PLANS)
@pytest.mark.parametrize(("size", "width"), [(1, 1), (2, 3), (3, 2), (5, 4)])
def test_a_plan_counts_what_a_schoolbook_product_does(item, size, width):
    values, counter, held = {}, [], {}

    def number(polynomial):
        return (polynomial + 0 * n).evaluate([(n, size), (m, width)])

    def matrix(shape):
        rows, columns = (number(side) for side in (shape.rows, shape.columns))
        name = shape.name
        if name not in values:
            values[name] = (rows, columns, [[1 + r + 2 * c for c in range(columns)] for r in range(rows)])
        stored_rows, stored_columns, stored = values[name]
        held[name] = stored_rows * stored_columns
        return stored if (rows, columns) == (stored_rows, stored_columns) and rows != 1 else at_shape(stored, rows)

    def at_shape(stored, rows):
        return stored if len(stored) == rows else [list(column) for column in zip(*stored)]

    for step in PLANS[item]():
        product = multiply(matrix(step.left), matrix(step.right), counter)
        values[step.result] = (len(product), len(product[0]), product)
        held[step.result] = len(product) * len(product[0])
    assert len(counter) == number(costs.time(PLANS[item]()))
    assert sum(held.values()) == number(costs.memory(PLANS[item]()))


def test_the_differences_of_the_contract():
    reverse, forward = costs.matrix_reverse(), costs.matrix_forward()
    assert costs.time(reverse) - costs.time(forward) == n * (2 * m - 2 * n)
    assert costs.memory(reverse) - costs.memory(forward) == (n + 1) * (m - n)


def test_a_product_that_does_not_fit_is_refused():
    v = costs.column("v", n)
    with pytest.raises(ValueError, match="do not fit"):
        costs.Step("z", v, v)


def test_values():
    assert ANSWERS["2.3.z"] == [6, 12, 18]
    assert ANSWERS["2.2.1.H"] == [[1, 2, 3], [2, 4, 6], [3, 6, 9]]


def test_further_answers_name_an_item_of_the_key():
    assert set(ACCEPTED) <= set(ANSWERS)
