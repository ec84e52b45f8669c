"""Conditions on positive integers such as n > 7, compared as sets: the same set, or the smallest point of only one.

Three steps, the cheap ones first: a table of small points finds nearly every difference; one normal form shows nearly
every sameness; z3 decides most of what is left.
"""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import chain
from typing import Any, Union

from grader.algebra import polynomials, values
from grader.algebra.formulas import Equality
from grader.algebra.polynomials import Element, NotRational, Quotient, TooLarge
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
    forms = [normal_form(side, names) for side in (given, expected)]
    if None in forms:
        reason = "it is not made of polynomials"
        return _difference(given, expected, names, _TABLE) or Comparison(Equality.UNDECIDED, reason=reason)
    if forms[0] == forms[1]:
        return Comparison(Equality.EQUAL)
    answer = _solved(normal_form(given, names, True), normal_form(expected, names, True), names)
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
    names = polynomials.ordered((), nodes.names(one) | nodes.names(two))
    found = normal_form(one, names)
    return found is not None and found == normal_form(two, names)


def canonical(node: nodes.Node) -> str:
    """The one spelling of a condition's normal form; where there is none, the condition as it is written."""
    found = normal_form(node, tuple(sorted(nodes.names(node))))
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
    """p >= 0 for a polynomial with integer coefficients, as a sorted list of exponents and coefficients."""

    terms: tuple[tuple[tuple[int, ...], int], ...]
    names: tuple[str, ...]


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
        terms = {key: -value for key, value in form.terms}
        return _at_least(polynomials.ring(form.names).from_dict(terms), 1)
    parts = map(_complement, form.parts)
    return _either(*parts) if isinstance(form, Every) else _both(*parts)


def _split(atom: Atom) -> tuple[Any, int]:
    constant = [value for key, value in atom.terms if not any(key)]
    return tuple(term for term in atom.terms if any(term[0])), sum(constant)


@lru_cache(maxsize=512)
def normal_form(node: nodes.Node, names: tuple[str, ...], split: bool = False) -> Form | None:
    """The normal form; None where the condition is no combination of inequalities between quotients of polynomials.

    ``split``: with an inequality for each factor of a product.
    """
    if nodes.size(node) > 20 * _COMPARISONS:
        return None
    try:
        return _Normal(names, split).of(node)
    except (Unclear, NotRational, TooLarge):
        return None


class _Normal(Meaning[Form]):
    def __init__(self, names: tuple[str, ...], split: bool) -> None:
        self.names = names
        self.split = split
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
        gap = self._quotient(nodes.Sum((left, nodes.Negative(right))))
        if gap.root != 1:
            raise NotRational
        steps = sum((*gap.top.degrees(), *gap.below.degrees())) if gap.top else 0
        if steps > _DEGREE or len(gap.top) * len(gap.below) > 1000:
            raise TooLarge
        sign = _split_sign if self.split else _sign
        found = sign(gap.top * gap.below if gap.below != 1 else gap.top, relation)
        return found if gap.is_polynomial else _both(found, sign(gap.below, "!="))

    def _quotient(self, node: nodes.Node) -> Quotient:
        try:
            return polynomials.quotients((node,), self.names)[0]
        except ZeroDivisionError:
            raise Unclear("a division by zero") from None

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
            if all(value > 0 for side in map(self._quotient, inner) for part in (side.top, side.below)
                   for value in part.values()):  # fmt: skip
                return inner
        return left, right


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
    """``source`` beside 0, of which the factors that are surely positive are left out."""
    if not source or source.is_ground:
        value = source.coeff(1)
        return _EVERYWHERE if RELATIONS[relation](value, 0) else _NOWHERE
    source = _without_positive(source)
    if relation == "=":
        return _both(_at_least(source, 0), _at_least(-source, 0))
    if relation == "!=":
        return _either(_at_least(source, 1), _at_least(-source, 1))
    turned = source if relation in (">", ">=") else -source
    return _at_least(turned, 1 if relation in ("<", ">") else 0)


