"""One submission, marked: every check run over its answers, and nothing that goes wrong in one able to cost another.

Each answer has its share of processor time and of memory: what a bound stops costs that answer alone. What people
decided of answers is applied to what the grader found by itself.
"""

from __future__ import annotations

import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import field, replace
from functools import cached_property
from types import FrameType
from typing import Any

from grader import answers, kinds
from grader.assignment.answer_key import AnswerKey
from grader.assignment.config import Config, Item
from grader.assignment.faults import Faulty
from grader.decisions import NONE, Decision, Decisions, about, contradiction, text, whose
from grader.forms.answer import Answer, Answers
from grader.frozen import frozen
from grader.processes import system
from grader.report import LONGEST_MATHML, Block, Finding, ItemReport, Paragraph, PartReport, Report, Verdict

MEMORY_BYTES = 250_000_000
"""For one answer, on top of what the process has taken before."""
_LOADING_SECONDS = 8.0

TIME = "more processor time than the grader has for one answer"
MEMORY = "more memory than the grader has for one answer"

_EARNED = (Verdict.CORRECT, Verdict.MISSING, Verdict.REVIEW)
_UNREAD = {"missing": Verdict.MISSING, "invalid": Verdict.INVALID, "open": Verdict.REVIEW}
_COMPARED = 2000
"""A text of so many characters was shortened, and is no longer what was typed."""

Emit = Callable[[ItemReport], None]
Findings = Mapping[str, Finding]
Known = dict[tuple[str, str, str], Decision]


@frozen
class Homework:
    """A config, its answer key, which a student's own check has none of, and what people decided of answers.

    What is compiled from them is kept for the next submission.
    """

    config: Config
    key: AnswerKey | None = None
    decisions: Decisions = NONE
    _kept: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def prepare(self) -> Homework:
        """Compiles everything, so that a faulty config or reference is found before the first submission.

        Raises ``Faulty`` with every mistake, and where two decisions contradict.
        """
        mistakes: list[str] = []
        for name in self.config.parts:
            try:
                self.problem(name)
            except Faulty as faulty:
                mistakes += faulty.messages
        if mistakes:
            raise Faulty(*dict.fromkeys(mistakes))
        _ = self.decided_by_meaning
        return self

    def problem(self, part: str) -> Any:
        """What the answers to a part are held against, as its kind compiles it. Raises as ``prepare`` does."""
        if part not in self._kept:
            row = kinds.PARTS[self.config.parts[part].kind]
            self._kept[part] = row.problem(part, self.config, self.key)
        return self._kept[part]

    @cached_property
    def readings(self) -> Known:
        """The decisions that have an answer read as another text, by what they are about."""
        return {about(one): one for one in self.decisions.all if one.read_as}

    @cached_property
    def decided_by_meaning(self) -> Known:
        """The decisions that give a verdict, by item, submission, and what an answer means."""
        found: Known = {}
        for one in self.decisions.all:
            if one.verdict is None:
                continue
            for key in [""] if one.submission else _meanings(one, self):
                other = found.setdefault((one.item, whose(one.submission), key), one)
                if other.outcome != one.outcome:
                    raise Faulty(contradiction(one, other, self.decisions.name))
        return found


def mark(given: Answers, homework: Homework, names: tuple[str, ...] = (), emit: Emit = lambda item: None) -> Report:
    """The report of answers that have been read; ``emit`` is given each item as soon as it is marked.

    Raises nothing for what a student did: an answer that cannot be judged is ``invalid``, ``missing`` or ``review``.
    Without an answer key, which is a student's own check, what that may not judge has the code ``self_check.read``.
    Cheap answers are judged first; each has its own share of what time and memory there is. ``names`` are those by
    which decisions know the submission.
    """
    config = homework.config
    readings = {name: reading(name, answer.typed, homework, names) for name, answer in given.items.items()}
    anew = {name: _read(given.items[name], one, config) for name, one in readings.items() if one is not None}
    given = replace(given, items={**given.items, **anew})

    def marked(item: Item, finding: Finding) -> ItemReport:
        made = _item(item, given.items[item.name], finding, readings[item.name])
        made = decided(made, homework, names)
        emit(made)
        return made

    faults: list[str] = []
    found: dict[str, ItemReport] = {}
    groups = sorted(_together(config), key=lambda items: _cost(items, given, config))
    for item in (item for items in groups if _cost(items, given, config) for item in items):
        if given.items[item.name].status == "read":  # should the process itself be stopped, this is what is known
            marked(item, _stopped(TIME))
    for items, seconds in zip(groups, shares(config.limits.processor_seconds, len(groups))):
        findings, fault = _findings(items, given, homework, seconds)
        faults += [fault] if fault else []
        found.update((item.name, marked(item, findings[item.name])) for item in items)
    return _report(config, found, given.messages, tuple(faults))


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


def outline(config: Config) -> Report:
    """The report of a submission of which nothing was marked."""
    waiting = _waiting("grader.not_marked", "This answer has not been marked yet.")
    return _report(config, {item.name: _blank(item, waiting) for item in config.items})


def _report(
    config: Config, marked: Mapping[str, ItemReport], messages: tuple[Block, ...] = (), faults: tuple[str, ...] = ()
) -> Report:
    """Items under their parts, in the order of the config."""
    parts = tuple(
        PartReport(name, part.title, tuple(marked[item.name] for item in config.items_of[name]))
        for name, part in config.parts.items()
    )
    return Report(config.title, parts, messages, faults)


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


