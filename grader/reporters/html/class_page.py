"""A class as a page: how it did, what waits for a person, which questions were hard, and who gave the same answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import mean, median

from grader.report import Block, Verdict
from grader.reporters.html import histogram, pages

GROUPS_SHOWN = 30
"""Groups of one question that are shown in full; the rest is counted."""

LETTERS = dict(zip(Verdict, "cpivmr"))
_ORDER = (Verdict.CORRECT, Verdict.PARTIAL, Verdict.REVIEW, Verdict.INVALID, Verdict.INCORRECT, Verdict.MISSING)


@dataclass(frozen=True)
class Row:
    """One submission: who handed it in, its points by part, and its verdicts in the order of the homework.

    ``page`` is where the whole submission is shown, if it is. ``late`` is what the platform says.
    """

    submission: str
    who: str
    page: str
    sid: str
    score: Fraction
    recorded: Fraction | None
    parts: tuple[Fraction, ...]
    verdicts: tuple[tuple[Verdict, ...], ...]
    seconds: float
    late: bool = False

    @property
    def letters(self) -> str:
        """A letter for each item, which the page filters by: ``c`` for correct, … as in ``LETTERS``."""
        return "".join(LETTERS[verdict] for part in self.verdicts for verdict in part)

    @property
    def runs(self) -> tuple[tuple[tuple[Verdict, int], ...], ...]:
        """Equal neighbours among the verdicts, counted, part by part."""
        found = []
        for part in self.verdicts:
            runs: list[tuple[Verdict, int]] = []
            for verdict in part:
                if runs and runs[-1][0] is verdict:
                    runs[-1] = (verdict, runs[-1][1] + 1)
                else:
                    runs.append((verdict, 1))
            found.append(tuple(runs))
        return tuple(found)


@dataclass(frozen=True)
class Waiting:
    """What one submission has waiting for one cause: its answers, each item with what was typed."""

    who: str
    page: str
    answers: tuple[tuple[str, str], ...]
    reason: str
    detail: str = ""


@dataclass(frozen=True)
class Cause:
    """Why answers wait for a person. What differs between them is “…” in the reason."""

    verdict: Verdict
    reason: str
    waiting: tuple[Waiting, ...]

    @property
    def answers(self) -> int:
        return sum(len(one.answers) for one in self.waiting)


@dataclass(frozen=True)
class Group:
    """Mathematically equal answers to one question. ``lines`` would give them credit, put into the reference."""

    verdict: Verdict
    understood: str
    mathml: str
    spellings: tuple[tuple[str, int], ...]
    who: tuple[str, ...]
    credit: Fraction
    reason: tuple[Block, ...]
    lines: str = ""

    @property
    def size(self) -> int:
        return len(self.who)


@dataclass(frozen=True)
class Question:
    """One item, and how the class answered it; ``share`` is the mean part of the points that was earned."""

    item: str
    title: str
    points: Fraction
    verdicts: dict[Verdict, int]
    share: float
    groups: tuple[Group, ...]

    @property
    def bars(self) -> list[tuple[Verdict, int, float]]:
        """Verdict, count and percentage, in the order in which they are drawn."""
        whole = sum(self.verdicts.values()) or 1
        return [(one, self.verdicts[one], 100 * self.verdicts[one] / whole) for one in _ORDER if self.verdicts.get(one)]


@dataclass(frozen=True)
class ClassReport:
    """A class, marked. ``waiting`` is the number of submissions that need a person."""

    title: str
    points: Fraction
    parts: tuple[str, ...]
    rows: tuple[Row, ...]
    questions: tuple[Question, ...]
    causes: tuple[Cause, ...]
    waiting: int
    messages: tuple[str, ...]

    @property
    def hardest(self) -> list[Question]:
        return sorted(self.questions, key=lambda question: question.share)


def render(report: ClassReport) -> str:
    """The page, self-contained but for links to the pages of single submissions beside it."""
    totals = [row.score for row in report.rows]
    return pages.page(
        "class_page.html",
        script="table.js",
        report=report,
        histogram=histogram.draw(totals, report.points),
        figures=_figures(totals, report.points),
        slowest=sorted(report.rows, key=lambda row: -row.seconds)[:5],
        median_seconds=median([row.seconds for row in report.rows] or [0.0]),
        recorded=any(row.recorded is not None for row in report.rows),
        order=_ORDER,
        letters=LETTERS,
        groups_shown=GROUPS_SHOWN,
    )


def _figures(totals: Sequence[Fraction], points: Fraction) -> list[tuple[str, Fraction]]:
    if not totals:
        return []
    return [
        ("mean", Fraction(mean(totals))),
        ("median", Fraction(median(totals))),
        ("highest", max(totals)),
        ("lowest", min(totals)),
    ]
