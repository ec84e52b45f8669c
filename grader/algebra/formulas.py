"""Formulas compared: equal or not, the same growth or not, and the smallest numbers at which two of them differ.

sympy decides what is equal: quotients of polynomials in its rings, where that is decided always; other formulas by its
expressions, where a proof may be missing.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from itertools import islice

from grader.algebra import expressions, polynomials, values
from grader.algebra.polynomials import Growth, NotRational, Quotient
from grader.frozen import frozen
from grader.language import exact, nodes, writing
from grader.language.nodes import Call, Name, Node, Number, Power, Product, Sign, Sum
from grader.processes import pool

_POINTS = 400
_EVALUATED = 20_000
_TERMS = 12
"""An order of more terms than these stays as it is."""


@frozen
class Witness:
    """The smallest positive integers at which two formulas differ, with both values as a person reads them."""

    point: tuple[tuple[str, int], ...]
    given: str
    expected: str

    def __str__(self) -> str:
        return ", ".join(f"{name} = {number}" for name, number in self.point)


@frozen
class Comparison:
    """Two formulas compared. ``equal`` is None where neither is proved, ``reason`` says why; ``growth`` likewise."""

    equal: bool | None
    witness: Witness | None = None
    growth: Growth | None = None
    reason: str = ""


@lru_cache(maxsize=1024)
def compare(given: Node, expected: Node, symbols: tuple[str, ...]) -> Comparison:
    """Whether two formulas are equal for all positive integers; where they differ, how, and from where on.

    Decided for all quotients of polynomials, also in roots of the names, within the bounds on size. For others a proof
    of sympy's shows equality and a point shows difference.
    """
    names = polynomials.ordered(symbols, nodes.names(given) | nodes.names(expected))
    try:
        above, below = polynomials.crossed(given, expected, names)
    except NotRational:
        return _by_expressions(given, expected, names)
    except ZeroDivisionError:
        return Comparison(False, _search(given, expected, names)[0], Growth.OTHER)
    if above == below:
        return Comparison(True, growth=Growth.SAME)
    return Comparison(False, _search(given, expected, names)[0], polynomials.growth(above, below))


def equal(one: Node, two: Node) -> bool:
    """Whether two formulas are proved equal as quotients of polynomials; costs no search for a difference."""
    names = polynomials.ordered((), nodes.names(one) | nodes.names(two))
    try:
        above, below = polynomials.crossed(one, two, names)
    except (NotRational, ZeroDivisionError):
        return False
    return bool(above == below)


def agree(one: Node, two: Node) -> bool:
    """Whether two formulas have one value at every small point: no proof, but what a self-check tells without sympy."""
    different, alike = _search(one, two, polynomials.ordered((), nodes.names(one) | nodes.names(two)))
    return alike and different is None


def canonical(node: Node) -> str:
    """The one spelling that equal quotients of polynomials share, parts that are none being as they are written."""
    found = quotient(node) or quotient(polynomials.with_parts_named(node))
    return writing.text(node) if found is None else polynomials.text(found)


def quotient(node: Node, names: tuple[str, ...] | None = None) -> Quotient | None:
    """The formula as a quotient of polynomials in these names (or in its own), where it is one of bounded size."""
    try:
        return polynomials.quotients((node,), tuple(sorted(nodes.names(node))) if names is None else names)[0]
    except (NotRational, ZeroDivisionError):
        return None


def _by_expressions(given: Node, expected: Node, names: tuple[str, ...]) -> Comparison:
    different, alike = _search(given, expected, names, 60 if len(names) > 1 else 25)
    reason = expressions.refusal(given) or expressions.refusal(expected)
    growth = None
    if not reason:
        expressions.warm()
        if (alike or different is None) and pool.bounded(lambda: expressions.equal(given, expected)):
            return Comparison(True, growth=Growth.SAME)
        found = pool.bounded(lambda: expressions.growth(given, expected, names))
        growth = Growth(found) if found else None
    if growth is None and _towers(given, expected, names):
        growth = Growth.FASTER
    elif growth is None and _towers(expected, given, names):
        growth = Growth.SLOWER
    if different is not None or growth not in (None, Growth.SAME):
        return Comparison(False, different, growth)
    return Comparison(None, growth=growth, reason=reason or "no rule brings them together")


def _towers(one: Node, two: Node, names: tuple[str, ...]) -> bool:
    """Whether a tower of powers grows faster: n^(n^(n^n)), because n^n does, which it is never below."""
    if not isinstance(one, Power) or not isinstance(one.exponent, Power):
        return False
    least = all(isinstance(part, (Name, Power)) or getattr(part, "value", 0) >= 1 for part in nodes.parts(one))
    return least and compare(Power(one.base, one.exponent.base), two, names).growth is Growth.FASTER


def _search(given: Node, expected: Node, names: tuple[str, ...], most: int = _POINTS) -> tuple[Witness | None, bool]:
    """The first small point at which two formulas differ, and whether they have one value elsewhere and no two.

    Small points only, since an undecided pair must not cost more than a moment. Where only one has a value, they differ
    there if they do so nowhere else.
    """
    bare: Witness | None = None
    met = False
    most = max(6, min(most, _EVALUATED // (nodes.size(given) + nodes.size(expected))))
    for point in islice(values.points(names), most + 1):
        one, two = _value(given, point), _value(expected, point)
        if one is None or two is None:
            continue
        if isinstance(one, str) or isinstance(two, str):
            if bare is None and one != two:
                bare = _shown(point, one, two)
        elif values.sign(one, two):
            return _shown(point, one, two), False
        else:
            met = True
    return bare, met


def _shown(point: dict[str, int], one: values.Value | str, two: values.Value | str) -> Witness:
    given, expected = (value if isinstance(value, str) else values.text(value) for value in (one, two))
    return Witness(tuple(point.items()), given, expected)


def _value(node: Node, point: dict[str, int]) -> values.Value | str | None:
    """The value, "no value", or None where it is beyond the bounds."""
    try:
        return values.value(node, point)
    except exact.Unknown:
        return None
    except exact.Undefined:
        return "no value"


# Orders


@lru_cache(maxsize=256)
def simplest(node: Node, symbols: tuple[str, ...]) -> Node:
    """A formula that grows as ``node`` does, as an order is stated: ``n^5`` for ``3n^5 + n`` and for ``n^4(n + 1)/2``.

    What cannot be shown to grow alike stays as it is.
    """
    node = one_base(node)
    found = quotient(node)
    terms: list[Node] = list(node.terms) if isinstance(node, Sum) else [node]
    if found is not None and found.is_polynomial:
        terms = [_monomial(key, found) for key in polynomials.coefficients(found.top)]
    if not 0 < len(terms) <= _TERMS:
        return node
    terms = list(map(_without_factor, terms))
    for term in tuple(terms):
        rest = [other for other in terms if other is not term]
        if rest and _alike(nodes.added(rest), node, symbols):
            terms = rest
    return nodes.added(terms) if _alike(nodes.added(terms), node, symbols) else node


def one_base(node: Node) -> Node:
    """The formula with natural logarithms: the base is a constant factor, which an order leaves out.

    Where a logarithm is no factor of a term, its base may matter.
    """
    if isinstance(node, Call) and node.function == "log":
        return Call("log", (one_base(node.arguments[0]),))
    if isinstance(node, Sum):
        return Sum(tuple(map(one_base, node.terms)))
    return replace(node, factors=tuple(map(one_base, node.factors))) if isinstance(node, Product) else node


def _alike(one: Node, two: Node, symbols: tuple[str, ...]) -> bool:
    return one == two or compare(one, two, symbols).growth is Growth.SAME


def _monomial(key: tuple[int, ...], found: Quotient) -> Node:
    powers = ((Name(name), Fraction(exponent, found.root)) for name, exponent in zip(found.names, key) if exponent)
    factors: list[Node] = [name if power == 1 else Power(name, Number(power)) for name, power in powers]
    if len(factors) < 2:
        return factors[0] if factors else nodes.ONE
    signs: list[Sign] = ["*" for _ in factors[1:]]
    return Product(tuple(factors), tuple(signs))


def _without_factor(node: Node) -> Node:
    """A term without the numbers that it is multiplied with or divided by."""
    if not isinstance(node, Product):
        return node
    signs: tuple[Sign, ...] = ("*", *node.signs)
    kept = [(sign, factor) for sign, factor in zip(signs, node.factors) if nodes.names(factor)]
    if len(kept) < 2:
        return _without_factor(kept[0][1]) if kept else node
    return Product(tuple(factor for _, factor in kept), tuple(sign for sign, _ in kept[1:]))
