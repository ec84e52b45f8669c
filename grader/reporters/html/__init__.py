"""A report as one page that needs nothing else: each answer as typed and as understood, its verdict and the reason.

No network, no fonts, no files beside it.
"""

from __future__ import annotations

from grader.report import Report
from grader.reporters import to_do
from grader.reporters.html import pages


def render(report: Report, name: str = "", back: str = "") -> str:
    """The page for an instructor (it shows hidden items and faults).

    ``name`` says whose submission it is, ``back`` where the page of the class is.
    """
    return pages.page("submission_page.html", report=report, name=name, back=back, check=None)


def self_check(report: Report) -> str:
    """The page of a student's own check: no points, and at its end what is left to do."""
    return pages.page("submission_page.html", report=report, name="", back="", check=to_do)


def beside(report: Report, answers_file: str) -> str:
    """A student's own check to be shown beside the text, as part of a page: places link to their file and line."""
    return pages.page("beside.html", report=report, check=to_do, answers_file=answers_file)
