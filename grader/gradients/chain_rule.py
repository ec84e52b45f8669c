"""Members of an equation that only state the chain rule: whether the way from the gradient to the variable is right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from grader.gradients import adjoint, attempt
from grader.gradients.agreement import agrees
from grader.gradients.attempt import TRUE, Attempt, Tape, View
from grader.gradients.equation import Equation, bar, jacobian
from grader.gradients.evaluation import Evaluation
from grader.gradients.evaluation.matrices import mapped, zipped
from grader.gradients.functions import ONE
from grader.gradients.instances import Differentiated
from grader.gradients.points import Bounds, Place, Problem, Residues
from grader.gradients.shapes import Flexible, Limit, Matrix, ShapeError, Unplaced, is_vector
from grader.language import nodes
from grader.language.nodes import Derivative, Negative, Node, Product, Sum, Transpose


def stated(node: Node, equation: Equation) -> tuple[Derivative, ...]:
    """The derivatives in a member that the student leaves as they are."""
    found: dict[Derivative, None] = {}
    pending, seen = [node], set()
    while pending:
        current = pending.pop()
        if isinstance(current, Derivative):
            if jacobian(current) not in equation.where:
                found[current] = None
            continue
        if isinstance(current, nodes.Name) and current.name in equation.where and current.name not in seen:
            seen.add(current.name)
            pending.append(equation.where[current.name])
        pending.extend(nodes.children(current))
    return tuple(found)


def names_the_way(node: Node, variable: str, equation: Equation, derived: Differentiated) -> bool:
    """Whether a member, its derivatives worked out, is the gradient of a variable.

    Where the factors stand, and which of them are transposed, is not looked at: the derivatives must lead from the
    gradient beside them to the variable.
    """
    for low, high in derived.regions[::5]:
        gradients = attempt.gradient(low, variable), attempt.gradient(high, variable)
        values = (_as_written(node, variable, equation, low), _along(node, variable, equation, low))
        if not any(value is not None and agrees(value, *gradients, low.domain) for value in values):
            return False
    return True


class _WithJacobians(Attempt):
    def jacobian(self, of: str, by: str) -> Matrix | None:
        assert isinstance(self.values, Residues)
        return _jacobian(of, by, self.values)


def _as_written(node: Node, variable: str, equation: Equation, values: Residues) -> Matrix | None:
    """What a member gives with its derivatives worked out, its factors where they stand."""
    try:
        return attempt.value(Equation(node, equation.where), variable, _WithJacobians(values, TRUE, Tape()))
    except (ShapeError, Unplaced, Limit):
        return None


@dataclass(frozen=True)
class _Term:
    """A term of a member: derivatives, and the other factors."""

    derivatives: tuple[Derivative, ...]
    rest: Node
    negative: bool


def _along(node: Node, variable: str, equation: Equation, values: Residues) -> Matrix | None:
    """The sum of the terms, each pulled back along its derivatives; None where they do not lead to the variable."""
    total: Matrix | None = None
    field = values.field
    try:
        for term in _terms(node, False):
            value = _term(term, variable, equation, values)
            if value is None:
                return None
            signed = mapped(field.negative, value) if term.negative else value
            total = signed if total is None else zipped(field.add, total, signed)
    except (ShapeError, Unplaced, Limit):
        return None
    return total


def _terms(node: Node, negative: bool) -> Iterator[_Term]:
    if isinstance(node, Sum):
        for term in node.terms:
            yield from _terms(term, negative)
    elif isinstance(node, Negative):
        yield from _terms(node.operand, not negative)
    else:
        derivatives, rest = _factors(node)
        yield _Term(derivatives, rest, negative)


def _factors(node: Node) -> tuple[tuple[Derivative, ...], Node]:
    """The derivatives among the factors of a product, and the product of the others."""
    bare = node.operand if isinstance(node, Transpose) else node
    if isinstance(bare, Derivative):
        return (bare,), ONE
    if not isinstance(bare, Product) or "/" in bare.signs:
        return (), node
    derivatives: list[Derivative] = []
    others: list[Node] = []
    for factor in bare.factors:
        inner, rest = _factors(factor)
        derivatives += inner
        if not inner:
            others.append(factor.operand if isinstance(factor, Transpose) and _is_bar(factor.operand) else factor)
        elif isinstance(rest, Product) or _is_bar(rest):
            others.append(rest)
    if not derivatives:
        return (), node
    if not others:
        return tuple(derivatives), ONE
    beside: list[nodes.Sign] = ["" for _ in others[1:]]
    return tuple(derivatives), Product(tuple(others), tuple(beside)) if beside else others[0]


def _is_bar(node: Node) -> bool:
    return isinstance(node, nodes.Name) and node.name.endswith("_bar")


def _term(term: _Term, variable: str, equation: Equation, values: Residues) -> Matrix | None:
    """The other factors pulled back along the derivatives of a term, in the order that leads to the variable."""
    found = Evaluation(Attempt(values, View(), Tape()), equation.where).of(term.rest)
    if isinstance(found, Flexible):
        return None
    current = found.transposed if is_vector(found.shape) and found.shape[0] == 1 else found
    left = list(term.derivatives)
    way: list[Derivative] = []
    at = variable
    while left:
        step = next((derivative for derivative in left if derivative.by.name == at), None)
        if step is None:
            return None
        left.remove(step)
        way.append(step)
        at = step.of.name
    for derivative in reversed(way):
        above = values.value(derivative.of.name)
        if above is None or above.shape != current.shape or values.value(derivative.by.name) is None:
            return None
        current = _pulled(current, derivative.of.name, derivative.by.name, values)
    return current


def _pulled(up: Matrix, of: str, by: str, values: Residues) -> Matrix:
    """The transposed Jacobian of one variable by another, times a vector."""
    like = values.value(by)
    assert like is not None
    columns = zip(*_jacobian(of, by, values).rows)
    return Matrix([[values.field.dot(column, up.entries)] for column in columns], like.shape)


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
    procedure = problem.procedure
    labels = dict.fromkeys(procedure.labels, 0)
    names = Bounds(problem, Place(dict.fromkeys(procedure.sizes, 2), labels))
    try:
        return Problem(procedure, adjoint.equations(procedure, of, names.shape))
    except adjoint.NotDifferentiable as error:
        raise ShapeError(str(error)) from error
