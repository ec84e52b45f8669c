"""Files of a config, and files of answers as they were meant: by YAML, and where that fails by the tolerant reader."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from grader.document import characters, tolerant
from grader.document.nodes import (
    Budget,
    Document,
    Limits,
    Mapping,
    Node,
    Scalar,
    Sequence,
    Source,
    Unreadable,
    joined,
)

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
    text, messages = characters.decode(data, limits)
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
    text, messages = characters.decode(data, limits)
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


@dataclass
class _Frame:
    event: Any
    budget: int
    nodes: list[Node] = field(default_factory=list)


class Composer:
    """Reads a source as YAML: its parse events to nodes, without recursion, aliases counted as if written out.

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
        self.frames: list[_Frame] = []
        self.roots: list[Node] = []

    def documents(self) -> tuple[Node, ...]:
        """The roots of the documents. Raises ``Unreadable``, for a syntax error with a sentence of our own."""
        # A lone BOM or NUL never reaches the scanner: decoding has replaced them.
        try:
            parser = _Loader(self.source.text)
            try:
                while parser.check_event():
                    self._take(parser.get_event())
            finally:
                parser.dispose()
        except yaml.MarkedYAMLError as error:
            raise self._unreadable(error) from None
        except yaml.YAMLError as error:
            raise Unreadable(str(error), 1) from None
        return tuple(self.roots)

    def _unreadable(self, error: yaml.MarkedYAMLError) -> Unreadable:
        mark = error.problem_mark or error.context_mark
        if error.context_mark and mark and mark.index >= len(self.source.text):
            # The end of the file is where it was noticed, not where it is wrong.
            mark = error.context_mark
        index = mark.index if mark else 0
        opened = f" (it begins in line {error.context_mark.line + 1})" if error.context_mark else ""
        message = _message(str(error.problem), self.source.text[index : index + 1], opened)
        return Unreadable(message, self.source.line(index))

    def _take(self, event: Any) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self.budget.spend(1, _line(event))
            self._add(event, self._scalar(event), 1)
        elif isinstance(event, (yaml.SequenceStartEvent, yaml.MappingStartEvent)):
            self._open(event)
        elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            self._close(event)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)

    def _open(self, event: Any) -> None:
        line = _line(event)
        if len(self.frames) >= self.limits.depth:
            raise Unreadable(f"more than {self.limits.depth} levels of lists and fields", line)
        self._check_tag(event)
        self.budget.spend(1, line)
        if event.anchor:
            self.anchors[event.anchor] = None
        self.frames.append(_Frame(event, self.budget.nodes + 1))

    def _close(self, event: Any) -> None:
        frame = self.frames.pop()
        line = _line(frame.event)
        span = (frame.event.start_mark.index, event.end_mark.index)
        flow = bool(frame.event.flow_style)
        node: Node
        if isinstance(frame.event, yaml.SequenceStartEvent):
            node = Sequence(line, span=span, items=tuple(frame.nodes), flow=flow)
        else:
            node = Mapping(line, span=span, entries=self._entries(frame), flow=flow)
        self._add(frame.event, node, frame.budget - self.budget.nodes)

    def _entries(self, frame: _Frame) -> tuple[tuple[Scalar, Node], ...]:
        entries: list[tuple[Scalar, Node]] = []
        merged: list[tuple[Scalar, Node]] = []
        seen: dict[str, int] = {}
        for key, value in zip(frame.nodes[0::2], frame.nodes[1::2]):
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
        self.budget.spend(len(inherited), _line(frame.event))
        return (*entries, *inherited)

    def _scalar(self, event: Any) -> Scalar:
        span = (event.start_mark.index, event.end_mark.index)
        plain = not event.style
        text: str = event.value
        remarks: tuple[str, ...] = ()
        self._check_tag(event)
        if not self.strict:
            typed = self.source.text[span[0] : span[1]]
            if event.style == '"' and "\\" in typed:
                text, remarks = characters.content(typed[typed.index('"') :])  # behind a tag or an anchor
            elif plain:
                self.doubtful = self.doubtful or self._read_differently(typed)
                inside = characters.typographic(text)
                text, plain = (text, True) if inside is None else (inside, False)
        return Scalar(_line(event), span=span, text=text, plain=plain, remarks=remarks)

    def _read_differently(self, typed: str) -> bool:
        """Whether a person means something else than YAML by this text without quotes.

        YAML ends a value inside brackets at any comma, where ``[max(0, z), z]`` means two values; it folds fields
        whose colons have no space behind them into one text.
        """
        if not self.frames:
            return "\n" in typed
        if typed.isalnum():
            return False
        frame = self.frames[-1]
        if frame.event.flow_style:
            is_name = isinstance(frame.event, yaml.MappingStartEvent) and len(frame.nodes) % 2 == 0
            return "：" in typed or (is_name and "=" in typed) or _unbalanced(typed)
        return "\n" in typed and (typed[0] == "•" or bool(_TIGHT_FIELDS.fullmatch(typed)))

    def _check_tag(self, event: Any) -> None:
        if not event.tag:
            return
        if self.strict:
            raise Unreadable(f"the tag {event.tag} has no meaning here", _line(event))
        self.doubtful = self.doubtful or not event.tag.startswith(_STANDARD)

    def _alias(self, event: Any) -> None:
        line = _line(event)
        known = self.anchors.get(event.anchor)
        if known is not None:
            node, count = known
            self.budget.spend(count, line)
            self._add(None, node, count)
            return
        if event.anchor in self.anchors:
            raise Unreadable(f"the anchor &{event.anchor} contains itself", line)
        if self.strict:
            raise Unreadable(f"there is no anchor &{event.anchor}", line)
        self.doubtful = True
        self.budget.spend(1, line)
        self._add(None, self.source.scalar(event.start_mark.index, event.end_mark.index), 1)

    def _add(self, event: Any, node: Node, count: int) -> None:
        (self.frames[-1].nodes if self.frames else self.roots).append(node)
        if event and event.anchor:
            self.anchors[event.anchor] = (node, count)


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _unbalanced(text: str) -> bool:
    depth = 0
    for found in _BRACKETS.finditer(text):
        depth += 1 if found.group() in "([{" else -1
        if depth < 0:
            return True
    return depth != 0


def _message(problem: str, character: str, opened: str) -> str:
    """The parser's complaint in words for a person who has never heard of a token."""
    problem = "tab" if character == "\t" else problem
    known = next((message for sign, message in _COMPLAINTS if re.search(sign, problem)), problem + "{opened}")
    return known.replace("{character}", repr(character)).replace("{opened}", opened)


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
