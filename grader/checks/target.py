"""What an answer is held against: the right answer, and others that are accepted or partly accepted, each as nodes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from typing import Any

from grader import slips
from grader.assignment.answer_key import Alternative, AnswerKey, Expected
from grader.assignment.config import Item
from grader.assignment.faults import Faulty
from grader.language import reading
from grader.language.nodes import Array, Node, Number
from grader.language.unreadable import Unreadable
from grader.report import Block, Finding, Paragraph, Verdict
from grader.slips import Slip

_RANK = (Verdict.CORRECT, Verdict.PARTIAL, Verdict.REVIEW, Verdict.INCORRECT)

Accepted = Alternative[Node]
Target = Expected[Node]


def read(items: Iterable[Item], key: AnswerKey, read_: Callable[[Item, str], Node]) -> dict[str, Target]:
    """The reference's answers to some items, read as a student's are. Raises ``Faulty`` with all mistakes."""
    found: dict[str, Target] = {}
    mistakes: list[str] = []
    for item in items:
        stated = key.expected[item.name]
        try:
            answer = _node(item, stated.answer, read_)
            others = (Accepted(_node(item, one.answer, read_), one.credit, one.message) for one in stated.accepted)
            found[item.name] = Target(answer, tuple(others), stated.place)
        except Unreadable as unreadable:
            mistakes.append(f"{stated.place}: {item.name}: {unreadable}")
    if mistakes:
        raise Faulty(*mistakes)
    return found


def _node(item: Item, answer: Any, read_: Callable[[Item, str], Node]) -> Node:
    """One answer of the reference, as it stands there: a text, a number, or lists of numbers."""
    return read_(item, answer) if isinstance(answer, str) else _array(answer)


def _array(answer: Any) -> Node:
    if isinstance(answer, (list, tuple)):
        return Array(tuple(_array(entry) for entry in answer))
    return Number(reading.number(str(answer)))


def finding(alternative: Accepted, code: str, canonical: str) -> Finding:
    """The finding for an answer that equals a further accepted one."""
    verdict = (
        Verdict.CORRECT if alternative.credit == 1 else Verdict.PARTIAL if alternative.credit else Verdict.INCORRECT
    )
    hint = {Verdict.CORRECT: None, Verdict.PARTIAL: "It is right in part.", Verdict.INCORRECT: "It is not right."}
    blocks: tuple[Block, ...] = (Paragraph(alternative.message, hint[verdict]),) if alternative.message else ()
    return Finding(verdict, blocks, code, alternative.credit, canonical)


def near_miss(given: Node, table: Collection[Slip], right: Callable[[Node], bool]) -> tuple[Paragraph, ...]:
    """A message on the slip that was made, where mending one makes a wrong answer right; it never tells what is right.

    But whoever knows the slip can mend it: so there is no message before the due date.
    """
    slip = slips.recognised(given, table, right)
    return () if slip is None else (Paragraph(slip.message, hint=""),)


def of_chain(findings: list[Finding], deciding: Iterable[int] | None = None) -> Finding:
    """The worst finding on a member of a chain of equalities, with which one it is; only some may be ``deciding``."""
    places = range(len(findings)) if deciding is None else deciding
    worst = max(places, key=lambda place: (_RANK.index(findings[place].verdict), -place))
    found = findings[worst]
    if len(findings) == 1 or found.verdict is Verdict.CORRECT:
        return found
    which = Paragraph(f"In your chain of equalities, look at member {worst + 1} of {len(findings)}.")
    return replace(found, blocks=(which, *found.blocks))
