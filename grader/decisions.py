"""What people decided of answers, in a file that they can read and write: ``decisions.yaml``.

Reading it names every mistake by file and line. A program changes it whole or not at all, and by one writer at a time.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BeforeValidator, ValidationError

from grader import document
from grader.assignment import faults, part_kinds
from grader.assignment.config import Config
from grader.assignment.faults import Faulty
from grader.frozen import frozen
from grader.processes import system
from grader.processes.destination import Destination
from grader.report import Decided, Finding, Verdict

FILE = "decisions.yaml"
"""Its name in the folder of a batch."""
_LIMITS = document.Limits(size=20_000_000)
"""Some fifty thousand decisions."""
_CREDITS = {Verdict.CORRECT: (Fraction(1),), Verdict.INCORRECT: (Fraction(0),), Verdict.MISSING: (Fraction(0),)}


def _typed(value: object) -> object:
    """A list, written as answers.yaml has it, as the text that it is read as there."""
    return f"[{', '.join(str(_typed(one)) for one in value)}]" if isinstance(value, list) else value


Typed = Annotated[part_kinds.Text, BeforeValidator(_typed)]


class Entry(part_kinds.Strict):
    """A decision as it stands in the file."""

    item: part_kinds.Text
    answer: Typed | None = None
    submission: part_kinds.Text | None = None
    read_as: Typed | None = None
    credit: part_kinds.Share | None = None
    verdict: Verdict | None = None
    message: str | None = None
    by: str | None = None
    at: str | None = None

    def mistakes(self, context: Any) -> Iterator[faults.Mistake]:
        """What is wrong with it; ``context`` are the names of the items."""
        if self.item not in context:
            yield ("item",), f"there is no item {self.item!r}; {faults.meant(self.item, context)}"
        if (self.answer is None) == (self.submission is None):
            yield (), "either answer (every one that says the same) or submission is expected"
        if self.read_as is not None and (self.credit is not None or self.verdict is not None):
            yield ("read_as",), "an answer that is read anew is marked by what it says: neither credit nor verdict"
        elif self.read_as is None and self.credit is None and self.verdict is None:
            yield (), "nothing is decided: credit, verdict or read_as is expected"
        elif self.verdict is Verdict.PARTIAL and self.credit is None:
            yield ("verdict",), "how much is it worth? credit, a share from 0 to 1, is expected"
        elif self.verdict is not None and self.credit not in (None, *_CREDITS.get(self.verdict, (self.credit,))):
            yield ("credit",), f"{self.verdict} does not go with credit {self.credit}"


@frozen
class Decision:
    """One decision on an item: about every answer that says the same as ``answer``, or about one ``submission``'s.

    It gives a verdict with a credit, or with ``read_as`` the text that the answer is to be read as. ``line`` is where
    it stands in its file.
    """

    item: str
    answer: str = ""
    submission: str = ""
    read_as: str = ""
    verdict: Verdict | None = None
    credit: Fraction = Fraction(0)
    message: str = ""
    by: str = ""
    at: str = ""
    line: int = 0

    @property
    def about(self) -> str:
        """What it is about, in a line: ``2.3.z, every answer that says “[1, 2]”``."""
        whose = f"the answer of {self.submission}" if self.submission else f"every answer that says “{self.answer}”"
        return f"{self.item}, {whose}"

    def record(self, own: Finding | None = None) -> Decided:
        """What a report keeps of it; ``own`` is what the grader says by itself."""
        return Decided(self.about, self.message, self.by, self.at, self.read_as, own)

    @property
    def outcome(self) -> tuple[str, Verdict | None, Fraction]:
        return self.read_as, self.verdict, self.credit


@frozen
class Decisions:
    """The decisions of a file, in its order; ``key`` is a hash of all that counts in them."""

    all: tuple[Decision, ...] = ()
    name: str = FILE

    @property
    def key(self) -> str:
        """Empty without decisions."""
        text = repr([replace(one, line=0) for one in self.all])
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() if self.all else ""


NONE = Decisions()


def load(file: Path, config: Config) -> Decisions:
    """The decisions in a file. Raises ``Faulty`` with every mistake in it, each with its line."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise Faulty(f"{file.name}:1: {error.strerror or 'cannot be read'}") from None
    return read(data, config, file.name)


