"""A kind of part that nobody foresaw, added as ``docs/adding-a-kind.md`` says: a model, a reader, a check and a row."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Literal

import pytest
from jsonschema import Draft7Validator

from grader import answers, audit, document, grading, kinds
from grader.assignment import answer_key, config
from grader.assignment.part_kinds import PART_KINDS, Part
from grader.forms import asking
from grader.forms.answer import Answer, Invalid, PartAnswers, Typed, shown, whole
from grader.package import templates
from grader.report import Paragraph, correct, incorrect, plain
from grader.reporters import terminal
from grader.submission import Submission

CONFIG = """
title: Planets
parts:
  "1":
    title: The smallest first
    kind: ranking
    points: 2
    sizes: {Mars: 4, Earth: 6, Venus: 5}
"""
REFERENCE = 'ANSWERS = {"1": {"order": ["Mars", "Venus", "Earth"]}}'


class RankingPart(Part):
    """Things in the order of their sizes."""

    kind: Literal["ranking"]
    sizes: dict[str, int]

    def mistakes(self, procedures):
        if len(self.sizes) < 2:
            yield ("sizes",), "at least two things are expected"

    @property
    def slots(self):
        return ("order",)


def read(typed: Typed) -> PartAnswers:
    value = typed.value
    if isinstance(value, document.Mapping):
        value = next((inner for key, inner in value.entries if key.text == "order"), value)
    if isinstance(value, document.Scalar):
        names = [name.strip() for name in value.text.split(",")]
    elif isinstance(value, document.Sequence):
        names = [entry.text for entry in value.items if isinstance(entry, document.Scalar)]
    else:
        raise Invalid("The field order is missing: a list of the things.", value.line)
    if strange := [name for name in names if name not in typed.part.sizes]:
        raise Invalid(f"{strange[0]} is none of the things.", value.line)
    (item,) = typed.items
    text = shown(typed.file.typed(typed.value))
    return PartAnswers((Answer(item, "read", tuple(names), text, " < ".join(names), line=value.line),))


def judge(order, sizes):
    canonical = " < ".join(order)
    if sorted(sizes, key=sizes.get) == list(order):
        return correct("ranking.right", Paragraph("Every thing is in its place."), canonical=canonical)
    for one, two in pairwise(order):
        if sizes[one] >= sizes[two]:
            return incorrect("ranking.differs", Paragraph(f"{one} is not below {two}."), canonical=canonical)
    return incorrect("ranking.short", Paragraph("Not all things are there."), canonical=canonical)


def changes(item, stated, answer) -> Iterator[tuple[str, tuple[str, ...], list[str]]]:
    order = answer["order"]
    for place in range(len(order)):
        yield "a dropped term", ("order",), [*order[:place], *order[place + 1 :]]
        yield "a swapped unit", ("order",), [*order[:place], *reversed(order[place:])]


ROW = kinds.PartKind(
    read=whole(read),
    judge=lambda asked: {asked.items[0].name: judge(asked.answer.value, asked.problem.sizes)},
    template=lambda part, items: iter([asking.line("order:", f"{len(part.sizes)} things, the smallest first")]),
    schema=lambda part, config: asking.fields({"order": {"type": "array", "items": {"enum": list(part.sizes)}}}),
    changes=changes,
    behaviour=lambda item, config, base, answer: iter(answer["order"]),
)


@pytest.fixture(autouse=True)
def ranking(monkeypatch):
    monkeypatch.setitem(PART_KINDS, "ranking", RankingPart)
    monkeypatch.setitem(kinds.PARTS, "ranking", ROW)


@pytest.fixture
def homework(tmp_path):
    (tmp_path / "planets").mkdir()
    (tmp_path / "planets/__init__.py").write_text(REFERENCE)
    stated = config.read(CONFIG)
    return grading.Homework(stated, answer_key.load(tmp_path / "planets", stated)).prepare()


def test_the_two_tables_name_the_same_kinds():
    assert list(kinds.PARTS) == list(PART_KINDS)


@pytest.mark.parametrize(
    ("typed", "verdict", "message"),
    [
        ("order: [Mars, Venus, Earth]", "correct", "Every thing is in its place."),
        ("Mars, Venus, Earth", "correct", "Every thing is in its place."),
        ("order: [Venus, Mars, Earth]", "incorrect", "Venus is not below Mars."),
        ("order: [Mars, Earth]", "incorrect", "Not all things are there."),
        ("order: [Mars, Pluto]", "invalid", "Pluto is none of the things."),
        ("rank: [Mars]", "invalid", "The field order is missing"),
        ("", "missing", "No answer was given"),
    ],
)
def test_it_is_marked_and_shown(homework, typed, verdict, message):
    report = grading.mark(answers.typed(homework.config.item("1"), typed, homework.config), homework)
    (one,) = report.items
    assert (one.finding.verdict, one.score) == (verdict, 2 * (verdict == "correct"))
    assert message in plain(one.finding.blocks)
    assert "The smallest first" in terminal.render(report)


@pytest.mark.parametrize("text", ["1.order: Mars, Venus, Earth", "1: {order: [Mars, Venus, Earth]}"])
def test_a_write_up_may_mark_it(homework, text):
    assert "1.order:" in templates.markdown(homework.config)
    submission = Submission(None, write_ups={"homework.md": text.encode()})
    (one,) = grading.mark(answers.read(submission, homework.config), homework).items
    assert (one.finding.verdict, one.taken.how) == ("correct", "marked")
    assert "Mars" in answers.as_answers_file(submission, homework.config)


def test_a_student_is_asked_for_it_and_may_check_what_was_read(homework):
    text = templates.answers(homework.config)
    assert "3 things, the smallest first" in text
    given = answers.read(Submission(text.encode()), homework.config)
    assert {answer.status for answer in given.items.values()} == {"missing"}
    known = Draft7Validator(templates.schema(homework.config))
    assert known.is_valid({"1": {"order": ["Mars", "Earth"]}})
    assert not known.is_valid({"1": {"order": ["Pluto"]}})
    given = answers.typed(homework.config.item("1"), "order: [Venus, Mars]", homework.config)
    (one,) = grading.mark(given, grading.Homework(homework.config)).items
    assert (one.finding.code, one.understood) == ("self_check.read", "Venus < Mars")


def test_the_audit_puts_its_slips_to_the_test(homework):
    found = audit.run(homework, 1)
    assert not found.losses
    assert found.counts["caught"] == found.counts["mutants"] == 5


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("ranking", "rankin", r"config\.yaml:6: parts\.1\.kind: .*did you mean 'ranking'\?"),
        ("sizes:", "size:", r"config\.yaml:8: parts\.1\.size: unknown key; did you mean 'sizes'\?"),
        ("Mars: 4, Earth: 6, Venus: 5", "Mars: 4", r"config\.yaml:8: parts\.1\.sizes: at least two things"),
        ("Earth: 6", "Earth: six", r"config\.yaml:8: parts\.1\.sizes\.Earth: a whole number is expected"),
    ],
)
def test_a_mistake_in_the_config_is_told_with_its_line(old, new, message):
    with pytest.raises(config.Faulty, match=message):
        config.read(CONFIG.replace(old, new))
