"""Which check judges which kind of item, and what it is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from grader import kinds
from grader.algebra import formulas
from grader.algebra.formulas import Equality
from grader.answers import Answers
from grader.assignment.config import Item
from grader.assignment.parts import GraphPart
from grader.checks import backward, graph, network
from grader.gradients.instances import Differentiated
from grader.grading.homework import Homework
from grader.networks.network import Layer
from grader.report import Finding, Paragraph, Verdict


def judge(homework: Homework, items: tuple[Item, ...], given: Answers) -> dict[str, Finding]:
    """A finding for each of the items whose answer could be read; they are of one kind and, if several, of one part."""
    if items[0].kind == "backward":
        return _equations(homework, items, given)
    (item,) = items
    answer = given.items[item.name]
    if answer.status != "read":
        return {}
    if not item.needs_reference:
        return {item.name: _PROBLEMS[item.kind](homework, item, answer.value)}
    if item.name not in homework.targets:
        return {item.name: UNMARKED}
    kind = kinds.TABLE[item.kind]
    finding = kind.judge(answer.value, homework.targets[item.name], item.symbols, homework.config.rubric.partial)
    if kind.exchangeable and finding.credit < 1:
        finding = _exchanged(finding, homework, item, given)
    return {item.name: finding}


def judge_without_reference(homework: Homework, items: tuple[Item, ...], given: Answers) -> dict[str, Finding]:
    """As ``judge``, for a student's own check: networks and backward equations, where the config says so."""
    allowed = homework.config.self_check
    kind = items[0].kind
    if (kind == "network" and allowed.networks) or (kind == "backward" and allowed.backward):
        return judge(homework, items, given)
    return {item.name: _unmarked(homework, item, given) for item in items if given.items[item.name].status == "read"}


def cost(items: tuple[Item, ...], given: Answers) -> int:
    """What answers come in the order of: 0 for those judged in milliseconds, then a program, then networks by size."""
    answer = given.items[items[0].name]
    if items[0].kind == "network" and answer.status == "read":
        layers: tuple[Layer, ...] = answer.value.layers
        return 2 + sum(layer.width * len(layer.weights[0]) for layer in layers)
    return int(runs_program(items, given))


def runs_program(items: tuple[Item, ...], given: Answers) -> bool:
    """Whether a program of the student's may be run for these items."""
    return items[0].kind == "backward" and given.program is not None


UNMARKED = Finding(Verdict.REVIEW, (Paragraph("Read; marked after submission."),), "self_check.read")


def _unmarked(homework: Homework, item: Item, given: Answers) -> Finding:
    """What is said of an answer that is only read; a graph is drawn."""
    part = homework.config.parts[item.part]
    if not isinstance(part, GraphPart):
        return UNMARKED
    edges = given.items[item.name].value
    return replace(UNMARKED, exhibit=graph.typed(edges, homework.procedure(part.procedure)))


def _network(homework: Homework, item: Item, value: Any) -> Finding:
    return network.examine(value, homework.network(item.part))


def _graph(homework: Homework, item: Item, value: Any) -> Finding:
    part = homework.config.parts[item.part]
    assert isinstance(part, GraphPart)
    return graph.judge(value, homework.procedure(part.procedure), homework.config.rubric.partial.graph)


def _equations(homework: Homework, items: tuple[Item, ...], given: Answers) -> dict[str, Finding]:
    """Typed equations, and for the variables without one the values of the student's program."""
    equations = {item.variable: answer.value for item in items if (answer := given.items[item.name]).status == "read"}
    if not equations and given.program is None:
        return {}
    differentiated = homework.differentiated(items[0].part)
    program = _program(given, differentiated, homework) if len(equations) < len(items) else None
    found = backward.judge(equations, differentiated, homework.config.rubric, program)
    # Where the program has nothing to say, what was typed and cannot be read is the better thing to be told.
    unread = {item.variable for item in items if given.items[item.name].status == "invalid"}
    kept = {name for name, finding in found.items() if finding.verdict is not Verdict.MISSING or name not in unread}
    return {item.name: found[item.variable] for item in items if item.variable in kept}


def _program(given: Answers, differentiated: Differentiated, homework: Homework) -> backward.Program | None:
    """What ``backward(v)`` returned on each trial, or the finding that says why there is nothing; None without one."""
    if given.program is None:
        return None
    from grader import sandbox

    config = homework.config
    limits = sandbox.Limits(config.limits.python_seconds, config.limits.python_megabytes)
    inputs = backward.program_inputs(differentiated)
    required = config.python_answers.isolation
    outcome = sandbox.run(given.program, inputs, limits, required, beside=given.beside)
    if outcome.values is not None:
        return outcome.values
    assert outcome.reason is not None
    return outcome.reason.finding()


def _exchanged(finding: Finding, homework: Homework, item: Item, given: Answers) -> Finding:
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


_PROBLEMS: Mapping[str, Callable[[Homework, Item, Any], Finding]] = {"network": _network, "graph": _graph}
"""What is held against the problem itself."""
