"""Orders, conditions and arrays judged."""

from fractions import Fraction

import pytest
from python_spelling import node

from grader import slips
from grader.assignment.config import Shares
from grader.checks import formula, values
from grader.checks.target import Accepted, Target
from grader.language import reading
from grader.language.reading import Reading
from grader.report import Verdict, plain

HALF = Fraction(1, 2)
SHARES = Shares(same_growth=HALF)
SYMBOLS = ("n", "m")


def ordered(*members):
    return formula.judge_order(Reading(members[-1], members), Target(node("O(n**2)")), SYMBOLS, SHARES)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("O(n**2)", "order.equal"),
        ("n**2", "order.equal"),
        ("O(n*n)", "order.equal"),
        ("O(2*n**2)", "order.not_simplest"),
        ("2*n**2", "order.not_simplest"),
        ("O(n**2 + n*log(n))", "order.not_simplest"),
        ("O(n**3)", "order.loose"),
        ("O(n*log(n))", "order.too_small"),
        ("O(m*n)", "order.differs"),
        ("O(-n**2)", "order.differs"),
        ("O(m**2 + n**2)", "order.loose"),
    ],
)
def test_orders(given, code):
    found = ordered(node(given))
    assert found.code == code
    assert found.credit == {"order.equal": 1, "order.not_simplest": HALF}.get(code, 0)


def test_further_accepted_orders_and_arrays():
    half = (Accepted(node("O(n**3)"), HALF, "Counted with the copies."),)
    found = formula.judge_order(Reading(node("n**3"), (node("n**3"),)), Target(node("O(n**2)"), half), SYMBOLS, SHARES)
    assert (found.code, found.credit, plain(found.blocks)) == ("order.accepted", HALF, "Counted with the copies.")
    given, other = array("[1, 2]"), (Accepted(array("[1; 2]"), HALF, "Counted from 1."),)
    found = values.judge(Reading(given, (given,)), Target(array("[0, 1]"), other), (), SHARES, vector=True)
    assert (found.code, found.credit) == ("values.accepted", HALF)


@pytest.mark.parametrize("kind", ["Ω", "o", "ω"])
def test_other_kinds_of_statement(kind):
    given = reading.order(f"{kind}(n^2)", ("n",)).node
    found = ordered(given)
    assert (found.verdict, found.code) == (Verdict.INCORRECT, "order.kind")


def test_the_last_of_a_chain_is_the_order():
    assert ordered(node("n**2 + 3*n"), node("O(n**2)")).verdict is Verdict.CORRECT
    found = ordered(node("n**3"), node("O(n**2)"))
    assert found.verdict is Verdict.INCORRECT
    assert "member 1 of 2" in plain(found.blocks)


def judged(text):
    accepted = (Accepted(node("m >= n"), HALF, "At m = n both cost the same."),)
    return formula.judge_condition(Reading(node(text)), Target(node("m > n"), accepted), SYMBOLS, SHARES)


def test_conditions():
    assert judged("2*m*n > 2*n**2").verdict is Verdict.CORRECT
    assert judged("2*m*n > 2*n**2").canonical == judged("m > n and n > 0 and m > 1").canonical
    found = judged("n - m <= 0")
    assert (found.verdict, found.credit, plain(found.blocks)) == (Verdict.PARTIAL, HALF, "At m = n both cost the same.")
    found = judged("n > m")
    assert plain(found.blocks).startswith("At n = 1, m = 2 it does not hold, but should.")
    assert slips.FLIPPED in plain(found.blocks)
    assert "border" in plain(judged("m > n + 1").blocks)
    assert judged("m > 2*n").verdict is Verdict.INCORRECT
    assert judged("m**m > n**n").verdict is Verdict.REVIEW


def array(text):
    return reading.array(text).node


def compared(given, expected, vector):
    given = array(given)
    return values.judge(Reading(given, (given,)), Target(array(expected)), (), SHARES, vector=vector)


@pytest.mark.parametrize("given", ["[6, 12, 18]", "[6; 12; 18]", "[[6, 12, 18]]", "6(1, 2, 3)", "[6.0, 24/2, 18]"])
def test_rows_and_columns_are_one_vector(given):
    assert compared(given, "[6, 12, 18]", vector=True).verdict is Verdict.CORRECT


