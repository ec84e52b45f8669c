"""A computation graph as typed: edges as arrows or pairs, lists of parents or of children."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Union

from grader import document
from grader.forms import asking
from grader.forms.answer import Answer, Invalid, PartAnswers, Typed, attempt, described, shown, together
from grader.forms.asking import Schema
from grader.language import reading
from grader.language.reading.source import SHORT
from grader.language.unreadable import Unreadable

Edge = tuple[str, str]
Found = Union[tuple[str, str, bool], Invalid]
"""An edge, or the variable that a list is of, a member of the list, and True; or why there is none."""


def answer(typed: Typed) -> PartAnswers:
    """The answer to a graph part: its edges in the order of typing, each once.

    Edges from parameters are read too: leaving them aside is for the check.

    Raises:
        Invalid: an edge that cannot be read, with its line.
    """
    (item,) = typed.items
    value, procedure = typed.value, typed.config.procedures[typed.part.procedure]
    names = (*procedure.inputs, *procedure.label, *procedure.parameters, *procedure.steps)
    everything = list(_tried(_edges(value, names)))
    together(*everything)
    found = [one for one in everything if not isinstance(one, Invalid)]
    # An input has no parents: where one has a list, the lists are those of children.
    given = {*procedure.inputs, *procedure.label, *procedure.parameters}
    above = [key for key, _, listed in found if listed and key in given]
    below = [member for _, member, listed in found if listed and member in given]
    if above and below:
        raise Invalid(
            f"It is not clear whether parents or children are listed: {above[0]} has a list of its own, "
            f"and {below[0]} stands in one.",
            value.line,
        )
    if not found:
        raise Invalid("There is no edge here; edges such as x -> z1 are expected.", value.line)
    edges = tuple(dict.fromkeys((end, start) if listed and not above else (start, end) for start, end, listed in found))
    remarks = (f"The lists were read as the children of each variable, because {above[0]} has one.",) if above else ()
    text = shown(typed.file.typed(value))
    understood = ", ".join(f"{start} -> {end}" for start, end in edges)
    return PartAnswers((Answer(item, "read", edges, text, understood, line=value.line, remarks=remarks),))


def _tried(found: Iterator[Found]) -> Iterator[Found]:
    """What is found, with the reason in its place where it cannot be read."""
    try:
        yield from found
    except Invalid as fault:
        yield fault


def _edges(value: document.Node, names: Sequence[str]) -> Iterator[Found]:
    if isinstance(value, document.Mapping):
        ends = {key.text.strip().lower(): inner for key, inner in value.entries}
        for start, end in (("from", "to"), ("source", "target"), ("parent", "child")):
            if ends.keys() == {start, end}:
                yield _name(ends[start], names), _name(ends[end], names), False
                return
        for key, inner in value.entries:
            if key.text.strip().lower() in ("edges", "edge", "parents", "children", "graph"):
                yield from _tried(_edges(inner, names))
            elif key.text.strip().lower() not in ("nodes", "vertices"):
                yield from _tried(_list(key, inner, names))
    elif isinstance(value, document.Sequence):
        texts = [item.text for item in value.items if isinstance(item, document.Scalar)]
        alone = len(texts) == len(value.items)
        if alone and len(texts) == 2 and all(reading.name(text, names) in names for text in texts):
            start, end = (_name(item, names) for item in value.items)
            yield start, end, False
        elif alone and any(text.count("(") != text.count(")") for text in texts):
            # YAML took the commas of [(x, z1), (z1, h)] for its own.
            yield from _typed(document.Scalar(value.line, text=", ".join(texts)), names)
        else:
            for item in value.items:
                yield from _tried(_edges(item, names))
    elif isinstance(value, document.Scalar):
        if not value.empty:
            lists = _lists(value, names)
            for key, listed in lists:
                yield from _list(key, listed, names)
            if not lists:
                yield from _typed(value, names)
    else:
        raise Invalid(f"The edges cannot be read: {value.reason}", value.line)


def _name(node: document.Node, names: Sequence[str]) -> str:
    text = node.text if isinstance(node, document.Scalar) else ""
    found = reading.name(text, names) if text else None
    if found is None or found not in names:
        shown = f"“{text.strip()[:40]}”" if text.strip() else described(node)
        raise Invalid(f"{shown} is not a variable of the problem: {', '.join(names)}.", node.line)
    return found


_LISTED = re.compile(
    r"\|? ?(?:(?:parents?|children|inputs?|pa|ch) ?(?:of |(?=\()))?\(? ?([^ |:=()]+) ?\)? ?[:=|] ?([^|<>=+]*)\|?",
    re.IGNORECASE,
)
"""``z1: x``, ``parents of g2: h, g1``, ``Pa(g2) = {h, g1}``, a row of a table."""


def _lists(value: document.Scalar, names: Sequence[str]) -> list[tuple[document.Scalar, document.Scalar]]:
    """The lists that the lines of a text hold, each with the variable that it is of; none where a line is no list."""
    rows = [" ".join(one.split()) for one in value.text[:SHORT].split("\n")]
    lines = [(value.line + at, one) for at, one in enumerate(rows) if one.strip(" |-:")]
    found = [(line, _LISTED.fullmatch(one)) for line, one in lines]
    if len(found) > 1 and "|" in lines[0][1] and (head := found[0][1]) and reading.name(head[1], names) is None:
        found = found[1:]
    lists = [
        (document.Scalar(line, text=one[1]), document.Scalar(line, text=one[2]))
        for line, one in found
        if one is not None and reading.name(one[1], names) in names
    ]
    return lists if len(lists) == len(found) else []


def _list(key: document.Scalar, value: document.Node, names: Sequence[str]) -> Iterator[Found]:
    """``z1: [x]``: the parents of z1, or the children."""
    name = _name(key, names)
    members: Sequence[document.Node]
    if isinstance(value, document.Scalar):
        pieces = re.split(r",|&|\band\b", value.text.strip().strip("[](){}")) if not value.empty else ()
        members = [document.Scalar(value.line, text=piece) for piece in pieces]
    elif isinstance(value, document.Sequence):
        members = value.items
    else:
        raise Invalid(f"The parents of {name} are a list of variables; here {described(value)} stands.", key.line)
    for member in members:
        one = attempt(_name, member, names)
        yield one if isinstance(one, Invalid) else (name, one, True)


def _typed(value: document.Scalar, names: Sequence[str]) -> Iterator[Found]:
    try:
        yield from ((start, end, False) for start, end in reading.edges(value.text, names))
    except Unreadable as error:
        below = value.text.count("\n", 0, error.span[0] if error.span else 0)
        line = value.text.split("\n")[below].strip()
        raise Invalid(f"“{line[:60]}” cannot be read.", value.line + below, *error.blocks()) from None


def template() -> Iterator[str]:
    """The line of a template."""
    yield asking.line("edges:", "arrows between variables: [a -> b, b -> c]")


def schema() -> Schema:
    """The JSON Schema of the part."""
    edge = {"anyOf": [asking.TEXT, {"type": "array", "items": asking.TEXT, "minItems": 2, "maxItems": 2}]}
    above = {"anyOf": [asking.TEXT, {"type": "array", "items": asking.TEXT}]}
    parents = {"type": "object", "additionalProperties": above}
    description = "Edges such as [x -> z1, z1 -> h], or the parents of each variable: {z1: [x], h: [z1]}."
    edges = {"anyOf": [{"type": "array", "items": edge}, parents, {"type": "string"}], "description": description}
    return asking.fields({"edges": edges}, additionalProperties=above)
