"""Intervals of real numbers on arrays, in machine numbers rounded outwards, and their weighted sums."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

_MARGIN = 2.0**-40  # far above the error of any of numpy's functions
_TINY = 2.0**-1000
EXACT = 2.0**53
_LARGEST = float(np.finfo(np.float64).max)
_LEAST = 2.0**-1074


@dataclass(frozen=True)
class Interval:
    """Bounds at every point. ``integral``: all of them are integers below 2^53, so that their sums are exact."""

    low: Array
    high: Array
    integral: bool = False


def constant(number: Fraction) -> Interval:
    """A rational number."""
    nearest = machine(number)
    if np.isfinite(nearest) and Fraction(nearest) == number:
        return Interval(np.array(nearest), np.array(nearest), number.denominator == 1 and abs(nearest) < EXACT)
    return widened(np.array(nearest), np.array(nearest))


def widened(low: Array, high: Array) -> Interval:
    """Rounded outwards by far more than an operation errs; what overflowed is at least the largest machine number."""
    low, high = np.minimum(low, _LARGEST), np.maximum(high, -_LARGEST)
    low, high = low - np.abs(low) * _MARGIN - _TINY, high + np.abs(high) * _MARGIN + _TINY
    return Interval(np.where(np.isnan(low), -np.inf, low), np.where(np.isnan(high), np.inf, high))


def weighted(weights: list[tuple[Fraction, Interval]], bias: Fraction) -> Interval:
    """A weighted sum; exact where everything is integral and small."""
    with np.errstate(all="ignore"):
        return _weighted(weights, bias)


def _weighted(weights: list[tuple[Fraction, Interval]], bias: Fraction) -> Interval:
    shift = machine(bias)
    whole = bias.denominator == 1 and all(weight.denominator == 1 for weight, _ in weights)
    sizes = [abs(shift), abs(shift)]  # of all that is added to either end: what bounds the rounding
    parts: tuple[dict[tuple[int, ...], Array], ...] = ({(): np.array(shift)}, {(): np.array(shift)})
    for weight, value in weights:
        factor = machine(weight)
        ends = [value.low * factor, value.high * factor][:: -1 if weight < 0 else 1]
        for side, end in enumerate(ends):
            parts[side][end.shape] = parts[side][end.shape] + end if end.shape in parts[side] else end
            sizes[side] += float(np.max(np.abs(end)))
            if not factor:  # too small for a machine number
                sizes[side] += _LEAST * max(float(np.max(np.abs(value.low))), float(np.max(np.abs(value.high))))
    low = _joined(parts[0])
    if whole and max(sizes) < EXACT:
        if all(value.integral for _, value in weights):
            points = all(value.low is value.high for _, value in weights)
            return Interval(low, low if points else _joined(parts[1]), True)
        exact = reduce(np.logical_and, [_known_integers(value) for _, value in weights], np.array(True))
    else:
        exact = np.array(False)
    high = _joined(parts[1])
    return Interval(
        np.where(exact, low, low - sizes[0] * _MARGIN - _TINY if np.isfinite(sizes[0]) else -np.inf),
        np.where(exact, high, high + sizes[1] * _MARGIN + _TINY if np.isfinite(sizes[1]) else np.inf),
    )


def _joined(parts: dict[tuple[int, ...], Array]) -> Array:
    """The sum of arrays that broadcast, small ones first: few additions are of full size."""
    return reduce(np.add, sorted(parts.values(), key=lambda part: part.size))


def _known_integers(one: Interval) -> Array:
    """Where an interval is a single integer."""
    single = one.low == one.high
    return np.asarray(single if one.integral else single & (one.low == np.floor(one.low)))


def machine(number: Fraction) -> float:
    """The nearest machine number, infinite beyond the largest."""
    try:
        return float(number)
    except OverflowError:
        return np.inf if number > 0 else -np.inf
