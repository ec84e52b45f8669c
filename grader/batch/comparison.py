"""Whose marks differ between two markings of a class, by how much, in which items, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import field
from fractions import Fraction
from pathlib import Path

from grader.batch import roster
from grader.batch.metadata import Submitter
from grader.batch.roster import Entry
from grader.batch.store import Store
from grader.frozen import frozen
from grader.report import Block, Paragraph, Table, plain
from grader.reporters import csv, visible

ROUNDING = Fraction(1, 1000)
"""Differences up to here are those of writing a score down: Gradescope keeps floats."""
_ROWS_SHOWN = 200


@frozen
class Mark:
    """What one marking says of one item, or in all; an export's recorded scores have neither verdict nor reason.

    The score is None where the marking does not have the item.
    """

    score: Fraction | None = None
    verdict: str = ""
    reason: str = ""


@frozen
class Difference:
    """One item, or the total, before and after."""

    item: str
    old: Mark
    new: Mark

    @property
    def points(self) -> Fraction:
        return (self.new.score or Fraction(0)) - (self.old.score or Fraction(0))

    @property
    def verdicts(self) -> str:
        before, after = (
            mark.verdict or ("not there" if mark.score is None else "recorded") for mark in (self.old, self.new)
        )
        return f"{before} → {after}" if before != after else before


@frozen
class Change:
    """One submission that is marked differently."""

    entry: Entry
    total: Difference
    items: tuple[Difference, ...]

    @property
    def points(self) -> Fraction:
        return self.total.points

    @property
    def differs(self) -> bool:
        """Whether points differ, and not only verdicts."""
        return any(abs(one.points) > ROUNDING for one in (self.total, *self.items))


@frozen
class Comparison:
    """``gone`` and ``added`` are submissions that only one of the two markings has."""

    compared: int
    changes: tuple[Change, ...]
    gone: tuple[str, ...]
    added: tuple[str, ...]


@frozen
class _Marked:
    """A submission as a batch has marked it, or an export has recorded it; the total has no score where neither is."""

    entry: Entry
    total: Mark = Mark()
    items: dict[str, Mark] = field(default_factory=dict)


def compare(old: Path, new: Path) -> Comparison:
    """Compares two folders that ``grader batch`` wrote; either may also be an export, for the scores recorded in it.

    Submissions are matched by name, else by who handed them in. Raises ``roster.Unsuitable``, ``OSError``.
    """
    before, after = _marking(old), _marking(new)
    partners = dict(_partners(before, after))
    changes, compared, gone = [], 0, []
    for was in before:
        now = partners.get(was.entry.name)
        if now is None or now.total.score is None:
            gone.append(was.entry.who)
        elif was.total.score is not None:
            compared += 1
            total = Difference("total", was.total, now.total)
            change = Change(now.entry, total, tuple(_differences(was.items, now.items)))
            if change.items or change.differs:
                changes.append(change)
    matched = {partner.entry.name for partner in partners.values()}
    added = [one.entry.who for one in after if one.entry.name not in matched]
    changes.sort(key=lambda change: (-abs(change.points), not change.differs, change.entry.name))
    return Comparison(compared, tuple(changes), tuple(gone), tuple(added))


def _marking(path: Path) -> list[_Marked]:
    store = Store(path)
    if path.is_dir() and store.results.is_dir():
        return [_stored(store, entry) for entry in store.roster().entries]
    found = roster.read(path)
    if not found.exported:
        raise roster.Unsuitable(f"{path} is neither a folder that `grader batch` wrote nor a Gradescope export")
    return [
        _Marked(
            entry,
            Mark(entry.recorded.score),
            {name: Mark(score) for name, score in entry.recorded.items.items()},
        )
        for entry in found.entries
    ]


def _stored(store: Store, entry: Entry) -> _Marked:
    stored = store.get(entry.name)
    if stored is None:
        return _Marked(entry)
    marks = {
        item.item: Mark(item.score, str(item.finding.verdict), plain(item.finding.blocks[:1]))
        for item in stored.report.items
    }
    return _Marked(entry, Mark(stored.report.score), marks)


def _partners(old: list[_Marked], new: list[_Marked]) -> Iterator[tuple[str, _Marked]]:
    """Each old submission's name with the new one that it belongs to; nobody has two."""
    by_name = {one.entry.name: one for one in new}
    by_person = {person: one for one in new for person in map(_identity, one.entry.submitters) if person}
    taken = {one.entry.name for one in old if one.entry.name in by_name}
    for one in old:
        partner = by_name.get(one.entry.name)
        if partner is None:
            found = (by_person.get(_identity(person)) for person in one.entry.submitters)
            partner = next((other for other in found if other is not None and other.entry.name not in taken), None)
        if partner is not None:
            taken.add(partner.entry.name)
            yield one.entry.name, partner


