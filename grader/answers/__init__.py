"""The answers of a submission, item by item: what was typed and how it was understood. Validity only, no judgement."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Literal

from grader import document, kinds, submission as submissions
from grader.assignment.config import Config, Item
from grader.assignment.faults import nearest
from grader.document import Broken, Mapping, Node, Scalar, Sequence
from grader.forms.answer import Answer, Answers, PartAnswers, Typed, invalid, missing, open_
from grader.forms.fields import SUGGESTIONS, joined, unwrapped
from grader.report import Paragraph
from grader.submission import Submission

_WORDS = re.compile(
    r"(?:(?:problem|part|question|exercise|task|answers?|ex|nr|no|q|p|to)(?:\b|(?=[\d_]))[\s.:_-]*|#\s*)+"
)
_LEVELS = 4

__all__ = ["Answer", "Answers", "of", "read", "typed", "written_down"]


def of(path: Path, config: Config, damaged: Iterable[str] = ()) -> Answers:
    """The answers of the submission at ``path``, of whose files some were ``damaged`` on their way."""
    return read(submissions.read(path, config.limits, damaged), config)


def read(submission: Submission, config: Config) -> Answers:
    """Read the answers of a submission. Never raises for what a student typed."""
    messages = list(submission.messages)
    name = submission.answers_name
    items: dict[str, Answer] = {}
    if submission.answers is None:
        absent = Paragraph(f"No answer was given: there is no {name} that can be read.")
        items = {item.name: missing(item, absent) for item in config.items}
    else:
        try:
            found = document.salvage(submission.answers, document.Limits(size=config.limits.answers_bytes))
        except document.Unreadable as fault:
            where = f", line {fault.line}" if fault.line else ""
            message = Paragraph(f"{name}{where} cannot be read: {fault.message}.")
            messages.append(message)
            status: Literal["open", "invalid"] = "open" if fault.for_a_person else "invalid"
            items = {item.name: Answer(item, status, blocks=(message,)) for item in config.items}
        else:
            messages += [Paragraph(f"{name}, {text}.") for text in found.messages]
            in_file = _of_file(found, name, config)
            messages += map(Paragraph, in_file.messages)
            items = {answer.item.name: answer for answer in in_file.answers}
    if submission.write_ups:
        from grader.answers import write_ups

        in_text = write_ups.read(submission, config)
        messages += in_text.messages
        # What is in answers.yaml goes before what the write-up says.
        items = {
            name: in_text.answers.get(name, one) if one.status == "missing" else one for name, one in items.items()
        }
    if submission.for_a_person and all(answer.status == "missing" for answer in items.values()):
        message = Paragraph(_unread(submission.for_a_person))
        messages.append(message)
        items = {item.name: open_(item, message) for item in config.items}
    elif submission.refused:
        message = Paragraph(submission.refused)
        items = {name: invalid(one.item, message) if one.status == "missing" else one for name, one in items.items()}
    return Answers(
        {item.name: items[item.name] for item in config.items}, tuple(messages), submission.program, submission.beside
    )


def written_down(submission: Submission, config: Config) -> str:
    """What the write-up of a submission says, as the text of an answers file; empty where there is none."""
    from grader.answers import write_ups

    return write_ups.as_answers_file(submission, config)


def typed(item: Item, text: str, config: Config) -> Answers:
    """The answers of a submission that answers nothing but this item, with this text."""
    return read(Submission(_file(item, text).encode()), config)


def _file(item: Item, text: str) -> str:
    """An answers.yaml with one answer: quoted under its field, or as it stands where a whole part is typed."""
    if not item.path:
        inside = "\n".join(f"  {line}" for line in text.splitlines())
        return f"{_quoted(item.part)}:\n{inside}\n"
    keys = "".join(f"{'  ' * depth}{_quoted(key)}:\n" for depth, key in enumerate((item.part, *item.path)))
    return f"{keys[:-1]} {_quoted(text)}\n"


def _quoted(text: str) -> str:
    """YAML's double quotes, with every character that means anything to YAML by its number."""
    plain = (sign if sign.isascii() and sign.isprintable() and sign not in '"\\' else "" for sign in text)
    return '"' + "".join(kept or f"\\U{ord(sign):08x}" for kept, sign in zip(plain, text)) + '"'


