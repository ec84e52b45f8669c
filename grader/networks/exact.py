"""The plain evaluator: one point, one unit after the other. Every counterexample is replayed on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeVar

from grader.language.nodes import Node
from grader.networks import activation, reals
from grader.networks.network import Layer, Network
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
        self._weights = [[_awake(row) for row in layer.weights] for layer in network.layers]

    def trace(self, point: Sequence[int]) -> Trace:
        """Raises ``Undefined`` where an activation has no value (a division by zero), and ``Undecided``."""
        values: list[Real] = [Fraction(number) for number in point]
        received: list[tuple[Real, ...]] = []
        given: list[tuple[Real, ...]] = []
        for layer, weights, tables in zip(self.network.layers, self._weights, self._tables):
            sums = [_total(row, values, bias) for row, bias in zip(weights, layer.biases)]
            values = [self._applied(layer, unit, z, tables[unit]) for unit, z in enumerate(sums)]
            received.append(tuple(sums))
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

    def _applied(self, layer: Layer, unit: int, z: Real, known: dict[Fraction, Real]) -> Real:
        if isinstance(z, Ball):
            return activation.value(layer.activations[unit], z)
        if z not in known:
            if len(known) >= _MOST_KNOWN:
                known.clear()
            known[z] = _followed(activation.value(layer.activations[unit], z))
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


def trace_or_none(network: Network, point: Sequence[int]) -> Trace | None:
    """The trace, or ``None`` where the network has no value or none that can be followed."""
    try:
        return trace(network, point)
    except (Undefined, Undecided):
        return None


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
    whole: dict[int, int] = {}
    balls: dict[Ball, Fraction] = {}
    for place, weight in row:
        value = values[place]
        if isinstance(value, Fraction):
            denominator = weight.denominator * value.denominator
            whole[denominator] = whole.get(denominator, 0) + weight.numerator * value.numerator
        else:
            balls[value] = balls.get(value, Fraction(0)) + weight
    total: Any = _followed(bias + sum((Fraction(above, below) for below, above in whole.items()), Fraction(0)))
    for ball, weight in balls.items():
        if weight:
            total = total + ball * weight
    return total


def _followed(value: Real) -> Real:
    if isinstance(value, Fraction) and value.numerator.bit_length() + value.denominator.bit_length() > _MOST_BITS:
        raise Undecided(f"a number in it has more than {_MOST_BITS:,} binary digits")
    return value
