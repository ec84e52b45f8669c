"""YAML's parse events to nodes, without recursion, with aliases counted as if they were written out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

import yaml

from grader.document import flow_style, quoting
from grader.document.nodes import Limits, Mapping, Node, Scalar, Sequence, Source, Unreadable

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BRACKETS = re.compile(r"[()\[\]{}]")


@dataclass
class Budget:
    """How many nodes may still be made."""

    nodes: int

    def spend(self, count: int, line: int, column: int) -> None:
        self.nodes -= count
        if self.nodes < 0:
            raise Unreadable("the file holds too many values (each use of an anchor counts)", line, column)


@dataclass
class _Frame:
    event: Any
    budget: int
    nodes: list[Node] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


class Composer:
    """Reads a part of a source: from ``start`` (the beginning of a line) to ``end``."""

    def __init__(
        self,
        source: Source,
        limits: Limits,
        *,
        strict: bool,
        start: int = 0,
        end: int | None = None,
        budget: Budget | None = None,
        anchors: dict[str, tuple[Node, int] | None] | None = None,
    ) -> None:
        self.source = source
        self.limits = limits
        self.strict = strict
        self.start = start
        self.end = len(source.text) if end is None else end
        self.first_line = source.place(start)[0]
        self.budget = budget or Budget(limits.nodes)
        self.anchors = {} if anchors is None else anchors
        self.frames: list[_Frame] = []
        self.roots: list[Node] = []
        self.suspicious = False

    def documents(self) -> tuple[Node, ...]:
        """The roots of the documents. Raises ``Unreadable``, for a syntax error with a sentence of our own."""
        text = self.source.text[self.start : self.end]
        # A lone BOM or NUL never reaches the scanner: decoding has replaced them.
        try:
            parser = _Loader(text)
            try:
                while parser.check_event():
                    self._take(parser.get_event())
            finally:
                parser.dispose()
        except yaml.MarkedYAMLError as error:
            raise self._unreadable(error) from None
        except yaml.YAMLError as error:
            raise Unreadable(str(error), self.first_line, 1) from None
        return tuple(self.roots)

    def _unreadable(self, error: yaml.MarkedYAMLError) -> Unreadable:
        mark = error.problem_mark or error.context_mark
        if error.context_mark and mark and self.start + mark.index >= self.end:
            # The end of the file is where it was noticed, not where it is wrong.
            mark = error.context_mark
        index = min(self.start + (mark.index if mark else 0), len(self.source.text))
        line, column = self.source.place(index)
        opened = ""
        if error.context_mark is not None:
            opened = f" (it begins in line {self.first_line + error.context_mark.line})"
        return Unreadable(_sentence(str(error.problem), self.source.text[index : index + 1], opened), line, column)

    def _span(self, event: Any) -> tuple[int, int]:
        return self.start + event.start_mark.index, self.start + event.end_mark.index

    def _place(self, event: Any) -> tuple[int, int]:
        return self.first_line + event.start_mark.line, event.start_mark.column + 1

    def _take(self, event: Any) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self.budget.spend(1, *self._place(event))
            self._anchor(event, self._add(self._scalar(event)), 1)
        elif isinstance(event, (yaml.SequenceStartEvent, yaml.MappingStartEvent)):
            self._open(event)
        elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            self._close(event)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)

    def _open(self, event: Any) -> None:
        line, column = self._place(event)
        if len(self.frames) >= self.limits.depth:
            raise Unreadable(f"more than {self.limits.depth} levels of lists and fields", line, column)
        if self.strict and event.tag:
            raise Unreadable(f"the tag {event.tag} has no meaning here", line, column)
        self.budget.spend(1, line, column)
        if event.anchor:
            self.anchors[event.anchor] = None
        self.frames.append(_Frame(event, self.budget.nodes + 1))

    def _close(self, event: Any) -> None:
        frame = self.frames.pop()
        start, line, column = self.start + frame.event.start_mark.index, *self._place(frame.event)
        span = (start, self._span(event)[1])
        flow = bool(frame.event.flow_style)
        node: Node
        if isinstance(frame.event, yaml.SequenceStartEvent):
            node = Sequence(line, column, span=span, items=tuple(frame.nodes), flow=flow, remarks=tuple(frame.remarks))
        else:
            node = Mapping(
                line, column, span=span, entries=self._entries(frame), flow=flow, remarks=tuple(frame.remarks)
            )
        if flow and self.suspicious and not (self.frames and self.frames[-1].event.flow_style):
            self.suspicious = False
            if not self.strict:
                node = self._reread(node)
        self._anchor(frame.event, self._add(node), frame.budget - self.budget.nodes)

    def _reread(self, node: Node) -> Node:
        """YAML ends a value inside brackets at any comma; a person means ``[max(0, z), z]`` as two values."""
        try:
            meant, end = flow_style.read(self.source, node.span[0], node.span[1], self.limits.depth)
        except Unreadable:
            return node
        return meant if end == node.span[1] else node

    def _entries(self, frame: _Frame) -> tuple[tuple[Scalar, Node], ...]:
        entries: list[tuple[Scalar, Node]] = []
        merged: list[tuple[Scalar, Node]] = []
        seen: dict[str, int] = {}
        for key, value in zip(frame.nodes[0::2], frame.nodes[1::2]):
            if not isinstance(key, Scalar):
                if self.strict:
                    raise Unreadable("a name is expected before the colon", key.line, key.column)
                key = self.source.scalar(*key.span)
            if self.strict and key.text in seen:
                message = f"{key.text!r} stands here again; it was given in line {seen[key.text]} already"
                raise Unreadable(message, key.line, key.column)
            if frame.event.flow_style and key.plain and isinstance(value, Scalar) and value.plain and not value.text:
                self.suspicious = True
            if key.plain and key.text == "<<" and isinstance(value, Mapping):
                merged.extend(value.entries)
                continue
            seen[key.text] = key.line
            entries.append((key, value))
        inherited = [(key, value) for key, value in merged if key.text not in seen]
        self.budget.spend(len(inherited), *self._place(frame.event))
        return (*entries, *inherited)

    def _scalar(self, event: Any) -> Scalar:
        line, column = self._place(event)
        start, end = self._span(event)
        plain = not event.style
        text: str = event.value
        remarks: tuple[str, ...] = ()
        if event.tag:
            if self.strict:
                raise Unreadable(f"the tag {event.tag} has no meaning here", line, column)
            if not event.tag.startswith("tag:yaml.org,2002:"):
                text = self.source.text[start:end]
                remarks = (f"{text!r} was read as it stands; put a value that begins with ! in quotes",)
        elif not self.strict and event.style == '"' and "\\" in (typed := self.source.text[start:end]):
            text, remarks = quoting.content(typed)
        elif not self.strict and plain and (inside := quoting.typographic(text)) is not None:
            text, plain = inside, False
        if plain and self.frames and self.frames[-1].event.flow_style and not text.isalnum() and _unbalanced(text):
            self.suspicious = True
        return Scalar(line, column, span=(start, end), text=text, plain=plain, remarks=remarks)

    def _alias(self, event: Any) -> None:
        line, column = self._place(event)
        known = self.anchors.get(event.anchor)
        if known is not None:
            node, count = known
            self.budget.spend(count, line, column)
            self._add(node)
            return
        if event.anchor in self.anchors:
            raise Unreadable(f"the anchor &{event.anchor} contains itself", line, column)
        if self.strict:
            raise Unreadable(f"there is no anchor &{event.anchor}", line, column)
        self.budget.spend(1, line, column)
        typed = self.source.scalar(*self._span(event))
        remark = f"{typed.text!r} was read as it stands; put a value that begins with * in quotes"
        self._add(replace(typed, remarks=(remark,)))

    def _add(self, node: Node) -> Node:
        (self.frames[-1].nodes if self.frames else self.roots).append(node)
        return node

    def _anchor(self, event: Any, node: Node, count: int) -> None:
        if event.anchor:
            self.anchors[event.anchor] = (node, count)


def _unbalanced(text: str) -> bool:
    depth = 0
    for found in _BRACKETS.finditer(text):
        depth += 1 if found.group() in "([{" else -1
        if depth < 0:
            return True
    return depth != 0


def _sentence(problem: str, character: str, opened: str) -> str:
    """The parser's complaint in words for a person who has never heard of a token."""
    if character == "\t" or "tab" in problem:
        return "a tab stands where YAML allows only spaces"
    if "cannot start any token" in problem:
        return f"a value cannot begin with {character!r}; put the value in 'single quotes'"
    if "mapping values are not allowed" in problem:
        return "a second ': ' in one value, or a line indented too far; put the value in 'single quotes'"
    if "escape" in problem:
        return "a backslash inside \"double quotes\"; use 'single quotes' for text with backslashes"
    if "comment or line break" in problem or "chomping" in problem or "indentation indicator" in problem:
        return "a value cannot begin with | or > here; put the value in 'single quotes'"
    if "end of stream" in problem:
        return f"a quote or bracket is not closed{opened}"
    if "',' or" in problem:
        return f"a comma or the closing bracket is missing{opened}"
    if "expected ':'" in problem:
        return "a line of the form 'name: value' is expected here"
    if "expected key" in problem or "'-' indicator" in problem or "block entries are not allowed" in problem:
        return "the indentation of this line does not fit the lines above"
    return problem + opened
