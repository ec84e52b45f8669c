"""Near misses: what went wrong when one small rewriting makes an answer right. Never shows the right answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from itertools import combinations

from grader.algebra import conditions, formulas, polynomials
from grader.algebra.conditions import Sameness
from grader.language import nodes
from grader.language.nodes import Name, Negative, Node, Number, Power, Product, Sum

_SIGN = "The sign is the other way round: look at what is subtracted from what."
_SWAPPED = "It looks as if {} and {} were exchanged."
_POWER = "Mind what the power belongs to: 3x^2 means 3·x^2, and (3x)^2 means 9·x^2."
_PARENTHESES = "Mind the parentheses: a factor in front of them multiplies every term inside."
_EXPONENT = "Mind how far the exponent reaches: x^5 + 4x is not x^(5 + 4x)."
_BASE = "Base and exponent are exchanged: 2^x is not x^2."
_ADDED = "Something is added here that should be multiplied."
_FACTOR = "Only a constant factor is off."
_LOWER = "The leading term is right; look at the lower ones."
_LARGE = 40
Exponents = tuple[int, ...]
Terms = Mapping[Exponents, Fraction]


def formula(given: Node, expected: Node, symbols: tuple[str, ...], same_growth: bool) -> str:
    """The hint for a wrong formula, or an empty string."""
    if nodes.size(given) > _LARGE:
        return ""
    for hint, rewritten in _rewritings(given, symbols):
        if formulas.equal(rewritten, expected):
            return hint
    names = formulas.ordered(symbols, nodes.names(given) | nodes.names(expected))
    one, two = (formulas.quotient(side, names) for side in (given, expected))
    if one is None or two is None or not (one.is_polynomial and two.is_polynomial) or one.root != two.root:
        return ""
    own, right = polynomials.coefficients(one.top), polynomials.coefficients(two.top)
    if not _grouped(given) and _lost_parentheses(own, right):
        return _PARENTHESES
    return _coarse(own, right) if same_growth else ""


def condition(given: Node, expected: Node, symbols: tuple[str, ...]) -> str:
    """The hint for a wrong condition, or an empty string."""
    if not isinstance(given, nodes.Comparison) or len(given.operands) != 2:
        return ""
    flipped: dict[nodes.Relation, nodes.Relation] = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
    bordering: dict[nodes.Relation, nodes.Relation] = {"<": "<=", ">": ">=", "<=": "<", ">=": ">"}
    for hint, table in (
        ("The comparison is the other way round.", flipped),
        ("Only the border is off: look at the case where both sides are equal.", bordering),
    ):
        if given.relations[0] in table:
            other = nodes.Comparison(given.operands, (table[given.relations[0]],))
            if conditions.compare(other, expected, symbols).sameness is Sameness.SAME:
                return hint
    return ""


def _rewritings(given: Node, symbols: tuple[str, ...]) -> Iterator[tuple[str, Node]]:
    yield _SIGN, Negative(given)
    names = formulas.ordered(symbols, nodes.names(given))
    for one, two in combinations(symbols, 2):
        if one in names or two in names:
            swap: dict[str, Node] = {one: Name(two), two: Name(one)}
            yield _SWAPPED.format(one, two), nodes.replaced(given, swap)
    for hint, rule in _RULES:
        yield from ((hint, rewritten) for rewritten in nodes.changed_somewhere(given, rule))


def _power_of_product(node: Node) -> Iterator[Node]:
    """(3x)^2 for 3x^2, and the reverse."""
    if isinstance(node, Power) and isinstance(node.base, Product):
        base = node.base
        yield Product((*base.factors[:-1], Power(base.factors[-1], node.exponent)), base.signs)
    if isinstance(node, Product) and isinstance(last := node.factors[-1], Power):
        yield Power(Product((*node.factors[:-1], last.base), node.signs), last.exponent)


def _factor_of_one_term(node: Node) -> Iterator[Node]:
    """n + 1(m - n) for (n + 1)(m - n), and 2n + 1 for 2(n + 1)."""
    if not isinstance(node, Sum):
        return
    first, last = node.terms[0], node.terms[-1]
    if isinstance(last, Product):
        head = Sum((*node.terms[:-1], last.factors[0]))
        yield Product((head, *last.factors[1:]), last.signs)
    for count in range(1, len(first.factors) if isinstance(first, Product) else 0):
        assert isinstance(first, Product)
        tail: Node = first.factors[count]
        if len(first.factors) > count + 1:
            tail = Product(first.factors[count:], first.signs[count:])
        signs: list[nodes.Sign] = [*first.signs[: count - 1], "*"]
        yield Product((*first.factors[:count], Sum((tail, *node.terms[1:]))), tuple(signs))


def _long_exponent(node: Node) -> Iterator[Node]:
    if isinstance(node, Power) and isinstance(node.exponent, Sum):
        yield Sum((Power(node.base, node.exponent.terms[0]), *node.exponent.terms[1:]))


def _exchanged(node: Node) -> Iterator[Node]:
    if isinstance(node, Power):
        yield Power(node.exponent, node.base)


def _added(node: Node) -> Iterator[Node]:
    if isinstance(node, Sum) and not any(isinstance(term, (Negative, Number)) for term in node.terms):
        signs: list[nodes.Sign] = ["*" for _ in node.terms[1:]]
        yield Product(node.terms, tuple(signs))


_RULES: tuple[tuple[str, Callable[[Node], Iterator[Node]]], ...] = (
    (_POWER, _power_of_product),
    (_PARENTHESES, _factor_of_one_term),
    (_EXPONENT, _long_exponent),
    (_BASE, _exchanged),
    (_ADDED, _added),
)


def _grouped(node: Node) -> bool:
    """Whether a sum is multiplied somewhere: then the parentheses were minded."""
    parts = list(nodes.children(node))
    return (isinstance(node, Product) and any(isinstance(part, Sum) for part in parts)) or any(map(_grouped, parts))


def _lost_parentheses(given: Terms, expected: Terms) -> bool:
    """Whether P + R was given for P + A R, with a monomial A that divides P: 2mn - 2n for n(2m - 2n)."""
    if not 2 <= len(given) == len(expected) <= 4:
        return False
    for size in range(1, len(given)):
        for chosen in combinations(given.items(), size):
            rest = dict(chosen)
            kept = {key: value for key, value in given.items() if key not in rest}
            missing = {key: expected.get(key, 0) - kept.get(key, 0) for key in expected.keys() | kept.keys()}
            factor = _monomial({key: Fraction(value) for key, value in missing.items() if value}, rest)
            if factor is not None and factor != _monomial(rest, rest) and _divides(factor, kept):
                return True
    return False


def _monomial(above: Terms, below: Terms) -> tuple[Exponents, Fraction] | None:
    """above/below where that is a natural number times a monomial."""
    if len(above) != len(below):
        return None
    top, bottom = max(above), max(below)
    monomial = tuple(own - other for own, other in zip(top, bottom))
    number = above[top] / below[bottom]
    scaled = {tuple(map(sum, zip(key, monomial))): value * number for key, value in below.items()}
    natural = number > 0 and number.denominator == 1 and min(monomial, default=0) >= 0
    return (monomial, number) if natural and scaled == above else None


def _divides(factor: tuple[Exponents, Fraction], terms: Terms) -> bool:
    monomial, number = factor
    return all(
        (value / number).denominator == 1 and all(own >= least for own, least in zip(key, monomial))
        for key, value in terms.items()
    )


def _coarse(given: Terms, expected: Terms) -> str:
    if given.keys() == expected.keys() and len({given[key] / expected[key] for key in given}) == 1:
        return _FACTOR
    degree = max(map(sum, expected))
    top = [{key: value for key, value in side.items() if sum(key) == degree} for side in (given, expected)]
    return _LOWER if top[0] == top[1] else ""
