"""What a batch leaves to read: ``grades.csv``, ``answers.csv`` and ``report.html``, from the results, one at a time."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from grader.assignment.config import Config
from grader.batch import tables
from grader.batch.answer_groups import Grouping
from grader.batch.causes import Causes
from grader.batch.metadata import Submitter
from grader.batch.roster import Entry, Roster
from grader.batch.store import Store, Stored, write
from grader.reporters import csv
from grader.reporters.html import class_page, submission_page

Write = Callable[[Iterable[list[str]]], object]


def write_all(store: Store, roster: Roster, config: Config) -> tuple[int, set[str]]:
    """Writes the two tables row by row, and the page from what was counted on the way.

    Gives how many submissions need a person, and what the decisions were about that met an answer. Raises ``OSError``.
    """
    gathered = _Gathered(roster, config)
    with _table(store.folder / "grades.csv") as grades, _table(store.folder / "answers.csv") as answers:
        grades([tables.grades_head(config)])
        answers([tables.answers_head()])
        for entry in roster.entries:
            stored = store.get(entry.name)
            if stored is not None:
                grades(tables.grades(entry, stored.report, config))
                answers(tables.answers(entry, stored.report))
                gathered.add(entry, stored)
    write(store.folder / "report.html", class_page.render(gathered.report()))
    return gathered.causes.submissions, gathered.met


def write_anonymous(store: Store, roster: Roster, config: Config) -> None:
    """The page of the class and its pages again, in ``anonymous/``, with numbers for names; the key is beside it.

    What students wrote themselves stays as it is. Raises ``OSError``.
    """
    hidden = Store(store.folder / "anonymous")
    shutil.rmtree(hidden.folder, ignore_errors=True)
    hidden.page("").parent.mkdir(parents=True)
    entries = sorted(roster.entries, key=lambda entry: sha256(entry.name.encode("utf-8", "surrogatepass")).digest())
    digits = len(str(len(entries)))
    gathered = _Gathered(Roster((), False), config)
    with _table(store.folder / "anonymous-key.csv") as key:
        key([["number", "submission", "name", "sid", "email"]])
        for number, entry in enumerate(entries, start=1):
            stored = store.get(entry.name)
            if stored is None:
                continue
            name = f"{number:0{digits}}"
            for person in entry.submitters or (Submitter(),):
                key([[name, entry.name, person.name, person.sid, person.email]])
            write(hidden.page(name), submission_page.render(stored.report, f"Student {name}", "../report.html"))
            nobody = Submitter(f"Student {name}")
            gathered.add(Entry(name, None, submitters=(nobody,), recorded=entry.recorded), stored)
    write(hidden.folder / "report.html", class_page.render(gathered.report()))


@contextlib.contextmanager
def _table(target: Path) -> Iterator[Write]:
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with open(beside, "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            yield lambda rows: file.writelines(map(csv.line, rows))
        os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)


class _Gathered:
    """What the page shows, gathered one submission after the other: names, numbers and different answers."""

    def __init__(self, roster: Roster, config: Config) -> None:
        self._roster, self._config = roster, config
        self._names = Counter(_people(entry) for entry in roster.entries)
        self._grouping = Grouping(config)
        self._rows: list[class_page.Row] = []
        self.causes = Causes()
        self.met: set[str] = set()

    def add(self, entry: Entry, stored: Stored) -> None:
        report = stored.report
        who = self._who(entry)
        page = f"pages/{quote(entry.name)}.html"
        self._rows.append(
            class_page.Row(
                entry.name,
                who,
                page,
                ", ".join(filter(None, (person.sid for person in entry.submitters))),
                report.score,
                entry.recorded.score,
                tuple(part.score for part in report.parts),
                tuple(tuple(item.finding.verdict for item in part.items) for part in report.parts),
                stored.seconds,
                entry.recorded.status == "late",
            )
        )
        self.causes.add(who, page, report)
        for item in report.items:
            self._grouping.add(who, item)
            self.met.update(one.about for one in item.decided)

    def _who(self, entry: Entry) -> str:
        """The people behind a submission, told from others of the same name."""
        people = _people(entry)
        return f"{people} ({entry.name})" if people and self._names[people] > 1 else people or entry.name

    def report(self) -> class_page.ClassReport:
        return class_page.ClassReport(
            self._config.title,
            self._config.points,
            tuple(self._config.parts),
            tuple(self._rows),
            self._grouping.questions(),
            self.causes.all(),
            self.causes.submissions,
            self._roster.messages,
        )


def _people(entry: Entry) -> str:
    return ", ".join(filter(None, (person.name or person.email or person.sid for person in entry.submitters)))
