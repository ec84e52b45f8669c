"""From bytes to characters, and from characters in quotes to what was meant by them.

Encodings, line breaks, blanks and marks that nobody sees; a program escapes its backslashes, a person types TeX between
double quotes.
"""

from __future__ import annotations

import codecs
import json
import re
from typing import Any

import yaml

from grader.document.nodes import Limits, Scalar, Source, Unreadable

_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_NOT_TEXT = {
    "a zip archive or a Word document": (b"PK\x03\x04",),
    "a PDF": (b"%PDF",),
    "an image": (b"\x89PNG", b"\xff\xd8\xff", b"GIF8"),
    "an RTF document": (b"{\\rtf",),
    "a Word document": (b"\xd0\xcf\x11\xe0",),
    "a web page": (b"<!DOCTYPE", b"<!doctype", b"<html"),
    "a gzip archive": (b"\x1f\x8b",),
    "a program": (b"\x7fELF",),
    "a property list": (b"bplist",),
}
_FOR_NOBODY = ("a gzip archive", "a program", "a property list")
_BREAKS = re.compile("\r\n?")
_RARE_BREAKS = re.compile("[\x85\u2028\u2029]")
_BLANKS = re.compile("[\x0b\x0c\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u2800\u3164]")
_WIDE_BLANK = "\u3000"
_INVISIBLE = re.compile("[\xad\u061c\u180e\u200b-\u200f\u202a\u202c\u2060\u2066\u2068\u2069\ufe0e\ufe0f\ufeff]")
"""Marks that no reader sees. Those that turn the order of the text round on the screen are not among them."""
_UNPRINTABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202b\u202d\u202e\u2067\ud800-\udfff\ufffe\uffff]")
_STRAY = re.compile("[\udc80-\udcff]")
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
    "″": "″",
}
"""What may close the text that each of these quotes opens: keyboards pair them in every way."""
_OPENING = frozenset("“„‟«‹‘‚‛「『〝″")
_CLOSING = {'"': re.compile(r'\\.|"', re.DOTALL), "'": re.compile("''|'")}


def decode(data: bytes | str, limits: Limits) -> tuple[str, tuple[str, ...]]:
    """Text with ``\\n`` as its only line break, and what is to be said about it.

    Raises ``Unreadable`` when the data is too large or is not text.
    """
    if len(data) > limits.size:
        raise Unreadable(f"the file has more than {limits.size:,} bytes; the answers need a few thousand")
    text, messages = (data, ()) if isinstance(data, str) else _decoded(data.removeprefix(codecs.BOM_UTF8))
    # Some editors end every line with one of these; among other lines they are blanks.
    text = visible(text if "\n" in text or "\r" in text else _RARE_BREAKS.sub("\n", text))
    found = _UNPRINTABLE.search(text)
    if not found:
        return text, messages
    line = text.count("\n", 0, found.start()) + 1
    unprintable = (
        f"line {line}: the file holds an unprintable character (U+{ord(found.group()):04X}); "
        "type that place again, it cannot be read as it stands"
    )
    return printable(text), (*messages, unprintable)


def visible(text: str) -> str:
    """The text as it looks: every kind of blank is a space (the ideographic one two), and invisible marks are gone."""
    return _INVISIBLE.sub("", _BLANKS.sub(" ", _BREAKS.sub("\n", text).replace(_WIDE_BLANK, "  ")))


def printable(text: str) -> str:
    """The text with a sign in place of every character that cannot be printed or written."""
    return _UNPRINTABLE.sub("\ufffd", text)


def _decoded(data: bytes) -> tuple[str, tuple[str, ...]]:
    """The text, and what is to be said about its encoding."""
    for kind, starts in _NOT_TEXT.items():
        if data[:20].lstrip().startswith(starts):
            message = f"the file is {kind}, not text; save it as plain text (UTF-8)"
            raise Unreadable(message, for_a_person=kind not in _FOR_NOBODY)
    encoding = next((name for mark, name in _MARKS.items() if data.startswith(mark)), "") or _without_mark(data)
    if encoding:
        message = f"the file is in {encoding.upper()[:6]}; it was read, but please save it as UTF-8"
        return data.decode(encoding, "replace"), (message,)
    try:
        return data.decode("utf-8"), ()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
    text = data.decode("utf-8", "surrogateescape")
    if 2 * len(_STRAY.findall(text)) <= sum(not sign.isascii() for sign in text):
        message = f"line {line}: a character is not in UTF-8, as the rest of the file is; it was read as Latin-1"
        return _STRAY.sub(lambda stray: _western(stray[0].encode("utf-8", "surrogateescape")), text), (message,)
    message = (
        f"line {line}: the file is not in UTF-8; it was read as Western European text (Latin-1). "
        "If a character looks wrong below, save the file as UTF-8"
    )
    return _western(data), (message,)


def _western(data: bytes) -> str:
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _without_mark(data: bytes) -> str:
    """The kind of UTF-16 that text without a byte order mark is in, by where its zero bytes stand; "" if it is not."""
    head = data[:400]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if len(head) < 4 or 5 * max(even, odd) < 2 * len(head) or 10 * min(even, odd) > max(even, odd):
        return ""
    return "utf-16-be" if even > odd else "utf-16-le"


def quoted(source: Source, start: int, end: int) -> tuple[Scalar, int] | None:
    """The text in the quotes that open at ``start``, and the index behind them; None where they do not close."""
    quote = source.text[start]
    marks = _CLOSING[quote].finditer(source.text, start + 1, end) if quote in _CLOSING else ()
    behind = next((mark.end() for mark in marks if mark[0] == quote), None)
    if behind is None:
        return None
    text, remarks = content(source.text[start:behind])
    return source.scalar(start, behind, text=text, plain=False, remark="".join(remarks)), behind


def unquoted(source: Source, start: int, end: int, text: str, *, odd: bool) -> Scalar:
    """A text without quotes, or in typographic ones; ``odd`` where YAML would not have read it as it stands."""
    inside = typographic(text)
    if inside is not None:
        return source.scalar(start, end, text=inside, plain=False)
    remark = f"{short(text)} was read as it stands; put such a value in 'single quotes'" if odd else ""
    return source.scalar(start, end, text=text, remark=remark)


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
    return folded(_ESCAPE.sub(lambda escape: _meant(inside, escape), inside)), (_KEPT,)


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


def short(text: str) -> str:
    """The beginning of a text, as it is shown in a remark."""
    return repr(text if len(text) <= 40 else text[:37] + "...")
