"""Equality, growth and the smallest difference of formulas: a table, sympy as an oracle, and properties."""

import json
from fractions import Fraction
from itertools import product
from pathlib import Path

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from python_spelling import node, sympy_term

from grader.language import nodes, symbolic
from grader.language.growth import Growth
from grader.language.symbolic import Equality

SYMBOLS = ("n", "m")
ROWS = [json.loads(line) for line in (Path(__file__).parent / "comparisons.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['given']} for {row['expected']}")
def test_table(row):
    found = symbolic.compare(node(row["given"]), node(row["expected"]), SYMBOLS)
    assert found.equality.value == row["equality"], row["why"]
    assert (found.growth and found.growth.value) == row["growth"], row["why"]
    if "point" in row:
        assert [number for _, number in found.witness.point] == row["point"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['given']} for {row['expected']}")
def test_growth_reads_the_same_from_the_other_side(row):
    turned = {"faster": "slower", "slower": "faster"}
    found = symbolic.compare(node(row["expected"]), node(row["given"]), SYMBOLS)
    assert (found.growth and found.growth.value) == turned.get(row["growth"], row["growth"])


@pytest.mark.parametrize("row", [row for row in ROWS if "100000" not in row["given"] and "**50" not in row["given"]])
def test_the_witness_against_sympy(row):
    found = symbolic.compare(node(row["given"]), node(row["expected"]), SYMBOLS)
    if found.witness is None or "**(n" in row["given"] or "no value" in found.witness.given:
        return
    at = {sympy.Symbol(name, positive=True, integer=True): number for name, number in found.witness.point}
    for text, shown in ((row["given"], found.witness.given), (row["expected"], found.witness.expected)):
        true = sympy_term(text).subs(at)
        number = float(Fraction(shown.removeprefix("about ")))
        assert abs(number - float(true)) <= 1e-6 * max(1.0, abs(number))


# Polynomials as dictionaries from (power of n, power of m) to coefficients, printed in Python spelling.
coefficients = st.integers(-4, 4).filter(bool)
polynomials = st.dictionaries(st.tuples(st.integers(0, 3), st.integers(0, 3)), coefficients, min_size=1, max_size=4)
positive = st.dictionaries(st.tuples(st.integers(0, 3), st.integers(0, 3)), st.integers(1, 4), min_size=1, max_size=4)


def spelled(terms):
    return " + ".join(f"({value})*n**{a}*m**{b}" for (a, b), value in terms.items())


def at(terms, n, m):
    return sum(value * n**a * m**b for (a, b), value in terms.items())


def expression(draw, terms, depth=0):
    """A formula equal to the polynomial, rearranged at random."""
    items = draw(st.permutations(list(terms.items())))
    kind = draw(st.integers(0, 4)) if depth < 3 else 0
    if kind == 1 and len(items) > 1:
        cut = draw(st.integers(1, len(items) - 1))
        left, right = dict(items[:cut]), dict(items[cut:])
        return nodes.Sum((expression(draw, left, depth + 1), expression(draw, right, depth + 1)))
    if kind == 2:
        other = dict(draw(polynomials))
        total = {key: terms.get(key, 0) + other.get(key, 0) for key in terms.keys() | other.keys()}
        total = {key: value for key, value in total.items() if value}
        if total:
            one, two = expression(draw, total, depth + 1), expression(draw, other, depth + 1)
            return nodes.Sum((one, nodes.Negative(two)))
    if kind == 3:
        low = min(a for a, _ in terms)
        inner = {(a - low, b): value for (a, b), value in terms.items()}
        power = nodes.Power(nodes.Name("n"), nodes.Number(Fraction(low)))
        return nodes.Product((expression(draw, inner, depth + 1), power), ("",))
    if kind == 4:
        factor = draw(polynomials)
        divisor = node(spelled(factor))
        return nodes.Product((nodes.Product((node(spelled(dict(items))), divisor), ("*",)), divisor), ("/",))
    return node(spelled(dict(items)))


@given(polynomials, st.data())
def test_rearranged_polynomials_are_equal(terms, data):
    given_ = expression(data.draw, terms)
    assert symbolic.compare(given_, node(spelled(terms)), SYMBOLS).equality is Equality.EQUAL


@given(polynomials, polynomials, st.data())
def test_perturbed_polynomials_are_not_equal(terms, change, data):
    total = {key: terms.get(key, 0) + change.get(key, 0) for key in terms.keys() | change.keys()}
    given_ = expression(data.draw, {key: value for key, value in total.items() if value} or {(0, 0): 0})
    found = symbolic.compare(given_, node(spelled(terms)), SYMBOLS)
    assert found.equality is Equality.DIFFERENT
    point = {"n": 1, "m": 1, **dict(found.witness.point)}
    assert at(change, **point) != 0
    assert found.witness.expected == str(at(terms, **point))
    for n, m in product(range(1, 7), repeat=2):
        if (n + m, n) < (point["n"] + point["m"], point["n"]) and "/" not in str(given_):
            assert at(change, n, m) == 0 or _divides_by_zero(given_, n, m)


def _divides_by_zero(given_, n, m):
    from grader.language import evaluation

    try:
        evaluation.value(given_, {"n": n, "m": m})
    except evaluation.Undefined:
        return True
    return False


@given(polynomials, polynomials)
def test_equality_is_what_sympy_says(one, two):
    found = symbolic.compare(node(spelled(one)), node(spelled(two)), SYMBOLS)
    same = sympy.expand(sympy_term(spelled(one)) - sympy_term(spelled(two))) == 0
    assert found.equality is (Equality.EQUAL if same else Equality.DIFFERENT)


DIRECTIONS = [(a, b) for a in range(1, 30) for b in range(1, 30)]


def oracle(one, two):
    """Positive coefficients: of the same growth exactly if every direction gives the same degree."""
    degrees = [[max(u * a + v * b for a, b in terms) for u, v in DIRECTIONS] for terms in (one, two)]
    below = all(a <= b for a, b in zip(*degrees))
    above = all(a >= b for a, b in zip(*degrees))
    return Growth.SAME if below and above else Growth.SLOWER if below else Growth.FASTER if above else Growth.OTHER


@given(positive, positive)
def test_growth_of_positive_polynomials(one, two):
    found = symbolic.compare(node(spelled(one)), node(spelled(two)), SYMBOLS)
    assert found.growth is oracle(one, two)


@given(positive, positive, polynomials)
def test_a_common_factor_changes_no_growth(one, two, factor):
    both = [node(f"({spelled(terms)})*({spelled(factor)})") for terms in (one, two)]
    found = symbolic.compare(*both, SYMBOLS).growth
    expected = oracle(one, two)
    if expected is Growth.SAME:
        assert found is Growth.SAME
    else:
        assert found in {expected, Growth.OTHER}


@given(polynomials, st.data())
def test_same_growth_is_never_claimed_where_the_quotient_is_unbounded(one, data):
    two = {key: data.draw(coefficients) for key in one}
    found = symbolic.compare(node(spelled(one)), node(spelled(two)), SYMBOLS).growth
    for n, m in (
        (10**8, 10**8),
        (10**8, 10**8 + 1),
        (10**8, 2 * 10**8),
        (10**8, 10**16),
        (10**16, 10**8),
        (10**12, 10**6),
    ):
        if found is not Growth.SAME:
            return
        assert at(two, n, m) != 0
        assert Fraction(1, 10**6) < Fraction(at(one, n, m), at(two, n, m)) < 10**6


@pytest.mark.parametrize(
    "text",
    [
        "(n + m + 1)**60*(n - m)**60",
        "*".join(f"(n + {k}*m + {k})" for k in range(1, 60)),
        "2**(2**(2**(2**100)))",
        "factorial(factorial(factorial(n + 7)))",
        "(n + 1/(m + 1/(n + 1/(m + 1/(n + 1/(m + 1/(n + 1/(m + 1))))))))**9",
        "sqrt(n + sqrt(m + sqrt(n + sqrt(m))))**7",
        "n**123456789*m**987654321",
        "floor(n/7)**40*max(n, m, 3*n - m)**30",
        "binomial(n**5 + m, 40)",
        "123456789**12345*n",
        "n" + " + n*m" * 90,
    ],
)
def test_whatever_the_formula_the_comparison_ends(text):
    found = symbolic.compare(node(text), node("n**2"), SYMBOLS)
    assert found.equality in (Equality.DIFFERENT, Equality.UNDECIDED)


def test_one_spelling_for_equal_formulas():
    spellings = ["n*(2*m - 2*n)", "2*n*(m - n)", "-2*n**2 + 2*m*n", "4*n*(m - n)/2"]
    assert {symbolic.canonical(node(text)) for text in spellings} == {"2mn - 2n^2"}
