"""What a batch leaves to read: ``grades.csv``, ``answers.csv`` and ``report.html``, from the results, one at a time."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from grader.batch.answer_groups import Grouping
from grader.batch.desk import PERSON, needs_person
from grader.batch.metadata import Submitter
from grader.batch.roster import Entry, Roster
from grader.batch.store import Store, Stored, write
from grader.report import plain
from grader.reporters import csv, points
from grader.reporters.html import classroom

if TYPE_CHECKING:
    from grader.config import Config

Write = Callable[[list[str]], object]


def write_all(store: Store, roster: Roster, config: Config) -> None:
    """Writes the two tables row by row, and the page from what was counted on the way. Raises ``OSError``."""
    items = [item.name for item in config.items]
    room = _Room(store, roster, config)
    with _table(store.folder / "grades.csv") as grades, _table(store.folder / "answers.csv") as answers:
        grades(["name", "sid", "email", "submission", "total", "recorded", "difference", "status"]
               + [cell for item in items for cell in (item, f"{item} verdict")])  # fmt: skip
        answers(["submission", "name", "sid", "email", "item", "verdict", "points", "of", "typed", "understood", "line",
                 "note", "reason"])  # fmt: skip
        for entry in roster.entries:
            stored = store.get(entry.name)
            if stored is not None:
                _grade(grades, entry, stored, items)
                _answers(answers, entry, stored)
                room.add(entry, stored)
    write(store.folder / "report.html", classroom.render(room.classroom()))


@contextlib.contextmanager
def _table(target: Path) -> Iterator[Write]:
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with open(beside, "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            yield lambda cells: file.write(csv.line(cells))
        os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)


def _grade(grades: Write, entry: Entry, stored: Stored, items: list[str]) -> None:
    """One row a submitter, all with the marks of their submission."""
    report, recorded = stored.report, entry.recorded.score
    found = {item.item: item for item in report.items}
    marks = [
        points.text(report.score),
        "" if recorded is None else points.text(recorded),
        "" if recorded is None else points.text(report.score - recorded),
        "needs a person" if needs_person(report) else "marked",
    ]
    cells = [
        cell
        for name in items
        for cell in ((points.text(found[name].score), str(found[name].finding.verdict)) if name in found else ("", ""))
    ]
    for person in entry.submitters or (Submitter(),):
        grades([person.name, person.sid, person.email, entry.name, *marks, *cells])


def _answers(answers: Write, entry: Entry, stored: Stored) -> None:
    names, sids, emails = (
        "; ".join(filter(None, (getattr(person, field) for person in entry.submitters)))
        for field in ("name", "sid", "email")
    )
    for item in stored.report.items:
        finding = item.finding
        answers(
            [entry.name, names, sids, emails, item.item, str(finding.verdict), points.text(item.score),
             points.text(item.points), item.typed, item.understood, str(item.line or ""), finding.code,
             plain(finding.blocks[:1])]
        )  # fmt: skip


class _Room:
    """What the page shows, gathered one submission after the other: names, numbers and different answers."""

    def __init__(self, store: Store, roster: Roster, config: Config) -> None:
        self._store, self._roster, self._config = store, roster, config
        self._names = Counter(_people(entry) for entry in roster.entries)
        self._grouping = Grouping(config)
        self._pupils: list[classroom.Pupil] = []
        self._waiting: list[classroom.Waiting] = []
        self._faults: list[tuple[str, str, str]] = []

    def add(self, entry: Entry, stored: Stored) -> None:
        report = stored.report
        who = self._who(entry)
        self._pupils.append(
            classroom.Pupil(
                entry.name,
                who,
                ", ".join(filter(None, (person.sid for person in entry.submitters))),
                report.score,
                entry.recorded.score,
                tuple(part.score for part in report.parts),
                tuple(tuple(item.finding.verdict for item in part.items) for part in report.parts),
                stored.seconds,
            )
        )
        page = f"pages/{quote(entry.name)}.html" if self._store.page(entry.name).exists() else ""
        self._faults.extend((who, fault, page) for fault in report.faults)
        for item in report.items:
            self._grouping.add(who, item)
            if item.finding.verdict in PERSON:
                blocks = item.finding.blocks[:1]
                waiting = classroom.Waiting(who, item.item, item.finding.verdict, item.typed[:600], blocks, page)
                self._waiting.append(waiting)

    def _who(self, entry: Entry) -> str:
        """The people behind a submission, told from others of the same name."""
        people = _people(entry)
        return f"{people} ({entry.name})" if people and self._names[people] > 1 else people or entry.name

    def classroom(self) -> classroom.Classroom:
        return classroom.Classroom(
            self._config.title,
            self._config.points,
            tuple(self._config.parts),
            tuple(self._pupils),
            self._grouping.questions(),
            tuple(self._waiting),
            tuple(self._faults),
            self._roster.messages,
        )


def _people(entry: Entry) -> str:
    return ", ".join(filter(None, (person.name or person.email or person.sid for person in entry.submitters)))
