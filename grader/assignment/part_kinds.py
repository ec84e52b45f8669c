"""The kinds of part: what config.yaml states of each, the items that it is marked by, and what may be wrong with it.

All are frozen shapes whose numbers are read from their text and are exact; so are the procedures that parts are about.

What is done with an answer to a part is for ``grader.kinds``, which has a row for each of these.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, model_validator
from typing_extensions import Self

from grader.assignment import faults
from grader.assignment.faults import Mistake
from grader.frozen import frozen
from grader.report import Visibility


def _ordered(box: tuple[int, int]) -> tuple[int, int]:
    if box[0] > box[1]:
        raise faults.stated(f"the low end {box[0]} is above the high end {box[1]}")
    return box


Box = Annotated[tuple[int, int], AfterValidator(_ordered)]
Amount = Annotated[Fraction, Field(ge=0)]
Share = Annotated[Amount, Field(le=1)]
Text = Annotated[str, Field(pattern=r"\S")]
Positive = Annotated[int, Field(gt=0)]


class Strict(BaseModel):
    """A shape that refuses what it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    def mistakes(self, context: Any) -> Iterator[Mistake]:
        """What is wrong though each value is of the right type: names that do not exist, bounds that cross.

        ``context`` is what the value must fit: for a part the procedures by name, or None where these are faulty.
        Whether conditions, activations and steps can be read is for a floor above, which knows the language.
        """
        yield from ()

    @model_validator(mode="after")
    def _without_mistakes(self, info: ValidationInfo) -> Self:
        if mistakes := list(self.mistakes(info.context)):
            raise faults.refused(mistakes)
        return self


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

    def mistakes(self, context: Any) -> Iterator[Mistake]:
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


Procedures = Mapping[str, Procedure]


@frozen
class Item:
    """One thing that is marked.

    ``path`` is where its answer stands inside its part of answers.yaml; it is empty where the whole part is the
    answer. ``kind`` is that of its field, or of its part. ``variable`` is the name whose gradient a backward equation
    gives. ``needs_reference``: only the reference can judge it; all others are held against the problem itself.
    ``found``: as what the text of a write-up may hold its answer: amount, condition, value, or an empty string.
    """

    name: str
    part: str
    path: tuple[str, ...]
    kind: str
    title: str
    points: Fraction
    visibility: Visibility = "visible"
    symbols: tuple[str, ...] = ()
    shape: tuple[int, ...] = ()
    variable: str = ""
    needs_reference: bool = False
    found: str = ""


class Part(Strict):
    """What every part has. Without more it is one item, which is the whole part."""

    title: Text
    """What the part is called."""
    points: Amount
    """The points of the part, shared out among its items."""
    visibility: Visibility = "visible"
    """When Gradescope shows its items to students."""
    kind: str

    found: ClassVar[Literal["weights", "edges", "equations", "fields", ""]] = ""
    """As what the text of a write-up may hold its answer, where it is not marked."""
    keys: ClassVar[tuple[str, ...]] = ()
    """The fields with which an answer begins that is marked as a whole."""

    def asks(self, name: str, procedures: Procedures) -> Iterator[Item]:
        """The items of the part of this name, in their order: its points are shared out among them."""
        yield Item(name, name, (), self.kind, self.title, self.points, self.visibility)

    @property
    def slots(self) -> tuple[str, ...]:
        """The fields by which a write-up may mark it, where the part is one answer of several fields."""
        return ()

    @property
    def offered(self) -> tuple[str, ...]:
        """Those that the template of a write-up shows."""
        return self.slots


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


class NetworkPart(Part):
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

    found = "weights"
    keys = ("layers",)

    def mistakes(self, procedures: Procedures | None) -> Iterator[Mistake]:
        yield from _twice(self.inputs, ("inputs",))
        yield from _twice(self.slots if self.layers else (), ("layers",))
        if self.layers and self.layers[-1].units != 1:
            yield ("layers",), f"the last layer has {self.layers[-1].units} units, but a predicate is one output"

    @property
    def slots(self) -> tuple[str, ...]:
        if self.layers:
            return tuple(name for layer in self.layers for name in (layer.W, layer.b))
        return tuple(f"{field}{number}" for number in range(1, 10) for field in ("W", "b", "activation"))

    @property
    def offered(self) -> tuple[str, ...]:
        """Of a network whose number of layers is free three layers; more are marked in the same way."""
        return self.slots if self.layers else self.slots[:9]


class GraphPart(Part):
    """The computation graph of a procedure."""

    kind: Literal["graph"]
    """`graph`."""
    procedure: Text
    """The name of the procedure whose edges are asked for."""

    found = "edges"
    keys = ("edges",)

    @property
    def slots(self) -> tuple[str, ...]:
        return self.keys

    def mistakes(self, procedures: Procedures | None) -> Iterator[Mistake]:
        if procedures is not None and self.procedure not in procedures:
            yield ("procedure",), faults.unknown("procedure", self.procedure, procedures)


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


