"""Answers of several lines: backward equations with their left-hand sides, edges of a graph."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from html import unescape

from grader.language import slips
from grader.language.reading.answers import equation, name
from grader.language.reading.source import LENGTH, LINES, SHORT, Reading, located
from grader.language.unreadable import Unreadable


def equations(block: str, names: Collection[str]) -> tuple[tuple[str, Reading | Unreadable], ...]:
    """Equations on lines of their own, ``J_bar = 1`` and so on: the name on the left and the reading of the right.

    A line whose right-hand side cannot be read gives its error in place of a reading; a line without a known name on
    its left raises ``Unreadable``.
    """
    if len(block) > LENGTH["equations"]:
        raise Unreadable(
            "read.too-long", f"This has {len(block)} characters; at most {LENGTH['equations']} are read.", (0, 1)
        ).within(block)
    if block.count("\n") + block.count(";") + block.count("\\\\") > LINES:
        raise Unreadable("read.too-long", f"At most {LINES} equations are read.", (0, 1)).within(block)
    found: list[tuple[str, Reading | Unreadable]] = []
    plain = re.sub(r"\\(begin|end)\{[a-z]+\*?\}", lambda gone: " " * len(gone[0]), block)
    for start, line in _lines(plain):
        if not line.strip(" \t\r&$"):
            continue
        sign = next((char for char in line if char in "=:"), "")
        left, _, right = line.partition(sign) if sign else (line, "", "")
        known = name(left.replace("&", " ").replace("$", " "), names) if sign else None
        if known is None:
            raise Unreadable(
                "read.left-side",
                "This line has no name of the problem on its left.",
                (start, start + len(line)),
                expected="a line such as x_bar = …",
            ).within(block)
        try:
            found.append((known, equation(right.replace("&", " "), names)))
        except Unreadable as error:
            found.append((known, error))
    return tuple(found)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for match in re.finditer(r"\\\\|;|\n|$", text):
        yield start, text[start : match.start()]
        start = match.end()


def edges(text: str, names: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Edges of a graph: ``x -> z1``, ``x -> z1 -> h``, ``x, y -> z``, ``z1 <- x``, several of them parted by ``;``."""
    with located(text):
        if len(text) > SHORT:
            raise Unreadable(
                "read.too-long", f"This has {len(text)} characters; at most {SHORT} are read.", (SHORT, SHORT + 1)
            )
        found: list[tuple[str, str]] = []
        text = _ENTITY.sub(_plain, text)
        if text.count("\n") + text.count(";") + text.count("\\\\") > LINES:
            raise Unreadable("read.too-long", f"At most {LINES} edges are read.", (0, 1))
        for start, line in _lines(text):
            found.extend(_edge(line, start, names))
        return tuple(dict.fromkeys(found))


_ENTITY = re.compile(r"&(?:gt|lt|rarr|larr|rArr|lArr);")


def _plain(entity: re.Match[str]) -> str:
    """A sign pasted from the source of a web page, as wide as it was typed."""
    sign = unescape(entity[0])
    return sign.rjust(len(entity[0])) if sign == "<" else sign.ljust(len(entity[0]))


_ARROW = re.compile(
    r"\\(?:to|rightarrow|longrightarrow|Rightarrow)(?![A-Za-z])|[-=]+ ?>|[→⟶⇒⟹]"
    r"|\\(?:left|longleft|Left)arrow(?![A-Za-z])|\\gets(?![A-Za-z])|<[-=]+|[←⟵⇐]"
)


def _edge(text: str, start: int, names: Collection[str]) -> Iterator[tuple[str, str]]:
    stripped = text.strip(" \t\r$,.")
    if not stripped:
        return
    pieces = _ARROW.split(text)
    if len(pieces) < 2:
        raise Unreadable("read.edge", "This is not an edge.", (start, start + len(text)), expected="an arrow: x -> z1")
    groups, at = [], start
    for piece in pieces:
        groups.append(
            [_vertex(one, at + piece.find(one), names) for one in re.split(r",|\band\b|&", _bare(piece)) if one.strip()]
        )
        if not groups[-1]:
            raise Unreadable("read.edge", "One end of this arrow is missing.", (at, at + max(1, len(piece))))
        at += len(piece)
    for arrow, left, right in zip(_ARROW.findall(text), groups, groups[1:]):
        backwards = arrow[0] in "<←⟵⇐" or "left" in arrow.lower() or "gets" in arrow
        for one in left:
            for other in right:
                yield (other, one) if backwards else (one, other)


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
        raise slips.unknown(text.strip(), (start, start + len(text)), names)
    return found
