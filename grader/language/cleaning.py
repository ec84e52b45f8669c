"""A typed text made plain: the layout around an answer blanked, its characters as the few that the language has.

What Markdown, TeX and programs put around an answer is in the tables of the first half. Text that could say something
(a comment, the words under a brace) is left out with a remark; what is not in a table stays, and is read or refused
like the rest. Whatever is left knows where it was typed.
"""

from __future__ import annotations

import re
import unicodedata
from html import unescape

from grader.frozen import frozen
from grader.language import words
from grader.language.unreadable import Unreadable

_FENCE = re.compile(r"(?m)^[ \t]*(?:```+|~~~+)[ \t]*[A-Za-z]*[ \t]*$")

_EDGES = re.compile(
    r"\A[\s{0}]+|(?<![\s{0}])[\s{0}]+\Z".format(
        "\u00ad\u061c\u180e\u200b-\u200f\u202a\u202c\u2060-\u2064\u2066\u2068\u2069\ufeff"
    )
)
"""Blanks and marks that nobody sees. Those that turn the direction of writing round are not among them."""
_QUOTES = ('""', "“”", "``", "''", "«»", "„“")
"""Marks that stand around all of a text."""
_QUOTED = re.compile(r"(\s*)(\S)(.+)(\S)(\s*)", re.DOTALL)

_MARKS = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?m)^[ \t]*#{1,6}[ \t]+",
        r"(?m)^[ \t]*[*•‣▪●][ \t]+(?=[^\s=<>≤≥])",
        r"(?m)^[ \t]*[-+–—−][ \t]+(?=[*_`$\"]|[A-Za-z]{3,}[^\n]*[:=])",
        r"(?m)^[ \t]*(?:>[ \t]+)+(?=[^\n]*[<>≤≥=:]|[\[(*_`]|[^\n]*[A-Za-z]{3,})",
        r"(?<![`\w)\]}'])(`{1,2})(?=[^\s`])(?P<kept>[^`\n]{0,300}[^\s`])\1(?![`\w])",
        r"<(?P<tag>b|i|u|em|strong|code|p|span|div|li)>(?P<kept>[^<>\n]*)</(?P=tag)>|<br\s*/?>",
        r"(?i)\b(?P<kept>it|that|there)['’]s\b",
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
        r"\\(?:tiny|scriptsize|footnotesize|small|normalsize|large|Large|LARGE|huge|Huge|xspace|bfseries)(?![A-Za-z])",
        r"(?<!\\\\)(?:\\\\(?:\[[^\]\n]*\])?\s*)+(?=[\s$]*\Z)",
        r"\A\s*&(?![&#\w])|\A\s*&(?=[A-Za-z0-9](?![A-Za-z0-9]*;))|(?<![&\\])&(?=\s*(?:[=<>≤≥]|\\(?:[lg]eq?|[lg]t|approx)(?![A-Za-z])))",
        r"(?<![&\\])&(?=\s*[-+])",
    )
)
"""Equation numbers, spaces, colours, sizes, the end of a line, where lines are aligned, and where a sum is."""

_BRACE = re.compile(r"\\(?:under|over)brace\s*(?=\{)")
_COMMENT = re.compile(r"(?m)(?:(?<=[^\s#%/\\])[ \t]+|^[ \t]*)(?P<sign>#(?=\s)|(?<!\\)%|//)(?P<comment>[^\n]*)$")
_NESTED = re.compile(r"(?P<open>\(\*|/\*|<!--)(?P<comment>[^*<>\n]*)(?:\*\)|\*/|-->)")
_WORDED = re.compile(r"(?i)(?!of(?![a-z])).*[a-z]{3}")
"""What a comment holds, and the other side of a division does not."""
_EMPHASIS = tuple(
    re.compile(rf"(?<![\w*]){mark}(?![\s*_])(?P<kept>[^\n]{{1,200}}?)(?<![\s*_]){mark}(?![\w*(])")
    for mark in (r"\*\*\*", r"\*\*", r"\*", "___", "__", "_")
)
_BEFORE_EMPHASIS = re.compile(r"(?:\A|[\n=:,;.<>≤≥≈→⇒(\[{|]|[^\W\d_]{2})\Z")
"""Where no operator can stand, so that a star is none."""