def _unread(names: tuple[str, ...]) -> str:
    listed = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"No answer could be read, but this was handed in: {listed}. An instructor will look at it."


def _of_file(found: document.Document, file: str, config: Config) -> PartAnswers:
    """The answers to all parts."""
    parts, remarks = _split(found.root, config)
    answers: list[Answer] = []
    for name in config.parts:
        one = _part(config.items_of[name], parts.get(name), found, config)
        answers += one.answers
        remarks += one.messages
    messages = [f"{file}, {remark}" for remark in remarks[:_MOST]]
    if found.root is None:
        messages.insert(0, f"{file} is empty: no answer was given.")
    if len(remarks) > _MOST:
        messages.append(f"{file}: {len(remarks) - _MOST} more remarks of this kind were left out.")
    return PartAnswers(tuple(answers), tuple(messages))


def _part(items: tuple[Item, ...], value: Node | None, file: document.Document, config: Config) -> PartAnswers:
    """The answers to one part, each with a line: one that stands nowhere by itself has that of its part."""
    name = items[0].part
    row = kinds.of(items[0], config)
    if value is None:
        absent = Paragraph(f"No answer was given: there is no part {name}.")
        return PartAnswers(tuple(missing(item, absent) for item in items))
    if document.empty(value):
        message = Paragraph(f"No answer was given: part {name} (line {value.line}) is empty.")
        return PartAnswers(tuple(missing(item, message) for item in items))
    if row.values and len(list(islice(document.every(value), row.values + 1))) > row.values:
        message = Paragraph(f"Part {name} (line {value.line}) holds more than {row.values:,} values and was not read.")
        return PartAnswers(tuple(invalid(item, message, value.line) for item in items))
    if isinstance(value, Broken):
        message = Paragraph(f"Part {name} (line {value.line}) cannot be read: {value.reason}.")
        return PartAnswers(tuple(invalid(item, message, value.line) for item in items))
    found = row.read(Typed(items, unwrapped(value), config, file))
    answers = (
        replace(one, line=value.line) if one.line is None and one.status != "missing" else one for one in found.answers
    )
    return PartAnswers(tuple(answers), found.messages)


_MOST = 20


def _split(root: Node | None, config: Config) -> tuple[dict[str, Node], list[str]]:
    """The value of each part that is there, and messages. What belongs to no part changes nothing else."""
    if root is None:
        return {}, []
    entries = list(_entries(root))
    messages: list[str] = []
    if not entries:
        what = "a list" if isinstance(root, Sequence) else "a text"
        messages.append(f"line {root.line}: the file must hold parts ('1.1:' and so on), but here {what} stands.")
    messages += [f"line {root.line}: {remark}." for remark in root.remarks]
    known = {normal(name): name for name in reversed(config.parts)}
    given: dict[str, list[tuple[Scalar, Node]]] = {}
    above, empty = "", False  # the part that stands above, and whether nothing is indented under it
    for part, key, value in _placed(entries, (), _LEVELS, known, config):
        if part:
            given.setdefault(part, []).append((key, value))
            above, empty = "" if isinstance(value, Scalar) and not value.empty else part, document.empty(value)
        elif above and (empty or any(item.path[:1] == (key.text,) for item in config.items_of[above])):
            given[above].append((key, _with_field(key, key.text, value)))
            messages.append(
                f"line {key.line}: {key.text!r} is not indented under part {above}; it was read as if it were."
            )
        else:
            # Looking for the name that was meant takes time, and nobody reads more than a few of these.
            few = len(messages) <= SUGGESTIONS
            message = _unknown(key, known, config) if few else "it is no part of the homework either."
            messages.append(f"line {key.line}: {message}")
    found = {name: joined(f"part {name}", values) for name, values in given.items()}
    messages += [message for _, again in found.values() for message in again]
    return {name: value for name, (value, _) in found.items()}, messages


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
    key = _WORDS.sub("", unicodedata.normalize("NFKC", key[:200]).strip(" \t*`").casefold(), count=1)
    return re.sub(r"[\s.,;:。_–—-]+", ".", key.strip(" \t.:()[]\"'*`")).strip(".\"'")


