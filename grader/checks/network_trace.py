"""One input on its way through a network, for people: a message, a table a layer, and the data to draw it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from grader.language import writing
from grader.networks import reals
from grader.networks.exact import Trace
from grader.networks.network import Network
from grader.networks.reals import Real
from grader.report import Block, Exhibit, Table

_MOST_UNITS = 12
_MOST_TABLES = 6
_MOST_DRAWN = 400
_MOST_DIGITS = 24


def failure(network: Network, point: Sequence[int], expected: int, trace: Trace | str) -> str:
    """The failing input, what it should give, and what it gives."""
    given = f"nothing: {trace} on the way" if isinstance(trace, str) else number(trace.output)
    assigned = ", ".join(f"{name} = {number(Fraction(value))}" for name, value in zip(network.inputs, point))
    strict = "" if isinstance(trace, str) or given in ("0", "1") else " (the output must be exactly 0 or 1)"
    return f"For {assigned} the output should be {expected}; your network gives {given}{strict}."


def tables(network: Network, trace: Trace | str) -> list[Block]:
    """A table for each layer: what every unit receives and gives."""
    if isinstance(trace, str):
        return []
    found: list[Block] = []
    for place in range(min(len(network.layers), _MOST_TABLES)):
        rows = [
            (str(unit), number(received), number(given))
            for unit, (received, given) in enumerate(zip(trace.pre_activations[place], trace.activations[place]), 1)
        ]
        functions = {writing.text(activation) for activation in network.layers[place].activations}
        named = f", φ(z) = {functions.pop()}" if len(functions) == 1 else ""
        more = "" if len(rows) <= _MOST_UNITS else f" (the first {_MOST_UNITS} of {len(rows)} units)"
        caption = f"Layer {place + 1} on this input{named}{more}:"
        found.append(Table(("unit", "z", "φ(z)"), tuple(rows[:_MOST_UNITS]), caption))
    return found


def exhibit(network: Network, point: Sequence[int], expected: int, trace: Trace | str) -> Exhibit | None:
    """The trace as plain data; ``None`` for a network too large to be drawn."""
    if isinstance(trace, str) or sum(layer.width * len(layer.weights[0]) for layer in network.layers) > _MOST_DRAWN:
        return None
    layers = []
    for layer, sums, values in zip(network.layers, trace.pre_activations, trace.activations):
        units = [
            {"pre_activation": number(received), "activation": number(given), "function": writing.text(activation)}
            for received, given, activation in zip(sums, values, layer.activations)
        ]
        weights = [[number(weight) for weight in row] for row in layer.weights]
        layers.append({"units": units, "weights": weights, "biases": [number(bias) for bias in layer.biases]})
    return {
        "kind": "network",
        "inputs": {name: number(Fraction(value)) for name, value in zip(network.inputs, point)},
        "expected": str(expected),
        "given": number(trace.output),
        "layers": layers,
    }


def number(value: Real) -> str:
    """A number for people: exact where it is rational and not too long."""
    if not isinstance(value, Fraction):
        return f"about {reals.approximate(value)}"
    if value.denominator == 1:
        return _whole(value.numerator)
    return f"{_whole(value.numerator)}/{_whole(value.denominator)}"


def _whole(value: int) -> str:
    if abs(value) < 10**_MOST_DIGITS:
        return str(value)
    power = 0
    rest = abs(value)
    while rest and rest % 10 == 0:
        rest, power = rest // 10, power + 1
    sign = "-" if value < 0 else ""
    if rest == 1:
        return f"{sign}10^{power}"
    digits = int(abs(value).bit_length() * 0.30103) + 1
    leading = abs(value) // 10 ** max(0, digits - 6)  # without writing the whole number
    return f"{sign}{leading}…e{digits - 1}"
