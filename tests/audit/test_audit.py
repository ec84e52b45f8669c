"""The audit tells a rubric that bites from one that does not; its brute force tells meanings apart by itself."""

from __future__ import annotations

import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from grader import audit, grading, slips
from grader.assignment import answer_key, config
from grader.language import reading, writing
from grader.mutation import brute_force
from grader.report import plain

ROOT = Path(__file__).resolve().parents[2]
CONFIG = config.load(ROOT / "config.yaml")
KEY = answer_key.load(ROOT / "reference", CONFIG)
MARK = grading.mark
SHEET = audit.sheet(KEY, CONFIG)


def part_of(*names: str) -> grading.Homework:
    """The homework with some of its parts."""
    some = config.load(ROOT / "config.yaml").model_copy(update={"parts": {name: CONFIG.parts[name] for name in names}})
    items = {item.name for item in some.items}
    answers = {name: answer for name, answer in KEY.answers.items() if name in items or name in names}
    expected = {name: answer for name, answer in KEY.expected.items() if name in items}
    return grading.Homework(some, answer_key.AnswerKey(expected, answers))


@pytest.mark.parametrize(
    ("parts", "many", "alternatives"),
    [(("1.1", "2.1.1"), 50, 0), (("2.1.2",), 150, 0), (("2.2.1", "2.2.2", "2.3", "2.4"), 150, 1)],
)
def test_every_mutant_of_the_formulas_and_equations_is_caught(parts, many, alternatives):
    found = audit.run(part_of(*parts), 2)
    message = plain(audit.blocks(found))
    assert not found.losses, message
    assert found.counts["caught"] == found.counts["mutants"] > many
    assert found.counts["alternatives"] == alternatives
    assert "{caught} of {mutants} mutants".format(**found.counts) in message


OTHER = """
title: Other kinds of items
parts:
  "1":
    title: costs
    kind: fields
    points: 6
    symbols: [n, m]
    items:
      order: {kind: order}
      log: {kind: formula}
      when: {kind: condition}
      one: {kind: vector, shape: [1]}
      text: {kind: vector, shape: [3]}
      matrix: {kind: matrix, shape: [2, 2]}
"""
ANSWERS = {
    "1.order": "O(n**2)", "1.log": "n*log2(n) + n", "1.when": "m > n or m == 1", "1.one": [5],
    "1.text": "[6, 12, 18]", "1.matrix": "[[1, 2], [3, 4/5]]",
}  # fmt: skip


def other_homework(folder, **changed):
    (folder / "reference").mkdir()
    (folder / "reference/__init__.py").write_text(f"ANSWERS = { ({**ANSWERS, **changed})!r}\n")
    other = config.read(OTHER)
    return grading.Homework(other, answer_key.load(folder / "reference", other))


def test_homework_of_other_kinds_and_answers_as_text(tmp_path):
    found = audit.run(other_homework(tmp_path), 2)
    message = plain(audit.blocks(found))
    assert "Traceback" not in message
    assert not found.losses, message
    assert found.counts["caught"] == found.counts["mutants"] > 60


@pytest.mark.parametrize("stated", ["O(n**2 + n)", "O(3*n)", "O(n*log2(n))", "O(2**n + n**9)", "O(n*(n - 1)/2)"])
def test_an_order_of_the_reference_may_be_in_any_form(tmp_path, stated):
    other_homework(tmp_path, **{"1.order": stated}).prepare()


def test_an_answer_of_the_reference_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(answer_key.Faulty, match=r"reference/__init__.py:1: 1\.log: "):
        other_homework(tmp_path, **{"1.log": "n +"}).prepare()


def judged(change):
    """A grading in which the reports are changed by ``change`` before anyone sees them."""

    def mark(given, homework):
        report = MARK(given, homework)
        parts = tuple(replace(part, items=tuple(change(item) for item in part.items)) for part in report.parts)
        return replace(report, parts=parts)

    return mark


def with_credit(item, credit, verdict=""):
    verdict = verdict or ("correct" if credit == 1 else "incorrect")
    return replace(item, finding=replace(item.finding, verdict=type(item.finding.verdict)(verdict), credit=credit))


@pytest.mark.parametrize(
    ("change", "list_"),
    [
        (lambda item: with_credit(item, Fraction(1)), "escaped"),
        (lambda item: with_credit(item, Fraction(0), "review"), "escaped"),
        (lambda item: with_credit(item, Fraction(0)), "unearned"),
    ],
)
def test_a_rubric_that_does_not_bite_is_found_out(monkeypatch, change, list_):
    monkeypatch.setattr(audit.grading, "mark", judged(change))
    found = audit.run(part_of("2.2.2"), 1)
    assert found.losses
    assert found.lost(list_)
    if list_ == "escaped":
        assert found.counts["caught"] == 0
        assert len(found.lost("escaped")) == found.counts["mutants"]
        assert "Escaped" in plain(audit.blocks(found))


