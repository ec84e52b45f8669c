"""The config: the problems as stated, the rubric and the limits, read from config.yaml. It holds no answer."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, PrivateAttr, ValidationError, ValidationInfo

from grader import document
from grader.assignment import faults
from grader.assignment.faults import Faulty, Lines
from grader.assignment.part_kinds import PART_KINDS, Box, Item, Part, Positive, Procedure, Share, Strict, Text
from grader.report import Visibility

__all__ = ["Config", "Faulty", "Item", "Limits", "Part", "Procedure", "Rubric", "Shares", "load", "read"]


Isolation = Literal["full", "strong", "partial", "none"]


class Shares(Strict):
    """The share of an item's points for an answer that is right in part."""

    same_growth: Share = Fraction(1, 2)
    """A count with the right growth and a wrong constant or lower term; an order not in its simplest form."""
    order: Share = Fraction(1, 2)
    """An order where the count itself was asked for."""
    graph: Share = Fraction(1, 2)
    """Some, but not all, of the edges."""
    chain_rule: Share = Fraction(0)
    """The chain rule with its derivatives not worked out."""


class Rubric(Strict):
    """What an answer earns that is not simply right or wrong, and what is said of it."""

    partial: Shares = Field(default_factory=Shares)
    """What an answer earns that is right in part: see below."""
    unproved_network: Literal["review", "correct"] = "review"
    """The verdict on a network that is right on its box and neither proved nor refuted beyond."""
    reveal_equations: bool = False
    """Whether the feedback on a wrong backward equation shows the right one."""


class Feedback(Strict):
    """What feedback gives away: everything (full), or the verdict and where it goes wrong, but no answer (hints).

    A student's own check is before the due date.
    """

    before_due: Literal["hints", "full"] = "hints"
    """While a submission can be handed in again."""
    after_due: Literal["hints", "full"] = "full"
    """From then on."""


class SelfCheck(Strict):
    """What ``grader check`` may judge without the reference."""

    networks: bool = True
    """Whether networks are evaluated."""
    box: Box = (-2, 2)
    """On which integers, `[low, high]`: small, so that not everything is told."""
    backward: bool = True
    """Whether backward equations are judged: they need the problem alone."""


class Limits(Strict):
    """Seconds, megabytes, bytes and counts past which the grader stops and says so."""

    deadline: Positive = 120
    """Seconds for one submission, by the clock."""
    processor_seconds: Positive = 40
    """Seconds of the processor for one submission, shared out among its items."""
    proof_seconds: Positive = 10
    """Seconds of the processor to prove or refute one network beyond its box."""
    proof_megabytes: Positive = 150
    """Memory of the process that does so."""
    answers_bytes: Positive = 2_000_000
    """Size of an answers file or a write-up."""
    archive_bytes: Positive = 50_000_000
    """Size of a submission, unpacked."""
    archive_entries: Positive = 2000
    """Files in a submission."""
    units: Positive = 1000
    """Units in one layer of a network."""
    layers: Positive = 50
    """Layers of a network."""
    weights: Positive = 200_000
    """Weights of a network."""
    digits: Positive = 400
    """Digits of a number in a network."""
    python_seconds: Positive = 10
    """Seconds for a student's program."""
    python_megabytes: Positive = 1536
    """Memory of a student's program."""

    def mistakes(self, context: Any) -> Iterator[faults.Mistake]:
        for key in ("proof_seconds", "python_seconds"):
            if getattr(self, key) >= self.deadline:
                yield (key,), f"it must be less than the deadline ({self.deadline} seconds)"


class PythonAnswers(Strict):
    """Below this level of isolation, student Python is not run."""

    isolation: Isolation = "strong"
    """The least isolation under which a student's program is run; `grader doctor` says what there is."""


class Gradescope(Strict):
    """What Gradescope shows beside the items."""

    stdout_visibility: Visibility = "hidden"
    """When Gradescope shows students what the grader prints, which names its own faults."""


