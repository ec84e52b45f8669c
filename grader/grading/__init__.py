"""One submission, marked: every check run over its answers, and nothing that goes wrong in one able to cost another.

Each answer has its share of processor time and of memory: what a bound stops costs that answer alone.
"""

from __future__ import annotations

import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import field, replace
from types import FrameType, MappingProxyType
from typing import Any

from grader import kinds
from grader.assignment.answer_key import AnswerKey
from grader.assignment.config import Config, Item
from grader.assignment.faults import Faulty
from grader.decisions import Decision
from grader.forms.answer import Answer, Answers
from grader.frozen import frozen
from grader.processes import system
from grader.report import LONGEST_MATHML, Block, Decided, Finding, ItemReport, Paragraph, PartReport, Report, Verdict

MEMORY_BYTES = 250_000_000
"""For one answer, on top of what the process has taken before."""
_LOADING_SECONDS = 8.0

TIME = "more processor time than the grader has for one answer"
MEMORY = "more memory than the grader has for one answer"

_EARNED = (Verdict.CORRECT, Verdict.MISSING, Verdict.REVIEW)
_UNREAD = {"missing": Verdict.MISSING, "invalid": Verdict.INVALID, "open": Verdict.REVIEW}


@frozen
class Homework:
    """A config and its answer key; a student's own check has none.

    What is compiled from them is kept for the next submission.
    """

    config: Config
    key: AnswerKey | None = None
    _kept: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def prepare(self) -> Homework:
        """Compiles everything, so that a faulty config or reference is found before the first submission.

        Raises ``Faulty`` with every mistake.
        """
        mistakes: list[str] = []
        for name in self.config.parts:
            try:
                self.problem(name)
            except Faulty as faulty:
                mistakes += faulty.messages
        if mistakes:
            raise Faulty(*dict.fromkeys(mistakes))
        return self

    def problem(self, part: str) -> Any:
        """What the answers to a part are held against, as its kind compiles it. Raises as ``prepare`` does."""
        if part not in self._kept:
            row = kinds.PARTS[self.config.parts[part].kind]
            self._kept[part] = row.problem(part, self.config, self.key)
        return self._kept[part]


Emit = Callable[[ItemReport], None]
Findings = Mapping[str, Finding]


def mark(
    given: Answers,
    homework: Homework,
    *,
    emit: Emit = lambda item: None,
    readings: Mapping[str, Decision] = MappingProxyType({}),
) -> Report:
    """The report of answers that have been read; ``emit`` is given each item as soon as it is marked.

    Raises nothing for what a student did: an answer that cannot be judged is ``invalid``, ``missing`` or ``review``.
    Without an answer key, which is a student's own check, what that may not judge has the code ``self_check.read``.
    Cheap answers are judged first; each has its own share of what time and memory there is. ``readings`` says, by item,
    which answers are as a person has read them.
    """
    config = homework.config
    marked: dict[str, ItemReport] = {}
    faults: list[str] = []
    groups = sorted(_together(config), key=lambda items: _cost(items, given, config))
    for item in (item for items in groups if _cost(items, given, config) for item in items):
        if given.items[item.name].status == "read":  # should the process itself be stopped, this is what is known
            emit(_item(item, given.items[item.name], _stopped(TIME), readings.get(item.name)))
    for items, seconds in zip(groups, shares(config.limits.processor_seconds, len(groups))):
        findings, fault = _findings(items, given, homework, seconds)
        faults += [fault] if fault else []
        for item in items:
            marked[item.name] = _item(item, given.items[item.name], findings[item.name], readings.get(item.name))
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
        unmarked = _waiting("self_check.read", "Read; marked after submission.")
        return {item.name: replace(unmarked, exhibit=row.drawn(asked)) for item in read}
    return row.judge(asked)


def _together(config: Config) -> Iterator[tuple[Item, ...]]:
    """The items that are judged in one go."""
    for name, part in config.parts.items():
        items = config.items_of[name]
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
        PartReport(name, part.title, tuple(marked[item.name] for item in config.items_of[name]))
        for name, part in config.parts.items()
    )
    return Report(config.title, parts, messages, faults)


def outline(config: Config) -> Report:
    """The report of a submission of which nothing was marked."""
    waiting = _waiting("grader.not_marked", "This answer has not been marked yet.")
    return report(config, {item.name: _blank(item, waiting) for item in config.items})


