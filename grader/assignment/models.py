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
    inputs: dict[str, tuple[str, ...]]
    label: dict[str, str] = {}
    parameters: dict[str, tuple[str, ...]] = {}
    steps: dict[str, Text]


class Layer(Strict):
    """One layer of a fixed architecture: the answer's fields that hold its weights and biases."""

    W: Text
    b: Text
    units: Positive
    activation: Text


class Tier(Strict):
    """Part of the points for a network that is right wherever ``domain`` holds."""

    domain: Text
    says: Text
    credit: Share


class Property(Strict):
    """Something that all failing inputs may have in common, and how to say it."""

    holds: Text
    says: Text


class _Part(Strict):
    title: Text
    points: Amount
    visibility: Visibility = "visible"


class NetworkPart(_Part):
    """A network that must agree with a predicate; with ``layers``, its architecture is given."""

    kind: Literal["network"]
    inputs: Annotated[tuple[Text, ...], Field(min_length=1)]
    predicate: Text
    box: Box
    layers: tuple[Layer, ...] = ()
    tiers: tuple[Tier, ...] = ()
    properties: tuple[Property, ...] = ()


class GraphPart(_Part):
    """The computation graph of a procedure."""

    kind: Literal["graph"]
    procedure: Text


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


class BackwardPart(_Part):
    """The backward equations of a procedure: one item a variable, of equal weight unless ``weights`` says otherwise.

    They go down to an input, or to several inputs and parameters.
    """

    kind: Literal["backward"]
    procedure: Text
    of: Text
    with_respect_to: Annotated[tuple[Text, ...], Field(min_length=1), BeforeValidator(_listed)]
    weights: dict[str, Amount] = {}


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
    title: str = ""
    shape: tuple[Positive, ...] = ()
    weight: Amount = Fraction(1)
    visibility: Visibility | None = None


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
    symbols: tuple[Text, ...] = ()
    items: Annotated[dict[str, FieldOrGroup], Field(min_length=1)]


Part = Annotated[Union[NetworkPart, GraphPart, BackwardPart, FieldsPart], Field(discriminator="kind")]


class Shares(Strict):
    """The share of an item's points for an answer that is right in part."""

    same_growth: Share = Fraction(1, 2)
    order: Share = Fraction(1, 2)
    graph: Share = Fraction(1, 2)
    chain_rule: Share = Fraction(0)


class Rubric(Strict):
    partial: Shares = Field(default_factory=Shares)
    unproved_network: Literal["review", "correct"] = "review"
    reveal_equations: bool = False


class Feedback(Strict):
    """What feedback gives away: everything, or the verdict and where it goes wrong, but no answer.

    Until a submission can no longer be handed in, and then. A student's own check is before the due date.
    """

    before_due: Literal["hints", "full"] = "hints"
    after_due: Literal["hints", "full"] = "full"


class SelfCheck(Strict):
    """What ``grader check`` may judge without the reference."""

    networks: bool = True
    box: Box = (-2, 2)
    backward: bool = True


class Limits(Strict):
    """Seconds, megabytes, bytes and counts past which the grader stops and says so."""

    deadline: Positive = 120
    processor_seconds: Positive = 40
    proof_seconds: Positive = 10
    proof_megabytes: Positive = 150
    answers_bytes: Positive = 2_000_000
    archive_bytes: Positive = 50_000_000
    archive_entries: Positive = 2000
    units: Positive = 1000
    layers: Positive = 50
    weights: Positive = 200_000
    digits: Positive = 400
    python_seconds: Positive = 10
    python_megabytes: Positive = 1536


class PythonAnswers(Strict):
    """Below this level of isolation, student Python is not run."""

    isolation: Isolation = "strong"


class Gradescope(Strict):
    stdout_visibility: Visibility = "hidden"
