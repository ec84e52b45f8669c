"""A report as Gradescope's results.json, written by gradescope-utils: one generated test for each item.

gradescope-utils counts an unset score as full marks, passes NaN on, clamps nothing, loses skipped tests and subtests,
and writes nothing after an error in ``setUpClass``: so each test here is one plain method that sets its own score, and
what the decorators cannot say is added by the post-processor. Nothing of the report's text is decided here.
"""

from __future__ import annotations

import io
import json
import math
import unittest
from collections.abc import Callable
from dataclasses import asdict
from fractions import Fraction
from typing import Any

from gradescope_utils.autograder_utils.decorators import number, partial_credit, visibility
from gradescope_utils.autograder_utils.json_test_runner import JSONTestRunner

from grader.report import Decided, ItemReport, Report, Verdict, Visibility
from grader.reporters import markdown, visible

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
        rows.insert(
            0, (_test("Some results are hidden"), {"status": "passed", "output": HIDDEN, "output_format": "md"})
        )

    def finish(results: dict[str, Any]) -> None:
        # The score again, from the exact sum: a sum of floats may end a little below a whole number.
        results["score"] = _finite(report.score, report.points)
        del results["execution_time"], results["leaderboard"]
        if seconds is not None and math.isfinite(seconds):
            results["execution_time"] = round(max(seconds, 0.0), 2)
        top = [FAULT] if report.faults else []
        if report.messages:
            top.append(markdown.blocks(report.messages, OUTPUT_LIMIT - len(FAULT) - 2))
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
        lines.append(f"You typed{where}: {markdown.code(item.typed)}")
    if item.understood.strip():
        understood = item.understood.strip()
        short = "\n" not in understood and len(understood) <= 200
        lines.append(f"Read as: {markdown.code(understood)}" if short else "Read as:")
        if not short:
            lines.append(markdown.fence(understood, OUTPUT_LIMIT // 4))
    head = "\n\n".join(lines)
    body = markdown.blocks(item.finding.blocks, OUTPUT_LIMIT - len(head) - 2)
    return f"{head}\n\n{body}" if body else head


def _finite(score: Fraction, points: Fraction) -> float:
    """A score as JSON can have it: between 0 and the item's points."""
    value = float(min(max(score, Fraction(0)), points))
    if not math.isfinite(value):
        raise ValueError(f"a score of {score} does not fit into JSON")
    return value
