"""Edges of a graph, from a text: arrows in either direction, several at a time, and pairs."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from html import unescape

from grader.language import validity
from grader.language.reading.drawings import drawn, strokes
from grader.language.reading.equations import name
from grader.language.reading.source import LINES, SHORT, located
from grader.language.unreadable import Unreadable, quoted

Edge = tuple[str, str]

_ENTITY = re.compile(r"&(?:gt|lt|rarr|larr|rArr|lArr);")
_OVER = r"(?:\[[^\[\]]*\])?\{(?:[^{}]|\{[^{}]*\})*\}"
_FORWARD = (
    rf"\\(?:to|mapsto|(?:long)?rightarrow|Rightarrow)(?![A-Za-z])|\\xrightarrow{_OVER}|[-=]+ ?>|-\.+->|[→⟶⇒⟹↦⟼]"
    r"|\b(?:(?:goes|go|leads?|flows?|points?|feeds?) (?:in)?to|feeds?)\b"
)
_BACKWARD = (
    rf"\\(?:(?:long)?leftarrow|Leftarrow|gets)(?![A-Za-z])|\\xleftarrow{_OVER}|<[-=]+|[←⟵⇐]"
    r"|\b(?:depends? (?:up)?on|(?:is|are) computed from|comes? from)\b"
)
_ARROW = re.compile(f"{_FORWARD}|{_BACKWARD}")
_PAIR = re.compile(r"[(\[⟨]([^()\[\]⟨⟩,]+),([^()\[\]⟨⟩,]+)[)\]⟩]")
_GROUP = re.compile(r"[{(\[](?:[^{}()\[\]]|[_^]\{[^{}]*\})*[})\]]")
_MARK = re.compile(r"^[ \t]*(?:[-*•–]|\(?[0-9]{1,2}[.)])[ \t]+(?=[^\s>-])", re.MULTILINE)
"""What a list puts before its lines."""
_HINT = 'Write one edge in each entry, or quote several sources: "a, b -> c".'


def edges(text: str, names: Collection[str]) -> tuple[Edge, ...]:
    """Edges of a graph: ``x -> z1 -> h``, ``x, y -> z``, ``z1 <- x``, ``(x, z1)``, parted by ``;``, lines or commas.

    Raises ``Unreadable`` for what is no edge between two of the names.
    """
    with located(text):
        if len(text) > SHORT:
            raise Unreadable(
                "read.too-long", f"This has {len(text)} characters; at most {SHORT} are read.", (SHORT, SHORT + 1)
            )
        text = _ENTITY.sub(_plain, text)
        if text.count("\n") + text.count(";") + text.count("\\\\") > LINES:
            raise Unreadable("read.too-long", f"At most {LINES} edges are read.", (0, 1))
        labels: dict[str, str] = {}
        if picture := strokes(text):
            pieces, labels = picture
        else:
            if program := drawn(text):
                text, labels = program
            alone = {*names, *labels} if program else set()
            pieces = list(_statements(_MARK.sub(lambda mark: " " * len(mark[0]), text), alone))
        called = {one: name(label, names) for one, label in labels.items()}
        known = {one: vertex for one, vertex in called.items() if vertex is not None and vertex in names}
        found = [edge for start, piece in pieces for edge in _edge(piece, start, names, known)]
        return tuple(dict.fromkeys(found))


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
            if not pairs or _PAIR.sub("", line).strip(" \t\r$,.[]{}()"):
                raise _no_arrow(line, line_start)
            yield from ((line_start + pair.start(), f"{pair[1]} -> {pair[2]}") for pair in pairs)
            continue
        line = _GROUP.sub(_together, line)
        pieces = [piece for piece in _cut(line, line_start, r",|$") if piece[1].strip()]
        bare = [(start, piece) for start, piece in pieces if not _ARROW.search(piece)]
        if len(pieces) - len(bare) == 1:
            yield line_start, line
            continue
        if bare:
            start, lone = bare[0]
            said = f"It is not clear which edge {quoted(lone.strip(), 40)} belongs to."
            raise Unreadable("read.edge", said, (start, start + len(lone)), hint=_HINT)
        for start, piece in pieces:
            clauses = list(_cut(piece, start, r"\band\b|$"))
            yield from clauses if all(_ARROW.search(clause) for _, clause in clauses) else [(start, piece)]


def _no_arrow(text: str, start: int) -> Unreadable:
    said = f"{quoted(text.strip(), 40)} is not an edge: it has no arrow."
    return Unreadable("read.edge", said, (start, start + len(text)), hint=_HINT)


def _together(group: re.Match[str]) -> str:
    """Several ends of one arrow in brackets, ``{h, g1}``, parted by a sign that parts no statements."""
    return group[0] if _ARROW.search(group[0]) else group[0].replace(",", "&")


def _cut(text: str, start: int, sign: str) -> Iterator[tuple[int, str]]:
    at = 0
    for match in re.finditer(sign, text):
        yield start + at, text[at : match.start()]
        at = match.end()


def _edge(text: str, start: int, names: Collection[str], known: Mapping[str, str]) -> Iterator[Edge]:
    groups, at = [], start
    if not _ARROW.search(text):
        raise _no_arrow(text, start)
    for piece in _ARROW.split(text):
        groups.append(
            [
                known.get(one.strip()) or _vertex(one, at + piece.find(one), names)
                for one in re.split(r",|\band\b|&", _bare(piece))
                if one.strip()
            ]
        )
        if not groups[-1]:
            raise Unreadable("read.edge", "One end of this arrow is missing.", (at, at + max(1, len(piece))))
        at += len(piece)
    for arrow, left, right in zip(_ARROW.findall(text), groups, groups[1:]):
        for one in left:
            for other in right:
                yield (other, one) if re.match(_BACKWARD, arrow) else (one, other)


def _bare(text: str) -> str:
    """Without brackets around all of it, and without one that stands here alone."""
    text = text.strip(" $.,\t\r")
    while text and text[0] in "{([" and text[-1] in "})]":
        text = text[1:-1].strip()
    even = all(text.count(opening) == text.count(closing) for opening, closing in ("{}", "()", "[]"))
    return text if even else text.strip(" {}()[]")


def _vertex(text: str, start: int, names: Collection[str]) -> str:
    found = name(text.strip(), names)
    if found is None or found not in names:
        raise validity.unknown(text.strip(), (start, start + len(text)), names)
    return found
