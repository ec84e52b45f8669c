"""A student's file, piece by piece: YAML first, and for each piece that YAML refuses the reading of a person."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from grader.document import flow_style
from grader.document.blocks import Blocks
from grader.document.composing import Budget, Composer
from grader.document.nodes import Limits, Mapping, Node, Scalar, Source, Unreadable

_NAME = re.compile(r"""([ \t]*)(?:"[^"\n]*"[ \t]*(?=:)|'[^'\n]*'[ \t]*(?=:)|[^\s#\-\[\]{},&*!|>'"%@`:])""")
_COLON = re.compile(r":(?=\s|$)|\n")
_BREAK = re.compile(r"(?:---|\.\.\.)[ \t]*(?:#.*)?$")
_PIECES = 1000
"""More parts than that no homework has."""
_SECOND_READING = 200_000
"""Characters of one piece up to which the slower reading is tried."""


def root(source: Source, limits: Limits) -> tuple[Node | None, tuple[str, ...]]:
    """The root of the file (None when it is empty), and what is to be said of the file as a whole."""
    budget = Budget(limits.nodes)
    try:
        roots = Composer(source, limits, strict=False, budget=budget).documents()
    except Unreadable as fault:
        return _pieces(source, limits, fault)
    filled = tuple(node for node in roots if not (isinstance(node, Scalar) and node.empty))
    if len(filled) == 1 and isinstance(filled[0], Scalar) and filled[0].plain and len(source.text) <= _SECOND_READING:
        # YAML folds lines such as "time = 5k" into one text.
        read = Blocks(source, 0, len(source.text), limits, 8).read()
        if isinstance(read, Mapping) and len(read.entries) > 1:
            return read, ()
    return _joined(filled)


def _joined(roots: tuple[Node, ...]) -> tuple[Node | None, tuple[str, ...]]:
    if not roots:
        return None, ()
    if len(roots) == 1:
        return roots[0], ()
    first, *more = roots
    entries = [entry for node in roots if isinstance(node, Mapping) for entry in node.entries]
    message = f"line {more[0].line}: '---' starts a second document; all documents were read as one"
    if not entries:
        return first, (message,)
    remarks = tuple(remark for node in roots for remark in node.remarks)
    span = (first.span[0], roots[-1].span[1])
    return Mapping(first.line, first.column, span=span, entries=tuple(entries), remarks=remarks), (message,)


def _pieces(source: Source, limits: Limits, fault: Unreadable) -> tuple[Node | None, tuple[str, ...]]:
    """The parts of a file that is not YAML as a whole, each read for itself."""
    starts = list(_starts(source))
    stripped = source.text.lstrip()
    if stripped[:1] in ("{", "[") and len(source.text) <= _SECOND_READING:
        begin = len(source.text) - len(stripped)
        try:
            node, end = flow_style.read(source, begin, len(source.text), limits.depth)
        except Unreadable as second:
            fault = second
        else:
            if not source.text[end:].strip():
                return node, ()
    if not starts or len(starts) > _PIECES:
        raise fault
    messages = [_said(fault)]
    budget = Budget(limits.nodes)
    anchors: dict[str, tuple[Node, int] | None] = {}
    entries: list[tuple[Scalar, Node]] = []
    remarks: list[str] = []
    bounds = [*starts, len(source.text)]
    head = source.text[: starts[0]]
    lost = [line for line in head.split("\n") if line.strip() and not line.lstrip().startswith(("#", "---", "%"))]
    if lost:
        messages.append(f"the lines before line {source.place(starts[0])[0]} could not be read")
    for begin, end in pairwise(bounds):
        piece = _piece(source, limits, begin, end, budget, anchors)
        entries.extend(piece.entries)
        remarks.extend(piece.remarks)
    line, column = source.place(starts[0])
    whole = Mapping(line, column, span=(starts[0], len(source.text)), entries=tuple(entries), remarks=tuple(remarks))
    return whole, tuple(messages)


def _said(fault: Unreadable) -> str:
    where = f"line {fault.line}: " if fault.line else ""
    return f"{where}the file is not valid YAML: {fault.message}. Every part was read on its own, as far as it can be"


def _starts(source: Source) -> Iterator[int]:
    """Where the parts begin: at names that are indented no more than the first one."""
    margin: int | None = None
    for start in source.starts:
        stop = source.text.find("\n", start)
        line = source.text[start : stop if stop >= 0 else len(source.text)]
        if len(line) > 100_000:
            continue
        found = _top_key(line)
        if not found:
            continue
        indent = found[0]
        if margin is None or indent <= margin:
            margin = indent
            yield start


def _top_key(line: str) -> tuple[int, int] | None:
    """How far the name that a line begins with is indented, and where its colon stands."""
    name = _NAME.match(line)
    colon = _COLON.search(line, name.end()) if name else None
    if name is None or colon is None or colon[0] == "\n":
        return None
    return len(name[1].expandtabs(4)), colon.start()


def _piece(
    source: Source,
    limits: Limits,
    begin: int,
    end: int,
    budget: Budget,
    anchors: dict[str, tuple[Node, int] | None],
) -> Mapping:
    end = _without_breaks(source, begin, end)
    before = budget.nodes
    composer = Composer(source, limits, strict=False, start=begin, end=end, budget=budget, anchors=anchors)
    try:
        roots = composer.documents()
    except Unreadable as fault:
        exploded = budget.nodes < 0
        budget.nodes = before
        found = _named(source, begin, end, fault) if exploded else _by_lines(source, limits, begin, end, fault)
    else:
        found = roots[0] if len(roots) == 1 else None
    if isinstance(found, Mapping):
        return found
    line, column = source.place(begin)
    return Mapping(line, column, span=(begin, end), entries=(), remarks=(f"line {line} could not be read",))


def _without_breaks(source: Source, begin: int, end: int) -> int:
    """The end of a piece without the document marks and blank lines that follow it."""
    while True:
        stripped = source.text[begin:end].rstrip()
        last = stripped.rfind("\n") + 1
        if not last or not _BREAK.match(stripped[last:]):
            return end
        end = begin + last


def _by_lines(source: Source, limits: Limits, begin: int, end: int, fault: Unreadable) -> Node | None:
    """The piece as a person reads it, or its name with a broken value where even that is not clear."""
    if end - begin <= _SECOND_READING:
        text = source.text[begin:end]
        widths = (2, 4, 8) if "\t" in text else (8,)
        found = [Blocks(source, begin, end, limits, width).read() for width in widths]
        if all(node == found[0] for node in found):
            return found[0]
        fault = Unreadable(
            "tabs and spaces are mixed, and what belongs where depends on the width of a tab; use spaces only",
            source.place(begin + text.index("\t"))[0],
            1,
        )
    return _named(source, begin, end, fault)


def _named(source: Source, begin: int, end: int, fault: Unreadable) -> Node | None:
    typed = _top_key(source.text[begin:end])
    if not typed:
        return None
    colon = begin + typed[1]
    name = source.text[begin:colon].strip()
    plain = name[:1] not in ("'", '"')
    text = name if plain else name[1:-1]
    key = source.scalar(begin, colon, text=text, plain=plain)
    value = source.broken(colon + 1, end, f"line {fault.line}: {fault.message}")
    return Mapping(key.line, key.column, span=(begin, end), entries=((key, value),))
