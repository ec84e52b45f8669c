"""Bytes to text: encodings, line breaks, blanks and characters that no answer needs. Says what it had to change."""

from __future__ import annotations

import codecs
import re

from grader.document.nodes import Limits, Unreadable

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NOT_TEXT = (
    (b"PK\x03\x04", "a zip archive or a Word document"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"{\\rtf", "an RTF document"),
    (b"\xd0\xcf\x11\xe0", "a Word document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x7fELF", "a program"),
    (b"bplist", "a property list"),
)
_FOR_A_PERSON = ("a zip archive or a Word document", "a PDF", "an image", "an RTF document", "a Word document")
_BREAKS = re.compile("\r\n?")
_BLANKS = re.compile("[\x0b\x0c\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u2800\u3164]")
_WIDE_BLANK = "\u3000"
_INVISIBLE = re.compile("[\xad\u061c\u180e\u200b-\u200f\u202a\u202c\u2060\u2066\u2068\u2069\ufe0e\ufe0f\ufeff]")
"""Marks that no reader sees. Those that turn the order of the text round on the screen are not among them."""
_UNPRINTABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202b\u202d\u202e\u2067\ud800-\udfff\ufffe\uffff]")


def decode(data: bytes | str, limits: Limits) -> tuple[str, tuple[str, ...]]:
    """Text with ``\\n`` as its only line break, and what is to be said about it.

    Raises ``Unreadable`` when the data is too large or is not text.
    """
    if len(data) > limits.size:
        raise Unreadable(f"the file has more than {limits.size:,} bytes; the answers need a few thousand")
    messages: list[str] = []
    text = data if isinstance(data, str) else _decoded(data, messages)
    text = visible(text)
    found = _UNPRINTABLE.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        messages.append(
            f"line {line}: the file holds an unprintable character (U+{ord(found.group()):04X}); "
            "type that place again, it cannot be read as it stands"
        )
        text = printable(text)
    return text, tuple(messages)


def visible(text: str) -> str:
    """The text as it looks: every kind of blank is a space (the ideographic one two), and invisible marks are gone."""
    return _INVISIBLE.sub("", _BLANKS.sub(" ", _BREAKS.sub("\n", text).replace(_WIDE_BLANK, "  ")))


def printable(text: str) -> str:
    """The text with a sign in place of every character that cannot be printed or written."""
    return _UNPRINTABLE.sub("\ufffd", text)


def _decoded(data: bytes, messages: list[str]) -> str:
    for start, kind in _NOT_TEXT:
        if data.startswith(start):
            message = f"the file is {kind}, not text; save it as plain text (UTF-8)"
            raise Unreadable(message, for_a_person=kind in _FOR_A_PERSON)
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _marked(data, encoding, messages)
    guessed = _without_mark(data)
    if guessed:
        messages.append("the file is in UTF-16; it was read, but please save it as UTF-8")
        return data.decode(guessed, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        messages.append(
            f"line {line}: the file is not in UTF-8; it was read as Western European text (Latin-1). "
            "If a character looks wrong below, save the file as UTF-8"
        )
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _marked(data: bytes, encoding: str, messages: list[str]) -> str:
    if encoding != "utf-8-sig":
        messages.append(f"the file is in {encoding.upper()}; it was read, but please save it as UTF-8")
        return data.decode(encoding, "replace")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return _decoded(data[len(codecs.BOM_UTF8) :], messages)


def _without_mark(data: bytes) -> str:
    """The kind of UTF-16 that text without a byte order mark is in, by where its zero bytes stand; "" if it is not."""
    head = data[:400]
    if len(head) < 4:
        return ""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd * 5 >= len(head) * 2 and even * 10 <= odd:
        return "utf-16-le"
    if even * 5 >= len(head) * 2 and odd * 10 <= even:
        return "utf-16-be"
    return ""
