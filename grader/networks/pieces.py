"""An activation as a function of an integer: runs of integers, and on each a polynomial."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise, zip_longest
from math import comb, lcm, prod
from typing import Any, Generic, NoReturn, TypeVar

from grader.frozen import frozen
from grader.language import nodes
from grader.language.exact import Undefined
from grader.language.nodes import Node
from grader.networks import activations
from grader.networks.activations import Real, Undecided

_MOST_PIECES = 4000
_MOST_WORK = 600_000
"""Nodes of an activation that are evaluated, over all its pieces."""
_HIGHEST_DEGREE = 60
_LOW_DEGREE = 8

T = TypeVar("T")
U = TypeVar("U")


class NotPiecewise(Exception):
    """The activation is no piecewise polynomial: it needs exp, a quotient, or more pieces than are followed."""


@frozen
class Runs(Generic[T]):
    """``values[i]`` holds for the integers from ``cuts[i - 1]`` up to, and without, ``cuts[i]``."""

    cuts: tuple[int, ...]
    values: tuple[T, ...]

    def at(self, number: int) -> T:
        """The value for one integer."""
        return self.values[bisect_right(self.cuts, number)]

    def map(self, change: Callable[[T], U]) -> Runs[U]:
        """The same runs with every value changed."""
        return Runs(self.cuts, tuple(map(change, self.values)))


Coefficients = tuple[Fraction, ...]
"""Of a polynomial, lowest power first, without zeros at the high end."""
Pieces = Runs[Coefficients]


def of(activation: Node, scale: Fraction, offset: Fraction) -> Pieces:
    """The activation at z = scale · k + offset, for integers k. Raises ``NotPiecewise``."""
    work = _MOST_WORK // nodes.size(activation)
    try:
        return _resolved((), lambda run: activations.value(activation, run.value((offset, scale))), work)
    except (Undefined, Undecided) as error:
        raise NotPiecewise(str(error)) from None


def _resolved(cuts: Sequence[int], value: Callable[[_Run], Real | _Polynomial], most: int = _MOST_PIECES) -> Pieces:
    """What ``value`` gives on runs so short that no sign changes within one; to begin with they end at ``cuts``."""
    ends = (None, *cuts, None)
    waiting = [_Run(*run) for run in pairwise(ends)][::-1]
    starts: list[Any] = []
    values: list[Coefficients] = []
    for _ in range(most):
        run = waiting.pop()
        try:
            values.append(_coefficients(value(run)))
            starts.append(run.low)
        except _Changes as changes:
            waiting += [_Run(*shorter) for shorter in pairwise((run.low, *changes.places, run.high))][::-1]
            if len(values) + len(waiting) > _MOST_PIECES:
                break
        if not waiting:
            return _shortened(_merged(Runs(tuple(starts[1:]), tuple(values))))
    raise NotPiecewise(f"more than {_MOST_PIECES} pieces")


class _Changes(Exception):
    """A sign changes within a run, at these integers."""

    def __init__(self, places: Sequence[int]) -> None:
        super().__init__()
        self.places = places


@frozen
class _Run:
    """The integers from ``low`` up to, and without, ``high``."""

    low: int | None
    high: int | None

    @property
    def member(self) -> int:
        """One of these integers."""
        if self.low is not None:
            return self.low
        return 0 if self.high is None else self.high - 1

    def value(self, coefficients: Sequence[Fraction]) -> Fraction | _Polynomial:
        """A polynomial on the run, or the number that it is."""
        whole = _trimmed(list(coefficients))
        return _Polynomial(whole, self) if len(whole) > 1 else sum(whole, Fraction(0))


@frozen
class _Polynomial:
    """A number that depends on an integer k of a run, by a polynomial of degree 1 or more."""

    coefficients: Coefficients
    run: _Run

    def __neg__(self) -> Any:
        return self.run.value([-coefficient for coefficient in self.coefficients])

    def __add__(self, other: Any) -> Any:
        return self.run.value(plus(self.coefficients, _coefficients(other)))

    def __sub__(self, other: Any) -> Any:
        return self + -other

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __mul__(self, other: Any) -> Any:
        return self.run.value(_times(self.coefficients, _coefficients(other)))

    def __truediv__(self, other: Any) -> Any:
        return self * (1 / other)

    def __pow__(self, exponent: int) -> Any:
        if (len(self.coefficients) - 1) * exponent > _HIGHEST_DEGREE:
            raise NotPiecewise(f"a power above {_HIGHEST_DEGREE}")
        return prod([self] * exponent, start=Fraction(1))

    __radd__ = __add__
    __rmul__ = __mul__

    def __rtruediv__(self, other: Any) -> NoReturn:
        raise NotPiecewise("a quotient")

    @property
    def enclosure(self) -> NoReturn:
        """What exp, log and roots would be taken of."""
        raise NotPiecewise("a function that is no polynomial")

    def sign(self) -> int:
        """-1, 0 or 1, where it is the same on the whole run. Raises ``_Changes``."""
        common = lcm(*(coefficient.denominator for coefficient in self.coefficients))
        whole = tuple(int(coefficient * common) for coefficient in self.coefficients)
        low, high = self.run.low, self.run.high
        changes = [at for at in sign_changes(whole) if (low is None or low < at) and (high is None or at < high)]
        if changes:
            raise _Changes(changes)
        return _sign(whole, self.run.member)


def _coefficients(number: Any) -> Coefficients:
    if isinstance(number, Fraction):
        return _trimmed([number])
    if not isinstance(number, _Polynomial):
        raise NotPiecewise("a number that is not rational")
    coefficients: Coefficients = number.coefficients
    return coefficients


def least(runs: Runs[tuple[int, ...]], start: int | None = None) -> int | None:
    """The least value at an integer, from ``start`` on if one is given.

    ``None`` where there is none, and where a high power would make it long to find.
    """
    if max(map(len, runs.values)) > _LOW_DEGREE + 1:
        return None
    tails = [(runs.values[-1], 1)] if start is not None else [(runs.values[-1], 1), (runs.values[0], -1)]
    if any(len(value) > 1 and value[-1] * side ** (len(value) - 1) < 0 for value, side in tails):
        return None
    places = {start or 0, *runs.cuts, *(cut - 1 for cut in runs.cuts)}
    for value in runs.values:
        places.update(sign_changes(_difference(value)))
    within = (place for place in places if start is None or place >= start)
    return min(int(value_at(runs.at(place), place)) for place in within)


def capped(runs: Runs[Any], cap: int) -> Runs[tuple[int, ...]]:
    """The smaller of each value and the cap."""

    def value(run: _Run) -> Any:
        own = run.value(runs.at(run.member))
        return own if activations.sign(own - Fraction(cap)) < 0 else Fraction(cap)

    return _resolved(runs.cuts, value).map(lambda coefficients: tuple(map(int, coefficients)))


def _shortened(runs: Pieces) -> Pieces:
    """A run of one integer holds a constant, and ends that a constant beside it gives as well are left to that one.

    So 1 - min(1, |z|) on integers becomes what I(z = 0) is.
    """
    cuts, values = list(runs.cuts), list(runs.values)
    for place, value in enumerate(values):
        while len(value) > 1:
            first = cuts[place - 1] if place else None
            last = cuts[place] - 1 if place < len(cuts) else None
            if first is not None and first == last:
                values[place] = value = _trimmed([value_at(value, first)])
            elif first is not None and values[place - 1] == _trimmed([value_at(value, first)]):
                cuts[place - 1] += 1
            elif last is not None and values[place + 1] == _trimmed([value_at(value, last)]):
                cuts[place] -= 1
            else:
                break
    return _merged(Runs(tuple(cuts), tuple(values)))


def _merged(runs: Runs[T]) -> Runs[T]:
    """Without cuts at which nothing changes."""
    cuts: list[int] = []
    values = [runs.values[0]]
    for cut, value in zip(runs.cuts, runs.values[1:]):
        if value != values[-1]:
            cuts.append(cut)
            values.append(value)
    return Runs(tuple(cuts), tuple(values))


# -- polynomials -------------------------------------------------------------------------------------------------------


def _trimmed(coefficients: list[Fraction]) -> Coefficients:
    while coefficients and not coefficients[-1]:
        coefficients.pop()
    return tuple(coefficients)


def plus(left: Coefficients, right: Coefficients) -> Coefficients:
    """The sum of two polynomials."""
    return _trimmed([a + b for a, b in zip_longest(left, right, fillvalue=Fraction(0))])


def _times(left: Coefficients, right: Coefficients) -> Coefficients:
    total = [Fraction(0)] * (len(left) + len(right))
    for low, first in enumerate(left):
        for high, second in enumerate(right):
            total[low + high] += first * second
    return _trimmed(total)


def value_at(coefficients: Sequence[Any], at: Any) -> Any:
    """The value of a polynomial, by Horner's rule."""
    total = coefficients[-1] if coefficients else 0
    for coefficient in reversed(coefficients[:-1]):
        total = total * at + coefficient if coefficient else total * at
    return total


