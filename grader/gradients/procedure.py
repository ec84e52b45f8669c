"""A forward procedure as nodes: inputs, class labels, parameters and steps, and the graph of who reads whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from grader.assignment import config
from grader.assignment.faults import Faulty, Lines
from grader.frozen import frozen
from grader.gradients.equation import reached
from grader.language import nodes, reading
from grader.language.nodes import Node


@frozen
class Step:
    """``name = node``; ``reads`` are the inputs, labels and earlier steps that occur in the node, in that order."""

    name: str
    node: Node
    reads: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Procedure:
    """A procedure is itself and no other: what is computed from it is kept by identity.

    Shapes are over the names of the sizes; a label is its name and the size that counts its classes."""

    sizes: tuple[str, ...]
    inputs: Mapping[str, tuple[str, ...]]
    labels: Mapping[str, str]
    parameters: Mapping[str, tuple[str, ...]]
    steps: tuple[Step, ...]

    @property
    def variables(self) -> tuple[str, ...]:
        """Inputs, labels and steps, in forward order: what the computation graph is over."""
        return (*self.inputs, *self.labels, *(step.name for step in self.steps))

    @property
    def edges(self) -> tuple[tuple[str, str], ...]:
        """The computation graph: an edge from each variable to each step that reads it. Parameters are left out."""
        return tuple((read, step.name) for step in self.steps for read in step.reads)

    def behind(self, variable: str) -> frozenset[str]:
        """Every variable and parameter that a variable is computed from."""
        known = {*self.variables, *self.parameters}
        parents = {step.name: nodes.names(step.node) & known for step in self.steps}
        return reached(parents.get(variable, ()), lambda name: parents.get(name, ()))


_NOWHERE = Lines()


def read(stated: config.Procedure, name: str = "", lines: Lines = _NOWHERE) -> Procedure:
    """A procedure with its steps read; ``name`` is what the config calls it, and ``lines`` where.

    Raises ``config.Faulty`` for a step that cannot be read.
    """
    known = [*stated.sizes, *stated.inputs, *stated.label, *stated.parameters]
    variables = [*stated.inputs, *stated.label]
    built = []
    for step, text in stated.steps.items():
        try:
            node = reading.equation(text, known).node
        except reading.Unreadable as error:
            raise Faulty(lines.located(("procedures", name, "steps", step), str(error))) from None
        inside = nodes.names(node)
        built.append(Step(step, node, tuple(variable for variable in variables if variable in inside)))
        variables.append(step)
        known.append(step)
    return Procedure(tuple(stated.sizes), stated.inputs, stated.label, stated.parameters, tuple(built))
