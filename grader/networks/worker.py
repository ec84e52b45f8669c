"""The process in which solvers run: a line of JSON in for each question, a line out. ``prover`` starts and kills it."""

from __future__ import annotations

import json
import resource
import signal
import sys
from typing import Any

_WORK = {"linear": 30_000_000, "nonlinear": 8_000_000}
"""z3's own count of steps, some seconds of it: a search ends at the same place every time, as seconds would not.
Fifty times what the hardest linear design of the tests takes."""


def main() -> None:
    """Answer questions until the input ends. The first line holds the limits."""
    limits = json.loads(sys.stdin.readline())
    import z3

    _limit_memory(limits["megabytes"])
    z3.set_param("memory_max_size", limits["megabytes"])
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        question = json.loads(line)
        signal.alarm(int(question["seconds"]) + 2)  # should the process that asked have died
        try:
            answer = _ANSWERS[question.pop("kind")](question)
        except (z3.Z3Exception, MemoryError, RuntimeError) as error:
            answer = {"answer": "undecided", "reason": str(error) or type(error).__name__}
        signal.alarm(0)
        print(json.dumps(answer), flush=True)


def _limit_memory(megabytes: int) -> None:
    """So much on top of the address space that the interpreter and the solver take by themselves."""
    with open("/proc/self/statm", encoding="ascii") as file:
        taken = int(file.read().split()[0]) * resource.getpagesize()
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    wanted = taken + megabytes * 1_000_000
    resource.setrlimit(resource.RLIMIT_AS, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


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
    return {"answer": "undecided", "reason": solver.reason_unknown()}


def _z3_smallest(question: dict[str, Any]) -> dict[str, Any]:
    import z3

    context = z3.Context()
    optimizer = z3.Optimize(ctx=context)
    optimizer.set("rlimit", _WORK[question["theory"]])
    optimizer.from_string(f"{question['text']}\n(minimize {question['size']})")
    if optimizer.check() != z3.sat:
        return {"answer": "undecided", "reason": optimizer.reason_unknown()}
    return {"answer": "refuted", "point": _z3_point(z3, optimizer.model(), question["inputs"], context)}


def _z3_point(z3: Any, model: Any, inputs: int, context: Any) -> list[str]:
    variables = [z3.Int(f"x{index}", context) for index in range(inputs)]
    return [str(model.evaluate(variable, model_completion=True).as_long()) for variable in variables]


def _cvc5(question: dict[str, Any]) -> dict[str, Any]:
    try:
        import cvc5
    except ImportError:
        return {"answer": "undecided", "reason": "cvc5 is not installed"}
    solver = cvc5.Solver()
    for name, value in (("produce-models", "true"), ("tlimit-per", str(int(question["seconds"] * 1000)))):
        solver.setOption(name, value)
    solver.setLogic("QF_NIA")
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, question["text"], "question")
    symbols = parser.getSymbolManager()
    while True:
        command = parser.nextCommand()
        if command.isNull():
            break
        command.invoke(solver, symbols)
    answer = solver.checkSat()
    if answer.isUnsat():
        return {"answer": "proved"}
    if answer.isSat():
        named = {str(term): term for term in symbols.getDeclaredTerms()}
        points = [str(solver.getValue(named[f"x{index}"]).getIntegerValue()) for index in range(question["inputs"])]
        return {"answer": "refuted", "point": points}
    return {"answer": "undecided", "reason": str(answer.getUnknownExplanation())}


def _algebra(question: dict[str, Any]) -> dict[str, Any]:
    from grader.networks import algebra, transport

    proved = algebra.proves(
        transport.program(question["program"]),
        transport.condition(question["predicate"]),
        transport.condition(question["domain"]),
    )
    return {"answer": "proved"} if proved else {"answer": "undecided", "reason": "not of the form that algebra decides"}


_ANSWERS = {"algebra": _algebra, "z3": _z3, "smallest": _z3_smallest, "cvc5": _cvc5}


if __name__ == "__main__":
    main()
