"""A part whose value is read as a whole: empty, refused with its place, or read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from grader import document
from grader.assignment.config import Item
from grader.document import Broken, Mapping, Node, Scalar, Sequence
from grader.forms.answer import Answer, Invalid, PartAnswers, Typed, invalid, located, missing, unfolded
from grader.report import Paragraph

Read = Callable[[Typed], PartAnswers]


def whole(read: Read) -> Read:
    """A reader that is given no empty value, and may raise ``Invalid`` for one that cannot be read."""

    def guarded(typed: Typed) -> PartAnswers:
        value = typed.value
        said = tuple(
            f"{located(f'part {typed.name}', place.line)}: {remark}."
            for place in _places(value)
            for remark in place.remarks
        )
        if document.empty(value):
            return PartAnswers(tuple(missing(item) for item in typed.items), said)
        if isinstance(value, Scalar):
            typed = replace(typed, value=unfolded(typed.file, value))
        try:
            found = read(typed)
        except Invalid as fault:
            return PartAnswers(tuple(_refused(item, typed, fault) for item in typed.items), said)
        return PartAnswers(found.answers, (*said, *found.messages))

    return guarded


def _places(node: Node) -> Iterator[Node]:
    """A node and everything in it; an anchor's contents once."""
    pending, seen = [node], set()
    while pending:
        place = pending.pop()
        if id(place) in seen:
            continue
        seen.add(id(place))
        yield place
        if isinstance(place, Sequence):
            pending.extend(reversed(place.items))
        elif isinstance(place, Mapping):
            pending.extend(inner for entry in reversed(place.entries) for inner in reversed(entry))


def _refused(item: Item, typed: Typed, fault: Invalid) -> Answer:
    broken = next((place for place in _places(typed.value) if isinstance(place, Broken)), None)
    line = broken.line if broken else fault.line or typed.value.line
    place = located(f"part {item.part}", line)
    first = Paragraph(f"{place[:1].upper()}{place[1:]} cannot be read.")
    blocks = (Paragraph(f"{broken.reason}."),) if broken else fault.blocks
    return invalid(item, first, line, *blocks, typed=typed.file.typed(typed.value))
