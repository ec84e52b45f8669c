"""The names that a backward equation may use: those of the problem by what they are, and those of the student's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Scope:
    """Beside the names of the problem: which are labels and sizes, what shapes are stated, of what the gradients are.

    ``of`` is the gradient that an equation is for: a derivative that it takes of the objective by that very variable is
    the local one.

    ``own`` holds every name of the student's own as its lexemes, ``("J", "_", "s")``; a function is among them with its
    primes, ``("f", "'")``. ``functions`` maps the name of each function of the student's own to its parameters.
    """

    labels: frozenset[str] = frozenset()
    sizes: frozenset[str] = frozenset()
    shapes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    objective: str = ""
    of: str = ""
    own: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    functions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
