"""What a marking ends in, as frozen data: verdicts, findings, and the report that every reporter shows.

``to_record`` and ``from_record`` make plain data of it, as JSON has it, and back: it crosses pipes and lies in files.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import Enum
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Union

from grader.frozen import frozen

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Visibility = Literal["visible", "hidden", "after_due_date", "after_published"]


class Verdict(str, Enum):
    """The closed list of verdicts (contract, section 4)."""

    CORRECT = "correct"
    PARTIAL = "partial"
    INCORRECT = "incorrect"
    INVALID = "invalid"
    MISSING = "missing"
    REVIEW = "review"

    def __str__(self) -> str:
        return self.value


@frozen
class Paragraph:
    """Plain text. It may quote what a student typed: every reporter escapes it.

    ``hint`` is what a block says where feedback gives nothing away; where it is empty, the block is left out. Every
    block that tells an answer, or how to mend one, has a hint.
    """

    text: str
    hint: str | None = None
    kind: Literal["paragraph"] = "paragraph"


@frozen
class Verbatim:
    """Lines whose columns matter: a caret under the place where reading stopped."""

    text: str
    hint: str | None = None
    kind: Literal["verbatim"] = "verbatim"


@frozen
class Table:
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    hint: str | None = None
    kind: Literal["table"] = "table"

    @property
    def aligned(self) -> str:
        """The rows below their header, in columns, without the caption."""
        rows = (self.header, *self.rows)
        widths = [max(map(len, column)) for column in zip(*rows)]
        return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)

    @property
    def text(self) -> str:
        return f"{self.caption}\n{self.aligned}" if self.caption else self.aligned


Block = Union[Paragraph, Verbatim, Table]
Exhibit = dict[str, Any]


def plain(blocks: tuple[Block, ...]) -> str:
    """Blocks as plain text, one after the other."""
    return "\n".join(block.text for block in blocks)


@frozen
class Finding:
    """What a check says of one item.

    ``credit`` is the share of the item's points, from 0 to 1. ``code`` is a stable short name of the outcome
    (``formula.differs``), for statistics and tests; the blocks are for people. ``canonical`` is the one spelling that
    all equal answers share, by which a class's answers are grouped. ``exhibit`` is plain data (as JSON has it) that a
    reporter may draw: the trace of a network, the difference of two graphs.
    """

    verdict: Verdict
    blocks: tuple[Block, ...]
    code: str
    credit: Fraction = Fraction(0)
    canonical: str = ""
    exhibit: Exhibit | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.credit <= 1:
            raise ValueError(f"credit {self.credit} is not between 0 and 1")
        if self.verdict is Verdict.CORRECT and self.credit != 1:
            raise ValueError("a correct answer has credit 1")


def correct(code: str, *blocks: Block, canonical: str = "", exhibit: Exhibit | None = None) -> Finding:
    """A finding that earns all of an item's points."""
    return Finding(Verdict.CORRECT, blocks, code, Fraction(1), canonical, exhibit)


def incorrect(code: str, *blocks: Block, canonical: str = "", exhibit: Exhibit | None = None) -> Finding:
    """A finding that earns nothing, with its reason."""
    return Finding(Verdict.INCORRECT, blocks, code, Fraction(0), canonical, exhibit)


@frozen
class Taken:
    """How an answer was taken from a write-up, its text as it stands there, and the place.

    ``marked`` by the student with the item's name, or ``found`` by its heading and label.
    """

    how: Literal["marked", "found"]
    text: str
    file: str
    line: int
    cell: int | None = None

    @property
    def place(self) -> str:
        """``main.tex, line 12``, with the cell of a notebook."""
        cell = f", cell {self.cell}" if self.cell else ""
        return f"{self.file}{cell}, line {self.line}"


@frozen
class Decided:
    """What a person decided of an answer, about what, who and when; ``own`` is what the grader says by itself.

    With ``read_as`` the answer was read anew as this text, and the grader's finding is on that.
    """

    about: str
    message: str = ""
    by: str = ""
    at: str = ""
    read_as: str = ""
    own: Finding | None = None


