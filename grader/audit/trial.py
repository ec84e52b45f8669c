"""The rubric put to the test: the reference, what it accepts, and its mutants, each marked as a submission would be."""

from __future__ import annotations

import json
import os
from collections import Counter
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


_Told = tuple[str, Loss | None]


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
    told: list[_Told] = []

    def work(trial: dict[str, Any], say: pool.Say) -> dict[str, Any]:
        marks = _marks(homework, trial["sheet"])
        same = trial["kind"] == "mutant" and sheets.same(config.item(trial["item"]), config, whole, trial["sheet"])
        return {"marks": marks, "same": same}

    seconds = 2 * float(config.limits.deadline)
    for done, outcome in enumerate(pool.run(iter(trials), work, jobs or _cores(), seconds, _MEGABYTES), 1):
        told += _told(outcome)
        progress(done, len(trials))
    counts = Counter(count for count, loss in told if loss is None)
    return Audit(
        len(config.items), counts["alternatives"], counts["mutants"], counts["caught"], counts["same"],
        _losses("unearned", told), _losses("escaped", told), _losses("spilled", told), _losses("punished", told),
    )  # fmt: skip


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


def _told(outcome: pool.Outcome) -> Iterator[_Told]:
    """What one trial adds to an audit: one more of a count, or a loss in one of the lists."""
    trial = outcome.job
    item, kind = trial["item"], trial["kind"]

    def lost(where: str, name: str, why: str) -> _Told:
        return where, Loss(name, trial["slip"] or "the reference", trial["typed"], why)

    if outcome.result is None:
        yield lost("escaped" if kind == "mutant" else "unearned", item, outcome.fault)
        return
    marks = outcome.result["marks"]
    others = {name: mark for name, mark in marks.items() if Fraction(mark[0]) < 1 and name != item}
    yield from (lost("spilled" if kind == "mutant" else "unearned", name, _said(mark)) for name, mark in others.items())
    if kind != "mutant":
        yield from [("alternatives", None)] if kind == "accepted" else []
        if item and Fraction(marks[item][0]) != Fraction(trial["credit"]):
            yield lost("unearned", item, f"{_said(marks[item])}, not {trial['credit']}")
        return
    credit, verdict, _ = marks[item]
    if outcome.result["same"]:
        yield "same", None
        if Fraction(credit) < 1:
            yield lost("punished", item, _said(marks[item]))
        return
    yield "mutants", None
    if Fraction(credit) == 1 or verdict == Verdict.REVIEW.value:
        yield lost("escaped", item, _said(marks[item]))
    elif not others:
        yield "caught", None


def _losses(where: str, told: list[_Told]) -> tuple[Loss, ...]:
    return tuple(loss for name, loss in told if name == where and loss is not None)


def _said(mark: list[str]) -> str:
    credit, verdict, code = mark
    return f"{verdict} ({code}), {credit} of the points"


def in_order(losses: tuple[Loss, ...]) -> Iterator[Loss]:
    """By item, then by slip."""
    return iter(sorted(losses, key=lambda loss: (loss.item, loss.slip, loss.typed)))
