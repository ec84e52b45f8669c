"""Whether a network agrees with its predicate: on the whole box, then for all integers, then within a tier's domain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from fractions import Fraction
from functools import lru_cache, partial
from hashlib import sha256
from typing import TypeVar

from grader.assignment.config import Config, Faulty
from grader.assignment.part_kinds import NetworkPart
from grader.checks import network_trace, shorthand
from grader.frozen import frozen
from grader.language import reading
from grader.networks import activations, box, condition, exact
from grader.networks.box import Survey
from grader.networks.condition import ALWAYS, Condition
from grader.networks.network import IntegerNetwork, Network, TooLarge, over_integers
from grader.networks.pieces import NotPiecewise
from grader.networks.proof import agreement, solver
from grader.networks.proof.agreement import Proved, Refuted, Undecided
from grader.networks.proof.solver import Limits
from grader.networks.reals import Undecided as Unclear
from grader.report import Finding, Paragraph, Verdict, correct, incorrect

T = TypeVar("T")


@frozen
class Tier:
    domain: Condition
    says: str
    credit: Fraction


@frozen
class Property:
    holds: Condition
    says: str


@frozen
class Problem:
    """A network part of the config with its conditions compiled. ``accept_unproved``: the box alone is enough."""

    inputs: tuple[str, ...]
    predicate: Condition
    box: tuple[int, int]
    tiers: tuple[Tier, ...] = ()
    properties: tuple[Property, ...] = ()
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
            Tier(stated(where, tier.domain, "tiers", number, "domain"), tier.says, tier.credit)
            for number, tier in enumerate(part.tiers)
        ),
        tuple(
            Property(stated(where, one.holds, "properties", number, "holds"), one.says)
            for number, one in enumerate(part.properties)
        ),
        config.rubric.unproved_network == "correct",
        Limits(config.limits.proof_seconds, config.limits.proof_megabytes),
    )


@lru_cache(maxsize=256)
def compiled(text: str, inputs: tuple[str, ...]) -> Condition:
    """A condition over the inputs. Raises ``Unreadable``, and ``Unsupported`` for one that no check can use."""
    return condition.of(reading.predicate(shorthand.written_out(text), inputs).node, inputs)


def examine(network: Network, problem: Problem) -> Finding:
    """The finding for a network that could be read; what a limit stops is open, and says which limit."""
    canonical = _canonical(network)
    try:
        return _examined(network, problem, canonical)
    except TooLarge:
        return _open(_TOO_LARGE, canonical)


_TOO_LARGE = "the numbers in it become longer than the grader follows, which is a limit and no fault of the network"


def _examined(network: Network, problem: Problem, canonical: str) -> Finding:
    try:
        compiled = over_integers(network)
    except NotPiecewise:
        compiled = None
    watch = [tier.domain for tier in problem.tiers] + [one.holds for one in problem.properties]
    survey = box.survey(network, compiled, problem.predicate, *problem.box, watch)
    if survey.simplest is not None:
        try:
            agreement.replay(network, problem.predicate, ALWAYS, survey.simplest)
        except Unclear as unclear:
            return _open(str(unclear), canonical)
        return _failed(network, compiled, problem, survey, Refuted(survey.simplest, "box"), canonical)
    if survey.undecided is not None:
        point = ", ".join(map(str, survey.undecided))
        return _open(f"at ({point}) it stays open: {survey.reason}", canonical)
    answer = agreement.agree(network, compiled, problem.predicate, ALWAYS, problem.limits)
    if isinstance(answer, Refuted):
        return _failed(network, compiled, problem, survey, answer, canonical)
    return _passed(survey, answer, problem, canonical)


def _passed(survey: Survey, answer: Proved | Undecided, problem: Problem, canonical: str) -> Finding:
    if isinstance(answer, Proved):
        message = f"Right on all {_box(survey, problem)} and proved for all integers ({answer.method})."
        return correct("network.proved", Paragraph(message), canonical=canonical)
    if problem.accept_unproved and (survey.low, survey.high) == problem.box:
        message = f"Right on all {_box(survey, problem)}. Larger inputs are not proved: {answer.reason}."
        return correct("network.box", Paragraph(message), canonical=canonical)
    if answer.reason == solver.ABSENT:
        message = f"Right on all {_box(survey, problem)}. Whether it is for all integers is proved after submission."
        return Finding(Verdict.REVIEW, (Paragraph(message),), "network.proved_later", canonical=canonical)
    return _open(answer.reason, canonical, _box(survey, problem))


def _open(reason: str, canonical: str, passed: str = "") -> Finding:
    start = f"Right on all {passed}, but not proved" if passed else "Not decided"
    message = f"{start} for all integers: {reason}. A person has to look; nothing is lost by that."
    return Finding(Verdict.REVIEW, (Paragraph(message),), "network.undecided", canonical=canonical)


def _failed(
    network: Network, compiled: IntegerNetwork | None, problem: Problem, survey: Survey, answer: Refuted, canonical: str
) -> Finding:
    point = answer.point
    expected = int(condition.holds(problem.predicate, point))
    trace = exact.trace_or_reason(network, point)
    failure = network_trace.failure(network, point, expected, trace)
    more = (Paragraph(_extent(survey, problem)), *network_trace.tables(network, trace))
    fails = (Paragraph(failure), *more)
    exhibit = network_trace.exhibit(network, point, expected, trace)
    tier, doubt = _tier(network, compiled, problem, survey)
    if tier is None and doubt is None:
        code = "network.fails" if survey.failing else "network.fails_far"
        return incorrect(code, *fails, canonical=canonical, exhibit=exhibit)
    if tier is None:
        reason = Paragraph(f"Whether it earns part of the points is not decided: {doubt}. A person has to look.")
        return Finding(Verdict.REVIEW, (*fails, reason), "network.part_undecided", canonical=canonical, exhibit=exhibit)
    message = f"Right wherever {tier.says} (proved for all integers), which earns {tier.credit} of the points."
    first = (Paragraph(message), Paragraph(f"Elsewhere it fails. {failure}"))
    return Finding(Verdict.PARTIAL, (*first, *more), "network.part", tier.credit, canonical=canonical, exhibit=exhibit)


def _tier(
    network: Network, compiled: IntegerNetwork | None, problem: Problem, survey: Survey
) -> tuple[Tier | None, str | None]:
    """The best tier that the network reaches; or the reason why a better one stays open."""
    order = sorted(range(len(problem.tiers)), key=lambda place: -problem.tiers[place].credit)
    for place in order:
        tier = problem.tiers[place]
        if survey.watched[place]:
            continue
        answer = agreement.agree(network, compiled, problem.predicate, tier.domain, problem.limits)
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


def _canonical(network: Network) -> str:
    """Sizes, and a fingerprint that equal networks share."""
    sizes = "-".join(str(size) for size in (len(network.inputs), *(layer.width for layer in network.layers)))
    return f"{sizes} {sha256(repr(network).encode()).hexdigest()[:8]}"
