"""A report as one page that needs nothing else: no network, no fonts, no files beside it."""

from grader.reporters.html.submission_page import beside, render, self_check

__all__ = ["beside", "render", "self_check"]