def _part(value: Any, info: ValidationInfo) -> Part:
    """A part as the model of its kind reads it."""
    if isinstance(value, Part):
        return value
    model = Part
    if isinstance(value, dict):
        *names, last = PART_KINDS
        kind = value.get("kind")
        if kind is None:
            raise faults.stated(f"'kind' is missing ({', '.join(names)} or {last})")
        if str(kind) not in PART_KINDS:
            raise faults.refused([(("kind",), faults.none_of(kind, PART_KINDS, ", ".join(PART_KINDS)))])
        model = PART_KINDS[kind]
    try:
        return model.model_validate(value, context=info.data.get("procedures"))
    except ValidationError as error:
        raise faults.refused(faults.of_model(error, (), model)) from None


class Config(Strict):
    """One homework."""

    title: Text
    procedures: dict[str, Procedure] = Field(default_factory=dict)
    parts: Annotated[dict[str, Annotated[Part, PlainValidator(_part)]], Field(min_length=1)]
    rubric: Rubric = Field(default_factory=Rubric)
    feedback: Feedback = Field(default_factory=Feedback)
    self_check: SelfCheck = Field(default_factory=SelfCheck)
    limits: Limits = Field(default_factory=Limits)
    python_answers: PythonAnswers = Field(default_factory=PythonAnswers)
    gradescope: Gradescope = Field(default_factory=Gradescope)

    _lines: Lines = PrivateAttr(default_factory=Lines)

    @property
    def lines(self) -> Lines:
        """Where in the file each value stands, for faults that are found later."""
        return self._lines

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """Everything that is marked, in the order of the file."""
        return tuple(item for items in self.items_of.values() for item in items)

    @cached_property
    def items_of(self) -> dict[str, tuple[Item, ...]]:
        """The items of each part."""
        return {name: tuple(part.asks(name, self.procedures)) for name, part in self.parts.items()}

    @cached_property
    def marks(self) -> dict[str, tuple[str, str]]:
        """Item and field, if any, of each name by which a write-up may mark an answer: ``2.3.z``, ``1.1.W1``."""
        found: dict[str, tuple[str, str]] = {}
        for item in self.items:
            found[item.name] = item.name, ""
            slots = () if item.path else self.parts[item.part].slots
            found.update((f"{item.name}.{slot}", (item.name, slot)) for slot in slots)
        return found

    @property
    def points(self) -> Fraction:
        return sum((part.points for part in self.parts.values()), Fraction(0))

    def item(self, name: str) -> Item:
        """The item of this name; raises ``KeyError``."""
        return {item.name: item for item in self.items}[name]


def load(path: Path | str) -> Config:
    """Read a config file. Raises ``Faulty`` with every mistake in it, each with its line.

    What parts get wrong about procedures is told once the procedures themselves are right.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Faulty(f"{path.name}: {error.strerror or 'cannot be read'}") from None
    return read(data, path.name)


def read(data: bytes | str, name: str = "config.yaml") -> Config:
    """Read the text of a config file; ``name`` is what its faults call it. Raises ``Faulty`` as ``load`` does."""
    try:
        root = document.read(data).root
    except document.Unreadable as fault:
        raise Faulty(f"{name}:{fault.line or 1}: {fault.message}") from None
    if not isinstance(root, document.Mapping):
        raise Faulty(f"{name}:1: a config holds 'title' and 'parts'; see the config.yaml that comes with the grader")
    plain, lines = faults.plain(root, name)
    try:
        config = Config.model_validate(plain)
    except ValidationError as error:
        mistakes = sorted(faults.of_model(error, (), Config), key=lambda mistake: lines.line(mistake[0]))
        once: dict[Any, str] = {}
        for path, message in mistakes:  # a piece that an anchor repeats has its mistakes once
            once.setdefault((lines.line(path), path[-1:], message), lines.located(path, message))
        raise Faulty(*once.values()) from None
    config._lines = lines
    return config
