"""The fields of a part, found under any usual spelling of their names, each read on its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping as Table, Sequence as Several
from dataclasses import replace
from typing import Any

from grader import document
from grader.assignment.config import Item
from grader.assignment.faults import WITHIN, nearest
from grader.assignment.part_kinds import FieldsPart
from grader.document import Broken, Document, Mapping, Node, Scalar, Sequence
from grader.document.characters import short
from grader.forms import asking
from grader.forms.answer import Answer, Invalid, PartAnswers, Typed, invalid, located, missing, shown, unfolded
from grader.forms.asking import Schema
from grader.language.reading import Reading
from grader.language.unreadable import Unreadable
from grader.report import Paragraph

Read = Callable[[Item, str], Reading]
"""The reader of an item's text; raises ``Unreadable``."""

SUGGESTIONS = 20
"""How many unknown names are looked at for what was meant."""
_WRAPPER = re.compile(r"(?:my )?(?:answers?|solutions?|results?|values?|equations?|costs?)", re.IGNORECASE)


def unwrapped(value: Node) -> Node:
    """The fields of a part, also where a name that says nothing, ``answer:``, stands over them."""
    if not isinstance(value, Mapping):
        return value
    entries: list[tuple[Scalar, Node]] = []
    for key, inner in value.entries:
        if isinstance(inner, Mapping) and _WRAPPER.fullmatch(key.text.strip()):
            entries += inner.entries
        else:
            entries.append((key, inner))
    return replace(value, entries=tuple(entries))


def read(typed: Typed, read_: Read) -> PartAnswers:
    """An answer for each item of a part of kind ``fields``, under which something stands."""
    value, items = typed.value, typed.items
    mapping = _mapping(typed.file, items, value)
    if mapping is None:
        names = ", ".join(dict.fromkeys(item.path[0] for item in items))
        here = "a list" if isinstance(value, Sequence) else "one value"
        message = Paragraph(f"{located(typed.name, value.line)} needs the fields {names}, but here {here} stands.")
        text = typed.file.typed(value)
        return PartAnswers(tuple(invalid(item, message, value.line, typed=text) for item in items))
    finder = _Finder(typed, read_)
    finder.messages += [f"part {typed.name}: {remark}." for remark in mapping.remarks]
    finder.take(mapping, ())
    return PartAnswers(tuple(map(finder.answer, items)), tuple(finder.messages))


def _mapping(file: Document, items: tuple[Item, ...], value: Node) -> Mapping | None:
    """The fields in a value, in any form that they can be typed in; a value alone is that of the only item."""
    if isinstance(value, Mapping) and not (value.flow and value.entries and _bare(value)):
        return value
    if isinstance(value, Sequence) and value.items and all(isinstance(item, Mapping) for item in value.items):
        return Mapping(value.line, span=value.span, entries=document.fields(value))
    if len(items) == 1:
        key = Scalar(value.line, span=value.span, text=items[0].path[-1])
        return Mapping(value.line, span=value.span, entries=((key, value),))
    if not isinstance(value, Scalar):
        return None
    # Typed below one another, or with semicolons or commas, as one text.
    text = unfolded(file, value).text
    if "\n" not in text:
        text = re.sub(r"\s*(?:;|,(?=\s*[A-Za-z]\w*\s*[:=]))\s*", "\n", text)
    try:
        root = document.salvage(text).root
    except document.Unreadable:
        return None
    return _moved(root, value) if isinstance(root, Mapping) else None


def _moved(node: Node, to: Scalar) -> Any:
    """A node that was read from a text of the file, with the place of that text."""
    if isinstance(node, Sequence):
        node = replace(node, items=tuple(_moved(item, to) for item in node.items))
    elif isinstance(node, Mapping):
        node = replace(node, entries=tuple((_moved(key, to), _moved(inner, to)) for key, inner in node.entries))
    return replace(node, line=to.line, span=to.span)


def normal(name: str) -> str:
    """A field's name without case, spaces, punctuation, and the word mode behind a group's."""
    return re.sub(r"(?<=.)mode", "", re.sub(r"[\W_]+", "", name[:200].casefold()))