def _findings(items: tuple[Item, ...], given: Answers, homework: Homework, seconds: float) -> tuple[Findings, str]:
    """A finding for each item of a group, and the fault of the grader that was met, or an empty text."""
    names = [item.name for item in items]
    settled = {
        name: Finding(_UNREAD[one.status], one.blocks, one.status)
        for name in names
        if (one := given.items[name]).status in _UNREAD
    }
    try:
        with bounded(seconds, memory=not _runs_program(items, given, homework.config)):
            return {**settled, **judged(homework, items, given)}, ""
    except Stopped as stopped:
        waiting, fault = _stopped(str(stopped)), ""
    except Exception:  # a fault of ours is told to the instructor and costs no points unseen
        message = "The grader ran into a fault of its own here, so this answer is not marked yet"
        waiting = _waiting("grader.fault", f"{message}: an instructor will look at it.")
        fault = f"{', '.join(names)}: {traceback.format_exc()}"
    return {**dict.fromkeys(names, waiting), **settled}, fault


def _stopped(bound: str) -> Finding:
    message = f"To judge this answer would take {bound}: a limit, not a mistake. A person has to look; nothing is lost."
    return _waiting("grader.limit", message)


def _waiting(code: str, message: str) -> Finding:
    return Finding(Verdict.REVIEW, (Paragraph(message),), code)


def _item(item: Item, answer: Answer, finding: Finding, reading: Decision | None) -> ItemReport:
    blocks = (*finding.blocks, *(Paragraph(remark) for remark in answer.remarks))
    if reading is None:
        finding = _unconfirmed(item, answer, replace(finding, blocks=blocks))
    else:
        message = f"A person has read this answer as “{reading.read_as}”. {reading.message}".strip()
        finding = replace(finding, blocks=(Paragraph(message), *blocks))
    return replace(
        _blank(item, finding),
        decided=(reading.record(),) if reading is not None else (),
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


# -- what people decided -----------------------------------------------------------------------------------------------


def reading(item: str, typed: str, homework: Homework, names: tuple[str, ...]) -> Decision | None:
    """The decision on what an answer is to be read as."""
    return _first(homework.readings, item, names, map(text, [typed] if len(typed) < _COMPARED else []))


def _read(answer: Answer, decision: Decision, config: Config) -> Answer:
    found = answers.typed(answer.item, decision.read_as, config).items[answer.item.name]
    return replace(found, typed=answer.typed, line=answer.line, taken=answer.taken)


def rereads(report: Report, homework: Homework, names: tuple[str, ...]) -> bool:
    """Whether an answer of a report is now to be read otherwise than it was, so that it has to be marked anew."""
    for item in report.items:
        was = next((one for one in item.decided if one.read_as), None)
        now = reading(item.item, item.typed, homework, names)
        if was != (now and now.record()):
            return True
    return False


def decided(item: ItemReport, homework: Homework, names: tuple[str, ...]) -> ItemReport:
    """One item of a submission that goes by these names, with what was decided of it, in place of what was before."""
    item = undecided(item)
    decision = _first(homework.decided_by_meaning, item.item, names, keys(item, homework.config))
    if decision is None:
        return item
    assert decision.verdict is not None
    own = item.finding
    blocks: tuple[Block, ...] = (Paragraph(f"Decided by a person: {decision.message or decision.verdict}"),)
    if own.verdict is not decision.verdict or own.credit != decision.credit:
        blocks += (Paragraph(f"By itself, the grader would have said {own.verdict}:"),)
    finding = Finding(decision.verdict, (*blocks, *own.blocks), "decided", decision.credit, own.canonical, own.exhibit)
    return replace(item, finding=finding, decided=(*item.decided, decision.record(own)))


def undecided(item: ItemReport) -> ItemReport:
    """The item with what the grader found by itself; that it was read anew stays."""
    own = next((one.own for one in item.decided if one.own is not None), None)
    kept = tuple(one for one in item.decided if one.own is None)
    return replace(item, finding=own, decided=kept) if own is not None else item


def _meanings(decision: Decision, homework: Homework) -> Iterator[str]:
    """The text of the answer that was decided of, and the meaning that it shares with equal ones."""
    config = homework.config
    item = config.item(decision.item)
    row = kinds.of(item, config)
    given = answers.typed(item, decision.answer, config)
    yield text(decision.answer)
    if row.meaning == "understood":
        yield from {text(given.items[item.name].understood)} - {"", text(decision.answer)}
    elif row.size is None:  # what it takes long to judge has its meaning in the file itself
        marked = mark(given, replace(homework, decisions=NONE)).item(item.name)
        yield from {text(marked.finding.canonical)} - {"", text(decision.answer)}


def keys(item: ItemReport, config: Config) -> Iterator[str]:
    """By what equal answers are known: what they mean, and the text that was typed.

    An equation's text means nothing without the student's own names in it, which are in what was understood.
    """
    by_understood = kinds.of(config.item(item.item), config).meaning == "understood"
    meaning = text(item.understood if by_understood else item.finding.canonical)
    if meaning and len(meaning) < _COMPARED:
        yield meaning
    if item.typed.strip() and len(item.typed) < _COMPARED and not (by_understood and meaning):
        yield text(item.typed)


def _first(known: Known, item: str, names: tuple[str, ...], meanings: Iterable[str]) -> Decision | None:
    """What is decided of one submission goes before what is decided of all that say the same."""
    if not known:
        return None
    places = [*((item, whose(name), "") for name in names), *((item, "", meaning) for meaning in meanings)]
    return next((known[place] for place in places if place in known), None)


# -- the share of each answer ------------------------------------------------------------------------------------------


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
