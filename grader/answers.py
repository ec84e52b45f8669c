"""The answers of a submission, item by item: what was typed and how it was understood. Validity only, no judgement.

They stand in the file of answers; what is missing there, in the write-up, which can be written down as such a file.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping as Table
from dataclasses import field, replace
from itertools import islice
from pathlib import Path

from grader import document, kinds, submission as submissions
from grader.assignment.config import Config, Item
from grader.assignment.faults import nearest
from grader.document import Broken, Mapping, Node, Scalar, Sequence
from grader.document.characters import short
from grader.forms.answer import Answer, Answers, PartAnswers, Typed, invalid, missing, open_
from grader.forms.fields import SUGGESTIONS, joined, unwrapped
from grader.frozen import frozen
from grader.report import Block, Paragraph
from grader.submission import Submission

_WORDS = re.compile(
    r"(?:(?:problem|part|question|exercise|task|answers?|ex|nr|no|q|p|to)(?:\b|(?=[\d_]))[\s.:_-]*|#\s*)+"
)
_LEVELS = 4
_MOST = 20
_CANDIDATES = 5
"""How many files are read to see which of them is the write-up."""
_HEAD = """\
# Taken from {name}; the numbers are its lines. Correct what was taken wrongly, fill in what is missing, and hand in
# this file: each answer counts as it stands here.
"""


def of(path: Path, config: Config, damaged: Iterable[str] = ()) -> Answers:
    """The answers of the submission at ``path``, of whose files some were ``damaged`` on their way."""
    return read(submissions.read(path, config.limits, damaged), config)


def read(submission: Submission, config: Config) -> Answers:
    """Read the answers of a submission. Never raises for what a student typed."""
    items, in_file = _in_file(submission, config)
    messages = [*submission.messages, *in_file]
    if submission.write_ups:
        in_text = written(submission, config)
        messages += in_text.messages
        # What is in answers.yaml goes before what the write-up says.
        items = {
            name: in_text.answers.get(name, one) if one.status == "missing" else one for name, one in items.items()
        }
    if submission.for_a_person and all(answer.status == "missing" for answer in items.values()):
        names = submission.for_a_person
        listed = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        message = Paragraph(
            f"No answer could be read, but this was handed in: {listed}. An instructor will look at it."
        )
        messages.append(message)
        items = {item.name: open_(item, message) for item in config.items}
    elif submission.refused:
        message = Paragraph(submission.refused)
        items = {name: invalid(one.item, message) if one.status == "missing" else one for name, one in items.items()}
    return Answers(items, tuple(messages), submission.program, submission.beside)


def _in_file(submission: Submission, config: Config) -> tuple[dict[str, Answer], list[Paragraph]]:
    """The answers in the file of answers, by item, and what is to be said of the file."""
    name = submission.answers_name
    if submission.answers is None:
        absent = Paragraph(f"No answer was given: there is no {name} that can be read.")
        return {item.name: missing(item, absent) for item in config.items}, []
    try:
        file = document.salvage(submission.answers, document.Limits(size=config.limits.answers_bytes))
    except document.Unreadable as fault:
        where = f", line {fault.line}" if fault.line else ""
        message = Paragraph(f"{name}{where} cannot be read: {fault.message}.")
        unread = open_ if fault.for_a_person else invalid
        return {item.name: unread(item, message) for item in config.items}, [message]
    parts, remarks = _split(file.root, config)
    items: dict[str, Answer] = {}
    for part in config.parts:
        found = _part(config.items_of[part], parts.get(part), file, config)
        items.update((one.item.name, one) for one in found.answers)
        remarks += found.messages
    messages = [f"{name}, {text}." for text in file.messages]
    messages += [f"{name} is empty: no answer was given."] if file.root is None else []
    messages += [f"{name}, {remark}" for remark in remarks[:_MOST]]
    if len(remarks) > _MOST:
        messages.append(f"{name}: {len(remarks) - _MOST} more remarks of this kind were left out.")
    return items, list(map(Paragraph, messages))


def typed(item: Item, text: str, config: Config) -> Answers:
    """The answers of a submission that answers nothing but this item, with this text.

    It is quoted under its field, or stands as it is where a whole part is typed.
    """
    if item.path:
        keys = "".join(f"{'  ' * depth}{_quoted(key)}:\n" for depth, key in enumerate((item.part, *item.path)))
        file = f"{keys[:-1]} {_quoted(text)}\n"
    else:
        inside = "\n".join(f"  {line}" for line in text.splitlines())
        file = f"{_quoted(item.part)}:\n{inside}\n"
    return read(Submission(file.encode()), config)


def _quoted(text: str) -> str:
    """YAML's double quotes, with every character that means anything to YAML by its number."""
    numbered = re.sub(r'[^ -~]|["\\]', lambda sign: f"\\U{ord(sign[0]):08x}", text)
    return f'"{numbered}"'


