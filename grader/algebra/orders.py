"""The simplest form of an order of growth: no constant factor, and no term that another one outgrows."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from grader.algebra import formulas, polynomials
from grader.algebra.newton import Growth
from grader.language import nodes
from grader.language.nodes import Call, Meaning, Name, Node, Number, Power, Product, Sum

_MOST = 12


@lru_cache(maxsize=256)
def simplest(node: Node, symbols: tuple[str, ...]) -> Node:
    """A formula that grows as ``node`` does, as an order is stated: ``n^5`` for ``3n^5 + n`` and for ``n^4(n + 1)/2``.

    What cannot be shown to grow alike stays as it is.
    """
    node = one_base(node)
    found = formulas.quotient(node)
    if found is not None and found.is_polynomial and 1 < len(found.top) <= _MOST:
        node = Sum(tuple(_monomial(key, value, found) for key, value in polynomials.coefficients(found.top).items()))
    terms = list(node.terms) if isinstance(node, Sum) and len(node.terms) <= _MOST else [node]
    for term in tuple(terms):
        rest = [other for other in terms if other is not term]
        if rest and _alike(_total(rest), node, symbols):
            terms = rest
    plain = [_without_factor(term) for term in terms]
    return next(found for found in (_total(plain), _total(terms), node) if _alike(found, node, symbols))


def one_base(node: Node) -> Node:
    """The formula with natural logarithms: the base is a constant factor, which an order leaves out."""
    return _OneBase().of(node)


class _OneBase(Meaning[Node]):
    """Where a logarithm is no factor of a term, its base may matter."""

    def call_(self, node: Call) -> Node:
        return Call("log", (self.of(node.arguments[0]),)) if node.function == "log" else node

    def product_(self, node: Product) -> Node:
        return Product(tuple(map(self.of, node.factors)), node.signs)

    def sum_(self, node: Sum) -> Node:
        return Sum(tuple(map(self.of, node.terms)))

    def other(self, node: Node) -> Node:
        return node


def _total(terms: list[Node]) -> Node:
    return terms[0] if len(terms) == 1 else Sum(tuple(terms))


def _alike(one: Node, two: Node, symbols: tuple[str, ...]) -> bool:
    return one == two or formulas.compare(one, two, symbols).growth is Growth.SAME


def _monomial(key: tuple[int, ...], value: Fraction, found: polynomials.Quotient) -> Node:
    factors: list[Node] = [] if value == 1 and any(key) else [Number(value)]
    for name, exponent in zip(found.names, key):
        if exponent:
            power = Fraction(exponent, found.root)
            factors.append(Name(name) if power == 1 else Power(Name(name), Number(power)))
    times: list[nodes.Sign] = ["*" for _ in factors[1:]]
    return factors[0] if len(factors) == 1 else Product(tuple(factors), tuple(times))


def _without_factor(node: Node) -> Node:
    """A term without the numbers that it is multiplied with or divided by."""
    if isinstance(node, Number):
        return Number(Fraction(1))
    if not isinstance(node, Product):
        return node
    signs: tuple[nodes.Sign, ...] = ("*", *node.signs)
    kept = [(sign, factor) for sign, factor in zip(signs, node.factors) if nodes.names(factor)]
    if not kept:
        return node
    if len(kept) == 1:
        return _without_factor(kept[0][1])
    return Product(tuple(factor for _, factor in kept), tuple(sign for sign, _ in kept[1:]))
