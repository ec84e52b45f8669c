"""One homework, ready to mark with: the config's conditions and procedures compiled, the reference's answers read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from grader.assignment.answer_key import AnswerKey
from grader.assignment.config import Config, Faulty
from grader.assignment.parts import BackwardPart, GraphPart, NetworkPart
from grader.checks import network
from grader.checks.target import Target
from grader.gradients import instances, procedure
from grader.grading import targets
from grader.language import reading
from grader.language.nodes import Node
from grader.language.unreadable import Unreadable
from grader.networks.condition import Unsupported

if TYPE_CHECKING:
    from grader.checks.network import Problem
    from grader.gradients.instances import Differentiated
    from grader.gradients.procedure import Procedure

Compiled = TypeVar("Compiled")


@dataclass(frozen=True)
class Homework:
    """A config and, where there is one, its answer key. What is compiled from them is kept for the next submission."""

    config: Config
    key: AnswerKey | None = None
    _kept: dict[tuple[str, str], object] = field(default_factory=dict, compare=False, repr=False)

    def prepare(self) -> Homework:
        """Compiles everything, so that a faulty config or reference is found before the first submission.

        Raises ``config.Faulty`` with every mistake, and ``answer_key.Faulty``.
        """
        mistakes: list[str] = []
        for name, part in self.config.parts.items():
            try:
                if isinstance(part, NetworkPart):
                    self.network(name)
                elif isinstance(part, GraphPart):
                    self.procedure(part.procedure)
                elif isinstance(part, BackwardPart):
                    self.differentiated(name)
            except Faulty as faulty:
                mistakes.extend(faulty.messages)
        if mistakes:
            raise Faulty(*dict.fromkeys(mistakes))
        _ = self.targets
        return self

    @cached_property
    def targets(self) -> dict[str, Target]:
        """What the answers to formulas, conditions and values are held against."""
        return {} if self.key is None else targets.read(self.key, self.config)

    def network(self, name: str) -> Problem:
        """A network part, its conditions compiled. Raises ``config.Faulty``."""
        return self._keep("network", name, self._network)

    def procedure(self, name: str) -> Procedure:
        """A forward procedure with its steps read. Raises ``config.Faulty``."""
        return self._keep("procedure", name, self._procedure)

    def differentiated(self, name: str) -> Differentiated:
        """The procedure of a backward part with its derivative, on the instances that equations are tried on."""
        return self._keep("differentiated", name, self._differentiated)

    def _keep(self, kind: str, name: str, compile_: Callable[[str], Compiled]) -> Compiled:
        if (kind, name) not in self._kept:
            self._kept[kind, name] = compile_(name)
        return self._kept[kind, name]  # type: ignore[return-value]  # what compile_ gave for this very key

    def _network(self, name: str) -> Problem:
        part = self.config.parts[name]
        assert isinstance(part, NetworkPart)
        for text, place in _conditions(part):
            try:
                network.compiled(text, part.inputs)
            except (Unreadable, Unsupported) as error:
                raise Faulty(self.config.lines.say(("parts", name, *place), str(error))) from None
        return network.problem(part, self.config, self_check=self.key is None)

    def _procedure(self, name: str) -> Procedure:
        stated = self.config.procedures[name]
        known = [*stated.sizes, *stated.inputs, *stated.label, *stated.parameters]
        steps: dict[str, Node] = {}
        for variable, text in stated.steps.items():
            try:
                steps[variable] = reading.equation(text, (*known, *steps)).node
            except Unreadable as error:
                place = ("procedures", name, "steps", variable)
                raise Faulty(self.config.lines.say(place, str(error))) from None
        return procedure.assembled(stated, steps)

    def _differentiated(self, name: str) -> Differentiated:
        part = self.config.parts[name]
        assert isinstance(part, BackwardPart)
        try:
            procedure = self.procedure(part.procedure)
            parameters = tuple(name for name in part.with_respect_to if name in procedure.parameters)
            return instances.differentiated(procedure, part.of, parameters)
        except instances.NoInstance as error:
            raise Faulty(self.config.lines.say(("procedures", part.procedure, "steps"), str(error))) from None


def _conditions(part: NetworkPart) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """Every condition that a network part states, with its place in it."""
    yield part.predicate, ("predicate",)
    for number, tier in enumerate(part.tiers):
        yield tier.domain, ("tiers", number, "domain")
    for number, one in enumerate(part.properties):
        yield one.holds, ("properties", number, "holds")
