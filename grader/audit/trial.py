"""The rubric put to the test: the reference, what it accepts, and its mutants, each marked as a submission would be."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from grader import answers, grading
from grader.audit import sheets
from grader.processes import pool
from grader.report import Verdict
from grader.submission import Submission

_MEGABYTES = 2048
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Loss:
    """Something the rubric does not tell apart as it should; ``why`` says what happened to it."""

    item: str
    slip: str
    typed: str
    why: str


@dataclass(frozen=True)
class Audit:
    """``caught`` of ``mutants`` that change the meaning lost points in their item alone; ``same`` ones kept theirs."""

    items: int
    alternatives: int
    mutants: int
    caught: int
    same: int
    unearned: tuple[Loss, ...]
    escaped: tuple[Loss, ...]
    spilled: tuple[Loss, ...]
    punished: tuple[Loss, ...]

    @property
    def sound(self) -> bool:
        return not (self.unearned or self.escaped or self.spilled or self.punished)


def run(homework: grading.Homework, jobs: int | None = None, progress: Progress = lambda done, of: None) -> Audit:
    """Marks the reference and everything made from it. Raises ``config.Faulty``, ``answer_key.Faulty``."""
    homework.prepare()
    key, config = homework.key, homework.config
    if key is None:
        raise ValueError("an audit needs a reference")
    whole = sheets.sheet(key, config)
    trials: list[dict[str, Any]] = [{"kind": "reference", "item": "", "slip": "", "typed": "", "sheet": whole}]
    for item in config.items:
        for other in key.expected[item.name].accepted if item.name in key.expected else ():
            changed = sheets.replaced(whole, (item.part, *item.path), other.answer)
            typed = str(other.answer)
            trials.append({"kind": "accepted", "item": item.name, "slip": "an accepted answer", "typed": typed,
                           "sheet": changed, "credit": str(other.credit)})  # fmt: skip
        for one in sheets.of(item, config, whole):
            trials.append({"kind": "mutant", "item": item.name, "slip": one.slip, "typed": f"{one.where}: {one.typed}",
                           "sheet": one.sheet})  # fmt: skip
    tally = _Tally(len(config.items))

    def work(trial: dict[str, Any], say: pool.Say) -> dict[str, Any]:
        marks = _marks(homework, trial["sheet"])
        same = trial["kind"] == "mutant" and sheets.same(config.item(trial["item"]), config, whole, trial["sheet"])
        return {"marks": marks, "same": same}

    seconds = 2 * float(config.limits.deadline)
    for done, outcome in enumerate(pool.run(iter(trials), work, jobs or _cores(), seconds, _MEGABYTES), 1):
        tally.take(outcome)
        progress(done, len(trials))
    return tally.audit()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _marks(homework: grading.Homework, sheet: dict[str, Any]) -> dict[str, list[str]]:
    """Credit, verdict and note of each item, for a sheet handed in as a submission."""
    # JSON is YAML, and quotes every text.
    text = json.dumps(sheet, ensure_ascii=False, indent=1)
    report = grading.mark(answers.read(Submission(text.encode()), homework.config), homework)
    return {
        item.item: [str(item.finding.credit), item.finding.verdict.value, item.finding.code] for item in report.items
    }


class _Tally:
    def __init__(self, items: int) -> None:
        self._items = items
        self._alternatives = self._mutants = self._caught = self._same = 0
        self._unearned: list[Loss] = []
        self._escaped: list[Loss] = []
        self._spilled: list[Loss] = []
        self._punished: list[Loss] = []

    def take(self, outcome: pool.Outcome) -> None:
        trial = outcome.job
        item, kind = trial["item"], trial["kind"]
        if outcome.result is None:
            self._lose(self._unearned if kind != "mutant" else self._escaped, trial, item, outcome.fault)
            return
        marks = outcome.result["marks"]
        lost = {name: mark for name, mark in marks.items() if Fraction(mark[0]) < 1 and name != item}
        if kind != "mutant":
            self._alternatives += kind == "accepted"
            for name, mark in lost.items():
                self._lose(self._unearned, trial, name, _said(mark))
            if item and Fraction(marks[item][0]) != Fraction(trial["credit"]):
                self._lose(self._unearned, trial, item, f"{_said(marks[item])}, not {trial['credit']}")
            return
        credit, verdict, _ = marks[item]
        if outcome.result["same"]:
            self._same += 1
            if Fraction(credit) < 1:
                self._lose(self._punished, trial, item, _said(marks[item]))
        else:
            self._mutants += 1
            if Fraction(credit) == 1 or verdict == Verdict.REVIEW.value:
                self._lose(self._escaped, trial, item, _said(marks[item]))
            elif not lost:
                self._caught += 1
        for name, mark in lost.items():
            self._lose(self._spilled, trial, name, _said(mark))

    def _lose(self, where: list[Loss], trial: dict[str, Any], item: str, why: str) -> None:
        where.append(Loss(item, trial["slip"] or "the reference", trial["typed"], why))

    def audit(self) -> Audit:
        return Audit(
            self._items, self._alternatives, self._mutants, self._caught, self._same,
            tuple(self._unearned), tuple(self._escaped), tuple(self._spilled), tuple(self._punished),
        )  # fmt: skip


def _said(mark: list[str]) -> str:
    credit, verdict, code = mark
    return f"{verdict} ({code}), {credit} of the points"


def in_order(losses: tuple[Loss, ...]) -> Iterator[Loss]:
    """By item, then by slip."""
    return iter(sorted(losses, key=lambda loss: (loss.item, loss.slip, loss.typed)))
