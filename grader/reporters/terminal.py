"""A report for a person at a terminal; in a pipe or a file the same words, without colour and lines of dashes only."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from grader.report import Block, ItemReport, Paragraph, PartReport, Report, Table, Verdict
from grader.reporters import visible

WIDTH = 80
_NARROWEST = 30
"""What is narrower is laid out for this: two texts beside each other need some columns each, or one goes missing."""
_END = re.compile(r"(?<! )(?: |\x1b\[[\d;]*m)+\Z")
STYLES = {
    Verdict.CORRECT: "green", Verdict.PARTIAL: "yellow", Verdict.INCORRECT: "red",
    Verdict.INVALID: "magenta", Verdict.MISSING: "bright_black", Verdict.REVIEW: "cyan",
}  # fmt: skip
_RULE = "─"
"""Stands for a line across, of box characters only where a person looks at it."""


def render(report: Report, *, width: int = WIDTH, colour: bool = False) -> str:
    """A marked submission: parts, items, points, reasons, and how each answer was understood."""
    total = f"{visible.points(report.score)} of {visible.points(report.points)} points"
    counts = Counter(item.finding.verdict for item in report.items)
    tally = [Text(f"{counts[verdict]} {verdict}", style) for verdict, style in STYLES.items() if counts[verdict]]
    lines = [_heading(report.title, total), "", *_parts(report, check=False)]
    lines += [_RULE, _heading("Total", total), Text(", ").join(tally)]
    for fault in report.faults:
        lines += ["", Text("Fault of the grader (for the instructor)", style="bold red")]
        lines += [_wide(visible.columns(fault), 2)]
    return _printed(lines, width, colour)


def one(report: Report, name: str, *, width: int = WIDTH, colour: bool = False) -> str:
    """A single item of a report."""
    lines = [line for part in report.parts for item in part.items if item.item == name for line in _item(item, part)]
    return _printed(lines, width, colour)


def self_check(report: Report, *, width: int = WIDTH, colour: bool = False) -> str:
    """A student's own check: what was read and how, what is right or wrong where that is told, and never a total."""
    lines = [_heading(f"{report.title}: self-check", ""), "", *_parts(report, check=True)]
    if report.faults:
        lines += [_RULE, visible.FAULT]
    lines += [_RULE]
    for verdict, message, names in visible.left_to_do(report):
        listed = f": {', '.join(map(visible.line, names))}" if names else ""
        lines += [Text(f"{message}{listed}", STYLES[verdict])]
    return _printed([*lines, "", visible.NOT_A_MARK], width, colour)


def message(blocks: tuple[Block, ...], *, width: int = WIDTH, colour: bool = False) -> str:
    """Blocks by themselves, with a blank line between them."""
    lines = [line for block in blocks for line in (_block(block, 0), "")]
    return _printed(lines[:-1], width, colour)


def _printed(lines: list[Any], width: int, colour: bool) -> str:
    width = max(width, _NARROWEST)
    stream = io.StringIO()
    console = Console(
        file=stream,
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        legacy_windows=False,
        markup=False,
        highlight=False,
        emoji=False,
        _environ={},
    )
    rule = ("─" if colour else "-") * width
    texts = (Text(rule if line == _RULE else line) if isinstance(line, str) else line for line in lines)
    console.print(Group(*texts), crop=False)
    plain_again = "\x1b[0m" if colour else ""
    return "\n".join(_END.sub(plain_again, line) for line in stream.getvalue().splitlines()) + "\n"


def _wide(lines: str, indent: int) -> Text:
    """Lines that keep their columns, whatever the width: to re-flow them would move a caret away from its place."""
    indented = "\n".join(f"{'':{indent}}{line}" for line in lines.split("\n"))
    return Text(indented, no_wrap=True, overflow="ignore")


def _beside(left: Text, right: Text, columns: int = 0) -> Grid:
    """A text, and another in the columns right of it that are its own; each goes on below itself.

    ``columns`` are for the left text; 0 for all that the right one leaves.
    """
    grid = Grid.grid(padding=(0, 1), expand=True)
    grid.add_column(width=columns or None, ratio=None if columns else 1, overflow="fold")
    grid.add_column(width=None if columns else right.cell_len or 1, ratio=1 if columns else None, overflow="fold")
    grid.add_row(left, right)
    return grid


def _heading(left: str, right: str) -> Grid:
    return _beside(Text(visible.line(left), style="bold"), Text(right, style="bold"))


def _of(score: Fraction, available: Fraction) -> str:
    return f"{visible.points(score)} of {visible.points(available)}" if available else "no points"


def _parts(report: Report, check: bool) -> Iterator[Any]:
    if report.messages:
        yield from (_block(block, 0) for block in report.messages)
        yield ""
    for part in report.parts:
        yield _RULE
        yield _heading(f"{part.part}  {part.title}", "" if check else _of(part.score, part.points))
        yield ""
        for item in part.items:
            yield from _item(item, part, check)


def _item(item: ItemReport, part: PartReport, check: bool = False) -> Iterator[Any]:
    unchecked = check and item.finding.code == visible.UNCHECKED
    verdict, style = ("read", "blue") if unchecked else (str(item.finding.verdict), STYLES[item.finding.verdict])
    left = Text("  ").append(verdict.ljust(9), style=f"bold {style}")
    if item.item != part.part:
        left.append(f"  {visible.line(item.item)}")
        title = visible.line(item.title.removeprefix(f"{part.title}: "))
        if title != item.item.rpartition(".")[2].replace("_", " "):
            left.append(f"  {title}", style="dim")
    earned = _of(item.score, item.points) if len(part.items) > 1 and not check else ""
    yield _beside(left, Text("marked after submission" if unchecked else earned))
    yield from _answer(item)
    if not unchecked:
        yield from (_block(block, 4) for block in item.finding.blocks)
    yield ""


def _answer(item: ItemReport) -> Iterator[Padding]:
    typed, understood = item.typed.strip(), item.understood.strip()
    rows: list[tuple[str, str]] = []
    where = f"line {item.line}" if item.line else "typed"
    if item.taken:
        where = "text"
        rows.append((item.taken.how, f"in {visible.line(item.taken.place)}"))
    if understood and "\n" in typed:
        rows.append((where, f"({len(typed.splitlines())} lines)"))
    elif "".join(typed.split()) != "".join(understood.split()) and typed:
        rows.append((where, visible.line(typed)))
    if understood:
        rows.append(("read as", visible.text(_shortened(understood))))
    columns = max([8, *(len(label) for label, _ in rows)])
    for label, value in rows:
        yield Padding(_beside(Text(label, style="dim"), Text(value), columns), (0, 0, 0, 4))


def _shortened(text: str, lines: int = 12, characters: int = 1_000) -> str:
    kept = text[:characters].split("\n")
    if len(text) <= characters and len(kept) <= lines:
        return text
    return "\n".join(kept[:lines]) + "\n…"


def _block(block: Block, indent: int) -> Any:
    if isinstance(block, Paragraph):
        return Padding(Text(visible.text(block.text), overflow="fold"), (0, 0, 0, indent))
    if isinstance(block, Table):
        caption = f"{block.caption}\n" if block.caption else ""
        rows = block.aligned.replace("\n", "\n  ")
        return _wide(visible.columns(f"{caption}  {rows}"), indent)
    return _wide(visible.columns(block.text), indent + 2)