def bare(text: str, kind: str) -> tuple[str, tuple[str, ...]]:
    """The text of an answer of this kind (``formula``, ``array``, …) with its layout blanked, and remarks on that."""
    text, remarks = _without_comments(_FENCE.sub(blank, _EDGES.sub(blank, text)), kind)
    for _ in range(3):
        found = _QUOTED.fullmatch(text)
        if found is not None and found[2] + found[4] in _QUOTES:
            text = f"{found[1]} {found[3]} {found[5]}"
    if kind != "equation":
        for pattern in _MARKS:
            text = pattern.sub(blank, text)
    text = _NUMBERED.sub(blank, _without_emphasis(text))
    if "\\" in text or "&" in text:
        aligned = "\\begin" in text or "\\matrix" in text or "\\pmatrix" in text
        for pattern in _TEX[: 3 if aligned else 5 if kind == "formula" else 4]:
            text = pattern.sub(blank, text)
        text, words_left_out = _without_braces(text)
        remarks += words_left_out
    return text, tuple(remarks)


def blank(found: re.Match[str]) -> str:
    """The match in blanks, but for its group ``kept`` and line breaks."""
    inner = found.span("kept") if "kept" in found.re.groupindex else (-1, -1)
    return "".join(
        char if char == "\n" or inner[0] <= at < inner[1] else " " for at, char in enumerate(found[0], found.start())
    )


def _without_emphasis(text: str) -> str:
    for pattern in _EMPHASIS:
        for found in list(pattern.finditer(text)):
            if _BEFORE_EMPHASIS.search(text[: found.start()][-20:].rstrip(" ")):
                text = text[: found.start()] + blank(found) + text[found.end() :]
    return text


def _without_comments(text: str, kind: str) -> tuple[str, list[str]]:
    """Without comments as programs and TeX have them; one that may be a part of the answer stays."""
    remarks: list[str] = []
    plain = kind in ("formula", "order", "condition", "array", "number")

    def blanked(found: re.Match[str]) -> str:
        comment = found["comment"].strip()
        sign = found.groupdict().get("sign") or ""
        if not (plain or sign == "#") or not (text[: found.start()].strip() or text[found.end() :].strip()):
            return found[0]
        turning = words.TURNING & set(re.findall(r"[a-z]+", comment.lower()))
        if turning or not (sign == "#" or not comment or _WORDED.match(comment)):
            return found[0]
        if comment:
            remarks.append(f"The comment “{comment[:60]}” was left out.")
        return blank(found)

    for pattern in (_COMMENT, _NESTED):
        text = pattern.sub(blanked, text)
    return text, remarks


def _without_braces(text: str) -> tuple[str, list[str]]:
    """``\\underbrace{p^3}_{H}`` without the brace and the words under it."""
    remarks = []
    for found in reversed(list(_BRACE.finditer(text))[:20]):
        end = closing(text, found.end())
        text = text[: found.start()] + " " * len(found[0]) + text[found.end() :]
        label = re.compile(r"\s*[_^]\s*(?=\{)").match(text, end) if end else None
        if label is not None and (after := closing(text, label.end())):
            remarks.append(f"The words “{text[label.end() + 1 : after - 1].strip()[:40]}” at a brace were left out.")
            text = text[:end] + " " * (after - end) + text[after:]
    return text, remarks


def closing(text: str, at: int) -> int:
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


# Characters

SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱᵃᵇᶜᵈᵉᶠᵍʰʲᵏˡᵐᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀᴺᴹ", "0123456789+-=()niabcdefghjklmoprstuvwxyzTNM"))
SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₒₓₕₖₗₘₙₚₛₜᵢⱼᵣᵤᵥ", "0123456789+-=()aeoxhklmnpstijruv"))
MACRON = "\u0304"
INDICATOR = "𝟙"

_LOOKALIKES = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧοАВЕКМНОРСТХаеорсухіѕ", "ABEZHIKMNOPTYXoABEKMHOPCTXaeopcyxis"))
"""Greek and Cyrillic letters that cannot be told from a Latin one by eye."""
_SAME = {
    char: same
    for same, chars in {
        "-": "−‐‒–—―➖", "+": "➕", "*": "×·⋅∙•∗✕✖⨯⨉⋆\u2062", "/": "÷∕⁄➗⊘", "∘": "⊙◦⨀", "≤": "≦⩽", "≥": "≧⩾",
        "≈": "≃≅∼", "⇒": "⟹→⟶↦∴", "⇐": "⇐⟸←⟵", "⇔": "⟺↔≡", "|": "∣❘", '"': "“”„‟«»″", "⟨": "〈", "⟩": "〉",
        "[": "【〔⎡⎢⎣⎛⎜⎝", "]": "】〕⎤⎥⎦⎞⎟⎠", ",": "،、", ";": "؛", " for ": "∀", ".": "。", "...": "…⋯", "^": "ˆ",
        ":=": "≔", " ": "\t\u2061", "\n": "\u2028\u2029\x0b\x0c\x85", MACRON: "\u0305¯ˉ‾", "σ": "ς", "⊤": "⟙⊺",
        "'": "’‘′ʹʼ´", "'''": "‴", "": "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad\ufe0e\ufe0f\u180e",
    }.items()
    for char in chars
} | _LOOKALIKES  # fmt: skip