class BackwardPart(Part):
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
    weights: dict[str, Amount] = Field(default_factory=dict)
    """The weight of a variable's item among those of the part, where it is not 1."""

    found = "equations"

    def variables(self, procedure: Procedure) -> tuple[str, ...]:
        """The variables whose gradients are asked for, from the last step down to inputs and parameters."""
        steps = list(procedure.steps)
        return (*reversed(steps[: steps.index(self.of) + 1]), *self.with_respect_to)

    def asks(self, name: str, procedures: Procedures) -> Iterator[Item]:
        wanted = self.variables(procedures[self.procedure])
        weights = {variable: self.weights.get(variable, Fraction(1)) for variable in wanted}
        total = sum(weights.values(), Fraction(0))
        for variable in wanted:
            yield Item(
                name=f"{name}.{variable}_bar",
                part=name,
                path=(f"{variable}_bar",),
                kind=self.kind,
                title=f"{self.title}: gradient with respect to {variable}",
                points=self.points * weights[variable] / total if total else Fraction(0),
                visibility=self.visibility,
                variable=variable,
            )

    def mistakes(self, procedures: Procedures | None) -> Iterator[Mistake]:
        if procedures is None:
            return
        procedure = procedures.get(self.procedure)
        known = (*procedure.inputs, *procedure.parameters) if procedure else ()
        if procedure is None:
            yield ("procedure",), faults.unknown("procedure", self.procedure, procedures)
        elif self.of not in procedure.steps:
            yield ("of",), faults.unknown("step", self.of, procedure.steps)
        elif unknown := [name for name in self.with_respect_to if name not in known]:
            yield ("with_respect_to",), faults.unknown("input or parameter", unknown[0], known)
        else:
            wanted = self.variables(procedure)
            for name in self.weights:
                if name not in wanted:
                    yield ("weights", name), faults.unknown("variable", name, wanted)
            if self.points and not any(self.weights.get(name, Fraction(1)) for name in wanted):
                yield ("weights",), "no item has a weight, so that no item can earn the points"


@frozen
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
    if str(value) not in FIELD_KINDS:
        *names, last = FIELD_KINDS
        raise faults.stated(faults.none_of(value, FIELD_KINDS, f"{', '.join(names)} or {last}"))
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


def _by_path(items: Any) -> Any:
    """Each field under its path: one in a group under both names."""
    if not isinstance(items, Mapping):
        return items
    found: dict[str, Any] = {}
    for name, value in items.items():
        is_group = isinstance(value, Mapping) and value and all(isinstance(one, Mapping) for one in value.values())
        found |= {f"{name}{faults.WITHIN}{inner}": one for inner, one in value.items()} if is_group else {name: value}
    return found


class FieldsPart(Part):
    """Several answers under names, some of them in groups."""

    kind: Literal["fields"]
    """`fields`."""
    symbols: tuple[Text, ...] = ()
    """The names that its formulas and conditions may use; each is a positive integer."""
    items: Annotated[dict[str, FieldItem], Field(min_length=1), BeforeValidator(_by_path)]
    """Each field with what it asks for, alone or in a group: `{reverse: {time: {kind: formula}}}`."""

    found = "fields"

    def asks(self, name: str, procedures: Procedures) -> Iterator[Item]:
        weights = sum((entry.weight for entry in self.items.values()), Fraction(0))
        for path, entry in self.items.items():
            *group, field = path.split(faults.WITHIN)
            title = " ".join((*group, entry.title or field.replace("_", " ")))
            yield Item(
                name=".".join((name, *group, field)),
                part=name,
                path=(*group, field),
                kind=entry.kind,
                title=f"{self.title}: {title}",
                points=self.points * entry.weight / weights if weights else Fraction(0),
                visibility=entry.visibility or self.visibility,
                symbols=self.symbols,
                shape=entry.shape,
                needs_reference=True,
                found=FIELD_KINDS[entry.kind].found,
            )

    def mistakes(self, procedures: Procedures | None) -> Iterator[Mistake]:
        yield from _twice(self.symbols, ("symbols",))
        for key, item in self.items.items():
            kind, path = FIELD_KINDS[item.kind], ("items", *key.split(faults.WITHIN))
            if len(item.shape) != kind.sizes:
                wanted = f"{kind.sizes} size{'s' * (kind.sizes > 1)}" if kind.sizes else "no shape"
                yield path, f"a {item.kind} has {wanted}, not {list(item.shape)}"
            if kind.symbols and not self.symbols:
                yield path, f"a {item.kind} needs 'symbols' in its part"
        if self.points and not any(item.weight for item in self.items.values()):
            yield ("items",), "no item has a weight, so that no item can earn the points"


def _twice(names: Iterable[str], path: faults.Path) -> Iterator[Mistake]:
    for name, count in Counter(names).items():
        if count > 1:
            yield path, f"{name!r} stands here {count} times"


PART_KINDS: dict[str, type[Part]] = {
    "network": NetworkPart,
    "graph": GraphPart,
    "backward": BackwardPart,
    "fields": FieldsPart,
}
"""The kinds of part by their name in config.yaml."""
