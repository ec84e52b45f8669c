"""Which of the files that were handed in is the write-up, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from grader import document, writeup
from grader.answers import write_up
from grader.answers.answer import open_
from grader.answers.write_up import Written
from grader.assignment.config import Config
from grader.report import Block, Paragraph

if TYPE_CHECKING:
    from grader.submission import Submission

_CANDIDATES = 5
"""How many files are read to see which of them is the write-up."""


def read(submission: Submission, config: Config) -> Written:
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
