"""YAML as text with places: every scalar keeps the characters that were typed, every node knows its line.

Nothing is converted (no number goes through float, no ``yes`` becomes true) and nothing is ever constructed.
``read`` is strict, for the config. ``salvage`` is for what students hand in: it reads what can be read, as it was
meant where only one meaning makes sense, and says where it could not: by YAML, and where that fails by the tolerant
reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import accumulate
from typing import Any

import yaml

from grader.document import tolerant
from grader.document.characters import content, decode, typographic
from grader.document.nodes import (
    Broken,
    Budget,
    Document,
    Limits,
    Mapping,
    Node,
    Scalar,
    Sequence,
    Source,
    Unreadable,
    empty,
    every,
    fields,
    joined,
)

__all__ = ["Broken", "Document", "Limits", "Mapping", "Node", "Scalar", "Sequence", "Unreadable"]
__all__ += ["decode", "empty", "every", "fields", "read", "salvage"]

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BRACKETS = re.compile(r"[()\[\]{}]")
_TIGHT_FIELDS = re.compile(r"[\w. ]+[:：]\S[^\n]*(?:\n[ ]*[\w. ]+[:：][^\n]*)+")
_STANDARD = "tag:yaml.org,2002:"


def read(data: bytes | str, limits: Limits | None = None) -> Document:
    """Read one YAML document strictly.

    Raises ``Unreadable`` with the line for anything that is not plain YAML: a syntax error, a duplicated
    key, a tag, a second document, an alias that explodes, a file past the limits.
    """
    limits = limits or Limits()
    text, messages = decode(data, limits)
    source = Source(text)
    roots = Composer(source, limits, strict=True).documents()
    if len(roots) > 1:
        raise Unreadable("a second document starts here; one file holds one", roots[1].line)
    return Document(roots[0] if roots else None, text, messages)


def salvage(data: bytes | str, limits: Limits | None = None) -> Document:
    """Read a student's file as far as it can be read.

    A place that no rule can read becomes a ``Broken`` node, so that it costs its own part or field alone. Raises
    ``Unreadable`` where there is nothing to save: the file is too large, or not text at all.
    """
    limits = limits or Limits()
    found = _salvaged(data, limits)
    if not isinstance(found.root, Scalar) or found.root.plain:
        return found
    inner = _salvaged(found.root.text, limits)
    if not isinstance(inner.root, Mapping):
        return found
    message = (
        "the whole file is one text in quotes; it was read as if it stood without them, and lines are counted in it"
    )
    return Document(inner.root, inner.source, (*found.messages, message, *inner.messages))


def _salvaged(data: bytes | str, limits: Limits) -> Document:
    """The file by YAML, or the whole of it by the one tolerant reader, where YAML refuses it or means another thing."""
    text, messages = decode(data, limits)
    if not text.strip():
        return Document(None, text, messages)
    source = Source(text)
    composer = Composer(source, limits, strict=False)
    fault = None
    roots: tuple[Node, ...] = ()
    try:
        roots = composer.documents()
    except Unreadable as refused:
        fault = refused
    if fault or composer.doubtful:
        root, more = tolerant.read(source, limits, fault)
        # A text with one line like a field is a text all the same.
        is_text = not fault and isinstance(roots[0], Scalar) and isinstance(root, Mapping) and len(root.entries) < 2
        if isinstance(root, (Mapping, Sequence)) and not is_text:
            return Document(root, text, (*messages, *more))
    if fault:
        raise fault
    filled = tuple(root for root in roots if not (isinstance(root, Scalar) and root.empty))
    if len(filled) > 1:
        second = f"line {filled[1].line}: '---' starts a second document; all documents were read as one"
        messages = (*messages, second)
    return Document(joined(filled), text, messages)


class Composer:
    """Reads a source as YAML: its parse events to nodes, aliases counted as if written out.

    Anything that is not plain YAML is refused when ``strict``. Otherwise quotes and backslashes are read as they were
    meant, and ``doubtful`` says that a person would read the file differently, though it is valid.
    """

    def __init__(self, source: Source, limits: Limits, *, strict: bool) -> None:
        self.source = source
        self.limits = limits
        self.strict = strict
        self.doubtful = False
        self.budget = Budget(limits.nodes)
        self.anchors: dict[str, tuple[Node, int] | None] = {}
        self.events: Any = yaml.parse(source.text, _Loader)

    def documents(self) -> tuple[Node, ...]:
        """The roots of the documents. Raises ``Unreadable``, for a syntax error with a sentence of our own."""
        # A lone BOM or NUL never reaches the scanner: decoding has replaced them.
        try:
            return tuple(self._node(event, ()) for event in self.events if isinstance(event, yaml.NodeEvent))
        except yaml.MarkedYAMLError as error:
            raise self._unreadable(error) from None
        except yaml.YAMLError as error:
            raise Unreadable(str(error), 1) from None

    def _unreadable(self, error: yaml.MarkedYAMLError) -> Unreadable:
        """The parser's complaint in words for a person who has never heard of a token."""
        mark = error.problem_mark or error.context_mark
        if error.context_mark and mark and mark.index >= len(self.source.text):
            # The end of the file is where it was noticed, not where it is wrong.
            mark = error.context_mark
        index = mark.index if mark else 0
        character = self.source.text[index : index + 1]
        opened = f" (it begins in line {error.context_mark.line + 1})" if error.context_mark else ""
        problem = "tab" if character == "\t" else str(error.problem)
        known = next((message for sign, message in _COMPLAINTS if re.search(sign, problem)), problem + "{opened}")
        message = known.replace("{character}", repr(character)).replace("{opened}", opened)
        return Unreadable(message, self.source.line(index))

    def _node(self, event: Any, around: tuple[Any, ...], *, is_name: bool = False) -> Node:
        """The node that begins with an event, inside of the collections that began ``around`` it."""
        line = _line(event)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, line)
        if event.tag and self.strict:
            raise Unreadable(f"the tag {event.tag} has no meaning here", line)
        self.doubtful = self.doubtful or bool(event.tag and not event.tag.startswith(_STANDARD))
        before = self.budget.nodes
        self.budget.spend(1, line)
        is_scalar = isinstance(event, yaml.ScalarEvent)
        node = self._scalar(event, around, is_name=is_name) if is_scalar else self._collection(event, around)
        if event.anchor:
            self.anchors[event.anchor] = (node, before - self.budget.nodes)
        return node

    def _alias(self, event: Any, line: int) -> Node:
        known = self.anchors.get(event.anchor)
        if known is not None:
            node, count = known
            self.budget.spend(count, line)
            return node
        if event.anchor in self.anchors:
            raise Unreadable(f"the anchor &{event.anchor} contains itself", line)
        if self.strict:
            raise Unreadable(f"there is no anchor &{event.anchor}", line)
        self.doubtful = True
        self.budget.spend(1, line)
        return self.source.scalar(*_span(event, event))

    def _collection(self, event: Any, around: tuple[Any, ...]) -> Node:
        line = _line(event)
        if len(around) >= self.limits.depth:
            raise Unreadable(f"more than {self.limits.depth} levels of lists and fields", line)
        if event.anchor:
            self.anchors[event.anchor] = None
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        nodes: list[Node] = []
        while not isinstance(inner := next(self.events), yaml.CollectionEndEvent):
            nodes.append(self._node(inner, (*around, event), is_name=is_mapping and len(nodes) % 2 == 0))
        span = _span(event, inner)
        if is_mapping:
            entries = self._entries(zip(nodes[0::2], nodes[1::2]), line)
            return Mapping(line, span=span, entries=entries, flow=bool(event.flow_style))
        return Sequence(line, span=span, items=tuple(nodes), flow=bool(event.flow_style))

    def _entries(self, pairs: Iterable[tuple[Node, Node]], line: int) -> tuple[tuple[Scalar, Node], ...]:
        entries: list[tuple[Scalar, Node]] = []
        merged: list[tuple[Scalar, Node]] = []
        seen: dict[str, int] = {}
        for key, value in pairs:
            if not isinstance(key, Scalar):
                if self.strict:
                    raise Unreadable("a name is expected before the colon", key.line)
                key = self.source.scalar(*key.span)
            if self.strict and key.text in seen:
                message = f"{key.text!r} stands here again; it was given in line {seen[key.text]} already"
                raise Unreadable(message, key.line)
            if key.plain and key.text == "<<" and isinstance(value, Mapping):
                merged.extend(value.entries)
                continue
            seen[key.text] = key.line
            entries.append((key, value))
        inherited = [(key, value) for key, value in merged if key.text not in seen]
        self.budget.spend(len(inherited), line)
        return (*entries, *inherited)

    def _scalar(self, event: Any, around: tuple[Any, ...], *, is_name: bool) -> Scalar:
        span = _span(event, event)
        plain = not event.style
        text: str = event.value
        remarks: tuple[str, ...] = ()
        if not self.strict:
            typed = self.source.text[span[0] : span[1]]
            if event.style == '"' and "\\" in typed:
                text, remarks = content(typed[typed.index('"') :])  # behind a tag or an anchor
            elif plain:
                self.doubtful = self.doubtful or _read_differently(typed, around, is_name=is_name)
                inside = typographic(text)
                text, plain = (text, True) if inside is None else (inside, False)
        return Scalar(_line(event), span=span, text=text, plain=plain, remarks=remarks)


