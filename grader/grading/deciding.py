"""What people decided, applied to what the grader found by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from grader import answers, decisions, submission
from grader.answers import Answer, Answers
from grader.assignment.config import Config, Item
from grader.decisions import Decision, Decisions
from grader.decisions.reading import contradiction, text
from grader.grading import judging, marking
from grader.grading.homework import Homework
from grader.grading.marking import Emit, Judge, ignore
from grader.report import Block, Finding, ItemReport, Paragraph, PartReport, Report
from grader.submission import Submission

_COMPARED = 2000
"""Characters from which on a text was shortened, and says no longer what was typed."""


def document(item: Item, typed: str) -> str:
    """An answers.yaml that holds one answer: quoted under its field, or as it stands where a whole part is typed."""
    if not item.path:
        inside = "\n".join(f"  {line}" for line in typed.splitlines())
        return f"{_quoted(item.part)}:\n{inside}\n"
    keys = "".join(f"{'  ' * depth}{_quoted(key)}:\n" for depth, key in enumerate((item.part, *item.path)))
    return f"{keys[:-1]} {_quoted(typed)}\n"


def _quoted(typed: str) -> str:
    """YAML's double quotes, with every character that means anything to YAML by its number."""
    plain = (character if " " <= character <= "~" and character not in '"\\' else None for character in typed)
    return '"' + "".join(kept or f"\\U{ord(character):08x}" for kept, character in zip(plain, typed)) + '"'


def read(item: Item, typed: str, config: Config) -> Answers:
    """A submission that answers nothing but this item, as one types it."""
    return answers.read(Submission(document(item, typed).encode()), config)


def mark(item: Item, typed: str, homework: Homework) -> tuple[PartReport, ItemReport]:
    """What the typed answer gets for the item, in its part, in a submission that answers nothing else."""
    report = marking.run(read(item, typed, homework.config), homework, judging.judge)
    return next((part, marked) for part in report.parts for marked in part.items if marked.item == item.name)


@dataclass(frozen=True)
class Deciding:
    """Decisions, ready to be met by answers."""

    decisions: Decisions
    homework: Homework

    def prepare(self) -> Deciding:
        """Reads what the decisions are about. Raises ``decisions.Faulty`` where two of them contradict."""
        _ = self._by_meaning
        return self

    def grade(self, path: Path, names: tuple[str, ...], emit: Emit = ignore, judge: Judge = judging.judge) -> Report:
        """Marks the submission at ``path``, which goes by these names, and applies what was decided of it."""
        config = self.homework.config
        given = answers.read(submission.read(path, config.limits), config)
        readings = self._of(given, names)
        read_ = self._reread(given, readings)
        report = marking.run(read_, self.homework, judge, lambda item: emit(self.item(item, names)), readings)
        return self.report(report, names)

    def rereads(self, report: Report, names: tuple[str, ...]) -> bool:
        """Whether an answer of a report is now to be read otherwise than it was, so that it has to be marked anew."""
        for item in report.items:
            was = next((one for one in item.decided if one.read_as), None)
            now = self._reading(item.item, item.typed, names)
            if was != (now and now.record()):
                return True
        return False

    def reads(self, item: ItemReport, names: tuple[str, ...]) -> Decision | None:
        """The decision on what an answer is to be read as."""
        return self._reading(item.item, item.typed, names)

    def _of(self, given: Answers, names: tuple[str, ...]) -> dict[str, Decision]:
        found = {name: self._reading(name, answer.typed, names) for name, answer in given.items.items()}
        return {name: decision for name, decision in found.items() if decision is not None}

    def _reading(self, item: str, typed: str, names: tuple[str, ...]) -> Decision | None:
        return self._first(self._readings, item, names, [text(typed)] if len(typed) < _COMPARED else [])

    def _reread(self, given: Answers, readings: Mapping[str, Decision]) -> Answers:
        config = self.homework.config
        read_ = {name: self._read(given.items[name], one, config) for name, one in readings.items()}
        return replace(given, items={**given.items, **read_}) if read_ else given

    def _read(self, answer: Answer, decision: Decision, config: Config) -> Answer:
        found = read(answer.item, decision.read_as, config).items[answer.item.name]
        return replace(found, typed=answer.typed, line=answer.line, taken=answer.taken)

    def report(self, report: Report, names: tuple[str, ...]) -> Report:
        """The report with what was decided of its items, in the stead of what an earlier call decided."""
        if not self.decisions.all and not any(item.decided for item in report.items):
            return report
        parts = tuple(
            replace(part, items=tuple(self.item(item, names) for item in part.items)) for part in report.parts
        )
        return replace(report, parts=parts)

    def item(self, item: ItemReport, names: tuple[str, ...]) -> ItemReport:
        """One item, with what was decided of it."""
        item = undecided(item)
        decision = self._first(self._by_meaning, item.item, names, list(keys(item, self._kind(item.item))))
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

    def _kind(self, name: str) -> str:
        return self.homework.config.item(name).kind

    @cached_property
    def _readings(self) -> dict[tuple[str, str, str], Decision]:
        found = {}
        for one in self.decisions.all:
            if one.read_as:
                found[one.item, one.submission, text(one.answer)] = one
        return found

    @cached_property
    def _by_meaning(self) -> dict[tuple[str, str, str], Decision]:
        found: dict[tuple[str, str, str], Decision] = {}
        for one in self.decisions.all:
            if one.verdict is None:
                continue
            for key in [""] if one.submission else self._meanings(one):
                other = found.setdefault((one.item, one.submission, key), one)
                if other.outcome != one.outcome:
                    raise decisions.Faulty(contradiction(one, other, self.decisions.name))
        return found

    def _meanings(self, decision: Decision) -> Iterator[str]:
        """The text of the answer, and what all that say the same share."""
        yield text(decision.answer)
        item = self.homework.config.item(decision.item)
        if item.kind == "backward":
            answer = read(item, decision.answer, self.homework.config).items[item.name]
            yield from {text(answer.understood)} - {"", text(decision.answer)}
        elif item.kind != "network":  # a network's is in the file itself: to judge one may take long
            _, marked = mark(item, decision.answer, self.homework)
            canonical = text(marked.finding.canonical)
            yield from {canonical} - {"", text(decision.answer)}

    @staticmethod
    def _first(
        known: Mapping[tuple[str, str, str], Decision], item: str, names: tuple[str, ...], meanings: list[str]
    ) -> Decision | None:
        """What is decided of one submission goes before what is decided of all that say the same."""
        places = [*((item, name, "") for name in names), *((item, "", meaning) for meaning in meanings)]
        return next((known[place] for place in places if place in known), None)


def undecided(item: ItemReport) -> ItemReport:
    """The item with what the grader found by itself; that it was read anew stays."""
    own = next((one.own for one in item.decided if one.own is not None), None)
    kept = tuple(one for one in item.decided if one.own is None)
    return replace(item, finding=own, decided=kept) if own is not None else item


def keys(item: ItemReport, kind: str) -> Iterator[str]:
    """What tells answers that say the same: what they mean, and the text that was typed.

    An equation's text means nothing without the student's own names in it, which are in what was understood.
    """
    meaning = text(item.understood if kind == "backward" else item.finding.canonical)
    if meaning and len(meaning) < _COMPARED:
        yield meaning
    if item.typed.strip() and len(item.typed) < _COMPARED and not (kind == "backward" and meaning):
        yield text(item.typed)
