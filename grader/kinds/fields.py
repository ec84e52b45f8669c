"""The kinds of field, in one table: how each is read, judged, asked for, and changed for the audit.

A new kind is a row here and in ``FIELD_KINDS`` of the config (what can be said before an answer is read), a reader and
a check; ``docs/adding-a-kind.md`` says how. Below the table stands what a part of such fields does with their rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from grader import slips
from grader.algebra import formulas, orders
from grader.algebra.formulas import Equality
from grader.assignment.answer_key import AnswerKey, Faulty
from grader.assignment.config import Config, Item, Shares
from grader.checks import condition, formula, order, values
from grader.checks.target import Accepted, Target
from grader.forms import fields as forms
from grader.forms.answer import Answers, PartAnswers, Typed
from grader.forms.asking import Schema
from grader.language import reading, writing
from grader.language.nodes import Array, Node, Number, Order
from grader.language.reading import Reading
from grader.language.unreadable import Unreadable
from grader.mutation import brute_force, mutants
from grader.mutation.mutants import Change
from grader.report import Finding, Paragraph
from grader.slips import Slip

Symbols = tuple[str, ...]


def _nothing(node: Node, symbols: Symbols) -> str:
    return ""


@dataclass(frozen=True)
class FieldKind:
    """How answers to fields of one kind are treated.

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


FIELDS = {
    "formula": FieldKind(
        reading.formula,
        _formula,
        "a formula in {symbols}",
        "A formula in {symbols}, such as 'n^5 + 4n'. Quote it if it holds ': ', '#', or begins with a sign.",
        slips.formula,
        exchangeable=True,
    ),
    "order": FieldKind(
        reading.order,
        _order,
        "an order in {symbols}, such as O(...)",
        "An order in {symbols}, such as 'O(n^5)'.",
        slips.formula,
        _not_simplest,
    ),
    "condition": FieldKind(
        reading.condition,
        _condition,
        "a condition on {symbols}, with <, <=, >, >= or =",
        "A condition on {symbols}, such as '{example}'.",
        slips.condition,
    ),
    "vector": FieldKind(
        lambda text, symbols: reading.vector(text),
        _vector,
        "a vector of {shape} numbers",
        "A vector of {shape} numbers, such as [1, 2, 3].",
    ),
    "matrix": FieldKind(
        lambda text, symbols: reading.array(text),
        _matrix,
        "a {shape} matrix, row by row",
        "A matrix of {shape} numbers: a list of rows, such as [[1, 2], [3, 4]].",
    ),
}


def read(typed: Typed) -> PartAnswers:
    """The answers to the fields of a part."""
    return forms.read(typed, text)


def text(item: Item, typed: str) -> Reading:
    """The text of one answer, read for its item. Raises ``Unreadable``."""
    return FIELDS[item.kind].read(typed, item.symbols)


def template(part: Any, items: tuple[Item, ...]) -> Iterator[str]:
    """The lines of a template."""
    return forms.template(part, items, {name: row.asked for name, row in FIELDS.items()})


def schema(part: Any, config: Config) -> Schema:
    """The JSON Schema of the part."""
    return forms.schema(part, {name: row.described for name, row in FIELDS.items()})


def targets(name: str, config: Config, key: AnswerKey | None) -> dict[str, Target]:
    """What the answers to a part are held against, by item. Raises ``answer_key.Faulty`` with all mistakes."""
    found: dict[str, Target] = {}
    mistakes: list[str] = []
    for item in config.items if key is not None else ():
        if item.part != name:
            continue
        assert key is not None
        expected = key.expected[item.name]
        try:
            others = tuple(Accepted(_node(item, one.answer), one.credit, one.message) for one in expected.accepted)
            found[item.name] = Target(_node(item, expected.answer), others)
        except Unreadable as unreadable:
            mistakes.append(f"{expected.place}: {item.name}: {unreadable}")
            continue
        if unfit := FIELDS[item.kind].unfit(found[item.name].node, item.symbols):
            mistakes.append(f"{expected.place}: {item.name}: {expected.answer} is {unfit}")
    if mistakes:
        raise Faulty("\n".join(mistakes))
    return found


def _node(item: Item, answer: Any) -> Node:
    """One answer of the reference, as it stands there, read for an item."""
    return text(item, answer).node if isinstance(answer, str) else _array(answer)


def _array(answer: Any) -> Node:
    if isinstance(answer, (list, tuple)):
        return Array(tuple(_array(entry) for entry in answer))
    return Number(reading.number(str(answer)))


def judge(item: Item, given: Answers, known: Mapping[str, Target], shares: Shares) -> Finding:
    """The finding for one field, beside the answers to the others of its part."""
    row = FIELDS[item.kind]
    finding = row.judge(given.items[item.name].value, known[item.name], item.symbols, shares)
    return _exchanged(finding, item, given, known) if row.exchangeable and finding.credit < 1 else finding


def _exchanged(finding: Finding, item: Item, given: Answers, known: Mapping[str, Target]) -> Finding:
    """The finding, with a remark where this answer and a neighbour's are right for each other's items."""
    for other in (given.items[name].item for name in known):
        neighbours = other != item and other.path[:-1] == item.path[:-1] and other.kind == item.kind
        if neighbours and _right(given, item, known[other.name]) and _right(given, other, known[item.name]):
            says = f"This and your answer to {other.name} are right for each other: did you exchange them?"
            return replace(finding, blocks=(*finding.blocks, Paragraph(says)))
    return finding


def _right(given: Answers, item: Item, target: Target) -> bool:
    answer = given.items[item.name]
    if answer.status != "read":
        return False
    return formulas.compare(answer.value.node, target.node, item.symbols).equality is Equality.EQUAL


def changes(item: Item, config: Config, answer: Any) -> Iterator[Change]:
    """The slips in the right answer to a field, where ``answer`` is the one to its part."""
    for step in item.path:
        answer = answer[step]
    if item.shape:
        return mutants.values(item.path, answer)
    return mutants.typed(item.path, text(item, str(answer)).node, FIELDS[item.kind].slips(item.symbols))


def behaviour(item: Item, config: Config, base: Any, answer: Any) -> Iterator[Any]:
    """What the answer to a field means, by trying; ``answer`` is the one to its part."""
    for step in item.path:
        answer = answer[step]
    return brute_force.field(item, str(answer), text)
