"""MathML, held against a closed list of elements before a page takes it in unescaped."""

from __future__ import annotations

from functools import lru_cache
from xml.etree import ElementTree

from markupsafe import Markup, escape

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

_LONGEST = 50_000


@lru_cache(maxsize=512)
def safe(mathml: str, fallback: str = "") -> Markup:
    """The MathML with only known elements, and its text escaped; the fallback, as text, where it is anything else."""
    if not mathml or len(mathml) > _LONGEST or "<!" in mathml or "<?" in mathml:
        return _text(fallback)
    try:
        root = ElementTree.fromstring(mathml)
    except (ElementTree.ParseError, UnicodeError):
        return _text(fallback)
    if _local(root.tag) != "math":
        return _text(fallback)
    written: list[str] = []
    return Markup("".join(written)) if _write(root, written, 0) else _text(fallback)


def _text(fallback: str) -> Markup:
    return Markup('<span class="understood-text">%s</span>') % visible.text(fallback, limit=2000)


def _local(tag: object) -> str:
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _shown(text: str | None) -> str:
    return str(escape(visible.text(text or "", keep=_INVISIBLE_OPERATORS)))


def _write(element: ElementTree.Element, written: list[str], depth: int) -> bool:
    name = _local(element.tag)
    if name not in _ELEMENTS or depth > 200:
        return False
    attributes = "".join(f' {key}="{escape(value)}"' for key, value in element.attrib.items() if key in _ATTRIBUTES)
    written.append(f"<{name}{attributes}>{_shown(element.text)}")
    for child in element:
        if not _write(child, written, depth + 1):
            return False
        written.append(_shown(child.tail))
    written.append(f"</{name}>")
    return True