def _part(items: tuple[Item, ...], value: Node | None, file: document.Document, config: Config) -> PartAnswers:
    """The answers to one part, each with a line: one that stands nowhere by itself has that of its part."""
    name = items[0].part
    row = kinds.of(items[0], config)
    if value is None:
        absent = Paragraph(f"No answer was given: there is no part {name}.")
        return PartAnswers(tuple(missing(item, absent) for item in items))
    place = f"part {name} (line {value.line})"
    if document.empty(value):
        nothing = Paragraph(f"No answer was given: {place} is empty.")
        return PartAnswers(tuple(missing(item, nothing) for item in items))
    reason = f"cannot be read: {value.reason}" if isinstance(value, Broken) else ""
    if row.values and len(list(islice(document.every(value), row.values + 1))) > row.values:
        reason = f"holds more than {row.values:,} values and was not read"
    if reason:
        message = Paragraph(f"{place[:1].upper()}{place[1:]} {reason}.")
        return PartAnswers(tuple(invalid(item, message, value.line) for item in items))
    found = row.read(Typed(items, unwrapped(value), config, file))
    answers = (
        replace(one, line=value.line) if one.line is None and one.status != "missing" else one for one in found.answers
    )
    return PartAnswers(tuple(answers), found.messages)


def _split(root: Node | None, config: Config) -> tuple[dict[str, Node], list[str]]:
    """The value of each part that is there, and messages. What belongs to no part changes nothing else."""
    if root is None:
        return {}, []
    messages: list[str] = []
    entries = document.fields(root)  # of a list of parts, or of one group of them
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
        begun = any(one.startswith(f"{name}.") for name in names for one in known)
        if part is not None:
            yield part, key, value
        elif inside := next((found for name in names if (found := _inside(name, key, value, known, config))), None):
            yield inside[0], key, inside[1]
        elif isinstance(value, Mapping) and levels and (begun or _holds_parts(value, own, known)):
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


def _holds_parts(value: Mapping, name: str, known: dict[str, str]) -> bool:
    inner = [normal(key.text) for key, _ in value.entries]
    return any(one in known or f"{name}.{one}" in known for one in inner)


def _unknown(key: Scalar, known: dict[str, str], config: Config) -> str:
    name = normal(key.text)
    named = (one for one in config.items if name in (*one.path, "".join(one.path[-1:]).casefold()))
    holding = list(dict.fromkeys(one.part for one in named))
    if holding:
        under = " or ".join(holding[:3])
        return f"{short(key.text)} is no part but a field of {under}: indent it under its part. It was left aside."
    meant = nearest(name, known)
    hint = f" (did you mean {known[meant]!r}?)" if meant else ""
    return f"there is no part {short(key.text)}{hint}. It was left aside."


@frozen
class Written:
    """What a write-up answers: each item, what is to be said of it, and each part as a file of answers has it."""

    answers: Table[str, Answer]
    messages: tuple[Block, ...] = ()
    nodes: Table[str, Node] = field(default_factory=dict)


