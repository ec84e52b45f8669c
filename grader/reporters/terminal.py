"""A report for a person at a terminal; in a pipe or a file the same words, without colour and lines of dashes only."""

from __future__ import annotations

import io
from collections.abc import Iterator
from fractions import Fraction
from itertools import zip_longest
from typing import Any

from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.padding import Padding
from rich.segment import Segment
from rich.text import Text

from grader.report import Block, ItemReport, Paragraph, PartReport, Report, Table, Verdict, plain
from grader.reporters import to_do, visible

WIDTH = 80
STYLES = {
    Verdict.CORRECT: "green",
    Verdict.PARTIAL: "yellow",
    Verdict.INCORRECT: "red",
    Verdict.INVALID: "magenta",
    Verdict.MISSING: "bright_black",
    Verdict.REVIEW: "cyan",
}


def render(report: Report, *, width: int = WIDTH, colour: bool = False) -> str:
    """A marked submission: parts, items, points, reasons, and how each answer was understood."""
    total = f"{visible.points(report.score)} of {visible.points(report.points)} points"
    lines = [_heading(report.title, total), "", *_messages(report), *_parts(report, check=False)]
    lines += [_Rule(), _heading("Total", total), _tally(report)]
    for fault in report.faults:
        lines += ["", Text("Fault of the grader (for the instructor)", style="bold red")]
        lines += [_Wide(visible.columns(fault), 2)]
    return _printed(lines, width, colour)


def one(report: Report, name: str, *, width: int = WIDTH, colour: bool = False) -> str:
    """A single item of a report."""
    lines = [line for part in report.parts for item in part.items if item.item == name for line in _item(item, part)]
    return _printed(lines, width, colour)


def self_check(report: Report, *, width: int = WIDTH, colour: bool = False) -> str:
    """A student's own check: what was read and how, what is right or wrong where that is told, and never a total."""
    lines = [_heading(f"{report.title}: self-check", ""), "", *_messages(report), *_parts(report, check=True)]
    if report.faults:
        lines += [_Rule(), to_do.FAULT]
    lines += [_Rule(), *_summary(report), "", to_do.NOT_A_MARK]
    return _printed(lines, width, colour)


def message(blocks: tuple[Block, ...], *, width: int = WIDTH, colour: bool = False) -> str:
    """Blocks by themselves, with a blank line between them."""
    lines = [line for block in blocks for line in (_block(block, 0), "")]
    return _printed(lines[:-1], width, colour)


def _printed(lines: list[Any], width: int, colour: bool) -> str:
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
    console.print(Group(*(Text(line) if isinstance(line, str) else line for line in lines)), crop=False)
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"


class _Rule:
    """A line across, of box characters only where a person looks at it."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Segment(("─" if console.color_system else "-") * options.max_width)
        yield Segment.line()


class _Wide:
    """Lines that keep their columns, whatever the width: to re-flow them would move a caret away from its place."""

    def __init__(self, lines: str, indent: int) -> None:
        self.text = "\n".join(f"{'':{indent}}{line}" for line in lines.split("\n"))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Segment(self.text + "\n")


class _Beside:
    """A text, and another in the columns right of it that are its own; each goes on below itself."""

    def __init__(self, left: Text, right: Text, columns: int = 0) -> None:
        self.left, self.right = left, right
        self.columns = columns
        """For the left text; 0 for all that the right one leaves."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        most = options.max_width - 1
        columns = self.columns or most - (self.right.cell_len or 1)
        left = self.left.wrap(console, max(1, columns))
        right = self.right.wrap(console, max(1, most - columns), overflow="fold")
        for one, other in zip_longest(left, right, fillvalue=Text()):
            yield Text().append_text(one).append(" " * (columns + 1 - one.cell_len)).append_text(other)


def _heading(left: str, right: str) -> _Beside:
    return _Beside(Text(visible.line(left), style="bold"), Text(right, style="bold"))


