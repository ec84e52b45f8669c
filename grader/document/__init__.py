"""YAML as text with places: every scalar keeps the characters that were typed, every node knows its line and column.

Nothing is converted (no number goes through float, no ``yes`` becomes true) and nothing is ever constructed.
``read`` is strict, for the config. ``salvage`` is for what students hand in: it reads what can be read, as it was
meant where only one meaning makes sense, and says where it could not.
"""

from __future__ import annotations

from grader.document import decoding, tolerant, yaml_events
from grader.document.decoding import decode
from grader.document.nodes import Broken, Limits, Mapping, Node, Scalar, Sequence, Source, Unreadable, empty, joined
from grader.frozen import frozen

__all__ = [
    "Broken",
    "Document",
    "Limits",
    "Mapping",
    "Node",
    "Scalar",
    "Sequence",
    "Unreadable",
    "decode",
    "empty",
    "read",
    "salvage",
]


@frozen
class Document:
    """A file as read: its root (None for an empty file), and what is to be said about the file as a whole."""

    root: Node | None
    source: str
    messages: tuple[str, ...] = ()

    def typed(self, node: Node) -> str:
        """The characters of the file that a node was read from."""
        return self.source[node.span[0] : node.span[1]].strip()


def read(data: bytes | str, limits: Limits | None = None) -> Document:
    """Read one YAML document strictly.

    Raises ``Unreadable`` with the line and column for anything that is not plain YAML: a syntax error, a duplicated
    key, a tag, a second document, an alias that explodes, a file past the limits.
    """
    limits = limits or Limits()
    text, messages = decoding.decode(data, limits)
    source = Source(text)
    roots = yaml_events.Composer(source, limits, strict=True).documents()
    if len(roots) > 1:
        raise Unreadable("a second document starts here; one file holds one", roots[1].line, roots[1].column)
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
    text, messages = decoding.decode(data, limits)
    source = Source(text)
    composer = yaml_events.Composer(source, limits, strict=False)
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
