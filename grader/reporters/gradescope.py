"""A report as Gradescope's results.json, written by gradescope-utils: one generated test for each item.

gradescope-utils counts an unset score as full marks, passes NaN on, clamps nothing, loses skipped tests and subtests,
and writes nothing after an error in ``setUpClass``: so each test here is one plain method that sets its own score, and
what the decorators cannot say is added by the post-processor. Nothing of the report's text is decided here.

Blocks become Markdown in which nothing that a student typed is anything but text. Tables become aligned lines in a
fence: Gradescope does not document tables, and a fence needs no escaping inside.
"""

from __future__ import annotations

import html
import io
import json
import math
import re
import unittest
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import asdict
from fractions import Fraction
from itertools import accumulate
from typing import Any

from gradescope_utils.autograder_utils.decorators import number, partial_credit, visibility
from gradescope_utils.autograder_utils.json_test_runner import JSONTestRunner

from grader.report import Block, Decided, ItemReport, Paragraph, Report, Table, Verdict, Visibility
from grader.reporters import visible

OUTPUT_LIMIT = 9_900
"""Characters of one output; Gradescope cuts at 100,000 from the middle, and nobody reads 10,000."""

FAULT = (
    "**The grader has a fault.** Some answers could not be marked because of it. It is not your mistake, and the marks "
    "here are not final: please wait until the course staff have looked at it."
)
HIDDEN = (
    "Some results of this submission are not shown yet, so Gradescope shows no total either. They count towards the "
    "mark and appear when the course staff release them."
)

_ADDRESS = re.compile(r"(?i)\b(www)\.|\b(https?|ftp|mailto|xmpp|javascript|data):")
_LINE_START = re.compile(r"^(\d{1,9})([.)])|^([#+\-=:])")
_CUT = "*The rest is left out: it is too long.*"


