"""The reference's answers as nodes: read by the same readers as a student's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from grader.algebra import formulas, orders
from grader.algebra.formulas import Equality
from grader.answer_key import AGAINST_THE_KEY, AnswerKey, Faulty
from grader.checks.target import Accepted, Target
from grader.config import Config, Item
from grader.language import reading, writing
from grader.language.nodes import Array, Node, Number, Order
from grader.language.unreadable import Unreadable


def read(key: AnswerKey, config: Config) -> dict[str, Target]:
    """The target of every item that is held against the reference. Raises ``answer_key.Faulty`` with all mistakes."""
    found: dict[str, Target] = {}
    mistakes: list[str] = []
    for item in config.items:
        if item.kind not in AGAINST_THE_KEY:
            continue
        expected = key.expected[item.name]
        try:
            found[item.name] = Target(
                node(item, expected.answer),
                tuple(Accepted(node(item, one.answer), one.credit, one.message) for one in expected.accepted),
            )
        except Unreadable as unreadable:
            mistakes.append(f"{expected.place}: {item.name}: {unreadable}")
            continue
        if item.kind == "order" and (simpler := _simpler(found[item.name].node, item.symbols)):
            says = f"{expected.answer} is no order in its simplest form: write O({simpler})"
            mistakes.append(f"{expected.place}: {item.name}: {says}")
    if mistakes:
        raise Faulty("\n".join(mistakes))
    return found


def _simpler(order: Node, symbols: tuple[str, ...]) -> str:
    """The simplest form of an order, where it is not in that form."""
    inside = order.argument if isinstance(order, Order) else order
    simplest = orders.simplest(inside, symbols)
    return (
        ""
        if formulas.compare(orders.one_base(inside), simplest, symbols).equality is Equality.EQUAL
        else writing.text(simplest)
    )


def node(item: Item, answer: Any) -> Node:
    """One answer of the reference, as it stands there, read for an item. Raises ``Unreadable``."""
    if isinstance(answer, str):
        return _READERS[item.kind](answer, item.symbols)
    return _array(answer)


def _array(answer: Any) -> Node:
    if isinstance(answer, (list, tuple)):
        return Array(tuple(_array(entry) for entry in answer))
    return Number(reading.number(str(answer)))


def _values(text: str, _: tuple[str, ...]) -> Node:
    return reading.array(text).node


_READERS: Mapping[str, Callable[[str, tuple[str, ...]], Node]] = {
    "formula": lambda text, symbols: reading.formula(text, symbols).node,
    "order": lambda text, symbols: reading.order(text, symbols).node,
    "condition": lambda text, symbols: reading.condition(text, symbols).node,
    "vector": _values,
    "matrix": _values,
}
