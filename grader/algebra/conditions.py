"""Conditions on positive integers such as n > 7, compared as sets: the same set, or the smallest point of only one.

Three steps, the cheap ones first: a table of small points finds nearly every difference; one normal form shows nearly
every sameness; z3 decides most of what is left.
"""

from __future__ import annotations

import math
from functools import lru_cache, reduce
from typing import Any, Union

from grader.algebra import formulas, polynomials, values
from grader.algebra.formulas import Equality
from grader.algebra.polynomials import Element, Monomial, NotRational, Quotient, TooLarge
from grader.frozen import frozen
from grader.language import exact, nodes, writing
from grader.language.exact import RELATIONS, Holds, comparisons
from grader.language.nodes import Meaning
from grader.processes import bounded

_FIRST = 10
_TABLE = 30
_WORK = 12_000
"""Nodes that are evaluated in one search through points: each takes some microseconds."""
_COMPARISONS = 60
_DEGREE = 60
_FACTORS = 5
_CASES = 60
"""Comparisons that maxima, minima and distances may be taken apart into."""
_SECONDS = 2


@frozen
class Comparison:
    """Two conditions compared; ``point`` is the smallest at which one holds and the other does not."""

    equality: Equality
    point: tuple[tuple[str, int], ...] = ()
    given_holds: bool = False
    reason: str = ""


class Unclear(Exception):
    """A condition that has no truth value at a point, or no normal form."""


@lru_cache(maxsize=1024)
def compare(given: nodes.Node, expected: nodes.Node, symbols: tuple[str, ...]) -> Comparison:
    """Whether two conditions hold for the same positive integers."""
    names = polynomials.ordered(symbols, nodes.names(given) | nodes.names(expected))
    found = _difference(given, expected, names, _FIRST)
    if found is not None:
        return found
    one, two = normal_form(given), normal_form(expected)
    answer: Any = None if one is None or two is None else "same" if one == two else _solved(one, two, names)
    if answer == "same":
        return Comparison(Equality.EQUAL)
    if answer is not None:
        try:
            own, other = _holds(given, answer), _holds(expected, answer)
        except Unclear as error:
            return Comparison(Equality.UNDECIDED, reason=str(error))
        if own != other:
            return Comparison(Equality.DIFFERENT, tuple(answer.items()), own)
    reason = "no proof was found within the limits"
    return _difference(given, expected, names, _TABLE) or Comparison(Equality.UNDECIDED, reason=reason)


def same(one: nodes.Node, two: nodes.Node) -> bool:
    """Whether two conditions have one normal form, which shows them to be the same; costs no search for a proof."""
    found = normal_form(one)
    return found is not None and found == normal_form(two)


def canonical(node: nodes.Node) -> str:
    """The one spelling of a condition's normal form; where there is none, the condition as it is written."""
    found = normal_form(node)
    return writing.text(node) if found is None else _text(found)


def _holds(node: nodes.Node, point: dict[str, int]) -> bool:
    """Whether a condition holds at a point. Raises ``Unclear`` where that cannot be told."""
    return _Holds(point).of(node)


class _Holds(Holds):
    def __init__(self, point: dict[str, int]) -> None:
        self.point = point

    def comparison_(self, node: nodes.Comparison) -> bool:
        try:
            found = [values.value(operand, self.point) for operand in node.operands]
        except exact.Undefined as error:
            raise Unclear(str(error)) from None
        return all(map(_related, found, node.relations, found[1:]))

    def other(self, node: nodes.Node) -> bool:
        raise Unclear(type(node).__name__.lower())


def _related(left: values.Value, relation: nodes.Relation, right: values.Value) -> bool:
    sign = values.sign(left, right)
    if sign is None:
        raise Unclear("two values cannot be told apart")
    return RELATIONS[relation](sign, 0)


def _difference(given: nodes.Node, expected: nodes.Node, names: tuple[str, ...], largest: int) -> Comparison | None:
    """The first point, by the sum of its numbers, at which only one of two conditions holds.

    The heavier the conditions, the fewer points are looked at.
    """
    weight = nodes.size(given) + nodes.size(expected)
    for count, numbers in enumerate(values.points(len(names))):
        if count * weight > _WORK or sum(numbers) > largest + len(names) - 1 or (count and not numbers):
            break
        point = dict(zip(names, numbers))
        try:
            own, other = _holds(given, point), _holds(expected, point)
        except Unclear:
            continue
        if own != other:
            return Comparison(Equality.DIFFERENT, tuple(point.items()), own)
        if not numbers:
            break
    return None


