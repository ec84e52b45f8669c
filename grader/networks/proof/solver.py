"""The solvers: z3, and the proof by polynomials. Each question is asked in a process that ends at its limits."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Literal, Union

from grader.frozen import frozen
from grader.networks.condition import Condition
from grader.networks.integer_network import IntegerNetwork
from grader.networks.proof import polynomial
from grader.processes import bounded, system

ABSENT = "the program that proves it is not part of this installation"
"""The reason where there is no solver: in a student's own check."""

Theory = Literal["linear", "nonlinear"]
Answer = Union[Literal["proved"], tuple[int, ...], None]
"""An input that breaks the network, or ``None`` where the solver finds neither that nor a proof."""

_WORK: dict[Theory, int] = {"linear": 15_000_000, "nonlinear": 6_000_000}
"""z3's own count of steps, some seconds of it: a search ends at the same place every time, as seconds would not.
Twenty times what the hardest linear design of the tests takes."""


@frozen
class Limits:
    """For one question: processor time, and memory on top of what the process has by itself."""

    seconds: int = 10
    megabytes: int = 150

    def within(self, seconds: int) -> Limits:
        """The same limits with at most so many seconds."""
        return replace(self, seconds=min(seconds, self.seconds))


def present() -> bool:
    """Whether there is a solver on this machine, and a way to stop it."""
    return system.FORKS and importlib.util.find_spec("z3") is not None


def decide(text: str, inputs: int, theory: Theory, limits: Limits) -> Answer:
    """z3's answer to a question in SMT-LIB: is there an input that breaks the network?"""
    import z3  # here, so that the next question finds it loaded

    return bounded.run(partial(_decided, z3.Solver, text, inputs, theory, limits), limits.seconds, limits.megabytes)


def smallest(text: str, inputs: int, theory: Theory, size: str, limits: Limits) -> Answer:
    """As ``decide``, for the input of least ``size``, a term of SMT-LIB."""
    import z3

    text += f"\n(minimize {size})"
    return bounded.run(partial(_decided, z3.Optimize, text, inputs, theory, limits), limits.seconds, limits.megabytes)


def proves(network: IntegerNetwork, predicate: Condition, domain: Condition, limits: Limits) -> bool:
    """Whether the proof by polynomials succeeds."""
    work = partial(polynomial.proves, network, predicate, domain)
    return bounded.run(work, limits.seconds, limits.megabytes) or False


def _decided(make: Callable[..., Any], text: str, inputs: int, theory: Theory, limits: Limits) -> Answer:
    import z3

    z3.set_param("memory_max_size", limits.megabytes)
    solver = make()
    solver.set("rlimit", _WORK[theory])
    solver.from_string(text)
    answer = solver.check()
    if answer == z3.unsat:
        return "proved"
    if answer != z3.sat:
        return None
    model = solver.model()
    return tuple(model.evaluate(z3.Int(f"x{i}"), model_completion=True).as_long() for i in range(inputs))
