"""A student's backward equation with the names defined beside it, and which names it comes down to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from grader.language import nodes
from grader.language.nodes import Node


def bar(variable: str) -> str:
    """The name of a variable's gradient."""
    return f"{variable}_bar"


@dataclass(frozen=True)
class Equation:
    """``variable_bar = node``; ``where`` are the student's own names, of which the node may use some.

    In a chain of equalities the node is the last member, and ``others`` are the ones before it.
    """

    node: Node
    where: Mapping[str, Node] = field(default_factory=dict)
    others: tuple[Node, ...] = ()

    def uses(self) -> frozenset[str]:
        """Every name that the equation comes down to, through its definitions."""
        return self._uses

    @cached_property
    def _uses(self) -> frozenset[str]:
        found: set[str] = set()
        pending = [*nodes.names(self.node)]
        while pending:
            name = pending.pop()
            if name not in found:
                found.add(name)
                if name in self.where:
                    pending.extend(nodes.names(self.where[name]))
        return frozenset(found)

    def circle(self) -> tuple[str, ...]:
        """A definition that comes down to itself, and the ones in between; empty where there is none."""
        asks = {name: nodes.names(node) for name, node in self.where.items()}
        return next((around for name in sorted(self.uses()) if (around := circle(asks, name))), ())


def circle(asks: Mapping[str, frozenset[str]], start: str) -> tuple[str, ...]:
    """The shortest way from a name back to itself, without its return; empty where there is none."""
    ways: dict[str, tuple[str, ...]] = {start: (start,)}
    pending = [start]
    for name in pending:
        for asked in sorted(asks.get(name, ())):
            if asked == start:
                return ways[name]
            if asked not in ways:
                ways[asked] = (*ways[name], asked)
                pending.append(asked)
    return ()