def test_points_lost_next_door_are_found_out(monkeypatch):
    def mark(given, homework):
        report = MARK(given, homework)
        right = all(item.finding.credit == 1 for item in report.items)
        items = tuple(item if right else with_credit(item, Fraction(0)) for item in report.parts[0].items)
        return replace(report, parts=(replace(report.parts[0], items=items),))

    monkeypatch.setattr(audit.grading, "mark", mark)
    found = audit.run(part_of("2.2.2"), 1)
    assert found.counts["caught"] == 0
    assert len(found.lost("spilled")) == found.counts["mutants"]


def test_a_mutant_that_costs_its_process_escapes(monkeypatch):
    calls = iter(range(10**6))

    def mark(given, homework):
        return os._exit(3) if next(calls) else MARK(given, homework)

    monkeypatch.setattr(audit.grading, "mark", mark)
    found = audit.run(part_of("2.2.2"), 1)
    assert found.lost("escaped")
    assert "status 3" in found.lost("escaped")[0].reason


@pytest.mark.parametrize(
    ("item", "path", "other", "same"),
    [
        ("2.2.2.time", ("2.2.2", "time"), "n*n", True),
        ("2.2.2.time", ("2.2.2", "time"), "n**2 + 1", False),
        ("2.2.2.time", ("2.2.2", "time"), "O(n**2)", False),
        ("2.4.forward_better_when", ("2.4", "forward_better_when"), "n < m", True),
        ("2.4.forward_better_when", ("2.4", "forward_better_when"), "n <= m", False),
        ("2.2.1.H", ("2.2.1", "H"), "[1, 2, 3]^T [1, 2, 3]", True),
        ("2.3.z", ("2.3", "z"), [6, 12, 19], False),
        ("1.1", ("1.1", "W1"), [[-4, 0, 0, 4], [0, -2, 0, 2], [0, 0, -2, 2]], True),
        ("1.1", ("1.1", "W1"), [[0, -2, 0, 2], [-2, 0, 0, 2], [0, 0, -2, 2]], True),
        ("1.1", ("1.1", "W1"), [[-1, 0, 0, 1], [0, -2, 0, 2], [0, 0, -2, 2]], False),
        ("1.1", ("1.1", "b2"), 1, False),
        ("1.2", ("1.2", "layers", 2, "activation"), "I(z > 0)", True),
        ("1.2", ("1.2", "layers", 2, "activation"), "I(z = 1)", False),
        ("2.1.2.y_bar", ("2.1.2", "y_bar"), "P y'_bar", True),
        ("2.1.2.y_bar", ("2.1.2", "y_bar"), "diag(y') y'_bar", False),
        ("2.1.2.y_bar", ("2.1.2", "where", "P"), "y' y'^T", False),
        ("2.1.2.g2_bar", ("2.1.2", "where", "P"), "y' y'^T", True),
        ("2.1.2.x_bar", ("2.1.2", "x_bar"), "W2^T z2_bar + W1^T z1_bar", True),
        ("2.1.2.x_bar", ("2.1.2", "x_bar"), "(z1_bar^T W1)^T + W2^T z2_bar", True),
        ("2.1.2.x_bar", ("2.1.2", "x_bar"), "W1 z1_bar + W2^T z2_bar", False),
        ("2.1.2.z2_bar", ("2.1.2", "z2_bar"), "g1 ∘ (1 - g1) ∘ g1_bar", True),
        ("2.1.1", ("2.1.1", "edges"), ["x -> z1"], False),
    ],
)  # fmt: skip
def test_brute_force_tells_meanings_apart(item, path, other, same):
    sheet = audit.replaced(SHEET, path, other)
    assert audit.same(CONFIG.item(item), CONFIG, SHEET, sheet) is same


def test_mutants_can_all_be_read_and_differ_from_the_reference():
    for item in CONFIG.items:
        found = list(audit.mutants(item, CONFIG, SHEET))
        assert len(found) >= 3
        for one in found:
            assert one.sheet != SHEET
            assert one.sheet.keys() == SHEET.keys()


@given(st.sampled_from(["n**2 + 3*n", "2*(m + n + m*n)", "n*(2*n + m)", "3*m*n - 1"]))
def test_slips_read_back_as_they_were_made(text):
    node = reading.formula(text, ("n", "m")).node
    found = list(slips.mutants(node, slips.formula(("n", "m"))))
    assert {"a sign", "a coefficient", "a bias off by one", "a dropped factor", "an exponent"} <= {
        slip for slip, _ in found
    }
    values = {"n": Fraction(3), "m": Fraction(5)}
    for _, other in found:
        again = reading.formula(writing.text(other), ("n", "m")).node
        assert brute_force.value(again, values) == brute_force.value(other, values)
