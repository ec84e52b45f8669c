"""The tables of a class. A further column is a further line in ``_GRADES`` or ``_ANSWERS``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from grader.assignment.config import Config
from grader.batch import causes
from grader.batch.metadata import Submitter
from grader.batch.roster import Entry
from grader.report import ItemReport, Report
from grader.reporters import points


@dataclass(frozen=True)
class Grade:
    """A row of ``grades.csv``: a person, with the marks of the submission that they are among the submitters of."""

    entry: Entry
    person: Submitter
    report: Report
    items: dict[str, ItemReport]


@dataclass(frozen=True)
class Answer:
    """A row of ``answers.csv``: one item of one submission."""

    entry: Entry
    item: ItemReport

    def people(self, field: str) -> str:
        """What is known of all submitters under one name."""
        return "; ".join(filter(None, (getattr(person, field) for person in self.entry.submitters)))


_GRADES: dict[str, Callable[[Grade], str]] = {
    "name": lambda row: row.person.name,
    "sid": lambda row: row.person.sid,
    "email": lambda row: row.person.email,
    "submission": lambda row: row.entry.name,
    "total": lambda row: points.text(row.report.score),
    "recorded": lambda row: "" if (score := row.entry.recorded.score) is None else points.text(score),
    "difference": lambda row: (
        "" if (score := row.entry.recorded.score) is None else points.text(row.report.score - score)
    ),
    "decided": lambda row: "; ".join(f"{item.item}{_decided(item)}" for item in row.items.values() if item.decided),
    "status": lambda row: "needs a person" if causes.needs_person(row.report) else "marked",
}

_GRADES_BY_ITEM: dict[str, Callable[[ItemReport], str]] = {
    "{item}": lambda item: points.text(item.score),
    "{item} verdict": lambda item: str(item.finding.verdict),
}

_ANSWERS: dict[str, Callable[[Answer], str]] = {
    "submission": lambda row: row.entry.name,
    "name": lambda row: row.people("name"),
    "sid": lambda row: row.people("sid"),
    "email": lambda row: row.people("email"),
    "item": lambda row: row.item.item,
    "verdict": lambda row: str(row.item.finding.verdict),
    "points": lambda row: points.text(row.item.score),
    "of": lambda row: points.text(row.item.points),
    "typed": lambda row: row.item.typed,
    "understood": lambda row: row.item.understood,
    "line": lambda row: str(row.item.line or ""),
    "code": lambda row: row.item.finding.code,
    "decided": lambda row: _decided(row.item).strip(),
    "reason": lambda row: causes.sentence(row.item.finding),
}


def _decided(item: ItemReport) -> str:
    """`` by Ada, 2026-11-26``: who decided and when, after a blank."""
    said = (f" by {', '.join(filter(None, (one.by or 'a person', one.at)))}" for one in item.decided)
    return ";".join(said)


def grades_head(config: Config) -> list[str]:
    """The names of its columns."""
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
        row = Grade(entry, person, report, items)
        yield [*(cell(row) for cell in _GRADES.values()), *by_item]


def answers_head() -> list[str]:
    """The names of its columns."""
    return list(_ANSWERS)


def answers(entry: Entry, report: Report) -> Iterator[list[str]]:
    """A row for each item."""
    for item in report.items:
        row = Answer(entry, item)
        yield [cell(row) for cell in _ANSWERS.values()]
