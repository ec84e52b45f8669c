"""Whether a program's values are right: the true gradient, or the right rule on its own upstream values.

In the order to read in: runs of the procedure as arrays of numpy, which a program gets; then its values held against
them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from typing import Any

import numpy as np

from grader.checks.backward import feedback
from grader.frozen import frozen
from grader.gradients import shapes
from grader.gradients.points import Differentiated, Numbers, Place
from grader.gradients.procedure import bar
from grader.gradients.shapes import Limit, Matrix
from grader.language import nodes
from grader.report import Finding, Paragraph, Table, Verdict, correct, incorrect
from grader.sandbox.inside import NotAnArray

Array = np.ndarray[Any, np.dtype[Any]]

COUNT = 6
"""Runs beside the small one."""

TRIES = 500
LARGEST, SMALLEST = 20.0, 0.01
"""Of the largest entries of the gradients in an ordinary run."""


@dataclass(frozen=True, eq=False)
class Instance:
    """One run: forward values and gradients by name (``x_bar``), each of two dimensions, numbers and vectors too."""

    numbers: Numbers
    values: Mapping[str, Array]
    gradients: Mapping[str, Array]

    @property
    def sizes(self) -> Mapping[str, int]:
        """The sizes of this run."""
        return self.numbers.sizes

    def inputs(self) -> dict[str, Array]:
        """The forward values as a student's program gets them: vectors of one dimension, labels from 0.

        ``y'`` is named ``y_prime``.
        """
        found: dict[str, Array] = {}
        for name, array in self.values.items():
            flat = array.reshape(()) if array.size == 1 else array.ravel() if array.shape[1] == 1 else array
            found[name.replace("'", "_prime")] = flat.copy()
        return {**found, **{name: np.array(place) for name, (place, _) in self.numbers.labels.items()}}

    def within(self, low: float, high: float) -> bool:
        """Whether the largest entry of each gradient lies between two bounds."""
        return all(low < np.abs(gradient).max() < high for gradient in self.gradients.values())

    def changed(self, values: Mapping[str, Array]) -> Instance:
        """The run with other inputs and parameters."""
        given = {name: self.values[name] for name in self.numbers.problem.given}
        return _run(self._assuming({**given, **values}))

    def rule(self, variable: str, upstream: Mapping[str, Array]) -> Array:
        """The right rule of a variable on other upstream gradients."""
        return _array(self._assuming({**self.values, **upstream}), bar(variable))

    def _assuming(self, values: Mapping[str, Array]) -> Numbers:
        numbers = Numbers(self.numbers.problem, self.numbers.place)
        for name, array in values.items():
            numbers.assume(name, matrix(array, self.numbers[name].shape))
        return numbers


def matrix(array: Array, shape: tuple[Any, Any]) -> Matrix:
    """An array of two dimensions as a matrix over axes."""
    return Matrix([[Decimal(float(entry)) for entry in row] for row in array], shape)


def _run(numbers: Numbers) -> Instance:
    problem = numbers.problem
    values = {name: _array(numbers, name) for name in (*problem.given, *problem.steps)}
    return Instance(numbers, values, {name: _array(numbers, name) for name in problem.bars})


def _array(numbers: Numbers, name: str) -> Array:
    return np.array([[np.nan if entry is None else float(entry) for entry in row] for row in numbers[name].rows])


@lru_cache(maxsize=16)
def instances(derived: Differentiated) -> tuple[Instance, ...]:
    """Random runs with gradients of moderate size and no kink near, the small one first; kept for the next call.

    Raises:
        Limit: gradients vanish or explode wherever it was tried.
    """
    return tuple(_instance(derived, turn) for turn in range(COUNT + 1))


def _instance(derived: Differentiated, turn: int) -> Instance:
    sizes = derived.sizes(turn)
    for seed in range(turn, turn + TRIES, COUNT + 1):
        run = _run(Numbers(derived, Place(sizes, derived.labels(sizes, turn), seed=seed)))
        if run.within(SMALLEST, LARGEST):
            return run
    raise Limit("no random run had gradients of moderate size away from every kink")


TOLERANCE = 1e-6
"""Of the largest entry: room for a program's own way of computing, and still far below an error of 0.01%."""

