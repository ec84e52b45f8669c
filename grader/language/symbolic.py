"""Formulas compared: equal or not, the same growth or not, and the smallest numbers at which two of them differ.

sympy decides what is equal, in ``_gap``: nodes become quotients of its terms (``normal_form``), and two formulas are
equal where the numerator of their difference is the zero of its ring. What would take it too long is left undecided.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from functools import lru_cache
from itertools import product

from grader.language import enclosure, evaluation, extremes, growth, nodes, normal_form, polynomial, scales
from grader.language.growth import Growth
from grader.language.normal_form import Form
from grader.language.polynomial import Budget, Polynomial, TooLarge
from grader.language.quotients import Opaque

_POINTS = 400
_EVALUATED = 20_000


class Equality(Enum):
    """EQUAL and DIFFERENT are proved; UNDECIDED names neither."""

    EQUAL = "equal"
    DIFFERENT = "different"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Witness:
    """The smallest positive integers at which two formulas differ, with both values as a person reads them."""

    point: tuple[tuple[str, int], ...]
    given: str
    expected: str

    def __str__(self) -> str:
        return ", ".join(f"{name} = {number}" for name, number in self.point)


@dataclass(frozen=True)
class Comparison:
    """Two formulas compared. ``growth`` is None where it was not asked for, or cannot be told."""

    equality: Equality
    witness: Witness | None = None
    growth: Growth | None = None
    reason: str = ""


def compare(given: nodes.Node, expected: nodes.Node, symbols: tuple[str, ...]) -> Comparison:
    """Whether two formulas are equal for all positive integers; where they differ, how, and from where on.

    Decided for all rational functions within the bounds on size. For others equal normal forms prove equality and a
    point proves difference. A formula too large to expand is still compared point by point, in bounded time.
    """
    order = ordered(symbols, nodes.names(given) | nodes.names(expected))
    budget = Budget()
    first, second = forms = form(given), form(expected)
    gap = _gap(first, second, budget)
    if gap is not None and not gap:
        return Comparison(Equality.EQUAL, growth=Growth.SAME)
    if gap and isinstance(first, Form) and isinstance(second, Form) and first.rational and second.rational:
        witness = _rational_witness(gap, first, second, order) or _witness(given, expected, order)
        return Comparison(Equality.DIFFERENT, witness, _rational_growth(first, second, budget))
    witness = _witness(given, expected, order)
    growing = _growth(given, expected, forms, Budget(12_000))
    if witness is not None or _NOWHERE in forms:
        return Comparison(Equality.DIFFERENT, witness, Growth.OTHER if _NOWHERE in forms else growing)
    reason = next((found for found in forms if isinstance(found, str)), "no rule brings them together")
    return Comparison(Equality.UNDECIDED, growth=growing, reason=reason)


_NOWHERE = "it divides by zero"


def equal(one: nodes.Node, two: nodes.Node, budget: Budget | None = None) -> bool:
    """Whether two formulas are proved equal, within a budget; costs no search for a difference."""
    budget = budget or Budget()
    gap = _gap(_built(one, budget), form(two), budget)
    return gap is not None and not gap


def ordered(symbols: tuple[str, ...], names: frozenset[str]) -> tuple[str, ...]:
    """The names that occur, in the order in which the problem declares them."""
    return (*(name for name in symbols if name in names), *sorted(names - set(symbols)))


def canonical(node: nodes.Node) -> str:
    """The one spelling that equal formulas share; empty where there is none."""
    found = form(node)
    return "" if isinstance(found, str) else normal_form.text(found)


@lru_cache(maxsize=512)
def form(node: nodes.Node) -> Form | str:
    """The normal form, or the reason why there is none."""
    return _built(node, Budget())


def _built(node: nodes.Node, budget: Budget) -> Form | str:
    try:
        return normal_form.of(node, budget)
    except TooLarge:
        return "it is too large to expand"
    except ZeroDivisionError:
        return _NOWHERE
    except Opaque as why:
        return f"it holds {why}"


def points(count: int) -> Iterator[tuple[int, ...]]:
    """Tuples of positive integers by their sum, then by the first, the second, and so on."""
    if count == 0:
        yield ()
        return
    total = count
    while True:
        for head in product(range(1, total - count + 2), repeat=count - 1):
            if sum(head) < total:
                yield (*head, total - sum(head))
        total += 1


def _gap(first: Form | str, second: Form | str, budget: Budget) -> Polynomial | None:
    """The numerator of first - second, as a term of sympy; None where it cannot be had."""
    if isinstance(first, str) or isinstance(second, str):
        return None
    try:
        return normal_form.difference(first, second, budget)
    except TooLarge:
        return None


def _rational_witness(gap: Polynomial, first: Form, second: Form, names: tuple[str, ...]) -> Witness | None:
    """A non-zero polynomial has a point where it is not zero within its degrees; poles are passed over."""
    for number, numbers in enumerate(points(len(names))):
        if number > _POINTS or number * len(gap) > _EVALUATED:
            return None
        point = dict(zip(names, numbers))
        try:
            if polynomial.value(gap, point) == 0:
                continue
            values = [
                polynomial.value(side.numerator, point) / polynomial.value(side.denominator, point)
                for side in (first, second)
            ]
        except ZeroDivisionError:
            continue
        except TooLarge:
            return None
        return Witness(tuple(point.items()), *(enclosure.text(polynomial.rational(value)) for value in values))
    return None


def _witness(given: nodes.Node, expected: nodes.Node, names: tuple[str, ...]) -> Witness | None:
    """Small points only: an undecided pair must not cost more than a moment.

    Where the values never differ, a point at which only one of the two has a value tells them apart.
    """
    bare: Witness | None = None
    most = max(6, min(_POINTS, _EVALUATED // (nodes.size(given) + nodes.size(expected))))
    for number, numbers in enumerate(points(len(names))):
        if number > min(most, 60 if len(names) > 1 else 25) or (not names and number):
            break
        point = dict(zip(names, numbers))
        values = [_value(given, point), _value(expected, point)]
        if values[0] is None or values[1] is None:
            continue
        if isinstance(values[0], str) or isinstance(values[1], str):
            if bare is None and values[0] != values[1]:
                bare = Witness(tuple(point.items()), *(_shown(value) for value in values))
        elif enclosure.differ(values[0], values[1]):
            return Witness(tuple(point.items()), *(_shown(value) for value in values))
    return bare


def _value(node: nodes.Node, point: dict[str, int]) -> enclosure.Value | str | None:
    """The value, "no value", or None where it is beyond the bounds."""
    try:
        return evaluation.value(node, point)
    except enclosure.Unknown:
        return None
    except enclosure.Undefined:
        return "no value"


def _shown(value: enclosure.Value | str | None) -> str:
    return value if isinstance(value, str) else enclosure.text(value or 0)


def _rational_growth(first: Form, second: Form, budget: Budget) -> Growth | None:
    try:
        above = polynomial.multiply(first.numerator, second.denominator, budget)
        below = polynomial.multiply(second.numerator, first.denominator, budget)
        return growth.compare(_without_poles(above, below), _without_poles(below, above))
    except TooLarge:
        return None


def _without_poles(own: Polynomial, other: Polynomial) -> Polynomial:
    """Multiplied by what clears the negative exponents of both."""
    lowest: dict[str, Fraction] = {}
    for monomial in (*own, *other):
        for name, exponent in monomial:
            lowest[name] = min(lowest.get(name, Fraction(0)), Fraction(exponent))
    lift = tuple(sorted((name, int(-exponent)) for name, exponent in lowest.items() if exponent))
    return {polynomial.join(monomial, lift): value for monomial, value in own.items()} if lift else own


def _growth(
    given: nodes.Node, expected: nodes.Node, forms: tuple[Form | str, Form | str], budget: Budget, paths: bool = True
) -> Growth | None:
    first, second = forms
    if isinstance(first, Form) and isinstance(second, Form) and first.rational and second.rational:
        return _rational_growth(first, second, budget)
    found = scales.compare(given, expected, budget)
    if found is None and (smooth := (extremes.smoothed(given), extremes.smoothed(expected))) != (given, expected):
        built = [_built(node, budget) for node in smooth if node is not None]
        if len(built) == 2 and isinstance(built[0], Form) and isinstance(built[1], Form):
            return _rational_growth(built[0], built[1], budget) if built[0].rational and built[1].rational else None
    return _on_paths(given, expected, budget) if found is None and paths else found


def _on_paths(given: nodes.Node, expected: nodes.Node, budget: Budget) -> Growth | None:
    """OTHER where two formulas already grow differently along m = n, m = 2n, m = n^2 or n = m^2."""
    names = sorted(nodes.names(given) | nodes.names(expected))
    if len(names) != 2:
        return None
    for kept, replaced in (names, names[::-1]):
        own = nodes.Name(kept)
        two = nodes.Number(Fraction(2))
        for path in (own, nodes.Product((two, own), ("*",)), nodes.Power(own, two)):
            one, other = (nodes.replaced(node, {replaced: path}) for node in (given, expected))
            forms = _built(one, budget), _built(other, budget)
            found = _growth(one, other, forms, budget, paths=False)
            if found is not None and found is not Growth.SAME:
                return Growth.OTHER
    return None
