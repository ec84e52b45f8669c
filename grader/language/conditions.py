"""Conditions on positive integers such as n > 7, compared as sets: the same set, or the smallest point of only one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache, partial

from grader.language import enclosure, evaluation, factoring, nodes, normal_form, polynomial, regions, symbolic
from grader.language.normal_form import Form
from grader.language.polynomial import ONE, Polynomial
from grader.language.quotients import Opaque
from grader.language.regions import Region

_FIRST = 10
_TABLE = 30
_FAR = 120
_DEGREE = 300
_WORK = 50_000
"""Inequalities or nodes looked at in one search through points: each takes some microseconds."""
_FACTORED = 12
"""Comparisons whose products are split into factors: each may take some hundredths of a second."""


Truth = Callable[[dict[str, int]], bool]
Pair = tuple[Truth, Truth]


class Sameness(Enum):
    """SAME and DIFFERENT are proved; UNDECIDED is neither."""

    SAME = "same"
    DIFFERENT = "different"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Comparison:
    """Two conditions compared; ``point`` is the smallest at which one holds and the other does not."""

    sameness: Sameness
    point: tuple[tuple[str, int], ...] = ()
    given_holds: bool = False
    reason: str = ""


class Unclear(Exception):
    """A condition that is no combination of polynomial inequalities, or has no truth value at a point."""


def compare(given: nodes.Node, expected: nodes.Node, symbols: tuple[str, ...]) -> Comparison:
    """Whether two conditions hold for the same positive integers.

    A table of small points finds nearly every difference. Sameness is proved for conditions that are combinations of
    linear inequalities in at most two symbols, also after dividing by factors of known sign or splitting products, and
    for any two that have one normal form.
    """
    names = symbolic.ordered(symbols, nodes.names(given) | nodes.names(expected))
    first, second = region(given, False), region(expected, False)
    if first is None or second is None:
        pair = partial(holds, given), partial(holds, expected)
        reason = "it is not made of polynomials"
        weight = nodes.size(given) + nodes.size(expected)
        return _difference(pair, names, _TABLE, weight) or Comparison(Sameness.UNDECIDED, reason=reason)
    if first == second:
        return Comparison(Sameness.SAME)
    pair = partial(regions.contains, first), partial(regions.contains, second)
    weight = sum(len(atom.terms) for side in (first, second) for atom in regions.atoms(side))
    found = _difference(pair, names, _FIRST, weight)
    if found is not None:
        return found
    try:
        point = regions.difference(region(given, True) or first, region(expected, True) or second)
    except regions.Undecided:
        reason = "its inequalities are not linear, or too many"
        return _difference(pair, names, _TABLE, weight) or Comparison(Sameness.UNDECIDED, reason=reason)
    return Comparison(Sameness.SAME) if point is None else _smallest(pair, names, point, weight)


def canonical(node: nodes.Node) -> str:
    """The one spelling of a condition's normal form; empty where there is none."""
    found = region(node, False)
    return "" if found is None else regions.text(found)


@lru_cache(maxsize=512)
def region(node: nodes.Node, factored: bool) -> Region | None:
    """The condition as a region; ``factored``: products are split into factors, which takes a moment. None where the
    condition is no combination of inequalities between rational functions of bounded size, or holds too many to split
    them."""
    if factored and _comparisons(node) > _FACTORED:
        return None
    try:
        return _region(node, factored, 0)
    except (Unclear, polynomial.TooLarge, Opaque, ZeroDivisionError):
        return None


def _comparisons(node: nodes.Node) -> int:
    own = len(node.relations) if isinstance(node, nodes.Comparison) else isinstance(node, nodes.Member)
    return own + sum(map(_comparisons, nodes.children(node)))


def holds(node: nodes.Node, point: dict[str, int]) -> bool:
    """Whether a condition holds at a point. Raises Unclear where that cannot be told."""
    if isinstance(node, nodes.Truth):
        return node.value
    if isinstance(node, nodes.And):
        return all(holds(part, point) for part in node.parts)
    if isinstance(node, nodes.Or):
        return any(holds(part, point) for part in node.parts)
    if isinstance(node, nodes.Not):
        return not holds(node.part, point)
    if isinstance(node, nodes.Member):
        return holds(_membership(node), point)
    if isinstance(node, nodes.Comparison):
        try:
            values = [evaluation.value(operand, point) for operand in node.operands]
        except enclosure.Undefined as why:
            raise Unclear(str(why)) from None
        return all(_related(left, relation, right) for left, relation, right in zip(values, node.relations, values[1:]))
    raise Unclear(type(node).__name__.lower())


def _related(left: enclosure.Value, relation: nodes.Relation, right: enclosure.Value) -> bool:
    differ = enclosure.differ(left, right)
    if differ is None:
        raise Unclear("two values cannot be told apart")
    if relation in ("=", "!="):
        return differ == (relation == "!=")
    if not differ:
        return relation in ("<=", ">=")
    larger = enclosure.larger(left, right)
    return larger == (relation in (">", ">="))


def _difference(pair: Pair, names: tuple[str, ...], largest: int, weight: int) -> Comparison | None:
    """The first point, by the sum of its numbers, at which only one of two conditions holds.

    The heavier the conditions, the fewer points are looked at.
    """
    given, expected = pair
    for count, numbers in enumerate(symbolic.points(len(names))):
        if count * weight > _WORK or sum(numbers) > largest + len(names) - 1 or not numbers:
            break
        point = dict(zip(names, numbers))
        try:
            own, other = given(point), expected(point)
        except Unclear:
            continue
        if own != other:
            return Comparison(Sameness.DIFFERENT, tuple(point.items()), own)
    return None


