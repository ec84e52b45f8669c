"""What Markdown, TeX and programs put around an answer, blanked out: what is left stands where it was typed.

Everything that may be left out is in the tables of this module. Text that could say something (a comment, the words
under a brace) is left out with a remark; what is not in a table stays, and is read or refused like the rest.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from grader.language import words

_TURNED = "\u202b\u202d\u202e\u2067"
"""Marks that turn the direction of writing round: what is seen is not what stands there."""


@dataclass(frozen=True)
class Bare:
    """A text of the same length without its layout, and what was left out, as sentences."""

    text: str
    remarks: tuple[str, ...] = ()


_FENCE = re.compile(r"(?m)^[ \t]*(?:```+|~~~+)[ \t]*[A-Za-z]*[ \t]*$")

_QUOTES = (('"', '"'), ("“", "”"), ("`", "`"), ("'", "'"), ("«", "»"), ("„", "“"))
"""Marks that stand around all of a text."""

_MARKS = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?m)^[ \t]*#{1,6}[ \t]+",
        r"(?m)^[ \t]*[*•‣▪●][ \t]+(?=[^\s=<>≤≥])",
        r"(?m)^[ \t]*[-+–—−][ \t]+(?=[*_`$\"]|[A-Za-z]{3,}[^\n]*[:=])",
        r"(?m)^[ \t]*(?:>[ \t]+)+(?=[^\n]*[<>≤≥=:]|[\[(*_`]|[^\n]*[A-Za-z]{3,})",
        r"(?<![`\w)\]}'])(`{1,2})(?=[^\s`])(?P<kept>[^`\n]{0,300}[^\s`])\1(?![`\w])",
        r"<(?P<tag>b|i|u|em|strong|code|p|span|div|li)>(?P<kept>[^<>\n]*)</(?P=tag)>|<br\s*/?>",
        r"[ .]{0,9}(?:[✓✔✅☑∎■]\ufe0f?|\\(?:qed|blacksquare|square|checkmark)(?![A-Za-z]))[\s.$]{0,9}\Z"
        r"|\A\s*[✓✔✅☑]\ufe0f?",
    )
)
"""Headings, bullets, quoted lines, code marks, tags of a web page, the sign at the end of a proof."""

_NUMBERED = re.compile(
    r"(?m)^[ \t]*(?:[a-h]|iii?|iv)\)[ \t]+(?=\S)|^[ \t]*[0-9]{1,2}[.)][ \t]+(?=[A-Za-z]{3,}[^\n]*[:=])"
)

_TEX = tuple(
    re.compile(pattern)
    for pattern in (
        r"\\(?:tag\*?|label|eqref|[hv]space\*?|(?:text)?color(?:\[[a-zA-Z]*\])?)\s*\{[^{}\n]*\}",
        r"\\(?:tiny|scriptsize|footremarksize|small|normalsize|large|Large|LARGE|huge|Huge|xspace|bfseries)(?![A-Za-z])",
        r"(?:\\\\(?:\[[^\]\n]*\])?\s*)+(?=[\s$]*\Z)",
        r"\A\s*&(?![&#\w])|\A\s*&(?=[A-Za-z0-9](?![A-Za-z0-9]*;))|(?<![&\\])&(?=\s*(?:[=<>≤≥]|\\(?:[lg]eq?|[lg]t|approx)(?![A-Za-z])))",
    )
)
"""Equation numbers, spaces, colours, sizes, the end of a line, the place where lines are aligned."""

_SUM_ALIGNED = re.compile(r"(?<![&\\])&(?=\s*[-+])")
_BRACE = re.compile(r"\\(?:under|over)brace\s*(?=\{)")
_COMMENT = re.compile(r"(?m)(?:(?<=[^\s#%/\\])[ \t]+|^[ \t]*)(?P<sign>#(?=\s)|(?<!\\)%|//)(?P<said>[^\n]*)$")
_NESTED = re.compile(r"(?P<open>\(\*|/\*|<!--)(?P<said>[^*<>\n]*)(?:\*\)|\*/|-->)")
_EMPHASIS = tuple(
    re.compile(rf"(?<![\w*]){mark}(?![\s*_])(?P<kept>[^\n]{{1,200}}?)(?<![\s*_]){mark}(?![\w*(])")
    for mark in (r"\*\*\*", r"\*\*", r"\*", "___", "__", "_")
)
_BEFORE_EMPHASIS = re.compile(r"(?:\A|[\n=:,;.<>≤≥≈→⇒(\[{|]|[^\W\d_]{2})\Z")
"""Where no operator can stand, so that a star is none."""


def bare(text: str, kind: str) -> Bare:
    """The text of an answer of this kind (``formula``, ``condition``, ``array``, …) without its layout."""
    text, remarks = _without_comments(_FENCE.sub(_blank, _edges(text)), kind)
    for _ in range(3):
        text = _unquoted(text)
    if kind != "equation":
        for pattern in _MARKS:
            text = pattern.sub(_blank, text)
    text = _NUMBERED.sub(_blank, _without_emphasis(text))
    if "\\" in text or "&" in text:
        aligned = "\\begin" in text or "\\matrix" in text or "\\pmatrix" in text
        for pattern in (*_TEX[: len(_TEX) - aligned], *((_SUM_ALIGNED,) if kind == "formula" and not aligned else ())):
            text = pattern.sub(_blank, text)
        text, found = _without_braces(text)
        remarks += found
    return Bare(text, tuple(remarks))


def _blank(found: re.Match[str]) -> str:
    """The match in blanks, but for its group ``kept`` and line breaks."""
    inner = found.span("kept") if "kept" in found.re.groupindex else (-1, -1)
    return "".join(
        char if char == "\n" or inner[0] <= at < inner[1] else " " for at, char in enumerate(found[0], found.start())
    )


def _edges(text: str) -> str:
    """Blanks for the marks that nobody sees before and after the answer: directions of writing, joiners."""
    start, end = 0, len(text)
    while start < end and _unseen(text[start]):
        start += 1
    while end > start and _unseen(text[end - 1]):
        end -= 1
    if start == end:
        return text
    return "".join(char if char.isspace() else " " for char in text[:start]) + text[start:end] + " " * (len(text) - end)


def _unseen(char: str) -> bool:
    return char.isspace() or (unicodedata.category(char) == "Cf" and char not in _TURNED)


def _unquoted(text: str) -> str:
    """The text without a pair of quotation or code marks around all of it."""
    body = text.strip()
    for opening, closing in _QUOTES:
        if len(body) > len(opening + closing) and body.startswith(opening) and body.endswith(closing):
            left, right = text.index(opening), text.rindex(closing)
            inner = text[left + len(opening) : right]
            return text[:left] + " " * len(opening) + inner + " " * len(closing) + text[right + len(closing) :]
    return text


def _without_emphasis(text: str) -> str:
    for pattern in _EMPHASIS:
        for found in list(pattern.finditer(text)):
            if _BEFORE_EMPHASIS.search(text[: found.start()][-20:].rstrip(" ")):
                text = text[: found.start()] + _blank(found) + text[found.end() :]
    return text


def _without_comments(text: str, kind: str) -> tuple[str, list[str]]:
    """Without comments as programs and TeX have them; one that may be a part of the answer stays."""
    remarks: list[str] = []
    plain = kind in ("formula", "order", "condition", "array", "number")

    def blanked(found: re.Match[str]) -> str:
        said = found["said"].strip()
        sign = found.groupdict().get("sign") or ""
        if not (plain or sign == "#") or not (text[: found.start()].strip() or text[found.end() :].strip()):
            return found[0]
        if words.TURNING & set(re.findall(r"[a-z]+", said.lower())) or not _remarks(said, sign):
            return found[0]
        if said:
            remarks.append(f"The comment “{said[:60]}” was left out.")
        return _blank(found)

    for pattern in (_COMMENT, _NESTED):
        text = pattern.sub(blanked, text)
    return text, remarks


def _remarks(said: str, sign: str) -> bool:
    """Whether what stands behind the sign of a comment is one, and not the other side of a division."""
    if sign == "#" or not said:
        return True
    first = re.match(r"[A-Za-z]+", said)
    return bool(re.search(r"[A-Za-z]{3,}", said)) and (first is None or first[0].lower() != "of")


def _without_braces(text: str) -> tuple[str, list[str]]:
    """``\\underbrace{p^3}_{H}`` without the brace and the words under it."""
    remarks = []
    for found in reversed(list(_BRACE.finditer(text))[:20]):
        end = _closing(text, found.end())
        text = text[: found.start()] + " " * len(found[0]) + text[found.end() :]
        label = re.compile(r"\s*[_^]\s*(?=\{)").match(text, end) if end else None
        if label is not None and (after := _closing(text, label.end())):
            remarks.append(f"The words “{text[label.end() + 1 : after - 1].strip()[:40]}” at a brace were left out.")
            text = text[:end] + " " * (after - end) + text[after:]
    return text, remarks


def _closing(text: str, at: int) -> int:
    """Where the brace that opens here ends; 0 where it does not."""
    depth = 0
    for place in range(at, len(text)):
        depth += (text[place] == "{") - (text[place] == "}")
        if depth == 0:
            return place + 1
    return 0


def doubtful(text: str, kind: str) -> re.Match[str] | None:
    """The dash at the start of a text that may be a minus sign or the mark of a list: ``- 2n``, ``- m > n``."""
    found = re.match(r"[\s$]*(?P<dash>[-–—−])[ \t]+[^\s]", text)
    return None if kind == "condition" and "+" in text else found