def written(submission: Submission, config: Config) -> Written:
    """What the write-up among the files of a submission says."""
    texts: dict[str, str] = {}
    messages: list[Block] = []
    for name, data in submission.write_ups.items():
        try:
            texts[name], remarks = document.decode(data, document.Limits(size=config.limits.answers_bytes))
            messages += [Paragraph(f"{name}, {remark}.") for remark in remarks]
        except document.Unreadable as fault:
            messages.append(Paragraph(f"{name} cannot be read: {fault.message}."))
    if (submission.write_up and submission.write_up not in texts) or not texts:
        return _open(config, *messages)
    found = _chosen(texts, submission, config)
    return replace(found, messages=(*messages, *found.messages))


def _chosen(texts: Table[str, str], submission: Submission, config: Config) -> Written:
    """What the one of several files says that is the write-up."""
    from grader import writeup

    alone = submission.answers is None
    names = (submission.write_up,) if submission.write_up else writeup.main_files(texts, alone=alone)
    found = {name: _one_written(name, texts, config) for name in names[:_CANDIDATES]}
    # A template beside it that was left empty is none.
    saying = {name: one for name, one in found.items() if any(a.status != "missing" for a in one.answers.values())}
    if len(saying) < 2 and len(names) <= _CANDIDATES:
        one = next(iter((saying or found).values()), Written({}))
        # Beside a file of answers, what is missing is missing there.
        return one if saying or alone else replace(one, answers={}, nodes={})
    listed = " and ".join(names[:_CANDIDATES])
    message = f"Several files could be the write-up ({listed}). Keep one, or name it answers. A person will look."
    return _open(config, Paragraph(message))


def _open(config: Config, *blocks: Block) -> Written:
    """Nothing was taken, and a person has to look at everything."""
    return Written({item.name: open_(item, *blocks) for item in config.items}, blocks)


def _one_written(name: str, texts: Table[str, str], config: Config) -> Written:
    from grader import writeup
    from grader.forms.write_up import Passages

    try:
        found = writeup.read(name, texts, config)
    except writeup.Unreadable as fault:
        return _open(config, Paragraph(f"{name} {fault}."))
    answers: dict[str, Answer] = {}
    nodes: dict[str, Node] = {}
    messages: list[Block] = [
        Paragraph(f"{name}, line {found.sources.place(mark.start).line}: there is no item {mark.text!r}.")
        for mark in found.unknown[:20]
    ]
    for part, stated in config.parts.items():
        row = kinds.PARTS[stated.kind]
        items = config.items_of[part]
        one = row.written(Passages(found, config, items, row.read))
        answers.update((answer.item.name, answer) for answer in one.answers)
        messages += map(Paragraph, one.messages)
        nodes.update({part: one.node} if one.node else {})
    return Written(answers, tuple(messages), nodes)


def as_answers_file(submission: Submission, config: Config) -> str:
    """The text of an ``answers.yaml``: what was taken of each part, with its lines; empty without a write-up."""
    nodes = written(submission, config).nodes
    if not nodes:
        return ""
    lines = [_HEAD.format(name=", ".join(submission.write_ups))]
    for part, stated in config.parts.items():
        lines.append(f'"{part}":  # {stated.title}')
        lines += [f"  {line}" for line in _lines(nodes[part])] if part in nodes else []
        lines.append("")
    return "\n".join(lines)


def _lines(node: Node) -> Iterator[str]:
    """A node as YAML in block style, every text in double quotes."""
    if isinstance(node, Mapping):
        for key, value in node.entries:
            inner = list(_lines(value))
            if isinstance(value, Scalar):
                yield f"{key.text}: {inner[0]}"
            else:
                yield f"{key.text}:"
                yield from (f"  {line}" for line in inner)
    elif isinstance(node, Sequence):
        for item in node.items:
            inner = list(_lines(item))
            yield from (f"{'  ' if place else '- '}{line}" for place, line in enumerate(inner))
    elif isinstance(node, Scalar):
        # What JSON has in double quotes YAML has too.
        yield f"{json.dumps(node.text, ensure_ascii=False)}  # {node.line}"
