"""The plain evaluator: one point, one unit after the other. Every counterexample is replayed on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from fractions import Fraction
from functools import lru_cache, partial
from typing import Any, TypeVar

from grader.frozen import frozen
from grader.language import nodes
from grader.language.exact import Undefined
from grader.networks import activations
from grader.networks.activations import Ball, Imprecise, Real, Undecided
from grader.networks.network import Network

_PRECISIONS = (256, 1024, 4096)
"""Binary digits, tried one after the other where flint's usual 53 do not decide; exact networks need none."""

_MOST_BITS = 1_000_000
_MOST_KNOWN = 10_000

T = TypeVar("T")

_NEVER: Mapping[str, tuple[int, ...]] = {"sigmoid": (0, 1), "tanh": (-1, 1), "exp": (0,)}
"""Values that an activation comes as near as one likes and never takes."""


@frozen
class Trace:
    """What every unit received (pre-activation) and gave (activation), a layer at a time."""

    pre_activations: tuple[tuple[Real, ...], ...]
    activations: tuple[tuple[Real, ...], ...]

    @property
    def output(self) -> Real:
        return self.activations[-1][0]


class Evaluator:
    """A network at one point after the other, at one working precision; what units gave is kept."""

    def __init__(self, network: Network) -> None:
        self.network = network
        functions = {
            node: lru_cache(_MOST_KNOWN)(partial(activations.value, node))
            for layer in network.layers
            for node in layer.activations
        }
        self._layers = [
            [
                _unit(row, bias, functions[node])
                for row, bias, node in zip(layer.weights, layer.biases, layer.activations)
            ]
            for layer in network.layers
        ]

    def trace(self, point: Sequence[int]) -> Trace:
        """Raises ``Undefined`` where an activation has no value (a division by zero), and ``Undecided``."""
        below: Sequence[Any] = point
        layers = []
        for units in self._layers:
            layers.append([unit(*(below[place] for place in places)) for places, unit in units])
            below = [given for _, given in layers[-1]]
        return Trace(*(tuple(tuple(unit[side] for unit in units) for units in layers) for side in (0, 1)))

    def gives(self, point: Sequence[int], expected: int) -> bool:
        """Whether the output is exactly ``expected``; a network without a value there does not give it.

        Raises ``Undecided``.
        """
        try:
            found = self.trace(point)
        except Undefined:
            return False
        last = self.network.layers[-1].activations[0]
        if isinstance(last, nodes.Call) and not last.derivative and expected in _NEVER.get(last.function, ()):
            return False
        return activations.sign(found.output - Fraction(expected)) == 0


def trace_or_reason(network: Network, point: Sequence[int]) -> Trace | str:
    """A network at integer inputs, at the first precision at which every comparison on the way is decided.

    Or the reason why there is none: an activation has no value (a division by zero), or none that can be followed.
    """
    try:
        return _at_precisions(lambda: Evaluator(network).trace(point))
    except (Undefined, Undecided) as error:
        return str(error)


def gives(network: Network, point: Sequence[int], expected: int) -> bool:
    """As ``Evaluator.gives``, at the first precision that decides. Raises ``Undecided``."""
    return _at_precisions(lambda: Evaluator(network).gives(point, expected))


def _at_precisions(question: Callable[[], T]) -> T:
    with suppress(Imprecise):
        return question()
    from flint import ctx

    for precision in _PRECISIONS[:-1]:
        with suppress(Imprecise), ctx.workprec(precision):
            return question()
    with ctx.workprec(_PRECISIONS[-1]):
        return question()


def _unit(
    row: Sequence[Fraction], bias: Fraction, function: Callable[[Real], Real]
) -> tuple[list[int], Callable[..., tuple[Real, Real]]]:
    """The places of what a unit sees; and from what stands there, its pre-activation and its activation."""
    places = [place for place, weight in enumerate(row) if weight]
    weights = [row[place] for place in places]

    @lru_cache(_MOST_KNOWN // 10)
    def unit(*seen: Real) -> tuple[Real, Real]:
        z = _total(weights, seen, bias)
        return z, _followed(function(z))

    return places, unit


def _total(weights: Sequence[Fraction], values: Sequence[Real], bias: Fraction) -> Any:
    """Σ weight · value + bias: rational terms with the same denominator as integers, the weights of one ball first.

    So equal exponentials cancel exactly, however they are spread over the units below.
    """
    whole: dict[int, int] = {bias.denominator: bias.numerator}
    balls: dict[Ball, Fraction] = {}
    for weight, value in zip(weights, values):
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
