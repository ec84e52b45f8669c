"""A document as nodes with their places, the limits on it, and the way to say that it cannot be read."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate, chain
from typing import Union

from grader.frozen import frozen

Span = tuple[int, int]
"""First and one-past-last character in the decoded text."""


class Unreadable(Exception):
    """The file, or a place in it, cannot be read; lines count from 1, and 0 means the whole file.

    ``for_a_person`` says that it is a document or a picture, which a person may read all the same.
    """

    def __init__(self, message: str, line: int = 0, *, for_a_person: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.for_a_person = for_a_person


@frozen
class Limits:
    """Caps on a document: bytes, levels, and nodes with every alias written out."""

    size: int = 2_000_000
    depth: int = 40
    nodes: int = 300_000


@dataclass
class Budget:
    """How many nodes may still be made."""

    nodes: int

    def spend(self, count: int, line: int) -> None:
        self.nodes -= count
        if self.nodes < 0:
            raise Unreadable("the file holds too many values (each use of an anchor counts)", line)


@frozen
class _Placed:
    """Where a node stands; two nodes are equal where they say the same, wherever that is."""

    line: int = field(compare=False)
    span: Span = field(default=(0, 0), kw_only=True, compare=False)
    remarks: tuple[str, ...] = field(default=(), kw_only=True, compare=False)


@frozen
class Scalar(_Placed):
    """One value as text; ``plain`` when it stands without quotes."""

    text: str = field(kw_only=True)
    plain: bool = field(default=True, kw_only=True)

    @property
    def empty(self) -> bool:
        """Whether nothing was typed, or YAML's word for nothing."""
        return self.text.strip() == "" or (self.plain and self.text in ("~", "null", "Null", "NULL"))


@frozen
class Sequence(_Placed):
    items: tuple[Node, ...] = field(kw_only=True)
    flow: bool = field(default=False, kw_only=True)


@frozen
class Mapping(_Placed):
    """Keys and values in their order, with every repetition of a key."""

    entries: tuple[tuple[Scalar, Node], ...] = field(kw_only=True)
    flow: bool = field(default=False, kw_only=True)


@frozen
class Broken(_Placed):
    """A place that could not be read, and why."""

    reason: str = field(kw_only=True)


Node = Union[Scalar, Sequence, Mapping, Broken]


@frozen
class Document:
    """A file as read: its root (None for an empty file), and what is to be said about the file as a whole."""

    root: Node | None
    source: str
    messages: tuple[str, ...] = ()

    def typed(self, node: Node) -> str:
        """The characters of the file that a node was read from."""
        return self.source[node.span[0] : node.span[1]].strip()


def every(node: Node) -> Iterator[Node]:
    """A node and all values inside it."""
    pending = [node]
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, Sequence):
            pending.extend(node.items)
        elif isinstance(node, Mapping):
            pending.extend(value for _, value in node.entries)


def empty(node: Node) -> bool:
    """Whether nothing was typed in a node: names without values, as in a form that nobody filled in."""
    return not any(map(_typed, every(node)))


def _typed(node: Node) -> bool:
    if isinstance(node, Mapping):  # {1, 2, 3}: braces around a list
        return node.flow and any(isinstance(value, Scalar) and not value.text for _, value in node.entries)
    return isinstance(node, Broken) or (isinstance(node, Scalar) and not node.empty)


def fields(*roots: Node) -> tuple[tuple[Scalar, Node], ...]:
    """The fields of some nodes, and of those in lists."""
    nodes = chain.from_iterable(root.items if isinstance(root, Sequence) else (root,) for root in roots)
    return tuple(chain.from_iterable(node.entries for node in nodes if isinstance(node, Mapping)))


def joined(roots: list[Node] | tuple[Node, ...]) -> Node | None:
    """Several roots as one: the fields of all, where some have fields; else the first."""
    entries = fields(*roots)
    if len(roots) < 2 or not entries:
        return roots[0] if roots else None
    remarks = tuple(remark for root in roots for remark in root.remarks)
    span = (roots[0].span[0], roots[-1].span[1])
    return Mapping(roots[0].line, span=span, entries=entries, remarks=remarks)


class Source:
    """A text with line breaks ``\\n`` only, its rows and where they start."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.rows = text.split("\n")
        self.starts = [0, *accumulate(len(row) + 1 for row in self.rows[:-1])]

    def line(self, index: int) -> int:
        """The line of a character, from 1."""
        return bisect_right(self.starts, index)

    def scalar(self, start: int, end: int, *, text: str | None = None, plain: bool = True, remark: str = "") -> Scalar:
        """A scalar that was read from these characters."""
        typed = self.text[start:end] if text is None else text
        remarks = (remark,) if remark else ()
        return Scalar(self.line(start), span=(start, end), text=typed, plain=plain, remarks=remarks)

    def broken(self, start: int, end: int, reason: str) -> Broken:
        return Broken(self.line(start), span=(start, end), reason=reason)
