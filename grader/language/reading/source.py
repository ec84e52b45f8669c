"""A typed text on its way to a reading: its limits, its quotation marks, its place in an error."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

from grader.language import mathml, symbols, writing
from grader.language.characters import clean
from grader.language.lexer import Context, Lexed, lex
from grader.language.nodes import Node
from grader.language.unreadable import Unreadable

LENGTH = {"array": 20_000, "predicate": 8_000, "equations": 20_000}
SHORT = 4_000
LINES = 200
TOKENS = {"array": 4_000, "predicate": 2_000}


@dataclass(frozen=True)
class Reading:
    """How an answer was understood.

    ``node`` is what it says; for a chain of equalities ``members`` holds every member, and ``node`` is the last
    (for a formula: the last that is not an order). ``remarks`` are sentences for the student: what was left out, what
    was read as what.
    """

    node: Node
    members: tuple[Node, ...] = ()
    remarks: tuple[str, ...] = ()

    @cached_property
    def understood(self) -> str:
        return writing.text(self.node)

    @cached_property
    def mathml(self) -> str:
        return mathml.render(self.node)


class Text:
    """A text on its way: cut to its limit, freed of quotation marks, read by one of the functions below."""

    def __init__(self, text: str, kind: str, names: Collection[str], *, bars: bool = False) -> None:
        most = LENGTH.get(kind, SHORT)
        if len(text) > most:
            raise Unreadable(
                "read.too-long", f"This answer has {len(text)} characters; at most {most} are read.", (most, most + 1)
            )
        self.text = text
        self.context = Context(kind, symbols.of(names, bars), TOKENS.get(kind, 1500))

    def lexed(self) -> Lexed:
        if not self.text.strip():
            raise Unreadable("read.empty", "Nothing is written here.", (0, 1))
        return lex(clean(_unquoted(self.text)), self.context)

    @property
    def end(self) -> int:
        return len(self.text.rstrip())


def _unquoted(text: str) -> str:
    """The text with quotation marks or code marks around all of it blanked out, positions kept."""
    for _ in range(3):
        body = text.strip()
        for opening, closing in (('"', '"'), ("“", "”"), ("`", "`"), ("'", "'"), ("**", "**"), ("«", "»"), ("„", "“")):
            if len(body) > 2 * len(opening) and body.startswith(opening) and body.endswith(closing):
                left, right = text.index(opening), text.rindex(closing)
                blank = " " * len(opening)
                text = text[:left] + blank + text[left + len(opening) : right] + blank + text[right + len(closing) :]
                break
        else:
            break
    return text


class located:
    """Adds the whole text to an error, so that it can show the place."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Unreadable) and not error.text:
            error.within(self._text)