LONGEST_MATHML = 50_000
"""What is longer is shown as text: nobody looks at a formula of so many pages, and a class has many."""


@frozen
class ItemReport:
    """One answer, marked: an entry of Gradescope's ``tests``."""

    item: str
    part: str
    title: str
    points: Fraction
    finding: Finding
    typed: str = ""
    understood: str = ""
    mathml: str = ""
    line: int | None = None
    visibility: Visibility = "visible"
    taken: Taken | None = None
    decided: tuple[Decided, ...] = ()

    @property
    def place(self) -> str:
        """Where the answer stands: ``line 12``, or ``found in main.tex, line 12``; empty for what was typed nowhere."""
        if self.taken:
            return f"{self.taken.how} in {self.taken.place}"
        return f"line {self.line}" if self.line else ""

    @property
    def score(self) -> Fraction:
        return self.points * self.finding.credit

    @property
    def waits(self) -> bool:
        """Whether the answer is not decided, or not read and nobody has decided what it gets."""
        if self.finding.verdict is Verdict.INVALID:
            return all(one.own is None for one in self.decided)
        return self.finding.verdict is Verdict.REVIEW


@frozen
class PartReport:
    part: str
    title: str
    items: tuple[ItemReport, ...]

    @property
    def points(self) -> Fraction:
        return sum((item.points for item in self.items), Fraction(0))

    @property
    def score(self) -> Fraction:
        return sum((item.score for item in self.items), Fraction(0))


@frozen
class Report:
    """One submission, marked.

    ``messages`` are about the submission as a whole (a file that cannot be read, an unknown field). ``faults`` are
    the grader's own, for the instructor only.
    """

    title: str
    parts: tuple[PartReport, ...]
    messages: tuple[Block, ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def items(self) -> tuple[ItemReport, ...]:
        return tuple(item for part in self.parts for item in part.items)

    @property
    def needs_person(self) -> bool:
        """Whether something in it waits for an instructor's eyes."""
        return bool(self.faults) or any(item.waits for item in self.items)

    def item(self, name: str) -> ItemReport:
        """The item of this name; raises ``StopIteration`` where there is none."""
        return next(item for item in self.items if item.item == name)

    def changed(self, change: Callable[[ItemReport], ItemReport]) -> Report:
        """The report with what each of its items becomes."""
        parts = tuple(replace(part, items=tuple(map(change, part.items))) for part in self.parts)
        return replace(self, parts=parts)

    @property
    def points(self) -> Fraction:
        return sum((part.points for part in self.parts), Fraction(0))

    @property
    def score(self) -> Fraction:
        return sum((part.score for part in self.parts), Fraction(0))


def hints(report: Report) -> Report:
    """The report without what gives an answer away: each block as its hint, and no drawing where a block has one."""

    def hinting(item: ItemReport) -> ItemReport:
        blocks = item.finding.blocks
        if all(block.hint is None for block in blocks):
            return item
        shown = (Paragraph(block.hint) if block.hint is not None else block for block in blocks)
        kept = tuple(block for block in shown if block != Paragraph(""))
        return replace(item, finding=replace(item.finding, blocks=kept, exhibit=None))

    return report.changed(hinting)


Record = dict[str, Any]
_Whole = TypeVar("_Whole", Report, ItemReport)


def to_record(whole: Report | ItemReport) -> Record:
    """A report, or one item of it, as data; ``from_record(type(whole), to_record(whole)) == whole``."""
    record: Record = _adapters()[type(whole)].dump_python(whole, mode="json")
    return record


def from_record(kind: type[_Whole], record: Any) -> _Whole:
    """What ``to_record`` made the data of. Raises ``ValueError``."""
    try:
        whole: _Whole = _adapters()[kind].validate_python(record)
    except ArithmeticError as error:
        raise ValueError(f"no {kind.__name__}: {error}") from error
    return whole


@cache
def _adapters() -> dict[type, TypeAdapter[Any]]:
    from pydantic import TypeAdapter  # only what crosses a process or comes from a file needs it

    return {kind: TypeAdapter(kind) for kind in (Report, ItemReport)}
