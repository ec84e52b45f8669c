"""What config.yaml may hold, as frozen shapes. Numbers are read from their text and are exact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any, Literal, Union

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, PlainValidator, Tag
from pydantic_core import PydanticCustomError

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


class Layer(Strict):
    """One layer of a fixed architecture: the answer's fields that hold its weights and biases."""

    W: Text
    """The answer's field that holds its weights: one row a unit."""
    b: Text
    """The answer's field that holds its biases: one a unit."""
    units: Positive
    """How many units it has; the last layer has one."""
    activation: Text
    """A name (`relu`) or an expression in z: `"I(-1 <= z <= 1)"`."""


class Tier(Strict):
    """Part of the points for a network that is right wherever ``domain`` holds."""

    domain: Text
    """A condition on the inputs."""
    says: Text
    """The same in words, for the feedback: `the list entries are pairwise distinct`."""
    credit: Share
    """The share of the points."""


class Property(Strict):
    """Something that all failing inputs may have in common, and how to say it."""

    holds: Text
    """A condition on the inputs."""
    says: Text
    """The same in words, for the feedback: `x1, x2, x3 are all equal`."""


class _Part(Strict):
    title: Text
    """What the part is called."""
    points: Amount
    """The points of the part, shared out among its items."""
    visibility: Visibility = "visible"
    """When Gradescope shows its items to students."""


class NetworkPart(_Part):
    """A network that must agree with a predicate; with ``layers``, its architecture is given."""

    kind: Literal["network"]
    """`network`."""
    inputs: Annotated[tuple[Text, ...], Field(min_length=1)]
    """The names of the inputs, in the order of the weights."""
    predicate: Text
    """The condition on the inputs for which the network is to output 1, and 0 elsewhere."""
    box: Box
    """The integers from which each input is taken, `[low, high]`, when the network is evaluated on all of them."""
    layers: tuple[Layer, ...] = ()
    """The architecture, where it is given; without it the answer brings its own layers."""
    tiers: tuple[Tier, ...] = ()
    """Parts of the points for a network that is right on some of the inputs only."""
    properties: tuple[Property, ...] = ()
    """What the inputs on which a network fails may have in common; the feedback says those that hold."""


class GraphPart(_Part):
    """The computation graph of a procedure."""

    kind: Literal["graph"]
    """`graph`."""
    procedure: Text
    """The name of the procedure whose edges are asked for."""


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


class BackwardPart(_Part):
    """The backward equations of a procedure: one item a variable, of equal weight unless ``weights`` says otherwise.

    They go down to an input, or to several inputs and parameters.
    """

    kind: Literal["backward"]
    """`backward`."""
    procedure: Text
    """The name of the procedure that is differentiated."""
    of: Text
    """The step, a number, whose gradient is taken."""
    with_respect_to: Annotated[tuple[Text, ...], Field(min_length=1), BeforeValidator(_listed)]
    """The input at which the derivation ends, or a list of inputs and parameters."""
    weights: dict[str, Amount] = {}
    """The weight of a variable's item among those of the part, where it is not 1."""


@dataclass(frozen=True)
class FieldKind:
    """What can be said of a kind of field before an answer is read; its row in ``grader.kinds`` says the rest.

    ``sizes``: how many sizes its shape has. ``symbols``: whether its part must name symbols. ``found``: as what the
    text of a write-up may hold it; an amount stands under "time" and "memory".
    """

    sizes: int = 0
    symbols: bool = False
    found: Literal["amount", "condition", "value", ""] = ""


FIELD_KINDS = {
    "formula": FieldKind(symbols=True, found="amount"),
    "order": FieldKind(symbols=True, found="amount"),
    "condition": FieldKind(symbols=True, found="condition"),
    "vector": FieldKind(sizes=1, found="value"),
    "matrix": FieldKind(sizes=2, found="value"),
}


def _field_kind(value: object) -> object:
    if value not in FIELD_KINDS:
        *names, last = FIELD_KINDS
        raise PydanticCustomError("literal_error", "", {"expected": f"{', '.join(names)} or {last}"})
    return value


class FieldItem(Strict):
    """One answer of a part of kind ``fields``."""

    kind: Annotated[str, BeforeValidator(_field_kind)]
    """What is asked for; `docs/adding-a-kind.md` says how to add one."""
    title: str = ""
    """What it is called; its name, where nothing is said."""
    shape: tuple[Positive, ...] = ()
    """The sizes of a vector, `[3]`, or of a matrix, `[3, 3]`."""
    weight: Amount = Fraction(1)
    """Its share of the part's points, beside the weights of the others."""
    visibility: Visibility | None = None
    """As that of the part, where nothing is said."""


def _field_or_group(value: Any) -> str:
    if isinstance(value, FieldItem):
        return "field"
    nested = (
        isinstance(value, Mapping)
        and value
        and all(isinstance(inner, (Mapping, FieldItem)) for inner in value.values())
    )
    return "group" if nested else "field"


FieldOrGroup = Annotated[
    Union[Annotated[FieldItem, Tag("field")], Annotated[dict[str, FieldItem], Tag("group")]],
    Discriminator(_field_or_group),
]


class FieldsPart(_Part):
    """Several answers under names, some of them in groups."""

    kind: Literal["fields"]
    """`fields`."""
    symbols: tuple[Text, ...] = ()
    """The names that its formulas and conditions may use; each is a positive integer."""
    items: Annotated[dict[str, FieldOrGroup], Field(min_length=1)]
    """Each field with what it asks for, alone or in a group: `{reverse: {time: {kind: formula}}}`."""


Part = Annotated[Union[NetworkPart, GraphPart, BackwardPart, FieldsPart], Field(discriminator="kind")]


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
    """Seconds to prove or refute one network beyond its box."""
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


class PythonAnswers(Strict):
    """Below this level of isolation, student Python is not run."""

    isolation: Isolation = "strong"
    """The least isolation under which a student's program is run; `grader doctor` says what there is."""


class Gradescope(Strict):
    """What Gradescope shows beside the items."""

    stdout_visibility: Visibility = "hidden"
    """When Gradescope shows students what the grader prints, which names its own faults."""
