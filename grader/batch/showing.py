"""What a batch leaves to read: ``grades.csv``, ``answers.csv`` and ``report.html``, from the results, one at a time.

A further column of a table is a further line in ``_GRADES``, ``_GRADES_BY_ITEM`` or ``_ANSWERS``. The page shows how a
class did, what waits for a person and why, which questions were hard, and who gave the same answer: of each report it
keeps what it shows, names, numbers, and one of equal answers. Equal reasons are one cause: a program that crashed is
one, and not ten.
"""

from __future__ import annotations

import contextlib
import math
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from hashlib import sha256
from itertools import groupby, pairwise
from pathlib import Path
from statistics import mean, median
from urllib.parse import quote

from grader.assignment.config import Config, Item
from grader.batch.roster import Entry, Roster, Submitter
from grader.batch.store import Store, Stored, write
from grader.frozen import frozen
from grader.report import Block, Finding, ItemReport, Paragraph, Report, Table, Verdict
from grader.reporters import html, visible

GROUPS_SHOWN = 30
"""Groups of one question that are shown in full; the rest is counted."""

_LETTERS = {
    Verdict.CORRECT: "c", Verdict.PARTIAL: "p", Verdict.REVIEW: "r",
    Verdict.INVALID: "v", Verdict.INCORRECT: "i", Verdict.MISSING: "m",
}  # fmt: skip
"""A letter for each verdict, by which the page filters, in the order in which they are drawn."""
_SPELLINGS_KEPT = 200
_TYPED_KEPT = 600
_BINS = 12
FAULT = "A fault of the grader, or a limit that it met."

_LINE = (
    (re.compile(r" \((?:again )?(?:in )?line \d+\)"), ""),
    (re.compile(r"\b([Ii])n line \d+ of "), r"\1n "),
    (re.compile(r"\bline \d+\b"), "a line"),
)
_WRITE_UP = re.compile(r"\A[^“”:]{1,200}?\.(?:tex|md|markdown|ipynb)(?:, cell \d+)?(?:, a line)?,? ")
_ITEM = re.compile(r"\bmark it as \S+(?=, or type)")
_QUOTED = re.compile(r"“[^”]*”")
_STEPS = tuple(Fraction(step) for step in ("1/4", "1/2", "1", "2", "5", "10", "20", "25", "50", "100"))

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
    "status": lambda entry, person, report: "needs a person" if report.needs_person else "marked",
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
    "reason": lambda entry, item: in_a_line(item.finding),
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


def reason(finding: Finding) -> tuple[Block, ...]:
    """The blocks of a finding without a first one that only says where something cannot be read."""
    first, rest = finding.blocks[:1], finding.blocks[1:]
    place = rest and isinstance(first[0], Paragraph) and first[0].text.endswith("cannot be read.")
    return rest if place else finding.blocks


def in_a_line(finding: Finding) -> str:
    """The reason in one line: its messages and what a program printed, without tables and carets."""
    texts = (block.text for block in reason(finding) if not isinstance(block, Table))
    return " ".join(text for text in texts if "\n" not in text)


def shared(finding: Finding) -> str:
    """What equal reasons share: without lines, the names of files and items, and what was quoted."""
    first = next((block.text for block in reason(finding) if isinstance(block, Paragraph)), "")
    return _ITEM.sub("mark it", _WRITE_UP.sub("The write-up ", _QUOTED.sub("“…”", _without_lines(first))))


def _without_lines(text: str) -> str:
    for pattern, instead in _LINE:
        text = pattern.sub(instead, text)
    return text


@frozen
class Row:
    """One submission, its points by part, and its verdicts in the order of the homework; its page is at ``page``.

    ``letters`` has a letter for each verdict, ``runs`` counts equal neighbours among them, part by part.
    """

    entry: Entry
    who: str
    page: str
    score: Fraction
    parts: tuple[Fraction, ...]
    letters: str
    runs: list[list[tuple[Verdict, int]]]
    seconds: float


@frozen
class Waiting:
    """What one submission has waiting for one cause: its answers, each item with what was typed."""

    who: str
    page: str
    answers: tuple[tuple[str, str], ...]
    reason: str
    detail: str


@dataclass
class Cause:
    """Why answers wait for a person. What differs between them is “…” in the reason."""

    verdict: Verdict
    reason: str
    waiting: list[Waiting] = field(default_factory=list)

    @property
    def answers(self) -> int:
        return sum(len(one.answers) for one in self.waiting)


@dataclass
class Group:
    """Mathematically equal answers to one question: the first of them, how they were typed, and by whom."""

    question: Item
    first: ItemReport
    who: list[str] = field(default_factory=list)
    typed: Counter[str] = field(default_factory=Counter)

    def add(self, who: str, typed: str) -> None:
        self.who.append(who)
        spelling = typed.strip()[:_TYPED_KEPT]
        if spelling in self.typed or len(self.typed) < _SPELLINGS_KEPT:
            self.typed[spelling] += 1

    @property
    def size(self) -> int:
        return len(self.who)

    @property
    def reason(self) -> tuple[Block, ...]:
        """What all who gave it are told first, without the line of the one whose words they are."""
        first = reason(self.first.finding)[:1]
        return tuple(Paragraph(_without_lines(one.text)) if isinstance(one, Paragraph) else one for one in first)

    @property
    def lines(self) -> str:
        """Lines for the end of the reference, which add to what is accepted; none where there is nothing to give."""
        settled = self.first.finding.verdict in (Verdict.CORRECT, Verdict.INVALID, Verdict.MISSING)
        if settled or not self.first.understood or not self.question.needs_reference:
            return ""
        entry = f'{{"answer": {self.first.understood!r}, "credit": "1", "message": ""}}'
        return f"ACCEPTED.setdefault({self.question.name!r}, []).append(\n    {entry}\n)"


