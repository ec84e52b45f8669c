"""Answers as typed and as read: their status, what was typed, and how that was understood."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, replace
from itertools import chain
from typing import Any, Literal, TypeVar

from grader import document
from grader.assignment.config import Config, Item
from grader.frozen import frozen
from grader.report import Block, Paragraph, Taken

T = TypeVar("T")
_FAULTS = 8
_SHOWN = 2000
"""Characters of an answer that are kept to be shown."""


@frozen
class Answer:
    """``value`` is what the item's check takes: a ``Reading``, a ``Network``, an ``Equation``, edges.

    ``blocks`` say why an answer is invalid, missing or open (a person has to look: what stands there is no answer
    that could be read); ``remarks`` are remarks on how a valid one was understood; ``taken`` is how and where it was
    taken from a write-up.
    """

    item: Item
    status: Literal["read", "invalid", "missing", "open"]
    value: Any = None
    typed: str = ""
    understood: str = ""
    mathml: str = ""
    line: int | None = None
    blocks: tuple[Block, ...] = ()
    remarks: tuple[str, ...] = ()
    taken: Taken | None = None


def missing(item: Item, *blocks: Block) -> Answer:
    """No answer; the blocks say where it would have been looked for."""
    absent = f"part {item.part} has no field {'.'.join(item.path)}" if item.path else f"there is no part {item.part}"
    return Answer(item, "missing", blocks=blocks or (Paragraph(f"No answer was given: {absent}."),))


def invalid(item: Item, first: Block, line: int | None = None, *more: Block, typed: str = "") -> Answer:
    """An answer that cannot be read, and why."""
    return Answer(item, "invalid", typed=shown(typed), line=line, blocks=(first, *more))


def open_(item: Item, *blocks: Block) -> Answer:
    """Something stands there, and a person has to look at it; the blocks say what and why."""
    return Answer(item, "open", blocks=blocks)


def shown(typed: str) -> str:
    """What was typed, short enough to be shown."""
    return typed if len(typed) <= _SHOWN else typed[: _SHOWN - 1] + "…"


def located(place: str, line: int | None) -> str:
    """``2.3 reverse.time (line 12)``: how every message names its place."""
    return f"{place} (line {line})" if line else place


def unfolded(file: document.Document, value: document.Scalar) -> document.Scalar:
    """The text with the lines that it was typed in, which YAML joins where it stands without quotes."""
    if not value.plain:
        return value
    rows = file.typed(value).split("\n")
    return replace(value, text="\n".join(row.strip() for row in rows))


def described(node: document.Node) -> str:
    """What stands in a place, in words."""
    if isinstance(node, document.Scalar):
        return "nothing" if node.empty else "a text" if len(node.text) > 40 else f"“{node.text}”"
    if isinstance(node, document.Broken):
        return "something that cannot be read"
    return "a list" if isinstance(node, document.Sequence) else "a group of fields"


class Invalid(Exception):
    """A network, a graph or a derivation that cannot be read: the blocks say why."""

    def __init__(self, message: str, line: int | None = None, *more: Block) -> None:
        super().__init__(message)
        self.message = message
        self.line = line or None
        self.blocks: tuple[Block, ...] = (Paragraph(message), *more)
        self.parts: tuple[Invalid, ...] = (self,)


def attempt(read: Callable[..., T], *arguments: Any) -> T | Invalid:
    """What ``read(*arguments)`` returns, or what it raises as ``Invalid``: others may be said beside it."""
    try:
        return read(*arguments)
    except Invalid as fault:
        return fault


def together(*results: Any, remarks: Iterable[str] = ()) -> tuple[Any, ...]:
    """Some results; or raises the ``Invalid`` among them as one, each with its line, and after them the remarks."""
    faults = tuple(part for one in results if isinstance(one, Invalid) for part in one.parts)
    if not faults:
        return results
    faults += tuple(Invalid(f"{remark[:1].upper()}{remark[1:]}.") for remark in remarks)
    blocks: list[Block] = []
    for fault in faults[:_FAULTS]:
        place = f"Line {fault.line}: " if fault.line and len(faults) > 1 else ""
        blocks += [Paragraph(f"{place}{fault.message}"), *fault.blocks[1:]]
    if len(faults) > _FAULTS:
        blocks.append(Paragraph(f"{len(faults) - _FAULTS} more places cannot be read."))
    whole = Invalid(faults[0].message, faults[0].line)
    whole.blocks, whole.parts = tuple(blocks), faults
    raise whole


@frozen
class Typed:
    """What stands under a part: the value, in its file. ``beside``: what else it may use the definitions of."""

    items: tuple[Item, ...]
    value: document.Node
    config: Config
    file: document.Document
    beside: document.Node | None = None

    @property
    def name(self) -> str:
        return self.items[0].part

    @property
    def part(self) -> Any:
        """What the config states of the part: of the kind that reads it."""
        return self.config.parts[self.name]


@frozen
class PartAnswers:
    """The answers to the items of a part, messages on the part that belong to none of them, and, where they were taken
    from a write-up, the part as a file of answers has it.
    """

    answers: tuple[Answer, ...]
    messages: tuple[str, ...] = ()
    node: document.Node | None = None


@frozen
class Answers:
    """An answer for every item of the config, what is to be said of the file, and the program handed in beside it."""

    items: Mapping[str, Answer]
    messages: tuple[Block, ...] = ()
    program: bytes | None = None
    beside: Mapping[str, bytes] = field(default_factory=dict)


def whole(read: Callable[[Typed], PartAnswers]) -> Callable[[Typed], PartAnswers]:
    """A reader that is given no empty value, and may raise ``Invalid`` for one that cannot be read."""

    def guarded(typed: Typed) -> PartAnswers:
        value = typed.value
        places = ((located(f"part {typed.name}", one.line), one.remarks) for one in _everything(value))
        messages = tuple(dict.fromkeys(f"{place}: {remark}." for place, remarks in places for remark in remarks))
        if document.empty(value):
            return PartAnswers(tuple(missing(item) for item in typed.items), messages)
        if isinstance(value, document.Scalar):
            typed = replace(typed, value=unfolded(typed.file, value))
        try:
            found = read(typed)
        except Invalid as fault:
            broken = next((one for one in _everything(value) if isinstance(one, document.Broken)), None)
            line = broken.line if broken else fault.line or value.line
            first = Paragraph(f"{located(f'Part {typed.name}', line)} cannot be read.")
            blocks = (Paragraph(f"{broken.reason}."),) if broken else fault.blocks
            text = typed.file.typed(value)
            return PartAnswers(tuple(invalid(item, first, line, *blocks, typed=text) for item in typed.items), messages)
        return PartAnswers(found.answers, (*messages, *found.messages))

    return guarded


def _everything(node: document.Node) -> Iterator[document.Node]:
    """A node and the keys and values in it."""
    yield node
    inner = node.items if isinstance(node, document.Sequence) else ()
    for one in chain(*node.entries) if isinstance(node, document.Mapping) else inner:
        yield from _everything(one)
