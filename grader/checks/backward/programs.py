"""Whether a program's values are right: the true gradient, or the right rule on its own upstream values.

In the order to read in: runs of the procedure as arrays of numpy, which a program gets; then its values held against
them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from typing import Any

import numpy as np

from grader.gradients import matrices
from grader.gradients.matrices import Limit, Matrix
from grader.gradients.points import Differentiated, Numbers, Place, listed, rounded
from grader.gradients.procedure import bar
from grader.language import nodes
from grader.report import Finding, Paragraph, Table, Verdict, correct, incorrect
from grader.sandbox.inside.channel import NotAnArray

Array = np.ndarray[Any, np.dtype[Any]]

COUNT = 6
"""Runs beside the small one."""

TRIES = 500
LARGEST, SMALLEST = 20.0, 0.01
"""Of the largest entries of the gradients in an ordinary run."""


class Run(Numbers):
    """A run of the procedure as arrays of numpy, each of two dimensions, numbers and vectors too."""

    def array(self, name: str) -> Array:
        return np.array([[np.nan if entry is None else float(entry) for entry in row] for row in self[name].rows])

    def inputs(self) -> dict[str, Array]:
        """The forward values as a student's program gets them: vectors of one dimension, labels from 0.

        ``y'`` is named ``y_prime``.
        """
        found: dict[str, Array] = {}
        for name in (*self.problem.given, *self.problem.procedure.steps):
            array = self.array(name)
            flat = array.reshape(()) if array.size == 1 else array.ravel() if array.shape[1] == 1 else array
            found[name.replace("'", "_prime")] = flat
        return {**found, **{name: np.array(place) for name, (place, _) in self.labels.items()}}

    @property
    def largest(self) -> list[float]:
        return [float(np.abs(self.array(name)).max()) for name in self.problem.bars]

    def assuming(self, values: Mapping[str, Array]) -> Run:
        """The same point with other values of some names."""
        run = Run(self.problem, self.place)
        for name, array in values.items():
            run.assume(name, matrix(array, self[name].shape))
        return run

    def rule(self, variable: str, upstream: Mapping[str, Array]) -> Array:
        """The right rule of a variable on other upstream gradients."""
        run = self.assuming(upstream)
        for name in (*self.problem.given, *self.problem.procedure.steps):
            run.assume(name, self[name])
        return run.array(bar(variable))


def matrix(array: Array, shape: tuple[Any, Any]) -> Matrix:
    """An array of two dimensions as a matrix over axes."""
    return Matrix([[Decimal(float(entry)) for entry in row] for row in array], shape)


@lru_cache(maxsize=16)
def instances(derived: Differentiated) -> tuple[Run, ...]:
    """Random runs with gradients of moderate size and no kink near, the small one first; kept for the next call.

    Raises ``Limit`` where gradients vanish or explode wherever it was tried.
    """
    found = []
    for turn in range(COUNT + 1):
        sizes = derived.sizes(turn)
        places = (Place(sizes, derived.labels(sizes, turn), seed=seed) for seed in range(turn, turn + TRIES, COUNT + 1))
        runs = (Run(derived, place) for place in places)
        ordinary = next((run for run in runs if all(SMALLEST < size < LARGEST for size in run.largest)), None)
        if ordinary is None:
            raise Limit("no random run had gradients of moderate size away from every kink")
        found.append(ordinary)
    return tuple(found)


TOLERANCE = 1e-6
"""Of the largest entry: room for a program's own way of computing, and still far below an error of 0.01%."""

SINGLE = 1e-5
"""The same for single precision."""

NEAR = (1e-2, 1e-6)
"""Inputs and biases shrunk by these factors bring what a step looks at close to zero, and a threshold besides 0 out."""

FAR = (2.0, 4.0)
"""All values enlarged by these: saturated units and small probabilities, at which a bound put in by hand shows."""

_MOST_FAR, _LARGEST_FAR, _SMALLEST_FAR = 3, 1e5, 1e-3
_VANISHING, _EXPLODING = 1e-30, 1e30
_CANCELLED = 1e-4
_NAMED = 20

_UNUSABLE = {
    "nothing": "None, not an array",
    "text": "text, not numbers",
    "complex": "complex numbers; real ones are expected",
    "ragged": "lists of different lengths, not an array",
    "large": "more numbers than can be compared",
    "other": "something that is not an array of numbers",
}