SINGLE = 1e-5
"""The same for single precision."""

NEAR = (1e-2, 1e-6)
"""Inputs and biases shrunk by these factors bring what a step looks at close to zero, and a threshold besides 0 out."""

FAR = (2.0, 4.0)
"""All values enlarged by these: saturated units and small probabilities, at which a bound put in by hand shows."""

_FARTHEST, _LARGEST, _SMALLEST = 3, 1e5, 1e-3
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


@frozen
class Expected:
    """What the right rule gives on a program's own upstream values; ``terms`` is how large each entry's terms are."""

    value: Array
    terms: Array


def trials(derived: Differentiated) -> tuple[Instance, ...]:
    """The runs that programs are tried on: those of ``derived``, and some with values near and far from zero."""
    return (*instances(derived), *_further(derived))


@lru_cache(maxsize=16)
def _further(derived: Differentiated) -> tuple[Instance, ...]:
    given = instances(derived)
    near = [run for factor in NEAR for run in _scaled(given[-2:], derived, factor, matrices=False)]
    far = [run for factor in FAR for run in _scaled(given, derived, factor, matrices=True)]
    steep = sorted((run for run in far if run.within(_SMALLEST, _LARGEST)), key=_steepness)
    return (*near, *steep[-_FARTHEST:])


def _scaled(given: Sequence[Instance], derived: Differentiated, factor: float, matrices: bool) -> Iterator[Instance]:
    """Runs whose inputs and parameters are so many times as large, matrices among the parameters only if asked for."""
    for instance in given:
        values = {name: instance.values[name] for name in derived.given}
        run = instance.changed(
            {
                name: factor * array if matrices or name in derived.procedure.inputs or array.shape[1] == 1 else array
                for name, array in values.items()
            }
        )
        if all(np.isfinite(gradient).all() and gradient.any() for gradient in run.gradients.values()):
            yield run


def _steepness(run: Instance) -> float:
    return max(float(np.abs(gradient).max()) for gradient in run.gradients.values())


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
    """The spellings of the name of a variable's gradient."""
    stem, primes = variable.rstrip("'"), len(variable) - len(variable.rstrip("'"))
    return list(dict.fromkeys(bar(stem + prime * primes) for prime in ("_prime", "p", "'", "′")))


def _read(value: Any, variable: str, instance: Instance) -> Array | Finding:
    name = bar(variable)
    wanted = instance.gradients[name].shape
    if isinstance(value, NotAnArray):
        return Finding(Verdict.INVALID, (Paragraph(f"{name} is {_UNUSABLE[value.reason]}."),), "program.type")
    array = np.asarray(value)
    if array.dtype == np.float16:
        return incorrect("program.dtype", Paragraph(f"{name} has dtype {array.dtype}; float64 is expected."))
    if array.shape not in _spellings(wanted):
        here = " × ".join(map(str, array.shape)) or "none (a number)"
        expected = (
            f"{shapes.described(instance.numbers[variable].shape)} is expected (here {feedback.sizes(instance.sizes)})"
        )
        return incorrect("program.shape", Paragraph(f"{name} has shape {here}; {expected}."))
    if not np.isfinite(array).all():
        return incorrect("program.not_finite", Paragraph(f"{name} holds NaN or infinity."))
    result = array.reshape(wanted)
    return result if array.dtype == np.float32 else result.astype(float)


def _spellings(wanted: tuple[int, ...]) -> set[tuple[int, ...]]:
    if wanted == (1, 1):
        return {(), (1,), (1, 1)}
    return {wanted, (wanted[0],), (1, wanted[0])} if wanted[1] == 1 else {wanted}