def _split_sign(source: Element, relation: nodes.Relation) -> Form:
    """The same by the signs of the factors, which are easier to decide about and have no normal form together."""
    parts = polynomials.factors(source) if source and not source.is_ground else None
    if parts is None or len(parts) > _FACTORS:
        return _sign(source, relation)
    above, below = _EVERYWHERE, _NOWHERE
    for factor, times in parts:
        own, other = _sign(factor, ">"), _sign(factor, "<")
        if times % 2 == 0:
            own, other = _either(own, other), _NOWHERE
        above, below = (
            _either(_both(above, own), _both(below, other)),
            _either(_both(above, other), _both(below, own)),
        )
    found = {">": above, "<=": above, "<": below, ">=": below}.get(relation, _either(above, below))
    return found if relation in ("<", ">", "!=") else _complement(found)


def _without_positive(source: Element) -> Element:
    """A polynomial of the same sign at all positive integers: odd powers are lowered, positive factors left out."""
    if all(sum(key) <= 1 for key in source):
        return source
    found = polynomials.factors(source)
    if found is None:
        return source
    result = source.ring.one
    for factor, times in found:
        if factor.is_ground:
            result = result * (1 if factor.coeff(1) > 0 else -1)
        elif not all(value > 0 for value in factor.values()):
            result = result * factor ** (2 - times % 2)
    return result


def _at_least(source: Element, bound: int) -> Form:
    """p >= bound, in integers without a common factor, which makes the constant a rounded one."""
    source = polynomials.integers(source)
    constant = int(source.coeff(1)) - bound
    terms = {key: int(value) for key, value in source.terms() if any(key)}
    if not terms:
        return _EVERYWHERE if constant >= 0 else _NOWHERE
    common = math.gcd(*terms.values())
    constant //= common
    if min(terms.values()) > 0 and sum(terms.values()) // common + constant >= 0:
        return _EVERYWHERE
    if max(terms.values()) < 0 and sum(terms.values()) // common + constant < 0:
        return _NOWHERE
    kept = [(key, value // common) for key, value in terms.items()]
    if constant:
        kept.append(((0,) * len(source.ring.symbols), constant))
    return Atom(tuple(sorted(kept)), tuple(map(str, source.ring.symbols)))


def _text(form: Form) -> str:
    if isinstance(form, Atom):
        rest, constant = _split(form)
        held = Quotient(polynomials.ring(form.names).from_dict(dict(rest)), 1, form.names, 1)
        shown = polynomials.spelled(held.top, held)
        if shown.startswith("-"):
            return f"{polynomials.spelled(-held.top, held)} <= {constant}"
        return f"{shown} >= {-constant}"
    if not form.parts:
        return "always" if isinstance(form, Every) else "never"
    parts = sorted(_text(part) if isinstance(part, Atom) else f"({_text(part)})" for part in form.parts)
    return (" and " if isinstance(form, Every) else " or ").join(parts)


def _solved(one: Form | None, two: Form | None, names: tuple[str, ...]) -> Any:
    """By z3: "same", a point of only one of the two, or None where it does not know within its limits."""
    if one is None or two is None or _count(one) + _count(two) > _COMPARISONS:
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
    return 1 if isinstance(form, Atom) else sum(map(_count, form.parts))


def _z3(form: Form, own: dict[str, Any]) -> Any:
    import z3

    if isinstance(form, Atom):
        powers = (([own[name]] * exponent for name, exponent in zip(form.names, key)) for key, _ in form.terms)
        products = (z3.Product(list(chain(*factors))) for factors in powers)
        return z3.Sum([value * product for product, (_, value) in zip(products, form.terms)]) >= 0
    parts = [_z3(part, own) for part in form.parts]
    return z3.And(parts) if isinstance(form, Every) else z3.Or(parts)
