"""A typed text on its way to a reading: its limits, its quotation marks, its place in an error."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property, lru_cache, wraps
from typing import TypeVar

from grader.language import layout, mathml, symbols, writing
from grader.language.characters import clean
from grader.language.lexer import Context, Lexed, lex
from grader.language.nodes import Node
from grader.language.scope import Scope
from grader.language.unreadable import Unreadable

LENGTH = {"array": 20_000, "predicate": 8_000}
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


Read = TypeVar("Read")
_REMEMBERED = 500
_REMEMBERED_CHARACTERS = 200


def remembered(read: Callable[[str, Collection[str]], Read]) -> Callable[[str, Collection[str]], Read]:
    """A reader that reads the same short text once: a class types the same answers and names again and again.

    Errors are not kept, so each has a place and a text of its own.
    """
    known = lru_cache(_REMEMBERED)(read)

    @wraps(read)
    def reader(text: str, names: Collection[str]) -> Read:
        return known(text, tuple(names)) if len(text) <= _REMEMBERED_CHARACTERS else read(text, names)

    return reader


class Text:
    """A text on its way: cut to its limit, freed of its layout, read by one of the functions below."""

    def __init__(
        self,
        text: str,
        kind: str,
        names: Collection[str],
        *,
        bars: bool = False,
        exact: bool = False,
        scope: Scope | None = None,
    ) -> None:
        most = LENGTH.get(kind, SHORT)
        if len(text) > most:
            raise Unreadable(
                "read.too-long", f"This answer has {len(text)} characters; at most {most} are read.", (most, most + 1)
            )
        self.text = text
        self.context = Context(kind, symbols.of(names, bars, exact), TOKENS.get(kind, 1500), scope or Scope())

    def lexed(self) -> Lexed:
        if not self.text.strip():
            raise Unreadable("read.empty", "Nothing is written here.", (0, 1))
        bare = layout.bare(self.text, self.context.kind)
        kind = self.context.kind
        dash = layout.doubtful(bare.text, kind) if kind in ("formula", "order", "condition", "array") else None
        if dash is not None:
            raise Unreadable(
                "read.bullets",
                "It is not clear whether this dash is a minus sign or the mark of a list.",
                dash.span("dash"),
                hint="Leave the mark out; write a minus sign without a blank behind it.",
            )
        lexed = lex(clean(bare.text), self.context)
        return Lexed(lexed.tokens, (*bare.remarks, *lexed.remarks))

    @property
    def end(self) -> int:
        return len(self.text.rstrip())


class located:
    """Adds the whole text to an error, so that it can show the place."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Unreadable) and not error.text:
            error.within(self._text)
