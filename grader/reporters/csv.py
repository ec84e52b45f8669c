"""Tables as CSV that a spreadsheet shows and never computes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from grader.reporters import visible

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?\Z")
_STARTS = "=+-@＝＋－＠"
# A spreadsheet set to another language splits at semicolons, also inside what is one cell between commas.
_INNER = re.compile(r"(;\s*)(?=[=@＝＠]|[+\-＋－](?![\d.\s]+([];,)]|\Z)))")
_LONGEST = 5000


def line(cells: Iterable[str]) -> str:
    """One row, each cell quoted, with the line end that RFC 4180 asks for."""
    return ",".join('"' + cell(raw).replace('"', '""') + '"' for raw in cells) + "\r\n"


@lru_cache(maxsize=4096)  # most cells of a class are alike
def cell(raw: str) -> str:
    """The text on one line; an apostrophe stands before what a spreadsheet would take for a formula.

    Numbers stay as they are. Unseen characters are shown by number, a line's end as ``⏎``.
    """
    text = raw.replace("\r\n", "\n").replace("\n", " ⏎ ").replace("\t", " ")
    text = visible.text(text, keep="", limit=_LONGEST)
    if _NUMBER.match(text):
        return text
    text = _INNER.sub(r"\1'", text)
    return f"'{text}" if text.lstrip()[:1] and text.lstrip()[0] in _STARTS else text
