"""Gradescope's ``submission_metadata.yml``: who handed in what, and the marks recorded there, one entry at a time.

Every scalar is taken as the text that stands there, so a student number ``00123`` stays one, no tag of the file ever
becomes an object, and the memory needed is that of the largest entry, not of the class.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import field
from fractions import Fraction
from typing import IO, Any

import yaml

from grader.frozen import frozen

_DEEPEST = 60
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@frozen
class Submitter:
    """A person; what the export does not know is empty."""

    name: str = ""
    sid: str = ""
    email: str = ""


@frozen
class Recorded:
    """What the export says of the marking: ``score`` is None where there is none; ``items`` are scores by name."""

    score: Fraction | None = None
    status: str = ""
    items: dict[str, Fraction] = field(default_factory=dict)


class Unreadable(Exception):
    """A metadata file that is not one."""


def entries(stream: IO[bytes]) -> Iterator[tuple[str, tuple[Submitter, ...], Recorded]]:
    """Each submission's name, its submitters and what is recorded of it, in the order of the file.

    Raises ``Unreadable``, with the line.
    """
    try:
        events = yaml.parse(stream, Loader=_LOADER)
        begun = (yaml.StreamStartEvent, yaml.DocumentStartEvent)
        first = next(event for event in events if not isinstance(event, begun))
        if isinstance(first, yaml.StreamEndEvent):
            raise Unreadable("submission_metadata.yml is empty")
        if isinstance(first, yaml.ScalarEvent) and not first.value:
            return
        if not isinstance(first, yaml.MappingStartEvent):
            raise Unreadable("submission_metadata.yml does not map submissions to what is known of them")
        anchors: dict[str, Any] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            name = _key(_built(event, events, anchors))
            yield name, *_entry(_built(next(events), events, anchors))
    except (yaml.YAMLError, UnicodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or str(error)
        raise Unreadable(f"submission_metadata.yml{line}: {problem}") from error


def _built(event: Any, events: Iterator[Any], anchors: dict[str, Any], depth: int = 0, keep: bool = True) -> Any:
    """What begins with this event, as dicts, lists and text; an alias gives the same object, not a copy.

    Earlier attempts, which can be most of the file, are read over (``keep``).
    """
    if depth > _DEEPEST:
        raise Unreadable(f"submission_metadata.yml is nested too deeply at line {event.start_mark.line + 1}")
    if isinstance(event, yaml.AliasEvent):
        return anchors.get(event.anchor or "")
    if isinstance(event, yaml.ScalarEvent):
        built: Any = _scalar(event)
    else:
        built = [] if isinstance(event, yaml.SequenceStartEvent) else {}
    if event.anchor is not None:
        anchors[event.anchor] = built
    if isinstance(event, yaml.SequenceStartEvent):
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            value = _built(event, events, anchors, depth + 1, keep)
            if keep:
                built.append(value)
    elif isinstance(event, yaml.MappingStartEvent):
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = _key(_built(event, events, anchors, depth + 1))
            value = _built(next(events), events, anchors, depth + 1, keep and key != "history")
            if keep:
                built[key] = value
    return built


def _scalar(event: Any) -> str | None:
    if event.style in (None, "") and event.value in ("", "~", "null", "Null", "NULL") and not event.tag:
        return None
    text: str = event.value
    if event.tag in ("tag:yaml.org,2002:binary", "!binary"):
        try:
            return base64.b64decode(text).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            return text
    return text


def _key(built: Any) -> str:
    """``:name`` (a Ruby symbol) and ``name`` are one key."""
    return built.removeprefix(":") if isinstance(built, str) else ""


def _entry(known: Any) -> tuple[tuple[Submitter, ...], Recorded]:
    submitters = tuple(
        Submitter(*(_at(person, field).strip() for field in ("name", "sid", "email")))
        for person in _at(known, "submitters", kind=list)
        if isinstance(person, dict)
    )
    items = {}
    for test in _at(known, "results", "tests", kind=list):
        names = (_at(test, "extra_data", "item"), _at(test, "number"), _at(test, "name"))
        name = next(filter(None, map(str.strip, names)), "")
        score = number(_at(test, "score"))
        if name and score is not None:
            items[name] = score
    return submitters, Recorded(number(_at(known, "score")), _at(known, "status").strip(), items)


def _at(built: Any, *path: str, kind: type = str) -> Any:
    """What stands at a path of keys; nothing of its kind where there is something else, or nothing."""
    for key in path:
        built = built.get(key) if isinstance(built, dict) else None
    return built if isinstance(built, kind) else kind()


def number(text: str) -> Fraction | None:
    """The number that a scalar's text says, exactly; Ruby's ``18:0.85e1`` for a BigDecimal included."""
    found = re.fullmatch(r"(?:\d+:)?([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?)", text.strip())
    return Fraction(found[1]) if found else None
