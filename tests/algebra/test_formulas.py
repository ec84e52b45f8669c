"""Equality, growth and the smallest difference of formulas: a table, exact values on grids, and properties."""

import subprocess
import sys
from fractions import Fraction
from itertools import product

import pytest
import sympy
from hypothesis import assume, given, settings, strategies as st
from python_spelling import node, sympy_term
from rows import rows

from grader.algebra import formulas
from grader.algebra.polynomials import Growth
from grader.language import exact, nodes

SYMBOLS = ("n", "m")
ROWS = rows(__file__, "comparisons.jsonl")
EQUAL = {"equal": True, "different": False, "undecided": None}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['given']} for {row['expected']}")
def test_table(row):
    found = formulas.compare(node(row["given"]), node(row["expected"]), SYMBOLS)
    assert found.equal is EQUAL[row["equality"]], row["why"]
    assert (found.growth and found.growth.value) == row["growth"], row["why"]
    if "point" in row:
        assert [number for _, number in found.witness.point] == row["point"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['given']} for {row['expected']}")
def test_growth_reads_the_same_from_the_other_side(row):
    turned = {"faster": "slower", "slower": "faster"}
    found = formulas.compare(node(row["expected"]), node(row["given"]), SYMBOLS)
    assert (found.growth and found.growth.value) == turned.get(row["growth"], row["growth"])


@pytest.mark.parametrize("row", [row for row in ROWS if "100000" not in row["given"] and "**50" not in row["given"]])
def test_the_witness_against_sympy(row):
    found = formulas.compare(node(row["given"]), node(row["expected"]), SYMBOLS)
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
    assert formulas.compare(given_, node(spelled(terms)), SYMBOLS).equal is True


@given(polynomials, polynomials, st.data())
def test_perturbed_polynomials_are_not_equal(terms, change, data):
    total = {key: terms.get(key, 0) + change.get(key, 0) for key in terms.keys() | change.keys()}
    given_ = expression(data.draw, {key: value for key, value in total.items() if value} or {(0, 0): 0})
    found = formulas.compare(given_, node(spelled(terms)), SYMBOLS)
    assert found.equal is False
    point = {"n": 1, "m": 1, **dict(found.witness.point)}
    assert at(change, **point) != 0
    assert found.witness.expected == str(at(terms, **point))
    for n, m in product(range(1, 7), repeat=2):
        if (n + m, n) < (point["n"] + point["m"], point["n"]) and "/" not in str(given_):
            assert at(change, n, m) == 0 or _divides_by_zero(given_, n, m)


def _divides_by_zero(given_, n, m):
    from grader.algebra import values

    try:
        values.value(given_, {"n": n, "m": m})
    except values.Undefined:
        return True
    return False


LARGEST = 24
quotients = st.recursive(
    st.one_of(polynomials.map(spelled), st.sampled_from(["n", "m", "(n + m)", "(n - m)", "1/2"])),
    lambda inner: st.one_of(
        st.builds("({}) + ({})".format, inner, inner),
        st.builds("({}) - ({})".format, inner, inner),
        st.builds("({}) * ({})".format, inner, inner),
        st.builds("({}) / ({})".format, inner, polynomials.map(spelled)),
    ),
    max_leaves=3,
)


def degree(tree):
    """A bound on the degrees of numerator and denominator in each symbol."""
    match tree:
        case nodes.Name():
            return 1
        case nodes.Power(base=base, exponent=exponent):
            return degree(base) * int(exponent.value)
        case nodes.Number():
            return 0
    return sum(degree(part) for part in nodes.children(tree))


def equal_on_a_grid(one, two):
    """Without sympy: p/q = r/s exactly if ps - qr is 0, and a polynomial of degree d in each of two symbols is 0 if it
    is so on a grid of more than d by d points; a column or row with a pole is left out."""
    wanted = degree(one) + degree(two) + 1
    kept = 0
    for n in range(1, 10 * wanted):
        values = []
        for m in range(1, 3 * wanted):
            try:
                values.append(exact.value(one, at_point(n, m)) == exact.value(two, at_point(n, m)))
            except exact.Undefined:
                continue
            if not values[-1]:
                return False
            if len(values) == wanted:
                kept += 1
                break
        if kept == wanted:
            return True
    raise AssertionError("a grid full of poles")


