"""Whether a network agrees with its predicate: on the whole box, then for all integers, then within a tier's domain."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field, replace
from fractions import Fraction
from functools import lru_cache, partial
from hashlib import sha256
from itertools import combinations, permutations
from typing import TypeVar

from grader.assignment.config import Config, Faulty
from grader.assignment.part_kinds import NetworkPart
from grader.frozen import frozen
from grader.language import reading, writing
from grader.networks import activations, box, condition, exact
from grader.networks.activations import Real, Undecided as Unclear
from grader.networks.box import Survey
from grader.networks.condition import ALWAYS, Condition
from grader.networks.exact import Trace
from grader.networks.network import IntegerNetwork, Network, TooLarge, over_integers
from grader.networks.pieces import NotPiecewise
from grader.networks.proof import agreement, solver
from grader.networks.proof.agreement import Proved, Refuted, Undecided
from grader.networks.proof.solver import Limits
from grader.report import Block, Exhibit, Finding, Paragraph, Table, Verdict, correct, incorrect

T = TypeVar("T")

_NAMES = r"(\s*\w+\s*(?:,\s*\w+\s*)*)"
_SHORTHAND = re.compile(rf"\bdistinct\({_NAMES}\)|\bpermutation\({_NAMES};{_NAMES}\)")
"""``distinct(a, b, c)``: no two are equal; ``permutation(a, b; c, d)``: c and d are a and b, in some order."""
_MOST_NAMES = 6
_MOST_UNITS = 12
_MOST_TABLES = 6
_MOST_DRAWN = 400
_MOST_DIGITS = 24


@frozen
class Case:
    """Inputs for which a condition holds, and how they are called; a tier's earn ``credit``."""

    holds: Condition
    says: str
    credit: Fraction = Fraction(0)


@frozen
class Problem:
    """A network part of the config with its conditions compiled. ``accept_unproved``: the box alone is enough."""

    inputs: tuple[str, ...]
    predicate: Condition
    box: tuple[int, int]
    tiers: tuple[Case, ...] = ()
    properties: tuple[Case, ...] = ()
    accept_unproved: bool = False
    limits: Limits = field(default_factory=Limits)


def problem(name: str, config: Config, *, self_check: bool = False) -> Problem:
    """Compile what the config says of a network part.

    Raises ``Faulty`` for a condition that is none on the inputs, and for an activation that cannot be read. A student's
    self-check searches the smaller box that the config names for it.
    """
    part = config.parts[name]
    assert isinstance(part, NetworkPart)

    def stated(read: Callable[[str], T], text: str, *place: str | int) -> T:
        try:
            return read(text)
        except (reading.Unreadable, ValueError) as error:
            raise Faulty(config.lines.located(("parts", name, *place), str(error))) from None

    where = partial(compiled, inputs=part.inputs)
    for number, layer in enumerate(part.layers):
        stated(activations.read, layer.activation, "layers", number, "activation")
    low, high = config.self_check.box if self_check else part.box
    return Problem(
        part.inputs,
        stated(where, part.predicate, "predicate"),
        (max(low, part.box[0]), min(high, part.box[1])),
        tuple(
            Case(stated(where, tier.domain, "tiers", number, "domain"), tier.says, tier.credit)
            for number, tier in enumerate(part.tiers)
        ),
        tuple(
            Case(stated(where, one.holds, "properties", number, "holds"), one.says)
            for number, one in enumerate(part.properties)
        ),
        config.rubric.unproved_network == "correct",
        Limits(config.limits.proof_seconds, config.limits.proof_megabytes),
    )


@lru_cache(maxsize=256)
def compiled(text: str, inputs: tuple[str, ...]) -> Condition:
    """A condition over the inputs. Raises ``Unreadable``, and ``Unsupported`` for one that no check can use."""
    return condition.of(reading.predicate(_SHORTHAND.sub(_written, text), inputs).node, inputs)


def _written(found: re.Match[str]) -> str:
    """A shorthand written out; what is not of its form, or longer than can be checked, stays as it is."""
    apart, first, second = (re.findall(r"\w+", names or "") for names in found.groups())
    if 1 < len(apart) <= _MOST_NAMES:
        return f"({' and '.join(f'{one} != {other}' for one, other in combinations(apart, 2))})"
    if apart or len(first) != len(second) or len(first) > _MOST_NAMES:
        return found[0]
    orders = (" and ".join(f"{a} = {b}" for a, b in zip(first, order)) for order in permutations(second))
    return f"({' or '.join(f'({order})' for order in orders)})"