def _close(value: Array, expected: Array) -> bool:
    return bool(np.abs(value - expected).max() <= _tolerance(value) * np.abs(expected).max())


def _follows(value: Array, rule: Expected) -> bool:
    """Entry by entry: an upstream value may be of any size, and one huge entry must not hide the others."""
    return bool((np.abs(value - rule.value) <= _tolerance(value) * rule.terms).all())


def _tolerance(value: Array) -> float:
    return SINGLE if value.dtype == np.float32 else TOLERANCE


def _judged(
    variable: str,
    calls: Sequence[Mapping[str, Array | Finding]],
    runs: Sequence[Instance],
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
    expected = [run.gradients[name] for run in runs]
    if all(map(_close, values, expected)):
        return correct("program.right", Paragraph("Your program gives the right gradient on every example."))
    ordinary = len(instances(derived))
    local = [
        _local(variable, call, run, derived, place < ordinary) for place, (call, run) in enumerate(zip(calls, runs))
    ]
    if all(rule is not None and _follows(value, rule) for value, rule in zip(values, local)):
        message = "Your program applies the right rule to the upstream gradients that it returned."
        return correct("program.rule", Paragraph(message))
    place = next(i for i, (value, true) in enumerate(zip(values, expected)) if not _close(value, true))
    sizes = feedback.sizes(runs[place].sizes)
    rows = (("your program gives", _spelled(values[place])), ("the gradient is", _spelled(expected[place])))
    message = f"The value of {name} is not the gradient with respect to {variable}."
    if not any(value.any() for value in values):
        message = f"{name} is 0 whatever the values are, and the gradient is not."
    elif place >= ordinary:
        message += " It is on ordinary examples, but not on one with values very close to zero, or far from it."
    hint = f"With {sizes} your program gives {_spelled(values[place])}, and the gradient there is another."
    return incorrect("program.differs", Paragraph(message), Table(("", ""), rows, f"With {sizes}:", hint))


def _local(
    variable: str, call: Mapping[str, Array | Finding], run: Instance, derived: Differentiated, ordinary: bool
) -> Expected | None:
    """The right rule on the upstream values of the same call; None where these are missing or degenerate.

    Degenerate is what would make a wrong rule give the same: values that are zero, not finite or so small or large that
    they round to nothing; an upstream gradient whose share in the result is nothing, because it is negligible beside
    another or its terms cancel. (Close to zero or far from it, a share may well be negligible: not ``ordinary``.)
    """
    rule = derived.rules[variable]
    upstream: dict[str, Array] = {}
    for name in nodes.names(rule):
        source = name[: -len("_bar")]
        if name == bar(source) and source in derived.rules:
            value = call.get(source)
            if value is None or isinstance(value, Finding) or not _VANISHING < np.abs(value).max() < _EXPLODING:
                return None
            upstream[name] = value.astype(float)
    if not upstream:
        return None
    result = run.rule(variable, upstream)
    shares = [_share(variable, run, upstream, name) for name in upstream]
    terms: Array = np.sum([share.terms for share in shares], axis=0)
    least = _CANCELLED * terms.max()
    if ordinary and any(np.abs(each).max() <= least for each in (result, *(share.value for share in shares))):
        return None
    return Expected(result, terms)


def _share(variable: str, run: Instance, upstream: Mapping[str, Array], name: str) -> Expected:
    """What one upstream gradient adds to the result: a rule is linear in these, so it is the sum over its entries."""
    nothing = {other: np.zeros_like(value) for other, value in upstream.items()}
    total, terms = np.zeros(1), np.zeros(1)
    for place in np.argwhere(upstream[name]):
        entry = nothing[name].copy()
        entry[tuple(place)] = upstream[name][tuple(place)]
        added = run.rule(variable, {**nothing, name: entry})
        total, terms = total + added, terms + np.abs(added)
    return Expected(total, terms)


def _spelled(array: Array) -> str:
    rows, columns = (int(count) for count in array.shape)
    return feedback.number(matrix(array, (rows, columns)))
