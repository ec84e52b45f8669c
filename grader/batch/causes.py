"""Why answers wait for a person: equal reasons together, so that a program that crashed is one cause and not ten."""

from __future__ import annotations

import re

from grader.report import Block, Finding, ItemReport, Paragraph, Report, Table, Verdict

FAULT = "A fault of the grader, or a limit that it met."

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
    if item.finding.verdict is Verdict.INVALID:
        return all(one.own is None for one in item.decided)
    return item.finding.verdict is Verdict.REVIEW


def reason(finding: Finding) -> tuple[Block, ...]:
    """The blocks of a finding without a first one that only says where something cannot be read."""
    first, rest = finding.blocks[:1], finding.blocks[1:]
    place = rest and isinstance(first[0], Paragraph) and first[0].text.endswith("cannot be read.")
    return rest if place else finding.blocks


def line(finding: Finding) -> str:
    """The reason in one line: its messages and what a program printed, without tables and carets."""
    texts = (block.text for block in reason(finding) if not isinstance(block, Table))
    return " ".join(text for text in texts if "\n" not in text)


def of_all(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Blocks that hold for a whole group: the line of the one whose words they are is left out."""
    return tuple(Paragraph(_without_lines(block.text)) if isinstance(block, Paragraph) else block for block in blocks)


def of(report: Report) -> dict[tuple[Verdict, str], list[ItemReport]]:
    """The answers of a report that wait, by verdict and by what equal reasons share; a fault is a reason of its own."""
    found: dict[tuple[Verdict, str], list[ItemReport]] = {(Verdict.REVIEW, FAULT): []} if report.faults else {}
    for item in filter(waits, report.items):
        lost = report.faults and item.finding.code.startswith("grader.")
        found.setdefault((item.finding.verdict, FAULT if lost else shared(item.finding)), []).append(item)
    return found


def shared(finding: Finding) -> str:
    """What equal reasons share: without lines, the names of files and items, and what was quoted."""
    first = next((block.text for block in reason(finding) if isinstance(block, Paragraph)), "")
    return _ITEM.sub("mark it", _WRITE_UP.sub("The write-up ", _QUOTED.sub("“…”", _without_lines(first))))


def _without_lines(text: str) -> str:
    for pattern, instead in _LINE:
        text = pattern.sub(instead, text)
    return text