Returned = Mapping[str, Any]


@lru_cache(maxsize=16)
def trials(derived: Differentiated) -> tuple[Run, ...]:
    """The runs that programs are tried on: those of ``derived``, and some with values near and far from zero."""
    ordinary = instances(derived)
    near = [run for factor in NEAR for run in _scaled(ordinary[-2:], factor, with_matrices=False)]
    far = [run for factor in FAR for run in _scaled(ordinary, factor, with_matrices=True)]
    usable = [run for run in far if all(_SMALLEST_FAR < size < _LARGEST_FAR for size in run.largest)]
    return (*ordinary, *near, *sorted(usable, key=lambda run: max(run.largest))[-_MOST_FAR:])


def _scaled(given: Sequence[Run], factor: float, with_matrices: bool) -> Iterator[Run]:
    """Runs whose inputs and parameters are so many times as large, matrices among the parameters only if asked for."""
    for run in given:
        values = {name: run.array(name) for name in run.problem.given}
        for name, array in values.items():
            if with_matrices or name in run.problem.procedure.inputs or array.shape[1] == 1:
                values[name] = factor * array
        scaled = run.assuming(values)
        if all(0 < size < np.inf for size in scaled.largest):
            yield scaled


def judge(returned: Sequence[Returned], derived: Differentiated) -> dict[str, Finding]:
    """A finding for every variable; ``returned`` are a program's values for each of the ``trials``, by name.

    A name that nobody asked for costs nothing: it is named beside the first finding.
    """
    runs = trials(derived)
    calls = [
        {
            variable: _read(values[found[0]], variable, run)
            for variable in derived.rules
            if (found := [name for name in _names(variable) if name in values])
        }
        for values, run in zip(returned, runs)
    ]
    here = {variable for call in calls for variable in call}
    known = {spelling for variable in derived.rules for spelling in _names(variable)}
    unknown = list(dict.fromkeys(name for values in returned for name in values if name not in known))
    findings = {
        variable: _judged(variable, calls, runs, derived)
        if variable in here
        else _absent(variable, here, unknown, derived)
        for variable in derived.rules
    }
    if here and unknown:
        first = next(variable for variable in derived.rules if variable in here)
        remark = Paragraph(
            f"backward(v) also returned {_listed(unknown)}, which nobody asked for: it counts for nothing."
        )
        findings[first] = replace(findings[first], blocks=(*findings[first].blocks, remark))
    return findings


def _absent(variable: str, here: set[str], unknown: Sequence[str], derived: Differentiated) -> Finding:
    """No value under any spelling of the name: what came back, and what was expected."""
    message = f"backward(v) returned no {_names(variable)[0]}."
    if here:
        return Finding(Verdict.MISSING, (Paragraph(message),), "program.absent")
    came = f"It returned {_listed(unknown)}." if unknown else "It returned an empty dict."
    expected = f"The names expected are {', '.join(_names(each)[0] for each in derived.rules)}."
    return Finding(Verdict.INVALID, (Paragraph(f"{message} {came} {expected}"),), "program.names")


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _names(variable: str) -> list[str]:
    stem, primes = variable.rstrip("'"), len(variable) - len(variable.rstrip("'"))
    return list(dict.fromkeys(bar(stem + prime * primes) for prime in ("_prime", "p", "'", "′")))


def _read(value: Any, variable: str, run: Run) -> Array | Finding:
    name = bar(variable)
    wanted = run.array(name).shape
    if isinstance(value, NotAnArray):
        return Finding(Verdict.INVALID, (Paragraph(f"{name} is {_UNUSABLE[value.reason]}."),), "program.type")
    array = np.asarray(value)
    if array.dtype == np.float16:
        return incorrect("program.dtype", Paragraph(f"{name} has dtype {array.dtype}; float64 is expected."))
    if array.ndim > 2 or array.squeeze().shape != tuple(count for count in wanted if count > 1):
        here = " × ".join(map(str, array.shape)) or "none (a number)"
        expected, sizes = matrices.described(run[variable].shape), listed(run.sizes)
        message = f"{name} has shape {here}; {expected} is expected (here {sizes})."
        return incorrect("program.shape", Paragraph(message))
    if not np.isfinite(array).all():
        return incorrect("program.not_finite", Paragraph(f"{name} holds NaN or infinity."))
    result = array.reshape(wanted)
    return result if array.dtype == np.float32 else result.astype(float)