_TAGS = {"<sup>": "^{", "</sup>": "}", "<sub>": "_{", "</sub>": "}"}
_MARKUP = r"&(?:[A-Za-z]{2,8}|frac[1-8]{2}|sup[123]|\#[0-9]{2,6}|\#[xX][0-9A-Fa-f]{2,5});|</?su[pb]>"


@frozen
class Typed:
    """The cleaned text and, for each of its characters, where the one that it came from starts and ends."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    lookalikes: bool = False


_SCRIPTS = {"above": ("^", SUPERSCRIPTS), "below": ("_", SUBSCRIPTS)}
_RUN = re.compile(
    rf"(?P<above>[{''.join(SUPERSCRIPTS)}]+)|(?P<below>[{''.join(SUBSCRIPTS)}]+)|(?P<markup>{_MARKUP})|.",
    re.ASCII | re.DOTALL,
)


def clean(text: str) -> Typed:
    """Every character of the text in the language's own spelling.

    Superscript runs become ``^{…}`` and subscript runs ``_{…}`` before anything else could fold them into plain
    digits. Raises ``Unreadable`` at a character that cannot stand in an answer.
    """
    pieces: list[tuple[str, int, int]] = []
    for found in _RUN.finditer(text):
        run, (start, end) = found[0], found.span()
        if found.lastgroup in _SCRIPTS:
            sign, plain = _SCRIPTS[found.lastgroup]
            inside = [(plain[char], at, at + 1) for at, char in enumerate(run, start)]
            pieces += [(sign + "{", start, start), *inside, ("}", end, end)]
        elif run in _TAGS:
            pieces.append((_TAGS[run], start, end))
        elif found.lastgroup == "markup" and len(char := unescape(run)) == 1:
            pieces.append((clean(char).text, start, end))
        else:
            pieces += [(_plain(char, at), at, at + 1) for at, char in enumerate(run, start)]
    starts = tuple(start for piece, start, _ in pieces for _ in piece)
    ends = tuple(end for piece, _, end in pieces for _ in piece)
    return Typed("".join(piece for piece, _, _ in pieces), starts, ends, not _LOOKALIKES.keys().isdisjoint(text))


def _plain(char: str, at: int) -> str:
    if char in _SAME or (char.isascii() and (char.isprintable() or char in "\n\r")):
        return _SAME.get(char, char)
    above, slash, below = unicodedata.normalize("NFKD", char).partition("⁄")
    if slash and above.isdigit() and below.isdigit():
        return f"\\vulgar{{{above}}}{{{below}}}"  # ½
    category = unicodedata.category(char)
    if category == "Zs":
        return " "
    if category in ("Cc", "Cf", "Co", "Cs", "Cn"):
        message = f"There is an invisible character (U+{ord(char):04X}) that cannot stand in an answer."
        raise Unreadable("read.control-character", message, (at, at + 1))
    if char == INDICATOR or char in "⌊⌋⌈⌉⟨⟩":
        return char
    if category == "Nd":
        return str(unicodedata.decimal(char))
    # NFKC of a single character: full-width forms and mathematical letters. NFD: a letter with a bar over it.
    same = unicodedata.normalize("NFKC", char)
    parts = unicodedata.normalize("NFD", same)
    if len(parts) == 2 and parts[1] == MACRON:
        return parts
    if same in _SAME:
        return _SAME[same]
    if len(same) == 1 and (same.isascii() or unicodedata.category(same) in ("Lu", "Ll", "Sm")):
        return same
    if category.startswith("M"):
        return char
    message = f"The character “{char}” (U+{ord(char):04X}) has no meaning here."
    raise Unreadable("read.unknown-character", message, (at, at + 1))
