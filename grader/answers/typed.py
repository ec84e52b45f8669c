"""One typed answer, by the reader of its kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from grader.answers.answer import Answer, invalid
from grader.config import Item
from grader.document import Broken, Mapping, Node, Scalar, Sequence
from grader.report import Paragraph

if TYPE_CHECKING:
    from grader.language.reading import Reading

_LISTS = ("vector", "matrix")


class _Wrong(Exception):
    """A value of the wrong type; says what stands there."""


def read(item: Item, value: Node, typed: str, place: str) -> Answer:
    """The answer that stands in one place of the file; ``place`` names it in messages."""
    from grader.language import reading
    from grader.language.unreadable import Unreadable

    try:
        text = _text(item, value, typed)
    except _Wrong as wrong:
        return invalid(item, Paragraph(f"{place} cannot be read: {wrong}."), value.line, typed=typed)
    readers: dict[str, Callable[[], Reading]] = {
        "formula": lambda: reading.formula(text, item.symbols),
        "order": lambda: reading.order(text, item.symbols),
        "condition": lambda: reading.condition(text, item.symbols),
        "vector": lambda: reading.vector(text),
        "matrix": lambda: reading.array(text),
    }
    try:
        found = readers[item.kind]()
    except Unreadable as fault:
        return invalid(item, Paragraph(f"{place} cannot be read."), value.line, *fault.blocks(), typed=typed)
    return Answer(
        item,
        "read",
        value=found,
        typed=typed,
        understood=found.understood,
        mathml=found.mathml,
        line=value.line,
        remarks=found.remarks,
    )


def _text(item: Item, value: Node, typed: str) -> str:
    """What the reader of the item's kind is given."""
    if isinstance(value, Scalar):
        return value.text
    if item.kind in _LISTS:
        rows = item.kind == "matrix" and isinstance(value, Sequence) and all(_is_row(entry) for entry in value.items)
        return _listed(value, typed, rows)
    if isinstance(value, Sequence) and len(value.items) == 1 and isinstance(value.items[0], Scalar):
        return value.items[0].text
    if isinstance(value, Mapping) and value.flow and len(value.entries) == 1 and _bare(value):
        return value.entries[0][0].text
    here = "a list" if isinstance(value, Sequence) else "a group of fields"
    raise _Wrong(f"here {here} stands, but a {item.kind} is one line of text")


def _is_row(entry: Node) -> bool:
    """Whether a row of a matrix was typed without brackets: ``- 1 2 3``."""
    return isinstance(entry, Scalar) and len(entry.text.split()) > 1 and not set("[](){};") & set(entry.text)


def _bare(value: Mapping) -> bool:
    return all(isinstance(inner, Scalar) and not inner.text for _, inner in value.entries)


def _listed(value: Node, typed: str, rows: bool = False) -> str:
    """A YAML list as text, with every entry as it was typed."""
    if isinstance(value, Scalar):
        if value.empty:
            raise _Wrong(f"an entry of the list is empty (line {value.line})")
        return value.text
    if isinstance(value, Sequence):
        entries = [_listed(entry, "") for entry in value.items]
        if rows or any(isinstance(entry, Sequence) for entry in value.items):
            # A row without brackets of its own, "1 2 3", beside others or where only rows can be meant.
            entries = [entry if "[" in entry or "(" in entry else f"[{entry}]" for entry in entries]
        return "[" + ", ".join(entries) + "]"
    if isinstance(value, Broken):
        raise _Wrong(f"{value.reason} (line {value.line})")
    if typed and value.flow and _bare(value):
        return typed
    raise _Wrong(f"here a group of fields stands (line {value.line}), but a list of numbers is expected")
