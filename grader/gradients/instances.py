"""Random runs of a procedure: every size different, no kink near, every gradient of moderate size.

The numbers come from Python's own generator with fixed seeds, so every machine draws the same ones.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from grader.gradients import adjoint, evaluation, functions, shapes
from grader.gradients.equation import bar
from grader.gradients.evaluation import Scope
from grader.gradients.procedure import Procedure
from grader.gradients.shapes import Matrix, Unfit
from grader.language import nodes
from grader.language.nodes import Node

COUNT = 6
"""Random instances beside the small one that feedback shows."""

TRIES = 2000
KINK = 0.1
LARGEST, SMALLEST = 20.0, 0.01


class NoInstance(Exception):
    """The procedure has no run as asked for: a step that does not fit, or gradients that vanish or explode."""


@dataclass(frozen=True)
class Instance:
    """One run: the scope of its forward values, and the true gradient of every variable by its name (``x_bar``)."""

    scope: Scope
    gradients: Mapping[str, Matrix]

    @property
    def upstream(self) -> Scope:
        """Forward values and true gradients together."""
        scope = self.scope
        return Scope(scope.sizes, {**scope.values, **self.gradients}, scope.labels)


@dataclass(frozen=True)
class Differentiated:
    """A procedure, the backward equation of all that ``of`` is computed from, and instances, the small one first."""

    procedure: Procedure
    of: str
    rules: Mapping[str, Node]
    instances: tuple[Instance, ...]


@lru_cache(maxsize=16)
def differentiated(procedure: Procedure, of: str) -> Differentiated:
    """The derivative of a procedure and its instances, kept for the next call.

    Raises:
        NoInstance: the procedure cannot be run or differentiated.
    """
    generator = random.Random(20_210)
    count = len(procedure.sizes)
    small = {name: 2 + place for place, name in enumerate(procedure.sizes)}
    others = [dict(zip(procedure.sizes, generator.sample(range(2, 4 + 2 * count), count))) for _ in range(COUNT)]
    try:
        rules = adjoint.equations(procedure, of, forward(procedure, _started(procedure, small, generator)))
        drawn = tuple(_draw(procedure, rules, sizes, generator) for sizes in (small, *others))
    except (Unfit, adjoint.NotDifferentiable) as error:
        raise NoInstance(f"the procedure does not run: {error}") from error
    return Differentiated(procedure, of, rules, drawn)


def _draw(
    procedure: Procedure, rules: Mapping[str, Node], sizes: Mapping[str, int], generator: random.Random
) -> Instance:
    for _ in range(TRIES):
        run = forward(procedure, _started(procedure, sizes, generator))
        if _away_from_kinks(procedure, run):
            gradients = backward(rules, run)
            if _moderate(gradients):
                return Instance(run, gradients)
    raise NoInstance("no random run had gradients of moderate size away from every kink")


def _started(procedure: Procedure, sizes: Mapping[str, int], generator: random.Random) -> Scope:
    """Inputs, labels and parameters: tenths between 0.1 and 1.5 of either sign, easy to copy into a check by hand."""
    values = {}
    for name, shape in {**procedure.inputs, **procedure.parameters}.items():
        rows, columns = (*(sizes[size] for size in shape), 1, 1)[:2]
        entries = [generator.choice((-1, 1)) * generator.randint(1, 15) / 10 for _ in range(rows * columns)]
        values[name] = np.array(entries).reshape(rows, columns)
    labels = {name: (generator.randrange(sizes[size]), size) for name, size in procedure.labels.items()}
    return Scope(sizes, values, labels)


def forward(procedure: Procedure, scope: Scope) -> Scope:
    """The scope with the value of every step.

    Raises:
        Unfit: a step does not fit.
    """
    values = dict(scope.values)
    for step in procedure.steps:
        try:
            result = evaluation.value(step.node, Scope(scope.sizes, values, scope.labels))
        except Unfit as error:
            raise Unfit(f"in step {step.name}: {error}") from error
        if isinstance(result, shapes.Flexible):
            raise Unfit(f"the size of step {step.name} does not show")
        values[step.name] = result
    return Scope(scope.sizes, values, scope.labels)


def backward(rules: Mapping[str, Node], run: Scope) -> dict[str, Matrix]:
    """The gradient of every variable of a run, by its name with ``_bar``."""
    values = dict(run.values)
    gradients = {}
    for variable, rule in rules.items():
        result = evaluation.value(rule, Scope(run.sizes, values, run.labels))
        if isinstance(result, shapes.Flexible):
            raise Unfit(f"The size of the gradient of {variable} does not show")
        gradients[bar(variable)] = values[bar(variable)] = result
    return gradients


def _moderate(gradients: Mapping[str, Matrix]) -> bool:
    sizes = [float(np.abs(gradient).max()) for gradient in gradients.values()]
    return bool(np.isfinite(sizes).all()) and max(sizes) < LARGEST and min(sizes) > SMALLEST


def _away_from_kinks(procedure: Procedure, run: Scope) -> bool:
    for step in procedure.steps:
        for argument in _kinked(step.node):
            array = evaluation.value(argument, run)
            if isinstance(array, shapes.Flexible) or np.abs(array).min() < KINK:
                return False
            if array.size > 1 and not (array.min() < 0 < array.max()):
                return False
    return True


def _kinked(node: Node) -> list[Node]:
    found: list[Node] = []
    pending = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, nodes.Call) and current.function in functions.KINKED:
            found += current.arguments
        pending.extend(nodes.children(current))
    return found


def arrays(instance: Instance) -> dict[str, Matrix]:
    """The forward values as a student's program gets them: vectors of one dimension, numbers of none, labels 0-based.

    ``y'`` is named ``y_prime``.
    """
    values = {}
    for name, array in instance.scope.values.items():
        flat = array.reshape(()) if array.size == 1 else array.ravel() if array.shape[1] == 1 else array
        values[name.replace("'", "_prime")] = flat.copy()
    labels = {name: np.array(place) for name, (place, _) in instance.scope.labels.items()}
    return {**values, **labels}
