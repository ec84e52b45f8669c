"""What config.yaml may hold beside its parts, as frozen shapes. Numbers are read from their text and are exact."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator

from grader.assignment import faults
from grader.assignment.faults import Mistake
from grader.report import Visibility

Isolation = Literal["full", "strong", "partial", "none"]


def _exact(value: object) -> Fraction:
    if isinstance(value, (Fraction, int, str)) and not isinstance(value, bool):
        try:
            return Fraction(value)
        except (ValueError, ZeroDivisionError):
            pass
    raise ValueError("a number such as 1, 0.5 or 1/2 is expected")


def _share(value: object) -> Fraction:
    share = _exact(value)
    if not 0 <= share <= 1:
        raise ValueError("a share from 0 to 1 is expected")
    return share


def _amount(value: object) -> Fraction:
    amount = _exact(value)
    if amount < 0:
        raise ValueError("it cannot be negative")
    return amount


def _text(value: object) -> object:
    # An empty value is a slip, not the empty text.
    if isinstance(value, str) and not value.strip():
        raise ValueError("it cannot be empty")
    return value


def _ordered(box: tuple[int, int]) -> tuple[int, int]:
    if box[0] > box[1]:
        raise ValueError(f"the low end {box[0]} is above the high end {box[1]}")
    return box


Box = Annotated[tuple[int, int], AfterValidator(_ordered)]
Share = Annotated[Fraction, PlainValidator(_share)]
Amount = Annotated[Fraction, PlainValidator(_amount)]
Text = Annotated[str, BeforeValidator(_text)]
Positive = Annotated[int, Field(gt=0)]


class Strict(BaseModel):
    """A shape that refuses what it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    def mistakes(self, procedures: Mapping[str, Procedure]) -> Iterator[Mistake]:
        """What is wrong though each value is of the right type: names that do not exist, bounds that cross.

        Whether conditions, activations and steps can be read is for a floor above, which knows the language.
        """
        yield from ()


class Procedure(Strict):
    """A forward procedure: sizes by name, shapes over the sizes, and steps in the answer language, in order."""

    sizes: dict[str, str]
    """Each size with what it counts: `{d: input dimension}`."""
    inputs: dict[str, tuple[str, ...]]
    """Each input with its shape over the sizes: `{x: [d]}`; one size a vector, two a matrix, none a number."""
    label: dict[str, str] = {}
    """The class label, with the size whose classes it names: `{t: N}`."""
    parameters: dict[str, tuple[str, ...]] = {}
    """Each parameter with its shape: `{W1: [k, d]}`."""
    steps: dict[str, Text]
    """Each variable with what it is computed by from those before it, in the language that students type."""

    def mistakes(self, procedures: Mapping[str, Procedure]) -> Iterator[Mistake]:
        for section, shapes in (("inputs", self.inputs), ("parameters", self.parameters)):
            for name, shape in shapes.items():
                for size in shape:
                    if size not in self.sizes and not size.isdigit():
                        yield (section, name), faults.unknown("size", size, self.sizes)
                if len(shape) > 2:
                    yield (section, name), "a vector or a matrix is expected: at most two sizes"
        for name, size in self.label.items():
            if size not in self.sizes:
                yield ("label", name), faults.unknown("size", size, self.sizes)
        if not self.steps:
            yield ("steps",), "it cannot be empty"
        taken = Counter([*self.inputs, *self.label, *self.parameters, *self.steps])
        for name, count in taken.items():
            if count > 1:
                section = "steps" if name in self.steps else "parameters"
                yield (section, name), "this name is given to two things"


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

    def mistakes(self, procedures: Mapping[str, Procedure]) -> Iterator[Mistake]:
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
