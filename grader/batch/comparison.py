"""Whose marks differ between two markings of a class, by how much, in which items, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from grader.batch import roster
from grader.batch.metadata import Recorded, Submitter
from grader.batch.roster import Entry
from grader.batch.store import Store
from grader.report import Report, plain

ROUNDING = Fraction(1, 1000)
"""Differences up to here are those of writing a score down: Gradescope keeps floats."""


@dataclass(frozen=True)
class Mark:
    """What one marking says of one item; the export's recorded scores have neither verdict nor reason."""

    score: Fraction
    verdict: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Difference:
    """One item before and after; None where a marking does not have the item."""

    item: str
    old: Mark | None
    new: Mark | None

    @property
    def points(self) -> Fraction:
        return (self.new.score if self.new else Fraction(0)) - (self.old.score if self.old else Fraction(0))


@dataclass(frozen=True)
class Change:
    """One submission that is marked differently; totals are None where none is recorded."""

    entry: Entry
    old: Fraction | None
    new: Fraction | None
    items: tuple[Difference, ...]

    @property
    def points(self) -> Fraction:
        return (self.new or Fraction(0)) - (self.old or Fraction(0))

    @property
    def differs(self) -> bool:
        """Whether points differ, and not only verdicts."""
        return abs(self.points) > ROUNDING or any(abs(item.points) > ROUNDING for item in self.items)


@dataclass(frozen=True)
class Comparison:
    """``gone`` and ``added`` are submissions that only one of the two markings has."""

    compared: int
    changes: tuple[Change, ...]
    gone: tuple[str, ...]
    added: tuple[str, ...]


@dataclass(frozen=True)
class _Side:
    """A marking: what a batch has written, or what an export has recorded."""

    entries: tuple[Entry, ...]
    store: Store | None

    def marks(self, entry: Entry) -> tuple[Fraction | None, dict[str, Mark]] | None:
        if self.store is None:
            return _recorded(entry.recorded)
        stored = self.store.get(entry.name)
        return None if stored is None else _marked(stored.report)


def compare(old: Path, new: Path) -> Comparison:
    """Compares two folders that ``grader batch`` wrote; either may also be an export, for the scores recorded in it.

    Submissions are matched by name, else by who handed them in. Raises ``roster.Unsuitable``, ``OSError``.
    """
    before, after = _side(old), _side(new)
    partners = dict(_partners(before.entries, after.entries))
    changes, compared, gone = [], 0, []
    for entry in before.entries:
        partner = partners.get(entry.name)
        was = before.marks(entry)
        now = after.marks(partner) if partner is not None else None
        if partner is None or now is None:
            gone.append(who(entry))
        elif was is not None:
            compared += 1
            change = Change(partner, was[0], now[0], tuple(_differences(was[1], now[1])))
            if change.items or abs(change.points) > ROUNDING:
                changes.append(change)
    matched = {partner.name for partner in partners.values()}
    added = [who(entry) for entry in after.entries if entry.name not in matched]
    changes.sort(key=lambda change: (-abs(change.points), not change.differs, change.entry.name))
    return Comparison(compared, tuple(changes), tuple(gone), tuple(added))


def _side(path: Path) -> _Side:
    store = Store(path)
    if path.is_dir() and store.results.is_dir():
        return _Side(store.roster().entries, store)
    found = roster.read(path)
    if not found.exported:
        raise roster.Unsuitable(f"{path} is neither a folder that `grader batch` wrote nor a Gradescope export")
    return _Side(found.entries, None)


def _recorded(recorded: Recorded) -> tuple[Fraction | None, dict[str, Mark]] | None:
    if recorded.score is None:
        return None
    return recorded.score, {name: Mark(score) for name, score in recorded.items.items()}


def _marked(report: Report) -> tuple[Fraction, dict[str, Mark]]:
    marks = {
        item.item: Mark(item.score, str(item.finding.verdict), plain(item.finding.blocks[:1])) for item in report.items
    }
    return report.score, marks


def _partners(old: tuple[Entry, ...], new: tuple[Entry, ...]) -> Iterator[tuple[str, Entry]]:
    """Each old submission's name with the new one that it belongs to; nobody has two."""
    by_name = {entry.name: entry for entry in new}
    by_person = {person: entry for entry in new for person in map(_identity, entry.submitters) if person}
    taken = {entry.name for entry in old if entry.name in by_name}
    for entry in old:
        partner = by_name.get(entry.name)
        if partner is None:
            found = (by_person.get(_identity(person)) for person in entry.submitters)
            partner = next((one for one in found if one is not None and one.name not in taken), None)
        if partner is not None:
            taken.add(partner.name)
            yield entry.name, partner


def _identity(person: Submitter) -> str:
    return person.sid or person.email.casefold()


def _differences(old: dict[str, Mark], new: dict[str, Mark]) -> Iterator[Difference]:
    """The items that differ in points or verdict.

    An export may name its tests in another way, or hold fewer: beside its scores only the items of both count.
    """
    recorded = any(not mark.verdict for marks in (old, new) for mark in marks.values()) or not old or not new
    for item in [item for item in new if item in old] if recorded else dict.fromkeys([*new, *old]):
        before, after = old.get(item), new.get(item)
        difference = Difference(item, before, after)
        verdicts = {mark.verdict for mark in (before, after) if mark is not None and mark.verdict}
        if abs(difference.points) > ROUNDING or len(verdicts) > 1:
            yield difference


def who(entry: Entry) -> str:
    """The people behind a submission; its name where nobody is known."""
    return ", ".join(filter(None, (person.name for person in entry.submitters))) or entry.name