def _of(score: Fraction, available: Fraction) -> str:
    return f"{visible.points(score)} of {visible.points(available)}" if available else "no points"


def _parts(report: Report, check: bool) -> Iterator[Any]:
    for part in report.parts:
        yield _Rule()
        yield _heading(f"{part.part}  {part.title}", "" if check else _of(part.score, part.points))
        yield ""
        for item in part.items:
            yield from _item(item, part, check)


def _item(item: ItemReport, part: PartReport, check: bool = False) -> list[Any]:
    if check and item.finding.code == to_do.UNCHECKED:
        return [_verdict(item, part, "read", "blue", "marked after submission"), *_answer(item), ""]
    verdict = item.finding.verdict
    earned = _of(item.score, item.points) if len(part.items) > 1 and not check else ""
    head = _verdict(item, part, str(verdict), STYLES[verdict], earned)
    return [head, *_answer(item), *_blocks(item.finding.blocks), ""]


def _verdict(item: ItemReport, part: PartReport, word: str, style: str, right: str) -> _Beside:
    left = Text("  ").append(word.ljust(9), style=f"bold {style}")
    if item.item != part.part:
        left.append(f"  {visible.line(item.item)}")
        title = visible.line(item.title.removeprefix(f"{part.title}: "))
        if title != item.item.rpartition(".")[2].replace("_", " "):
            left.append(f"  {title}", style="dim")
    return _Beside(left, Text(right))


def _answer(item: ItemReport) -> list[Any]:
    typed, understood = item.typed.strip(), item.understood.strip()
    rows: list[tuple[str, str]] = []
    where = f"line {item.line}" if item.line else "typed"
    if item.taken:
        where = "text"
        rows.append((item.taken.how, f"in {visible.line(item.taken.place)}"))
    if understood and "\n" in typed:
        rows.append((where, f"({len(typed.splitlines())} lines)"))
    elif typed and not _same(typed, understood):
        rows.append((where, visible.line(typed)))
    if understood:
        rows.append(("read as", visible.text(_shortened(understood))))
    columns = max([8, *(len(label) for label, _ in rows)])
    return [Padding(_Beside(Text(label, style="dim"), Text(value), columns), (0, 0, 0, 4)) for label, value in rows]


def _same(typed: str, understood: str) -> bool:
    return "".join(typed.split()) == "".join(understood.split())


def _shortened(text: str, lines: int = 12, characters: int = 1_000) -> str:
    kept = text[:characters].split("\n")
    if len(text) <= characters and len(kept) <= lines:
        return text
    return "\n".join(kept[:lines]) + "\n…"


def _messages(report: Report) -> list[Any]:
    return [*_blocks(report.messages, indent=0), ""] if report.messages else []


def _blocks(blocks: tuple[Block, ...], indent: int = 4) -> list[Any]:
    return [_block(block, indent) for block in blocks]


def _block(block: Block, indent: int) -> Any:
    if isinstance(block, Paragraph):
        return Padding(Text(visible.text(block.text), overflow="fold"), (0, 0, 0, indent))
    if isinstance(block, Table):
        caption = f"{block.caption}\n" if block.caption else ""
        rows = plain((Table(block.header, block.rows),)).replace("\n", "\n  ")
        return _Wide(visible.columns(f"{caption}  {rows}"), indent)
    return _Wide(visible.columns(block.text), indent + 2)


def _summary(report: Report) -> Iterator[Text]:
    for verdict, words, names in to_do.lines(report):
        listed = f": {', '.join(map(visible.line, names))}" if names else ""
        yield Text(f"{words}{listed}", STYLES[verdict])


def _tally(report: Report) -> Text:
    text = Text()
    for verdict in Verdict:
        count = sum(item.finding.verdict is verdict for item in report.items)
        if count:
            text.append(", " if text else "").append(f"{count} {verdict}", style=STYLES[verdict])
    return text
