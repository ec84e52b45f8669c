"""Graphs as drawing programs write them, Graphviz, Mermaid and TikZ: their layout blanked, so that the edges remain."""

from __future__ import annotations

import re
from collections.abc import Iterator

_GRAPHVIZ = re.compile(r"\s*(?:strict\s+)?(?:di)?graph\b[^{}\n]*\{")
_MERMAID = re.compile(r"\s*(?:```\s*mermaid\s+)?(?:graph|flowchart)(?:[ \t]+(?:TD|TB|BT|LR|RL))?[ \t]*(?=[;\n])")
_TIKZ = re.compile(r"\s*\\(?:begin\{(?:center|figure|tikzpicture)\}|tikz|draw|path|node)(?![A-Za-z])")
_ATTRIBUTES = re.compile(r"\[[^\[\]]*\]")
_SETTING = re.compile(r"\{\s*rank\s*=[^{}]*\}|\b(?:node|edge|graph)\s*(?=\[)|[A-Za-z]+\s*=\s*(?:\"[^\"\n]*\"|[\w.]+)")
_NAMED = re.compile(r"(->\s*)?([\w']+|\"[^\"\n]*\")\s*\[[^\[\]]*?\blabel\s*=\s*(\"[^\"\n]*\"|[\w']+)")
_GROUP = re.compile(r"\{[^{}=>]*\}")
_SHAPE = re.compile(r"(?<![\w'])([A-Za-z_][\w']*)[\[({]{1,2}([^\[\](){}\n]*)[\])}]{1,2}(?=\s|;|&|-|=|:|\Z)")
_STYLE = re.compile(r"^[ \t]*(?:(?:classDef|class|style|linkStyle|subgraph|end|direction)\b|%%)[^\n]*$|```", re.M)
_ON_ARROW = re.compile(r"(?<=>)\s*\|[^|\n]*\||(?<=\s)--[ \t][^-<>;\n]*[ \t](?=-+>)")
_NODE = re.compile(
    r"\\?node\s*(?:\[[^\]]*\]\s*)?\(([^()]*)\)\s*(?:\[[^\]]*\]\s*|at\s*\([^()]*\)\s*)*\{\$?([^{}$]*(?:\{[^{}]*\}[^{}$]*)*)\$?\}"
)
_LABEL = re.compile(r"\bnode\s*(?:\[[^\]]*\]\s*)?\{(?:[^{}]|\{[^{}]*\})*\}")
_PATH = re.compile(r"\\(?:draw|path)(?![A-Za-z])([^;]*);")
_STROKE = re.compile(r"\(([^()]*)\)|(--|\|-|-\||\bto\b|\bedge\b)|\[([^\[\]]*)\]")
_TIP = r"(?:latex|stealth|Latex|Stealth|to|\{[^{}]*\})"
_ONWARD = re.compile(rf"(?:^|,)\s*-+(?:>+|{_TIP})\s*(?=,|$)")
_BACK = re.compile(rf"(?:^|,)\s*(?:<+|{_TIP})-+\s*(?=,|$)")
_ANCHOR = re.compile(r"\.[a-z0-9 ]+$")


def drawn(text: str) -> tuple[str, dict[str, str]] | None:
    """The edges alone, each at its place, and the label of each node that has one; None where no program drew it."""
    if found := _GRAPHVIZ.match(text):
        closing = text.rstrip()
        text = _blank(found) + text[found.end() :]
        text = text[: len(closing) - 1] + " " * (len(text) - len(closing) + 1) if closing.endswith("}") else text
        labels = {one[2].strip('"'): one[3].strip('"') for one in _NAMED.finditer(text) if not one[1]}
        text = _ATTRIBUTES.sub(_blank, _SETTING.sub(_outside, text))
        return re.sub('["“”`]', " ", _GROUP.sub(_commas, text)), labels
    if found := _MERMAID.match(text):
        text = _STYLE.sub(_blank, _ON_ARROW.sub(_blank, _blank(found) + text[found.end() :]))
        labels = {one[1]: one[2].strip(' "') for one in _SHAPE.finditer(text)}
        return _SHAPE.sub(lambda one: one[1].ljust(len(one[0])), text), labels
    return None


def strokes(text: str) -> tuple[list[tuple[int, str]], dict[str, str]] | None:
    """The edges that TikZ draws, as statements with their places, and the labels of the nodes; None for other texts.

    A line without an arrow's tip is given as it stands, for nothing says which end it comes from.
    """
    if not _TIKZ.match(text):
        return None
    labels = {one[1].strip(): one[2].strip() for one in _NODE.finditer(text)}
    picture = re.search(r"\\begin\{tikzpicture\}\s*\[([^\[\]]*)\]", text)
    sign = _direction(picture[1] if picture else "", "")
    return [one for path in _PATH.finditer(text) for one in _lines(path[1], path.start(1), sign)], labels


def _lines(path: str, start: int, sign: str) -> Iterator[tuple[int, str]]:
    path = _LABEL.sub(_blank, path)
    source, joined, own = "", "", ""
    for one in _STROKE.finditer(path):
        if one[3] is not None:
            if joined:
                own = _direction(one[3], own)
            else:
                sign = _direction(one[3], sign)
        elif one[2]:
            joined, own = one[2], sign
        else:
            end = _ANCHOR.sub("", one[1].strip())
            if joined:
                yield start + one.start(), f"{source} {own or '--'} {end}"
            if joined != "edge" or not source:
                source = end
            elif not re.match(r"\s*(?:edge|;|$)", path[one.end() :]):
                source = ""
            joined = ""


def _direction(options: str, otherwise: str) -> str:
    onward, back = _ONWARD.search(options), _BACK.search(options)
    return "->" if onward else "<-" if back else otherwise


def _blank(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found[0])


def _outside(found: re.Match[str]) -> str:
    """A setting blanked, but not inside the attributes of a node, which fall away whole."""
    before = found.string[: found.start()]
    return found[0] if before.rfind("[") > before.rfind("]") else _blank(found)


def _commas(group: re.Match[str]) -> str:
    """``{h g1}`` with commas between its nodes."""
    return re.sub(r"(?<=[\w'\"])[ \t](?=\s*[\w\"])", ",", group[0].replace(";", ","))
