"""A report as plain data (as JSON has it) and back, so that it can cross a pipe and be kept in a file."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from grader.results import Block, Finding, ItemReport, Paragraph, PartReport, Report, Table, Verbatim, Verdict

Record = dict[str, Any]

_OPTIONAL = ("typed", "understood", "mathml", "line", "visibility")


class Unreadable(ValueError):
    """Data that is no record of a report."""


def of(report: Report) -> Record:
    """The report as data; ``report(of(r)) == r``. Fractions are text, so nothing is rounded."""
    return {
        "title": report.title,
        "parts": [
            {"part": part.part, "title": part.title, "items": [of_item(item) for item in part.items]}
            for part in report.parts
        ],
        "notices": [_of_block(block) for block in report.messages],
        "faults": list(report.faults),
    }


def of_item(item: ItemReport) -> Record:
    """One item as data."""
    return {
        "item": item.item,
        "part": item.part,
        "title": item.title,
        "points": str(item.points),
        "finding": _of_finding(item.finding),
        **{name: getattr(item, name) for name in _OPTIONAL},
    }


def report(record: Any) -> Report:
    """The report that a record describes. Raises ``Unreadable``."""
    try:
        return Report(
            title=_text(record["title"]),
            parts=tuple(
                PartReport(_text(part["part"]), _text(part["title"]), tuple(item(one) for one in part["items"]))
                for part in record["parts"]
            ),
            messages=tuple(_block(block) for block in record["notices"]),
            faults=tuple(_text(fault) for fault in record["faults"]),
        )
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise Unreadable(f"not a report: {error!r}") from error


def item(record: Any) -> ItemReport:
    """The item that a record describes. Raises ``Unreadable``."""
    try:
        return ItemReport(
            item=_text(record["item"]),
            part=_text(record["part"]),
            title=_text(record["title"]),
            points=Fraction(_text(record["points"])),
            finding=_finding(record["finding"]),
            **{name: record[name] for name in _OPTIONAL},
        )
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise Unreadable(f"not an item: {error!r}") from error


def _of_finding(finding: Finding) -> Record:
    return {
        "verdict": finding.verdict.value,
        "blocks": [_of_block(block) for block in finding.blocks],
        "note": finding.code,
        "credit": str(finding.credit),
        "canonical": finding.canonical,
        "exhibit": finding.exhibit,
    }


def _finding(record: Any) -> Finding:
    return Finding(
        verdict=Verdict(record["verdict"]),
        blocks=tuple(_block(block) for block in record["blocks"]),
        code=_text(record["note"]),
        credit=Fraction(_text(record["credit"])),
        canonical=_text(record["canonical"]),
        exhibit=record["exhibit"],
    )


def _of_block(block: Block) -> Record:
    if isinstance(block, Paragraph):
        return {"paragraph": block.text}
    if isinstance(block, Verbatim):
        return {"verbatim": block.text}
    return {"header": list(block.header), "rows": [list(row) for row in block.rows], "caption": block.caption}


def _block(record: Any) -> Block:
    if "paragraph" in record:
        return Paragraph(_text(record["paragraph"]))
    if "verbatim" in record:
        return Verbatim(_text(record["verbatim"]))
    rows = tuple(tuple(_text(cell) for cell in row) for row in record["rows"])
    return Table(tuple(_text(cell) for cell in record["header"]), rows, _text(record["caption"]))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    return value
