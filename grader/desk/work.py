"""The desk's work without its page: cases, what is decided of them, each decision saved at once, and undone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

from grader import answers, decisions
from grader.batch.store import Store
from grader.decisions import Decision, Decisions
from grader.desk import queue
from grader.desk.queue import Case
from grader.grading import Homework, mark
from grader.grading.deciding import Deciding
from grader.processes import pool
from grader.report import ItemReport, Verdict, from_record, to_record

PREVIEW_SECONDS = 20.0


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
        return queue.cases(Store(self.folder), self.homework)

    @cached_property
    def outcomes(self) -> list[str]:
        """What is decided of each case, in a word; empty where nothing is."""
        known = self._load()
        ready = Deciding(known, self.homework)
        return [self._outcome(case, ready) for case in self.cases]

    def _load(self) -> Decisions:
        return decisions.load(self.file, self.homework.config) if self.file.exists() else decisions.NONE

    @staticmethod
    def _outcome(case: Case, ready: Deciding) -> str:
        reading = [ready.reading(one.item.item, one.item.typed, (one.submission,)) for one in case.answers]
        if all(reading):
            return f"read as {reading[0].read_as}" if reading[0] else ""
        item = queue.decided(case, ready)
        return "" if item is None else f"{item.finding.verdict}, {item.finding.credit}"

    def expected(self, case: Case) -> str:
        """The reference's answer, where it lists one."""
        item = self.homework.config.item(case.first.item)
        key = self.homework.key
        return str(key.expected[item.name].answer) if key and item.needs_reference else ""

    def decide(self, number: int, credit: str = "", read_as: str = "", message: str = "") -> str:
        """Decides a case and saves it; gives the outcome. Raises ``Refused``, ``decisions.Faulty``, ``OSError``."""
        case = self._case(number)
        made = Decision(
            "", message=message.strip(), by=self.by, at=datetime.now().astimezone().isoformat(timespec="minutes")
        )
        if read_as.strip():
            wanted = queue.reread(case, replace(made, read_as=read_as.strip()), self.homework)
        else:
            share = _share(credit.strip())
            verdict = Verdict.CORRECT if share == 1 else Verdict.PARTIAL if share else Verdict.INCORRECT
            wanted = queue.credited(case, replace(made, verdict=verdict, credit=share), self.homework)
        with self._alone:
            before = self._about(wanted)
            decisions.change(self.file, self.homework.config, wanted, before)
            self._undo.append((number, wanted, before))
            self.outcomes[number] = self._outcome(case, Deciding(Decisions(wanted), self.homework))
        return self.outcomes[number]

    def undo(self) -> int:
        """Takes back the last decision of this session; gives its case.

        Raises ``Refused``, ``decisions.Faulty``, ``OSError``.
        """
        with self._alone:
            if not self._undo:
                raise Refused("there is nothing to undo")
            number, made, before = self._undo.pop()
            decisions.change(self.file, self.homework.config, before, made)
            ready = Deciding(Decisions(before), self.homework)
            self.outcomes[number] = self._outcome(self.cases[number], ready)
        return number

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

    def _about(self, wanted: tuple[Decision, ...]) -> tuple[Decision, ...]:
        """What the file holds about the same."""
        same = {decisions.about(one) for one in wanted}
        return tuple(one for one in self._load().all if decisions.about(one) in same)


def _share(typed: str) -> Fraction:
    """A share of the points as people type it: ``1/2``, ``0.5``, ``50%``."""
    try:
        share = Fraction(typed.rstrip("%").strip()) / (100 if typed.endswith("%") else 1)
    except (ValueError, ZeroDivisionError):
        raise Refused(f"{typed!r} is no number such as 1/2, 0.5 or 50%") from None
    if not 0 <= share <= 1:
        raise Refused("a share of the points is from 0 to 1")
    return share
