"""Whether a network agrees with a predicate for all integers: proved, refuted by a point, or undecided."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Union

from grader.frozen import frozen
from grader.networks import box, condition, exact
from grader.networks.activations import Undecided as Unclear
from grader.networks.condition import ALWAYS, Condition
from grader.networks.network import IntegerNetwork, Network, TooLarge
from grader.networks.proof import patterns, polynomial, search, solver
from grader.networks.proof.solver import Limits
from grader.processes import pool


@frozen
class Proved:
    """``method`` is a name to show: ``finite patterns``."""

    method: str


@frozen
class Refuted:
    """A failing input, replayed on the plain evaluator."""

    point: tuple[int, ...]
    method: str


@frozen
class Undecided:
    """``reason`` is a clause for a student and an instructor."""

    reason: str


Answer = Union[Proved, Refuted, Undecided]

_MOST_BITS = 5_000_000
_MOST_DEGREE = 30
_POLYNOMIAL_SECONDS = 3
_SMALLEST_SECONDS = 2


class Contradiction(Exception):
    """A method called an input failing that the plain evaluator finds right: a fault of the grader."""


def agree(
    network: Network,
    compiled: IntegerNetwork | None,
    predicate: Condition,
    domain: Condition = ALWAYS,
    limits: Limits | None = None,
) -> Answer:
    """Decide by the cheapest method that can.

    ``compiled`` is the network over integers, ``None`` where it is not piecewise polynomial: then nothing is proved.
    Raises ``Contradiction``.
    """
    if compiled is None:
        return _sampled(network, predicate, domain)
    limits = limits or Limits()
    linear = compiled.degree <= 1 and all(atom.linear for atom in condition.atoms(predicate) | condition.atoms(domain))
    answer: Answer | None = _patterns(compiled, predicate, domain)
    if answer is None and not linear:
        answer = _polynomial(compiled, predicate, domain, limits) or _searched(compiled, predicate, domain)
    answer = answer or _solver(compiled, predicate, domain, limits, linear)
    if isinstance(answer, Undecided) and linear:
        answer = _searched(compiled, predicate, domain) or answer
    if not isinstance(answer, Refuted):
        return answer
    try:
        replay(network, predicate, domain, answer.point)
    except Unclear as unclear:
        return Undecided(f"an input that seems to break it cannot be followed exactly, for {unclear}")
    return answer


def replay(network: Network, predicate: Condition, domain: Condition, point: tuple[int, ...]) -> None:
    """Check on the plain evaluator that a point fails. Raises ``Contradiction`` where it does not, and ``Unclear``."""
    expected = int(condition.holds(predicate, point))
    if not condition.holds(domain, point) or exact.gives(network, point, expected):
        raise Contradiction(f"{point} was called failing, and is not")


def _patterns(compiled: IntegerNetwork, predicate: Condition, domain: Condition) -> Proved | Refuted | None:
    gap = patterns.reach(compiled, [predicate, domain])
    points = None if gap is None else patterns.listed(len(compiled.inputs), gap)
    if gap is None or points is None:
        return None
    try:
        point = box.counterexample(compiled, predicate, domain, points, gap * len(compiled.inputs))
    except TooLarge:
        return None
    return Proved("finite patterns") if point is None else Refuted(point, "finite patterns")


def _searched(compiled: IntegerNetwork, predicate: Condition, domain: Condition) -> Refuted | None:
    for method, find in (("collision search", search.collision), ("far points", search.far_point)):
        with suppress(TooLarge):
            point = find(compiled, predicate, domain)
            if point is not None:
                return Refuted(point, method)
    return None


def _polynomial(compiled: IntegerNetwork, predicate: Condition, domain: Condition, limits: Limits) -> Proved | None:
    if not solver.present() or compiled.bits > _MOST_BITS or compiled.degree > _MOST_DEGREE:
        return None
    proves = partial(polynomial.proves, compiled, predicate, domain)
    shown = pool.bounded(proves, min(limits.seconds, _POLYNOMIAL_SECONDS), limits.megabytes)
    return Proved("Gröbner reduction") if shown else None


def _solver(compiled: IntegerNetwork, predicate: Condition, domain: Condition, limits: Limits, linear: bool) -> Answer:
    if not solver.present():
        return Undecided(solver.ABSENT)
    if compiled.bits > _MOST_BITS or compiled.degree > _MOST_DEGREE:
        return Undecided("it is too large, or its numbers are too long, for the solver")
    work = solver.LINEAR_WORK if linear else solver.NONLINEAR_WORK
    answer = solver.decide(compiled, predicate, domain, limits, work)
    if answer == "proved":
        return Proved("z3" if linear else "nonlinear z3")
    if answer is None:
        bounds = f"{limits.seconds} s and {limits.megabytes} MB"
        return Undecided(f"the solver found neither a proof nor an input that breaks it within its limits ({bounds})")
    if domain != ALWAYS:
        return Refuted(answer, "z3")  # nobody is shown where a tier is missed
    quick = Limits(min(limits.seconds, _SMALLEST_SECONDS), limits.megabytes)
    smaller = solver.decide(compiled, predicate, domain, quick, work, smallest=True)
    return Refuted(smaller if isinstance(smaller, tuple) else answer, "z3")


def _sampled(network: Network, predicate: Condition, domain: Condition) -> Refuted | Undecided:
    evaluator = exact.Evaluator(network)
    for point in search.plain_points(len(network.inputs)):
        if not condition.holds(domain, point):
            continue
        try:
            if not evaluator.gives(point, int(condition.holds(predicate, point))):
                return Refuted(point, "far points")
        except Unclear:
            continue
    return Undecided(
        "an activation such as exp, sigmoid, a root or a quotient is checked on the box, with rigorous bounds, "
        "and never proved beyond it"
    )