def _identity(person: Submitter) -> str:
    return person.sid or person.email.casefold()


def _differences(old: dict[str, Mark], new: dict[str, Mark]) -> Iterator[Difference]:
    """The items that differ in points or verdict.

    An export may name its tests in another way, or hold fewer: beside its scores only the items of both count.
    """
    recorded = any(not mark.verdict for marks in (old, new) for mark in marks.values()) or not old or not new
    for item in [item for item in new if item in old] if recorded else dict.fromkeys([*new, *old]):
        difference = Difference(item, old.get(item, Mark()), new.get(item, Mark()))
        verdicts = {difference.old.verdict, difference.new.verdict} - {""}
        if abs(difference.points) > ROUNDING or len(verdicts) > 1:
            yield difference


def blocks(comparison: Comparison) -> tuple[Block, ...]:
    """The comparison for the terminal."""
    marks = [change for change in comparison.changes if change.differs]
    verdicts = len(comparison.changes) - len(marks)
    higher, lower = (sum(sign * change.points > 0 for change in marks) for sign in (1, -1))
    same = len(marks) - higher - lower
    ways = f"{higher} higher, {lower} lower" + (f", {same} with the same total" if same else "")
    found: list[Block] = [
        Paragraph(
            f"{comparison.compared} submissions compared: {len(marks)} with other marks"
            + (f" ({ways})" if marks else "")
            + (f", {verdicts} with other verdicts and the same marks" if verdicts else "")
            + "."
        )
    ]
    for names, where in ((comparison.gone, "only in the first"), (comparison.added, "only in the second")):
        if names:
            shown = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
            found.append(Paragraph(f"{len(names)} {where}: {visible.text(shown, keep='')}"))
    counts = Counter((item.item, item.verdicts) for change in comparison.changes for item in change.items)
    if counts:
        kinds = tuple((item, verdict, str(count)) for (item, verdict), count in counts.most_common(_ROWS_SHOWN))
        found += [Paragraph(""), Table(("item", "verdict", "submissions"), kinds, "What changed")]
    if comparison.changes:
        rows = tuple(row for change in comparison.changes for row in _rows(change))
        header = ("who", "item", "before", "after", "by", "why")
        found += [Paragraph(""), Table(header, rows[:_ROWS_SHOWN], "Whose marks differ")]
        if len(rows) > _ROWS_SHOWN:
            found.append(Paragraph(f"… and {len(rows) - _ROWS_SHOWN} more rows: see --csv."))
    return tuple(found)


def _rows(change: Change) -> Iterator[tuple[str, ...]]:
    yield visible.text(change.entry.who, keep="", limit=40), *_cells(change.total), ""
    for item in change.items:
        reason = visible.text(item.new.reason.replace("\n", " "), keep="", limit=90)
        yield "", *_cells(item), f"{item.verdicts}: {reason}" if reason else item.verdicts


def _cells(one: Difference) -> tuple[str, ...]:
    sign = "+" if one.points > 0 else ""
    return one.item, visible.points(one.old.score), visible.points(one.new.score), sign + visible.points(one.points)


def as_csv(comparison: Comparison) -> str:
    """The comparison as CSV: for each changed submission a row for its total, and one for each item."""
    header = ["name", "sid", "email", "submission", "item", "before", "after", "difference", "verdict before",
              "verdict after", "reason before", "reason after"]  # fmt: skip
    lines = [csv.line(header)]
    for change in comparison.changes:
        entry = change.entry
        who = [*map(entry.known, ("name", "sid", "email")), entry.name]
        for one in (change.total, *change.items):
            old, new = one.old, one.new
            scores = map(visible.points, (old.score, new.score, one.points))
            lines.append(csv.line([*who, one.item, *scores, old.verdict, new.verdict, old.reason, new.reason]))
    return "".join(lines)