def at_point(n, m):
    return {"n": Fraction(n), "m": Fraction(m)}


def agrees_with_the_grid(one, two):
    assume(degree(one) + degree(two) <= LARGEST)
    found = formulas.compare(one, two, SYMBOLS)
    try:
        same = equal_on_a_grid(one, two)
    except AssertionError:
        assume(False)
    assert found.equal is same


@given(polynomials, polynomials)
def test_equality_of_polynomials_against_a_grid(one, two):
    """Degrees of at most 3: equal exactly if equal on 4 by 4 points."""
    found = formulas.compare(node(spelled(one)), node(spelled(two)), SYMBOLS)
    same = all(at(one, n, m) == at(two, n, m) for n, m in product(range(1, 5), repeat=2))
    assert found.equal is same


@settings(max_examples=settings().max_examples // 3)
@given(polynomials, st.data())
def test_rearranged_quotients_against_a_grid(terms, data):
    agrees_with_the_grid(expression(data.draw, terms), node(spelled(terms)))


@settings(max_examples=settings().max_examples // 3)
@given(quotients, quotients)
def test_equality_of_quotients_against_a_grid(one, two):
    agrees_with_the_grid(node(one), node(two))


def test_reading_loads_no_sympy():
    code = """import sys
from grader.algebra import conditions, formulas
from grader.language import reading
reading.formula("2n + n^2", ("n",)); reading.condition("m > n", ("n", "m")); reading.array("[1, 2]")
assert "sympy" not in sys.modules
formulas.compare(reading.formula("2n", ("n",)).node, reading.formula("n*2", ("n",)).node, ("n",))
assert "sympy" in sys.modules"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


DIRECTIONS = [(a, b) for a in range(1, 30) for b in range(1, 30)]


def oracle(one, two):
    """Positive coefficients: of the same growth exactly if every direction gives the same degree."""
    degrees = [[max(u * a + v * b for a, b in terms) for u, v in DIRECTIONS] for terms in (one, two)]
    below = all(a <= b for a, b in zip(*degrees))
    above = all(a >= b for a, b in zip(*degrees))
    return Growth.SAME if below and above else Growth.SLOWER if below else Growth.FASTER if above else Growth.OTHER


@given(positive, positive)
def test_growth_of_positive_polynomials(one, two):
    found = formulas.compare(node(spelled(one)), node(spelled(two)), SYMBOLS)
    assert found.growth is oracle(one, two)


@given(positive, positive, polynomials)
def test_a_common_factor_changes_no_growth(one, two, factor):
    both = [node(f"({spelled(terms)})*({spelled(factor)})") for terms in (one, two)]
    found = formulas.compare(*both, SYMBOLS).growth
    expected = oracle(one, two)
    if expected is Growth.SAME:
        assert found is Growth.SAME
    else:
        assert found in {expected, Growth.OTHER}


@given(polynomials, st.data())
def test_same_growth_is_never_claimed_where_the_quotient_is_unbounded(one, data):
    two = {key: data.draw(coefficients) for key in one}
    found = formulas.compare(node(spelled(one)), node(spelled(two)), SYMBOLS).growth
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
        above, below = at(one, n, m), at(two, n, m)
        assert (above == 0) == (below == 0)
        assert above == 0 or Fraction(1, 10**6) < Fraction(above, below) < 10**6


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
        "123456789**12345*n",
        "n" + " + n*m" * 90,
    ],
)
def test_whatever_the_formula_the_comparison_ends(text):
    found = formulas.compare(node(text), node("n**2"), SYMBOLS)
    assert found.equal is not True


def test_one_spelling_for_equal_formulas():
    spellings = ["n*(2*m - 2*n)", "2*n*(m - n)", "-2*n**2 + 2*m*n", "4*n*(m - n)/2"]
    assert {formulas.canonical(node(text)) for text in spellings} == {"2mn - 2n^2"}
