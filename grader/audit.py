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


LOSSES = {
    "unearned": "Not earned",
    "escaped": "Escaped: wrong, and not marked so",
    "spilled": "Points lost in another item",
    "punished": "Lost points, though no input tells it from the reference",
}
"""What the rubric may do wrong, with the caption of a table of it."""


@frozen
class Loss:
    """Something the rubric does not tell apart as it should; ``reason`` says what happened to it."""

    kind: str
    item: str
    slip: str
    typed: str
    reason: str


@frozen
class Audit:
    """How many accepted ``alternatives`` were tried, and ``mutants`` that change the meaning.

    Of these the ``caught`` ones lost points in their item alone; those with the ``same`` meaning are apart.
    """

    items: int
    counts: Counter[str]
    losses: tuple[Loss, ...]

    def lost(self, kind: str) -> tuple[Loss, ...]:
        mine = (loss for loss in self.losses if loss.kind == kind)
        return tuple(sorted(mine, key=lambda loss: (loss.item, loss.slip, loss.typed)))


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
    found: list[str | Loss] = []
    for done, outcome in enumerate(pool.run(asked, work, jobs or system.cores(), seconds, _MEGABYTES), 1):
        found += _counted(trials[outcome.job["trial"]], outcome)
        progress(done, len(trials))
    counts = Counter(one for one in found if isinstance(one, str))
    return Audit(len(config.items), counts, tuple(one for one in found if isinstance(one, Loss)))


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


def _counted(trial: Trial, outcome: pool.Outcome) -> Iterator[str | Loss]:
    """What one trial adds to an audit: one more of a count, or a loss."""
    is_mutant = trial.credit is None

    def lost(kind: str, item: str, reason: str) -> Loss:
        return Loss(kind, item, trial.slip, trial.typed, reason)

    if outcome.result is None:
        yield lost("escaped" if is_mutant else "unearned", trial.item, outcome.fault)
        return
    marks = {
        name: (Fraction(credit), verdict, f"{verdict} ({code}), {credit} of the points")
        for name, (credit, verdict, code) in outcome.result["marks"].items()
    }
    others = {name: described for name, (credit, _, described) in marks.items() if credit < 1 and name != trial.item}
    for name, described in others.items():
        yield lost("spilled" if is_mutant else "unearned", name, described)
    if not trial.item:
        return
    credit, verdict, described = marks[trial.item]
    if not is_mutant:
        yield "alternatives"
        if credit != trial.credit:
            yield lost("unearned", trial.item, f"{described}, not {trial.credit}")
    elif outcome.result["same"]:
        yield "same"
        if credit < 1:
            yield lost("punished", trial.item, described)
    else:
        yield "mutants"
        if credit == 1 or verdict == Verdict.REVIEW.value:
            yield lost("escaped", trial.item, described)
        elif not others:
            yield "caught"


def blocks(audit: Audit) -> tuple[Block, ...]:
    """What was tried, how many mutants were caught, and a list of whatever was not marked as it should be."""
    counts = audit.counts
    alternatives = counts["alternatives"]
    others = f", {alternatives} further accepted answer{'s' if alternatives != 1 else ''}"
    earned = f"The reference earns every point in all {audit.items} items{others if alternatives else ''}."
    if audit.lost("unearned"):
        earned = "The reference, or an answer that it accepts, does not earn what it should."
    caught = f"{counts['caught']} of {counts['mutants']} mutants of it were caught: they lost points in their own item"
    punished = len(audit.lost("punished"))
    kept = f"; {punished} of them lost points." if punished else ", and kept their points."
    same = f"{counts['same']} more mean the same as the reference, by brute force{kept}"
    found: list[Block] = [Paragraph(text) for text in (earned, f"{caught} alone.", same)]
    for kind, caption in LOSSES.items():
        if losses := audit.lost(kind):
            rows = tuple((loss.item, loss.slip, _short(loss.typed), _short(loss.reason)) for loss in losses)
            found += [Paragraph(""), Table(("item", "slip", "typed", "marked"), rows, caption)]
    return tuple(found)


def _short(text: str) -> str:
    return visible.text(text.replace("\n", " "), keep="", limit=160)
