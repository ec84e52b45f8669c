"""Formulas compared: equal or not, the same growth or not, and the smallest numbers at which two of them differ.

sympy decides what is equal: quotients of polynomials in its rings, where that is decided always; other formulas by its
expressions, where a proof may be missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from itertools import product

from grader.algebra import expressions, newton, polynomials, values
from grader.algebra.newton import Growth
from grader.algebra.polynomials import NotRational, Quotient, TooLarge
from grader.language import exact, nodes, writing
from grader.processes import bounded

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
    """Two formulas compared. ``growth`` is None where it cannot be told; ``reason`` says why nothing is decided."""

    equality: Equality
    witness: Witness | None = None
    growth: Growth | None = None
    reason: str = ""


@lru_cache(maxsize=1024)
def compare(given: nodes.Node, expected: nodes.Node, symbols: tuple[str, ...]) -> Comparison:
    """Whether two formulas are equal for all positive integers; where they differ, how, and from where on.

    Decided for all quotients of polynomials, also in roots of the names, within the bounds on size. For others a proof
    of sympy's shows equality and a point shows difference.
    """
    names = ordered(symbols, nodes.names(given) | nodes.names(expected))
    try:
        first, second = polynomials.quotients((given, expected), names)
        above, below = polynomials.crossed(first, second)
    except (NotRational, TooLarge):
        return _by_expressions(given, expected, names)
    except ZeroDivisionError:
        return Comparison(Equality.DIFFERENT, _witness(given, expected, names, _POINTS), Growth.OTHER)
    if above == below:
        return Comparison(Equality.EQUAL, growth=Growth.SAME)
    return Comparison(Equality.DIFFERENT, _witness(given, expected, names, _POINTS), newton.compare(above, below))


def equal(one: nodes.Node, two: nodes.Node) -> bool:
    """Whether two formulas are proved equal as quotients of polynomials; costs no search for a difference."""
    names = ordered((), nodes.names(one) | nodes.names(two))
    try:
        above, below = polynomials.crossed(*polynomials.quotients((one, two), names))
    except (NotRational, TooLarge, ZeroDivisionError):
        return False
    return bool(above == below)


def agree(one: nodes.Node, two: nodes.Node) -> bool:
    """Whether two formulas have one value at every small point: no proof, but what a self-check tells without sympy."""
    found = _search(one, two, ordered((), nodes.names(one) | nodes.names(two)), _POINTS)
    return found.met and found.witness is None and found.bare is None


def ordered(symbols: tuple[str, ...], names: frozenset[str]) -> tuple[str, ...]:
    """The names that occur, in the order in which the problem declares them."""
    return (*(name for name in symbols if name in names), *sorted(names - set(symbols)))


def canonical(node: nodes.Node) -> str:
    """The one spelling that equal quotients of polynomials share; other formulas as they are written."""
    found = quotient(node)
    return writing.text(node) if found is None else polynomials.text(found)


def quotient(node: nodes.Node, names: tuple[str, ...] | None = None) -> Quotient | None:
    """The formula as a quotient of polynomials in these names (or in its own), where it is one of bounded size."""
    try:
        return polynomials.quotients((node,), tuple(sorted(nodes.names(node))) if names is None else names)[0]
    except (NotRational, TooLarge, ZeroDivisionError):
        return None


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


def _by_expressions(given: nodes.Node, expected: nodes.Node, names: tuple[str, ...]) -> Comparison:
    search = _search(given, expected, names, 60 if len(names) > 1 else 25)
    reason = next(filter(None, map(expressions.refusal, (given, expected))), "")
    if not reason:
        expressions.warm()
    alike = search.witness is None and (search.met or search.bare is None)
    if alike and not reason and bounded.run(lambda: expressions.equal(given, expected)):
        return Comparison(Equality.EQUAL, growth=Growth.SAME)
    growth = None if reason else bounded.run(lambda: expressions.growth(given, expected, names))
    growth = _by_towers(given, expected, names) if growth is None else growth
    witness = search.witness or search.bare
    if witness is not None or growth not in (None, Growth.SAME):
        return Comparison(Equality.DIFFERENT, witness, growth)
    return Comparison(Equality.UNDECIDED, growth=growth, reason=reason or "no rule brings them together")


def _by_towers(given: nodes.Node, expected: nodes.Node, names: tuple[str, ...]) -> Growth | None:
    """FASTER or SLOWER where something that a tower of powers is never below grows so already."""
    below = expressions.below(given)
    if below is not None and compare(below, expected, names).growth is Growth.FASTER:
        return Growth.FASTER
    below = expressions.below(expected)
    if below is not None and compare(given, below, names).growth is Growth.SLOWER:
        return Growth.SLOWER
    return None


@dataclass(frozen=True)
class _Search:
    """What a search through small points found: the first at which the values differ, the first at which only one has
    a value, and whether both have one value anywhere."""

    witness: Witness | None
    bare: Witness | None
    met: bool


def _witness(given: nodes.Node, expected: nodes.Node, names: tuple[str, ...], most: int) -> Witness | None:
    found = _search(given, expected, names, most)
    return found.witness or found.bare


def _search(given: nodes.Node, expected: nodes.Node, names: tuple[str, ...], most: int) -> _Search:
    """Small points only, since an undecided pair must not cost more than a moment."""
    bare: Witness | None = None
    met = False
    most = max(6, min(most, _EVALUATED // (nodes.size(given) + nodes.size(expected))))
    for number, numbers in enumerate(points(len(names))):
        if number > most or (not names and number):
            break
        point = dict(zip(names, numbers))
        one, two = _value(given, point), _value(expected, point)
        if one is None or two is None:
            continue
        if isinstance(one, str) or isinstance(two, str):
            if bare is None and one != two:
                bare = _shown(point, one, two)
        elif values.differ(one, two):
            return _Search(_shown(point, one, two), bare, met)
        else:
            met = True
    return _Search(None, bare, met)


def _shown(point: dict[str, int], one: values.Value | str, two: values.Value | str) -> Witness:
    given, expected = (value if isinstance(value, str) else values.text(value) for value in (one, two))
    return Witness(tuple(point.items()), given, expected)


def _value(node: nodes.Node, point: dict[str, int]) -> values.Value | str | None:
    """The value, "no value", or None where it is beyond the bounds."""
    try:
        return values.value(node, point)
    except exact.Unknown:
        return None
    except exact.Undefined:
        return "no value"