def examine(network: Network, problem: Problem) -> Finding:
    """The finding for a network that could be read; what a limit stops is open, and says which limit."""
    try:
        finding = _examined(network, problem)
    except TooLarge:
        finding = _open(
            "the numbers in it become longer than the grader follows, which is a limit and no fault of the network"
        )
    # sizes, and a fingerprint that equal networks share
    sizes = "-".join(str(size) for size in (len(network.inputs), *(layer.width for layer in network.layers)))
    return replace(finding, canonical=f"{sizes} {sha256(repr(network).encode()).hexdigest()[:8]}")


def _examined(network: Network, problem: Problem) -> Finding:
    try:
        compiled = over_integers(network)
    except NotPiecewise:
        compiled = None
    watch = [case.holds for case in (*problem.tiers, *problem.properties)]
    survey = box.survey(network, compiled, problem.predicate, *problem.box, watch)
    if survey.simplest is not None:
        try:
            agreement.replay(network, problem.predicate, ALWAYS, survey.simplest)
        except Unclear as unclear:
            return _open(str(unclear))
        return _failed(network, compiled, problem, survey, survey.simplest)
    if survey.undecided is not None:
        point = ", ".join(map(str, survey.undecided))
        return _open(f"at ({point}) it stays open: {survey.reason}")
    answer = agreement.agree(network, compiled, problem.predicate, ALWAYS, problem.limits)
    if isinstance(answer, Refuted):
        return _failed(network, compiled, problem, survey, answer.point)
    return _passed(survey, answer, problem)


def _passed(survey: Survey, answer: Proved | Undecided, problem: Problem) -> Finding:
    if isinstance(answer, Proved):
        message = f"Right on all {_box(survey, problem)} and proved for all integers ({answer.method})."
        return correct("network.proved", Paragraph(message))
    if problem.accept_unproved and (survey.low, survey.high) == problem.box:
        message = f"Right on all {_box(survey, problem)}. Larger inputs are not proved: {answer.reason}."
        return correct("network.box", Paragraph(message))
    if answer.reason == solver.ABSENT:
        message = f"Right on all {_box(survey, problem)}. Whether it is for all integers is proved after submission."
        return Finding(Verdict.REVIEW, (Paragraph(message),), "network.proved_later")
    return _open(answer.reason, _box(survey, problem))


def _open(reason: str, passed: str = "") -> Finding:
    start = f"Right on all {passed}, but not proved" if passed else "Not decided"
    message = f"{start} for all integers: {reason}. A person has to look; nothing is lost by that."
    return Finding(Verdict.REVIEW, (Paragraph(message),), "network.undecided")


def _failed(
    network: Network, compiled: IntegerNetwork | None, problem: Problem, survey: Survey, point: tuple[int, ...]
) -> Finding:
    expected = int(condition.holds(problem.predicate, point))
    trace = exact.trace_or_reason(network, point)
    failure = _failure(network, point, expected, trace)
    more: tuple[Block, ...] = (Paragraph(_extent(survey, problem)),)
    exhibit = None
    if isinstance(trace, Trace):
        more += tuple(_tables(network, trace))
        exhibit = _exhibit(network, point, expected, trace)
    tier, doubt = _tier(network, compiled, problem, survey)
    if tier is not None:
        message = f"Right wherever {tier.says} (proved for all integers), which earns {tier.credit} of the points."
        blocks = (Paragraph(message), Paragraph(f"Elsewhere it fails. {failure}"), *more)
        return Finding(Verdict.PARTIAL, blocks, "network.part", tier.credit, exhibit=exhibit)
    fails = (Paragraph(failure), *more)
    if doubt is None:
        return incorrect("network.fails" if survey.failing else "network.fails_far", *fails, exhibit=exhibit)
    reason = Paragraph(f"Whether it earns part of the points is not decided: {doubt}. A person has to look.")
    return Finding(Verdict.REVIEW, (*fails, reason), "network.part_undecided", exhibit=exhibit)


