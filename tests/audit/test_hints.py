"""A hint gives nothing away: every example and every mutant of the reference, searched for answers in any spelling."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import leaks
import pytest

from grader import answers, audit, grading, slips
from grader.assignment import answer_key, config
from grader.report import Paragraph, Report, Table, Verdict, hints, plain

ROOT = Path(__file__).resolve().parents[2]
CONFIG = config.load(ROOT / "config.yaml")
KEY = answer_key.load(ROOT / "reference", CONFIG)
HOMEWORK = grading.Homework(CONFIG, KEY).prepare()
WHOLE = audit.sheet(KEY, CONFIG)
EXAMPLES = sorted(path for path in (ROOT / "submissions_example").iterdir() if path.is_dir())


def messages(report: Report) -> str:
    """What judging says of answers that could be read: no reader knows an answer."""
    judged = (item.finding for item in report.items if item.finding.verdict is not Verdict.INVALID)
    return "\n".join(plain(finding.blocks) for finding in judged)


def given_away(report: Report) -> list[str]:
    """The answers, right values and ways to mend an answer that the hints of a report tell."""
    text = messages(hints(report)).replace("N×N", "a square")  # a shape is no count
    found = [*leaks.told(text), *leaks.equations_told(text), *leaks.edges_told(text)]
    found += map(str, leaks.arrays_told(text))
    found += re.findall(r"right is.*|the gradient is .*|other way round|exchange|transpose is|stands where", text)
    found += [slips.FLIPPED] if slips.FLIPPED in text else []
    for item, hinted in zip(report.items, hints(report).items):
        for block in item.finding.blocks:
            if isinstance(block, Table) and "the gradient is" in block.rows[-1]:
                value = block.rows[-1][1]
                # A short one may be a size.
                found += [value] if len(value) > 3 and value in plain(hinted.finding.blocks) else []
    for item in hints(report).items:
        found += ["a drawing of the edges"] if (item.finding.exhibit or {}).get("missing") else []
    return found


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_no_example_is_told_an_answer(example):
    report = grading.mark(answers.of(example, CONFIG), HOMEWORK)
    assert given_away(report) == []
    kept = [replace(item, finding=replace(item.finding, blocks=(), exhibit=None)) for item in report.items]
    hinted = hints(report).items
    assert kept == [replace(item, finding=replace(item.finding, blocks=(), exhibit=None)) for item in hinted]
    assert all(item.finding.blocks for item in hinted if item.finding.verdict is not Verdict.MISSING)


def alone(mutant: audit.Trial) -> dict[str, object]:
    """The part of a mutant's sheet that its item needs."""
    item = CONFIG.item(mutant.item)
    part = mutant.sheet[item.part]
    if item.kind == "equation":
        return {item.part: {"where": part["where"], item.path[0]: part[item.path[0]]}}
    return {item.part: part}


@pytest.mark.parametrize("part", [part for part in CONFIG.parts if part != "1.2"])
def test_no_mutant_is_told_an_answer(part, tmp_path):
    some = config.load(ROOT / "config.yaml").model_copy(update={"parts": {part: CONFIG.parts[part]}})
    homework = replace(HOMEWORK, config=some)
    count = 0
    for item in homework.config.items:
        for mutant in audit.mutants(item, CONFIG, WHOLE):
            (tmp_path / "answers.yaml").write_text(json.dumps(alone(mutant), ensure_ascii=False), encoding="utf-8")
            report = grading.mark(answers.of(tmp_path, homework.config), homework)
            assert given_away(report) == [], (mutant.item, mutant.typed)
            (one,) = (each for each in hints(report).items if each.item == item.name)
            assert one.finding.blocks, (mutant.item, mutant.typed)
            count += 1
    assert count


def test_the_search_is_not_blind():
    def report(*blocks):
        whole = grading.outline(CONFIG)
        item = whole.parts[0].items[0]
        told = replace(item, finding=replace(item.finding, blocks=blocks))
        return replace(whole, parts=(replace(whole.parts[0], items=(told,)),))

    telling = [
        "It is n^2 + 3n.",
        "Missing: g1 -> g2.",
        "z is (6, 12, 18).",
        "y_bar = P^T y'_bar",
        "right is 4",
        slips.FLIPPED,
    ]
    for text in telling:
        assert given_away(report(Paragraph(text))), text
        assert not given_away(report(Paragraph(text, hint="It is not right.")))
        assert given_away(report(Paragraph("It is not right.", hint=text))), text


def test_a_wrong_program_is_told_no_right_value(tmp_path):
    program = (ROOT / "submissions_example" / "python_program" / "backprop.py").read_text(encoding="utf-8")
    twice = "\n_right = backward\ndef backward(v):\n    return {name: 2 * value for name, value in _right(v).items()}\n"
    (tmp_path / "backprop.py").write_text(program + twice, encoding="utf-8")
    report = grading.mark(answers.of(tmp_path, CONFIG), HOMEWORK)
    assert "the gradient is" in messages(report)
    assert given_away(report) == []
    assert "your program gives" in messages(hints(report))