class _Finder:
    """Puts each value of a part to the path of an item, or says that there is no such field."""

    def __init__(self, typed: Typed, read_: Read) -> None:
        self.file = typed.file
        self.part = typed.name
        self.read = read_
        self.messages: list[str] = []
        self.paths = {item.path: item for item in typed.items}
        groups = (path[:length] for path in self.paths for length in range(1, len(path)))
        self.found: dict[tuple[str, ...], list[tuple[Scalar, Node]]] = {}
        self.hints: dict[tuple[str, ...], str] = {}
        self.exact = {".".join(path): path for path in (*self.paths, *groups)}
        turned = {normal("".join(reversed(path))): path for path in reversed(self.exact.values())}
        self.spellings = turned | {normal("".join(path)): path for path in reversed(self.exact.values())}
        self.inner = {normal(path[-1]): path[-1] for path in self.paths if len(path) == 2}

    def take(self, mapping: Mapping, above: tuple[str, ...]) -> None:
        for key, value in mapping.entries:
            path = self._path(key.text, above)
            if path is not None and path not in self.paths:
                value = _mapping(self.file, (), value) or value
            if path in self.paths:
                self.found.setdefault(path, []).append((key, value))
            elif path is not None and isinstance(value, Mapping):
                self.messages += [f"part {self.part}, {'.'.join(path)}: {remark}." for remark in value.remarks]
                self.take(value, path)
            elif path is not None:
                self._not_a_group(key, value, path)
            elif isinstance(value, Mapping) and not above and normal(key.text) in self.inner:
                self.take(value, (self.inner[normal(key.text)],))  # as in time: {reverse: …, forward: …}
            else:
                self._unknown(key, above)

    def _path(self, text: str, above: tuple[str, ...]) -> tuple[str, ...] | None:
        exact = self.exact.get(".".join((*above, text.strip())))
        if exact is not None:
            return exact
        prefix = normal("".join(above))
        for spelling in (prefix + normal(text), normal(text) + prefix):
            if spelling in self.spellings:
                path = self.spellings[spelling]
                return path if set(above) <= set(path) else None
        return None

    def _not_a_group(self, key: Scalar, value: Node, path: tuple[str, ...]) -> None:
        if isinstance(value, Scalar) and value.empty:
            return
        inner = [item for item in self.paths if item[: len(path)] == path]
        names = ", ".join(item[len(path)] for item in inner)
        reason = f"'{'.'.join(path)}' needs the fields {names}, but here one value or a list stands"
        broken = value if isinstance(value, Broken) else Broken(value.line, span=value.span, reason=reason)
        for item in inner:
            self.found.setdefault(item, []).append((key, broken))

    def _unknown(self, key: Scalar, above: tuple[str, ...]) -> None:
        if len(self.messages) > SUGGESTIONS:
            self.messages.append(f"line {key.line}: part {self.part} has more fields that are not known.")
            return
        inside = (path[len(above) :] for path in self.exact.values() if path[: len(above)] == above)
        below = [path[0] for path in inside if path]
        meant = nearest(key.text, below) or nearest(".".join((*above, key.text)), self.exact)
        hint = f" (did you mean {meant!r}?)" if meant else ""
        place = " ".join(("part", self.part, *above))
        if meant:
            path = self.exact.get(meant) or (*above, meant)
            self.hints[path] = f"In line {key.line} stands {short(key.text)}: if it is meant, name it {meant!r}."
        self.messages.append(f"line {key.line}: {place} has no field {short(key.text)}{hint}. It was left aside.")

    def answer(self, item: Item) -> Answer:
        """The answer to one item, from what was put to its path."""
        given = self.found.get(item.path)
        name = ".".join(item.path)
        if not given:
            hint = self.hints.get(item.path) or self.hints.get(item.path[:-1])
            absent = Paragraph(f"No answer was given: part {item.part} has no field {name}.")
            return missing(item, absent, *([Paragraph(hint)] if hint else []))
        value, again = joined(f"{item.part} {name}", given)
        self.messages += again
        place = located(f"{item.part} {name}", value.line)
        self.messages += [f"{place}: {remark}." for remark in (*given[0][0].remarks, *value.remarks)]
        if isinstance(value, Broken):
            message = Paragraph(f"{place} cannot be read: {value.reason}.")
            return invalid(item, message, value.line, typed=self.file.typed(value))
        if isinstance(value, Scalar) and value.empty:
            return missing(item, Paragraph(f"No answer was given: {place} is empty."))
        alone = value.items[0] if isinstance(value, Sequence) and len(value.items) == 1 else value
        if isinstance(alone, Scalar) and len(item.shape) > 1:
            rows = unfolded(self.file, alone)  # a line is a row, also in the one pair of brackets of [1 2\n 3 4]
            value = rows if "\n" in rows.text and rows.text.split() == alone.text.split() else value
        typed = shown(value.text if isinstance(value, Scalar) else self.file.typed(value))
        try:
            found = self.read(item, _value(item, value, typed))
        except Invalid as fault:
            return invalid(item, Paragraph(f"{place} cannot be read: {fault.message}."), value.line, typed=typed)
        except Unreadable as fault:
            return invalid(item, Paragraph(f"{place} cannot be read."), value.line, *fault.blocks(), typed=typed)
        return Answer(item, "read", found, typed, found.understood, found.mathml, value.line, remarks=found.remarks)


def _value(item: Item, value: Node, typed: str) -> str:
    """What the reader of the item's kind is given; raises ``Invalid`` for a value of the wrong type."""
    if isinstance(value, Scalar):
        return value.text
    if item.shape:
        rows = len(item.shape) > 1 and isinstance(value, Sequence) and all(_is_row(entry) for entry in value.items)
        return _listed(value, typed, rows)
    if isinstance(value, Sequence) and len(value.items) == 1 and isinstance(value.items[0], Scalar):
        return value.items[0].text
    if isinstance(value, Mapping) and len(value.entries) == 1:
        ((key, inner),) = value.entries
        if value.flow and _bare(value):
            return key.text
        if value.flow and ":" not in typed and typed.endswith("}"):
            return typed.strip()[1:-1]
        if isinstance(inner, Scalar) and _WRAPPER.fullmatch(key.text.strip()):
            return inner.text
    here = "a list" if isinstance(value, Sequence) else "a group of fields"
    raise Invalid(f"here {here} stands, but a {item.kind} is one line of text")


