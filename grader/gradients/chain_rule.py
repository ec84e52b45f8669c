"""Members of an equation that only state the chain rule: whether the way from the gradient to the variable is right."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from grader.gradients import adjoint, attempt
from grader.gradients.attempt import TRUE, Attempt, Tape, agrees
from grader.gradients.equation import Equation, bar
from grader.gradients.instances import Differentiated
from grader.gradients.points import Problem, Residues
from grader.gradients.shapes import Matrix, NoValue, ShapeError
from grader.language import nodes
from grader.language.nodes import Derivative, Negative, Node, Product, Sum, Transpose


def names_the_way(node: Node, variable: str, equation: Equation, derived: Differentiated) -> bool:
    """Whether a member, its derivatives worked out, is the gradient of a variable.

    Where the factors stand, and which of them are transposed, is not looked at: the derivatives must lead from the
    gradient beside them to the variable.
    """
    ways = [way for way in (node, _ordered(node, variable)) if way is not None]
    for low, high in derived.regions[::5]:
        gradients = attempt.gradient(low, variable), attempt.gradient(high, variable)
        values = [_value(Equation(way, equation.where), variable, low) for way in ways]
        if not any(value is not None and agrees(value, *gradients, low.domain) for value in values):
            return False
    return True


class _WithJacobians(Attempt):
    def jacobian(self, of: str, by: str) -> Matrix | None:
        assert isinstance(self.values, Residues)
        return _jacobian(of, by, self.values)


def _value(equation: Equation, variable: str, values: Residues) -> Matrix | None:
    """What a member gives with its derivatives worked out."""
    try:
        return attempt.value(equation, variable, _WithJacobians(values, TRUE, Tape()))
    except NoValue:
        return None


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


@lru_cache(maxsize=256)
def _jacobian(of: str, by: str, values: Residues) -> Matrix:
    """∂of_i/∂by_j in row i and column j.

    Raises:
        ShapeError: one of them is no number or vector.
    """
    above, below = values.value(of), values.value(by)
    if above is None or below is None or 1 not in above.shape or 1 not in below.shape:
        raise ShapeError(f"∂{of}/∂{by} is no derivative of two variables")
    size = len(above.entries)
    units = [Matrix([[int(i == row)] for i in range(size)], above.shape) for row in range(size)]
    axes = (above.shape[0], below.shape[0])
    if of == by:
        return Matrix([unit.entries for unit in units], axes)
    problem = _from(values.problem, of)
    rows = []
    for unit in units:
        inner = values.under(problem, {bar(of): unit})
        found = inner.value(bar(by)) if bar(by) in problem.bars else None
        rows.append([0] * len(below.entries) if found is None else found.entries)
    return Matrix(rows, axes)


@lru_cache(maxsize=64)
def _from(problem: Problem, of: str) -> Problem:
    """The problem of differentiating another step."""
    try:
        return Problem(problem.procedure, adjoint.equations(problem.procedure, of, problem.bounds.shape))
    except adjoint.NotDifferentiable as error:
        raise ShapeError(str(error)) from error
