"""Which part of the homework each piece of the file answers, however its key is written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from grader.assignment.config import Config
from grader.assignment.faults import nearest
from grader.document import Broken, Mapping, Node, Scalar, Sequence
from grader.forms.fields import SUGGESTIONS, joined

_WORDS = re.compile(r"(?:(?:problem|part|question|exercise|task|answers?|ex|nr|no|q|p|to)\b[\s.:_-]*|#\s*)+")
_LEVELS = 4


@dataclass(frozen=True)
class Sections:
    """The value of each part that is there, and messages on what belongs to none."""

    parts: dict[str, Node]
    messages: tuple[str, ...] = ()


def split(root: Node | None, config: Config) -> Sections:
    """The value of each part that is there. What belongs to no part is said, and changes nothing else."""
    if root is None:
        return Sections({})
    entries = list(_entries(root))
    splitter = _Splitter(config)
    if not entries:
        what = "a list" if isinstance(root, Sequence) else "a text"
        splitter.messages.append(
            f"line {root.line}: the file must hold parts ('1.1:' and so on), but here {what} stands."
        )
    splitter.messages += [f"line {root.line}: {remark}." for remark in root.remarks]
    splitter.take(entries, (), _LEVELS)
    found = {name: joined(f"part {name}", values) for name, values in splitter.found.items()}
    again = [message for _, messages in found.values() for message in messages]
    return Sections({name: value for name, (value, _) in found.items()}, (*splitter.messages, *again))


def _entries(root: Node | None) -> Iterator[tuple[Scalar, Node]]:
    """The entries of the file, also where it was written as a list of parts."""
    if isinstance(root, Mapping):
        yield from root.entries
    elif isinstance(root, Sequence):
        for item in root.items:
            if isinstance(item, Mapping):
                yield from item.entries


def normal(key: str) -> str:
    """A key without what people put around it: ``Problem 2.3)`` is ``2.3``."""
    key = _WORDS.sub("", key[:200].strip().casefold(), count=1)
    return re.sub(r"[\s,_-]+", ".", key.strip(" \t.:()[]\"'")).strip(".")


class _Splitter:
    def __init__(self, config: Config) -> None:
        self.config = config
        self.messages: list[str] = []
        self.known: dict[str, str] = {}
        for name in config.parts:
            self.known.setdefault(normal(name), name)
        self.found: dict[str, list[tuple[Scalar, Node]]] = {}

    def take(self, entries: Iterable[tuple[Scalar, Node]], above: tuple[str, ...], levels: int) -> None:
        for key, value in entries:
            self._take(key, value, above, levels)

    def _take(self, key: Scalar, value: Node, above: tuple[str, ...], levels: int) -> None:
        names = [".".join((*above, normal(key.text))), normal(key.text)]
        part = next((self.known[name] for name in names if name in self.known), None)
        if part is not None:
            self.found.setdefault(part, []).append((key, value))
            return
        inside = next((found for name in names if (found := self._inside(name, key, value))), None)
        if inside is not None:
            self.found.setdefault(inside[0], []).append((key, inside[1]))
            return
        if isinstance(value, Mapping) and levels and self._leads_on(names, value):
            self.take(value.entries, (*above, normal(key.text)), levels - 1)
            return
        if not key.text.strip(". ") and isinstance(value, (Scalar, Broken)):
            # The template's "...": "..." says nothing.
            return
        # Looking for the name that was meant takes time, and nobody reads more than a few of these.
        more = "it is no part of the homework either." if len(self.messages) > SUGGESTIONS else self._unknown(key)
        self.messages.append(f"line {key.line}: {more}")

    def _inside(self, name: str, key: Scalar, value: Node) -> tuple[str, Node] | None:
        """A key that names a part and a field at once, ``2.3.reverse.time``, as the field inside the part."""
        for known, part in self.known.items():
            if name.startswith(f"{known}.") and not any(
                other != known and name.startswith(f"{other}.") and len(other) > len(known) for other in self.known
            ):
                rest = Scalar(key.line, key.column, span=key.span, text=name[len(known) + 1 :], plain=key.plain)
                return part, Mapping(key.line, key.column, span=value.span, entries=((rest, value),))
        return None

    def _leads_on(self, names: list[str], value: Mapping) -> bool:
        if any(known.startswith(f"{name}.") for name in names for known in self.known):
            return True
        return any(normal(inner.text) in self.known for inner, _ in value.entries)

    def _unknown(self, key: Scalar) -> str:
        text = key.text if len(key.text) <= 40 else key.text[:37] + "..."
        meant = nearest(normal(key.text), self.known)
        name = normal(key.text)
        named = (one for one in self.config.items if name in (*one.path, "".join(one.path[-1:]).casefold()))
        holding = list(dict.fromkeys(one.part for one in named))
        if holding:
            under = " or ".join(holding[:3])
            return f"{text!r} is no part but a field of {under}: indent it under its part. It was left aside."
        hint = f" (did you mean {self.known[meant]!r}?)" if meant else ""
        return f"there is no part {text!r}{hint}. It was left aside."
