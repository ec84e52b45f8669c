"""The forward procedure, and a student's backward equation, as nodes; and which names each comes down to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property

from grader.assignment import config
from grader.assignment.faults import Faulty, Lines
from grader.frozen import frozen
from grader.language import nodes, reading, writing
from grader.language.nodes import Node


@dataclass(frozen=True, eq=False)
class Procedure:
    """A procedure is itself and no other: what is computed from it is kept by identity.

    Shapes are over the names of the sizes; a label is its name and the size that counts its classes."""

    sizes: tuple[str, ...]
    inputs: Mapping[str, tuple[str, ...]]
    labels: Mapping[str, str]
    parameters: Mapping[str, tuple[str, ...]]
    steps: Mapping[str, Node]

    @property
    def variables(self) -> tuple[str, ...]:
        """Inputs, labels and steps, in forward order: what the computation graph is over."""
        return (*self.inputs, *self.labels, *self.steps)

    @property
    def edges(self) -> tuple[tuple[str, str], ...]:
        """The computation graph: an edge from each variable to each step that reads it. Parameters are left out."""
        return tuple(
            (read, step) for step, node in self.steps.items() for read in self.variables if read in nodes.names(node)
        )

    def behind(self, variable: str) -> frozenset[str]:
        """Every variable and parameter that a variable is computed from."""
        known = {*self.variables, *self.parameters}
        parents = {step: nodes.names(node) & known for step, node in self.steps.items()}
        return reached(parents.get(variable, ()), lambda name: parents.get(name, ()))


_NOWHERE = Lines()


def read(stated: config.Procedure, name: str = "", lines: Lines = _NOWHERE) -> Procedure:
    """A procedure with its steps read; ``name`` is what the config calls it, and ``lines`` where.

    Raises ``config.Faulty`` for a step that cannot be read.
    """
    known = [*stated.sizes, *stated.inputs, *stated.label, *stated.parameters]
    steps: dict[str, Node] = {}
    for step, text in stated.steps.items():
        try:
            steps[step] = reading.equation(text, [*known, *steps]).node
        except reading.Unreadable as error:
            raise Faulty(lines.located(("procedures", name, "steps", step), str(error))) from None
    return Procedure(tuple(stated.sizes), stated.inputs, stated.label, stated.parameters, steps)


LONGEST = 60


def spelled(node: Node) -> str:
    """A part of an equation as a message quotes it; what is long is cut."""
    text = writing.text(node)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def bar(variable: str) -> str:
    """The name of a variable's gradient."""
    return f"{variable}_bar"


def jacobian(node: nodes.Derivative) -> str:
    """The name under which a student defines a Jacobian: ``∂y'/∂y``."""
    return f"∂{node.of.name}/∂{node.by.name}"


@frozen
class Mistake:
    """What is wrong with an equation: its code, and the message that tells the student."""

    code: str
    message: str


@frozen
class Equation:
    """``variable_bar = node``; ``where`` are the student's own names, of which the node may use some.

    In a chain of equalities the node is the last member, and ``others`` are the ones before it; ``read_otherwise`` is
    what the last one says where its text may be read in two ways. A name that occurs in its own definition has the
    problem's meaning there.
    """

    node: Node
    where: Mapping[str, Node] = field(default_factory=dict, hash=False)
    others: tuple[Node, ...] = ()
    read_otherwise: Node | None = None

    @cached_property
    def uses(self) -> frozenset[str]:
        """Every name that the equation comes down to, through its definitions."""
        return reached(_named(self.node), lambda name: _named(self.where[name]) if name in self.where else ())

    def numbers(self) -> frozenset[Fraction]:
        """Every number that the equation and the definitions that it uses type."""
        return frozenset(node.value for node in self._nodes() if isinstance(node, nodes.Number))

    def places(self, labels: Collection[str]) -> bool:
        """Whether a place along an axis may occur as a number: by entries, or as a class label."""
        return any(
            isinstance(node, (nodes.Entry, nodes.Entries)) or (isinstance(node, nodes.Name) and node.name in labels)
            for node in self._nodes()
        )

    def stated(self, member: Node) -> tuple[nodes.Derivative, ...]:
        """The derivatives in a member, and in the definitions that it uses, that the student leaves as they are."""
        found = (part for part in replace(self, node=member)._nodes() if isinstance(part, nodes.Derivative))
        return tuple(dict.fromkeys(part for part in found if jacobian(part) not in self.where))

    def _nodes(self) -> Iterator[Node]:
        for root in (self.node, *(self.where[name] for name in sorted(self.uses & self.where.keys()))):
            yield from nodes.parts(root)

    def circle(self, known: Collection[str]) -> tuple[str, ...]:
        """A definition that comes down to itself, by way of others, and itself again; empty where none does.

        In its own definition a name that is ``known`` to the problem has the problem's meaning.
        """
        asks = {
            name: frozenset(_named(node)) - ({name} if name in known or isinstance(node, nodes.Function) else set())
            for name, node in self.where.items()
            if name in self.uses
        }
        return next((around for name in sorted(self.uses) if (around := circle(asks, name))), ())


def _named(node: Node) -> Iterator[str]:
    """Names, functions and Jacobians that occur in a node."""
    pending = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, nodes.Name):
            yield current.name
        elif isinstance(current, nodes.Derivative):
            yield jacobian(current)
            continue
        elif isinstance(current, nodes.Call):
            yield from (current.function + "'" * primes for primes in range(current.derivative + 1))
        pending.extend(nodes.children(current))


def reached(names: Iterable[str], asks: Callable[[str], Iterable[str]]) -> frozenset[str]:
    """Some names, and all that these come down to."""
    found: set[str] = set()
    pending = [*names]
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending.extend(asks(name))
    return frozenset(found)


def circle(asks: Mapping[str, frozenset[str]], start: str) -> tuple[str, ...]:
    """The shortest way from a name back to itself; empty where there is none."""
    ways: dict[str, tuple[str, ...]] = {start: (start,)}
    pending = [start]
    for name in pending:
        for asked in sorted(asks.get(name, ())):
            if asked == start:
                return (*ways[name], start)
            if asked not in ways:
                ways[asked] = (*ways[name], asked)
                pending.append(asked)
    return ()
