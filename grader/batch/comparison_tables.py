"""A comparison of two markings, for the terminal and as CSV."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction

from grader.batch.comparison import Change, Comparison, Difference, Mark, who
from grader.report import Block, Paragraph, Table
from grader.reporters import csv, points, visible

_ROWS_SHOWN = 200


def blocks(comparison: Comparison) -> tuple[Block, ...]:
    """The comparison for the terminal."""
    marks = [change for change in comparison.changes if change.differs]
    verdicts = len(comparison.changes) - len(marks)
    higher, lower = (sum(sign * change.points > 0 for change in marks) for sign in (1, -1))
    same = len(marks) - higher - lower
    ways = f"{higher} higher, {lower} lower" + (f", {same} with the same total" if same else "")
    says = [
        f"{comparison.compared} submissions compared: {len(marks)} with other marks"
        + (f" ({ways})" if marks else "")
        + (f", {verdicts} with other verdicts and the same marks" if verdicts else "")
        + "."
    ]
    for names, word in ((comparison.gone, "only in the first"), (comparison.added, "only in the second")):
        if names:
            shown = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
            says.append(f"{len(names)} {word}: {visible.text(shown, keep='')}")
    found: list[Block] = [Paragraph(text) for text in says]
    counts = Counter((item.item, _verdicts(item)) for change in comparison.changes for item in change.items)
    if counts:
        rows = tuple((item, verdict, str(count)) for (item, verdict), count in counts.most_common(_ROWS_SHOWN))
        found += [Paragraph(""), Table(("item", "verdict", "submissions"), rows, "What changed")]
    if comparison.changes:
        shown_rows = [row for change in comparison.changes for row in _rows(change)]
        more = len(shown_rows) - _ROWS_SHOWN
        table = Table(
            ("who", "item", "before", "after", "by", "why"), tuple(shown_rows[:_ROWS_SHOWN]), "Whose marks differ"
        )
        found += [Paragraph(""), table]
        if more > 0:
            found.append(Paragraph(f"… and {more} more rows: see --csv."))
    return tuple(found)


def _rows(change: Change) -> Iterator[tuple[str, ...]]:
    name = visible.text(who(change.entry), keep="", limit=40)
    yield name, "total", _points(change.old), _points(change.new), _signed(change.points), ""
    for item in change.items:
        why = _verdicts(item)
        reason = visible.text((item.new.reason if item.new else "").replace("\n", " "), keep="", limit=90)
        yield (
            "",
            item.item,
            _points(item.old.score if item.old else None),
            _points(item.new.score if item.new else None),
            _signed(item.points),
            f"{why}: {reason}" if reason else why,
        )


def _verdicts(item: Difference) -> str:
    before, after = (mark.verdict or "recorded" if mark else "not there" for mark in (item.old, item.new))
    return f"{before} → {after}" if before != after else before


def as_csv(comparison: Comparison) -> str:
    """The comparison as CSV: for each changed submission a row for its total, and one for each item."""
    header = ["name", "sid", "email", "submission", "item", "before", "after", "difference", "verdict before",
              "verdict after", "reason before", "reason after"]  # fmt: skip
    lines = [csv.line(header)]
    for change in comparison.changes:
        people = change.entry.submitters
        head = [
            "; ".join(filter(None, (getattr(person, field) for person in people))) for field in ("name", "sid", "email")
        ]
        head.append(change.entry.name)
        total = ["total", _points(change.old), _points(change.new), points.text(change.points), "", "", "", ""]
        lines.append(csv.line([*head, *total]))
        for item in change.items:
            old, new = item.old or Mark(Fraction(0)), item.new or Mark(Fraction(0))
            before, after = _points(item.old.score if item.old else None), _points(item.new.score if item.new else None)
            lines.append(csv.line([*head, item.item, before, after, points.text(item.points), old.verdict, new.verdict,
                                   old.reason, new.reason]))  # fmt: skip
    return "".join(lines)


def _points(score: Fraction | None) -> str:
    return "" if score is None else points.text(score)


def _signed(value: Fraction) -> str:
    return f"+{points.text(value)}" if value > 0 else points.text(value)