def _is_row(entry: Node) -> bool:
    """Whether a row of a matrix was typed without brackets: ``- 1 2 3``."""
    return isinstance(entry, Scalar) and len(entry.text.split()) > 1 and not set("[](){};") & set(entry.text)


def _bare(value: Mapping) -> bool:
    """Whether no name has a value, as where braces were put around a list, ``{1, 2, 3}``."""
    return all(isinstance(inner, Scalar) and not inner.text for _, inner in value.entries)


def _listed(value: Node, typed: str, rows: bool = False) -> str:
    """A YAML list as text, with every entry as it was typed."""
    if isinstance(value, Scalar):
        if value.empty:
            raise Invalid(f"an entry of the list is empty (line {value.line})")
        return value.text
    if isinstance(value, Sequence):
        entries = [_listed(entry, "") for entry in value.items]
        if rows or any(isinstance(entry, Sequence) for entry in value.items):
            # A row without brackets of its own, "1 2 3", beside others or where only rows can be meant.
            entries = [entry if "[" in entry or "(" in entry else f"[{entry}]" for entry in entries]
        return "[" + ", ".join(entries) + "]"
    if isinstance(value, Broken):
        raise Invalid(f"{value.reason} (line {value.line})")
    if typed and value.flow and _bare(value):
        return typed
    raise Invalid(f"here a group of fields stands (line {value.line}), but a list of numbers is expected")


def joined(what: str, given: Several[tuple[Scalar, Node]]) -> tuple[Node, tuple[str, ...]]:
    """The one value of something that was given one or more times, and a message where it was given again.

    Equal answers count once, the fields of one answer are put together. Neither the first nor the last of two
    different answers is preferred: the value is then ``Broken``, and says so.
    """
    filled = [(key, value) for key, value in given if not (isinstance(value, Scalar) and value.empty)] or list(given)
    first = filled[0][1]
    if len(filled) == 1:
        return first, ()
    numbers = [str(line) for line in sorted({key.line for key, _ in filled})]
    if len(numbers) > 5:
        numbers = [*numbers[:4], f"{len(numbers) - 4} more"]
    *numbers, last = numbers
    lines = f"lines {', '.join(numbers)} and {last}" if numbers else f"line {last}"
    if all(content(value) == content(first) for _, value in filled[1:]):
        again = f"line {filled[1][0].line}: {what} is given more than once, in {lines}, with the same answer."
        return first, (again,)
    if all(isinstance(value, Mapping) for _, value in filled):
        remarks = tuple(remark for _, value in filled for remark in value.remarks)
        entries = document.fields(*(value for _, value in filled))
        return Mapping(first.line, span=first.span, entries=entries, remarks=remarks), ()
    reason = f"{what} is given more than once, in {lines}, with different answers; keep one of them"
    return Broken(filled[1][0].line, span=first.span, reason=reason), ()


def content(node: Node) -> Any:
    """What a node says, without where it stands."""
    if isinstance(node, Scalar):
        return node.text.strip()
    if isinstance(node, Sequence):
        return [content(item) for item in node.items]
    if isinstance(node, Mapping):
        return {"": [(key.text.strip(), content(value)) for key, value in node.entries]}
    return (node.line, node.reason)


def template(part: FieldsPart, items: tuple[Item, ...], asked: Table[str, str]) -> Iterator[str]:
    """The lines of a template: each field under its group, with the words that its kind is ``asked`` for in."""
    group = ""
    for item in items:
        *outer, field = item.path
        if outer and outer[-1] != group:
            group = outer[-1]
            yield f"{group}:"
        shape = " × ".join(str(length) for length in item.shape)
        comment = asked[item.kind].format(symbols=" and ".join(part.symbols), shape=shape)
        title = item.title.removeprefix(f"{part.title}: ").removeprefix(f"{group} ")
        comment = comment if title == field.replace("_", " ") else f"{title}: {comment}"
        yield asking.line(f"{'  ' if outer else ''}{field}:", comment)


def schema(part: FieldsPart, described: Table[str, str]) -> Schema:
    """The JSON Schema of the part; ``described`` has the words on each kind."""
    symbols, example = " and ".join(part.symbols), " > ".join([*part.symbols, "1"][:2])
    properties: Schema = {}
    for path, item in part.items.items():
        *group, field = path.split(WITHIN)
        inside = properties.setdefault(group[0], asking.fields({}))["properties"] if group else properties
        shape = "×".join(map(str, item.shape))
        description = described[item.kind].format(symbols=symbols, example=example, shape=shape)
        if item.title:
            description = f"{item.title[:1].upper()}{item.title[1:]}. {description}"
        found = asking.array(*item.shape) if item.shape else asking.TEXT
        empty = {"anyOf": [*found["anyOf"], {"type": "null"}]} if item.shape else {"type": [*found["type"], "null"]}
        inside[field] = {**empty, "description": description}
    return asking.fields(properties)
