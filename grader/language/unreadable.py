"""Why a typed answer could not be read: the place, what was expected there, and a hint for the usual slip."""

from __future__ import annotations

import unicodedata

from grader.language.nodes import Span
from grader.report import Block, Paragraph, Verbatim

WINDOW = 60
"""How many characters of a long line are shown on each side of the caret."""


class Unreadable(Exception):
    """A text that is not an answer. Raised by every reader of the language, and by nothing else.

    ``code`` is a stable short name of the reason (``read.unknown-name``), ``position`` the first character that could
    not be read, counted from 0 in the text as typed.
    """

    def __init__(self, code: str, reason: str, span: Span | None = None, *, expected: str = "", hint: str = "") -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.span = span
        self.expected = expected
        self.hint = hint
        self.text = ""

    @property
    def position(self) -> int | None:
        return None if self.span is None else self.span[0]

    def within(self, text: str) -> Unreadable:
        """The same error, knowing the whole text, so that it can show the place."""
        self.text = text
        return self

    def blocks(self) -> tuple[Block, ...]:
        """The reason, the line with a caret under the place, and the hint, for a report."""
        shown: list[Block] = [
            Paragraph(f"{self.reason} Expected here: {self.expected}." if self.expected else self.reason)
        ]
        if self.text.strip() and self.span is not None:
            shown.append(Verbatim(caret(self.text, self.span)))
        if self.hint:
            shown.append(Paragraph(self.hint))
        return tuple(shown)

    def __str__(self) -> str:
        return " ".join(part for part in (self.reason, self.hint) if part)


def caret(text: str, span: Span) -> str:
    """The line of the text that holds the span, cut to a window, and carets under it."""
    start = max(0, min(span[0], len(text)))
    end = max(start + 1, min(span[1], len(text)))
    left = max(text.rfind("\n", 0, start) + 1, start - WINDOW)
    newline = text.find("\n", start)
    right = min(len(text) if newline < 0 else newline, max(end, start + 1) + WINDOW)
    before, marked, after = text[left:start], text[start : min(end, right, start + WINDOW)], text[start:right]
    lead = "…" if left > 0 and text[left - 1] != "\n" else ""
    tail = "…" if right < len(text) and text[right] != "\n" else ""
    marks = "^" * max(1, _width(marked))
    return f"{lead}{_printable(before)}{_printable(after)}{tail}\n{' ' * (len(lead) + _width(before))}{marks}"


def quoted(text: str, limit: int = 30) -> str:
    """A piece of what was typed, in quotation marks, short and harmless to a terminal."""
    piece = _printable(text)
    return f"“{piece if len(piece) <= limit else piece[:limit] + '…'}”"


def _printable(text: str) -> str:
    return "".join(_shown(char) for char in text)


def _shown(char: str) -> str:
    if char == "\t":
        return " "
    if ord(char) < 32:
        return chr(0x2400 + ord(char))
    # Format, private, surrogate and unassigned characters could reorder or spoil the line that shows them.
    return "�" if unicodedata.category(char) in ("Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp") else char


def _width(text: str) -> int:
    return sum(_columns(char) for char in text)


def _columns(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1
