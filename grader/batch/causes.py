"""Why answers wait for a person: equal reasons together, so that a program that crashed is one cause and not ten."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from grader.report import Block, Finding, ItemReport, Paragraph, Report, Table, Verdict
from grader.reporters.html.class_page import Cause, Waiting

PERSON = frozenset({Verdict.REVIEW, Verdict.INVALID})
"""The verdicts that a person should look at: not decided, or not read."""

FAULT = "A fault of the grader, or a limit that it met."
_TYPED_KEPT = 600

_LINE = (
    (re.compile(r" \((?:again )?(?:in )?line \d+\)"), ""),
    (re.compile(r"\b([Ii])n line \d+ of "), r"\1n "),
    (re.compile(r"\bline \d+\b"), "a line"),
)
_WRITE_UP = re.compile(r"\A[^“”:]{1,200}?\.(?:tex|md|markdown|ipynb)(?:, cell \d+)?(?:, a line)?,? ")
_ITEM = re.compile(r"\bmark it as \S+(?=, or type)")
_QUOTED = re.compile(r"“[^”]*”")


def needs_person(report: Report) -> bool:
    """Whether something in the report waits for an instructor's eyes."""
    return bool(report.faults) or any(map(waits, report.items))


def waits(item: ItemReport) -> bool:
    """Whether an answer is not decided, or not read and nobody has decided what it gets."""
    decided = any(one.own is not None for one in item.decided)
    return item.finding.verdict in PERSON and not (decided and item.finding.verdict is Verdict.INVALID)


def reason(finding: Finding) -> tuple[Block, ...]:
    """The blocks of a finding without a first one that only says where something cannot be read."""
    first, rest = finding.blocks[:1], finding.blocks[1:]
    place = rest and isinstance(first[0], Paragraph) and first[0].text.endswith("cannot be read.")
    return rest if place else finding.blocks


def sentence(finding: Finding) -> str:
    """The reason in one line: its sentences and what a program printed, without tables and carets."""
    texts = (block.text for block in reason(finding) if not isinstance(block, Table))
    return " ".join(text for text in texts if "\n" not in text)


def of_all(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Blocks that hold for a whole group: the line of the one whose words they are is left out."""
    return tuple(Paragraph(_without_lines(block.text)) if isinstance(block, Paragraph) else block for block in blocks)


@dataclass
class Causes:
    """Takes one report after the other."""

    _waiting: dict[tuple[Verdict, str], list[Waiting]] = field(default_factory=dict)
    submissions: int = 0
    """How many need a person."""

    def add(self, who: str, page: str, report: Report) -> None:
        """``page`` is where the whole submission is shown."""
        self.submissions += needs_person(report)
        found: dict[tuple[Verdict, str], list[ItemReport]] = {}
        if report.faults:
            found[Verdict.REVIEW, FAULT] = []
        for item in report.items:
            if waits(item):
                lost = report.faults and item.finding.code.startswith("grader.")
                why = FAULT if lost else words(item.finding)
                found.setdefault((item.finding.verdict, why), []).append(item)
        for (verdict, why), items in found.items():
            detail = "\n".join(report.faults) if why == FAULT else ""
            said = "" if why == FAULT else sentence(items[0].finding)
            answers = tuple((item.item, item.typed[:_TYPED_KEPT]) for item in items)
            self._waiting.setdefault((verdict, why), []).append(Waiting(who, page, answers, said, detail))

    def all(self) -> tuple[Cause, ...]:
        """Those that most submissions share come first."""
        causes = (Cause(verdict, why, tuple(found)) for (verdict, why), found in self._waiting.items())
        return tuple(sorted(causes, key=lambda cause: (-len(cause.waiting), -cause.answers)))


def words(finding: Finding) -> str:
    """What equal reasons share: without lines, the names of files and items, and what was quoted."""
    shared = _QUOTED.sub("“…”", _without_lines(_heading(finding)))
    return _ITEM.sub("mark it", _WRITE_UP.sub("The write-up ", shared))


def _heading(finding: Finding) -> str:
    return next((block.text for block in reason(finding) if isinstance(block, Paragraph)), "")


def _without_lines(text: str) -> str:
    for pattern, instead in _LINE:
        text = pattern.sub(instead, text)
    return text
