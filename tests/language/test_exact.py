"""Exact values: what has one, what has none, and what is beyond the bounds and may have one."""

from fractions import Fraction

import pytest
from python_spelling import node

from grader.language import exact, nodes, reading
from grader.language.exact import Undefined, Unknown

ZERO = {"n": Fraction(0)}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("n**0", 1), ("n**3", 0), ("(-1)**(10**30 + 1)", -1), ("(1/2)**(-3)", 8), ("sqrt(4/9)", Fraction(2, 3)),
        ("(8/27)**(2/3)", Fraction(4, 9)), ("log2(8)", 3), ("log2(1/8)", -3), ("log2(1)", 0), ("log10(1/1000)", -3),
        ("factorial(5)", 120), ("floor(-1/2)", -1), ("ceil(1/2)", 1),
        ("10**399 / 10**398", 10), ("max(1/3, 1/2)", Fraction(1, 2)), ("abs(-2)", 2), ("exp(n)", 1),
    ],
)  # fmt: skip
def test_a_value_is_exact(text, value):
    assert exact.value(node(text), ZERO) == value


@pytest.mark.parametrize(
    "text", ["1/n", "n**(-1)", "n**(-5)", "0/0", "sqrt(-1)", "log2(0)", "log2(-8)", "factorial(-1)", "factorial(1/2)"]
)
def test_what_has_no_value_says_so(text):
    with pytest.raises(Undefined) as found:
        exact.value(node(text), ZERO)
    assert not isinstance(found.value, Unknown)


@pytest.mark.parametrize(
    "text", ["2**5000", "(1/2)**5000", "(1/2)**900 * (1/2)**900", "sqrt(2)", "log2(3)", "exp(1)", "factorial(201)"]
)
def test_what_is_no_short_rational_number_may_have_a_value(text):
    with pytest.raises(Unknown):
        exact.value(node(text), ZERO)


@pytest.mark.parametrize(
    ("interval", "at_ends"),
    [
        ("[0, 2]", (1, 1)),
        ("[0, 2)", (1, 0)),
        ("(0, 2]", (0, 1)),
        ("(0, 2)", (0, 0)),
        ("{0, 2}", (1, 1)),
    ],
)
def test_an_interval_holds_the_ends_that_it_closes(interval, at_ends):
    indicator = reading.activation(f"I(z in {interval})").node
    assert tuple(exact.value(indicator, {"z": Fraction(end)}) for end in (0, 2)) == at_ends
    assert exact.value(indicator, {"z": Fraction(1)}) == ("{" not in interval)
    assert exact.value(indicator, {"z": Fraction(3)}) == 0


@pytest.mark.parametrize("function", ["relu", "abs", "sqrt", "step"])
def test_a_function_of_ones_own_with_the_name_of_another_has_no_value(function):
    with pytest.raises(Undefined):
        exact.value(nodes.Call(function, (nodes.ONE, nodes.TWO)))