@frozen
class Atom:
    """p >= 0 for a polynomial with integer coefficients, as its terms in order.

    Where not every one of its names stands for an integer, it may be strict: p > 0.
    """

    terms: tuple[tuple[Monomial, int], ...]
    strict: bool = False


@frozen
class Every:
    """All of these; with no parts: everywhere."""

    parts: frozenset[Form]


@frozen
class Some:
    """One of these; with no parts: nowhere."""

    parts: frozenset[Form]


Form = Union[Atom, Every, Some]
_EVERYWHERE: Form = Every(frozenset())
_NOWHERE: Form = Some(frozenset())


def _both(*parts: Form) -> Form:
    return _flat(Every, Some, parts)


def _either(*parts: Form) -> Form:
    return _flat(Some, Every, parts)


def _flat(own: type[Every | Some], other: type[Every | Some], parts: tuple[Form, ...]) -> Form:
    """Of atoms that differ in the constant alone only the one that decides is kept: of all of them, the tightest."""
    kept: set[Form] = set()
    for part in parts:
        if isinstance(part, own):
            kept |= part.parts
        elif isinstance(part, other) and not part.parts:
            return part
        else:
            kept.add(part)
    deciding: dict[Any, tuple[int, Form]] = {}
    for part in kept:
        rest, constant = _split(part) if isinstance(part, Atom) else (part, 0)
        if rest not in deciding or (constant < deciding[rest][0]) == (own is Every):
            deciding[rest] = constant, part
    found = frozenset(part for _, part in deciding.values())
    return next(iter(found)) if len(found) == 1 else own(found)


def _complement(form: Form) -> Form:
    """All other points."""
    if isinstance(form, Atom):
        return _at_least({key: -value for key, value in form.terms}, 0 if form.strict else 1)
    parts = map(_complement, form.parts)
    return _either(*parts) if isinstance(form, Every) else _both(*parts)


def _split(atom: Atom) -> tuple[Any, int]:
    """All but the constant, and how loose it makes the atom: of two with one constant a strict one is the tighter."""
    terms = dict(atom.terms)
    constant = terms.pop((), 0)
    return tuple(terms.items()), 2 * constant - atom.strict


@lru_cache(maxsize=512)
def normal_form(node: nodes.Node) -> Form | None:
    """The normal form; None where it would be too large, or something has no value anywhere.

    A part that is no quotient of polynomials, as log n, stands in it as a real number of its own.
    """
    if nodes.size(node) > 20 * _COMPARISONS:
        return None
    try:
        return _Normal().of(node)
    except (Unclear, NotRational, TooLarge):
        return None


class _Normal(Meaning[Form]):
    def __init__(self) -> None:
        self.cases = _CASES

    def truth_(self, node: nodes.Truth) -> Form:
        return _EVERYWHERE if node.value else _NOWHERE

    def and_(self, node: nodes.And) -> Form:
        return _both(*map(self.of, node.parts))

    def or_(self, node: nodes.Or) -> Form:
        return _either(*map(self.of, node.parts))

    def not_(self, node: nodes.Not) -> Form:
        return _complement(self.of(node.part))

    def member_(self, node: nodes.Member) -> Form:
        return self.of(comparisons(node))

    def comparison_(self, node: nodes.Comparison) -> Form:
        links = zip(node.operands, node.relations, node.operands[1:])
        return _both(*(self._link(*link) for link in links))

    def _link(self, left: nodes.Node, relation: nodes.Relation, right: nodes.Node) -> Form:
        """Where a maximum, a minimum or a distance is compared: for each of its arguments, where that is the one."""
        call = _extreme(left) or _extreme(right)
        if call is None:
            return self._related(left, relation, right)
        self.cases -= len(call.arguments) ** 2
        if self.cases < 0:
            raise TooLarge
        own = call.arguments if call.function != "abs" else (*call.arguments, nodes.Negative(call.arguments[0]))
        link = nodes.Comparison((left, right), (relation,))
        reach: nodes.Relation = "<=" if call.function == "min" else ">="
        cases = []
        for one in own:
            reaching = (nodes.Comparison((one, other), (reach,)) for other in own if other != one)
            cases.append(nodes.And((*reaching, _replaced(link, call, one))))
        return self.of(nodes.Or(tuple(cases)))

    def other(self, node: nodes.Node) -> Form:
        raise Unclear(type(node).__name__.lower())

    def _related(self, left: nodes.Node, relation: nodes.Relation, right: nodes.Node) -> Form:
        """By the sign of left - right, which is that of numerator times denominator where there is a denominator."""
        left, right = self._inside(left, right)
        gap = _quotient(nodes.Sum((left, nodes.Negative(right))))
        steps = sum((*gap.top.degrees(), *gap.below.degrees())) if gap.top else 0
        if steps > _DEGREE or len(gap.top) * len(gap.below) > 1000:
            raise TooLarge
        found = _sign(gap.top * gap.below, relation)
        return found if gap.is_polynomial else _both(found, _sign(gap.below, "!="))

    def _inside(self, left: nodes.Node, right: nodes.Node) -> tuple[nodes.Node, nodes.Node]:
        """log a < log b says a < b, for a and b made of positive terms only."""
        if (
            isinstance(left, nodes.Call)
            and isinstance(right, nodes.Call)
            and left.function == right.function
            and left.function in ("log", "sqrt", "exp")
            and len(left.arguments) == len(right.arguments) == 1
        ):
            inner = left.arguments[0], right.arguments[0]
            sides = [formulas.quotient(side, tuple(sorted(nodes.names(left) | nodes.names(right)))) for side in inner]
            if all(
                side is not None and min((*side.top.values(), *side.below.values()), default=0) > 0 for side in sides
            ):
                return inner
        return left, right


