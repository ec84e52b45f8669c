"""What people decided, applied to what the grader found by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property

from grader import answers, grading, kinds
from grader.assignment.config import Config
from grader.assignment.faults import Faulty
from grader.decisions import Decision, Decisions, about, contradiction, text, whose
from grader.forms.answer import Answer, Answers
from grader.frozen import frozen
from grader.grading import Emit, Homework
from grader.report import Block, Finding, ItemReport, Paragraph, Report

_COMPARED = 2000
"""A text of so many characters was shortened, and is no longer what was typed."""


@frozen
class Deciding:
    """Decisions, ready to be met by answers."""

    decisions: Decisions
    homework: Homework

    def prepare(self) -> Deciding:
        """Reads what the decisions are about. Raises ``Faulty`` where two of them contradict."""
        _ = self._by_meaning
        return self

    def mark(self, given: Answers, names: tuple[str, ...], emit: Emit = lambda item: None) -> Report:
        """Marks the answers of a submission, which goes by these names, and applies what was decided of it."""
        found = ((name, self.reading(name, answer.typed, names)) for name, answer in given.items.items())
        readings = {name: decision for name, decision in found if decision is not None}
        anew = {name: self._read(given.items[name], decision) for name, decision in readings.items()}
        given = replace(given, items={**given.items, **anew})
        report = grading.mark(given, self.homework, emit=lambda item: emit(self.item(item, names)), readings=readings)
        return self.report(report, names)

    def rereads(self, report: Report, names: tuple[str, ...]) -> bool:
        """Whether an answer of a report is now to be read otherwise than it was, so that it has to be marked anew."""
        for item in report.items:
            was = next((one for one in item.decided if one.read_as), None)
            now = self.reading(item.item, item.typed, names)
            if was != (now and now.record()):
                return True
        return False

    def reading(self, item: str, typed: str, names: tuple[str, ...]) -> Decision | None:
        """The decision on what an answer is to be read as."""
        return self._first(self._readings, item, names, [text(typed)] if len(typed) < _COMPARED else [])

    def _read(self, answer: Answer, decision: Decision) -> Answer:
        found = answers.typed(answer.item, decision.read_as, self.homework.config).items[answer.item.name]
        return replace(found, typed=answer.typed, line=answer.line, taken=answer.taken)

    def report(self, report: Report, names: tuple[str, ...]) -> Report:
        """The report with what was decided of its items, in place of what an earlier call decided."""
        if not self.decisions.all and not any(item.decided for item in report.items):
            return report
        return report.changed(lambda item: self.item(item, names))

    def item(self, item: ItemReport, names: tuple[str, ...]) -> ItemReport:
        """One item, with what was decided of it."""
        item = undecided(item)
        decision = self._first(self._by_meaning, item.item, names, list(keys(item, self.homework.config)))
        if decision is None:
            return item
        assert decision.verdict is not None
        own = item.finding
        blocks: tuple[Block, ...] = (Paragraph(f"Decided by a person: {decision.message or decision.verdict}"),)
        if own.verdict is decision.verdict and own.credit == decision.credit:
            blocks += own.blocks
        else:
            blocks += (Paragraph(f"By itself, the grader would have said {own.verdict}:"), *own.blocks)
        finding = Finding(decision.verdict, blocks, "decided", decision.credit, own.canonical, own.exhibit)
        return replace(item, finding=finding, decided=(*item.decided, decision.record(own)))

    @cached_property
    def _readings(self) -> dict[tuple[str, str, str], Decision]:
        return {about(one): one for one in self.decisions.all if one.read_as}

    @cached_property
    def _by_meaning(self) -> dict[tuple[str, str, str], Decision]:
        found: dict[tuple[str, str, str], Decision] = {}
        for one in self.decisions.all:
            if one.verdict is None:
                continue
            for key in [""] if one.submission else self._meanings(one):
                other = found.setdefault((one.item, whose(one.submission), key), one)
                if other.outcome != one.outcome:
                    raise Faulty(contradiction(one, other, self.decisions.name))
        return found

    def _meanings(self, decision: Decision) -> Iterator[str]:
        """The text of the answer, and the meaning that it shares with equal ones."""
        yield text(decision.answer)
        config = self.homework.config
        item = config.item(decision.item)
        row = kinds.of(item, config)
        given = answers.typed(item, decision.answer, config)
        if row.meaning == "understood":
            yield from {text(given.items[item.name].understood)} - {"", text(decision.answer)}
        elif row.size is None:  # what it takes long to judge has its meaning in the file itself
            marked = grading.mark(given, self.homework).item(item.name)
            yield from {text(marked.finding.canonical)} - {"", text(decision.answer)}

    @staticmethod
    def _first(
        known: Mapping[tuple[str, str, str], Decision], item: str, names: tuple[str, ...], meanings: list[str]
    ) -> Decision | None:
        """What is decided of one submission goes before what is decided of all that say the same."""
        places = [*((item, whose(name), "") for name in names), *((item, "", meaning) for meaning in meanings)]
        return next((known[place] for place in places if place in known), None)


def undecided(item: ItemReport) -> ItemReport:
    """The item with what the grader found by itself; that it was read anew stays."""
    own = next((one.own for one in item.decided if one.own is not None), None)
    kept = tuple(one for one in item.decided if one.own is None)
    return replace(item, finding=own, decided=kept) if own is not None else item


def keys(item: ItemReport, config: Config) -> Iterator[str]:
    """By what equal answers are known: what they mean, and the text that was typed.

    An equation's text means nothing without the student's own names in it, which are in what was understood.
    """
    by_understood = kinds.of(config.item(item.item), config).meaning == "understood"
    meaning = text(item.understood if by_understood else item.finding.canonical)
    if meaning and len(meaning) < _COMPARED:
        yield meaning
    if item.typed.strip() and len(item.typed) < _COMPARED and not (by_understood and meaning):
        yield text(item.typed)
