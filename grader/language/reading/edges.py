"""Edges of a graph: from arrows in either direction, several at a time, from pairs, and from what draws a graph."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from html import unescape
from itertools import product

from grader.language import parsing, words
from grader.language.cleaning import blank
from grader.language.reading.equations import name
from grader.language.reading.source import LINES, SHORT, located
from grader.language.unreadable import Unreadable, quoted

Edge = tuple[str, str]

_ENTITY = re.compile(r"&(?:gt|lt|rarr|larr|rArr|lArr);")
_OVER = r"(?:\[[^\[\]]*\])?\{(?:[^{}]|\{[^{}]*\})*\}"
_FORWARD = (
    rf"\\(?:to|mapsto|(?:long)?rightarrow|Rightarrow)(?![A-Za-z])|\\xrightarrow{_OVER}"
    r"|[-=–—─|~]+ ?>+|>>|-\.+->|[─—–-]*[→⟶⇒⟹↦⟼➔➜➝➞➡⇨🡒⭢]"
    r"|\b(?:(?:goes|go|leads?|flows?|points?|feeds?) (?:in)?to|feeds?)\b"
)
_BACKWARD = (
    rf"\\(?:(?:long)?leftarrow|Leftarrow|gets)(?![A-Za-z])|\\xleftarrow{_OVER}|<+[-=–—]+|<<|[←⟵⇐]"
    r"|\b(?:depends? (?:up)?on|(?:is|are) computed from|comes? from)\b"
)
_ARROW = re.compile(f"{_FORWARD}|{_BACKWARD}")
_PAIR = re.compile(r"[(\[⟨]([^()\[\]⟨⟩,]+),([^()\[\]⟨⟩,]+)[)\]⟩]")
_GROUP = re.compile(r"[{(\[](?:[^{}()\[\]]|[_^]\{[^{}]*\})*[})\]]")
_MARK = re.compile(r"^[ \t]*(?:[-*•–]|\(?[0-9]{1,2}[.)])[ \t]+(?=[^\s>-])", re.MULTILINE)
"""What a list puts before its lines."""


_OPERATION = re.compile(r"(?<=[\w' ])-{1,2}\[?[A-Za-z]{3,}\]?(?=-+>)|(?<=>)\s*\|[^|\n]*\||\\[()]")
"""What an arrow says on it, ``-[relu]->``, ``--relu-->``, ``-->|relu|``, and the dress of TeX."""
_DENYING = words.listed(
    "backward backwards deleted except false instead missing never no not or other removed reverse round unless wrong"
)
"""Words at an edge that may mean that there is none, or another one."""


def edges(text: str, names: Collection[str]) -> tuple[Edge, ...]:
    """Edges of a graph: ``x -> z1 -> h``, ``x, y -> z``, ``z1 <- x``, ``(x, z1)``, parted by ``;``, lines or commas.

    Raises ``Unreadable`` for what is no edge between two of the names.
    """
    with located(text):
        if len(text) > SHORT:
            message = f"This has {len(text)} characters; at most {SHORT} are read."
            raise Unreadable("read.too-long", message, (SHORT, SHORT + 1))
        text = _ENTITY.sub(_plain, text)
        if text.count("\n") + text.count(";") + text.count("\\\\") > LINES:
            raise Unreadable("read.too-long", f"At most {LINES} edges are read.", (0, 1))
        if picture := _TIKZ.match(text):
            raise Unreadable("read.edge", "A picture in TikZ is not read.", picture.span())
        program = drawn(text)
        text, labels = program or (text, {})
        alone = {*names, *labels} if program else set()
        pieces = list(_statements(_MARK.sub(blank, _OPERATION.sub(_unless_denied, text)), alone))
        called = {one: name(label, names) for one, label in labels.items()}
        known = {one: vertex for one, vertex in called.items() if vertex is not None and vertex in names}
        return tuple(dict.fromkeys(edge for start, piece in pieces for edge in _edge(piece, start, names, known)))


def _plain(entity: re.Match[str]) -> str:
    """A sign pasted from the source of a web page, as wide as it was typed."""
    sign = unescape(entity[0])
    return sign.rjust(len(entity[0])) if sign == "<" else sign.ljust(len(entity[0]))


def _statements(text: str, alone: Collection[str]) -> Iterator[tuple[int, str]]:
    """A line with one arrow is one statement, several sources or targets included; else each piece has its arrow.

    What may stand alone, as a node that a program declares, is no statement.
    """
    for line_start, line in _cut(text, 0, r"\\\\|;|\n|\.\s|$"):
        if not line.strip(" \t\r$,.[]{}") or line.strip() in alone:
            continue
        if not _ARROW.search(line):
            pairs = list(_PAIR.finditer(line))
            if not pairs or re.sub(r"^\s*E\s*=", "", _PAIR.sub("", line)).strip(" \t\r$,.[]{}()"):
                message = f"{quoted(line.strip(), 40)} is not an edge: it has no arrow."
                raise Unreadable("read.edge", message, (line_start, line_start + len(line)))
            yield from ((line_start + pair.start(), f"{pair[1]} -> {pair[2]}") for pair in pairs)
            continue
        # Several ends of one arrow in brackets, {h, g1}, are parted by a sign that parts no statements.
        line = _GROUP.sub(lambda one: one[0] if _ARROW.search(one[0]) else one[0].replace(",", "&"), line)
        pieces = [piece for piece in _cut(line, line_start, r",|$") if piece[1].strip()]
        bare = [(start, piece) for start, piece in pieces if not _ARROW.search(piece)]
        if len(pieces) - len(bare) == 1:
            pieces = [(line_start, line)]
        elif bare:
            start, lone = bare[0]
            message = f"It is not clear which edge {quoted(lone.strip(), 40)} belongs to."
            raise Unreadable("read.edge", message, (start, start + len(lone)))
        for start, piece in pieces:
            clauses = list(_cut(piece, start, r"\band\b|$"))  # none where an end is h and g1
            yield from clauses if all(_ARROW.search(clause) for _, clause in clauses) else [(start, piece)]


def _cut(text: str, start: int, sign: str) -> Iterator[tuple[int, str]]:
    at = 0
    for match in re.finditer(sign, text):
        yield start + at, text[at : match.start()]
        at = match.end()


def _edge(text: str, start: int, names: Collection[str], known: Mapping[str, str]) -> Iterator[Edge]:
    groups: list[list[str]] = []
    at = start
    for piece in _ARROW.split(text):
        groups.append([])
        for one in filter(str.strip, re.split(r",|\band\b|&", _bare(piece))):
            found = known.get(one.strip()) or name(one.strip(), names) or name(_uncommented(one, names), names)
            if found is None or found not in names:
                place = at + piece.find(one)
                raise parsing.unknown(one.strip(), (place, place + len(one)), names)
            groups[-1].append(found)
        if not groups[-1]:
            where = (at, at + max(1, len(piece)))
            raise Unreadable("read.edge", "One end of this arrow is missing.", where, hint="")
        at += len(piece)
    for arrow, left, right in zip(_ARROW.findall(text), groups, groups[1:]):
        for one, other in product(left, right):
            yield (other, one) if re.match(_BACKWARD, arrow) else (one, other)


def _uncommented(text: str, names: Collection[str]) -> str:
    """Without words in brackets behind a variable, where none of them is one: ``z2 (by the sigmoid)``."""
    bare, opening, comment = text.strip().rstrip(")").partition(" (")
    kept = _denied(comment) or any(name(one, names) for one in re.split(r"[\s,]+", comment))
    return bare if opening and not kept else text


def _unless_denied(operation: re.Match[str]) -> str:
    return operation[0] if _denied(operation[0]) else blank(operation)


def _denied(comment: str) -> bool:
    return bool(_DENYING & set(re.findall(r"[a-z]+", comment.lower())))


def _bare(text: str) -> str:
    """Without brackets around all of it, and without one that stands here alone."""
    text = text.strip(" $.,\t\r")
    while text and text[0] in "{([" and text[-1] in "})]":
        text = text[1:-1].strip()
    even = all(text.count(opening) == text.count(closing) for opening, closing in ("{}", "()", "[]"))
    return text if even else text.strip(" {}()[]")


# Graphs as drawing programs write them, Graphviz and Mermaid: their layout blanked, so that the edges remain

_GRAPHVIZ = re.compile(r"\s*(?:strict\s+)?(?:di)?graph\b[^{}\n]*\{")
_MERMAID = re.compile(r"\s*(?:```\s*mermaid\s+)?(?:graph|flowchart)(?:[ \t]+(?:TD|TB|BT|LR|RL))?[ \t]*(?=[;\n])")
_TIKZ = re.compile(r"\s*\\(?:begin\{(?:center|figure|tikzpicture)\}|tikz|draw|path|node)(?![A-Za-z])")
_ATTRIBUTES = re.compile(r"\[[^\[\]]*\]")
_SETTING = re.compile(
    r"\{\s*rank\s*=[^{}]*\}|\b(?:node|edge|graph)\s*(?=\[)|(?<![A-Za-z])[A-Za-z]+\s*=\s*(?:\"[^\"\n]*\"|[\w.]+)"
)
_NAMED = re.compile(r"(->\s*)?((?<![\w'])[\w']+|\"[^\"\n]*\")\s*\[[^\[\]]*?\blabel\s*=\s*(\"[^\"\n]*\"|[\w']+)")
_CLUSTER = re.compile(r"\{[^{}=>]*\}")
_BLANKS = re.compile(r"(?<=[\w'\"])[ \t](?=\s*[\w\"])")
"""What parts the nodes of ``{h g1}``."""
_SHAPE = re.compile(r"(?<![\w'])([A-Za-z_][\w']*)[\[({]{1,2}([^\[\](){}\n]*)[\])}]{1,2}(?=\s|;|&|-|=|:|\Z)")
_STYLE = re.compile(r"^[ \t]*(?:(?:classDef|class|style|linkStyle|subgraph|end|direction)\b|%%)[^\n]*$|```", re.M)
_ON_ARROW = re.compile(r"(?<=>)\s*\|[^|\n]*\||(?<=\s)--[ \t][^-<>;\n]*[ \t](?=-+>)")


def drawn(text: str) -> tuple[str, dict[str, str]] | None:
    """The edges alone, each at its place, and the label of each node that has one; None where no program drew it."""
    if found := _GRAPHVIZ.match(text):
        closing = text.rstrip()
        text = blank(found) + text[found.end() :]
        text = text[: len(closing) - 1] + " " * (len(text) - len(closing) + 1) if closing.endswith("}") else text
        labels = {one[2].strip('"'): one[3].strip('"') for one in _NAMED.finditer(text) if not one[1]}
        text = _ATTRIBUTES.sub(blank, _SETTING.sub(_outside, text))
        return re.sub('["“”`]', " ", _CLUSTER.sub(lambda one: _BLANKS.sub(",", one[0].replace(";", ",")), text)), labels
    if found := _MERMAID.match(text):
        text = _STYLE.sub(blank, _ON_ARROW.sub(_unless_denied, blank(found) + text[found.end() :]))
        labels = {one[1]: one[2].strip(' "') for one in _SHAPE.finditer(text)}
        return _SHAPE.sub(lambda one: one[1].ljust(len(one[0])), text), labels
    return None


def _outside(found: re.Match[str]) -> str:
    """A setting blanked, but not inside the attributes of a node, which fall away whole."""
    before = found.string[: found.start()]
    return found[0] if before.rfind("[") > before.rfind("]") else blank(found)