@dataclass
class Question:
    """One item, and how the class answered it."""

    item: Item
    _groups: dict[tuple[Verdict, Fraction, str], Group] = field(default_factory=dict)

    def add(self, who: str, answer: ItemReport) -> None:
        """Equal answers are marked alike, but for a fault or a limit that one of them met."""
        finding = answer.finding
        # Answers that could not be read are compared as they were typed.
        meaning = finding.canonical or " ".join((answer.understood or answer.typed).split())
        key = (finding.verdict, finding.credit, meaning)
        self._groups.setdefault(key, Group(self.item, answer)).add(who, answer.typed)

    @property
    def groups(self) -> list[Group]:
        """The largest first."""
        return sorted(self._groups.values(), key=lambda group: -group.size)

    @property
    def share(self) -> float:
        """The mean part of the points that was earned."""
        groups = self._groups.values()
        earned = sum((group.first.finding.credit * group.size for group in groups), Fraction(0))
        return float(earned / (sum(group.size for group in groups) or 1))

    @property
    def bars(self) -> list[tuple[Verdict, int, float]]:
        """Verdict, count and percentage, in the order in which they are drawn."""
        counts: Counter[Verdict] = Counter()
        for group in self._groups.values():
            counts[group.first.finding.verdict] += group.size
        return [(one, counts[one], 100 * counts[one] / counts.total()) for one in _LETTERS if counts[one]]


class ClassPage:
    """``waiting`` is how many submissions need a person, ``met`` what the decisions are about that met an answer."""

    def __init__(self, config: Config, roster: Roster) -> None:
        self.config, self.messages = config, roster.messages
        self.rows: list[Row] = []
        self.questions = [Question(item) for item in config.items]
        self.waiting = 0
        self.met: set[str] = set()
        self._names = Counter(entry.who for entry in roster.entries)
        self._causes: dict[tuple[Verdict, str], Cause] = {}

    def add(self, entry: Entry, stored: Stored) -> None:
        report = stored.report
        # People of one name are told apart by their submissions.
        who = f"{entry.who} ({entry.name})" if self._names[entry.who] > 1 else entry.who
        page = f"pages/{quote(entry.name)}.html"
        verdicts = [[item.finding.verdict for item in part.items] for part in report.parts]
        scores = tuple(part.score for part in report.parts)
        letters = "".join(_LETTERS[verdict] for part in verdicts for verdict in part)
        runs = [[(verdict, len(list(same))) for verdict, same in groupby(part)] for part in verdicts]
        self.rows.append(Row(entry, who, page, report.score, scores, letters, runs, stored.seconds))
        self.waiting += report.needs_person
        # A fault is a cause of its own, and all that it left unmarked belongs to it.
        found: dict[tuple[Verdict, str], list[ItemReport]] = {(Verdict.REVIEW, FAULT): []} if report.faults else {}
        for item in (item for item in report.items if item.waits):
            lost = report.faults and item.finding.code.startswith("grader.")
            found.setdefault((item.finding.verdict, FAULT if lost else shared(item.finding)), []).append(item)
        for key, items in found.items():
            fault = key[1] == FAULT
            told = "" if fault else in_a_line(items[0].finding)
            typed = tuple((item.item, item.typed[:_TYPED_KEPT]) for item in items)
            detail = "\n".join(report.faults) if fault else ""
            self._causes.setdefault(key, Cause(*key)).waiting.append(Waiting(who, page, typed, told, detail))
        answers = {item.item: item for item in report.items}
        for question in self.questions:
            if question.item.name in answers:
                question.add(who, answers[question.item.name])
        self.met.update(one.about for item in report.items for one in item.decided)

    @property
    def causes(self) -> list[Cause]:
        """Those that most submissions share come first."""
        return sorted(self._causes.values(), key=lambda cause: (-len(cause.waiting), -cause.answers))

    @property
    def hardest(self) -> list[Question]:
        return sorted(self.questions, key=lambda question: question.share)

    def render(self) -> str:
        """The page, self-contained but for links to the pages of single submissions beside it."""
        totals = [row.score for row in self.rows]
        figures: dict[str, Callable[[list[Fraction]], Fraction]]
        figures = {"mean": mean, "median": median, "highest": max, "lowest": min}
        return html.page(
            "class_page.html",
            script="table.js",
            report=self,
            bins=_bins(totals, self.config.points),
            figures={name: figure(totals) for name, figure in figures.items() if totals},
            slowest=sorted(self.rows, key=lambda row: -row.seconds)[:5],
            median_seconds=median([row.seconds for row in self.rows] or [0.0]),
            recorded=any(row.entry.recorded.score is not None for row in self.rows),
            letters=_LETTERS,
            groups_shown=GROUPS_SHOWN,
        )


def _bins(totals: list[Fraction], most: Fraction) -> list[tuple[str, str, int]]:
    """Ranges of points, each as a label and in words, and how many are in it; the last is that of full marks."""
    step = next((step for step in _STEPS if most <= step * _BINS), max(most / _BINS, Fraction(1)))
    full = max(math.ceil(most / step), 1)
    counts = Counter(full if total >= most else max(int(total // step), 0) for total in totals)
    edges = [visible.points(min(step * index, most)) for index in range(full + 1)]
    below = [(f"{low}–", f"with {low} to under {high}", counts[at]) for at, (low, high) in enumerate(pairwise(edges))]
    return [*below, (edges[-1], "with full marks", counts[full])]


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
def _table(target: Path) -> Iterator[Callable[[Iterable[list[str]]], object]]:
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with open(beside, "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            yield lambda rows: file.writelines(map(visible.row, rows))
        os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)
