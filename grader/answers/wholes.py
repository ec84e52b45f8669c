"""Parts that are read as a whole: a network, a graph, the equations of a backward pass."""

from __future__ import annotations

from collections.abc import Iterator

from grader.answers.answer import Answer, described, invalid, missing, shown
from grader.answers.fields import unfolded
from grader.config import BackwardPart, Config, FieldsPart, GraphPart, Item, NetworkPart, Part
from grader.document import Broken, Document, Mapping, Node, Scalar, Sequence
from grader.report import Paragraph


def read(
    file: Document, items: tuple[Item, ...], part: Part, value: Node, config: Config, said: list[str]
) -> Iterator[Answer]:
    """An answer for each item of a part that is no list of fields."""
    from grader.answers.entries import Invalid

    name = items[0].part
    said += [
        f"{described(f'part {name}', place.line)}: {remark}." for place in _places(value) for remark in place.remarks
    ]
    if isinstance(value, Scalar) and value.empty:
        yield from (missing(item) for item in items)
        return
    if isinstance(value, Scalar):
        value = unfolded(file, value)
    try:
        if isinstance(part, NetworkPart):
            yield _network(file, items[0], part, value, config, said)
        elif isinstance(part, GraphPart):
            yield _graph(file, items[0], part, value, config)
        elif isinstance(part, BackwardPart):
            yield from _equations(items, part, value, config, said)
        else:
            assert not isinstance(part, FieldsPart)
    except Invalid as fault:
        yield from (_refused(file, item, value, fault) for item in items)


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


def _broken(value: Node) -> Broken | None:
    return next((place for place in _places(value) if isinstance(place, Broken)), None)


def _refused(file: Document, item: Item, value: Node, fault: Exception) -> Answer:
    from grader.answers.entries import Invalid

    assert isinstance(fault, Invalid)
    broken = _broken(value)
    line = broken.line if broken else fault.line or value.line
    place = described(f"part {item.part}", line)
    first = Paragraph(f"{place[:1].upper()}{place[1:]} cannot be read.")
    blocks = (Paragraph(f"{broken.reason}."),) if broken else fault.blocks
    return invalid(item, first, line, *blocks, typed=file.typed(value))


def _network(file: Document, item: Item, part: NetworkPart, value: Node, config: Config, said: list[str]) -> Answer:
    from grader.answers import network

    found = network.read(value, part, config.limits)
    said += [f"part {item.part}: {remark}." for remark in found.remarks]
    typed = shown(file.typed(value))
    return Answer(item, "read", found.network, typed, found.understood, line=value.line)


def _graph(file: Document, item: Item, part: GraphPart, value: Node, config: Config) -> Answer:
    from grader.answers import graph

    found = graph.read(value, config.procedures[part.procedure])
    typed = shown(file.typed(value))
    return Answer(item, "read", found.edges, typed, found.understood, line=value.line, remarks=found.remarks)


def _equations(
    items: tuple[Item, ...], part: BackwardPart, value: Node, config: Config, said: list[str]
) -> Iterator[Answer]:
    from grader.answers import equations

    found = equations.read(value, config.procedures[part.procedure], [item.variable for item in items], part.of)
    said += [f"part {items[0].part}: {message}" for message in found.messages]
    for item in items:
        given = found.equations.get(item.path[0])
        if given is None:
            yield missing(item)
        elif given.equation is None or given.reading is None:
            place = described(f"{item.part} {item.path[0]}", given.line)
            yield invalid(item, Paragraph(f"{place} cannot be read."), given.line, *given.blocks, typed=given.typed)
        else:
            typed, understood, mathml = shown(given.typed), given.understood, given.reading.mathml
            yield Answer(
                item, "read", given.equation, typed, understood, mathml, given.line, remarks=given.reading.remarks
            )