@pytest.mark.parametrize(
    ("given", "expected", "vector", "message"),
    [
        ("[6, 13, 18]", "[6, 12, 18]", True, "Entry 2 is 13"),
        ("[18, 12, 6]", "[6, 12, 18]", True, "in another order"),
        ("[-6, -12, -18]", "[6, 12, 18]", True, "sign"),
        ("[1, 2, 3]", "[6, 12, 18]", True, "constant factor"),
        ("[6, 12]", "[6, 12, 18]", True, "2 entries"),
        ("[[6, 12], [18, 24]]", "[6, 12, 18]", True, "2×2 matrix"),
        ("[[1, 2], [3, 5]]", "[[1, 2], [3, 4]]", False, "row 2, column 2 is 5"),
        ("[[1, 3], [2, 4]]", "[[1, 2], [3, 4]]", False, "transpose"),
        ("[[1, 3, 5], [2, 4, 6]]", "[[1, 2], [3, 4], [5, 6]]", False, "transpose"),
        ("[1, 2, 3, 4]", "[[1, 2], [3, 4]]", False, "1×4 matrix"),
    ],
)
def test_what_is_wrong_with_an_array(given, expected, vector, message):
    found = compared(given, expected, vector)
    assert found.verdict is Verdict.INCORRECT
    assert message in plain(found.blocks)


@pytest.mark.parametrize("given", ["[1, 2, 3]", "[[1, 2, 3]]", "[1 2 3]"])
def test_a_row_is_no_column_where_a_matrix_is_asked_for(given):
    column = "[[1], [2], [3]]"
    assert compared(column, column, vector=False).verdict is Verdict.CORRECT
    assert compared(given, column, vector=False).code == "values.shape"
    assert compared(given, column, vector=True).verdict is Verdict.CORRECT


@pytest.mark.parametrize(
    ("given", "expected", "vector"),
    [
        ("[18, 12, 6]", "[6, 12, 18]", True),
        ("[-6, -12, -18]", "[6, 12, 18]", True),
        ("[[1, 3], [2, 4]]", "[[1, 2], [3, 4]]", False),
        ("[[1, 3, 5], [2, 4, 6]]", "[[1, 2], [3, 4], [5, 6]]", False),
    ],
)
def test_how_to_mend_an_array_is_not_said_before_the_due_date(given, expected, vector):
    """What would mend it has an empty hint, so that it is left out."""
    assert compared(given, expected, vector).blocks[-1].hint == ""


def test_accepted_orders_and_arrays_earn_their_share():
    accepted = (Accepted(node("O(n**3)"), HALF, "Counted with the copy."),)
    found = formula.judge_order(
        Reading(node("n**3"), (node("n**3"),)), Target(node("O(n**2)"), accepted), SYMBOLS, SHARES
    )
    assert (found.credit, plain(found.blocks)) == (HALF, "Counted with the copy.")
    given = array("[1; 2; 3]")
    target = Target(array("[6, 12, 18]"), (Accepted(array("[1, 2, 3]"), HALF, "The factor is missing."),))
    found = values.judge(Reading(given, (given,)), target, (), SHARES, vector=True)
    assert (found.credit, plain(found.blocks)) == (HALF, "The factor is missing.")


def test_entries_are_exact():
    assert compared("[0.1, 0.2, 0.3]", "[1/10, 1/5, 3/10]", vector=True).verdict is Verdict.CORRECT
    assert compared("[0.1, 0.2, 0.30000000000000004]", "[1/10, 1/5, 3/10]", vector=True).verdict is Verdict.INCORRECT


def test_every_member_of_a_chain_of_vectors_counts():
    def chain(text):
        return values.judge(reading.array(text), Target(array("[6, 12, 18]")), (), SHARES, vector=True)

    assert chain("z = 6[1, 2, 3] = [6, 12, 18]").verdict is Verdict.CORRECT
    found = chain("z = [6, 12, 17] = [6, 12, 18]")
    assert found.verdict is Verdict.INCORRECT
    assert "member 1 of 2" in plain(found.blocks)
