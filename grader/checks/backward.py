"""Whether backward equations are right: each on its own merits, or as a link of the student's own chain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from grader import results
from grader.gradients.equation import Equation
from grader.results import Block, Finding, Paragraph, Table

if TYPE_CHECKING:
    from grader.gradients.chain import Chain
    from grader.gradients.instances import Differentiated


def judge(
    equations: Mapping[str, Equation],
    differentiated: Differentiated,
    reveal: bool = False,
) -> dict[str, Finding]:
    """A finding for every variable that has an equation."""
    from grader.gradients.chain import Chain

    chain = Chain(differentiated, equations)
    return {variable: _judged(variable, chain, reveal) for variable in equations}


def _judged(variable: str, chain: Chain, reveal: bool) -> Finding:
    from grader.gradients import chain as chains
    from grader.gradients.shapes import Unfit

    premise = chain.premise(variable)
    if premise is not None:
        return results.incorrect(premise.note, Paragraph(premise.says))
    fed = chain.fed(variable)
    if chains.right(fed, variable, chain.differentiated):
        return results.correct("backward.right", Paragraph("Fed the right upstream gradients, it gives the right one."))
    if chains.right(chain.followed(variable), variable, chain.differentiated):
        says = "Followed from the top, your own equations arrive at the right gradient here."
        return results.correct("backward.chain", Paragraph(says))
    if isinstance(fed, Unfit):
        return results.incorrect("backward.unfit", *_unfit(fed))
    return results.incorrect("backward.differs", Paragraph("It does not give the right gradient."))


def _unfit(unfit: Any) -> tuple[Block, ...]:
    if not unfit.operands:
        return (Paragraph(f"{unfit.reason[:1].upper()}{unfit.reason[1:]}."),)
    return (
        Paragraph(f"{unfit.reason}: " + ", ".join(f"{text}: {shape}" for text, shape in unfit.operands) + "."),
        Table(("", "shape"), unfit.operands),
    )
