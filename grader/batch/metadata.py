"""Gradescope's ``submission_metadata.yml``: who handed in what, and the marks recorded there, one entry at a time.

Every scalar is taken as the text that stands there, so a student number ``00123`` stays one, no tag of the file ever
becomes an object, and the memory needed is that of the largest entry, not of the class.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import IO, Any

import yaml

_SKIPPED = frozenset({"history"})
_DEEPEST = 60
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Submitter:
    """A person; what the export does not know is empty."""

    name: str = ""
    sid: str = ""
    email: str = ""


@dataclass(frozen=True)
class Recorded:
    """What the export says of the marking: ``score`` is None where there is none; ``items`` are scores by name."""

    score: Fraction | None = None
    status: str = ""
    created_at: str = ""
    items: dict[str, Fraction] = field(default_factory=dict)


class Unreadable(Exception):
    """A metadata file that is not one."""


def entries(stream: IO[bytes]) -> Iterator[tuple[str, tuple[Submitter, ...], Recorded]]:
    """Each submission's name, its submitters and what is recorded of it, in the order of the file.

    Raises ``Unreadable``, with the line.
    """
    try:
        events = _Events(yaml.parse(stream, Loader=_LOADER))
        events.skip_to_content()
        first = events.next()
        if isinstance(first, yaml.ScalarEvent) and not first.value:
            return
        if not isinstance(first, yaml.MappingStartEvent):
            raise Unreadable("submission_metadata.yml does not map submissions to what is known of them")
        while not isinstance(events.peek(), yaml.MappingEndEvent):
            name = _key(events.build())
            yield name, *_entry(events.build())
    except (yaml.YAMLError, UnicodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or str(error)
        raise Unreadable(f"submission_metadata.yml{line}: {problem}") from error


class _Events:
    """The events of a YAML file, built into dicts, lists and text; an alias gives the same object, not a copy."""

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
        self._ahead: list[Any] = []
        self._anchors: dict[str, Any] = {}

    def peek(self) -> Any:
        if not self._ahead:
            self._ahead.append(next(self._events, None))
        return self._ahead[0]

    def next(self) -> Any:
        event = self.peek()
        self._ahead.clear()
        if event is None:
            raise Unreadable("submission_metadata.yml ends in the middle")
        return event

    def skip_to_content(self) -> None:
        while isinstance(self.peek(), (yaml.StreamStartEvent, yaml.DocumentStartEvent)):
            self.next()
        if isinstance(self.peek(), (yaml.StreamEndEvent, yaml.DocumentEndEvent)):
            raise Unreadable("submission_metadata.yml is empty")

    def build(self, depth: int = 0, keep: bool = True) -> Any:
        event = self.next()
        if depth > _DEEPEST:
            raise Unreadable(f"submission_metadata.yml is nested too deeply at line {event.start_mark.line + 1}")
        if isinstance(event, yaml.AliasEvent):
            return self._anchors.get(event.anchor or "")
        built: Any = None
        if isinstance(event, yaml.ScalarEvent):
            built = _scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            built = []
            self._remember(event, built)
            while not isinstance(self.peek(), yaml.SequenceEndEvent):
                value = self.build(depth + 1, keep)
                if keep:
                    built.append(value)
            self.next()
        elif isinstance(event, yaml.MappingStartEvent):
            built = {}
            self._remember(event, built)
            while not isinstance(self.peek(), yaml.MappingEndEvent):
                key = _key(self.build(depth + 1))
                # Earlier attempts can be most of the file. They are walked over, but for what others point at.
                value = self.build(depth + 1, keep and key not in _SKIPPED)
                if keep:
                    built[key] = value
            self.next()
        else:
            raise Unreadable("submission_metadata.yml ends in the middle")
        self._remember(event, built)
        return built

    def _remember(self, event: Any, built: Any) -> None:
        if event.anchor is not None:
            self._anchors[event.anchor] = built


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


def _entry(built: Any) -> tuple[tuple[Submitter, ...], Recorded]:
    known = built if isinstance(built, dict) else {}
    people = known.get("submitters")
    submitters = tuple(
        Submitter(_text(person.get("name")), _text(person.get("sid")), _text(person.get("email")))
        for person in (people if isinstance(people, list) else ())
        if isinstance(person, dict)
    )
    results = known.get("results")
    tests = results.get("tests") if isinstance(results, dict) else None
    items: dict[str, Fraction] = {}
    for test in tests if isinstance(tests, list) else ():
        if isinstance(test, dict):
            extra = test.get("extra_data")
            name = _text(extra.get("item")) if isinstance(extra, dict) else ""
            score = number(test.get("score"))
            name = name or _text(test.get("number")) or _text(test.get("name"))
            if name and score is not None:
                items[name] = score
    return submitters, Recorded(
        number(known.get("score")), _text(known.get("status")), _text(known.get("created_at")), items
    )


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def number(value: Any) -> Fraction | None:
    """The number that a scalar's text says, exactly; Ruby's ``18:0.85e1`` for a BigDecimal included."""
    found = (
        re.fullmatch(r"(?:\d+:)?([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?)", value)
        if isinstance(value, str)
        else None
    )
    return Fraction(found[1]) if found else None
