"""Two answers that stand in each other's place: time where memory was asked for, and memory where time was."""

from __future__ import annotations

from dataclasses import replace

from grader.algebra import formulas
from grader.algebra.formulas import Equality
from grader.answers import Answers
from grader.assignment.config import Item
from grader.grading.homework import Homework
from grader.report import Finding, Paragraph


def pointed_out(finding: Finding, homework: Homework, item: Item, given: Answers) -> Finding:
    """The finding, with a remark where this answer and a neighbour's are right for each other's items."""
    for other in homework.config.items:
        neighbours = other.part == item.part and other.path[:-1] == item.path[:-1] and other.kind == item.kind
        if (
            neighbours
            and other != item
            and _right(given, item, other, homework)
            and _right(given, other, item, homework)
        ):
            says = f"This and your answer to {other.name} are right for each other: did you exchange them?"
            return replace(finding, blocks=(*finding.blocks, Paragraph(says)))
    return finding


def _right(given: Answers, item: Item, for_: Item, homework: Homework) -> bool:
    answer = given.items[item.name]
    if answer.status != "read":
        return False
    comparison = formulas.compare(answer.value.node, homework.targets[for_.name].node, item.symbols)
    return comparison.equality is Equality.EQUAL
