"""MathML, held against a closed list of elements before a page takes it in unescaped."""

from __future__ import annotations

from functools import lru_cache
from xml.etree import ElementTree

from markupsafe import Markup, escape

from grader.report import LONGEST_MATHML
from grader.reporters import visible

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


@lru_cache(maxsize=512)
def safe(mathml: str, fallback: str = "") -> Markup:
    """The MathML with only known elements, and its text escaped; the fallback, as text, where it is anything else."""
    try:
        if len(mathml) > LONGEST_MATHML or "<!" in mathml or "<?" in mathml:
            raise ValueError("too long, or more than elements")
        root = ElementTree.fromstring(mathml)
        if _local(root.tag) != "math":
            raise ValueError("no mathematics")
        return Markup(_written(root))
    except (ElementTree.ParseError, ValueError):
        return Markup('<span class="understood-text">%s</span>') % visible.text(fallback, limit=2000)


def _written(element: ElementTree.Element, depth: int = 0) -> str:
    name = _local(element.tag)
    if name not in _ELEMENTS or depth > 200:
        raise ValueError(f"{name} is no element of mathematics, or lies too deep")
    attributes = "".join(f' {key}="{escape(value)}"' for key, value in element.attrib.items() if key in _ATTRIBUTES)
    inside = "".join(_written(child, depth + 1) + _shown(child.tail) for child in element)
    return f"<{name}{attributes}>{_shown(element.text)}{inside}</{name}>"


def _local(tag: object) -> str:
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _shown(text: str | None) -> str:
    return str(escape(visible.text(text or "", keep=_INVISIBLE_OPERATORS)))
