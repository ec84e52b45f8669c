"""The items of a homework: everything that is marked, with its name, its place in answers.yaml and its points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from grader.assignment.models import FIELD_KINDS, BackwardPart, FieldItem, FieldsPart, Part, Procedure
from grader.report import Visibility


@dataclass(frozen=True)
class Item:
    """One thing that is marked.

    ``path`` is where its answer stands inside its part of answers.yaml; it is empty where the whole part is the
    answer. ``kind`` is ``network``, ``graph``, ``equation`` or one of ``FIELD_KINDS``. ``variable`` is the name whose
    gradient a backward equation gives.
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

    @property
    def needs_reference(self) -> bool:
        """Whether only the reference can judge it; all others are held against the problem itself."""
        return self.kind in FIELD_KINDS

    @property
    def found(self) -> str:
        """As what the text of a write-up may hold its answer: amount, condition, value; else an empty string."""
        return FIELD_KINDS[self.kind].found if self.kind in FIELD_KINDS else ""


def of(parts: Mapping[str, Part], procedures: Mapping[str, Procedure]) -> tuple[Item, ...]:
    """The items of all parts, in their order."""
    return tuple(item for name, part in parts.items() for item in _items(name, part, procedures))


def variables(part: BackwardPart, procedure: Procedure) -> tuple[str, ...]:
    """The variables whose gradients a backward part asks for, from the last step down to inputs and parameters."""
    steps = list(procedure.steps)
    return (*reversed(steps[: steps.index(part.of) + 1]), *part.with_respect_to)


def fields(part: FieldsPart) -> Iterator[tuple[tuple[str, ...], FieldItem]]:
    """The answers of a part with the path of each."""
    for name, entry in part.items.items():
        if isinstance(entry, FieldItem):
            yield (name,), entry
        else:
            for inner, item in entry.items():
                yield (name, inner), item


def _items(name: str, part: Part, procedures: Mapping[str, Procedure]) -> Iterator[Item]:
    if isinstance(part, FieldsPart):
        yield from _fields(name, part)
    elif isinstance(part, BackwardPart):
        yield from _equations(name, part, procedures[part.procedure])
    else:
        yield Item(name, name, (), part.kind, part.title, part.points, part.visibility)


def _fields(name: str, part: FieldsPart) -> Iterator[Item]:
    weights = sum((entry.weight for _, entry in fields(part)), Fraction(0))
    for path, entry in fields(part):
        said = " ".join((*path[:-1], entry.title or path[-1].replace("_", " ")))
        yield Item(
            name=".".join((name, *path)),
            part=name,
            path=path,
            kind=entry.kind,
            title=f"{part.title}: {said}",
            points=part.points * entry.weight / weights if weights else Fraction(0),
            visibility=entry.visibility or part.visibility,
            symbols=part.symbols,
            shape=entry.shape,
        )


def _equations(name: str, part: BackwardPart, procedure: Procedure) -> Iterator[Item]:
    wanted = variables(part, procedure)
    weights = {variable: part.weights.get(variable, Fraction(1)) for variable in wanted}
    total = sum(weights.values(), Fraction(0))
    for variable in wanted:
        yield Item(
            name=f"{name}.{variable}_bar",
            part=name,
            path=(f"{variable}_bar",),
            kind="equation",
            title=f"{part.title}: gradient with respect to {variable}",
            points=part.points * weights[variable] / total if total else Fraction(0),
            visibility=part.visibility,
            variable=variable,
        )
