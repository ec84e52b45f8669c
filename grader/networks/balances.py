"""Sums of exponentials of the inputs, of which finite patterns tell whether they vanish.

A pattern is a weak order of the inputs with gaps of at most k between neighbours; it stands for all integer inputs
whose gaps, cut to k, are these. A sum Σ c_i · φ_i(x_i) + bias, of one input each, is looked at pattern by pattern:

- Terms with the same φ at equal inputs are collected. Where all cancel, the sum is the bias, whatever φ is.
- Σ c_i · e^(r x_i + s_i), with rational c, s and r ≠ 0: powers of e with different rational exponents are linearly
  independent over the rationals (Lindemann and Weierstrass). So the sum vanishes only where all terms with equal
  exponents cancel; i and j have equal exponents where x_i - x_j = (s_j - s_i) / r, which k > |s_j - s_i| / |r| tells.
  If two different exponents are left, one of them is not 0: then no rational number makes up for the sum either.
- S = Σ c_i · b^x_i with integers c and b = p/q > 1 in lowest terms: where p^k > Σ|c_i|, a gap g ≥ k splits S into two
  sums, and S vanishes only where both do. Let A = b^m · M / q^w be the sum above the gap, with exponents from m to
  m + w, and B = b^(m - g) · N / p^v the one below it, with exponents from m - g - v to m - g: M and N are integers, and
  |N| ≤ p^v · Σ|c_i|. S = 0 means M · p^(g + v) = -N · q^(g + w), so p^(g + v) divides N; but |N| < p^(v + g), so N = 0.
  Sums without such a gap within are, up to a power of b, the same in the pattern. For b < 1 turn the order round.
- If b is an integer besides, |A| ≥ b^m where A is not 0, and |B| ≤ b^(m - k) · Σ|c_i| < b^m: the topmost of these sums
  that is not 0 has the sign of S, in the pattern as in all that it stands for. For 1/b it is the lowest one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from grader.language.nodes import Node
from grader.networks import activation, enclosed, enclosures, exponents, pieces, signs
from grader.networks.arrays import Array
from grader.networks.enclosures import Interval
from grader.networks.exponential import Undecided, Undefined
from grader.networks.network import Layer
from grader.networks.program import common_factor


@dataclass(frozen=True)
class _Terms:
    """Weights of terms that may cancel, by (input, offset): those are equal whose input + offset is.

    ``base`` is ``None`` where nothing but equality counts.
    """

    weights: dict[tuple[int, Fraction], int]
    base: Fraction | None

    @property
    def reach(self) -> int:
        """The least k of the proof."""
        if self.base is None:
            offsets = [offset for _, offset in self.weights]
            return int(max(offsets) - min(offsets)) + 1
        total, larger = sum(map(abs, self.weights.values())), max(self.base.numerator, self.base.denominator)
        found = 1
        while larger**found <= total:
            found += 1
        return found

    def bits(self, most: int) -> int:
        """The length of the largest number in a sum of powers."""
        if self.base is None:
            return 0
        larger = max(self.base.numerator, self.base.denominator)
        return larger.bit_length() * most + sum(map(abs, self.weights.values())).bit_length()

    def left(self, columns: Sequence[Array]) -> Array:
        """How many different terms are left after collecting, at each pattern."""
        kind = _kind(sum(map(abs, self.weights.values())))
        count: Array = np.zeros(columns[0].shape, dtype=np.int64)
        listed = list(self.weights)
        for place, (index, offset) in enumerate(listed):
            total: Array = np.zeros(columns[0].shape, dtype=kind)
            first = np.ones(columns[0].shape, dtype=bool)
            for other, key in enumerate(listed):
                apart = offset - key[1]
                if apart.denominator != 1:
                    continue
                same = columns[key[0]] - columns[index] == int(apart)
                total = total + same * np.array(self.weights[key], dtype=kind)
                if other < place:
                    first &= ~same
            count += first & (total != 0)
        return count

    def sign(self, columns: Sequence[Array]) -> Array:
        """The sign of the sum of powers at each pattern."""
        assert self.base is not None
        above, below = self.base.numerator, self.base.denominator
        most = int(max(column.max() for column in columns))
        kind = _kind(sum(map(abs, self.weights.values())) * max(above, below) ** most)
        powers = np.array([above**x * below ** (most - x) for x in range(most + 1)], dtype=kind)
        total: Array = np.zeros(columns[0].shape, dtype=kind)
        for (index, _), weight in self.weights.items():
            total = total + powers[columns[index]] * weight
        return np.asarray((total > 0).astype(np.int8) - (total < 0).astype(np.int8))


def _kind(bound: int) -> Any:
    return np.int64 if bound < 2**63 else object


@dataclass(frozen=True)
class _Source:
    """What a first-layer unit gives: a constant, and factor · φ(input) for terms that may cancel those with its key.

    ``input`` is ``None`` for a constant unit, and -1 for one whose values are not followed.
    """

    input: int | None
    constant: Fraction = Fraction(0)
    key: Any = None
    offset: Fraction = Fraction(0)
    factor: Fraction = Fraction(1)
    base: Fraction | None = None
    power: bool = False
    rational: bool = False


def sources(first: Layer) -> list[_Source]:
    """The units of a first layer, for the sums above them."""
    known: dict[Any, _Source] = {}
    found = []
    for row, bias, node in zip(first.weights, first.biases, first.activations):
        seen = tuple((index, factor) for index, factor in enumerate(row) if factor)
        if (seen, bias, node) not in known:
            known[seen, bias, node] = _source(seen, bias, node)
        found.append(known[seen, bias, node])
    return found


def _source(seen: tuple[tuple[int, Fraction], ...], bias: Fraction, node: Node) -> _Source:
    if not seen:
        value = _value(node, bias)
        return _Source(-1) if value is None else _Source(None, value)
    ((index, scale), *others) = seen
    if not others:
        law = exponents.law(node, scale, bias)
        if law is not None:
            key = (law.base, law.rate)
            return _Source(index, law.constant, key, law.shift / law.rate, law.factor, law.base, power=True)
    rational = _rational(node, [factor for _, factor in seen], bias)
    return _Source(-1 if others else index, key=(node, scale, bias), rational=rational)


class Balance:
    """A unit of the second layer."""

    def __init__(self, below: Sequence[_Source], weights: Sequence[Fraction], bias: Fraction, node: Node) -> None:
        terms = [(weight, source) for weight, source in zip(weights, below) if weight]
        others = [source for _, source in terms if source.input is not None and not source.power]
        self.node = node
        self.bias = bias + sum((weight * source.constant for weight, source in terms), Fraction(0))
        self.complete = all(source.input != -1 for source in others)  # whether every term is of one input
        self.rational = all(source.rational for source in others)  # whether all but the powers is
        self.powers = _collected([one for one in terms if one[1].power])
        self.others = _collected([one for one in terms if not one[1].power and one[1].input not in (None, -1)])

    @property
    def work(self) -> int:
        """How many steps a pattern takes."""
        return sum(2 * len(terms.weights) ** 2 for terms in (*self.powers, *self.others))

    def bits(self, most: int) -> int:
        """The length of the largest number, for inputs from 0 to ``most``."""
        return max((terms.bits(most) for terms in self.powers), default=0)

    @property
    def reach(self) -> int:
        """The least k of the proof."""
        return max((terms.reach for terms in (*self.powers, *self.others)), default=1)

    def values(self, columns: Sequence[Array], known: Interval, tables: dict[Any, Any]) -> Interval:
        """The unit's bounds at each pattern, where ``known`` holds those found in another way."""
        shape = columns[0].shape
        even = np.full(shape, self.complete)  # whether all terms cancel that are no exponentials
        for terms in self.others:
            even &= terms.left(columns) == 0
        left = [terms.left(columns) if terms.base is None else np.abs(terms.sign(columns)) for terms in self.powers]
        vanishing = even & np.all([count == 0 for count in left], axis=0) if left else even
        found = _replaced(known, vanishing, [enclosed.bounds_at(self.node, self.bias, tables)])
        if len(self.powers) != 1:
            return found
        terms = self.powers[0]
        other = even & (left[0] > 0) if not self.bias else np.zeros(shape, dtype=bool)
        if terms.base is None:
            if self.rational:
                other = other | (left[0] > 1)
            other = other | (even & (left[0] > 1))
        ends = [self._at(sign) for sign in (-1, 1)]
        if terms.base is None or 1 not in (terms.base.numerator, terms.base.denominator):
            return _replaced(found, other, ends)
        sign = terms.sign(columns)
        return _replaced(_replaced(found, other & (sign < 0), ends[:1]), other & (sign > 0), ends[1:])

    def _at(self, sign: int) -> tuple[float, float, bool]:
        value = signs.value(self.node, sign)
        if value is None:
            return -np.inf, np.inf, False
        bounds = enclosures.constant(value)
        return float(bounds.low), float(bounds.high), bounds.integral


