"""A marking that always ends in a whole report, whatever becomes of the process that reads and judges."""

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


class Refused(Exception):
    """The work could not begin, for a reason that is the caller's: a faulty config or reference."""


def mark(
    work: Work,
    outline: Callable[[], Report],
    renders: Mapping[str, Render],
    seconds: float,
    refusals: tuple[type[Exception], ...] = (),
) -> Marked:
    """Does the work in a process of its own and gives its report, whatever happens in there.

    ``work(emit)`` returns the report, and calls ``emit`` on each item as soon as it is marked; what is said of an item
    later replaces what was said before. ``outline()`` gives the
    report of a submission of which nothing was marked; it is asked for only when the work did not come to its end.
    ``renders`` are called in the work's process too. An error listed in ``refusals`` is raised here as ``Refused``.
    """

    def job(say: Say) -> None:
        try:
            report = work(lambda item: say({"item": to_record(item)}))
        except refusals as error:
            say({"refused": str(error)})
            return
        say({"report": to_record(report)})
        for name, render in renders.items():
            say({"name": name, "text": render(report)})

    to_record(Report("", ()))  # what makes data of reports is built before the fork, for both sides
    ended = pool.once(job, seconds)
    late = ended.seconds >= seconds
    refused = _last(ended, "refused")
    if refused is not None:
        raise Refused(refused)
    texts = {message["name"]: message["text"] for message in ended.said if "text" in message}
    whole = _last(ended, "report")
    if not ended.fault and whole is not None:
        return Marked(from_record(Report, whole), texts)
    fault = ended.fault or "The work ended without a report."
    if whole is not None:
        # Everything was marked; only the showing went wrong, and texts that are there lack the fault.
        report = from_record(Report, whole)
    else:
        said = [from_record(ItemReport, message["item"]) for message in ended.said if "item" in message]
        items = list({item.item: item for item in said}.values())  # the last that was said of an item holds
        report, trouble = _salvage(items, outline)
        if late and not trouble and report.items and all(item in items for item in report.items):
            return Marked(report, _show(report, renders))  # what was not finished says itself that a limit was reached
        fault = "\n".join([fault, *trouble])
    report = replace(report, faults=(*report.faults, fault))
    return Marked(report, _show(report, renders))


def last_resort(report: Report) -> str:
    """Gradescope's ``results.json`` without any reporter, for when the reporter itself is at fault."""
    tests = [
        {
            "name": f"{item.item} {item.title}".strip(),
            "number": item.item,
            "score": float(item.score),
            "max_score": float(item.points),
            "output": "This answer has been marked, but its feedback could not be shown."
            if item.finding.verdict is not Verdict.REVIEW
            else _NOT_MARKED.text,
            "output_format": "text",
            "visibility": item.visibility,
            "extra_data": {"item": item.item, "verdict": item.finding.verdict.value},
        }
        for item in report.items
    ]
    whole = {
        "score": float(report.score),
        "output": _NOTHING_MARKED.text if not tests else "",
        "stdout_visibility": "hidden",
        "tests": tests,
    }
    return json.dumps(whole)


def _last(ended: Outcome, key: str) -> Any:
    return next((message[key] for message in reversed(ended.said) if key in message), None)


def _salvage(items: list[ItemReport], outline: Callable[[], Report]) -> tuple[Report, list[str]]:
    """What was marked, within the outline of the whole; without an outline, what was marked alone."""
    asked = pool.once(lambda say: say({"report": to_record(outline())}), _OUTLINE_SECONDS)
    whole = _last(asked, "report")
    trouble = [asked.fault] if asked.fault else []
    if whole is None:
        return _bare(items), trouble
    known = {item.item: item for item in items}
    planned = from_record(Report, whole)
    parts = tuple(
        replace(part, items=tuple(known.get(item.item) or _unmarked(item) for item in part.items))
        for part in planned.parts
    )
    return replace(planned, parts=parts), trouble


def _unmarked(item: ItemReport) -> ItemReport:
    return replace(item, finding=Finding(Verdict.REVIEW, (_NOT_MARKED,), "grader.stopped", Fraction(0)))


def _bare(items: list[ItemReport]) -> Report:
    parts: dict[str, list[ItemReport]] = {}
    for item in items:
        parts.setdefault(item.part, []).append(item)
    return Report(
        title="",
        parts=tuple(PartReport(part, "", tuple(found)) for part, found in parts.items()),
        messages=(_NOTHING_MARKED,),
    )


def _show(report: Report, renders: Mapping[str, Render]) -> dict[str, str]:
    """Each renderer in a process of its own, so that one at fault does not cost the others."""
    texts = {}
    for name, render in renders.items():
        ended = pool.once(partial(_say_text, render, report), _OUTLINE_SECONDS)
        text = _last(ended, "text")
        if text is not None:
            texts[name] = text
    return texts


def _say_text(render: Render, report: Report, say: Say) -> None:
    say({"text": render(report)})
