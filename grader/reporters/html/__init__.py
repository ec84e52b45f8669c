"""A report as one page that needs nothing else: each answer as typed and as understood, its verdict and the reason.

No network, no fonts, no files beside it. In a template everything is escaped unless it was built here as markup;
MathML is held against a closed list of elements before a page takes it in.
"""

from __future__ import annotations

import base64
import hashlib
import re
import textwrap
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jinja2
from markupsafe import Markup, escape

from grader.report import LONGEST_MATHML, Exhibit, Report
from grader.reporters import visible
from grader.reporters.html import pictures

MARKS = {"correct": "✓", "partial": "◐", "incorrect": "✗", "invalid": "?", "missing": "–", "review": "!", "read": "·"}
_ELEMENTS = frozenset({
    "math", "mrow", "mi", "mn", "mo", "ms", "mtext", "mspace", "mfrac", "msqrt", "mroot", "msup", "msub", "msubsup",
    "mover", "munder", "munderover", "mtable", "mtr", "mtd", "mstyle", "mpadded", "mphantom", "menclose", "merror",
})  # fmt: skip
_ATTRIBUTES = frozenset({
    "display", "displaystyle", "mathvariant", "stretchy", "accent", "form", "lspace", "rspace", "fence", "separator",
    "width", "height", "depth", "minsize", "maxsize", "columnalign", "rowspacing", "columnspacing", "linethickness",
    "largeop", "movablelimits", "symmetric",
})  # fmt: skip
_INVISIBLE_OPERATORS = "\u2061\u2062\u2063\u2064"
"""Function application, times, separator, plus: mathematics that is heard and spaced, not seen."""
_TEMPLATES = Path(__file__).parent / "templates"


def render(report: Report, name: str = "", back: str = "") -> str:
    """The page for an instructor (it shows hidden items and faults).

    ``name`` says whose submission it is, ``back`` where the page of the class is.
    """
    return page("submission_page.html", report=report, name=name, back=back, check=None)


def self_check(report: Report) -> str:
    """The page of a student's own check: no points, and at its end what is left to do."""
    return page("submission_page.html", report=report, name="", back="", check=visible)


def beside(report: Report, answers_file: str) -> str:
    """A student's own check to be shown beside the text, as part of a page: places link to their file and line."""
    return page("beside.html", report=report, check=visible, answers_file=answers_file)


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
        visible=lambda raw, limit=4000: visible.text(str(raw), limit=limit),
        brief=lambda raw: visible.text(str(raw), limit=300),
        flush=_flush,
        points=visible.points,
        mathematics=mathematics,
        picture=_picture,
        anchor=anchor,
    )
    environment.globals.update(marks=MARKS, look=Markup(source("look.css")), source=lambda name: Markup(source(name)))
    return environment


def _flush(typed: str) -> str:
    """Lines cut out of a file, with what all but the first are indented by taken away."""
    first, newline, rest = typed.partition("\n")
    return first + newline + textwrap.dedent(rest)


def anchor(name: str) -> str:
    """A name as part of an id: letters, digits and dots stay, anything else becomes its number."""
    return re.sub(r"[^A-Za-z0-9.]", lambda found: f"_{ord(found[0]):x}", name)


def _picture(exhibit: Exhibit | None) -> Markup:
    draw = {"network": pictures.network, "graph": pictures.graph}.get(exhibit["kind"]) if exhibit else None
    return draw(exhibit) if exhibit and draw else Markup("")


@lru_cache(maxsize=512)
def mathematics(mathml: str, fallback: str = "") -> Markup:
    """The MathML with only known elements, and its text escaped; the fallback, as text, where it is anything else."""
    try:
        if len(mathml) > LONGEST_MATHML or "<!" in mathml or "<?" in mathml:
            raise ValueError("too long, or more than elements")
        root = ElementTree.fromstring(mathml)
        if root.tag.rpartition("}")[2] != "math":
            raise ValueError("no mathematics")
        return Markup(_written(root))
    except (ElementTree.ParseError, ValueError):
        return Markup('<span class="understood-text">%s</span>') % visible.text(fallback, limit=2000)


def _written(element: ElementTree.Element, depth: int = 0) -> str:
    name = element.tag.rpartition("}")[2]
    if name not in _ELEMENTS or depth > 200:
        raise ValueError(f"{name} is no element of mathematics, or lies too deep")
    attributes = "".join(f' {key}="{escape(value)}"' for key, value in element.attrib.items() if key in _ATTRIBUTES)
    inside = "".join(_written(child, depth + 1) + _shown(child.tail) for child in element)
    return f"<{name}{attributes}>{_shown(element.text)}{inside}</{name}>"


def _shown(text: str | None) -> str:
    return str(escape(visible.text(text or "", keep=_INVISIBLE_OPERATORS)))