def _collected(terms: Iterable[tuple[Fraction, _Source]]) -> list[_Terms]:
    groups: dict[Any, dict[tuple[int, Fraction], Fraction]] = {}
    bases: dict[Any, Fraction | None] = {}
    for weight, source in terms:
        assert source.input is not None
        group = groups.setdefault(source.key, {})
        place = (source.input, source.offset)
        group[place] = group.get(place, Fraction(0)) + weight * source.factor
        bases[source.key] = source.base
    found = []
    for key, group in groups.items():
        left = {place: weight for place, weight in group.items() if weight}
        if left:
            common = common_factor(list(left.values()))
            found.append(_Terms({place: int(weight / common) for place, weight in left.items()}, bases[key]))
    return found


def _replaced(known: Interval, where: Array, values: Sequence[tuple[float, float, bool]]) -> Interval:
    """Other bounds at some patterns: the hull of some values, where that says more than is known."""
    low, high = min(value[0] for value in values), max(value[1] for value in values)
    return Interval(
        np.where(where, np.maximum(known.low, low), known.low),
        np.where(where, np.minimum(known.high, high), known.high),
        known.integral and all(value[2] for value in values),
    )


def _value(node: Node, z: Fraction) -> Fraction | None:
    try:
        value = activation.value(node, z)
    except (Undefined, Undecided):
        return None
    return value if isinstance(value, Fraction) else None


def _rational(node: Node, factors: list[Fraction], bias: Fraction) -> bool:
    """Whether a unit is rational at all integer inputs."""
    try:
        pieces.of(node, common_factor(factors) if factors else Fraction(1), bias)
    except pieces.NotPiecewise:
        return False
    return True