def render(
    report: Report,
    *,
    stdout_visibility: Visibility = "hidden",
    seconds: float | None = None,
    extra: dict[str, Any] | None = None,
) -> str:
    """The text of results.json.

    ``seconds`` is the time that marking took, left out where it is unknown, so that equal reports give equal text.
    ``extra`` is added to the top-level ``extra_data``, which students do not see.
    """
    rows = [
        _row(item, part.part if len(part.items) == 1 else f"{part.part}.{position}")
        for part in report.parts
        for position, item in enumerate(part.items, start=1)
    ]
    if any(item.visibility != "visible" for item in report.items):
        hidden = {"status": "passed", "output": HIDDEN, "output_format": "md"}
        rows.insert(0, (_test("Some results are hidden"), hidden))

    def finish(results: dict[str, Any]) -> None:
        # The score again, from the exact sum: a sum of floats may end a little below a whole number.
        results["score"] = _finite(report.score, report.points)
        del results["execution_time"], results["leaderboard"]
        if seconds is not None and math.isfinite(seconds):
            results["execution_time"] = round(max(seconds, 0.0), 2)
        top = [FAULT] if report.faults else []
        if report.messages:
            top.append(blocks(report.messages, OUTPUT_LIMIT - len(FAULT) - 2))
        if top:
            results.update(output="\n\n".join(top), output_format="md")
        results["extra_data"] = {**(extra or {}), **({"faults": list(report.faults)} if report.faults else {})}
        for test, (_, rest) in zip(results["tests"], rows):
            test.update(rest)

    stream = io.StringIO()
    JSONTestRunner(
        stream=stream,
        # Faults are told on standard output, which must then stay with the instructor.
        stdout_visibility="hidden" if report.faults else stdout_visibility,
        post_processor=finish,
        failure_prefix="",
    ).run(unittest.TestSuite(test for test, _ in rows))
    results = json.loads(stream.getvalue())
    if len(results["tests"]) != len(rows):
        raise RuntimeError(f"{len(rows)} rows were to be written, gradescope-utils wrote {len(results['tests'])}")
    return json.dumps(results, indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def _row(item: ItemReport, numbered: str) -> tuple[unittest.TestCase, dict[str, Any]]:
    """An entry of ``tests``: what the decorators say, and what they cannot."""
    verdict = item.finding.verdict
    extra: dict[str, Any] = {"item": item.item, "verdict": str(verdict), "note": item.finding.code}
    if item.taken:
        extra["taken"] = asdict(item.taken)
    if item.decided:
        extra["decided"] = [_decision(one) for one in item.decided]
    # A row worth nothing loses no points, so gradescope-utils would always call it passed.
    status = "passed" if verdict is Verdict.CORRECT else "failed"
    name = visible.line(f"{item.item} {item.title}" if item.title != item.item else item.item) or "answer"
    points, score = _finite(item.points, item.points), _finite(item.score, item.points)
    test = _test(name, item.visibility, number(numbered), partial_credit(points), score=score)
    return test, {"status": status, "extra_data": extra, "output": _output(item), "output_format": "md"}


def _test(name: str, shown: Visibility = "visible", *decorators: Any, score: float = 0.0) -> unittest.TestCase:
    """A test case with one method, decorated, that sets its score where it has one."""

    def method(self: unittest.TestCase, set_score: Callable[[float], None] = lambda score: None) -> None:
        set_score(score)

    method.__doc__ = name
    for decorate in (*decorators, visibility(shown)):
        method = decorate(method)
    case: unittest.TestCase = type("Item", (unittest.TestCase,), {"runTest": method})()
    return case


def _decision(decided: Decided) -> dict[str, str]:
    """Who decided what, and what the grader says by itself."""
    fields = {name: value for name, value in vars(decided).items() if name != "own"}
    if decided.own is not None:
        fields.update(own_verdict=str(decided.own.verdict), own_credit=str(decided.own.credit))
    return {name: value for name, value in fields.items() if value}


def _output(item: ItemReport) -> str:
    lines = [f"**{str(item.finding.verdict).capitalize()}**"]
    if item.typed.strip():
        where = f" ({item.place})" if item.place else ""
        lines.append(f"You typed{where}: {code(item.typed)}")
    if item.understood.strip():
        understood = item.understood.strip()
        short = "\n" not in understood and len(understood) <= 200
        lines += [f"Read as: {code(understood)}"] if short else ["Read as:", fence(understood, OUTPUT_LIMIT // 4)]
    head = "\n\n".join(lines)
    body = blocks(item.finding.blocks, OUTPUT_LIMIT - len(head) - 2)
    return f"{head}\n\n{body}" if body else head


def _finite(score: Fraction, points: Fraction) -> float:
    """A score as JSON can have it: between 0 and the item's points."""
    value = float(min(max(score, Fraction(0)), points))
    if not math.isfinite(value):
        raise ValueError(f"a score of {score} does not fit into JSON")
    return value


def escape(text: str) -> str:
    """Plain text as Markdown that renders to exactly that text: no emphasis, link, image, HTML, heading or list."""
    return "  \n".join(_line(line.strip()) for line in visible.text(text).split("\n") if line.strip())


def _line(line: str) -> str:
    line = html.escape(line, quote=False)
    line = re.sub(r"[|~$@^]", lambda found: f"&#{ord(found[0])};", line)
    line = re.sub(r"[\\`*_\[\]]", r"\\\g<0>", line)
    line = _ADDRESS.sub(lambda found: f"{found[1]}&#46;" if found[1] else f"{found[2]}&#58;", line)
    return _LINE_START.sub(lambda found: f"{found[1]}\\{found[2]}" if found[1] else f"&#{ord(found[3])};", line)


def code(text: str, limit: int = 200) -> str:
    """One line of text as a code span, whatever backticks it has."""
    shown = visible.line(text, limit) or " "
    ticks = "`" * (_longest_run(shown) + 1)
    padding = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{ticks}{padding}{shown}{padding}{ticks}"


def fence(text: str, limit: int) -> str:
    """Lines as a fenced block of at most ``limit`` characters, whatever backticks they have."""
    shown = visible.columns(text)
    ticks = "`" * max(3, _longest_run(shown) + 1)
    lines = cut(shown.split("\n"), limit - 2 * len(ticks) - 2)
    return "\n".join([ticks, *lines, ticks]) if lines else ""


def blocks(shown: tuple[Block, ...], limit: int) -> str:
    """Blocks one after the other in at most ``limit`` characters; what does not fit is cut at a line, with a note."""
    parts: list[str] = []
    left = limit - len(_CUT) - 2
    for block in shown:
        part = _block(block, left)
        left -= len(part) + 2
        if left < 0 or not part:
            return "\n\n".join([*parts, _CUT])
        parts.append(part)
    return "\n\n".join(parts)


def _block(block: Block, limit: int) -> str:
    if isinstance(block, Paragraph):
        return "\n".join(cut(escape(block.text).split("\n"), limit)) or "\u00a0"
    if isinstance(block, Table) and block.caption:
        caption = "\n".join(cut(escape(block.caption).split("\n"), limit))
        return f"{caption}\n\n{fence(block.aligned, limit - len(caption) - 2)}"
    return fence(block.text, limit)


def cut(lines: list[str], limit: int) -> list[str]:
    """As many lines as ``limit`` characters hold, with a last line that says how many were left out.

    >>> cut(["a", "b" * 50, "c" * 50], 80)
    ['a', 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', '… (1 more line)']
    """
    if sum(len(line) + 1 for line in lines) <= limit + 1:
        return lines
    room = limit - len(_more(len(lines))) - 1
    kept = lines[: bisect_right([*accumulate(len(line) + 1 for line in lines)], room)]
    if not kept:
        # Not in the middle of an entity or after the backslash that escapes the next character.
        return [re.sub(r"(&[#\w]*|\\+)$", "", lines[0][: limit - 1]) + "…"] if limit > 0 else []
    return [*kept, _more(len(lines) - len(kept))]


def _more(count: int) -> str:
    return f"… ({count} more line{'' if count == 1 else 's'})"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