def _placed(
    entries: Iterable[tuple[Scalar, Node]], above: tuple[str, ...], levels: int, known: dict[str, str], config: Config
) -> Iterator[tuple[str, Scalar, Node]]:
    """The part that each entry answers, empty where it answers none, with its key and its value."""
    for key, value in entries:
        own = normal(key.text)
        names = [".".join((*above, own)), own]
        if own.startswith(".".join((*above, ""))) and isinstance(value, Mapping) and _holds_parts(value, own, known):
            names = [own]
        part = next((known[name] for name in names if name in known), None)
        if part is not None:
            yield part, key, value
        elif inside := next((found for name in names if (found := _inside(name, key, value, known, config))), None):
            yield inside[0], key, inside[1]
        elif isinstance(value, Mapping) and levels and _leads_on(names, value, known):
            yield from _placed(value.entries, (*above, own), levels - 1, known, config)
        elif key.text.strip(". ") or not isinstance(value, (Scalar, Broken)):
            # The template's "...": "..." says nothing.
            yield "", key, value


def _inside(name: str, key: Scalar, value: Node, known: dict[str, str], config: Config) -> tuple[str, Node] | None:
    """A key that names a part and a field at once, ``2.3.reverse.time``, as the field inside the part.

    Behind a blank the title of the part may stand instead, over its fields: ``2.3 The product``.
    """
    begins = max((one for one in known if name.startswith(f"{one}.")), key=len, default=None)
    if begins is None:
        return None
    part, text = known[begins], name[len(begins) + 1 :]
    fields = {field.casefold() for item in config.items_of[part] for field in item.path}
    titled = isinstance(value, Mapping) and not re.search(rf"{re.escape(begins)}\.\w", key.text)
    is_title = titled and (text.split(".")[0] not in fields or ".and." in text)
    return part, value if is_title else _with_field(key, text, value)


def _with_field(key: Scalar, text: str, value: Node) -> Mapping:
    field = Scalar(key.line, span=key.span, text=text, plain=key.plain)
    return Mapping(key.line, span=value.span, entries=((field, value),))


def _leads_on(names: list[str], value: Mapping, known: dict[str, str]) -> bool:
    """Whether parts may stand among the fields of a key that is none."""
    longer = any(one.startswith(f"{name}.") for name in names for one in known)
    return longer or _holds_parts(value, names[-1], known)


def _holds_parts(value: Mapping, name: str, known: dict[str, str]) -> bool:
    inner = [normal(key.text) for key, _ in value.entries]
    return any(one in known or f"{name}.{one}" in known for one in inner)


def _unknown(key: Scalar, known: dict[str, str], config: Config) -> str:
    text = key.text if len(key.text) <= 40 else key.text[:37] + "..."
    name = normal(key.text)
    meant = nearest(name, known)
    named = (one for one in config.items if name in (*one.path, "".join(one.path[-1:]).casefold()))
    holding = list(dict.fromkeys(one.part for one in named))
    if holding:
        under = " or ".join(holding[:3])
        return f"{text!r} is no part but a field of {under}: indent it under its part. It was left aside."
    hint = f" (did you mean {known[meant]!r}?)" if meant else ""
    return f"there is no part {text!r}{hint}. It was left aside."