@lru_cache(maxsize=4096)
def sign_changes(coefficients: tuple[int, ...]) -> tuple[int, ...]:
    """Every integer at which the sign of a polynomial is another than at the integer before.

    A polynomial is monotone on every run of integers where its forward difference p(k + 1) - p(k), of one degree
    less, keeps its sign; there each change of sign is found by bisection.
    """
    if len(coefficients) <= 1:
        return ()
    difference = _difference(coefficients)
    # above the size of every root: Fujiwara's 2 max |c_(d - k) / c_d|^(1/k), each rounded up to a power of two
    *others, leading = (abs(coefficient).bit_length() for coefficient in coefficients)
    lengths = [-((leading - 1 - length) // place) for place, length in enumerate(reversed(others), 1) if length]
    bound = 2 << max([0, *lengths])
    marks = sorted({-bound, bound, *(turn for turn in sign_changes(difference) if -bound < turn < bound)})
    cuts: list[int] = []
    for low, high in pairwise(marks):
        while _sign(coefficients, low) != _sign(coefficients, high):
            low = _first_of_another_sign(coefficients, low, high)
            cuts.append(low)
    return tuple(cuts)


def _difference(coefficients: Sequence[int]) -> tuple[int, ...]:
    """p(k + 1) - p(k) of a polynomial p."""
    degree = len(coefficients) - 1
    return tuple(sum(coefficients[p] * comb(p, low) for p in range(low + 1, degree + 1)) for low in range(degree))


def _first_of_another_sign(coefficients: Sequence[int], low: int, high: int) -> int:
    """The first integer in (low, high] where a polynomial, monotone there, has not the sign that it has at ``low``."""
    sign = _sign(coefficients, low)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _sign(coefficients, middle) == sign else (low, middle)
    return high


def _sign(coefficients: Sequence[int], at: int) -> int:
    value: int = value_at(coefficients, at)
    return (value > 0) - (value < 0)
