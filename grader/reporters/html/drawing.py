"""Pieces of SVG as strings, every text in them escaped; colours come from the page's style sheet by class."""

from __future__ import annotations

from markupsafe import Markup, escape

from grader.reporters import visible


def short(raw: str, width: int = 9) -> str:
    """The text, or its two ends around an ellipsis: enough to tell numbers of many digits apart."""
    shown = visible.text(raw, keep="")
    if len(shown) <= width:
        return shown
    head = width // 2
    return f"{shown[:head]}…{shown[len(shown) - (width - 1 - head) :]}"


def text(x: float, y: float, raw: str, style: str = "", anchor: str = "middle", width: int = 40) -> str:
    """One line of text at a point, shortened to ``width`` characters with the whole of it in a tooltip."""
    full = visible.text(raw, keep="", limit=400)
    shown = short(raw, width)
    tip = f"<title>{escape(full)}</title>" if shown != full else ""
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{tip}{escape(shown)}</text>'


def picture(width: float, height: float, label: str, parts: list[str], style: str = "") -> Markup:
    """The whole picture, which shrinks with the page and says in words what it shows."""
    inside = "\n".join(parts)
    return Markup(
        f'<svg class="picture {style}" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" role="img" aria-label="{escape(visible.text(label, keep="", limit=400))}" '
        f'xmlns="http://www.w3.org/2000/svg">\n{inside}\n</svg>'
    )