def _findings(items: tuple[Item, ...], given: Answers, homework: Homework, seconds: float) -> tuple[Findings, str]:
    """A finding for each item of a group, and the fault of the grader that was met, or an empty text."""
    asked = [given.items[item.name] for item in items]
    settled = {
        one.item.name: Finding(_UNREAD[one.status], one.blocks, one.status) for one in asked if one.status in _UNREAD
    }
    try:
        with bounded(seconds, memory=not _runs_program(items, given, homework.config)):
            return {**settled, **judged(homework, items, given)}, ""
    except Stopped as stopped:
        return {**{item.name: _stopped(str(stopped)) for item in items}, **settled}, ""
    except Exception:  # a fault of ours is told to the instructor and costs no points unseen
        names = ", ".join(item.name for item in items)
        message = "The grader ran into a fault of its own here, so this answer is not marked yet"
        waiting = _waiting("grader.fault", f"{message}: an instructor will look at it.")
        return {**{item.name: waiting for item in items}, **settled}, f"{names}: {traceback.format_exc()}"


def _stopped(bound: str) -> Finding:
    message = f"To judge this answer would take {bound}: a limit, not a mistake. A person has to look; nothing is lost."
    return _waiting("grader.limit", message)


def _waiting(code: str, message: str) -> Finding:
    return Finding(Verdict.REVIEW, (Paragraph(message),), code)


def _item(item: Item, answer: Answer, finding: Finding, reading: Decision | None) -> ItemReport:
    blocks = (*finding.blocks, *(Paragraph(remark) for remark in answer.remarks))
    decided: tuple[Decided, ...] = ()
    if reading is None:
        finding = _unconfirmed(item, answer, replace(finding, blocks=blocks))
    else:
        message = f"A person has read this answer as “{reading.read_as}”. {reading.message}".strip()
        finding = replace(finding, blocks=(Paragraph(message), *blocks))
        decided = (reading.record(),)
    return replace(
        _blank(item, finding),
        decided=decided,
        typed=answer.typed,
        understood=answer.understood,
        mathml=answer.mathml if len(answer.mathml) <= LONGEST_MATHML else "",
        line=answer.line,
        taken=answer.taken,
    )


def _unconfirmed(item: Item, answer: Answer, finding: Finding) -> Finding:
    """A finding on an answer that was found and not marked: it can earn, and cannot lose."""
    if answer.taken is None or answer.taken.how != "found" or finding.verdict in _EARNED:
        return finding
    confirm = Paragraph(f"To have it marked as it stands, mark it as {item.name}, or type it into answers.yaml.")
    if finding.verdict is Verdict.PARTIAL:
        counts = Paragraph("This was found in your write-up, and counts so far; a person will confirm it.")
        return replace(finding, blocks=(*finding.blocks, counts, confirm))
    would = "cannot be read" if finding.verdict is Verdict.INVALID else "would be incorrect"
    found = Paragraph(f"This was found in your write-up, and {would}. A person will look at it.")
    blocks = (found, *finding.blocks, confirm)
    return Finding(Verdict.REVIEW, blocks, "found.unconfirmed", canonical=finding.canonical)


def _blank(item: Item, finding: Finding) -> ItemReport:
    return ItemReport(item.name, item.part, item.title, item.points, finding, visibility=item.visibility)


class Stopped(BaseException):
    """A bound was reached; the message names it. No check's own handling of errors catches it on the way."""


def shares(seconds: float, answers: int) -> Iterator[float]:
    """The processor time of one submission, shared out: what one answer leaves over is there for those that follow.

    Each has an equal part of what is left. Or more: the first answer of a kind also pays for loading what judges it, up
    to half of what is left.
    """
    end = time.process_time() + seconds
    for waiting in range(answers, 0, -1):
        left = max(end - time.process_time(), 1.0)
        yield max(left / waiting, min(_LOADING_SECONDS, left / 2))


@contextmanager
def bounded(seconds: float, memory: bool) -> Iterator[None]:
    """Raises ``Stopped`` where the work inside takes more processor time, or more memory, than its share.

    Time is bounded in the main thread of a system that has such a timer, memory on Linux.
    """
    try:
        with _time(seconds), system.bounded_memory(MEMORY_BYTES) if memory else nullcontext():
            yield
    except MemoryError:
        raise Stopped(MEMORY) from None


@contextmanager
def _time(seconds: float) -> Iterator[None]:
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        raise Stopped(TIME)

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
