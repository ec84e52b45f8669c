"""The rubric put to the test: what is right earns every point, and what is not loses some, where it is wrong.

The reference, what it accepts, and its mutants are marked as submissions would be.
"""

from __future__ import annotations

import copy
import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from grader import answers, grading, kinds
from grader.assignment.answer_key import AnswerKey
from grader.assignment.config import Config, Item
from grader.frozen import frozen
from grader.mutation.mutants import Path
from grader.processes import pool, system
from grader.report import Block, Paragraph, Table, Verdict
from grader.reporters import visible
from grader.submission import Submission

_MEGABYTES = 2048
_UNDEFINED = object()
Progress = Callable[[int, int], None]
Sheet = dict[str, Any]
"""Answers as an ``answers.yaml`` holds them."""


@frozen
class Trial:
    """A sheet to be marked: the reference's own answers, or what is ``typed`` in place of one of them.

    ``credit`` is what ``item`` is to get; a mutant, whose item has a slip, is to lose some and has none.
    """

    sheet: Sheet
    item: str = ""
    slip: str = "the reference"
    typed: str = ""
    credit: Fraction | None = Fraction(1)


@frozen
class Loss:
    """Something the rubric does not tell apart as it should; ``reason`` says what happened to it."""

    item: str
    slip: str
    typed: str
    reason: str


@frozen
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
    whole = sheet(key, config)
    trials = [Trial(whole)]
    for item in config.items:
        for other in key.expected[item.name].accepted if item.name in key.expected else ():
            changed = replaced(whole, (item.part, *item.path), other.answer)
            trials.append(Trial(changed, item.name, "an accepted answer", str(other.answer), other.credit))
        trials += mutants(item, config, whole)

    def work(job: dict[str, Any], say: pool.Say) -> dict[str, Any]:
        trial = trials[job["trial"]]
        is_same = trial.credit is None and same(config.item(trial.item), config, whole, trial.sheet)
        return {"marks": _marks(homework, trial.sheet), "same": is_same}

    asked = ({"trial": number} for number in range(len(trials)))
    seconds = 2 * float(config.limits.deadline)
    found: list[_Counted] = []
    for done, outcome in enumerate(pool.run(asked, work, jobs or system.cores(), seconds, _MEGABYTES), 1):
        found += _counted(trials[outcome.job["trial"]], outcome)
        progress(done, len(trials))
    counts = Counter(name for name, loss in found if loss is None)
    losses = {
        name: tuple(loss for other, loss in found if other == name and loss is not None)
        for name in ("unearned", "escaped", "spilled", "punished")
    }
    return Audit(
        len(config.items), counts["alternatives"], counts["mutants"], counts["caught"], counts["same"], **losses
    )


def sheet(key: AnswerKey, config: Config) -> Sheet:
    """The reference's answers as an ``answers.yaml`` would hold them."""
    whole: Sheet = {}
    for name, answer in key.answers.items():
        if name in config.parts:
            whole[name] = copy.deepcopy(answer)
        else:
            item = config.item(name)
            _put(whole, (item.part, *item.path), copy.deepcopy(answer))
    return whole


def replaced(whole: Sheet, path: Path, answer: Any) -> Sheet:
    """The sheet with another answer in one place."""
    changed = copy.deepcopy(whole)
    _put(changed, path, answer)
    return changed


def _put(whole: Any, path: Path, answer: Any) -> None:
    *way, last = path
    for step in way:
        whole = whole.setdefault(step, {}) if isinstance(whole, dict) else whole[step]
    whole[last] = answer


def mutants(item: Item, config: Config, whole: Sheet) -> Iterator[Trial]:
    """Every mutant of one item; two slips that give the same text are one mutant."""
    seen = set()
    for slip, inside, answer in kinds.of(item, config).changes(item, config, whole[item.part]):
        path = (item.part, *inside)
        mark = (path, str(answer))
        changed = replaced(whole, path, answer)
        if mark not in seen and changed != whole:
            seen.add(mark)
            yield Trial(changed, item.name, slip, f"{'.'.join(map(str, path))}: {answer}", None)


