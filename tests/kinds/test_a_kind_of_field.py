"""A kind that nobody foresaw, added as ``docs/adding-a-kind.md`` says: a row, a reader and a check."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from grader import answers, audit, grading, kinds, trying
from grader.assignment import answer_key, config
from grader.assignment.part_kinds import FIELD_KINDS, FieldKind
from grader.checks import target
from grader.language.nodes import Node, Number
from grader.language.reading import Reading
from grader.language.reading.source import located
from grader.language.unreadable import Unreadable
from grader.package import templates
from grader.report import Paragraph, correct, incorrect
from grader.reporters import terminal
from grader.slips import Slip
from grader.submission import Submission

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven")
CONFIG = """
title: Words
parts:
  "1":
    title: Polygons
    kind: fields
    points: 2
    items:
      sides: {kind: count_word, title: sides of a triangle}
      z: {kind: vector, shape: [2]}
"""
REFERENCE = """
ANSWERS = {"1.sides": "three", "1.z": [1, 2]}
ACCEPTED = {"1.sides": [{"answer": "four", "credit": "1/2", "message": "That is a square."}]}
"""


def read(text: str, symbols: tuple[str, ...]) -> Reading:
    """A small number, as a word or in digits."""
    word = text.strip().lower()
    found = WORDS.index(word) if word in WORDS else int(word) if word.isdecimal() else None
    if found is None:
        with located(text):
            raise Unreadable("read.count", "This is no count.", (0, len(text)))
    node = Number(Fraction(found))
    return Reading(node, (node,))


def judge(read, expected, symbols, shares):
    canonical = str(read.node.value)
    if read.node == expected.answer:
        return correct("count.equal", Paragraph("This is the right count."), canonical=canonical)
    for alternative in expected.accepted:
        if read.node == alternative.answer:
            return target.finding(alternative, "count.accepted", canonical)
    return incorrect("count.differs", Paragraph("This is another count."), canonical=canonical)


def slips(symbols):
    def miscounted(node: Node):
        assert isinstance(node, Number)
        yield Number(node.value + 2)

    return (Slip("a coefficient", miscounted),)


@pytest.fixture
def homework(monkeypatch, tmp_path):
    monkeypatch.setitem(FIELD_KINDS, "count_word", FieldKind())
    row = kinds.FieldKind(read, judge, "a count, as a word", "A count, such as 'seven'.", slips)
    monkeypatch.setitem(kinds.FIELDS, "count_word", row)
    (tmp_path / "words").mkdir()
    (tmp_path / "words/__init__.py").write_text(REFERENCE)
    stated = config.read(CONFIG)
    return grading.Homework(stated, answer_key.load(tmp_path / "words", stated)).prepare()


def test_the_two_tables_name_the_same_kinds():
    assert list(kinds.FIELDS) == list(FIELD_KINDS)


@pytest.mark.parametrize(
    ("typed", "verdict", "credit"),
    [
        ("Three", "correct", 1),
        ("3", "correct", 1),
        ("four", "partial", Fraction(1, 2)),
        ("seven", "incorrect", 0),
        ("a few", "invalid", 0),
        ("", "missing", 0),
        ("[1, 2]", "invalid", 0),
    ],
)
def test_it_is_marked_and_shown(homework, tmp_path, typed, verdict, credit):
    (tmp_path / "answers.yaml").write_text(f'"1": {{sides: {typed}, z: [1, 2]}}')
    report = grading.mark(answers.of(tmp_path, homework.config), homework)
    sides, z = report.items
    assert (sides.finding.verdict, sides.finding.credit, z.finding.verdict) == (verdict, credit, "correct")
    assert "sides of a triangle" in terminal.render(report)


def test_it_is_tried_alone(homework):
    row = {"id": 1, "kind": "count_word", "reference": "three", "text": "3"}
    (found,) = trying.rows([json.dumps(row)], lambda name, text: {})
    assert found == {"id": 1, "verdict": "correct", "understood": "3", "message": "This is the right count."}


def test_a_student_is_asked_for_it_and_may_check_what_was_read(homework, tmp_path):
    assert "sides of a triangle: a count, as a word" in templates.answers(homework.config)
    assert "A count, such as 'seven'." in json.dumps(templates.schema(homework.config))
    given = answers.read(Submission(templates.answers(homework.config).encode()), homework.config)
    assert {answer.status for answer in given.items.values()} == {"missing"}
    (tmp_path / "answers.yaml").write_text('"1": {sides: three}')
    sides, _ = grading.mark(answers.of(tmp_path, homework.config), grading.Homework(homework.config)).items
    assert (sides.finding.code, sides.understood) == ("self_check.read", "3")


def test_the_audit_puts_its_slips_to_the_test(homework):
    found = audit.run(homework, 1)
    assert not found.losses
    assert found.counts["alternatives"] == 1
    assert found.counts["caught"] == found.counts["mutants"] > 5


def test_a_slip_in_its_name_is_told_with_its_line(homework):
    with pytest.raises(config.Faulty, match=r"config\.yaml:9: .*did you mean 'count_word'\?"):
        config.read(CONFIG.replace("count_word", "count_wrod"))
