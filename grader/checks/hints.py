"""Near misses: what went wrong when one small rewriting makes an answer right. Never shows the right answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import combinations

from grader.language import conditions, nodes, polynomial, symbolic
from grader.language.conditions import Sameness
from grader.language.nodes import Name, Negative, Node, Number, Power, Product, Sum
from grader.language.normal_form import Form
from grader.language.polynomial import Budget

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


def formula(given: Node, expected: Node, symbols: tuple[str, ...], same_growth: bool) -> str:
    """The hint for a wrong formula, or an empty string."""
    if nodes.size(given) > _LARGE:
        return ""
    budget = Budget()
    for hint, rewritten in _rewritings(given, symbols):
        if symbolic.equal(rewritten, expected, budget):
            return hint
    one, two = symbolic.form(given), symbolic.form(expected)
    if isinstance(one, Form) and isinstance(two, Form) and one.denominator == two.denominator == polynomial.ONE:
        if not _grouped(given) and _lost_parentheses(one.numerator, two.numerator):
            return _PARENTHESES
        if same_growth:
            return _coarse(one.numerator, two.numerator)
    return ""


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
    names = symbolic.ordered(symbols, nodes.names(given))
    for one, two in combinations(symbols, 2):
        if one in names or two in names:
            swap: dict[str, Node] = {one: Name(two), two: Name(one)}
            yield _SWAPPED.format(one, two), nodes.replaced(given, swap)
    for hint, rule in _RULES:
        yield from ((hint, rewritten) for rewritten in _somewhere(given, rule))


def _rebuilt(node: Node, parts: list[Node]) -> Node:
    if isinstance(node, Sum):
        return Sum(tuple(parts))
    if isinstance(node, Product):
        return Product(tuple(parts), node.signs)
    if isinstance(node, Negative):
        return Negative(parts[0])
    if isinstance(node, Power):
        return Power(parts[0], parts[1])
    if isinstance(node, nodes.Call):
        return nodes.Call(node.function, tuple(parts), node.derivative)
    return node


def _somewhere(node: Node, rule: Callable[[Node], Iterator[Node]]) -> Iterator[Node]:
    """The node with the rule applied at one place."""
    yield from rule(node)
    parts = list(nodes.children(node))
    for number, part in enumerate(parts):
        for changed in _somewhere(part, rule):
            yield _rebuilt(node, [*parts[:number], changed, *parts[number + 1 :]])


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


def _lost_parentheses(given: polynomial.Polynomial, expected: polynomial.Polynomial) -> bool:
    """Whether P + R was given for P + A R, with a monomial A that divides P: 2mn - 2n for n(2m - 2n)."""
    if not 2 <= len(given) == len(expected) <= 4:
        return False
    terms = list(given.items())
    for size in range(1, len(terms)):
        for rest in combinations(terms, size):
            kept = {monomial: value for monomial, value in given.items() if (monomial, value) not in rest}
            missing = polynomial.add(expected, kept, -1)
            factor = _quotient(missing, dict(rest))
            if factor is not None and factor != ((), Fraction(1)) and _divides(factor, kept):
                return True
    return False


def _quotient(
    above: polynomial.Polynomial, below: polynomial.Polynomial
) -> tuple[polynomial.Monomial, Fraction] | None:
    """above/below where that is a natural number times a monomial with positive exponents."""
    if len(above) != len(below):
        return None
    top, bottom = polynomial.leading(above), polynomial.leading(below)
    monomial = polynomial.join(top, polynomial.raised(bottom, -1))
    number = Fraction(above[top]) / Fraction(below[bottom])
    if number <= 0 or number.denominator != 1 or any(own < 0 for _, own in monomial):
        return None
    scaled = {polynomial.join(monomial, own): value * number for own, value in below.items()}
    return (monomial, number) if scaled == above else None


def _divides(factor: tuple[polynomial.Monomial, Fraction], terms: polynomial.Polynomial) -> bool:
    monomial, number = factor
    return all(
        (value / number).denominator == 1 and all(dict(own).get(name, 0) >= power for name, power in monomial)
        for own, value in terms.items()
    )


def _coarse(given: polynomial.Polynomial, expected: polynomial.Polynomial) -> str:
    if given.keys() == expected.keys() and len({Fraction(given[key]) / expected[key] for key in given}) == 1:
        return _FACTOR
    degree = max(_degree(monomial) for monomial in expected)
    top = [{m: v for m, v in side.items() if _degree(m) == degree} for side in (given, expected)]
    return _LOWER if top[0] == top[1] else ""


def _degree(monomial: polynomial.Monomial) -> Fraction:
    return sum((Fraction(own) for _, own in monomial), Fraction(0))
