"""Whether a network agrees with a predicate for all integers: proved, refuted by a point, or undecided."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Union

from grader.networks import condition, exact, prover, smtlib, transport
from grader.networks.condition import ALWAYS, Condition
from grader.networks.exponential import Undecided as Unclear
from grader.networks.network import Network
from grader.networks.program import Program
from grader.networks.prover import Limits


@dataclass(frozen=True)
class Proved:
    """``method`` is a name to show: ``finite patterns``."""

    method: str


@dataclass(frozen=True)
class Refuted:
    """A failing input, replayed on the plain exact evaluator."""

    point: tuple[int, ...]
    method: str


@dataclass(frozen=True)
class Undecided:
    reason: str


_MOST_BITS = 12_000
_MOST_DEGREE = 30

Answer = Union[Proved, Refuted, Undecided]


class Contradiction(Exception):
    """A method called an input failing that the plain evaluator finds right: a fault of the grader."""


def agree(
    network: Network,
    program: Program | None,
    predicate: Condition,
    domain: Condition = ALWAYS,
    limits: Limits | None = None,
) -> Answer:
    """Decide by the cheapest method that can.

    ``program`` is the compiled network, ``None`` where it is not piecewise polynomial. Raises ``Contradiction``.
    """
    limits = limits or Limits()
    answer = _decided(program, predicate, domain, limits) if program else _sampled(network, predicate, domain)
    if isinstance(answer, Refuted):
        replay(network, predicate, domain, answer.point)
    return answer


def replay(network: Network, predicate: Condition, domain: Condition, point: tuple[int, ...]) -> None:
    """Check on the plain evaluator that a point fails. Raises ``Contradiction`` where it does not."""
    expected = int(condition.holds(predicate, point))
    if not condition.holds(domain, point) or exact.gives(network, point, expected):
        raise Contradiction(f"{point} was called failing, and is not")


def _decided(program: Program, predicate: Condition, domain: Condition, limits: Limits) -> Answer:
    linear = program.degree <= 1 and all(atom.linear for atom in condition.atoms(predicate) | condition.atoms(domain))
    return (
        _patterns(program, predicate, domain)
        or (None if linear else _algebra(program, predicate, domain, limits))
        or (None if linear else _searched(program, predicate, domain))
        or _solver(program, predicate, domain, limits, linear)
    )


def _patterns(program: Program, predicate: Condition, domain: Condition) -> Answer | None:
    from grader.networks import patterns

    gap = patterns.reach(program, [predicate, domain])
    if gap is None or patterns.count(len(program.inputs), gap) > patterns.MOST_PATTERNS:
        return None
    point = patterns.counterexample(program, predicate, domain, gap)
    return Proved("finite patterns") if point is None else Refuted(point, "finite patterns")


def _searched(program: Program, predicate: Condition, domain: Condition) -> Answer | None:
    from grader.networks import collisions, far

    for method, search in (("collision search", collisions), ("far points", far)):
        point = search.counterexample(program, predicate, domain)
        if point is not None:
            return Refuted(point, method)
    return None


def _algebra(program: Program, predicate: Condition, domain: Condition, limits: Limits) -> Answer | None:
    if program.largest.bit_length() > _MOST_BITS or program.degree > _MOST_DEGREE:
        return None
    answer = prover.ask(
        "algebra",
        limits,
        program=transport.plain_program(program),
        predicate=transport.plain_condition(predicate),
        domain=transport.plain_condition(domain),
    )
    return Proved("Gröbner reduction") if answer["answer"] == "proved" else None


def _solver(program: Program, predicate: Condition, domain: Condition, limits: Limits, linear: bool) -> Answer:
    inputs = len(program.inputs)
    if program.largest.bit_length() > _MOST_BITS:
        return Undecided("the numbers in it have thousands of digits")
    text = smtlib.question(program, predicate, domain)
    asked = {"text": text, "inputs": inputs, "theory": "linear" if linear else "nonlinear"}
    answer = prover.ask("z3", limits, **asked)
    method = "z3" if linear else "nonlinear z3"
    if answer["answer"] == "undecided" and not linear:
        second = prover.ask("cvc5", limits, **asked)
        if second["answer"] != "undecided":
            answer, method = second, "cvc5"
    if answer["answer"] == "proved":
        return Proved(method)
    if answer["answer"] == "undecided":
        found = _searched(program, predicate, domain) if linear else None
        return found or Undecided(answer["reason"])
    point = _point(answer)
    smaller = prover.ask("smallest", limits, **asked, size=smtlib.size(inputs))
    return Refuted(_point(smaller) if smaller["answer"] == "refuted" else point, method)


def _point(answer: dict[str, Any]) -> tuple[int, ...]:
    return tuple(int(value) for value in answer["point"])


def _sampled(network: Network, predicate: Condition, domain: Condition) -> Answer:
    from grader.networks import far, tails

    found = tails.agree(network, predicate, domain)
    if isinstance(found, str):
        return Proved(found)
    if found is not None:
        with suppress(Unclear):
            exact.gives(network, found, 0)  # whether it can be replayed at all
            return Refuted(found, "finite patterns")
    for point in far.plain_points(len(network.inputs)):
        if not condition.holds(domain, point):
            continue
        try:
            if not exact.gives(network, point, int(condition.holds(predicate, point))):
                return Refuted(point, "far points")
        except Unclear:
            continue
    return Undecided("no proof for all integers is known for activations such as exp")
