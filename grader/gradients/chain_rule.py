"""Members of an equation that only state the chain rule: whether the way from the gradient to the variable is right."""

from __future__ import annotations

from collections.abc import Sequence

from grader.gradients import proof
from grader.gradients.evaluation import TRUE
from grader.gradients.points import Differentiated
from grader.gradients.procedure import Equation
from grader.gradients.shapes import NoValue
from grader.language import nodes
from grader.language.nodes import Derivative, Negative, Node, Product, Sum, Transpose


def names_the_way(node: Node, variable: str, equation: Equation, derived: Differentiated) -> bool:
    """Whether a member, its derivatives worked out, is the gradient of a variable.

    Where the factors stand, and which of them are transposed, is not looked at: the derivatives must lead from the
    gradient beside them to the variable.
    """
    for way in (node, _ordered(node, variable)):
        try:
            if way and proof.prove(Equation(way, equation.where), variable, TRUE, derived.regions[::5]).holds:
                return True
        except NoValue:
            continue
    return False


def _ordered(node: Node, variable: str) -> Node | None:
    """A member with its derivatives transposed, in the order that leads to the variable; None where they do not."""
    if isinstance(node, Sum):
        terms = [_ordered(term, variable) for term in node.terms]
        return None if None in terms else Sum(tuple(term for term in terms if term is not None))
    if isinstance(node, Negative):
        inner = _ordered(node.operand, variable)
        return None if inner is None else Negative(inner)
    left, others = _factors(node)
    way: list[Node] = []
    at = variable
    while left:
        step = next((derivative for derivative in left if derivative.by.name == at), None)
        if step is None:
            return None
        left.remove(step)
        way.append(Transpose(step))
        at = step.of.name
    # What stands beside the derivatives is a product of its own, pulled back as a whole.
    return _side_by_side([*way, *([_side_by_side(others)] if others else [])])


def _side_by_side(factors: Sequence[Node]) -> Node:
    beside: nodes.Sign = ""
    return Product(tuple(factors), (beside,) * (len(factors) - 1)) if len(factors) > 1 else factors[0]


def _factors(node: Node) -> tuple[list[Derivative], list[Node]]:
    """The derivatives among the factors of a product, and the other factors, gradients without their transposes."""
    bare = node.operand if isinstance(node, Transpose) else node
    if isinstance(bare, Derivative):
        return [bare], []
    if isinstance(bare, nodes.Name) and bare.name.endswith("_bar"):
        return [], [bare]
    if not isinstance(bare, Product) or "/" in bare.signs:
        return [], [node]
    found = [_factors(factor) for factor in bare.factors]
    derivatives = [one for inner, _ in found for one in inner]
    return (derivatives, [one for _, inner in found for one in inner]) if derivatives else ([], [node])
