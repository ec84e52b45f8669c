"""Whether backward equations are right: each on its own merits, or as a link of the student's own chain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Union

from grader.gradients.equation import Equation
from grader.report import Finding, Paragraph, Verdict, correct, incorrect

if TYPE_CHECKING:
    from grader.gradients.chain import Chain
    from grader.gradients.instances import Differentiated

Program = Union[Sequence[Mapping[str, Any]], Finding]
"""What a student's program returned on each instance, by name; or the finding that says why there is nothing."""


def judge(
    equations: Mapping[str, Equation],
    differentiated: Differentiated,
    reveal: bool = False,
    program_values: Program | None = None,
) -> dict[str, Finding]:
    """A finding for every variable that has an equation, or else a value of the student's program.

    ``equations`` are those that could be read, by variable; what is missing or unreadable spoils nothing.
    """
    from grader.gradients.chain import Chain
    from grader.gradients.spelling import spelled

    chain = Chain(differentiated, equations)
    findings = {variable: _judged(variable, chain, reveal) for variable in equations}
    for variable, equation in equations.items():
        for other in equation.others:
            # In a chain of equalities every member must be right.
            if findings[variable].verdict is Verdict.CORRECT:
                member = Equation(other, equation.where)
                found = _judged(variable, Chain(differentiated, {**equations, variable: member}), reveal)
                if found.verdict is not Verdict.CORRECT:
                    says = Paragraph(f"Of the expressions that are set equal, {spelled(other)} is not right.")
                    findings[variable] = replace(found, blocks=(says, *found.blocks))
    if isinstance(program_values, Finding):
        return {**dict.fromkeys(differentiated.rules, program_values), **findings}
    if program_values is not None:
        from grader.checks.backward import programs

        return {**programs.judge(program_values, differentiated), **findings}
    return findings


def program_inputs(differentiated: Differentiated) -> list[dict[str, Any]]:
    """The forward values of every trial, as ``backward(v)`` of a student's program gets them."""
    from grader.checks.backward import programs
    from grader.gradients import instances

    return [instances.arrays(run) for run in programs.trials(differentiated)]


def _judged(variable: str, chain: Chain, reveal: bool) -> Finding:
    from grader.checks.backward import feedback
    from grader.gradients import slips
    from grader.gradients.chain import right
    from grader.gradients.shapes import Unfit

    premise = chain.premise(variable)
    if premise is not None:
        return incorrect(premise.code, Paragraph(premise.message))
    fed = chain.fed(variable)
    if right(fed, variable, chain.differentiated):
        says = "It gives the right gradient on every example."
        return correct("backward.right", Paragraph(says), canonical="right")
    if right(chain.followed(variable), variable, chain.differentiated):
        says = "Followed from the top, your own equations arrive at the right gradient here."
        return correct("backward.chain", Paragraph(says), canonical="right along the chain")
    named = slips.named(variable, chain.equations[variable], fed, chain.differentiated)
    blocks = feedback.blocks(variable, chain, fed, named, reveal)
    plain = "backward.unfit" if isinstance(fed, Unfit) else "backward.differs"
    code = named[0].code if named else plain
    return incorrect(code, *blocks, canonical=" + ".join(slip.code for slip in named) or plain)
