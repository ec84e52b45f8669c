"""The desk's work without its page: the cases that wait for a person, and each decision saved at once, and undone."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

from grader import answers, decisions
from grader.batch import causes
from grader.batch.store import Store
from grader.decisions import Decision, Decisions, text
from grader.frozen import frozen
from grader.grading import Homework, mark
from grader.grading.deciding import Deciding, keys, undecided
from grader.processes import pool
from grader.report import ItemReport, Verdict, from_record, to_record

PREVIEW_SECONDS = 20.0


@frozen
class Answered:
    """One submission's answer, with who handed it in."""

    submission: str
    who: str
    item: ItemReport


@frozen
class Case:
    """Answers that say the same and wait for the same reason."""

    cause: str
    answers: tuple[Answered, ...]

    @property
    def first(self) -> ItemReport:
        return self.answers[0].item

    @property
    def spellings(self) -> tuple[str, ...]:
        """The different texts, the most frequent first."""
        found = [text(one.item.typed) for one in self.answers]
        return tuple(sorted(dict.fromkeys(found), key=lambda typed: -found.count(typed)))


class Refused(Exception):
    """What was asked for cannot be done; the message says why."""


@dataclass
class Desk:
    """The folder of a batch and its decisions; ``by`` is who decides."""

    folder: Path
    homework: Homework
    by: str = ""
    _undo: list[tuple[int, tuple[Decision, ...], tuple[Decision, ...]]] = field(default_factory=list)
    _alone: threading.Lock = field(default_factory=threading.Lock)

    @property
    def file(self) -> Path:
        return self.folder / decisions.FILE

    @cached_property
    def cases(self) -> tuple[Case, ...]:
        return _cases(Store(self.folder), self.homework)

    @cached_property
    def outcomes(self) -> list[str]:
        """What is decided of each case, in a word; empty where nothing is."""
        ready = Deciding(self._load(), self.homework)
        return [_outcome(case, ready) for case in self.cases]

    def _load(self) -> Decisions:
        return decisions.load(self.file, self.homework.config) if self.file.exists() else decisions.NONE

    def expected(self, case: Case) -> str:
        """The reference's answer, where it lists one."""
        item = self.homework.config.item(case.first.item)
        key = self.homework.key
        return str(key.expected[item.name].answer) if key and item.needs_reference else ""

    def decide(self, number: int, credit: str = "", read_as: str = "", message: str = "") -> str:
        """Decides a case and saves it; gives the outcome. Raises ``Refused``, ``Faulty``, ``OSError``."""
        case = self._case(number)
        made = Decision(
            "", message=message.strip(), by=self.by, at=datetime.now().astimezone().isoformat(timespec="minutes")
        )
        if read_as.strip():
            wanted = _reread(case, replace(made, read_as=read_as.strip()), self.homework)
        else:
            share = _share(credit.strip())
            verdict = Verdict.CORRECT if share == 1 else Verdict.PARTIAL if share else Verdict.INCORRECT
            wanted = credited(case, replace(made, verdict=verdict, credit=share), self.homework)
        same = {decisions.about(one) for one in wanted}
        with self._alone:
            before = tuple(one for one in self._load().all if decisions.about(one) in same)
            self._change(number, wanted, before)
            self._undo.append((number, wanted, before))
        return self.outcomes[number]

    def undo(self) -> int:
        """Takes back the last decision of this session; gives its case.

        Raises ``Refused``, ``Faulty``, ``OSError``.
        """
        with self._alone:
            if not self._undo:
                raise Refused("there is nothing to undo")
            number, made, before = self._undo.pop()
            self._change(number, before, made)
        return number

    def _change(self, number: int, added: tuple[Decision, ...], removed: tuple[Decision, ...]) -> None:
        decisions.change(self.file, self.homework.config, added, removed)
        self.outcomes[number] = _outcome(self.cases[number], Deciding(Decisions(added), self.homework))

    def preview(self, number: int, typed: str) -> ItemReport:
        """What the text would get if the answers of a case were read so, by the engine that marks."""
        item = self.homework.config.item(self._case(number).first.item)

        def work(_: Any, say: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
            given = answers.typed(item, typed, self.homework.config)
            return to_record(mark(given, self.homework).item(item.name))

        (outcome,) = pool.run(iter([{}]), work, 1, PREVIEW_SECONDS)
        if outcome.result is None:
            raise Refused(f"this could not be tried: {outcome.fault}")
        return from_record(ItemReport, outcome.result)

    def _case(self, number: int) -> Case:
        if not 0 <= number < len(self.cases):
            raise Refused(f"there is no case {number}")
        return self.cases[number]


def _cases(store: Store, homework: Homework) -> tuple[Case, ...]:
    """The cases of a folder, those of one cause together; decided ones that came to wait by a run before are out."""
    found: dict[tuple[Verdict, str], dict[tuple[str, str], list[Answered]]] = defaultdict(lambda: defaultdict(list))
    asked = {item.name for item in homework.config.items}
    for entry in store.roster().entries:
        stored = store.get(entry.name)
        for item in stored.report.items if stored else ():
            if causes.waits(item) and item.item in asked:
                item = undecided(item)
                cause = (item.finding.verdict, causes.shared(item.finding))
                meaning = next(keys(item, homework.config), f"submission {entry.name}")
                found[cause][item.item, meaning].append(Answered(entry.name, entry.who, item))
    by_size = sorted(found.items(), key=lambda one: -sum(map(len, one[1].values())))
    return tuple(
        Case(f"{verdict}: {reason}", tuple(answers))
        for (verdict, reason), groups in by_size
        for answers in sorted(groups.values(), key=lambda one: -len(one))
    )


def _outcome(case: Case, deciding: Deciding) -> str:
    """What is decided of all answers of a case, in a word; empty where one of them is open."""
    reading = [deciding.reading(one.item.item, one.item.typed, (one.submission,)) for one in case.answers]
    if all(reading):
        return f"read as {reading[0].read_as}" if reading[0] else ""
    found = [deciding.item(one.item, (one.submission,)) for one in case.answers]
    return f"{found[0].finding.verdict}, {found[0].finding.credit}" if all(item.decided for item in found) else ""


def credited(case: Case, outcome: Decision, homework: Homework) -> tuple[Decision, ...]:
    """The decisions that give every answer of a case this outcome: one for all that say the same, if one can."""
    first = case.first
    for answer in dict.fromkeys([first.typed.strip(), text(first.understood), text(first.finding.canonical)]):
        if answer:
            one = replace(outcome, item=first.item, answer=answer)
            if _outcome(case, Deciding(Decisions((one,)), homework)):
                return (one,)
    return _singly(case, outcome)


def _reread(case: Case, outcome: Decision, homework: Homework) -> tuple[Decision, ...]:
    """The decisions that have every answer of a case read anew: one a text, or a submission where there is none."""
    by_text = tuple(replace(outcome, item=case.first.item, answer=typed) for typed in case.spellings if typed)
    deciding = Deciding(Decisions(by_text), homework)
    met = all(deciding.reading(one.item.item, one.item.typed, (one.submission,)) for one in case.answers)
    return by_text if met else _singly(case, outcome)


def _singly(case: Case, outcome: Decision) -> tuple[Decision, ...]:
    return tuple(replace(outcome, item=one.item.item, submission=one.submission) for one in case.answers)


def _share(typed: str) -> Fraction:
    """A share of the points as people type it: ``1/2``, ``0.5``, ``50%``."""
    try:
        share = Fraction(typed.rstrip("%").strip()) / (100 if typed.endswith("%") else 1)
    except (ValueError, ZeroDivisionError):
        raise Refused(f"{typed!r} is no number such as 1/2, 0.5 or 50%") from None
    if not 0 <= share <= 1:
        raise Refused("a share of the points is from 0 to 1")
    return share
