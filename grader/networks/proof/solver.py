"""The solvers: z3, and the proof by polynomials. Each question is asked in a process that ends at its limits."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any, Literal, Union

from grader.frozen import frozen
from grader.networks.condition import ALWAYS, And, Atom, Condition
from grader.networks.network import IntegerNetwork, Unit
from grader.networks.proof import polynomial
from grader.processes import bounded, system

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

    def within(self, seconds: int) -> Limits:
        """The same limits with at most so many seconds."""
        return replace(self, seconds=min(seconds, self.seconds))


def present() -> bool:
    """Whether there is a solver on this machine, and a way to stop it."""
    return system.FORKS and importlib.util.find_spec("z3") is not None


def decide(text: str, inputs: int, limits: Limits, size: str = "", work: int = LINEAR_WORK) -> Answer:
    """z3's answer to a question in SMT-LIB: is there an input that breaks the network? Then the one of least ``size``.

    ``size`` is a term of SMT-LIB; without one, any such input will do.
    """
    import z3  # here, so that the next question finds it loaded

    make, question = (z3.Optimize, f"{text}\n(minimize {size})") if size else (z3.Solver, text)
    found = bounded.run(partial(_decided, make, question, inputs, limits, work), limits.seconds, limits.megabytes)
    return tuple(found) if isinstance(found, list) else found


def proves(network: IntegerNetwork, predicate: Condition, domain: Condition, limits: Limits) -> bool:
    """Whether the proof by polynomials succeeds."""
    work = partial(polynomial.proves, network, predicate, domain)
    return bounded.run(work, limits.seconds, limits.megabytes) or False


def _decided(make: Callable[..., Any], text: str, inputs: int, limits: Limits, work: int) -> Any:
    import z3

    z3.set_param("memory_max_size", limits.megabytes)
    solver = make()
    solver.set("rlimit", work)
    solver.from_string(text)
    answer = solver.check()
    if answer == z3.unsat:
        return "proved"
    if answer != z3.sat:
        return None
    model = solver.model()
    return [model.evaluate(z3.Int(f"x{i}"), model_completion=True).as_long() for i in range(inputs)]


# -- the question in SMT-LIB -------------------------------------------------------------------------------------------


def question(network: IntegerNetwork, predicate: Condition, domain: Condition) -> str:
    """Declarations and assertions, satisfiable exactly by the integer inputs in the domain that fail.

    Input i is named ``x<i>``, from 0 on.
    """
    inputs = [f"x{index}" for index in range(len(network.inputs))]
    lines = [f"(declare-const {name} Int)" for name in inputs]
    if domain != ALWAYS:
        lines.append(f"(assert {_condition(domain, inputs)})")
    expected = _condition(predicate, inputs)
    if network.always is not None:
        wrong = f"(not {expected})" if network.always == 1 else expected if network.always == 0 else "true"
        return "\n".join([*lines, f"(assert {wrong})"])
    below = inputs
    for depth, layer in enumerate(network.layers):
        above = []
        for place, unit in enumerate(layer):
            total, value = f"y{depth}_{place}", f"h{depth}_{place}"
            weighted = _sum(_times(_integer(weight), [below[index]]) for index, weight in unit.terms)
            lines += [f"(declare-const {total} Int)", f"(assert (= {total} {weighted}))"]
            lines.append(f"(define-fun {value} () Int {_value(unit, total)})")
            above.append(value)
        below = above
    one = "false" if network.one is None else f"(= {below[0]} {_integer(network.one)})"
    zero = "false" if network.zero is None else f"(= {below[0]} {_integer(network.zero)})"
    return "\n".join([*lines, f"(assert (not (ite {expected} {one} {zero})))"])


def size(inputs: int) -> str:
    """The sum of the inputs' absolute values."""
    return _sum(f"(ite (>= x{index} 0) x{index} (- x{index}))" for index in range(inputs))


def _value(unit: Unit, total: str) -> str:
    value = _polynomial(unit.pieces.values[-1], total)
    for cut, piece in zip(reversed(unit.pieces.cuts), reversed(unit.pieces.values[:-1])):
        value = f"(ite (< {total} {_integer(cut)}) {_polynomial(piece, total)} {value})"
    return value


def _polynomial(coefficients: tuple[int, ...], at: str) -> str:
    return _sum(_times(_integer(c), [at] * power) for power, c in enumerate(coefficients) if c)


def _condition(whole: Condition, inputs: list[str]) -> str:
    if isinstance(whole, Atom):
        total = _sum(
            _times(_integer(c), [inputs[index] for index, power in monomial for _ in range(power)])
            for monomial, c in whole.terms
        )
        return f"(not (= {total} 0))" if whole.relation == "!=" else f"({whole.relation} {total} 0)"
    parts = " ".join(_condition(part, inputs) for part in whole.parts)
    neutral = "true" if isinstance(whole, And) else "false"
    return f"({'and' if isinstance(whole, And) else 'or'} {neutral} {parts})"


def _integer(number: int) -> str:
    return str(number) if number >= 0 else f"(- {-number})"


def _times(first: str, others: list[str]) -> str:
    return f"(* {first} {' '.join(others)})" if others else first


def _sum(terms: Iterable[str]) -> str:
    many = list(terms)
    return f"(+ {' '.join(many)})" if len(many) > 1 else many[0] if many else "0"
