"""The plain evaluator: one point, one unit after the other. Every counterexample is replayed on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeVar

from grader.language.nodes import Node
from grader.networks import activation, reals
from grader.networks.network import Network
from grader.networks.reals import Ball, Imprecise, Real, Undecided, Undefined

PRECISIONS = (64, 256, 1024, 4096)
"""Working precisions in binary digits, tried one after the other; exact networks need none."""

_MOST_BITS = 1_000_000
_MOST_KNOWN = 10_000

T = TypeVar("T")


@dataclass(frozen=True)
class Trace:
    """What every unit received (pre-activation) and gave (activation), a layer at a time."""

    pre_activations: tuple[tuple[Real, ...], ...]
    activations: tuple[tuple[Real, ...], ...]

    @property
    def output(self) -> Real:
        return self.activations[-1][0]


class Evaluator:
    """A network at one point after the other, at one working precision; what activations gave is kept."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._known: dict[Node, dict[Fraction, Real]] = {}
        self._tables = [
            [self._known.setdefault(activation, {}) for activation in layer.activations] for layer in network.layers
        ]
        self._first: list[dict[tuple[int, ...], tuple[Real, Real]]] = [{} for _ in self._tables[0]]
        self._weights = [[_awake(row) for row in layer.weights] for layer in network.layers]

    def trace(self, point: Sequence[int]) -> Trace:
        """Raises ``Undefined`` where an activation has no value (a division by zero), and ``Undecided``."""
        values: list[Real] = []
        received: list[tuple[Real, ...]] = []
        given: list[tuple[Real, ...]] = []
        for depth in range(len(self.network.layers)):
            units = [self._unit(depth, unit, values or point) for unit in range(self.network.layers[depth].width)]
            values = [value for _, value in units]
            received.append(tuple(z for z, _ in units))
            given.append(tuple(values))
        return Trace(tuple(received), tuple(given))

    def gives(self, point: Sequence[int], expected: int) -> bool:
        """Whether the output is exactly ``expected``; a network without a value there does not give it.

        Raises ``Undecided``.
        """
        try:
            found = self.trace(point)
        except Undefined:
            return False
        if expected in activation.never(self.network.layers[-1].activations[0]):
            return False
        return reals.sign(found.output - Fraction(expected)) == 0

    def _unit(self, depth: int, unit: int, below: Sequence[Any]) -> tuple[Real, Real]:
        """The pre-activation of a unit and its activation. In the first layer, what sees the same is asked once."""
        row, layer = self._weights[depth][unit], self.network.layers[depth]
        if depth:
            z = _total(row, below, layer.biases[unit])
            return z, self._applied(layer.activations[unit], z, self._tables[depth][unit])
        known, seen = self._first[unit], tuple(below[place] for place, _ in row)
        if seen not in known:
            z = _total(row, [Fraction(number) for number in below], layer.biases[unit])
            known[seen] = z, self._applied(layer.activations[unit], z, self._tables[depth][unit])
        return known[seen]

    def _applied(self, node: Node, z: Real, known: dict[Fraction, Real]) -> Real:
        if isinstance(z, Ball):
            return activation.value(node, z)
        if z not in known:
            if len(known) >= _MOST_KNOWN:
                known.clear()
            known[z] = _followed(activation.value(node, z))
        return known[z]


def trace(network: Network, point: Sequence[int]) -> Trace:
    """Evaluate a network at integer inputs, at the first precision at which every comparison on the way is decided.

    Raises ``Undefined`` where an activation has no value (a division by zero) and ``Undecided``.
    """
    if len(point) != len(network.inputs):
        raise ValueError(f"{len(point)} numbers for {len(network.inputs)} inputs")
    with suppress(Imprecise):
        return Evaluator(network).trace(point)
    return _at_precisions(lambda: Evaluator(network).trace(point))


def trace_or_reason(network: Network, point: Sequence[int]) -> Trace | str:
    """The trace, or why there is none: the network has no value there, or none that can be followed."""
    try:
        return trace(network, point)
    except (Undefined, Undecided) as error:
        return str(error)


def gives(network: Network, point: Sequence[int], expected: int) -> bool:
    """As ``Evaluator.gives``, at the first precision that decides. Raises ``Undecided``."""
    with suppress(Imprecise):
        return Evaluator(network).gives(point, expected)
    return _at_precisions(lambda: Evaluator(network).gives(point, expected))


def _at_precisions(question: Callable[[], T]) -> T:
    from flint import ctx

    for precision in PRECISIONS[1:]:
        with suppress(Imprecise), ctx.workprec(precision):
            return question()
    with ctx.workprec(PRECISIONS[-1]):
        return question()


def _awake(row: Sequence[Fraction]) -> list[tuple[int, Fraction]]:
    return [(place, weight) for place, weight in enumerate(row) if weight]


def _total(row: list[tuple[int, Fraction]], values: Sequence[Real], bias: Fraction) -> Any:
    """Σ weight · value + bias: rational terms with the same denominator as integers, the weights of one ball first.

    So equal exponentials cancel exactly, however they are spread over the units below.
    """
    whole: dict[int, int] = {bias.denominator: bias.numerator}
    balls: dict[Ball, Fraction] = {}
    for place, weight in row:
        value = values[place]
        if isinstance(value, Ball):
            balls[value] = balls[value] + weight if value in balls else weight
        elif value:
            denominator = weight.denominator * value.denominator
            whole[denominator] = whole.get(denominator, 0) + weight.numerator * value.numerator
    parts = [Fraction(above, below) for below, above in whole.items()]
    total: Any = _followed(sum(parts[1:], parts[0]))
    for ball, weight in balls.items():
        if weight:
            total = ball * weight + total
    return total


def _followed(value: Real) -> Real:
    if not isinstance(value, Ball) and value.numerator.bit_length() + value.denominator.bit_length() > _MOST_BITS:
        raise Undecided(f"a number in it has more than {_MOST_BITS:,} binary digits")
    return value
