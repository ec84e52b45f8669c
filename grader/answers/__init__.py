"""The answers of a submission, item by item: what was typed and how it was understood. Validity only, no judgement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from grader import document, writeup
from grader.answers import part_kinds, sections, write_down, write_up
from grader.answers.answer import Answer, invalid, missing, open_
from grader.answers.write_up import Written
from grader.assignment.config import Config, Item
from grader.assignment.parts import NetworkPart
from grader.report import Block, Paragraph

if TYPE_CHECKING:
    from grader.submission import Submission

__all__ = ["Answer", "Answers", "read", "written_down"]


@dataclass(frozen=True)
class Answers:
    """An answer for every item of the config, what is to be said of the file, and the program handed in beside it."""

    items: Mapping[str, Answer]
    messages: tuple[Block, ...] = ()
    program: bytes | None = None
    beside: Mapping[str, bytes] = field(default_factory=dict)


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
            says = Paragraph(f"{name}{where} cannot be read: {fault.message}.")
            messages.append(says)
            status: Literal["open", "invalid"] = "open" if fault.for_a_person else "invalid"
            items = {item.name: Answer(item, status, blocks=(says,)) for item in config.items}
        else:
            messages += [Paragraph(f"{name}, {text}.") for text in found.messages]
            items = {answer.item.name: answer for answer in _answers(found, name, config, messages)}
    if submission.write_ups:
        written = _written(submission, config)
        messages += written.messages
        # What is in answers.yaml goes before what the write-up says.
        items = {
            name: written.answers.get(name, one) if one.status == "missing" else one for name, one in items.items()
        }
    if submission.for_a_person and all(answer.status == "missing" for answer in items.values()):
        says = Paragraph(_unread(submission.for_a_person))
        messages.append(says)
        items = {item.name: open_(item, says) for item in config.items}
    return Answers(
        {item.name: items[item.name] for item in config.items}, tuple(messages), submission.program, submission.beside
    )


def written_down(submission: Submission, config: Config) -> str:
    """What the write-up of a submission says, as the text of an answers file; empty where there is none."""
    written = _written(submission, config)
    return write_down.text(", ".join(submission.write_ups), written.nodes, config) if written.nodes else ""


def _written(submission: Submission, config: Config) -> Written:
    """What the write-up among the files of a submission says."""
    texts: dict[str, str] = {}
    said: list[Block] = []
    for name, data in submission.write_ups.items():
        try:
            texts[name], remarks = document.decode(data, document.Limits(size=config.limits.answers_bytes))
            said += [Paragraph(f"{name}, {remark}.") for remark in remarks]
        except document.Unreadable as fault:
            said.append(Paragraph(f"{name} cannot be read: {fault.message}."))
    if (submission.write_up and submission.write_up not in texts) or not texts:
        return Written({item.name: open_(item, *said) for item in config.items}, tuple(said), {})
    found = _chosen(texts, submission, config)
    return replace(found, messages=(*said, *found.messages))


def _chosen(texts: Mapping[str, str], submission: Submission, config: Config) -> Written:
    """What the one of several files says that is the write-up."""
    names = (
        (submission.write_up,) if submission.write_up else writeup.main_files(texts, alone=submission.answers is None)
    )
    if not names:
        return Written({}, (), {})
    found = {name: _one_written(name, texts, config) for name in names[:_CANDIDATES]}
    # A template beside it that was left empty is none.
    saying = {name: one for name, one in found.items() if any(a.status != "missing" for a in one.answers.values())}
    if len(saying) < 2 and len(names) <= _CANDIDATES:
        one = next(iter((saying or found).values()))
        # Beside a file of answers, what is missing is missing there.
        return one if saying or submission.answers is None else Written({}, one.messages, {})
    listed = " and ".join(names[:_CANDIDATES])
    says = Paragraph(
        f"Several files could be the write-up ({listed}). Keep one, or name it answers. A person will look."
    )
    return Written({item.name: open_(item, says) for item in config.items}, (says,), {})


def _one_written(name: str, texts: Mapping[str, str], config: Config) -> Written:
    try:
        return write_up.read(writeup.read(name, texts, config), config)
    except writeup.Unreadable as fault:
        says = Paragraph(f"{name} {fault}.")
        return Written({item.name: open_(item, says) for item in config.items}, (says,), {})


def _unread(names: tuple[str, ...]) -> str:
    listed = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    what = "which the grader cannot read: an instructor will look at it"
    return f"No answers were typed, but this was handed in: {listed}, {what if len(names) == 1 else what + ' all'}."


def _answers(found: document.Document, file: str, config: Config, messages: list[Block]) -> Iterator[Answer]:
    if found.root is None:
        messages.append(Paragraph(f"{file} is empty: no answer was given."))
    given = sections.split(found.root, config)
    said = list(given.messages)
    for name, part in config.parts.items():
        items = tuple(item for item in config.items if item.part == name)
        value = given.parts.get(name)
        if value is None or document.empty(value):
            what = f"there is no part {name}" if value is None else f"part {name} (line {value.line}) is empty"
            absent = Paragraph(f"No answer was given: {what}.")
            answers: tuple[Answer, ...] = tuple(missing(item, absent) for item in items)
        elif not isinstance(part, NetworkPart) and _crowded(value):
            says = Paragraph(f"Part {name} (line {value.line}) holds more than {_VALUES:,} values and was not read.")
            answers = tuple(invalid(item, says, value.line) for item in items)
        elif isinstance(value, document.Broken):
            answers = tuple(_broken(item, value) for item in items)
        else:
            read_ = part_kinds.read(found, items, part, value, config)
            answers = read_.answers
            said += read_.messages
        yield from (_with_line(answer, value) for answer in answers)
    messages += [Paragraph(f"{file}, {text}") for text in said[:_MOST]]
    if len(said) > _MOST:
        messages.append(Paragraph(f"{file}: {len(said) - _MOST} more remarks of this kind were left out."))


_CANDIDATES = 5
"""How many files are read to see which of them is the write-up."""

_MOST = 20
_VALUES = 2000
"""How many values a part may hold that is no network: a hundred times what an answer needs."""


def _crowded(value: document.Node) -> bool:
    pending, count = [value], 0
    while pending and count <= _VALUES:
        node = pending.pop()
        count += 1
        if isinstance(node, document.Sequence):
            pending.extend(node.items)
        elif isinstance(node, document.Mapping):
            pending.extend(inner for _, inner in node.entries)
    return count > _VALUES


def _broken(item: Item, value: document.Broken) -> Answer:
    return invalid(item, Paragraph(f"Part {item.part} (line {value.line}) cannot be read: {value.reason}."), value.line)


def _with_line(answer: Answer, value: document.Node | None) -> Answer:
    """An answer that stands nowhere by itself has the line of its part."""
    if answer.line is None and value is not None and answer.status != "missing":
        return replace(answer, line=value.line)
    return answer
