"""Answers of several lines: backward equations with their left-hand sides."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from grader.language.reading.answers import equation, name
from grader.language.reading.source import LENGTH, LINES, Reading
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