def same(item: Item, config: Config, base: Sheet, other: Sheet) -> bool:
    """Whether a sheet gives one item the meaning that it has in ``base``, as far as trying can tell."""
    behaviour = kinds.of(item, config).behaviour
    ways = (behaviour(item, config, base[item.part], one[item.part]) for one in (base, other))
    return all(left == right for left, right in itertools.zip_longest(*ways, fillvalue=_UNDEFINED))


def _marks(homework: grading.Homework, sheet: Sheet) -> dict[str, list[str]]:
    """Credit, verdict and code of each item, for a sheet handed in as a submission."""
    # JSON is YAML, and quotes every text.
    text = json.dumps(sheet, ensure_ascii=False, indent=1)
    report = grading.mark(answers.read(Submission(text.encode()), homework.config), homework)
    return {
        item.item: [str(item.finding.credit), item.finding.verdict.value, item.finding.code] for item in report.items
    }


_Counted = tuple[str, "Loss | None"]


def _counted(trial: Trial, outcome: pool.Outcome) -> Iterator[_Counted]:
    """What one trial adds to an audit: one more of a count, or a loss in one of the lists."""
    mutant = trial.credit is None

    def lost(where: str, item: str, reason: str) -> _Counted:
        return where, Loss(item, trial.slip, trial.typed, reason)

    if outcome.result is None:
        yield lost("escaped" if mutant else "unearned", trial.item, outcome.fault)
        return
    marks = outcome.result["marks"]
    others = {name: mark for name, mark in marks.items() if Fraction(mark[0]) < 1 and name != trial.item}
    for name, mark in others.items():
        yield lost("spilled" if mutant else "unearned", name, _described(mark))
    if not trial.item:
        return
    credit, verdict, _ = marks[trial.item]
    if not mutant:
        yield "alternatives", None
        if Fraction(credit) != trial.credit:
            yield lost("unearned", trial.item, f"{_described(marks[trial.item])}, not {trial.credit}")
    elif outcome.result["same"]:
        yield "same", None
        if Fraction(credit) < 1:
            yield lost("punished", trial.item, _described(marks[trial.item]))
    else:
        yield "mutants", None
        if Fraction(credit) == 1 or verdict == Verdict.REVIEW.value:
            yield lost("escaped", trial.item, _described(marks[trial.item]))
        elif not others:
            yield "caught", None


def _described(mark: list[str]) -> str:
    credit, verdict, code = mark
    return f"{verdict} ({code}), {credit} of the points"


def blocks(audit: Audit) -> tuple[Block, ...]:
    """What was tried, how many mutants were caught, and a list of whatever was not marked as it should be."""
    others = f", {audit.alternatives} further accepted answer{'s' if audit.alternatives != 1 else ''}"
    earned = f"The reference earns every point in all {audit.items} items{others if audit.alternatives else ''}."
    if audit.unearned:
        earned = "The reference, or an answer that it accepts, does not earn what it should."
    caught = f"{audit.caught} of {audit.mutants} mutants of it were caught: they lost points in their own item alone."
    kept = f"{audit.same} more mean the same as the reference, by brute force"
    kept += f"; {len(audit.punished)} of them lost points." if audit.punished else ", and kept their points."
    found: list[Block] = [Paragraph(text) for text in (earned, caught, kept)]
    for losses, caption in (
        (audit.unearned, "Not earned"),
        (audit.escaped, "Escaped: wrong, and not marked so"),
        (audit.spilled, "Points lost in another item"),
        (audit.punished, "Lost points, though no input tells it from the reference"),
    ):
        if losses:
            ordered = sorted(losses, key=lambda loss: (loss.item, loss.slip, loss.typed))
            table = Table(("item", "slip", "typed", "marked"), tuple(map(_row, ordered)), caption)
            found += [Paragraph(""), table]
    return tuple(found)


def _row(loss: Loss) -> tuple[str, ...]:
    shown = (visible.text(text.replace("\n", " "), keep="", limit=160) for text in (loss.typed, loss.reason))
    return loss.item, loss.slip, *shown
