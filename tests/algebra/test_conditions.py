"""Conditions as sets of positive integers, against a brute-force table."""

from itertools import product

import pytest
from hypothesis import given, settings, strategies as st
from python_spelling import node

from grader.algebra import conditions

SYMBOLS = ("n", "m")
GRID = sorted(product(range(1, 31), repeat=2), key=lambda point: (sum(point), point[0]))

linear = st.builds(
    "{}*n + {}*m {} {}".format,
    st.integers(-4, 4),
    st.integers(-4, 4),
    st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
    st.integers(-9, 9),
)
products = st.builds(
    "({}*n + {}*m + {})*({}*n + {}*m + {}) {} 0".format,
    *[st.integers(-3, 3)] * 6,
    st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
)
combined = st.recursive(
    linear,
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("(not {})".format, inner),
    ),
    max_leaves=4,
)


def table(text):
    """Truth at every point of the grid, by Python's own arithmetic on the printed condition."""
    code = compile(text, "condition", "eval")
    return [bool(eval(code, {"n": n, "m": m})) for n, m in GRID]


def agrees_with_the_table(one, two):
    found = conditions.compare(node(one), node(two), SYMBOLS)
    tables = table(one), table(two)
    differing = [point for point, a, b in zip(GRID, *tables) if a != b]
    assert found.equal is not None
    if found.equal is True:
        assert not differing
        return
    point = {"n": 1, "m": 1, **dict(found.point)}
    truths = [bool(eval(text, dict(point))) for text in (one, two)]
    assert truths[0] != truths[1]
    assert found.given_holds == truths[0]
    if differing and {"n", "m"} <= set(dict(found.point)):
        assert (point["n"], point["m"]) == differing[0]


@given(combined, combined)
def test_any_two_conditions(one, two):
    agrees_with_the_table(one, two)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("2*m - 2*n >= 1", "m > n"),
        ("2*m - 2*n > -1", "m >= n"),
        ("3*m >= 3*n + 2", "m > n"),
        ("3*n - 3*m <= 1", "n <= m"),
        ("4*n + 2*m >= 7", "2*n + m >= 4"),
        ("2*n - 4*m < 3", "n - 2*m <= 1"),
        ("not (2*m - 2*n >= 1)", "m <= n"),
    ],
)
def test_what_integers_round_is_the_same(one, two):
    assert conditions.compare(node(one), node(two), SYMBOLS).equal is True
    assert conditions.canonical(node(one)) == conditions.canonical(node(two))
    agrees_with_the_table(one, two)


@pytest.mark.parametrize("one", ["1 + exp(-400*n) > 1", "1 + exp(-400*n) >= 1", "n + exp(-400*n) != n"])
def test_values_that_cannot_be_told_apart_are_not_taken_for_equal(one):
    assert conditions.compare(node(one), node("n > 0"), SYMBOLS).equal is not False


@pytest.mark.parametrize(
    ("one", "point"),
    [("(m - 100)**2 > 0", {"m": 100}), ("(n - 40*m)**4 > 0", {"n": 40, "m": 1}), ("not ((m - 90)**2 <= 0)", {"m": 90})],
)
def test_an_even_power_is_zero_somewhere_however_far(one, point):
    found = conditions.compare(node(one), node("n + m > 0"), SYMBOLS)
    assert found.equal is False
    assert not found.given_holds
    assert point.items() <= dict(found.point).items()


@settings(max_examples=settings().max_examples // 3)
@given(linear, linear, st.sampled_from(["({0}) and ({1}) or not ({0}) and ({1})", "({0}) and not ({0}) or ({1})"]))
def test_the_same_condition_in_another_form(one, two, form):
    found = conditions.compare(node(form.format(one, two)), node(two), SYMBOLS)
    assert found.equal is True


@settings(max_examples=settings().max_examples // 3)
@given(products, products)
def test_products_of_two_factors(one, two):
    agrees_with_the_table(one, two)


@settings(max_examples=settings().max_examples // 3)
@given(linear, linear)
def test_a_product_is_positive_where_both_factors_have_one_sign(one, two):
    left, right = (text.split(" <")[0].split(" >")[0].split(" =")[0].split(" !")[0] for text in (one, two))
    whole = f"({left})*({right}) > 0"
    split = f"({left} > 0 and {right} > 0) or ({left} < 0 and {right} < 0)"
    assert conditions.compare(node(whole), node(split), SYMBOLS).equal is True


@pytest.mark.parametrize(
    "text",
    ["m >= n + 1", "n < m", "m - n > 0", "2*m > 2*n", "2*m*n > 2*n**2", "m/n > 1", "1 < m/n", "0 < 2*n*(m - n)",
     "m > n and n > 0", "m > n > 0", "2*n**2 + m*n < 3*m*n", "m**2 > n**2", "m**3 > n**3", "1/n > 1/m", "not m <= n",
     "(n + 1)*(m - n) > 0", "m > n + 1 or m == n + 1", "m != n and m >= n", "log(m) > log(n)", "sqrt(m) > sqrt(n)",
     "2*m >= 2*n + 1", "-m < -n", "(m - n)**3 > 0", "m - n >= 1/2"],
)  # fmt: skip
def test_other_ways_to_say_that_m_is_larger(text):
    assert conditions.compare(node(text), node("m > n"), SYMBOLS).equal is True


@pytest.mark.parametrize(
    "text",
    ["max(n, m) > n", "min(n, m) < m", "abs(m - n) == m - n and m != n", "log(m - n + 5) > log(5)"],
)
def test_a_function_of_both_sizes_is_a_number_of_its_own(text):
    assert conditions.compare(node(text), node("m > n"), SYMBOLS).equal is None


@pytest.mark.parametrize(
    ("text", "point", "holds"),
    [
        ("m >= n", (1, 1), True),
        ("n > m", (1, 2), False),
        ("m > n + 1", (1, 2), False),
        ("m != n", (2, 1), True),
        ("m > 0", (1, 1), True),
        ("2*m > n", (1, 1), True),
        ("m > n**2", (2, 3), False),
        ("n < m < 1000000*n", (1, 1000000), False),
        ("m > n or n > 50", (51, 1), True),
        ("True", (1, 1), True),
    ],
)
def test_the_smallest_point_of_difference(text, point, holds):
    found = conditions.compare(node(text), node("m > n"), SYMBOLS)
    assert (found.equal, tuple(number for _, number in found.point)) == (False, point)
    assert found.given_holds is holds


@pytest.mark.parametrize("text", ["m**m > n**n", "m**5 + m > n**5 + n"])
def test_what_is_not_linear_is_never_called_wrong(text):
    assert conditions.compare(node(text), node("m > n"), SYMBOLS).equal is not False


@pytest.mark.parametrize(
    "text",
    ["123456789*m > 987654321*n + 1", "m > 9**9**9", "(n + m)**100000 > n", "m**400 - n**399 > 3*m - 2",
     " and ".join(f"{k}*m > {k + 1}*n - {k}" for k in range(1, 80)), "m > n" + " > n" * 500],
)  # fmt: skip
def test_whatever_the_condition_the_comparison_ends(text):
    conditions.compare(node(text), node("m > n"), SYMBOLS)


def test_one_symbol():
    assert conditions.compare(node("3 <= n"), node("n > 2"), ("n",)).equal is True
    found = conditions.compare(node("n > 3"), node("n >= 3"), ("n",))
    assert (found.point, found.given_holds) == ((("n", 3),), False)
