"""Conditions on positive integers such as n > 7, compared as sets: the same set, or the smallest point of only one.

Three steps, the cheap ones first: a table of small points finds nearly every difference; one normal form shows nearly
every sameness; z3 decides most of what is left.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from functools import lru_cache, partial
from itertools import chain, islice, takewhile
from typing import Any, Union

from grader.algebra import polynomials, values
from grader.algebra.polynomials import Element, Monomial, NotRational
from grader.frozen import frozen
from grader.language import exact, nodes, writing
from grader.language.exact import Holds, comparisons
from grader.language.nodes import Meaning
from grader.processes import pool

_FIRST = 10
_TABLE = 30
_WORK = 12_000
"""Nodes that are evaluated in one search through points: each takes some microseconds."""
_COMPARISONS = 60
_DEGREE = 60
_FACTORS = 5
_SECONDS = 2


@frozen
class Comparison:
    """Two conditions compared; ``point`` is the smallest at which one holds and the other does not.

    ``equal`` is None where no proof was found within the limits.
    """

    equal: bool | None
    point: tuple[tuple[str, int], ...] = ()
    given_holds: bool = False


@lru_cache(maxsize=1024)
def compare(given: nodes.Node, expected: nodes.Node, symbols: tuple[str, ...]) -> Comparison:
    """Whether two conditions hold for the same positive integers."""
    names = polynomials.ordered(symbols, nodes.names(given) | nodes.names(expected))
    weight = nodes.size(given) + nodes.size(expected)
    found = _difference(given, expected, _small(names, _FIRST, weight))
    if found is not None:
        return found
    one, two = normal_form(given), normal_form(expected)
    solved: Any = None
    if one is not None and two is not None:
        solved = "same" if one == two else _solved(one, two, names)
    if solved == "same":
        return Comparison(True)
    points = chain([solved] if solved else [], _small(names, _TABLE, weight))
    return _difference(given, expected, points) or Comparison(None)


def same(one: nodes.Node, two: nodes.Node) -> bool:
    """Whether two conditions have one normal form, which shows them to be the same; costs no search for a proof."""
    found = normal_form(one)
    return found is not None and found == normal_form(two)


def canonical(node: nodes.Node) -> str:
    """The one spelling of a condition's normal form; where there is none, the condition as it is written."""
    found = normal_form(node)
    return writing.text(node) if found is None else _text(found)


