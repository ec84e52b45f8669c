"""A report as one page that needs nothing else: each answer as typed and as understood, its verdict and the reason.

No network, no fonts, no files beside it. In a template everything is escaped unless it was built here as markup.
"""

from __future__ import annotations

import base64
import hashlib
import re
import textwrap
from functools import cache, partial
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from grader.report import Exhibit, Report
from grader.reporters import to_do, visible
from grader.reporters.html import graph, mathematics, trace

MARKS = {"correct": "✓", "partial": "◐", "incorrect": "✗", "invalid": "?", "missing": "–", "review": "!", "read": "·"}
_TEMPLATES = Path(__file__).parent / "templates"


def render(report: Report, name: str = "", back: str = "") -> str:
    """The page for an instructor (it shows hidden items and faults).

    ``name`` says whose submission it is, ``back`` where the page of the class is.
    """
    return page("submission_page.html", report=report, name=name, back=back, check=None)


def self_check(report: Report) -> str:
    """The page of a student's own check: no points, and at its end what is left to do."""
    return page("submission_page.html", report=report, name="", back="", check=to_do)


def beside(report: Report, answers_file: str) -> str:
    """A student's own check to be shown beside the text, as part of a page: places link to their file and line."""
    return page("beside.html", report=report, check=to_do, answers_file=answers_file)


def page(template: str, script: str = "", **values: Any) -> str:
    """The page of one template; a script runs only if it is the one whose hash the page's policy names."""
    code = source(script) if script else ""
    script_hash = f"sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}" if code else ""
    return _environment().get_template(template).render(**values, script=Markup(code), script_hash=script_hash)


@cache
def source(name: str) -> str:
    """The text of a style sheet or a script of ours."""
    return (_TEMPLATES / name).read_text(encoding="utf-8")


@cache
def _environment() -> jinja2.Environment:
    loader = jinja2.FileSystemLoader(_TEMPLATES)
    environment = jinja2.Environment(
        autoescape=True, loader=loader, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters.update(
        visible=_visible,
        brief=partial(_visible, limit=300),
        flush=_flush,
        points=visible.points,
        mathematics=mathematics.safe,
        picture=_picture,
        anchor=anchor,
    )
    environment.globals.update(marks=MARKS, look=Markup(source("look.css")), source=lambda name: Markup(source(name)))
    return environment


def _visible(raw: object, limit: int = 4000) -> str:
    return visible.text(str(raw), limit=limit)


def _flush(typed: str) -> str:
    """Lines cut out of a file, with what all but the first are indented by taken away."""
    first, newline, rest = typed.partition("\n")
    return first + newline + textwrap.dedent(rest)


def anchor(name: str) -> str:
    """A name as part of an id: letters, digits and dots stay, anything else becomes its number."""
    return re.sub(r"[^A-Za-z0-9.]", lambda found: f"_{ord(found[0]):x}", name)


def _picture(exhibit: Exhibit | None) -> Markup:
    kind = (exhibit or {}).get("kind")
    if exhibit and kind == "network":
        return trace.draw(exhibit)
    return graph.draw(exhibit) if exhibit and kind == "graph" else Markup("")
