"""What every reporter shows in one way: points, typed text, cells of a table, and what a self-check leaves to do.

Of what was typed nothing acts unseen: control and bidirectional characters are shown by their number.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import lru_cache

from grader.report import Report, Verdict

MARKS_IN_A_ROW = 3
"""Combining marks that one character may carry; a taller pile would climb over the lines around it."""

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?\Z")
_STARTS = "=+-@＝＋－＠"
# A spreadsheet set to another language splits at semicolons, also inside what is one cell between commas.
_INNER = re.compile(r"(;\s*)(?=[=@＝＠]|[+\-＋－](?![\d.\s]+([];,)]|\Z)))")
_LONGEST_CELL = 5000

UNCHECKED = "self_check.read"
"""The code of an item that the self-check has read and leaves to be marked after submission."""
NOT_A_MARK = "This is not a mark: most answers are only read here, and marked after submission."
FAULT = "The grader has a fault: not everything could be checked. It is not your mistake."
_LEFT_TO_DO = {
    Verdict.INVALID: "cannot be read",
    Verdict.MISSING: "unanswered",
    Verdict.INCORRECT: "wrong",
    Verdict.PARTIAL: "partly right",
    Verdict.REVIEW: "not decided here",
}


def points(value: Fraction | None) -> str:
    """Exact where short, else rounded to three places: ``1``, ``0.5``, ``0.167``; nothing where there are none."""
    return "" if value is None else f"{float(round(value, 3)):.3f}".rstrip("0").rstrip(".")


def text(raw: str, keep: str = "\n\t", limit: int | None = None) -> str:
    """The text with each unseen character as ``⟨U+202E⟩``; past ``limit`` characters only their count is given."""
    cut = raw if limit is None or len(raw) <= limit else raw[:limit]
    shown = _shown(cut, keep, lambda character: f"⟨U+{ord(character):04X}⟩")
    return shown if len(cut) == len(raw) else f"{shown} … ({len(raw) - len(cut):,} more characters)"


def columns(raw: str) -> str:
    """As ``text``, one character for each, for lines whose columns matter."""
    return _shown(raw.replace("\r\n", "\n"), "\n", lambda character: " " if character == "\t" else "\ufffd")


def line(raw: str, limit: int = 200) -> str:
    """As ``text``, on one line, runs of blanks made one, and cut after ``limit`` characters."""
    start = raw[: 4 * limit].replace("\r\n", "\n").replace("\t", " ").replace("\n", " ")
    shown = " ".join(text(start, keep="").split())
    return shown if len(shown) <= limit and len(raw) <= 4 * limit else shown[: limit - 1] + "…"


def _shown(raw: str, keep: str, stand_in: Callable[[str], str]) -> str:
    if raw.isascii() and raw.isprintable():
        return raw
    shown: list[str] = []
    marks = 0
    for character in raw:
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if character in keep:
            shown.append(character)
        elif category in _UNSEEN or character in _BLANK or marks > MARKS_IN_A_ROW:
            shown.append(stand_in(character))
        else:
            shown.append(" " if category == "Zs" else character)
    return "".join(shown)


def row(cells: Iterable[str]) -> str:
    """A row of CSV, each cell quoted, with the line end that RFC 4180 asks for."""
    return ",".join('"' + cell(raw).replace('"', '""') + '"' for raw in cells) + "\r\n"


@lru_cache(maxsize=4096)  # most cells of a class are alike
def cell(raw: str) -> str:
    """The text on one line; an apostrophe stands before what a spreadsheet would take for a formula.

    Numbers stay as they are. Unseen characters are shown by number, a line's end as ``⏎``.
    """
    shown = raw.replace("\r\n", "\n").replace("\n", " ⏎ ").replace("\t", " ")
    shown = text(shown, keep="", limit=_LONGEST_CELL)
    if _NUMBER.match(shown):
        return shown
    shown = _INNER.sub(r"\1'", shown)
    return f"'{shown}" if shown.lstrip()[:1] and shown.lstrip()[0] in _STARTS else shown


def left_to_do(report: Report) -> list[tuple[Verdict, str, tuple[str, ...]]]:
    """Verdict, message and items of each line of what is left; that all is well where there is nothing to do."""
    total, found = len(report.items), []
    checked = [item for item in report.items if item.finding.code != UNCHECKED]
    for verdict, message in _LEFT_TO_DO.items():
        names = tuple(item.item for item in checked if item.finding.verdict is verdict)
        if names:
            found.append((verdict, f"{len(names)} of {total} {message}", names))
    return found or [(Verdict.CORRECT, f"All {total} answers can be read.", ())]
