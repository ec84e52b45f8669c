"""The answers of a submission, item by item: what was typed and how it was understood. Validity only, no judgement."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

from grader import document, kinds, submission as submissions
from grader.answers import sections
from grader.assignment.config import Config, Item
from grader.forms.answer import Answer, Answers, Typed, invalid, missing, open_
from grader.report import Block, Paragraph
from grader.submission import Submission

__all__ = ["Answer", "Answers", "of", "read", "typed", "written_down"]


def of(path: Path, config: Config) -> Answers:
    """The answers of the submission at ``path``."""
    return read(submissions.read(path, config.limits), config)


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
        from grader.answers import write_ups

        in_text = write_ups.read(submission, config)
        messages += in_text.messages
        # What is in answers.yaml goes before what the write-up says.
        items = {
            name: in_text.answers.get(name, one) if one.status == "missing" else one for name, one in items.items()
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
    plain = (character if " " <= character <= "~" and character not in '"\\' else None for character in text)
    return '"' + "".join(kept or f"\\U{ord(character):08x}" for kept, character in zip(plain, text)) + '"'


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
        elif (most := kinds.PARTS[part.kind].values) and _crowded(value, most):
            says = Paragraph(f"Part {name} (line {value.line}) holds more than {most:,} values and was not read.")
            answers = tuple(invalid(item, says, value.line) for item in items)
        elif isinstance(value, document.Broken):
            answers = tuple(_broken(item, value) for item in items)
        else:
            read_ = kinds.PARTS[part.kind].read(Typed(items, value, config, found))
            answers = read_.answers
            said += read_.messages
        yield from (_with_line(answer, value) for answer in answers)
    messages += [Paragraph(f"{file}, {text}") for text in said[:_MOST]]
    if len(said) > _MOST:
        messages.append(Paragraph(f"{file}: {len(said) - _MOST} more remarks of this kind were left out."))


_MOST = 20


def _crowded(value: document.Node, most: int) -> bool:
    pending, count = [value], 0
    while pending and count <= most:
        node = pending.pop()
        count += 1
        if isinstance(node, document.Sequence):
            pending.extend(node.items)
        elif isinstance(node, document.Mapping):
            pending.extend(inner for _, inner in node.entries)
    return count > most


def _broken(item: Item, value: document.Broken) -> Answer:
    return invalid(item, Paragraph(f"Part {item.part} (line {value.line}) cannot be read: {value.reason}."), value.line)


def _with_line(answer: Answer, value: document.Node | None) -> Answer:
    """An answer that stands nowhere by itself has the line of its part."""
    if answer.line is None and value is not None and answer.status != "missing":
        return replace(answer, line=value.line)
    return answer
