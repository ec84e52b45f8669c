"""The run over one submission: what each item gets, whatever becomes of the check that judges it."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from grader import kinds
from grader.answers import Answer, Answers
from grader.assignment import answer_key, config as configuration
from grader.assignment.answer_key import AnswerKey
from grader.assignment.config import Config, Item
from grader.decisions import Decision
from grader.grading import shares
from grader.report import Block, Decided, Finding, ItemReport, Paragraph, PartReport, Report, Verdict


@dataclass(frozen=True)
class Homework:
    """A config and its answer key; a student's own check has none.

    What is compiled from them is kept for the next submission.
    """

    config: Config
    key: AnswerKey | None = None
    _kept: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def prepare(self) -> Homework:
        """Compiles everything, so that a faulty config or reference is found before the first submission.

        Raises ``config.Faulty`` with every mistake, or ``answer_key.Faulty``.
        """
        mistakes: list[str] = []
        wrong: list[str] = []
        for name in self.config.parts:
            try:
                self.problem(name)
            except configuration.Faulty as faulty:
                mistakes.extend(faulty.messages)
            except answer_key.Faulty as faulty:
                wrong.append(str(faulty))
        if mistakes:
            raise configuration.Faulty(*dict.fromkeys(mistakes))
        if wrong:
            raise answer_key.Faulty("\n".join(wrong))
        return self

    def problem(self, part: str) -> Any:
        """What the answers to a part are held against, as its kind compiles it. Raises as ``prepare`` does."""
        if part not in self._kept:
            row = kinds.PARTS[self.config.parts[part].kind]
            self._kept[part] = row.problem(part, self.config, self.key)
        return self._kept[part]


Emit = Callable[[ItemReport], None]
Findings = Mapping[str, Finding]
Judge = Callable[[Homework, tuple[Item, ...], Answers], Findings]


def ignore(_: ItemReport) -> None:
    """Where nobody waits for the items one by one."""


def mark(
    given: Answers,
    homework: Homework,
    *,
    emit: Emit = ignore,
    judge: Judge | None = None,
    readings: Mapping[str, Decision] = MappingProxyType({}),
) -> Report:
    """The report of answers that have been read; ``emit`` is given each item as soon as it is marked.

    Raises nothing for what a student did: an answer that cannot be judged is ``invalid``, ``missing`` or ``review``.
    Without an answer key, which is a student's own check, what that may not judge has the code ``self_check.read``.
    Cheap answers are judged first; each has its own share of what time and memory there is. ``judge`` gives the
    findings for items that are judged together, in the stead of ``judged``. ``readings`` says, by item, which answers
    are as a person has read them.
    """
    config = homework.config
    marked: dict[str, ItemReport] = {}
    faults: list[str] = []
    groups = sorted(_together(config), key=lambda items: _cost(items, given, config))
    clock = shares.Clock(config.limits.processor_seconds, len(groups))
    for item in (item for items in groups if _cost(items, given, config) for item in items):
        if given.items[item.name].status == "read":  # should the process itself be stopped, this is what is known
            emit(_item(item, given.items[item.name], _stopped(shares.TIME), readings.get(item.name)))
    for items in groups:
        outcome = _outcome(items, given, homework, judge or judged, clock.next_share())
        faults.extend(outcome.faults)
        for item in items:
            answer, finding = given.items[item.name], outcome.findings[item.name]
            marked[item.name] = _item(item, answer, finding, readings.get(item.name))
            emit(marked[item.name])
    return report(config, marked, given.messages, tuple(faults))


def judged(homework: Homework, items: tuple[Item, ...], given: Answers) -> Findings:
    """A finding for each item of a group that could be read, or that a student's program answers."""
    row = kinds.of(items[0], homework.config)
    read = [item for item in items if given.items[item.name].status == "read"]
    if not read and not _runs_program(items, given, homework.config):
        return {}
    asked = kinds.Question(items, given, homework.problem(items[0].part), homework.config)
    if homework.key is None and not row.self_check(homework.config.self_check):
        return {item.name: replace(_UNMARKED, exhibit=row.drawn(asked)) for item in read}
    return row.judge(asked)


_UNMARKED = Finding(Verdict.REVIEW, (Paragraph("Read; marked after submission."),), "self_check.read")


def _together(config: Config) -> Iterator[tuple[Item, ...]]:
    """The items that are judged in one go."""
    for name, part in config.parts.items():
        items = config.items_of(name)
        yield from [items] if kinds.PARTS[part.kind].together else [(item,) for item in items]


def _cost(items: tuple[Item, ...], given: Answers, config: Config) -> int:
    """What answers come in the order of: 0 for those judged in milliseconds, then a program, then networks by size."""
    answer = given.items[items[0].name]
    size = kinds.of(items[0], config).size
    if size is not None and answer.status == "read":
        return 2 + size(answer.value)
    return int(_runs_program(items, given, config))


