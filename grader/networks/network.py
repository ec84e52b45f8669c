"""A feed-forward network of exact numbers, as plain data; and the same over integers.

Over integers every unit is scaled, equal units are merged, dead ones dropped. A unit's value is ``offset + step · H``
with an integer H; H is a piecewise polynomial of an integer Y, the weighted sum of the integers below it, whose weights
have no common factor. So the size of the weights that a student chose (0.1, 10^29) does not reach the evaluation, and
neither does a bias: it moves the cuts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import lru_cache
from math import gcd, lcm

from grader.frozen import frozen
from grader.language.nodes import Node
from grader.networks import pieces
from grader.networks.pieces import Runs, plus

_LONGEST = 20_000
_MOST_BITS = 400_000_000


@frozen
class Layer:
    """``weights`` has one row a unit; ``biases`` and ``activations`` (expressions in z) have one entry a unit."""

    weights: tuple[tuple[Fraction, ...], ...]
    biases: tuple[Fraction, ...]
    activations: tuple[Node, ...]

    @property
    def width(self) -> int:
        return len(self.weights)


@frozen
class Network:
    """Layers over named integer inputs; the last one has one unit. Raises ``ValueError`` where the sizes do not fit."""

    inputs: tuple[str, ...]
    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        widths = [len(self.inputs), *(layer.width for layer in self.layers)]
        for layer, below in zip(self.layers, widths):
            if not len(layer.biases) == len(layer.activations) == layer.width or {*map(len, layer.weights)} != {below}:
                raise ValueError(f"a layer of {layer.width} units does not fit {below} numbers below it")
        if not self.layers or widths[-1] != 1:
            raise ValueError("the last layer must have one unit")


# -- over integers -----------------------------------------------------------------------------------------------------


class TooLarge(Exception):
    """Its numbers have more digits than are followed: a limit."""


@frozen
class Unit:
    """``terms`` are pairs (index below, weight); ``pieces`` give H in integer coefficients, lowest power first."""

    terms: tuple[tuple[int, int], ...]
    pieces: Runs[tuple[int, ...]]

    @property
    def degree(self) -> int:
        return max(len(value) for value in self.pieces.values) - 1


@frozen
class IntegerNetwork:
    """The output is 1 where the last layer's single H equals ``one``, and 0 where it equals ``zero``.

    ``None`` stands for a value that the output never takes. A network whose output is constant has one unit that sees
    nothing, whose H is 0.
    """

    inputs: tuple[str, ...]
    layers: tuple[tuple[Unit, ...], ...]
    one: int | None
    zero: int | None

    @property
    def degree(self) -> int:
        """The highest power in any unit; 1 for piecewise linear networks, 0 for piecewise constant ones."""
        return max((unit.degree for layer in self.layers for unit in layer), default=0)

    @property
    def bits(self) -> int:
        """How many binary digits all its numbers have together."""
        found = 0
        for unit in (unit for layer in self.layers for unit in layer):
            found += sum(weight.bit_length() for _, weight in unit.terms)
            found += sum(cut.bit_length() for cut in unit.pieces.cuts)
            found += sum(coefficient.bit_length() for value in unit.pieces.values for coefficient in value)
        return found


@frozen
class _Value:
    """``offset + step · H[index]``; step 0 and no index: the constant ``offset``."""

    offset: Fraction
    step: Fraction
    index: int | None


def over_integers(network: Network) -> IntegerNetwork:
    """The same network over integers.

    Raises ``pieces.NotPiecewise`` for activations that are no piecewise polynomials, and ``TooLarge``.
    """
    below = [_Value(Fraction(0), Fraction(1), index) for index in range(len(network.inputs))]
    layers: list[tuple[Unit, ...]] = []
    for layer in network.layers:
        units: dict[Unit, int] = {}
        above = []
        for activation, (weights, denominator, bias) in zip(layer.activations, _sums(layer, below)):
            divisor = gcd(*weights.values()) * (-1 if weights and weights[min(weights)] < 0 else 1)
            offset, step, scaled = _scaled(activation, Fraction(divisor, denominator), bias)
            index = None
            if step:
                terms = tuple((index, weights[index] // divisor) for index in sorted(weights))
                index = units.setdefault(Unit(terms, scaled), len(units))
            above.append(_Value(offset, step, index))
        layers.append(tuple(units))
        below = above
    (output,) = below
    targets = ((target - output.offset) / (output.step or 1) for target in (1, 0))
    one, zero = (int(target) if target.denominator == 1 else None for target in targets)
    alive = _alive(layers, output.index)
    return IntegerNetwork(network.inputs, _capped(alive, len(network.inputs)), one, zero)


def _sums(layer: Layer, below: list[_Value]) -> Iterator[tuple[dict[int, int], int, Fraction]]:
    """What each unit receives: whole weights of the H below, their denominator, and the constant part.

    All is over one denominator, so that a layer of 200,000 weights is summed in integers. Raises ``TooLarge``.
    """
    ends = [number for value in below for number in (value.offset, value.step)]
    if any(number.numerator.bit_length() > _LONGEST for number in ends):
        raise TooLarge
    common = _denominator(ends, _LONGEST)
    whole = [(int(value.offset * common), int(value.step * common), value.index) for value in below]
    longest = common.bit_length()
    shared = [_denominator(row, _LONGEST - longest) for row in layer.weights]
    if sum(own.bit_length() + longest for own in shared) * len(whole) > _MOST_BITS:
        raise TooLarge
    for row, own, bias in zip(layer.weights, shared, layer.biases):
        weights: dict[int, int] = defaultdict(int)
        constant = 0
        for weight, (offset, step, index) in zip(row, whole):
            if weight:
                factor = weight.numerator * (own // weight.denominator)
                constant += factor * offset
                if index is not None:
                    weights[index] += factor * step
        seen = {index: weight for index, weight in weights.items() if weight}
        yield seen, own * common, bias + Fraction(constant, own * common)


def _denominator(numbers: Iterable[Fraction], most: int) -> int:
    """The least common denominator. Raises ``TooLarge`` where it has more binary digits."""
    shared = 1
    for denominator in {number.denominator for number in numbers}:
        shared = lcm(shared, denominator)
        if shared.bit_length() > most:
            raise TooLarge
    return shared


@lru_cache(maxsize=1024)
def _scaled(activation: Node, scale: Fraction, bias: Fraction) -> tuple[Fraction, Fraction, Runs[tuple[int, ...]]]:
    """The activation at scale · k + bias as ``offset + step`` times integral pieces without a common factor.

    The step is 0 where it is constant, and negative where that gives the pieces a least value, which they do not have
    otherwise.
    """
    values = pieces.of(activation, scale, bias)
    offset = sum(values.values[0][:1], Fraction(0))
    shifted = values.map(lambda value: plus(value, (-offset,)))
    coefficients = [coefficient for value in shifted.values for coefficient in value if coefficient]
    if not coefficients:
        return offset, Fraction(0), Runs((), ((),))
    step = Fraction(gcd(*(c.numerator for c in coefficients)), lcm(*(c.denominator for c in coefficients)))
    scaled = shifted.map(lambda value: tuple(int(coefficient / step) for coefficient in value))
    turned = scaled.map(lambda value: tuple(-coefficient for coefficient in value))
    if pieces.least(scaled) is None and pieces.least(turned) is not None:
        return offset, -step, turned
    return offset, step, scaled


def _alive(layers: list[tuple[Unit, ...]], output: int | None) -> list[tuple[Unit, ...]]:
    """Only the units that the output depends on, renumbered; for a constant output one that sees nothing."""
    if output is None:
        return [(Unit((), Runs((), ((),))),)]
    kept: list[tuple[Unit, ...]] = [(layers[-1][output],)]
    for layer in layers[-2::-1]:
        wanted = sorted({index for unit in kept[0] for index, _ in unit.terms})
        places = {old: new for new, old in enumerate(wanted)}
        above = (Unit(tuple((places[old], weight) for old, weight in unit.terms), unit.pieces) for unit in kept[0])
        kept[:1] = [tuple(layer[index] for index in wanted), tuple(above)]
    return kept


def _capped(layers: list[tuple[Unit, ...]], inputs: int) -> tuple[tuple[Unit, ...], ...]:
    """Every unit cut off where nothing above sees it grow any more.

    That is where all units above it only add to it what has a least value, and are constant from some sum on. So |z|,
    z^2 or |z|^3 of which only a sum of 0 counts is the same as I(z != 0).
    """
    least: list[list[int | None]] = [[None] * inputs]  # of the inputs, and of each unit, by layer
    sums: list[list[int | None]] = []  # of what it receives
    for layer in layers:
        sums.append([_least_sum(unit, least[-1]) for unit in layer])
        least.append([pieces.least(unit.pieces, low) for unit, low in zip(layer, sums[-1])])
    result = layers[-1:]
    for layer, lows, received in zip(layers[-2::-1], least[-2::-1], sums[:0:-1]):
        caps = [None if low is None else low + 1 for low in lows]
        for unit, total in zip(result[0], received):
            for index, weight in unit.terms:
                low, cap = lows[index], caps[index]
                if total is None or low is None or cap is None or len(unit.pieces.values[-1]) > 1:
                    caps[index] = None
                else:
                    caps[index] = max(cap, low - (total - unit.pieces.cuts[-1]) // weight)
        cut = (
            unit if cap is None or not unit.degree else Unit(unit.terms, pieces.capped(unit.pieces, cap))
            for unit, cap in zip(layer, caps)
        )
        result.insert(0, tuple(cut))
    return tuple(result)


def _least_sum(unit: Unit, below: list[int | None]) -> int | None:
    total = 0
    for index, weight in unit.terms:
        low = below[index]
        if weight < 0 or low is None:
            return None
        total += weight * low
    return total
