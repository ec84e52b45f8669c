"""The answers of a submission's write-up, item by item, and as a file of answers to be corrected and handed in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace

from grader import document, kinds, writeup
from grader.assignment.config import Config
from grader.forms.answer import Answer, open_
from grader.forms.write_up import Passages
from grader.frozen import frozen
from grader.report import Block, Paragraph
from grader.submission import Submission

_CANDIDATES = 5
"""How many files are read to see which of them is the write-up."""

_HEAD = """\
# Taken from {name}; the numbers are its lines. Correct what was taken wrongly, fill in what is missing, and hand in
# this file: each answer counts as it stands here.
"""


@frozen
class Written:
    """What a write-up answers: each item, what is to be said of it, and each part as a file of answers has it."""

    answers: Mapping[str, Answer]
    messages: tuple[Block, ...]
    nodes: Mapping[str, document.Node]


def read(submission: Submission, config: Config) -> Written:
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
    message = f"Several files could be the write-up ({listed}). Keep one, or name it answers. A person will look."
    return _open(config, Paragraph(message))


def _open(config: Config, *blocks: Block) -> Written:
    """Nothing was taken, and a person has to look at everything."""
    return Written({item.name: open_(item, *blocks) for item in config.items}, blocks, {})


def _one_written(name: str, texts: Mapping[str, str], config: Config) -> Written:
    try:
        written = writeup.read(name, texts, config)
    except writeup.Unreadable as fault:
        return _open(config, Paragraph(f"{name} {fault}."))
    answers: dict[str, Answer] = {}
    nodes: dict[str, document.Node] = {}
    messages: list[Block] = [
        Paragraph(f"{name}, line {written.sources.place(mark.start).line}: there is no item {mark.text!r}.")
        for mark in written.unknown[:20]
    ]
    for part, stated in config.parts.items():
        row = kinds.PARTS[stated.kind]
        items = config.items_of[part]
        found = row.written(Passages(written, config, items, row.read))
        answers.update((answer.item.name, answer) for answer in found.answers)
        messages += map(Paragraph, found.messages)
        nodes.update({part: found.node} if found.node else {})
    return Written(answers, tuple(messages), nodes)


def as_answers_file(submission: Submission, config: Config) -> str:
    """The text of an ``answers.yaml``: what was taken of each part, with its lines; empty without a write-up."""
    nodes = read(submission, config).nodes
    if not nodes:
        return ""
    lines = [_HEAD.format(name=", ".join(submission.write_ups))]
    for part, stated in config.parts.items():
        lines.append(f'"{part}":  # {stated.title}')
        lines += [f"  {line}" for line in _lines(nodes[part])] if part in nodes else []
        lines.append("")
    return "\n".join(lines)


def _lines(node: document.Node) -> Iterator[str]:
    """A node as YAML in block style, every text in double quotes."""
    if isinstance(node, document.Mapping):
        for key, value in node.entries:
            inner = list(_lines(value))
            if isinstance(value, document.Scalar):
                yield f"{key.text}: {inner[0]}"
            else:
                yield f"{key.text}:"
                yield from (f"  {line}" for line in inner)
    elif isinstance(node, document.Sequence):
        for item in node.items:
            inner = list(_lines(item))
            yield from (f"{'  ' if place else '- '}{line}" for place, line in enumerate(inner))
    elif isinstance(node, document.Scalar):
        # What JSON has in double quotes YAML has too.
        yield f"{json.dumps(node.text, ensure_ascii=False)}  # {node.line}"
