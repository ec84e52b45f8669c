"""The reference's answers as nodes: read by the same readers as a student's."""

from __future__ import annotations

from typing import Any

from grader import kinds
from grader.assignment.answer_key import AnswerKey, Faulty
from grader.assignment.config import Config, Item
from grader.checks.target import Accepted, Target
from grader.language import reading
from grader.language.nodes import Array, Node, Number
from grader.language.unreadable import Unreadable


def read(key: AnswerKey, config: Config) -> dict[str, Target]:
    """The target of every item that is held against the reference. Raises ``answer_key.Faulty`` with all mistakes."""
    found: dict[str, Target] = {}
    mistakes: list[str] = []
    for item in config.items:
        if not item.needs_reference:
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
        if unfit := kinds.TABLE[item.kind].unfit(found[item.name].node, item.symbols):
            mistakes.append(f"{expected.place}: {item.name}: {expected.answer} is {unfit}")
    if mistakes:
        raise Faulty("\n".join(mistakes))
    return found


def node(item: Item, answer: Any) -> Node:
    """One answer of the reference, as it stands there, read for an item. Raises ``Unreadable``."""
    if isinstance(answer, str):
        return kinds.TABLE[item.kind].read(answer, item.symbols).node
    return _array(answer)


def _array(answer: Any) -> Node:
    if isinstance(answer, (list, tuple)):
        return Array(tuple(_array(entry) for entry in answer))
    return Number(reading.number(str(answer)))