def _tier(
    network: Network, compiled: IntegerNetwork | None, problem: Problem, survey: Survey
) -> tuple[Case | None, str | None]:
    """The best tier that the network reaches; or the reason why a better one stays open."""
    reachable = [tier for tier, failing in zip(problem.tiers, survey.watched) if not failing]
    for tier in sorted(reachable, key=lambda tier: -tier.credit):
        answer = agreement.agree(network, compiled, problem.predicate, tier.holds, problem.limits)
        if isinstance(answer, Proved):
            return tier, None
        if isinstance(answer, Undecided):
            return None, answer.reason
    return None, None


def _extent(survey: Survey, problem: Problem) -> str:
    if not survey.failing:
        return f"Every one of the {_box(survey, problem)} is right: it fails only for larger numbers."
    least = "At least " if survey.undecided is not None else ""
    total = f"{least}{survey.failing:,} of the {_box(survey, problem)} {'fail' if survey.failing > 1 else 'fails'}."
    counts = zip(problem.properties, survey.watched[len(problem.tiers) :])
    shared = [one for one, count in counts if count == survey.failing and survey.failing > 1]
    # of two that are shared, the later one says more: the config lists them from the wide to the narrow
    return f"{total} In all of them {shared[-1].says}." if shared else total


def _box(survey: Survey, problem: Problem) -> str:
    return f"{survey.points:,} inputs of the box [{survey.low}, {survey.high}]^{len(problem.inputs)}"


# -- one input on its way through a network, for people ----------------------------------------------------------------


def _failure(network: Network, point: Sequence[int], expected: int, trace: Trace | str) -> str:
    """The failing input, what it should give, and what it gives."""
    given = f"nothing: {trace} on the way" if isinstance(trace, str) else _number(trace.output)
    assigned = ", ".join(f"{name} = {_number(Fraction(value))}" for name, value in zip(network.inputs, point))
    strict = "" if isinstance(trace, str) or given in ("0", "1") else " (the output must be exactly 0 or 1)"
    return f"For {assigned} the output should be {expected}; your network gives {given}{strict}."


def _tables(network: Network, trace: Trace) -> Iterator[Table]:
    """A table for each layer: what every unit receives and gives."""
    for place in range(min(len(network.layers), _MOST_TABLES)):
        rows = [
            (str(unit), _number(received), _number(given))
            for unit, (received, given) in enumerate(zip(trace.pre_activations[place], trace.activations[place]), 1)
        ]
        functions = {writing.text(activation) for activation in network.layers[place].activations}
        named = f", φ(z) = {functions.pop()}" if len(functions) == 1 else ""
        more = "" if len(rows) <= _MOST_UNITS else f" (the first {_MOST_UNITS} of {len(rows)} units)"
        caption = f"Layer {place + 1} on this input{named}{more}:"
        yield Table(("unit", "z", "φ(z)"), tuple(rows[:_MOST_UNITS]), caption)


def _exhibit(network: Network, point: Sequence[int], expected: int, trace: Trace) -> Exhibit | None:
    """The trace as plain data; ``None`` for a network too large to be drawn."""
    if sum(layer.width * len(layer.weights[0]) for layer in network.layers) > _MOST_DRAWN:
        return None
    layers = []
    for layer, sums, values in zip(network.layers, trace.pre_activations, trace.activations):
        units = [
            {"pre_activation": _number(received), "activation": _number(given), "function": writing.text(activation)}
            for received, given, activation in zip(sums, values, layer.activations)
        ]
        weights = [[_number(weight) for weight in row] for row in layer.weights]
        layers.append({"units": units, "weights": weights, "biases": [_number(bias) for bias in layer.biases]})
    return {
        "kind": "network",
        "inputs": {name: _number(Fraction(value)) for name, value in zip(network.inputs, point)},
        "expected": str(expected),
        "given": _number(trace.output),
        "layers": layers,
    }


def _number(value: Real) -> str:
    """A number for people: exact where it is rational and not too long."""
    if not isinstance(value, Fraction):
        return f"about {activations.approximate(value)}"
    if value.denominator == 1:
        return _whole(value.numerator)
    return f"{_whole(value.numerator)}/{_whole(value.denominator)}"


def _whole(value: int) -> str:
    if abs(value) < 10**_MOST_DIGITS:
        return str(value)
    sign, digits = "-" if value < 0 else "", int(abs(value).bit_length() * 0.30103) + 1
    if abs(value) == 10 ** (digits - 1):
        return f"{sign}10^{digits - 1}"
    leading = abs(value) // 10 ** max(0, digits - 6)  # without writing the whole number
    return f"{sign}{leading}…e{digits - 1}"
