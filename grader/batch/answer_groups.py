"""The answers of a class to each question, equal ones together, and the lines that give a group credit."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction

from grader.assignment.config import Config, Item
from grader.batch import causes
from grader.report import ItemReport, Verdict
from grader.reporters.html.class_page import Group, Question

_SPELLINGS_KEPT = 200
_SPELLING_KEPT = 600


@dataclass
class _Gathered:
    first: ItemReport
    who: list[str] = field(default_factory=list)
    spellings: Counter[str] = field(default_factory=Counter)


@dataclass
class Grouping:
    """Takes one marked item after the other; keeps names, counts, and one item of each group."""

    config: Config
    _groups: dict[str, dict[tuple[Verdict, Fraction, str], _Gathered]] = field(default_factory=dict)
    _earned: dict[str, Fraction] = field(default_factory=dict)

    def add(self, who: str, item: ItemReport) -> None:
        finding = item.finding
        # Equal answers are marked alike, but for a fault or a limit that one of them met.
        key = (finding.verdict, finding.credit, _meaning(item))
        groups = self._groups.setdefault(item.item, {})
        gathered = groups.setdefault(key, _Gathered(item))
        gathered.who.append(who)
        spelling = item.typed.strip()[:_SPELLING_KEPT]
        if spelling in gathered.spellings or len(gathered.spellings) < _SPELLINGS_KEPT:
            gathered.spellings[spelling] += 1
        self._earned[item.item] = self._earned.get(item.item, Fraction(0)) + finding.credit

    def questions(self) -> tuple[Question, ...]:
        """Every item in the order of the config, its groups the largest first."""
        return tuple(self._question(item) for item in self.config.items)

    def _question(self, item: Item) -> Question:
        groups = sorted(
            (_group(item, gathered) for gathered in self._groups.get(item.name, {}).values()),
            key=lambda group: -group.size,
        )
        verdicts: Counter[Verdict] = Counter()
        for group in groups:
            verdicts[group.verdict] += group.size
        share = float(self._earned.get(item.name, Fraction(0)) / (sum(verdicts.values()) or 1))
        return Question(item.name, item.title, item.points, dict(verdicts), share, tuple(groups))


def _meaning(item: ItemReport) -> str:
    """What equal answers share; answers that could not be read are compared as they were typed."""
    if item.finding.canonical:
        return item.finding.canonical
    return " ".join((item.understood or item.typed).split())


def _group(item: Item, gathered: _Gathered) -> Group:
    first = gathered.first
    finding = first.finding
    return Group(
        finding.verdict,
        first.understood,
        first.mathml,
        tuple(gathered.spellings.most_common()),
        tuple(gathered.who),
        finding.credit,
        causes.of_all(causes.reason(finding)[:1]),
        _lines(item, first) if item.needs_reference else "",
    )


def _lines(item: Item, answer: ItemReport) -> str:
    """Lines for the end of the reference, which add to what is accepted there; none where there is nothing to give."""
    if answer.finding.verdict in (Verdict.CORRECT, Verdict.INVALID, Verdict.MISSING) or not answer.understood:
        return ""
    entry = f'{{"answer": {answer.understood!r}, "credit": "1", "message": ""}}'
    return f"ACCEPTED.setdefault({item.name!r}, []).append(\n    {entry}\n)"
