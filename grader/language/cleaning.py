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

_TURNED = "\u202b\u202d\u202e\u2067"
"""Marks that turn the direction of writing round: what is seen is not what stands there."""


_FENCE = re.compile(r"(?m)^[ \t]*(?:```+|~~~+)[ \t]*[A-Za-z]*[ \t]*$")

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
        r"(?:\\\\(?:\[[^\]\n]*\])?\s*)+(?=[\s$]*\Z)",
        r"\A\s*&(?![&#\w])|\A\s*&(?=[A-Za-z0-9](?![A-Za-z0-9]*;))|(?<![&\\])&(?=\s*(?:[=<>≤≥]|\\(?:[lg]eq?|[lg]t|approx)(?![A-Za-z])))",
    )
)
"""Equation numbers, spaces, colours, sizes, the end of a line, the place where lines are aligned."""

_SUM_ALIGNED = re.compile(r"(?<![&\\])&(?=\s*[-+])")
_BRACE = re.compile(r"\\(?:under|over)brace\s*(?=\{)")
_COMMENT = re.compile(r"(?m)(?:(?<=[^\s#%/\\])[ \t]+|^[ \t]*)(?P<sign>#(?=\s)|(?<!\\)%|//)(?P<comment>[^\n]*)$")
_NESTED = re.compile(r"(?P<open>\(\*|/\*|<!--)(?P<comment>[^*<>\n]*)(?:\*\)|\*/|-->)")
_EMPHASIS = tuple(
    re.compile(rf"(?<![\w*]){mark}(?![\s*_])(?P<kept>[^\n]{{1,200}}?)(?<![\s*_]){mark}(?![\w*(])")
    for mark in (r"\*\*\*", r"\*\*", r"\*", "___", "__", "_")
)
_BEFORE_EMPHASIS = re.compile(r"(?:\A|[\n=:,;.<>≤≥≈→⇒(\[{|]|[^\W\d_]{2})\Z")
"""Where no operator can stand, so that a star is none."""


def bare(text: str, kind: str) -> tuple[str, tuple[str, ...]]:
    """The text of an answer of this kind (``formula``, ``array``, …) with its layout blanked, and remarks on that."""
    text, remarks = _without_comments(_FENCE.sub(blank, _edges(text)), kind)
    for _ in range(3):
        text = _unquoted(text)
    if kind != "equation":
        for pattern in _MARKS:
            text = pattern.sub(blank, text)
    text = _NUMBERED.sub(blank, _without_emphasis(text))
    if "\\" in text or "&" in text:
        aligned = "\\begin" in text or "\\matrix" in text or "\\pmatrix" in text
        for pattern in (*_TEX[: len(_TEX) - aligned], *((_SUM_ALIGNED,) if kind == "formula" and not aligned else ())):
            text = pattern.sub(blank, text)
        text, found = _without_braces(text)
        remarks += found
    return text, tuple(remarks)


def blank(found: re.Match[str]) -> str:
    """The match in blanks, but for its group ``kept`` and line breaks."""
    inner = found.span("kept") if "kept" in found.re.groupindex else (-1, -1)
    return "".join(
        char if char == "\n" or inner[0] <= at < inner[1] else " " for at, char in enumerate(found[0], found.start())
    )


def _edges(text: str) -> str:
    """Blanks for the marks that nobody sees before and after the answer: directions of writing, joiners."""
    seen = [at for at, char in enumerate(text) if not _unseen(char)] or [0, len(text) - 1]
    return "".join(char if seen[0] <= at <= seen[-1] or char.isspace() else " " for at, char in enumerate(text))


def _unseen(char: str) -> bool:
    return char.isspace() or (unicodedata.category(char) == "Cf" and char not in _TURNED)


def _unquoted(text: str) -> str:
    """The text without a pair of quotation or code marks around all of it."""
    found = _QUOTED.fullmatch(text)
    if found is None or found[2] + found[4] not in _QUOTES:
        return text
    return f"{found[1]} {found[3]} {found[5]}"


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
        if words.TURNING & set(re.findall(r"[a-z]+", comment.lower())) or not _is_comment(comment, sign):
            return found[0]
        if comment:
            remarks.append(f"The comment “{comment[:60]}” was left out.")
        return blank(found)

    for pattern in (_COMMENT, _NESTED):
        text = pattern.sub(blanked, text)
    return text, remarks


def _is_comment(comment: str, sign: str) -> bool:
    """Whether what stands behind the sign of a comment is one, and not the other side of a division."""
    if sign == "#" or not comment:
        return True
    first = re.match(r"[A-Za-z]+", comment)
    return bool(re.search(r"[A-Za-z]{3,}", comment)) and (first is None or first[0].lower() != "of")


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
PRIMES = {"'": 1, "’": 1, "‘": 1, "′": 1, "ʹ": 1, "ʼ": 1, "´": 1, "`": 1, "＇": 1, "″": 2, "‴": 3}
INDICATOR = "𝟙"