def read(data: bytes | str, config: Config, name: str = FILE) -> Decisions:
    """The decisions in a text; ``name`` is what its mistakes call it."""
    root, lines = _root(data, name)
    mistakes: list[faults.Mistake] = []
    found: list[Decision] = []
    items = [item.name for item in config.items]
    for number, plain in enumerate(root):
        here = (str(number),)
        try:
            found.append(_decision(Entry.model_validate(plain, context=items), lines.line(here)))
        except ValidationError as error:
            mistakes += faults.of_model(error, here, Entry)
    messages = [lines.located(path, message) for path, message in sorted(mistakes, key=lambda one: lines.line(one[0]))]
    first: dict[tuple[str, str, str], Decision] = {}
    pairs = [(decision, first.setdefault(about(decision), decision)) for decision in found]
    messages = messages or [contradiction(one, other, name) for one, other in pairs if one.outcome != other.outcome]
    if messages:
        raise Faulty("\n".join(messages))
    return Decisions(tuple(found), name)


def _root(data: bytes | str, name: str) -> tuple[list[Any], faults.Lines]:
    try:
        root = document.read(data, _LIMITS).root
    except document.Unreadable as fault:
        raise Faulty(f"{name}:{fault.line or 1}: {fault.message}") from None
    if root is None or document.empty(root):
        return [], faults.Lines(name)
    if not isinstance(root, document.Sequence):
        raise Faulty(f"{name}:{root.line}: a list of decisions is expected, each with item, answer or submission, …")
    return faults.plain(root, name)


def _decision(entry: Entry, line: int) -> Decision:
    credit = entry.credit if entry.credit is not None else Fraction(entry.verdict is Verdict.CORRECT)
    verdict = entry.verdict
    if verdict is None and entry.read_as is None:
        verdict = Verdict.CORRECT if credit == 1 else Verdict.PARTIAL if credit else Verdict.INCORRECT
    texts = {name: (value or "").strip() for name, value in entry.model_dump(exclude={"credit", "verdict"}).items()}
    return Decision(**texts, verdict=verdict, credit=credit, line=line)


def contradiction(decision: Decision, other: Decision, name: str) -> str:
    """What is said of two decisions that cannot both hold."""
    return f"{name}:{decision.line}: contradicts line {other.line}: both are about {decision.about}"


def text(typed: str) -> str:
    """A text as it is compared: blanks and line breaks are one blank."""
    return " ".join(typed.split())


def whose(submission: str) -> str:
    """The name of a submission as it is compared, and good as a file name: ``Zoë_Müller`` for ``Zoë Müller``."""
    return re.sub(r"[^\w.+@=-]+", "_", submission).lstrip("._") or ("submission" if submission else "")


def change(file: Path, config: Config, added: Sequence[Decision] = (), removed: Sequence[Decision] = ()) -> None:
    """Puts decisions at the end of the file, in place of earlier ones about the same, and takes out others.

    What people wrote beside them stays as it is. Raises ``Faulty`` and leaves the file alone where it could not be
    read, or could then no longer be; raises ``OSError``.
    """
    with system.alone(file.with_name(f".{file.name}.lock"), wait=True):
        try:
            before = file.read_bytes().decode("utf-8") if file.exists() else ""
        except UnicodeDecodeError as error:
            reason = f"this is no UTF-8 ({error.reason}), so nothing can be added to it"
            raise Faulty(f"{file.name}:1: {reason}") from None
        kept = _without(before, {about(one) for one in (*added, *removed)}, config, file.name)
        after = kept + ("\n" if kept and not kept.endswith("\n") else "") + "".join(map(_written, added))
        read(after, config, file.name)
        with Destination(file) as destination:
            destination.write(after)


def about(decision: Decision) -> tuple[str, str, str]:
    """What tells the answers that a decision is about."""
    return decision.item, whose(decision.submission), text(decision.answer)


def _without(before: str, gone: set[tuple[str, str, str]], config: Config, name: str) -> str:
    """The text without the entries about these answers, all else as it stands."""
    same = [one.line for one in read(before, config, name).all if about(one) in gone]
    if not same:
        return before
    root = document.read(before).root
    assert isinstance(root, document.Sequence)
    starts = [item.line for item in root.items]
    lines = before.splitlines(keepends=True)
    for line in sorted(same, reverse=True):
        end = next((start for start in starts if start > line), len(lines) + 1) - 1
        while lines[end - 1].startswith("#") or not lines[end - 1].strip():  # a comment on what follows
            end -= 1
        del lines[line - 1 : end]
    return "".join(lines)


def _written(decision: Decision) -> str:
    entry = {**vars(decision), "verdict": str(decision.verdict or ""), "credit": str(decision.credit), "line": ""}
    if decision.verdict is None:
        del entry["credit"]
    entry = {name: value for name, value in entry.items() if value}
    seen = "".join(entry.values()).replace("\n", "").isprintable()  # what nobody would see is written by its number
    return yaml.safe_dump([entry], allow_unicode=seen, sort_keys=False, width=1 << 20)
