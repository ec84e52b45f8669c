"""Whose marks differ between two markings of a class, by how much, in which items, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from grader.batch import roster
from grader.batch.roster import Entry, Recorded, Submitter
from grader.batch.store import Store, Stored
from grader.frozen import frozen
from grader.report import Block, Paragraph, Table, plain
from grader.reporters import visible

ROUNDING = Fraction(1, 1000)
"""Differences up to here are those of writing a score down: Gradescope keeps floats."""
TOTAL = "total"
_ROWS_SHOWN = 200


@frozen
class Mark:
    """What one marking says of one item, or in all; an export's recorded scores have neither verdict nor reason.

    The score is None where the marking does not have the item.
    """

    score: Fraction | None = None
    verdict: str = ""
    reason: str = ""


Marks = dict[str, Mark]
"""What one marking says of a submission: in all, and of each item."""


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
        ways = (mark.verdict or ("not there" if mark.score is None else "recorded") for mark in (self.old, self.new))
        return " → ".join(dict.fromkeys(ways))


@frozen
class Change:
    """One submission that is marked differently: its total, changed or not, and the items that are."""

    entry: Entry
    differences: tuple[Difference, ...]

    @property
    def points(self) -> Fraction:
        return self.differences[0].points

    @property
    def differs(self) -> bool:
        """Whether points differ, and not only verdicts."""
        return any(abs(one.points) > ROUNDING for one in self.differences)


@frozen
class Comparison:
    """``gone`` and ``added`` are submissions that only one of the two markings has."""

    compared: int
    changes: tuple[Change, ...]
    gone: tuple[str, ...]
    added: tuple[str, ...]


def compare(old: Path, new: Path) -> Comparison:
    """Compares two folders that ``grader batch`` wrote; either may also be an export, for the scores recorded in it.

    Submissions are matched by name, else by who handed them in. Raises ``roster.Unsuitable``, ``OSError``.
    """
    before, after = _marking(old), _marking(new)
    partners = dict(_partners([entry for entry, _ in before], [entry for entry, _ in after]))
    marks = {entry.name: (entry, marks) for entry, marks in after}
    changes, compared, gone = [], 0, []
    for entry, was in before:
        now, has = marks[partners[entry.name]] if entry.name in partners else (entry, {})
        if not has:
            gone.append(entry.who)
        elif was:
            compared += 1
            change = Change(now, tuple(_differences(was, has)))
            if len(change.differences) > 1 or change.differs:
                changes.append(change)
    matched = set(partners.values())
    added = tuple(entry.who for entry, _ in after if entry.name not in matched)
    changes.sort(key=lambda change: (-abs(change.points), not change.differs, change.entry.name))
    return Comparison(compared, tuple(changes), tuple(gone), added)


def _marking(path: Path) -> list[tuple[Entry, Marks]]:
    """The submissions that a batch has marked or an export has recorded; without marks where there are none."""
    store = Store(path)
    if path.is_dir() and store.results.is_dir():
        return [(entry, _marks(store.get(entry.name))) for entry in store.roster().entries]
    found = roster.read(path)
    if not found.exported:
        raise roster.Unsuitable(f"{path} is neither a folder that `grader batch` wrote nor a Gradescope export")
    return [(entry, _recorded(entry.recorded)) for entry in found.entries]


def _recorded(recorded: Recorded) -> Marks:
    if recorded.score is None:
        return {}
    return {name: Mark(score) for name, score in {TOTAL: recorded.score, **recorded.items}.items()}


def _marks(stored: Stored | None) -> Marks:
    if stored is None:
        return {}
    marks = {TOTAL: Mark(stored.report.score)}
    for item in stored.report.items:
        marks[item.item] = Mark(item.score, str(item.finding.verdict), plain(item.finding.blocks[:1]))
    return marks


def _partners(old: list[Entry], new: list[Entry]) -> Iterator[tuple[str, str]]:
    """Each old submission's name with that of the new one that it belongs to; nobody has two."""
    by_person = {person: entry.name for entry in new for person in map(_identity, entry.submitters) if person}
    taken = {entry.name for entry in old} & {entry.name for entry in new}
    for entry in old:
        known = (by_person.get(_identity(person)) for person in entry.submitters)
        free = (name for name in known if name is not None and name not in taken)
        partner = entry.name if entry.name in taken else next(free, None)
        if partner is not None:
            taken.add(partner)
            yield entry.name, partner


def _identity(person: Submitter) -> str:
    return person.sid or person.email.casefold()


def _differences(old: Marks, new: Marks) -> Iterator[Difference]:
    """The total, and the items that differ in points or verdict.

    An export may name its tests in another way, or hold fewer: beside its scores only the items of both count.
    """
    recorded = any(not mark.verdict for marks in (old, new) for name, mark in marks.items() if name != TOTAL)
    both = recorded or len(old) == 1 or len(new) == 1
    for item in [item for item in new if item in old] if both else dict.fromkeys([*new, *old]):
        difference = Difference(item, old.get(item, Mark()), new.get(item, Mark()))
        verdicts = {difference.old.verdict, difference.new.verdict} - {""}
        if item == TOTAL or abs(difference.points) > ROUNDING or len(verdicts) > 1:
            yield difference


def blocks(comparison: Comparison) -> tuple[Block, ...]:
    """The comparison for the terminal."""
    marks = [change for change in comparison.changes if change.differs]
    verdicts = len(comparison.changes) - len(marks)
    higher, lower = (sum(sign * change.points > 0 for change in marks) for sign in (1, -1))
    same = len(marks) - higher - lower
    tally = f"{comparison.compared} submissions compared: {len(marks)} with other marks"
    if marks:
        tally += f" ({higher} higher, {lower} lower" + (f", {same} with the same total)" if same else ")")
    if verdicts:
        tally += f", {verdicts} with other verdicts and the same marks"
    found: list[Block] = [Paragraph(f"{tally}.")]
    for names, where in ((comparison.gone, "only in the first"), (comparison.added, "only in the second")):
        if names:
            shown = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
            found.append(Paragraph(f"{len(names)} {where}: {visible.text(shown, keep='')}"))
    counts = Counter((item.item, item.verdicts) for change in comparison.changes for item in change.differences[1:])
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
    total, *items = change.differences
    yield visible.text(change.entry.who, keep="", limit=40), *_cells(total), ""
    for item in items:
        reason = visible.text(item.new.reason.replace("\n", " "), keep="", limit=90)
        yield "", *_cells(item), f"{item.verdicts}: {reason}" if reason else item.verdicts


def _cells(one: Difference) -> tuple[str, ...]:
    sign = "+" if one.points > 0 else ""
    return one.item, visible.points(one.old.score), visible.points(one.new.score), sign + visible.points(one.points)


def as_csv(comparison: Comparison) -> str:
    """The comparison as CSV: for each changed submission a row for its total, and one for each item."""
    header = ["name", "sid", "email", "submission", "item", "before", "after", "difference", "verdict before",
              "verdict after", "reason before", "reason after"]  # fmt: skip
    lines = [visible.row(header)]
    for change in comparison.changes:
        entry = change.entry
        who = [*map(entry.known, ("name", "sid", "email")), entry.name]
        for one in change.differences:
            old, new = one.old, one.new
            scores = map(visible.points, (old.score, new.score, one.points))
            lines.append(visible.row([*who, one.item, *scores, old.verdict, new.verdict, old.reason, new.reason]))
    return "".join(lines)