def _quotient(node: nodes.Node) -> Quotient:
    node = polynomials.with_parts_named(node)
    try:
        return polynomials.quotient(node, tuple(sorted(nodes.names(node))), 1)
    except ZeroDivisionError:
        raise Unclear("a division by zero") from None


def _extreme(node: nodes.Node) -> nodes.Call | None:
    """The first maximum, minimum or distance in a formula that holds no other."""
    found = next(filter(None, map(_extreme, nodes.children(node))), None)
    if found is None and isinstance(node, nodes.Call) and node.function in ("max", "min", "abs"):
        return node
    return found


def _replaced(node: nodes.Node, old: nodes.Node, new: nodes.Node) -> nodes.Node:
    """The node with another one in the first place where ``old`` stands."""
    return next(nodes.changed_somewhere(node, lambda part: iter([new] if part == old else [])), node)


def _sign(source: Element, relation: nodes.Relation) -> Form:
    """``source`` beside 0, by the signs of its factors where there are few."""
    parts = None if all(sum(key) <= 1 for key in source) else polynomials.factors(source)
    if parts is None or len(parts) > _FACTORS:
        parts = [(source, 1)]
    above, below = reduce(_multiplied, (_signs(factor, times) for factor, times in parts))
    found = above if relation in (">", "<=") else below if relation in ("<", ">=") else _either(above, below)
    return found if relation in ("<", ">", "!=") else _complement(found)


Signs = tuple[Form, Form]
"""Where something is above 0, and where below."""


def _signs(factor: Element, times: int) -> Signs:
    terms = {key: int(value) for key, value in polynomials.terms(polynomials.integers(factor)).items()}
    above, below = _at_least(terms, 1), _at_least({key: -value for key, value in terms.items()}, 1)
    return (above, below) if times % 2 else (_either(above, below), _NOWHERE)


def _multiplied(one: Signs, two: Signs) -> Signs:
    return (
        _either(_both(one[0], two[0]), _both(one[1], two[1])),
        _either(_both(one[0], two[1]), _both(one[1], two[0])),
    )


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
        return "always" if isinstance(form, Every) else "never"
    parts = sorted(_text(part) if isinstance(part, Atom) else f"({_text(part)})" for part in form.parts)
    return (" and " if isinstance(form, Every) else " or ").join(parts)


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
        return _smallest(solver, own) if answer == z3.sat else "same" if answer == z3.unsat else None

    return bounded.run(work, _SECONDS)


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
    return sum(map(_count, form.parts)) if isinstance(form, (Every, Some)) else 1


def _z3(form: Form, own: dict[str, Any]) -> Any:
    import z3

    if isinstance(form, Atom):
        powers = (
            (own.get(name, z3.Real(name)) for name, times in key for _ in range(int(times))) for key, _ in form.terms
        )
        products = (z3.Product(list(factors)) for factors in powers)
        total = z3.Sum([value * product for product, (_, value) in zip(products, form.terms)])
        return total > 0 if form.strict else total >= 0
    parts = [_z3(part, own) for part in form.parts]
    return z3.And(parts) if isinstance(form, Every) else z3.Or(parts)
