"""The functions of equations, and the derivative of a function of the student's own."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from grader.language import nodes
from grader.language.nodes import Call, Choice, Indicator, Name, Negative, Node, Number, Power, Product, Sum

KINKED = frozenset({"relu", "step", "sign", "abs"})
"""Functions with a place where the derivative is a matter of taste."""

SMOOTH = frozenset({"identity", "square", "cube", "sqrt", "sigmoid", "tanh", "exp", "log"})

ENTRYWISE = KINKED | SMOOTH
"""Functions that act on each entry alone and have a derivative here."""

WHOLE = frozenset({"softmax", "sum", "diag", "onehot", "ones", "zeros", "eye", "identity"})
"""Functions of a vector or matrix as a whole."""

ZERO, ONE, TWO = (Number(Fraction(value)) for value in range(3))


class NotDifferentiable(Exception):
    """Something that there is no rule for."""


def slope(body: Node, name: str) -> Node:
    """The derivative of a number with respect to a name, by the rules of calculus.

    Raises:
        NotDifferentiable: an operation without a rule.
    """
    match body:
        case Name():
            return ONE if body.name == name else ZERO
        case Sum():
            return Sum(tuple(slope(term, name) for term in body.terms))
        case Negative():
            return Negative(slope(body.operand, name))
        case Product():
            return _product(body, name)
        case Power(exponent=Number(value)):
            inner = Product((body.exponent, Power(body.base, Number(value - 1))), ("∘",))
            return Product((inner, slope(body.base, name)), ("∘",))
        case Call(arguments=(argument,)):
            return Product((Call(body.function, (argument,), body.derivative + 1), slope(argument, name)), ("∘",))
        case Choice():
            branches = tuple((condition, slope(value, name)) for condition, value in body.branches)
            return Choice(branches, slope(body.otherwise, name))
        case Number() | Indicator() | nodes.Gap():
            return body if isinstance(body, nodes.Gap) else ZERO
    raise NotDifferentiable(f"no rule for {type(body).__name__}")


def _product(body: Product, name: str) -> Node:
    terms: list[Node] = []
    for place, factor in enumerate(body.factors):
        inner = slope(factor, name)
        if place and body.signs[place - 1] == "/":
            inner = Negative(Product((inner, Power(factor, TWO)), ("/",)))
            signs = (*body.signs[: place - 1], "∘", *body.signs[place:])
        else:
            signs = body.signs
        terms.append(Product((*body.factors[:place], inner, *body.factors[place + 1 :]), signs))
    return Sum(tuple(terms))


def entrywise(body: Node) -> Node | None:
    """A number's formula with its products by entries, so that it acts on a vector; None where it is none."""
    for part in nodes.parts(body):
        if isinstance(part, (nodes.Transpose, nodes.Array, nodes.Entry, nodes.Entries, nodes.Total)):
            return None
        if isinstance(part, Call) and part.function in WHOLE - {"identity"}:
            return None
    return nodes.changed_everywhere(body, _by_entries)


def _by_entries(node: Node) -> Node:
    if isinstance(node, Product):
        return replace(node, signs=tuple("/" if sign == "/" else "∘" for sign in node.signs))
    return node