def _smallest(pair: Pair, names: tuple[str, ...], point: dict[str, int], weight: int) -> Comparison:
    """The smallest point of difference where the search is short, else the one that was found."""
    point = {name: point.get(name, 1) for name in names}
    reach = sum(point.values())
    found = _difference(pair, names, reach, weight) if reach <= _FAR else None
    return found or Comparison(Sameness.DIFFERENT, tuple(point.items()), pair[0](point))


def _region(node: nodes.Node, factored: bool, depth: int) -> Region:
    if depth > 60:
        raise polynomial.TooLarge
    if isinstance(node, nodes.Truth):
        return regions.EVERYTHING if node.value else regions.NOTHING
    if isinstance(node, nodes.And):
        return regions.both(*(_region(part, factored, depth + 1) for part in node.parts))
    if isinstance(node, nodes.Or):
        return regions.either(*(_region(part, factored, depth + 1) for part in node.parts))
    if isinstance(node, nodes.Not):
        return regions.complement(_region(node.part, factored, depth + 1))
    if isinstance(node, nodes.Member):
        return _region(_membership(node), factored, depth + 1)
    if isinstance(node, nodes.Comparison):
        pairs = zip(node.operands, node.relations, node.operands[1:])
        return regions.both(*(_relation(left, relation, right, factored) for left, relation, right in pairs))
    raise Unclear(type(node).__name__.lower())


def _membership(node: nodes.Member) -> nodes.Node:
    """An element of a set as comparisons."""
    if isinstance(node.container, nodes.Set):
        return nodes.Or(tuple(nodes.Comparison((node.element, one), ("=",)) for one in node.container.elements))
    within = node.container
    relations: tuple[nodes.Relation, nodes.Relation] = (
        "<=" if within.low_closed else "<",
        "<=" if within.high_closed else "<",
    )
    return nodes.Comparison((within.low, node.element, within.high), relations)


def _relation(left: nodes.Node, relation: nodes.Relation, right: nodes.Node, factored: bool) -> Region:
    """left - right as one quotient; its sign is that of numerator * denominator, and it needs a denominator."""
    left, right = _inside(left, right)
    forms = [form for form in map(symbolic.form, (left, right)) if isinstance(form, Form) and form.rational]
    if len(forms) < 2:
        raise Unclear("not a rational function")
    if all(form.denominator == ONE for form in forms):
        form = Form(normal_form.difference(forms[0], forms[1], polynomial.Budget()), ONE, {})
    else:
        form = normal_form.of(nodes.Sum((left, nodes.Negative(right))), polynomial.Budget())
    if polynomial.degree(form.numerator) + polynomial.degree(form.denominator) > _DEGREE:
        raise polynomial.TooLarge
    signs = _signs(polynomial.multiply(form.numerator, form.denominator, polynomial.Budget()), factored)
    found = {">": signs.above, "<=": signs.above, "<": signs.below, ">=": signs.below}.get(relation)
    found = regions.either(signs.above, signs.below) if found is None else found
    found = regions.complement(found) if "=" in relation and relation != "!=" else found
    if form.denominator == ONE:
        return found
    poles = _signs(form.denominator, factored)
    return regions.both(found, regions.either(poles.above, poles.below))


def _inside(left: nodes.Node, right: nodes.Node) -> tuple[nodes.Node, nodes.Node]:
    """log a < log b says a < b, for a and b made of positive terms only."""
    if (
        isinstance(left, nodes.Call)
        and isinstance(right, nodes.Call)
        and left.function == right.function
        and left.function in ("log", "ln", "log2", "lg", "log10", "sqrt", "exp")
        and len(left.arguments) == len(right.arguments) == 1
    ):
        inner = left.arguments[0], right.arguments[0]
        forms = [symbolic.form(node) for node in inner]
        if all(isinstance(form, Form) and _positive(form) for form in forms):
            return inner
    return left, right


def _positive(form: Form) -> bool:
    return all(value > 0 for part in (form.numerator, form.denominator) for value in part.values())


@dataclass(frozen=True)
class _Signs:
    """Where a polynomial is above and below 0."""

    above: Region
    below: Region


def _signs(source: Polynomial, factored: bool) -> _Signs:
    if not source:
        return _Signs(regions.NOTHING, regions.NOTHING)
    number, _, rest = polynomial.content(source)
    signs = _sign_table(rest, factored)
    return signs if number > 0 else _Signs(signs.below, signs.above)


def _sign_table(rest: Polynomial, factored: bool) -> _Signs:
    sign = regions.bounded_sign(rest)
    if sign in (1, -1):
        ends = (regions.EVERYTHING, regions.NOTHING)
        return _Signs(*ends) if sign == 1 else _Signs(*reversed(ends))
    parts = _factors(rest) if factored and not _linear(rest) else None
    if parts is None or len(parts) + sum(multiplicity - 1 for _, multiplicity in parts) < 2:
        return _Signs(regions.above_zero(rest), regions.above_zero(polynomial.scale(rest, -1)))
    total = _Signs(regions.EVERYTHING, regions.NOTHING)
    for factor, multiplicity in parts:
        own = _signs(factor, False)
        if multiplicity % 2 == 0:
            own = _Signs(regions.either(own.above, own.below), regions.NOTHING)
        total = _Signs(
            regions.either(regions.both(total.above, own.above), regions.both(total.below, own.below)),
            regions.either(regions.both(total.above, own.below), regions.both(total.below, own.above)),
        )
    return total


def _linear(source: Polynomial) -> bool:
    return all(sum(exponent for _, exponent in monomial) <= 1 for monomial in source)


def _factors(source: Polynomial) -> list[tuple[Polynomial, int]] | None:
    found = factoring.factors(source)
    return found if found is not None and len(found) <= 5 else None
