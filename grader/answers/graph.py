"""A computation graph as typed: edges as arrows, pairs or lists of parents."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader import document
from grader.answers.entries import Invalid, described
from grader.config import Procedure
from grader.language import reading
from grader.language.unreadable import Unreadable

Edge = tuple[str, str]

_ARROW = re.compile(r"->|=>|<-|<=|→|⟶|⇒|⟹|←|⟵|⇐|\\(?:long)?(?:left|right)arrow|\\to\b|\\gets\b|-+>", re.IGNORECASE)
HINT = 'Write one edge in each entry, or quote several sources: "a, b -> c".'


@dataclass(frozen=True)
class GraphAnswer:
    """The edges in the order of typing, each once."""

    edges: tuple[Edge, ...]

    @property
    def understood(self) -> str:
        """The edges as arrows."""
        return ", ".join(f"{start} -> {end}" for start, end in self.edges)


def read(value: document.Node, procedure: Procedure) -> GraphAnswer:
    """Read the value of a graph part. Edges from parameters are read too: leaving them aside is for the check.

    Raises:
        Invalid: an edge that cannot be read, with its line.
    """
    names = (*procedure.inputs, *procedure.label, *procedure.parameters, *procedure.steps)
    edges = tuple(dict.fromkeys(_edges(value, names)))
    if not edges:
        raise Invalid("There is no edge here; edges such as x -> z1 are expected.", value.line)
    return GraphAnswer(edges)


def _edges(value: document.Node, names: Sequence[str]) -> Iterator[Edge]:
    if isinstance(value, document.Mapping):
        for key, inner in value.entries:
            if key.text.strip().lower() in ("edges", "edge", "parents", "graph"):
                yield from _edges(inner, names)
            elif key.text.strip().lower() not in ("nodes", "vertices"):
                yield from _parents(key, inner, names)
    elif isinstance(value, document.Sequence):
        if _pair(value, names):
            start, end = (_name(item, names) for item in value.items)
            yield start, end
            return
        for item in value.items:
            yield from _edges(item, names)
    elif isinstance(value, document.Scalar):
        if not value.empty:
            yield from _typed(value, names)
    else:
        raise Invalid(f"The edges cannot be read: {value.reason}", value.line)


def _pair(value: document.Sequence, names: Sequence[str]) -> bool:
    return len(value.items) == 2 and all(
        isinstance(item, document.Scalar) and reading.name(item.text, names) in names for item in value.items
    )


def _name(node: document.Node, names: Sequence[str]) -> str:
    text = node.text if isinstance(node, document.Scalar) else ""
    found = reading.name(text, names) if text else None
    if found is None or found not in names:
        shown = f"“{text.strip()[:40]}”" if text.strip() else described(node)
        raise Invalid(f"{shown} is not a variable of the problem: {', '.join(names)}.", node.line)
    return found


def _parents(key: document.Scalar, value: document.Node, names: Sequence[str]) -> Iterator[Edge]:
    """``z1: [x]``: the parents of z1."""
    child = _name(key, names)
    if isinstance(value, document.Scalar):
        for piece in value.text.strip().strip("[](){}").split(",") if not value.empty else ():
            yield _name(document.Scalar(value.line, value.column, text=piece), names), child
    elif isinstance(value, document.Sequence):
        for item in value.items:
            yield _name(item, names), child
    else:
        raise Invalid(f"The parents of {child} are a list of variables; here {described(value)} stands.", key.line)


def _typed(value: document.Scalar, names: Sequence[str]) -> Iterator[Edge]:
    for place, row in enumerate(re.split(r"\n|;|\\\\", value.text)):
        line = value.line + (place if "\n" in value.text else 0)
        for statement in _statements(row.strip().strip("[]{}"), line):
            try:
                yield from reading.edges(statement, names)
            except Unreadable as error:
                raise Invalid(f"The edge “{statement.strip()[:60]}” cannot be read.", line, *error.blocks()) from None


def _statements(row: str, line: int) -> list[str]:
    """A row with one arrow is one statement, several sources or targets included; else each piece has its arrow."""
    if not row.strip():
        return []
    pieces = [piece for piece in row.split(",") if piece.strip()]
    arrows = [bool(_ARROW.search(piece)) for piece in pieces]
    if sum(arrows) <= 1:
        if not any(arrows):
            raise Invalid(f"“{row.strip()[:40]}” is not an edge: it has no arrow. {HINT}", line)
        return [row]
    if not all(arrows):
        lone = pieces[arrows.index(False)].strip()
        raise Invalid(f"It is not clear which edge “{lone[:40]}” belongs to. {HINT}", line)
    return pieces
