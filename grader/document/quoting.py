"""Text in quotes, as it was meant: a program escapes its backslashes, a person types TeX between double quotes."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from grader.document.decoding import printable, visible

_ESCAPE = re.compile(
    r"\\(?:(?P<code>x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|_(?![A-Za-z])|[\\\"/ \n])"
    r"|(?P<letter>[ntr])(?P<word>[A-Za-z]*)|.?)",
    re.DOTALL,
)
_TEX_WORD = re.compile(
    r"\\(?:n(?:abla|atural|e|earrow|eg|eq|ewline|geq|i|leq|less|mid|olimits|onumber|orm|ormalsize|ot|otin|u|warrow)|"
    r"t(?:ag|an|anh|au|binom|ext[a-z]*|extstyle|frac|herefore|heta|hinspace|ilde|imes|iny|o|op|riangle[a-z]*)|"
    r"r(?:angle|brace|brack|ceil|ef|floor|ho|ight|ightarrow|m|vert|Vert))\Z"
)
_ASSIGNED = re.compile(r"[\w'’{}^\\]{0,40}\s{0,4}[=:]")
_KEPT = "a backslash inside \"double quotes\" was kept as typed; 'single quotes' do that always"
INDICATORS = "*&!%@`|>?"
"""Signs that YAML keeps for itself at the beginning of a value."""
_YAML: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_TYPOGRAPHIC = {
    **dict.fromkeys("“„‟”", '“”„‟"'),
    **dict.fromkeys("«»", "«»"),
    **dict.fromkeys("‹›", "‹›"),
    **dict.fromkeys("‘‚‛’", "‘’'"),
    "＂": "＂",
    "＇": "＇",
    "「": "」",
    "『": "』",
    "〝": "〞〟",
}
"""What may close the text that each of these quotes opens: keyboards pair them in every way."""
_OPENING = frozenset("“„‟«‹‘‚‛「『〝")
_MARKS = {'"': re.compile(r'\\.|"', re.DOTALL), "'": re.compile("''|'")}


def closing(text: str, start: int, end: int) -> int:
    """The index of the quote that closes the one at ``start``, or -1."""
    quote = text[start]
    return next((mark.start() for mark in _MARKS[quote].finditer(text, start + 1, end) if mark[0] == quote), -1)


def content(typed: str) -> tuple[str, tuple[str, ...]]:
    """The text of a scalar that is given with its quotes, and a note where backslashes were kept as typed."""
    if typed[0] == '"' and "\\" in typed:
        return _escaped(typed)
    return folded(typed[1:-1].replace("''", "'") if typed[0] == "'" else typed[1:-1]), ()


def _escaped(typed: str) -> tuple[str, tuple[str, ...]]:
    """Text in double quotes. Where every backslash can be an escape, each is one.

    Where TeX stands in it (``"\\bar{x}"``, ``"\\theta"``), backslashes are kept, but for a ``\\n`` that begins a line.
    """
    inside = typed[1:-1]
    found = list(_ESCAPE.finditer(inside))
    program = any(escape["code"] == "\\" and inside[escape.end() : escape.end() + 1].isalpha() for escape in found)
    tex = any(escape["code"] is None and escape["letter"] is None for escape in found)
    if not tex and (program or not any(_TEX_WORD.match(escape[0]) for escape in found)):
        return printable(visible(_by_yaml(typed))), ()
    pieces, at = [], 0
    for escape in found:
        pieces += [inside[at : escape.start()], _meant(inside, escape)]
        at = escape.end()
    return folded("".join([*pieces, inside[at:]])), (_KEPT,)


def _meant(inside: str, escape: re.Match[str]) -> str:
    """One escape in a text that holds TeX; a line break is written twice, as folding wants it."""
    text, letter = escape[0], escape["letter"]
    begins_line = letter == "n" and escape.start() > 0 and _ASSIGNED.match(inside, escape.end())
    if letter and (begins_line or not _TEX_WORD.match(text)):
        return {"n": "\n\n", "t": " ", "r": ""}[letter] + escape["word"]
    return '"' if text == '\\"' else text


def _by_yaml(typed: str) -> str:
    try:
        # YAML knows no pairs of surrogates, JSON no lines that go on.
        return str(yaml.load(typed, _YAML) if "\n" in typed or "\\u" not in typed else json.loads(typed, strict=False))
    except (yaml.YAMLError, ValueError):
        return folded(typed[1:-1])


def folded(text: str) -> str:
    """Lines joined as YAML joins them: a single break is a space, an empty line a break."""
    *lines, last = text.split("\n")
    whole = "\n".join([*(line.rstrip(" \t") for line in lines), last])
    return re.sub(r"\n\s*", lambda breaks: "\n" * (breaks[0].count("\n") - 1) or " ", whole)


def typographic(text: str) -> str | None:
    """The text between the typographic quotes that stand around all of it, or None where none do."""
    if len(text) < 2 or text[-1] not in _TYPOGRAPHIC.get(text[0], "") or _OPENING.intersection(text[1:-1]):
        return None
    return text[1:-1].strip()


def as_typed(text: str) -> str:
    """The remark on a value that YAML would not have read like this."""
    return f"{short(text)} was read as it stands; put such a value in 'single quotes'"


def short(text: str) -> str:
    """The beginning of a text, as it is shown in a remark."""
    return repr(text if len(text) <= 40 else text[:37] + "...")