def _close(value: Array, expected: Array, scale: Any) -> bool:
    """Whether a value is as expected but for rounding, to a share of the scale, one number or one for each entry."""
    tolerance = SINGLE if value.dtype == np.float32 else TOLERANCE
    return bool((np.abs(value - expected) <= tolerance * scale).all())


def _judged(
    variable: str,
    calls: Sequence[Mapping[str, Array | Finding]],
    runs: Sequence[Run],
    derived: Differentiated,
) -> Finding:
    name = bar(variable)
    values: list[Array] = []
    for call in calls:
        value = call.get(variable)
        if value is None:
            message = f"{name} is returned for some inputs and not for others."
            return incorrect("program.sometimes", Paragraph(message))
        if isinstance(value, Finding):
            return value
        values.append(value)
    expected = [run.array(name) for run in runs]
    near = [_close(value, true, np.abs(true).max()) for value, true in zip(values, expected)]
    if all(near):
        return correct("program.right", Paragraph("Your program gives the right gradient on every example."))
    ordinary = len(instances(derived))
    local = [
        _local(variable, call, run, derived, place < ordinary) for place, (call, run) in enumerate(zip(calls, runs))
    ]
    # Entry by entry: an upstream value may be of any size, and one huge entry must not hide the others.
    if all(rule is not None and _close(value, *rule) for value, rule in zip(values, local)):
        message = "Your program applies the right rule to the upstream gradients that it returned."
        return correct("program.rule", Paragraph(message))
    place = near.index(False)
    sizes = listed(runs[place].sizes)
    rows = (("your program gives", _spelled(values[place])), ("the gradient is", _spelled(expected[place])))
    message = f"The value of {name} is not the gradient with respect to {variable}."
    if not any(value.any() for value in values):
        message = f"{name} is 0 whatever the values are, and the gradient is not."
    elif place >= ordinary:
        message += " It is on ordinary examples, but not on one with values very close to zero, or far from it."
    hint = f"With {sizes} your program gives {_spelled(values[place])}, and the gradient there is another."
    return incorrect("program.differs", Paragraph(message), Table(("", ""), rows, f"With {sizes}:", hint))


def _local(
    variable: str, call: Mapping[str, Array | Finding], run: Run, derived: Differentiated, ordinary: bool
) -> tuple[Array, Array] | None:
    """The right rule on the upstream values of the same call, with the sizes of the terms of each entry.

    None where these values are missing or degenerate. Degenerate is what would make a wrong rule give the same: values
    that are zero, not finite or so small or large that they round to nothing; an upstream gradient whose share in the
    result is nothing, because it is negligible beside another or its terms cancel. (Close to zero or far from it, a
    share may well be negligible: not ``ordinary``.)
    """
    rule = derived.rules[variable]
    upstream: dict[str, Array] = {}
    for source in derived.rules:
        if bar(source) in nodes.names(rule):
            value = call.get(source)
            if value is None or isinstance(value, Finding) or not _VANISHING < np.abs(value).max() < _EXPLODING:
                return None
            upstream[bar(source)] = value.astype(float)
    if not upstream:
        return None
    result = run.rule(variable, upstream)
    terms, shares = np.zeros_like(result), [result]
    nothing = {name: np.zeros_like(value) for name, value in upstream.items()}
    for name, value in upstream.items():
        # A rule is linear in the upstream gradients, so it is the sum over their entries.
        share = np.zeros_like(result)
        for place in np.argwhere(value):
            entry = nothing[name].copy()
            entry[tuple(place)] = value[tuple(place)]
            added = run.rule(variable, {**nothing, name: entry})
            share, terms = share + added, terms + np.abs(added)
        shares.append(share)
    if ordinary and any(np.abs(share).max() <= _CANCELLED * terms.max() for share in shares):
        return None
    return result, terms


def _spelled(array: Array) -> str:
    rows, columns = array.shape
    return rounded(matrix(array, (rows, columns)))
