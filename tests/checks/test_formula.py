"""Formulas judged: verdict, credit, code, what the message holds, and what it never holds."""

from fractions import Fraction

import pytest
from python_spelling import node

from grader.assignment.config import Shares
from grader.checks import formula
from grader.checks.target import Accepted, Target
from grader.language.reading import Reading
from grader.report import Verdict, plain

GROWTH, ORDER = Fraction(1, 2), Fraction(1, 3)
SYMBOLS = ("n", "m")


def judged(expected, *members, accepted=()):
    target = Target(node(expected), tuple(Accepted(node(text), credit, message) for text, credit, message in accepted))
    chain = tuple(map(node, members))
    return formula.judge(Reading(chain[-1], chain), target, SYMBOLS, Shares(same_growth=GROWTH, order=ORDER))


def test_equal():
    found = judged("n*(2*m - 2*n)", "2*n*(m - n)")
    assert (found.verdict, found.credit, found.code) == (Verdict.CORRECT, 1, "formula.equal")
    assert found.canonical == judged("n*(2*m - 2*n)", "2*m*n - 2*n**2").canonical


def test_same_growth_earns_its_share_and_shows_the_smallest_difference():
    found = judged("3*n + 1", "3*n")
    assert (found.verdict, found.credit, found.code) == (Verdict.PARTIAL, GROWTH, "formula.growth")
    assert "At n = 1 it gives 3; right is 4." in plain(found.blocks)


def test_an_order_for_a_count():
    found = judged("n**2 + 3*n", "O(n**2)")
    assert (found.verdict, found.credit, found.code) == (Verdict.PARTIAL, ORDER, "formula.order")
    assert judged("n**2 + 3*n", "O(n**3)").code == "formula.order_differs"
    assert judged("36", "O(1)").code == "formula.order_for_number"


def test_numbers_have_no_growth():
    assert judged("36", "35").verdict is Verdict.INCORRECT


def test_both_values_at_the_smallest_point():
    found = judged("2*m*n - 2*n**2", "2*m*n")
    assert (found.verdict, found.code) == (Verdict.INCORRECT, "formula.differs")
    assert plain(found.blocks) == "At n = 1, m = 1 it gives 2; right is 0."


@pytest.mark.parametrize(
    ("given", "expected", "hint"),
    [
        ("n - m", "m - n", "sign"),
        ("2*n**2 - 2*m*n", "2*m*n - 2*n**2", "sign"),
        ("(2*n)**2", "2*n**2", "power belongs to"),
        ("2*m*n - 2*n", "n*(2*m - 2*n)", "parentheses"),
        ("4*n + 3", "2*(2*n + 3)", "parentheses"),
        ("n*2*m - 2*n", "n*(2*m - 2*n)", "parentheses"),
        ("n + 1*(m - n)", "(n + 1)*(m - n)", "parentheses"),
        ("2*(m + n) + m*n", "2*(m + n + m*n)", "parentheses"),
        ("m**2 + 3*m", "n**2 + 3*n", "exchanged"),
        ("2**n", "n**2", "Base and exponent"),
        ("n**(2 + 3*n)", "n**2 + 3*n", "how far the exponent"),
        ("m + n", "m*n", "multiplied"),
        ("2*m*n", "3*m*n", "constant factor"),
        ("3*n - 1", "3*n + 1", "sign of one of the terms"),
        ("n*(m + n)", "n*(m - n)", "sign of one of the terms"),
        ("n**2 + 2*n", "n**2 + 3*n", "leading term is right"),
    ],
)
def test_near_misses_get_a_hint(given, expected, hint):
    message = plain(judged(expected, given).blocks)
    assert hint in message
    assert expected.replace("*", "") not in message.replace("*", "")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("n**2 + 3*n", "2*n**2"),
        ("(n + 1)**2", "n**2 + 3*n"),
        ("3*(n + 1)", "3*n + 1"),
        ("3*n + 2", "3*n + 1"),
        ("2*m - n", "m - n"),
        ("3*n + 3", "2*(2*n + 3)"),
    ],
)
def test_parentheses_are_hinted_at_only_where_they_may_have_been_lost(given, expected):
    assert "parentheses" not in plain(judged(expected, given).blocks)


def test_no_hint_without_a_near_miss():
    assert len(judged("n*(2*m - 2*n)", "m**3 + 7").blocks) == 1


def test_every_member_of_a_chain_counts_and_the_wrong_one_is_named():
    assert judged("n**2 + 3*n", "n + n**2 + n + n", "n**2 + 3*n").verdict is Verdict.CORRECT
    found = judged("n**2 + 3*n", "n**2 + 3*n", "n**3", "n*(n + 3)")
    assert found.verdict is Verdict.INCORRECT
    assert "member 2 of 3" in plain(found.blocks)
    assert judged("n**2 + 3*n", "n**2 + 2*n", "n**2 + 3*n").verdict is Verdict.PARTIAL


def test_a_wrong_member_of_a_chain_counts_more_than_one_that_nobody_can_judge():
    found = judged("(m - n)**2 + n", "(m - n)**2 + m", "m**5", "(m - n)**2 + n")
    assert found.verdict is Verdict.INCORRECT
    assert "member 2 of 3" in plain(found.blocks)


def test_an_order_beside_the_count_costs_nothing_unless_it_is_wrong():
    assert judged("n**2 + 3*n", "n**2 + 3*n", "O(n**2)").verdict is Verdict.CORRECT
    assert judged("n**2 + 3*n", "n**2 + 3*n", "O(n**3)").verdict is Verdict.INCORRECT


def test_accepted_answers_come_before_growth_and_difference():
    accepted = [("2*n", Fraction(3, 4), "Counted without the copy."), ("n**7", Fraction(0), "A common slip.")]
    found = judged("3*n", "n + n", accepted=accepted)
    assert (found.verdict, found.credit) == (Verdict.PARTIAL, Fraction(3, 4))
    assert plain(found.blocks) == "Counted without the copy."
    assert judged("3*n", "n**7", accepted=accepted).verdict is Verdict.INCORRECT
    assert judged("3*n", "4*n", accepted=[("4*n", Fraction(1), "As well.")]).verdict is Verdict.CORRECT


@pytest.mark.parametrize(
    ("given", "expected", "code", "reason"),
    [
        ("(m - n)**2 + m", "(m - n)**2 + n", "formula.growth_undecided", "Whether it grows alike could not be decided"),
        (
            "O((m - n)**2 + m)",
            "(m - n)**2 + n",
            "formula.order_undecided",
            "could not be compared with that of the count",
        ),
        ("sqrt(n**2 + exp(-400*n))", "n", "formula.undecided", "no rule brings them together"),
        ("factorial(factorial(factorial(n + 7)))", "n", "formula.undecided", "it holds a factorial of a function"),
    ],
)
def test_what_cannot_be_decided_goes_to_a_person_with_the_reason(given, expected, code, reason):
    found = judged(expected, given)
    assert (found.verdict, found.code) == (Verdict.REVIEW, code)
    assert reason in plain(found.blocks)
    assert "A person will look at it." in plain(found.blocks)


def test_a_formula_without_a_value():
    found = judged("2*n", "1/(n - n)")
    assert found.verdict is Verdict.INCORRECT
    assert plain(found.blocks) == "At n = 1 it has no value; right is 2."
