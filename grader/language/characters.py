"""Characters as people paste them, turned into the few that the language has, each with its place in the typed text."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from html import unescape

from grader.language.unreadable import Unreadable

SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱᵃᵇᶜᵈᵉᶠᵍʰʲᵏˡᵐᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀᴺᴹ", "0123456789+-=()niabcdefghjklmoprstuvwxyzTNM"))
SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₒₓₕₖₗₘₙₚₛₜᵢⱼᵣᵤᵥ", "0123456789+-=()aeoxhklmnpstijruv"))
MACRON = "\u0304"
PRIMES = {"'": 1, "’": 1, "‘": 1, "′": 1, "ʹ": 1, "ʼ": 1, "´": 1, "`": 1, "＇": 1, "″": 2, "‴": 3}
INDICATOR = "𝟙"

_INVISIBLE = frozenset("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad\ufe0e\ufe0f\u180e")
_FRACTIONS = {
    "½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅖": (2, 5), "⅗": (3, 5),
    "⅘": (4, 5), "⅙": (1, 6), "⅚": (5, 6), "⅐": (1, 7), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8), "⅞": (7, 8),
    "⅑": (1, 9), "⅒": (1, 10),
}  # fmt: skip
_SAME = {
    **dict.fromkeys("−‐‑‒–—―﹣－➖", "-"),
    **dict.fromkeys("＋➕", "+"),
    **dict.fromkeys("×·⋅∙•∗✕✖⨯⨉⋆＊·\u2062", "*"),
    **dict.fromkeys("÷∕⁄➗⊘", "/"),
    **dict.fromkeys("⊙∘◦⨀", "∘"),
    **dict.fromkeys("≤≦⩽", "≤"),
    **dict.fromkeys("≥≧⩾", "≥"),
    **dict.fromkeys("≈≃≅∼", "≈"),
    **dict.fromkeys("⇒⟹→⟶∴", "⇒"),
    **dict.fromkeys("⇐⟸←⟵", "⇐"),
    **dict.fromkeys("⇔⟺↔≡", "⇔"),
    **dict.fromkeys("∣❘", "|"),
    **dict.fromkeys("“”„‟«»″＂", '"'),
    **dict.fromkeys("⟨〈", "⟨"),
    **dict.fromkeys("⟩〉", "⟩"),
    **dict.fromkeys("【〔⎡⎢⎣⎛⎜⎝", "["),
    **dict.fromkeys("】〕⎤⎥⎦⎞⎟⎠", "]"),
    "，": ",", "、": ",", "。": ".", "；": ";", "：": ":", "…": "...", "⋯": "...", "ˆ": "^", "≔": ":=",
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


@dataclass(frozen=True)
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
    chars: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    script = ""
    lookalikes = False

    def put(piece: str, start: int, end: int) -> None:
        chars.extend(piece)
        starts.extend([start] * len(piece))
        ends.extend([end] * len(piece))

    skip = 0
    for at, char in enumerate(text):
        if at < skip:
            continue
        if char in "&<" and (markup := _MARKUP.match(text, at)):
            # Pasted from the source of a web page.
            inside = _TAGS.get(markup[0]) or unescape(markup[0])
            if script and inside != markup[0]:
                put("}", at, at)
                script = ""
            if markup[0] in _TAGS or len(inside) == 1:
                plain = clean(inside).text if markup[0] not in _TAGS else inside
                put(plain, at, markup.end())
                skip = markup.end()
                continue
        table = "^" if char in SUPERSCRIPTS else "_" if char in SUBSCRIPTS else ""
        if script and table != script:
            put("}", at, at)
        if table:
            put(table + "{" if table != script else "", at, at)
            put((SUPERSCRIPTS if table == "^" else SUBSCRIPTS)[char], at, at + 1)
        elif char in LOOKALIKES:
            lookalikes = True
            put(LOOKALIKES[char], at, at + 1)
        else:
            put(_plain(char, at), at, at + 1)
        script = table
    if script:
        put("}", len(text), len(text))
    return Typed("".join(chars), tuple(starts), tuple(ends), lookalikes)


def _plain(char: str, at: int) -> str:
    if char.isascii() and (char.isprintable() or char in "\n\r\t"):
        return " " if char == "\t" else char
    if char in _INVISIBLE:
        return ""
    if char in _FRACTIONS:
        return "\\vulgar{{{}}}{{{}}}".format(*_FRACTIONS[char])
    if char in _SAME:
        return _SAME[char]
    if char in PRIMES:
        return "'" * PRIMES[char]
    category = unicodedata.category(char)
    if category == "Zs":
        return " "
    if category in ("Cc", "Cf", "Co", "Cs", "Cn"):
        raise Unreadable(
            "read.control-character",
            f"There is an invisible character (U+{ord(char):04X}) that cannot stand in an answer.",
            (at, at + 1),
            hint="Delete this place and type it again by hand.",
        )
    if char == INDICATOR or char in "⌊⌋⌈⌉⟨⟩":
        return char
    return _decomposed(char, at)


def _decomposed(char: str, at: int) -> str:
    # NFKC of a single character: full-width forms and mathematical letters. NFD: a letter with a bar over it.
    same = unicodedata.normalize("NFKC", char)
    parts = unicodedata.normalize("NFD", same)
    if len(parts) == 2 and parts[1] == MACRON:
        return parts
    if len(same) == 1 and same in _SAME:
        return _SAME[same]
    if len(same) == 1 and same in LOOKALIKES:
        return LOOKALIKES[same]
    if len(same) == 1 and (same.isascii() or unicodedata.category(same) in ("Lu", "Ll", "Sm")):
        return same
    if unicodedata.category(char).startswith("M"):
        return char
    raise Unreadable(
        "read.unknown-character", f"The character “{char}” (U+{ord(char):04X}) has no meaning here.", (at, at + 1)
    )
