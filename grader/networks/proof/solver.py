"""The solver z3. Each question is asked in a process that ends at its limits."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from functools import partial
from math import prod
from typing import Any, Literal, Union

from grader.frozen import frozen
from grader.language.exact import RELATIONS
from grader.networks import condition
from grader.networks.condition import Condition
from grader.networks.network import IntegerNetwork, Unit
from grader.processes import pool, system

ABSENT = "the program that proves it is not part of this installation"
"""The reason where there is no solver: in a student's own check."""

Answer = Union[Literal["proved"], tuple[int, ...], None]
"""An input that breaks the network, or ``None`` where the solver finds neither that nor a proof."""

LINEAR_WORK, NONLINEAR_WORK = 15_000_000, 6_000_000
"""z3's own count of steps, some seconds of it: a search ends at the same place every time, as seconds would not.
Twenty times what the hardest linear design of the tests takes."""


@frozen
class Limits:
    """For one question: processor time, and memory on top of what the process has by itself."""

    seconds: int = 10
    megabytes: int = 150


def present() -> bool:
    """Whether there is a solver on this machine, and a way to stop it."""
    return system.FORKS and importlib.util.find_spec("z3") is not None


def decide(
    network: IntegerNetwork,
    predicate: Condition,
    domain: Condition,
    limits: Limits,
    work: int = LINEAR_WORK,
    *,
    smallest: bool = False,
) -> Answer:
    """z3's answer to whether an input in the domain breaks the network: any, or one whose entries are least in sum."""
    importlib.import_module("z3")  # here, so that the next question finds it loaded
    question = partial(_decided, network, predicate, domain, limits, work, smallest)
    found = pool.bounded(question, limits.seconds, limits.megabytes)
    return tuple(found) if isinstance(found, list) else found


def _decided(
    network: IntegerNetwork, predicate: Condition, domain: Condition, limits: Limits, work: int, smallest: bool
) -> Any:
    import z3

    z3.set_param("memory_max_size", limits.megabytes)
    solver: Any = z3.Optimize() if smallest else z3.Solver()
    solver.set("rlimit", work)
    inputs = [z3.Int(f"x{index}") for index in range(len(network.inputs))]
    solver.add(_holds(domain, inputs))
    below: list[Any] = inputs
    for depth, layer in enumerate(network.layers):
        totals = [z3.Int(f"y{depth}_{place}") for place in range(len(layer))]
        for total, unit in zip(totals, layer):
            solver.add(total == z3.Sum([weight * below[index] for index, weight in unit.terms]))
        below = [_value(unit, total) for unit, total in zip(layer, totals)]
    one, zero = (target is not None and below[0] == target for target in (network.one, network.zero))
    solver.add(z3.Not(z3.If(_holds(predicate, inputs), one, zero)))
    if smallest:
        solver.minimize(z3.Sum([z3.If(entry >= 0, entry, -entry) for entry in inputs]))
    answer = solver.check()
    if answer == z3.unsat:
        return "proved"
    if answer != z3.sat:
        return None
    model = solver.model()
    return [model.evaluate(entry, model_completion=True).as_long() for entry in inputs]


def _holds(whole: Condition, inputs: Sequence[Any]) -> Any:
    import z3

    return condition.folded(
        whole,
        lambda atom: RELATIONS[atom.relation](atom.value(inputs), 0),
        lambda every, parts: z3.And(parts) if every else z3.Or(parts),
    )


def _value(unit: Unit, total: Any) -> Any:
    import z3

    *others, value = (
        z3.Sum([prod([total] * power, start=c) for power, c in enumerate(piece) if c]) for piece in unit.pieces.values
    )
    for cut, piece in zip(reversed(unit.pieces.cuts), reversed(others)):
        value = z3.If(total < cut, piece, value)
    return value
