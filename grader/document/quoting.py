"""Text in quotes, as a person means it: the backslashes of ``"\\bar{x}"`` are TeX, not YAML's escapes."""

from __future__ import annotations

import re

_ESCAPE = re.compile(r"\\(?:[\\\"/ \n]|[nt](?![A-Za-z])|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8})")
_NOTE = "a backslash inside \"double quotes\" was kept as typed; 'single quotes' do that always"


def double(typed: str, value: str) -> tuple[str, tuple[str, ...]]:
    """The text of a double-quoted scalar (with its quotes) and a note, given what YAML makes of it."""
    if "\\" not in typed:
        return value, ()
    if "\\" not in _ESCAPE.sub("", typed):
        return value, ()
    return raw(typed[1:-1]), (_NOTE,)


def raw(inside: str) -> str:
    """The inside of double quotes with its backslashes kept, lines joined."""
    return re.sub(r"\s*\n\s*", " ", inside.replace('\\"', '"'))


def closing(text: str, start: int, end: int) -> int:
    """The index of the quote that closes the one at ``start``, or -1."""
    quote = text[start]
    position = start + 1
    while True:
        position = text.find(quote, position, end)
        if position < 0:
            return -1
        if quote == "'" and text[position + 1 : position + 2] == "'" and position + 1 < end:
            position += 2
            continue
        if quote == '"':
            behind = position - 1
            while text[behind] == "\\":
                behind -= 1
            if (position - behind) % 2 == 0:
                position += 1
                continue
        return position


_SIMPLE = {"n": "\n", "t": "\t"}


def content(text: str, start: int, close: int) -> tuple[str, tuple[str, ...]]:
    """What stands between the quotes at ``start`` and ``close``, and notes."""
    inside = text[start + 1 : close]
    if text[start] == "'":
        return re.sub(r"\s*\n\s*", " ", inside.replace("''", "'")), ()
    if "\\" in _ESCAPE.sub("", inside):
        return raw(inside), (_NOTE,)
    return re.sub(r"\s*\n\s*", " ", _ESCAPE.sub(_unescaped, inside)), ()


def _unescaped(found: re.Match[str]) -> str:
    body = found.group()[1:]
    if body[0] in "xuU" and len(body) > 1:
        code = int(body[1:], 16)
        return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
    return _SIMPLE.get(body, "" if body == "\n" else body)
