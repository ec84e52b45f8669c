"""Real numbers for which an equation does not give the gradient, looked for where it may go wrong.

First at ordinary points, the smallest one first; then along one entry after the other, at numbers near and far, and at
and around every number that the equation types: what holds everywhere but beyond a threshold is found there. What 50
digits say is said again with 200, so that no rounding is ever taken for an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from itertools import islice

from grader.gradients import attempt
from grader.gradients.attempt import Attempt, View, agrees, aligned, largest
from grader.gradients.equation import Equation, bar
from grader.gradients.evaluation.walk import Budget
from grader.gradients.points import Numbers, Place, Problem
from grader.gradients.shapes import Limit, Matrix

PLAIN = Decimal("1e-5")
"""An error of this share of the largest entry is plain to see: no better example is looked for."""

TRIED = 400
"""Points along entries, at most."""

STEPS = 100_000
"""Of the evaluations of one search together."""

FARTHEST = 10**6
"""Numbers that an equation types are tried up to here."""

NEAR_AND_FAR = tuple(Decimal(text) for text in ("0", "1e-6", "1e-3", "0.01", "0.05", "0.5", "1", "2", "5", "10", "40"))


@dataclass(frozen=True, eq=False)
class Example:
    """A point at which an equation gives something else than the gradient, by a share of the largest entry."""

    numbers: Numbers
    value: Matrix
    gradient: Matrix
    error: Decimal


def example(equation: Equation, variable: str, view: View, problem: Problem, places: Sequence[Place]) -> Example | None:
    """The plainest example found, if any.

    Raises:
        NoValue: the equation has none, for another reason than a limit.
    """
    best: Example | None = None
    budget = Budget(STEPS)
    for place, targets in _points(equation, problem, places):
        try:
            found = _tried(equation, variable, view, Numbers(problem, place, targets), budget)
        except Limit:
            return best
        if found is not None and (best is None or found.error > 10 * best.error):
            sure = _tried(equation, variable, view, Numbers(problem, place, targets, digits=200), budget)
            best = found if sure is not None else best
            if best is not None and best.error >= PLAIN:
                break
    return best


def _tried(equation: Equation, variable: str, view: View, numbers: Numbers, budget: Budget) -> Example | None:
    value = attempt.value(equation, variable, Attempt(numbers, view, budget=budget))
    gradient = numbers[bar(variable)]
    if None in gradient.entries:
        return None
    turned = aligned(value, gradient)
    if turned is None:
        return Example(numbers, value, gradient, Decimal(1))
    other = numbers.with_slope(1)[bar(variable)] if numbers.at_kink else gradient
    there = [i for i, entry in enumerate(turned.entries) if entry is not None]
    with localcontext(numbers.domain.context):
        given, true = _only(turned, there), _only(gradient, there)
        if not agrees(given, true, _only(other, there), numbers.domain):
            error = max(abs(a - b) for a, b in zip(given.entries, true.entries))
            return Example(numbers, turned, gradient, error / max(largest(given), largest(true)))
    # A missing value is a fault at an ordinary point, where no number was too large.
    ordinary = not (numbers.targets or numbers.at_kink or numbers.domain.exceeded)
    missing = len(there) < len(turned.entries)
    return Example(numbers, turned, gradient, Decimal(1)) if missing and ordinary else None


def _only(matrix: Matrix, places: Sequence[int]) -> Matrix:
    entries = matrix.entries
    return Matrix([[entries[i]] for i in places], (len(places), 1))


def agrees_at(equation: Equation, variable: str, view: View, numbers: Numbers) -> bool:
    """Whether an equation gives the gradient at a point, or nothing there."""
    return _tried(equation, variable, view, numbers, Budget()) is None


def _points(
    equation: Equation, problem: Problem, places: Sequence[Place]
) -> Iterator[tuple[Place, dict[tuple[str, int], Decimal]]]:
    yield from ((place, {}) for place in places)
    grid = _grid(equation)
    moved = (dict.fromkeys(entries, number) for entries in _lines(problem, places[0]) for number in grid)
    yield from ((places[0], targets) for targets in islice(moved, TRIED))


def _grid(equation: Equation) -> tuple[Decimal, ...]:
    found = dict.fromkeys(NEAR_AND_FAR)
    for number in sorted(equation.numbers())[:12]:
        typed = Decimal(number.numerator) / Decimal(number.denominator)
        if abs(typed) < FARTHEST:
            sides = (typed, typed * Decimal("0.99"), typed * Decimal("1.01"), typed / 2, typed - 1, typed + 1)
            found.update(dict.fromkeys(sides))
    return tuple(dict.fromkeys(signed for number in found for signed in (number, -number)))


def _lines(problem: Problem, place: Place) -> Iterator[tuple[tuple[str, int], ...]]:
    """Entries that are moved together: one of a step that can take any value or of an input, or all of it."""
    given = [name for name in problem.given if name not in problem.steering.values()]
    values = Numbers(problem, place)
    for name in (*problem.steering, *given):
        count = len(values[name].entries)
        if len(problem.given.get(name, ())) < 2:
            yield from (((name, i),) for i in range(min(count, 2)))
        yield tuple((name, i) for i in range(count))
