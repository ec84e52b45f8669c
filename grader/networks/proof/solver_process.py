"""The process in which solvers run: a question in, a line of JSON out. ``solver`` starts, asks and kills it."""

from __future__ import annotations

import json
import pickle
import signal
import sys
from typing import Any

from grader.networks.proof import polynomial
from grader.processes import system

_WORK = {"linear": 15_000_000, "nonlinear": 6_000_000}
"""z3's own count of steps, some seconds of it: a search ends at the same place every time, as seconds would not.
Twenty times what the hardest linear design of the tests takes."""


def main() -> None:
    """Answer questions until the input ends. The first one holds the limits."""
    import z3

    limits = pickle.load(sys.stdin.buffer)
    _limit_memory(limits["megabytes"])
    z3.set_param("memory_max_size", limits["megabytes"])
    print(json.dumps({"ready": True}), flush=True)
    while True:
        try:
            question = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        signal.alarm(int(question["seconds"]) + 2)  # should the process that asked have died
        try:
            answer = _ANSWERS[question["kind"]](question)
        except (z3.Z3Exception, MemoryError, RuntimeError):
            answer = _UNDECIDED
        signal.alarm(0)
        print(json.dumps(answer), flush=True)


_UNDECIDED = {"answer": "undecided"}


def _limit_memory(megabytes: int) -> None:
    """So much on top of the address space that the interpreter and the solver take by themselves."""
    taken = system.address_space()
    if taken is not None:
        system.lower("AS", taken + megabytes * 1_000_000, for_good=True)


def _z3(question: dict[str, Any]) -> dict[str, Any]:
    import z3

    context = z3.Context()  # a fresh one each time: what was asked before must not change an answer
    solver = z3.Solver(ctx=context)
    solver.set("rlimit", _WORK[question["theory"]])
    solver.from_string(question["text"])
    answer = solver.check()
    if answer == z3.unsat:
        return {"answer": "proved"}
    if answer == z3.sat:
        return {"answer": "refuted", "point": _z3_point(z3, solver.model(), question["inputs"], context)}
    return _UNDECIDED


def _z3_smallest(question: dict[str, Any]) -> dict[str, Any]:
    import z3

    context = z3.Context()
    optimizer = z3.Optimize(ctx=context)
    optimizer.set("rlimit", _WORK[question["theory"]])
    optimizer.from_string(f"{question['text']}\n(minimize {question['size']})")
    if optimizer.check() != z3.sat:
        return _UNDECIDED
    return {"answer": "refuted", "point": _z3_point(z3, optimizer.model(), question["inputs"], context)}


def _z3_point(z3: Any, model: Any, inputs: int, context: Any) -> list[str]:
    variables = [z3.Int(f"x{index}", context) for index in range(inputs)]
    return [str(model.evaluate(variable, model_completion=True).as_long()) for variable in variables]


def _polynomial(question: dict[str, Any]) -> dict[str, Any]:
    proved = polynomial.proves(question["network"], question["predicate"], question["domain"])
    return {"answer": "proved"} if proved else _UNDECIDED


_ANSWERS = {"polynomial": _polynomial, "z3": _z3, "smallest": _z3_smallest}


if __name__ == "__main__":
    main()
