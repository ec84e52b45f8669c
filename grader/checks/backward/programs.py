"""Whether a program's values are right: the true gradient, or the right rule on its own upstream values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.checks.backward.feedback import number
from grader.gradients import evaluation, shapes
from grader.gradients.equation import bar
from grader.gradients.evaluation import Scope
from grader.gradients.instances import Differentiated, Instance
from grader.gradients.shapes import Matrix, Unfit
from grader.language import nodes
from grader.report import Finding, Paragraph, Table, correct, incorrect

TOLERANCE = 1e-6
"""Of the largest entry: room for a program's own way of computing, and still far below an error of 0.01%."""

SINGLE = 1e-5
"""The same for single precision."""


@dataclass(frozen=True)
class Faulty:
    """A value that cannot be compared, by its stable name and in words."""

    code: str
    message: str


def judge(returned: Sequence[Mapping[str, Any]], derived: Differentiated) -> dict[str, Finding]:
    """A finding for every variable that the program returned a value for, on any of the instances."""
    calls = [
        {
            variable: _read(found, variable, instance)
            for variable in derived.rules
            if (found := _named(values, variable))
        }
        for values, instance in zip(returned, derived.instances)
    ]
    names = {variable for call in calls for variable in call}
    return {variable: _judged(variable, calls, derived) for variable in derived.rules if variable in names}


def _named(values: Mapping[str, Any], variable: str) -> list[Any]:
    """The value under a variable's name in one of its spellings, in a list; empty where there is none."""
    stem, primes = variable.rstrip("'"), len(variable) - len(variable.rstrip("'"))
    for prime in ("_prime", "p", "'"):
        name = bar(stem + prime * primes)
        if values.get(name) is not None:
            return [values[name]]
    return []


def _read(found: list[Any], variable: str, instance: Instance) -> Matrix | Faulty:
    name = bar(variable)
    wanted = instance.gradients[name].shape
    try:
        array = np.asarray(found[0])
    except (ValueError, TypeError):
        return Faulty("program.type", f"{name} is not an array of numbers.")
    if array.dtype.kind == "c":
        return Faulty("program.dtype", f"{name} holds complex numbers ({array.dtype}); real ones are expected.")
    if array.dtype.kind not in "biuf" or array.dtype == np.float16:
        return Faulty("program.dtype", f"{name} has dtype {array.dtype}; float64 is expected.")
    if array.shape not in _spellings(wanted):
        here = " × ".join(map(str, array.shape)) or "none (a number)"
        said = shapes.said((wanted[0], wanted[1]), instance.scope.sizes)
        sizes = ", ".join(f"{size} = {count}" for size, count in instance.scope.sizes.items())
        return Faulty("program.shape", f"{name} has shape {here}; {said} is expected (here {sizes}).")
    if not np.isfinite(array).all():
        return Faulty("program.not_finite", f"{name} holds NaN or infinity.")
    single = array.dtype == np.float32
    result = array.reshape(wanted)
    return result if single else result.astype(float)


def _spellings(wanted: tuple[int, ...]) -> set[tuple[int, ...]]:
    if wanted == (1, 1):
        return {(), (1,), (1, 1)}
    return {wanted, (wanted[0],), (1, wanted[0])} if wanted[1] == 1 else {wanted}


def _close(value: Matrix, expected: Matrix) -> bool:
    tolerance = SINGLE if value.dtype == np.float32 else TOLERANCE
    return bool(np.abs(value - expected).max() <= tolerance * np.abs(expected).max())


def _judged(variable: str, calls: Sequence[Mapping[str, Matrix | Faulty]], derived: Differentiated) -> Finding:
    name = bar(variable)
    values: list[Matrix] = []
    sometimes = Faulty("program.sometimes", f"{name} is returned for some inputs and not for others.")
    for call in calls:
        value = call.get(variable, sometimes)
        if isinstance(value, Faulty):
            return incorrect(value.code, Paragraph(value.message))
        values.append(value)
    expected = [instance.gradients[name] for instance in derived.instances]
    if all(map(_close, values, expected)):
        return correct("program.right", Paragraph("Your program gives the right gradient on every example."))
    local = [_local(variable, call, instance, derived) for call, instance in zip(calls, derived.instances)]
    rules = [rule for rule in local if rule is not None]
    if len(rules) == len(values) and all(map(_close, values, rules)):
        says = "Your program applies the right rule to the upstream gradients that it returned."
        return correct("program.rule", Paragraph(says))
    place = next(i for i, (value, true) in enumerate(zip(values, expected)) if not _close(value, true))
    sizes = ", ".join(f"{size} = {count}" for size, count in derived.instances[place].scope.sizes.items())
    rows = (("your program gives", number(values[place])), ("the gradient is", number(expected[place])))
    says = f"The value of {name} is not the gradient with respect to {variable}."
    if not any(value.any() for value in values):
        says = f"{name} is 0 whatever the values are, and the gradient is not."
    return incorrect("program.differs", Paragraph(says), Table(("", ""), rows, caption=f"With {sizes}:"))


def _local(
    variable: str, call: Mapping[str, Matrix | Faulty], instance: Instance, derived: Differentiated
) -> Matrix | None:
    """The right rule on the upstream values of the same call; None where one of them is missing or degenerate."""
    rule = derived.rules[variable]
    scope = instance.scope
    upstream: dict[str, Matrix] = {}
    for name in nodes.names(rule):
        source = name[: -len("_bar")]
        if name == bar(source) and source in derived.rules:
            value = call.get(source)
            if value is None or isinstance(value, Faulty) or not value.any():
                return None
            upstream[name] = value
    try:
        result = evaluation.value(rule, Scope(scope.sizes, {**scope.values, **upstream}, scope.labels))
    except Unfit:
        return None
    return None if isinstance(result, shapes.Flexible) or not result.any() or not upstream else result
