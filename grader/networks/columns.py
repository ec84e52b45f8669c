"""Integer networks and conditions on many inputs in plain Python, a column for each unit: where there is no numpy.

After each layer the inputs that it cannot tell apart go on as one: of 15,625 inputs, a few hundred.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from grader.language.exact import RELATIONS
from grader.networks.box import Point, Survey, simplicity, smaller
from grader.networks.condition import And, Atom, Condition
from grader.networks.integer_network import IntegerNetwork, TooLarge, Unit
from grader.networks.pieces import value_at

Column = Sequence[int]

_MOST_BITS = 100_000
_MOST_WORK = 50_000_000


def survey(
    network: IntegerNetwork, predicate: Condition, low: int, high: int, watch: Sequence[Condition] = ()
) -> Survey:
    """Evaluate a network on every point of [low, high]^inputs, or of a smaller box where that would take minutes.

    Raises ``TooLarge``.
    """
    inputs = len(network.inputs)
    while high - low > 1 and not _affordable(network, (high - low + 1) ** inputs, max(-low, high)):
        low, high = smaller(low, high)
    points = list(product(range(low, high + 1), repeat=inputs))
    wrong = _wrong(network, predicate, points)
    columns = list(zip(*wrong))
    watched = tuple(sum(mask(condition, columns)) for condition in watch) if wrong else (0,) * len(watch)
    return Survey(low, high, len(points), len(wrong), min(wrong, key=simplicity, default=None), watched)


def counterexample(
    network: IntegerNetwork, predicate: Condition, domain: Condition, points: Sequence[Point], largest: int
) -> Point | None:
    """The simplest of the points within the domain at which a network fails, ``None`` where it fails at none.

    No entry of a point is larger in size than ``largest``. Raises ``TooLarge``.
    """
    if not _affordable(network, len(points), largest):
        raise TooLarge
    within = [point for point, inside in zip(points, mask(domain, list(zip(*points)))) if inside]
    return min(_wrong(network, predicate, within), key=simplicity, default=None)


def mask(condition: Condition, columns: Sequence[Column]) -> list[bool]:
    """Where a condition holds."""
    if isinstance(condition, Atom):
        return _atom(condition, columns)
    every, join = (True, all) if isinstance(condition, And) else (False, any)
    parts = [mask(part, columns) for part in condition.parts]
    return list(map(join, zip(*parts))) if parts else [every] * len(columns[0])


def _atom(atom: Atom, columns: Sequence[Column]) -> list[bool]:
    holds = RELATIONS[atom.relation]
    total = [0] * len(columns[0])
    for monomial, coefficient in atom.terms:
        term: Column = [coefficient] * len(total)
        for index, power in monomial:
            term = [number * entry**power for number, entry in zip(term, columns[index])]
        total = [number + more for number, more in zip(total, term)]
    return [holds(number, 0) for number in total]


def _wrong(network: IntegerNetwork, predicate: Condition, points: Sequence[Point]) -> list[Point]:
    """The points at which the output is not what the predicate asks for."""
    if not points:
        return []
    columns = list(zip(*points))
    expected = mask(predicate, columns)
    if network.always is not None:
        return [point for point, one in zip(points, expected) if network.always != one]
    wanted = {True: network.one, False: network.zero}
    return [point for point, one, found in zip(points, expected, _output(network, columns)) if wanted[one] != found]


def _output(network: IntegerNetwork, columns: Sequence[Column]) -> Column:
    """The last layer's H at each input."""
    below, places = columns, list(range(len(columns[0])))
    for layer in network.layers:
        known: dict[tuple[int, ...], int] = {}
        seen = [known.setdefault(row, len(known)) for row in zip(*(_unit(unit, below) for unit in layer))]
        below, places = list(zip(*known)), [seen[place] for place in places]
    return [below[0][place] for place in places]


def _unit(unit: Unit, below: Sequence[Column]) -> Column:
    total: Column = [0] * len(below[0])
    for index, weight in unit.terms:
        total = [number + weight * entry for number, entry in zip(total, below[index])]
    values = {number: value_at(unit.pieces.at(number), number) for number in set(total)}
    return [values[number] for number in total]


def _affordable(network: IntegerNetwork, points: int, largest: int) -> bool:
    """Whether so many points, with entries of this size, are evaluated in seconds. Raises ``TooLarge``."""
    bits, terms = max(largest, 1).bit_length(), 0
    for layer in network.layers:
        sums = [bits + sum(abs(weight) for _, weight in unit.terms).bit_length() for unit in layer]
        longest = max(
            max(1, len(value) - 1) * size + sum(map(abs, value)).bit_length()
            for unit, size in zip(layer, sums)
            for value in unit.pieces.values
        )
        if longest > _MOST_BITS:
            raise TooLarge
        bits, terms = longest, terms + sum(len(unit.terms) for unit in layer)
    return points * terms * (1 + bits // 500) <= _MOST_WORK
