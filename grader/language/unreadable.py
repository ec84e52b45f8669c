"""Why a typed answer could not be read: the place, what was expected there, and a hint for the usual slip."""

from __future__ import annotations

import unicodedata

from grader.language.nodes import Span
from grader.report import Block, Paragraph, Verbatim

WINDOW = 60
"""How many characters of a long line are shown on each side of the caret."""

HINTS = {
    "read.ambiguous-fraction": "Put brackets around what you divide by, or around the fraction.",
    "read.ambiguous-power": "Put brackets: (2^n)! or 2^(n!).",
    "read.arrow": "Give the final formula alone.",
    "read.big-operator": "Write the closed form, such as n(n+1)/2.",
    "read.blocks": "Write the products of its blocks out, and their sum.",
    "read.bullets": "Leave the mark out; write a minus sign without a blank behind it.",
    "read.cases": "End with “otherwise”.",
    "read.control-character": "Delete this place and type it again by hand.",
    "read.decimal-comma": "Write decimals with a point (0.5) and large numbers without a comma (1000).",
    "read.derivative": "Write what the derivative is equal to.",
    "read.determinant": "Use pmatrix or bmatrix for the matrix itself.",
    "read.double-factorial": "Write (k!)! for it.",
    "read.double-sign": "Write one, or put the negative term into brackets: m - (-n).",
    "read.edge": 'Write one edge in each entry, or quote several sources: "a, b -> c".',
    "read.ellipsis": "Write every term out; of a set that goes on, say where it begins, as in k >= 7.",
    "read.equation": "Leave out what stands before the = sign.",
    "read.exponent": "Put brackets around the exponent, or leave an exponent of 1 out.",
    "read.lists": "Write a matrix as [[5, 6], [7, 8]].",
    "read.much-greater": "Use > or >=.",
    "read.much-less": "Use < or <=.",
    "read.not-an-array": "Write a vector as [5, 7, 9], a matrix as [[1, 2], [3, 4]].",
    "read.number-after-name": "For a power write n^5, for a product 4n, for a sum put a + between them.",
    "read.number-for-condition": "A condition compares two things: n > 7, z >= 1.",
    "read.numbered": "Write a vector as [5, 7, 9], a matrix as [[1, 2], [3, 4]].",
    "read.order-inside": "Give either the exact count, such as n^5 + 4n, or one order, such as O(n^5).",
    "read.plus-minus": "Give one.",
    "read.point": "For a product write *; for a decimal put the point between digits.",
    "read.ragged": "Give every row of a matrix its own brackets and the same number of entries.",
    "read.restated": "Leave the remark out, or write a product with *.",
    "read.root": "Write sqrt(…), with all that stands under the root in the brackets.",
    "read.scanned": "Write sigmoid(…) or 6 * …",
    "read.separators": "Put a comma between two entries; write a fraction as 7/2 and a number without blanks.",
    "read.slash": "Part rows by a semicolon, [5 6; 7 8], and put commas around fractions, [5, 1/7].",
    "read.two-lines": "Give one formula, on one line.",
    "read.unknown-macro": "Write the same in plain text: 4*a*b, a^5, (a)/(b), [1, 2, 3].",
    "read.zero": "For an order write the letter O.",
}
"""How an answer is mended that was refused for this reason, where the one who refuses it says nothing closer."""


class Unreadable(Exception):
    """A text that is not an answer. Raised by every reader of the language, and by nothing else.

    ``code`` is a stable short name of the reason (``read.unknown-name``), ``span`` where it is in the text as typed.
    ``hint`` says how to mend it: where none is given, as is usual for the code (``HINTS``); an empty one says nothing.
    """

    def __init__(
        self, code: str, reason: str, span: Span | None = None, *, expected: str = "", hint: str | None = None
    ) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.span = span
        self.expected = expected
        self.hint = HINTS.get(code, "") if hint is None else hint
        self.text = ""

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


_CONTROLS = {code: " " if code == 9 else chr(0x2400 + code) for code in range(32)}


def _printable(text: str) -> str:
    """Without format, private, surrogate and unassigned characters: they could reorder or spoil the line that shows."""
    shown = text.translate(_CONTROLS)
    return "".join(char if char.isprintable() or unicodedata.category(char) == "Zs" else "�" for char in shown)


def _width(text: str) -> int:
    """How many columns of a terminal a text takes."""
    shown = [char for char in text if unicodedata.category(char) not in ("Mn", "Me")]
    return len(shown) + sum(unicodedata.east_asian_width(char) in ("W", "F") for char in shown)
