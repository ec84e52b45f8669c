"""What a batch leaves to read: ``grades.csv``, ``answers.csv`` and ``report.html``, from the results, one at a time.

A further column of a table is a further line in ``_GRADES``, ``_GRADES_BY_ITEM`` or ``_ANSWERS``.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from pathlib import Path

from grader.assignment.config import Config
from grader.batch import causes
from grader.batch.class_page import ClassPage
from grader.batch.metadata import Submitter
from grader.batch.roster import Entry, Roster
from grader.batch.store import Store, write
from grader.report import ItemReport, Report
from grader.reporters import html, visible

Write = Callable[[Iterable[list[str]]], object]

_GRADES: dict[str, Callable[[Entry, Submitter, Report], str]] = {
    "name": lambda entry, person, report: person.name,
    "sid": lambda entry, person, report: person.sid,
    "email": lambda entry, person, report: person.email,
    "submission": lambda entry, person, report: entry.name,
    "total": lambda entry, person, report: visible.points(report.score),
    "recorded": lambda entry, person, report: visible.points(entry.recorded.score),
    "difference": lambda entry, person, report: (
        "" if (score := entry.recorded.score) is None else visible.points(report.score - score)
    ),
    "decided": lambda entry, person, report: "; ".join(
        f"{item.item}{_decided(item)}" for item in report.items if item.decided
    ),
    "status": lambda entry, person, report: "needs a person" if causes.needs_person(report) else "marked",
}
"""A row is a person, with the marks of the submission that they are among the submitters of."""

_GRADES_BY_ITEM: dict[str, Callable[[ItemReport], str]] = {
    "{item}": lambda item: visible.points(item.score),
    "{item} verdict": lambda item: str(item.finding.verdict),
}

_ANSWERS: dict[str, Callable[[Entry, ItemReport], str]] = {
    "submission": lambda entry, item: entry.name,
    "name": lambda entry, item: entry.known("name"),
    "sid": lambda entry, item: entry.known("sid"),
    "email": lambda entry, item: entry.known("email"),
    "item": lambda entry, item: item.item,
    "verdict": lambda entry, item: str(item.finding.verdict),
    "points": lambda entry, item: visible.points(item.score),
    "of": lambda entry, item: visible.points(item.points),
    "typed": lambda entry, item: item.typed,
    "understood": lambda entry, item: item.understood,
    "line": lambda entry, item: str(item.line or ""),
    "code": lambda entry, item: item.finding.code,
    "decided": lambda entry, item: _decided(item).strip(),
    "reason": lambda entry, item: causes.line(item.finding),
}
"""A row is one item of one submission."""


def _decided(item: ItemReport) -> str:
    """`` by Ada, 2026-11-26``: who decided and when, after a blank."""
    return ";".join(f" by {', '.join(filter(None, (one.by or 'a person', one.at)))}" for one in item.decided)


def grades_head(config: Config) -> list[str]:
    """The names of the columns."""
    return [*_GRADES, *(name.format(item=item.name) for item in config.items for name in _GRADES_BY_ITEM)]


def grades(entry: Entry, report: Report, config: Config) -> Iterator[list[str]]:
    """A row for each submitter, all with the marks of their submission."""
    items = {item.item: item for item in report.items}
    by_item = [
        cell(items[item.name]) if item.name in items else ""
        for item in config.items
        for cell in _GRADES_BY_ITEM.values()
    ]
    for person in entry.submitters or (Submitter(),):
        yield [*(cell(entry, person, report) for cell in _GRADES.values()), *by_item]


def answers(entry: Entry, report: Report) -> Iterator[list[str]]:
    """A row for each item."""
    for item in report.items:
        yield [cell(entry, item) for cell in _ANSWERS.values()]


def write_all(store: Store, roster: Roster, config: Config) -> ClassPage:
    """Writes the two tables row by row, and the page from what it kept on the way. Raises ``OSError``."""
    page = ClassPage(config, roster)
    with _table(store.folder / "grades.csv") as to_grades, _table(store.folder / "answers.csv") as to_answers:
        to_grades([grades_head(config)])
        to_answers([[*_ANSWERS]])
        for entry in roster.entries:
            stored = store.get(entry.name)
            if stored is not None:
                to_grades(grades(entry, stored.report, config))
                to_answers(answers(entry, stored.report))
                page.add(entry, stored)
    write(store.folder / "report.html", page.render())
    return page


def write_anonymous(store: Store, roster: Roster, config: Config) -> None:
    """The page of the class and its pages again, in ``anonymous/``, with numbers for names; the key is beside it.

    What students wrote themselves stays as it is. Raises ``OSError``.
    """
    hidden = Store(store.folder / "anonymous")
    shutil.rmtree(hidden.folder, ignore_errors=True)
    hidden.page("").parent.mkdir(parents=True)
    entries = sorted(roster.entries, key=lambda entry: sha256(entry.name.encode("utf-8", "surrogatepass")).digest())
    digits = len(str(len(entries)))
    page = ClassPage(config, Roster())
    with _table(store.folder / "anonymous-key.csv") as key:
        key([["number", "submission", "name", "sid", "email"]])
        for number, entry in enumerate(entries, start=1):
            stored = store.get(entry.name)
            if stored is None:
                continue
            name = f"{number:0{digits}}"
            for person in entry.submitters or (Submitter(),):
                key([[name, entry.name, person.name, person.sid, person.email]])
            write(hidden.page(name), html.render(stored.report, f"Student {name}", "../report.html"))
            nobody = Submitter(f"Student {name}")
            page.add(Entry(name, submitters=(nobody,), recorded=entry.recorded), stored)
    write(hidden.folder / "report.html", page.render())


@contextlib.contextmanager
def _table(target: Path) -> Iterator[Write]:
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with open(beside, "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            yield lambda rows: file.writelines(map(visible.row, rows))
        os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)