def _runs_program(items: tuple[Item, ...], given: Answers, config: Config) -> bool:
    """Whether a program of the student's may be run for these items."""
    return given.program is not None and kinds.of(items[0], config).program


def report(
    config: Config, marked: Mapping[str, ItemReport], messages: tuple[Block, ...] = (), faults: tuple[str, ...] = ()
) -> Report:
    """Items under their parts, in the order of the config."""
    parts = tuple(
        PartReport(name, part.title, tuple(marked[item.name] for item in config.items_of(name)))
        for name, part in config.parts.items()
    )
    return Report(config.title, parts, messages, faults)


def outline(config: Config) -> Report:
    """The report of a submission of which nothing was marked."""
    waiting = Finding(Verdict.REVIEW, (Paragraph("This answer has not been marked yet."),), "grader.not_marked")
    return report(config, {item.name: _blank(item, waiting) for item in config.items})


@dataclass(frozen=True)
class _Outcome:
    findings: Findings
    faults: tuple[str, ...] = ()


def _outcome(items: tuple[Item, ...], given: Answers, homework: Homework, judge: Judge, seconds: float) -> _Outcome:
    settled = {item.name: finding for item in items if (finding := _unread(given.items[item.name])) is not None}
    try:
        with shares.bounded(seconds, memory=not _runs_program(items, given, homework.config)):
            found = judge(homework, items, given)
    except shares.Stopped as stopped:
        return _Outcome({**{item.name: _stopped(str(stopped)) for item in items}, **settled})
    except Exception:  # the one place: a fault of ours is told to the instructor and costs no points unseen
        names = ", ".join(item.name for item in items)
        fault = f"{names}: {traceback.format_exc()}"
        found = {item.name: _fault() for item in items if item.name not in settled}
        return _Outcome({**settled, **found}, (fault,))
    return _Outcome({**settled, **found})


def _unread(answer: Answer) -> Finding | None:
    if answer.status == "missing":
        return Finding(Verdict.MISSING, answer.blocks or (Paragraph("No answer was given."),), "missing")
    if answer.status == "invalid":
        return Finding(Verdict.INVALID, answer.blocks, "invalid")
    if answer.status == "open":
        return Finding(Verdict.REVIEW, answer.blocks, "open")
    return None


def _stopped(bound: str) -> Finding:
    message = f"To judge this answer would take {bound}: a limit, not a mistake. A person has to look; nothing is lost."
    return Finding(Verdict.REVIEW, (Paragraph(message),), "grader.limit")


def _fault() -> Finding:
    says = (
        "The grader ran into a fault of its own here, so this answer is not marked yet: an instructor will look at it."
    )
    return Finding(Verdict.REVIEW, (Paragraph(says),), "grader.fault")


def _item(item: Item, answer: Answer, finding: Finding, reading: Decision | None) -> ItemReport:
    blocks = (*finding.blocks, *(Paragraph(remark) for remark in answer.remarks))
    decided: tuple[Decided, ...] = ()
    if reading is None:
        finding = _unconfirmed(item, answer, replace(finding, blocks=blocks))
    else:
        says = f"A person has read this answer as “{reading.read_as}”. {reading.message}".strip()
        finding = replace(finding, blocks=(Paragraph(says), *blocks))
        decided = (reading.record(),)
    return replace(
        _blank(item, finding),
        decided=decided,
        typed=answer.typed,
        understood=answer.understood,
        mathml=answer.mathml,
        line=answer.line,
        taken=answer.taken,
    )


def _unconfirmed(item: Item, answer: Answer, finding: Finding) -> Finding:
    """A finding on an answer that was found and not marked: it can earn, and cannot lose."""
    if answer.taken is None or answer.taken.how != "found" or finding.verdict in _EARNED:
        return finding
    confirm = Paragraph(f"To have it marked as it stands, mark it as {item.name}, or type it into answers.yaml.")
    if finding.verdict is Verdict.PARTIAL:
        says = "This was found in your write-up, and counts so far; a person will confirm it."
        return replace(finding, blocks=(*finding.blocks, Paragraph(says), confirm))
    would = "cannot be read" if finding.verdict is Verdict.INVALID else "would be incorrect"
    says = f"This was found in your write-up, and {would}. A person will look at it."
    blocks = (Paragraph(says), *finding.blocks, confirm)
    return Finding(Verdict.REVIEW, blocks, "found.unconfirmed", canonical=finding.canonical)


_EARNED = (Verdict.CORRECT, Verdict.MISSING, Verdict.REVIEW)


def _blank(item: Item, finding: Finding) -> ItemReport:
    return ItemReport(item.name, item.part, item.title, item.points, finding, visibility=item.visibility)
