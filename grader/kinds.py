"""The kinds of answer to a field, in one table: how each is read, judged, asked for, and changed for the audit.

A new kind is a row here and in ``FIELD_KINDS`` of the config (what can be said before an answer is read), a reader and
a check; ``docs/adding-a-kind.md`` says how. Whoever has an item asks its row; nobody else asks what kind it is of.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from grader import slips
from grader.algebra import formulas, orders
from grader.algebra.formulas import Equality
from grader.assignment.config import Shares
from grader.checks import condition, formula, order, values
from grader.checks.target import Target
from grader.language import reading, writing
from grader.language.nodes import Node, Order
from grader.language.reading import Reading
from grader.report import Finding
from grader.slips import Slip

Symbols = tuple[str, ...]


def _nothing(node: Node, symbols: Symbols) -> str:
    return ""


@dataclass(frozen=True)
class Kind:
    """How answers of one kind are treated.

    ``read`` takes a student's text, and the reference's; it raises ``Unreadable``. ``judge`` holds what was read
    against the reference. ``asked`` stands in the template beside the empty field, ``described`` in the JSON Schema;
    both may hold ``{symbols}`` and ``{shape}``. ``slips`` are what the audit puts into the right answer; numbers in an
    array are changed one by one and need none. ``unfit`` says what is wrong with a reference's answer that can be read.
    ``exchangeable``: a remark points out two answers that stand in each other's place.
    """

    read: Callable[[str, Symbols], Reading]
    judge: Callable[[Reading, Target, Symbols, Shares], Finding]
    asked: str
    described: str
    slips: Callable[[Symbols], tuple[Slip, ...]] = lambda symbols: ()
    unfit: Callable[[Node, Symbols], str] = _nothing
    exchangeable: bool = False


def _formula(read: Reading, expected: Target, symbols: Symbols, shares: Shares) -> Finding:
    return formula.judge(read.members, expected, symbols, shares.same_growth, shares.order)


def _order(read: Reading, expected: Target, symbols: Symbols, shares: Shares) -> Finding:
    return order.judge(read.members, expected, symbols, shares.same_growth)


def _condition(read: Reading, expected: Target, symbols: Symbols, shares: Shares) -> Finding:
    return condition.judge(read.node, expected, symbols)


def _vector(read: Reading, expected: Target, symbols: Symbols, shares: Shares) -> Finding:
    return values.judge(read.members, expected, vector=True)


def _matrix(read: Reading, expected: Target, symbols: Symbols, shares: Shares) -> Finding:
    return values.judge(read.members, expected, vector=False)


def _not_simplest(node: Node, symbols: Symbols) -> str:
    """An order is stated in its simplest form."""
    inside = node.argument if isinstance(node, Order) else node
    simplest = orders.simplest(inside, symbols)
    if formulas.compare(orders.one_base(inside), simplest, symbols).equality is Equality.EQUAL:
        return ""
    return f"no order in its simplest form: write O({writing.text(simplest)})"


TABLE = {
    "formula": Kind(
        reading.formula,
        _formula,
        "a formula in {symbols}",
        "A formula in {symbols}, such as 'n^5 + 4n'. Quote it if it holds ': ', '#', or begins with a sign.",
        slips.formula,
        exchangeable=True,
    ),
    "order": Kind(
        reading.order,
        _order,
        "an order in {symbols}, such as O(...)",
        "An order in {symbols}, such as 'O(n^5)'.",
        slips.formula,
        _not_simplest,
    ),
    "condition": Kind(
        reading.condition,
        _condition,
        "a condition on {symbols}, with <, <=, >, >= or =",
        "A condition on {symbols}, such as '{example}'.",
        slips.condition,
    ),
    "vector": Kind(
        lambda text, symbols: reading.vector(text),
        _vector,
        "a vector of {shape} numbers",
        "A vector of {shape} numbers, such as [1, 2, 3].",
    ),
    "matrix": Kind(
        lambda text, symbols: reading.array(text),
        _matrix,
        "a {shape} matrix, row by row",
        "A matrix of {shape} numbers: a list of rows, such as [[1, 2], [3, 4]].",
    ),
}
