"""The config as it is used: the problems as stated, the rubric and the limits. It holds no answer."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Literal, Union

from pydantic import BaseModel, ConfigDict, Field

from grader.results import Visibility


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Procedure(_Strict):
    """A forward procedure: sizes by name, shapes over the sizes, and steps in the answer language, in order."""

    sizes: dict[str, str]
    inputs: dict[str, tuple[str, ...]]
    label: dict[str, str] = {}
    parameters: dict[str, tuple[str, ...]] = {}
    steps: dict[str, str]


class Layer(_Strict):
    """One layer of a fixed architecture: the answer's fields that hold its weights and biases."""

    W: str
    b: str
    units: int
    activation: str


class Tier(_Strict):
    """Part of the points for a network that is right wherever ``domain`` holds."""

    domain: str
    says: str
    credit: Fraction


class Property(_Strict):
    """Something that all failing inputs may have in common, and how to say it."""

    holds: str
    says: str


class _Part(_Strict):
    title: str
    points: Fraction
    visibility: Visibility = "visible"


class NetworkPart(_Part):
    kind: Literal["network"]
    inputs: tuple[str, ...]
    predicate: str
    box: tuple[int, int]
    layers: tuple[Layer, ...] = ()
    tiers: tuple[Tier, ...] = ()
    properties: tuple[Property, ...] = ()


class GraphPart(_Part):
    kind: Literal["graph"]
    procedure: str


class BackwardPart(_Part):
    kind: Literal["backward"]
    procedure: str
    of: str
    with_respect_to: str


class Field_(_Strict):
    """One answer of a part of kind ``fields``."""

    kind: Literal["formula", "order", "condition", "vector", "matrix"]
    title: str = ""
    shape: tuple[int, ...] = ()
    weight: Fraction = Fraction(1)
    visibility: Visibility | None = None


class FieldsPart(_Part):
    kind: Literal["fields"]
    symbols: tuple[str, ...] = ()
    items: dict[str, Field_ | dict[str, Field_]]


Part = Annotated[Union[NetworkPart, GraphPart, BackwardPart, FieldsPart], Field(discriminator="kind")]
