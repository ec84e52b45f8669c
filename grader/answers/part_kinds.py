"""Parts by their kind: a list of fields, a network, a graph, the equations of a backward pass."""

from __future__ import annotations

from collections.abc import Iterator

from grader.answers import equations, fields, graph, network
from grader.answers.answer import Answer, Invalid, PartAnswers, invalid, located, missing, shown
from grader.assignment.config import Config, Item, Part
from grader.assignment.parts import BackwardPart, FieldsPart, GraphPart, NetworkPart
from grader.document import Broken, Document, Mapping, Node, Scalar, Sequence
from grader.report import Paragraph


def read(
    file: Document, items: tuple[Item, ...], part: Part, value: Node, config: Config, beside: Node | None = None
) -> PartAnswers:
    """The answers to the items of a part. Never raises for what a student typed.

    Equations may use names that are defined ``beside`` them.
    """
    if isinstance(part, FieldsPart):
        return fields.read(file, items, value)
    name = items[0].part
    said = tuple(
        f"{located(f'part {name}', place.line)}: {remark}." for place in _places(value) for remark in place.remarks
    )
    if isinstance(value, Scalar) and value.empty:
        return PartAnswers(tuple(missing(item) for item in items), said)
    if isinstance(value, Scalar):
        value = fields.unfolded(file, value)
    try:
        if isinstance(part, NetworkPart):
            found = _network(file, items[0], part, value, config)
        elif isinstance(part, GraphPart):
            found = _graph(file, items[0], part, value, config)
        else:
            assert isinstance(part, BackwardPart)
            found = _equations(items, part, value, config, beside)
    except Invalid as fault:
        return PartAnswers(tuple(_refused(file, item, value, fault) for item in items), said)
    return PartAnswers(found.answers, (*said, *found.messages))


def _places(node: Node) -> Iterator[Node]:
    """A node and everything in it; an anchor's contents once."""
    pending, seen = [node], set()
    while pending:
        place = pending.pop()
        if id(place) in seen:
            continue
        seen.add(id(place))
        yield place
        if isinstance(place, Sequence):
            pending.extend(reversed(place.items))
        elif isinstance(place, Mapping):
            pending.extend(inner for entry in reversed(place.entries) for inner in reversed(entry))


def _refused(file: Document, item: Item, value: Node, fault: Invalid) -> Answer:
    broken = next((place for place in _places(value) if isinstance(place, Broken)), None)
    line = broken.line if broken else fault.line or value.line
    place = located(f"part {item.part}", line)
    first = Paragraph(f"{place[:1].upper()}{place[1:]} cannot be read.")
    blocks = (Paragraph(f"{broken.reason}."),) if broken else fault.blocks
    return invalid(item, first, line, *blocks, typed=file.typed(value))


def _network(file: Document, item: Item, part: NetworkPart, value: Node, config: Config) -> PartAnswers:
    found = network.read(value, part, config.limits)
    answer = Answer(item, "read", found.network, shown(file.typed(value)), found.understood, line=value.line)
    return PartAnswers((answer,), tuple(f"part {item.part}: {remark}." for remark in found.remarks))


def _graph(file: Document, item: Item, part: GraphPart, value: Node, config: Config) -> PartAnswers:
    found = graph.read(value, config.procedures[part.procedure])
    typed = shown(file.typed(value))
    answer = Answer(item, "read", found.edges, typed, found.understood, line=value.line, remarks=found.remarks)
    return PartAnswers((answer,))


def _equations(
    items: tuple[Item, ...], part: BackwardPart, value: Node, config: Config, beside: Node | None
) -> PartAnswers:
    variables = [item.variable for item in items]
    found = equations.read(value, config.procedures[part.procedure], variables, part.of, beside)
    answers = tuple(_equation(item, found.equations.get(item.path[0])) for item in items)
    return PartAnswers(answers, tuple(f"part {items[0].part}: {message}" for message in found.messages))


def _equation(item: Item, given: equations.EquationAnswer | None) -> Answer:
    if given is None:
        return missing(item)
    if given.equation is None or given.reading is None:
        place = located(f"{item.part} {item.path[0]}", given.line)
        return invalid(item, Paragraph(f"{place} cannot be read."), given.line, *given.blocks, typed=given.typed)
    typed, understood, mathml = shown(given.typed), given.understood, given.reading.mathml
    return Answer(item, "read", given.equation, typed, understood, mathml, given.line, remarks=given.reading.remarks)