_INVISIBLE = frozenset("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad\ufe0e\ufe0f\u180e")
_SAME = {
    **dict.fromkeys("−‐‑‒–—―﹣－➖", "-"),
    **dict.fromkeys("＋➕", "+"),
    **dict.fromkeys("×·⋅∙•∗✕✖⨯⨉⋆＊·\u2062", "*"),
    **dict.fromkeys("÷∕⁄➗⊘", "/"),
    **dict.fromkeys("⊙∘◦⨀", "∘"),
    **dict.fromkeys("≤≦⩽", "≤"),
    **dict.fromkeys("≥≧⩾", "≥"),
    **dict.fromkeys("≈≃≅∼", "≈"),
    **dict.fromkeys("⇒⟹→⟶↦∴", "⇒"),
    **dict.fromkeys("⇐⟸←⟵", "⇐"),
    **dict.fromkeys("⇔⟺↔≡", "⇔"),
    **dict.fromkeys("∣❘", "|"),
    **dict.fromkeys("“”„‟«»″＂", '"'),
    **dict.fromkeys("⟨〈", "⟨"),
    **dict.fromkeys("⟩〉", "⟩"),
    **dict.fromkeys("【〔⎡⎢⎣⎛⎜⎝", "["),
    **dict.fromkeys("】〕⎤⎥⎦⎞⎟⎠", "]"),
    "،": ",", "؛": ";", "∀": " for ", "，": ",", "、": ",",
    "。": ".", "；": ";", "：": ":", "…": "...", "⋯": "...", "ˆ": "^", "≔": ":=",
    "\u2028": "\n", "\u2029": "\n", "\x0b": "\n", "\x0c": "\n", "\x85": "\n", "\t": " ", "\u2061": " ",
    "\u0305": MACRON, "¯": MACRON, "ˉ": MACRON, "‾": MACRON,
    "ς": "σ", "ϕ": "φ", "ϑ": "θ", "Ω": "Ω", "ⅹ": "x", "⊤": "⊤", "⟙": "⊤", "⊺": "⊤", "ℓ": "l",
}  # fmt: skip

LOOKALIKES = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧοАВЕКМНОРСТХаеорсухіѕ", "ABEZHIKMNOPTYXoABEKMHOPCTXaeopcyxis"))
"""Greek and Cyrillic letters that cannot be told from a Latin one by eye."""


_TAGS = {"<sup>": "^{", "</sup>": "}", "<sub>": "_{", "</sub>": "}"}
_MARKUP = re.compile(
    r"&(?:[A-Za-z]{2,8}|frac[1-8]{2}|sup[123]|#[0-9]{2,6}|#[xX][0-9A-Fa-f]{2,5});|</?su[pb]>", re.ASCII
)


@frozen
class Typed:
    """The cleaned text and, for each of its characters, where the one that it came from starts and ends."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    lookalikes: bool = False


def clean(text: str) -> Typed:
    """Every character of the text in the language's own spelling.

    Superscript runs become ``^{…}`` and subscript runs ``_{…}`` before anything else could fold them into plain
    digits. Raises ``Unreadable`` at a character that cannot stand in an answer.
    """
    pieces: list[tuple[str, int, int]] = []
    script = ""
    lookalikes = False
    skip = 0
    for at, char in enumerate(text):
        if at < skip:
            continue
        if char in "&<" and (markup := _MARKUP.match(text, at)):
            # Pasted from the source of a web page.
            inside = _TAGS.get(markup[0]) or unescape(markup[0])
            if script and inside != markup[0]:
                pieces.append(("}", at, at))
                script = ""
            if markup[0] in _TAGS or len(inside) == 1:
                plain = clean(inside).text if markup[0] not in _TAGS else inside
                pieces.append((plain, at, markup.end()))
                skip = markup.end()
                continue
        table = "^" if char in SUPERSCRIPTS else "_" if char in SUBSCRIPTS else ""
        if script and table != script:
            pieces.append(("}", at, at))
        if table and table != script:
            pieces.append((table + "{", at, at))
        scripted = {"^": SUPERSCRIPTS, "_": SUBSCRIPTS, "": LOOKALIKES}[table]
        lookalikes = lookalikes or char in LOOKALIKES
        pieces.append((scripted[char] if char in scripted else _plain(char, at), at, at + 1))
        script = table
    if script:
        pieces.append(("}", len(text), len(text)))
    starts = tuple(start for piece, start, _ in pieces for _ in piece)
    ends = tuple(end for piece, _, end in pieces for _ in piece)
    return Typed("".join(piece for piece, _, _ in pieces), starts, ends, lookalikes)


def _plain(char: str, at: int) -> str:
    if char.isascii() and (char.isprintable() or char in "\n\r\t"):
        return " " if char == "\t" else char
    if char in _INVISIBLE:
        return ""
    above, slash, below = unicodedata.normalize("NFKD", char).partition("⁄")
    if slash and above.isdigit() and below.isdigit():
        return f"\\vulgar{{{above}}}{{{below}}}"  # ½
    if char in _SAME:
        return _SAME[char]
    if char in PRIMES:
        return "'" * PRIMES[char]
    category = unicodedata.category(char)
    if category == "Zs":
        return " "
    if category in ("Cc", "Cf", "Co", "Cs", "Cn"):
        message = f"There is an invisible character (U+{ord(char):04X}) that cannot stand in an answer."
        raise Unreadable("read.control-character", message, (at, at + 1))
    if char == INDICATOR or char in "⌊⌋⌈⌉⟨⟩":
        return char
    return str(unicodedata.decimal(char)) if category == "Nd" else _decomposed(char, at)


def _decomposed(char: str, at: int) -> str:
    # NFKC of a single character: full-width forms and mathematical letters. NFD: a letter with a bar over it.
    same = unicodedata.normalize("NFKC", char)
    parts = unicodedata.normalize("NFD", same)
    if len(parts) == 2 and parts[1] == MACRON:
        return parts
    if known := _SAME.get(same) or LOOKALIKES.get(same):
        return known
    if len(same) == 1 and (same.isascii() or unicodedata.category(same) in ("Lu", "Ll", "Sm")):
        return same
    if unicodedata.category(char).startswith("M"):
        return char
    message = f"The character “{char}” (U+{ord(char):04X}) has no meaning here."
    raise Unreadable("read.unknown-character", message, (at, at + 1))