def _read_differently(typed: str, around: tuple[Any, ...], *, is_name: bool) -> bool:
    """Whether a person means something else than YAML by a text without quotes.

    YAML ends a value inside brackets at any comma, where ``[max(0, z), z]`` means two values; it folds fields
    whose colons have no space behind them into one text.
    """
    if not around:
        return "\n" in typed
    if around[-1].flow_style:
        return "：" in typed or (is_name and "=" in typed) or not _balanced(typed)
    return "\n" in typed and (typed[0] == "•" or bool(_TIGHT_FIELDS.fullmatch(typed)))


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _span(first: Any, last: Any) -> tuple[int, int]:
    return first.start_mark.index, last.end_mark.index


def _balanced(text: str) -> bool:
    """Whether as many brackets open in a text as close, of whatever kind, and each opens before it closes."""
    depths = list(accumulate(1 if sign in "([{" else -1 for sign in _BRACKETS.findall(text)))
    return not depths or (min(depths) >= 0 and depths[-1] == 0)


_COMPLAINTS = (
    ("tab", "a tab stands where YAML allows only spaces"),
    ("cannot start any token", "a value cannot begin with {character}; put the value in 'single quotes'"),
    ("mapping values", "a second ': ' in one value, or a line indented too far; put the value in 'single quotes'"),
    ("escape", "a backslash inside \"double quotes\"; use 'single quotes' for text with backslashes"),
    (
        "comment or line|chomping|tion indicator",
        "a value cannot begin with | or > here; put the value in 'single quotes'",
    ),
    ("end of stream", "a quote or bracket is not closed{opened}"),
    ("',' or", "a comma or the closing bracket is missing{opened}"),
    ("alphabetic or numeric", "a name cannot begin with {character}; put it in 'single quotes'"),
    ("expected ':'|document start|directive", "a line of the form 'name: value' is expected here"),
    ("expected key|'-' indicator|block entries", "the indentation of this line does not fit the lines above"),
)
"""What the parser complains of, by the words it uses for it."""
