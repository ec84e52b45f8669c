"""The plain exact evaluator: one point, one unit after the other. Every counterexample is replayed on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeVar

from grader.language.nodes import Node
from grader.networks import activation
from grader.networks.activation import Value
from grader.networks.exponential import Exponential, Imprecise, Undecided, Undefined, sign
from grader.networks.network import Network


@dataclass(frozen=True)
class Trace:
    """What every unit received (pre-activation) and gave (activation), a layer at a time."""

    pre_activations: tuple[tuple[Value, ...], ...]
    activations: tuple[tuple[Value, ...], ...]

    @property
    def output(self) -> Value:
        return self.activations[-1][0]


def trace(network: Network, point: Sequence[int]) -> Trace:
    """Evaluate a network at integer inputs.

    Raises ``Undefined`` where an activation has no value (a division by zero) and ``Undecided`` where a comparison of
    transcendental numbers could not be decided.
    """
    if len(point) != len(network.inputs):
        raise ValueError(f"{len(point)} numbers for {len(network.inputs)} inputs")
    return _decided(lambda: _trace(network, point))


def trace_or_none(network: Network, point: Sequence[int]) -> Trace | None:
    """The trace, or ``None`` where the network has no value or none that can be followed."""
    try:
        return trace(network, point)
    except (Undefined, Undecided):
        return None


def gives(network: Network, point: Sequence[int], expected: int) -> bool:
    """Whether the output is exactly ``expected``; a network without a value there does not give it."""
    try:
        return _decided(lambda: sign(_trace(network, point).output - expected) == 0)
    except Undefined:
        return False


_PRECISIONS = (64, 256, 1024, 4096)
_MOST_BITS = 2_000_000

T = TypeVar("T")


def _decided(question: Callable[[], T]) -> T:
    """The answer at the first working precision that decides; exact networks need none."""
    try:
        return question()
    except Imprecise:
        from flint import ctx

        for precision in _PRECISIONS:
            with suppress(Imprecise), ctx.workprec(precision):
                return question()
        raise


def _trace(network: Network, point: Sequence[int]) -> Trace:
    values: list[Value] = [Fraction(number) for number in point]
    received: list[tuple[Value, ...]] = []
    given: list[tuple[Value, ...]] = []
    for layer in network.layers:
        awake = [(place, value) for place, value in enumerate(values) if value != 0]
        sums: list[Value] = []
        for row, bias in zip(layer.weights, layer.biases):
            sums.append(_total([(row[place], value) for place, value in awake if row[place]], bias))
        values = [_applied(node, total) for node, total in zip(layer.activations, sums)]
        received.append(tuple(sums))
        given.append(tuple(values))
    return Trace(tuple(received), tuple(given))


def _total(terms: list[tuple[Fraction, Value]], bias: Fraction) -> Any:
    """Σ weight · value + bias; rational terms with the same denominator are added as integers."""
    whole: dict[int, int] = {}
    others: list[tuple[Fraction, Value]] = []
    for weight, value in terms:
        if isinstance(value, Fraction):
            denominator = weight.denominator * value.denominator
            whole[denominator] = whole.get(denominator, 0) + weight.numerator * value.numerator
        else:
            _collect(others, weight, value)
    total: Any = bias + sum((Fraction(above, below) for below, above in whole.items()), Fraction(0))
    for weight, value in others:
        if weight:
            total = total + weight * value
    return total


def _collect(others: list[tuple[Fraction, Value]], weight: Fraction, value: Value) -> None:
    """Add the weights of equal exponentials: where they cancel, nothing has to be multiplied out."""
    if isinstance(value, Exponential):  # a ball does not equal itself: it stands for any number within
        for place, (known, other) in enumerate(others):
            if other == value:
                others[place] = (known + weight, other)
                return
    others.append((weight, value))


_known: dict[tuple[Node, Fraction], Exponential] = {}
_MOST_KNOWN = 10_000


def _applied(node: Node, z: Value) -> Any:
    """The activation at z; exponentials at rational numbers are kept, for a box asks for few of them many times."""
    if isinstance(z, Fraction) and _known:
        found = _known.get((node, z))
        if found is not None:
            return found
    value = _followed(activation.value(node, z))
    if isinstance(z, Fraction) and isinstance(value, Exponential):
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known[node, z] = value
    return value


def _followed(value: Any) -> Any:
    if isinstance(value, Fraction) and value.numerator.bit_length() + value.denominator.bit_length() > _MOST_BITS:
        raise Undecided(f"an activation has more than {_MOST_BITS} binary digits")
    return value