def _small(names: tuple[str, ...], largest: int, weight: int) -> Iterator[dict[str, int]]:
    """Points by the sum of their numbers: the heavier the conditions, the fewer."""
    near = takewhile(lambda point: sum(point.values()) < largest + len(point), values.points(names))
    return islice(near, _WORK // weight + 1)


def _known_sign(left: values.Value, right: values.Value) -> int:
    found = values.sign(left, right)
    if found is None:
        raise exact.Undefined("two values cannot be told apart")
    return found


def _difference(given: nodes.Node, expected: nodes.Node, points: Iterable[dict[str, int]]) -> Comparison | None:
    """The first of some points at which only one of two conditions holds."""
    for point in points:
        try:
            own, other = map(Holds(partial(values.value, point=point), _known_sign).of, (given, expected))
        except exact.Undefined:
            continue
        if own != other:
            return Comparison(False, tuple(point.items()), own)
    return None


@frozen
class Atom:
    """p >= 0 for a polynomial with integer coefficients, as its terms in order.

    Where not every one of its names stands for an integer, it may be strict: p > 0.
    """

    terms: tuple[tuple[Monomial, int], ...]
    strict: bool = False


@frozen
class Joined:
    """``every`` one of these, or some: with no parts, everywhere or nowhere."""

    every: bool
    parts: frozenset[Form] = frozenset()


Form = Union[Atom, Joined]
_EVERYWHERE = Joined(True)
_NOWHERE = Joined(False)


def _both(*parts: Form) -> Form:
    return _joined(True, parts)


def _either(*parts: Form) -> Form:
    return _joined(False, parts)


def _joined(every: bool, parts: Iterable[Form]) -> Form:
    """Of atoms that differ in the constant alone only the one that decides is kept: of all of them, the tightest.

    Of two with one constant a strict one is the tighter.
    """
    kept: set[Form] = set()
    for part in parts:
        if isinstance(part, Atom) or (part.every != every and part.parts):
            kept.add(part)
        elif part.every == every:
            kept |= part.parts
        else:
            return part
    deciding: dict[Any, tuple[int, Form]] = {}
    for part in kept:
        terms = dict(part.terms) if isinstance(part, Atom) else {}
        loose = 2 * terms.pop((), 0) - (isinstance(part, Atom) and part.strict)
        rest = tuple(terms.items()) or part
        if rest not in deciding or (loose < deciding[rest][0]) == every:
            deciding[rest] = loose, part
    found = frozenset(part for _, part in deciding.values())
    return next(iter(found)) if len(found) == 1 else Joined(every, found)


def _complement(form: Form) -> Form:
    if isinstance(form, Atom):
        return _at_least({key: -value for key, value in form.terms}, 0 if form.strict else 1)
    return _joined(not form.every, map(_complement, form.parts))


@lru_cache(maxsize=512)
def normal_form(node: nodes.Node) -> Form | None:
    """The normal form; None where it would be too large, or something has no value anywhere.

    A part that is no quotient of polynomials, as log n, stands in it as a real number of its own.
    """
    if nodes.size(node) > 20 * _COMPARISONS:
        return None
    try:
        return _Normal().of(node)
    except (NotRational, ZeroDivisionError):
        return None


class _Normal(Meaning[Form]):
    def truth_(self, node: nodes.Truth) -> Form:
        return _EVERYWHERE if node.value else _NOWHERE

    def and_(self, node: nodes.And) -> Form:
        return _joined(True, map(self.of, node.parts))

    def or_(self, node: nodes.Or) -> Form:
        return _joined(False, map(self.of, node.parts))

    def not_(self, node: nodes.Not) -> Form:
        return _complement(self.of(node.part))

    def member_(self, node: nodes.Member) -> Form:
        return self.of(comparisons(node))

    def comparison_(self, node: nodes.Comparison) -> Form:
        return _joined(True, map(_link, node.operands, node.relations, node.operands[1:]))

    def other(self, node: nodes.Node) -> Form:
        raise NotRational


def _link(left: nodes.Node, relation: nodes.Relation, right: nodes.Node) -> Form:
    """By the sign of left - right, which is that of numerator times denominator where there is a denominator."""
    if isinstance(left, nodes.Call) and isinstance(right, nodes.Call) and left.function == right.function:
        inner = (*left.arguments, *right.arguments)
        if left.function in ("log", "sqrt", "exp") and len(inner) == 2 and all(map(_positive, inner)):
            left, right = inner
    difference = polynomials.with_parts_named(nodes.Sum((left, nodes.Negative(right))))
    gap = polynomials.quotient(difference, tuple(sorted(nodes.names(difference))), 1)
    steps = sum((*gap.top.degrees(), *gap.below.degrees())) if gap.top else 0
    if steps > _DEGREE or len(gap.top) * len(gap.below) > 1000:
        raise NotRational
    found = _sign(gap.top * gap.below, relation)
    return found if gap.is_polynomial else _both(found, _sign(gap.below, "!="))


def _positive(node: nodes.Node) -> bool:
    """Whether a formula is made of positive terms only: then log a < log b says a < b."""
    kinds = (nodes.Name, nodes.Number, nodes.Sum, nodes.Product, nodes.Power)
    return all(isinstance(part, kinds) and getattr(part, "value", 1) > 0 for part in nodes.parts(node))


def _sign(source: Element, relation: nodes.Relation) -> Form:
    """``source`` beside 0, by the signs of its factors where there are few."""
    parts = [(source, 1)]
    few = len(source) <= 30 and sum(source.degrees()) <= (12 if len(source.ring.symbols) > 1 else 24)
    if few and any(sum(key) > 1 for key in source):
        number, found = source.factor_list()
        parts = [(source.ring(number), 1), *found] if len(found) < _FACTORS else parts
    above: Form = _EVERYWHERE
    below: Form = _NOWHERE
    for factor, times in parts:
        terms = {key: int(value) for key, value in polynomials.terms(factor.primitive()[1]).items()}
        positive, negative = _at_least(terms, 1), _at_least({key: -value for key, value in terms.items()}, 1)
        if times % 2 == 0:
            positive, negative = _either(positive, negative), _NOWHERE
        above, below = (
            _either(_both(above, positive), _both(below, negative)),
            _either(_both(above, negative), _both(below, positive)),
        )
    found = above if relation in (">", "<=") else below if relation in ("<", ">=") else _either(above, below)
    return found if relation in ("<", ">", "!=") else _complement(found)


def _at_least(terms: dict[Monomial, int], bound: int) -> Form:
    """p >= 0, or p > 0 where the bound is 1; of integers that is p >= 1, where a common factor rounds the constant."""
    rest = {key: value for key, value in terms.items() if key}
    constant = terms.get((), 0)
    whole = all(name.isidentifier() for key in rest for name, _ in key)
    if rest and not whole:
        return Atom(tuple(sorted(terms.items())), bound > 0)
    constant -= bound
    if not rest:
        return _EVERYWHERE if constant >= 0 else _NOWHERE
    common = math.gcd(*rest.values())
    constant //= common
    least = sum(rest.values()) // common + constant
    if (min(rest.values()) > 0 and least >= 0) or (max(rest.values()) < 0 and least < 0):
        return _EVERYWHERE if least >= 0 else _NOWHERE
    kept = {key: value // common for key, value in rest.items()} | ({(): constant} if constant else {})
    return Atom(tuple(sorted(kept.items())))


def _text(form: Form) -> str:
    if isinstance(form, Atom):
        terms = dict(form.terms)
        constant = terms.pop((), 0)
        strict = "" if form.strict else "="
        shown = polynomials.spelled(terms)
        if shown.startswith("-"):
            return f"{polynomials.spelled({key: -value for key, value in terms.items()})} <{strict} {constant}"
        return f"{shown} >{strict} {-constant}"
    if not form.parts:
        return "always" if form.every else "never"
    parts = sorted(_text(part) if isinstance(part, Atom) else f"({_text(part)})" for part in form.parts)
    return (" and " if form.every else " or ").join(parts)


def _solved(one: Form, two: Form, names: tuple[str, ...]) -> Any:
    """By z3: "same", a point of only one of the two, or None where it does not know within its limits."""
    if _count(one) + _count(two) > _COMPARISONS:
        return None
    import z3

    def work() -> Any:
        own = {name: z3.Int(name) for name in names}
        solver = z3.Solver()
        solver.add(*(name >= 1 for name in own.values()), _z3(one, own) != _z3(two, own))
        answer = solver.check()
        if answer == z3.unsat:
            return "same"
        return _smallest(solver, own) if answer == z3.sat else None

    return pool.bounded(work, _SECONDS)


def _smallest(solver: Any, own: dict[str, Any]) -> dict[str, int]:
    """The solution with the smallest sum, then with the smallest first number, and so on, as far as z3 finds it."""
    import z3

    found = solver.model()
    for wanted in (z3.Sum(list(own.values())), *own.values()):
        low, high = 1, found.eval(wanted, model_completion=True).as_long()
        while low < high:
            solver.push()
            solver.add(wanted <= (low + high) // 2)
            answer = solver.check()
            if answer == z3.sat:
                found = solver.model()
                high = found.eval(wanted, model_completion=True).as_long()
            else:
                low = (low + high) // 2 + 1
            solver.pop()
        solver.add(wanted <= high)
    return {name: found.eval(value, model_completion=True).as_long() for name, value in own.items()}


def _count(form: Form) -> int:
    return 1 if isinstance(form, Atom) else sum(map(_count, form.parts))


def _z3(form: Form, own: dict[str, Any]) -> Any:
    import z3

    if isinstance(form, Joined):
        parts = [_z3(part, own) for part in form.parts]
        return z3.And(parts) if form.every else z3.Or(parts)
    total: Any = 0
    for key, value in form.terms:
        total += value * math.prod(own.get(name, z3.Real(name)) for name, times in key for _ in range(int(times)))
    return total > 0 if form.strict else total >= 0
