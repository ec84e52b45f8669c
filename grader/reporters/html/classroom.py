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

_ORDER = (Verdict.CORRECT, Verdict.PARTIAL, Verdict.REVIEW, Verdict.INVALID, Verdict.INCORRECT, Verdict.MISSING)


@dataclass(frozen=True)
class Pupil:
    """One submission: who handed it in, its points by part, and its verdicts in the order of the homework."""

    submission: str
    who: str
    sid: str
    score: Fraction
    recorded: Fraction | None
    parts: tuple[Fraction, ...]
    verdicts: tuple[tuple[Verdict, ...], ...]
    seconds: float

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
    """An answer, or a fault, that a person must look at; ``page`` is where the whole submission is shown."""

    who: str
    item: str
    verdict: Verdict
    typed: str
    reason: tuple[Block, ...]
    page: str


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
class Classroom:
    title: str
    points: Fraction
    parts: tuple[str, ...]
    pupils: tuple[Pupil, ...]
    questions: tuple[Question, ...]
    waiting: tuple[Waiting, ...]
    faults: tuple[tuple[str, str, str], ...]
    messages: tuple[str, ...]

    @property
    def hardest(self) -> list[Question]:
        return sorted(self.questions, key=lambda question: question.share)

    @property
    def waiting_by_item(self) -> list[tuple[str, list[Waiting]]]:
        found: dict[str, list[Waiting]] = {}
        for one in self.waiting:
            found.setdefault(one.item, []).append(one)
        return sorted(found.items(), key=lambda pair: -len(pair[1]))


def render(room: Classroom) -> str:
    """The page, self-contained but for links to the pages of single submissions beside it."""
    totals = [pupil.score for pupil in room.pupils]
    return pages.page(
        "classroom.html",
        script="table.js",
        room=room,
        histogram=histogram.draw(totals, room.points),
        figures=_figures(totals, room.points),
        slowest=sorted(room.pupils, key=lambda pupil: -pupil.seconds)[:5],
        median_seconds=median([pupil.seconds for pupil in room.pupils] or [0.0]),
        recorded=any(pupil.recorded is not None for pupil in room.pupils),
        order=_ORDER,
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
