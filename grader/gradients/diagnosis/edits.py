"""Small changes of an equation at one place, and the words for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from grader.gradients.functions import ONE
from grader.gradients.shapes import Shape
from grader.language import nodes
from grader.language.nodes import Name, Negative, Node, Product, Sum, names


@dataclass(frozen=True)
class Slip:
    """A mistake by its stable name, and the sentence that tells the student."""

    code: str
    message: str


Edit = Callable[[Node], Iterator[tuple[Slip, Node]]]


def everywhere(node: Node, edit: Edit) -> Iterator[tuple[Slip, Node]]:
    """Every result of applying an edit at one place of a node; indices and what derivatives are of stay names."""
    slips: list[Slip] = []

    def rule(part: Node) -> Iterator[Node]:
        for slip, changed in edit(part):
            slips.append(slip)
            yield changed

    for changed in nodes.changed_somewhere(node, rule):
        slip = slips.pop()
        if _proper(changed):
            yield slip, changed


def _proper(node: Node) -> bool:
    pending = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, nodes.Derivative):
            if not (isinstance(current.of, Name) and isinstance(current.by, Name)):
                return False
            continue
        if isinstance(current, nodes.Entry):
            if not all(isinstance(index, (Name, nodes.Number)) for index in current.indices):
                return False
            pending.append(current.array)
            continue
        pending.extend(nodes.children(current))
    return True


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


def without(node: Product, place: int) -> Node:
    """A product without one of its factors; a missing dividend leaves 1."""
    factors, signs = node.factors, node.signs
    if place == 0:
        if signs[0] == "/":
            return replace(node, factors=(ONE, *factors[1:]))
        factors, signs = factors[1:], signs[1:]
    else:
        factors, signs = (*factors[:place], *factors[place + 1 :]), (*signs[: place - 1], *signs[place:])
    return factors[0] if len(factors) == 1 else Product(factors, signs)


def without_term(node: Sum, place: int) -> Node:
    """A sum without one of its terms."""
    rest = (*node.terms[:place], *node.terms[place + 1 :])
    return rest[0] if len(rest) == 1 else Sum(rest)


def signs(node: Node) -> Iterator[tuple[Slip, Node]]:
    """The sign of one term the other way round."""
    if isinstance(node, Sum):
        for place, term in enumerate(node.terms):
            turned = term.operand if isinstance(term, Negative) else Negative(term)
            slip = Slip("backward.sign", f"The sign of one term is the other way round: the one with {among(term)}.")
            yield slip, replace(node, terms=(*node.terms[:place], turned, *node.terms[place + 1 :]))


def at(node: Node) -> str:
    """The name that a message can point at."""
    return f": {node.name}" if isinstance(node, Name) else ""


def among(node: Node) -> str:
    """The names in a part of an equation, gradients alone where there are some."""
    inside = sorted(names(node))
    gradients = [name for name in inside if name.endswith("_bar")]
    return ", ".join(gradients or inside) or "the number"
