"""Small changes of an equation at one place, and the words for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from grader import slips
from grader.gradients.shapes import Shape
from grader.language import nodes
from grader.language.nodes import Name, Node, Sum, names


@dataclass(frozen=True)
class Slip:
    """A mistake by its stable name, and the sentence that tells the student."""

    code: str
    message: str


Edit = Callable[[Node], Iterator[tuple[Slip, Node]]]


def everywhere(node: Node, edit: Edit) -> Iterator[tuple[Slip, Node]]:
    """Every result of applying an edit at one place of a node; indices and what derivatives are of stay names."""
    made: list[Slip] = []

    def rule(part: Node) -> Iterator[Node]:
        for slip, changed in edit(part):
            made.append(slip)
            yield changed

    for changed in nodes.changed_somewhere(node, rule):
        # The walker takes one change at a time from the rule, so the last slip is the one that made this change.
        slip = made.pop()
        if _proper(changed):
            yield slip, changed


def _proper(node: Node) -> bool:
    entries = [part for part in nodes.parts(node) if isinstance(part, nodes.Entry)]
    return all(isinstance(index, (Name, nodes.Number)) for entry in entries for index in entry.indices)


@dataclass(frozen=True)
class Known:
    """The names that an equation may use, with their shapes in one run."""

    shapes: Mapping[str, Shape]
    parameters: frozenset[str]
    labels: frozenset[str] = frozenset()

    def alike(self, node: Node) -> list[str]:
        """The other names of a name's shape: gradients for a gradient and values for a value."""
        if not isinstance(node, Name) or node.name not in self.shapes:
            return []
        shape, gradient = self.shapes[node.name], node.name.endswith("_bar")
        others = [name for name, other in self.shapes.items() if other == shape and name != node.name]
        return [name for name in others if name.endswith("_bar") == gradient]

    def wrong(self, name: str) -> Slip:
        """That a name is not the one that belongs there."""
        if name.endswith("_bar"):
            return Slip("backward.upstream", f"{name} is not the upstream gradient that belongs there.")
        kind = "parameter" if name in self.parameters else "variable"
        return Slip("backward.variable", f"{name} stands where another {kind} belongs.")


def signs(node: Node) -> Iterator[tuple[Slip, Node]]:
    """The sign of one term the other way round."""
    if isinstance(node, Sum):
        for place, term in enumerate(node.terms):
            slip = Slip("backward.sign", f"The sign of one term is the other way round: the one with {among(term)}.")
            yield slip, slips.term_turned(node, place)


def at(node: Node) -> str:
    """The name that a message can point at."""
    return f": {node.name}" if isinstance(node, Name) else ""


def among(node: Node) -> str:
    """The names in a part of an equation, gradients alone where there are some."""
    inside = sorted(names(node))
    gradients = [name for name in inside if name.endswith("_bar")]
    return ", ".join(gradients or inside) or "the number"
