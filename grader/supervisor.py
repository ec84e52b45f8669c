"""A marking that always ends in a whole report, whatever becomes of the process that reads and judges.

What is here runs in the small process that holds the clock and writes the results, and outlives that one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import field, replace
from fractions import Fraction
from functools import partial
from typing import Any

from grader.frozen import frozen
from grader.processes import pool
from grader.processes.pool import Outcome, Say
from grader.report import Finding, ItemReport, Paragraph, PartReport, Report, Verdict, from_record, to_record

Emit = Callable[[ItemReport], None]
Work = Callable[[Emit], Report]
Render = Callable[[Report], str]

_OUTLINE_SECONDS = 20.0
_NOT_MARKED = Paragraph("This answer has not been marked yet: an instructor will look at it.")
_NOTHING_MARKED = Paragraph("This submission has not been marked yet: an instructor will look at it.")


@frozen
class Marked:
    """A report, and its text from each renderer that came to an end."""

    report: Report
    texts: dict[str, str] = field(default_factory=dict)


def mark(
    work: Work,
    outline: Callable[[], Report],
    renders: Mapping[str, Render],
    seconds: float,
    refusal: type[Exception],
) -> Marked:
    """Does the work in a process of its own and gives its report, whatever happens in there.

    ``work(emit)`` returns the report, and calls ``emit`` on each item as soon as it is marked; what is said of an item
    later replaces what was said before. ``outline()`` gives the report of a submission of which nothing was marked; it
    is asked for only when the work did not come to its end. ``renders`` are called in the work's process too. A
    ``refusal``, by which the work says that it could not begin, is raised here as well.
    """

    def job(say: Say) -> None:
        try:
            report = work(lambda item: say({"item": to_record(item)}))
        except refusal as error:
            say({"refused": str(error)})
            return
        say({"report": to_record(report)})
        _render(report, renders, say)

    to_record(Report("", ()))  # what makes data of reports is built before the fork, for both sides
    ended = pool.once(job, seconds)
    refused = _last(ended, "refused")
    if refused is not None:
        raise refusal(refused)
    whole, lost = _last(ended, "report"), ""
    if whole is not None:
        report = from_record(Report, whole)
        if not ended.fault:
            return Marked(report, _texts(ended))
        # Everything was marked; only the showing went wrong, and texts that are there lack the fault.
    else:
        told = (from_record(ItemReport, message["item"]) for message in ended.said if "item" in message)
        items = {item.item: item for item in told}  # the last that was said of an item holds
        report, lost = _salvage(items, outline)
        if ended.seconds >= seconds and not lost and report.items and items.keys() >= {i.item for i in report.items}:
            return Marked(report, _show(report, renders))  # what was not finished says itself that a limit was reached
    fault = "\n".join(filter(None, (ended.fault or "The work ended without a report.", lost)))
    report = replace(report, faults=(*report.faults, fault))
    return Marked(report, _show(report, renders))


def last_resort(report: Report) -> str:
    """Gradescope's ``results.json`` without any reporter, for when the reporter itself is at fault."""
    shown = "This answer has been marked, but its feedback could not be shown."
    tests = [
        {
            "name": f"{item.item} {item.title}".strip(),
            "number": item.item,
            "score": float(item.score),
            "max_score": float(item.points),
            "output": _NOT_MARKED.text if item.finding.verdict is Verdict.REVIEW else shown,
            "output_format": "text",
            "visibility": item.visibility,
            "extra_data": {"item": item.item, "verdict": item.finding.verdict.value},
        }
        for item in report.items
    ]
    output = "" if tests else _NOTHING_MARKED.text
    return json.dumps({"score": float(report.score), "output": output, "stdout_visibility": "hidden", "tests": tests})


def _last(ended: Outcome, key: str) -> Any:
    return next((told[key] for told in reversed(ended.said) if key in told), None)


def _salvage(items: Mapping[str, ItemReport], outline: Callable[[], Report]) -> tuple[Report, str]:
    """What was marked, within the outline of the whole, or alone; and the fault of the outline, if it has one."""
    asked = pool.once(lambda say: say({"report": to_record(outline())}), _OUTLINE_SECONDS)
    whole = _last(asked, "report")
    if whole is None:
        alone = {item.part: [other for other in items.values() if other.part == item.part] for item in items.values()}
        parts = tuple(PartReport(part, "", tuple(marked)) for part, marked in alone.items())
        return Report("", parts, messages=(_NOTHING_MARKED,)), asked.fault
    unmarked = Finding(Verdict.REVIEW, (_NOT_MARKED,), "grader.stopped", Fraction(0))
    planned = from_record(Report, whole)
    return planned.changed(lambda item: items.get(item.item) or replace(item, finding=unmarked)), asked.fault


def _show(report: Report, renders: Mapping[str, Render]) -> dict[str, str]:
    """Each renderer in a process of its own, so that one at fault does not cost the others."""
    texts: dict[str, str] = {}
    for name, render in renders.items():
        texts |= _texts(pool.once(partial(_render, report, {name: render}), _OUTLINE_SECONDS))
    return texts


def _render(report: Report, renders: Mapping[str, Render], say: Say) -> None:
    for name, render in renders.items():
        say({"name": name, "text": render(report)})


def _texts(ended: Outcome) -> dict[str, str]:
    return {told["name"]: told["text"] for told in ended.said if "text" in told}
