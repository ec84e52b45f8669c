"""Whether backward equations are right: each on its own merits, or as a link of the student's own chain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from typing import Any, Union

from grader.assignment.config import Config, Faulty, Rubric
from grader.assignment.part_kinds import BackwardPart
from grader.gradients import diagnosis, matrices, points, procedure, proof
from grader.gradients.evaluation import TRUE, View
from grader.gradients.matrices import Limit, NoValue, ShapeError, Unplaced
from grader.gradients.points import Differentiated, listed, rounded
from grader.gradients.procedure import Equation, Mistake, bar, spelled
from grader.gradients.proof import KEPT, Chain, Example, Proof, largest
from grader.language.nodes import Derivative, Name, Negative, Node, Product, Sign, Sum, Transpose
from grader.processes import system
from grader.report import Block, Finding, Paragraph, Table, Verdict, correct, incorrect

Program = Union[Sequence[Mapping[str, Any]], Finding]
"""What a student's program returned on each instance, by name; or the finding that says why there is nothing."""

UNSTATED = Rubric()

RIGHT = "It gives the right gradient for all values."

ROWS = "Vectors are read as rows here, as in the rest of your answer."

INNER = "A dot may multiply entry by entry, or be an inner product; with that alone it is right."

ALONG_CHAIN = correct(
    "backward.chain",
    Paragraph("Followed from the top, your own equations arrive at the right gradient here."),
    canonical="right along the chain",
)

BY_ENTRIES = "Two vectors side by side, where no matrix product fits, are multiplied entry by entry."


def judge(
    equations: Mapping[str, Equation],
    differentiated: Differentiated,
    rubric: Rubric = UNSTATED,
    program_values: Program | None = None,
) -> dict[str, Finding]:
    """A finding for every variable that has an equation, or else a value of the student's program.

    ``equations`` are those that could be read, by variable; what is missing or unreadable spoils nothing.
    """
    worked_out = {
        variable: [member for member in _members(variable, equation) if not equation.stated(member)]
        for variable, equation in equations.items()
    }
    last = {name: replace(equations[name], node=members[-1]) for name, members in worked_out.items() if members}
    chain = Chain(differentiated, last)
    findings = {
        variable: _member_by_member(variable, equation, worked_out[variable], chain, rubric)
        for variable, equation in equations.items()
    }
    if isinstance(program_values, Finding):
        return {**dict.fromkeys(differentiated.rules, program_values), **findings}
    if program_values is not None:
        from grader.checks.backward import programs

        return {**programs.judge(program_values, differentiated), **findings}
    return findings


def problem(name: str, config: Config) -> Differentiated:
    """The procedure of a backward part with its derivative, on the instances that equations are tried on.

    Raises ``config.Faulty``.
    """
    part = config.parts[name]
    assert isinstance(part, BackwardPart)
    read = procedure.read(config.procedures[part.procedure], part.procedure, config.lines)
    parameters = tuple(name for name in part.with_respect_to if name in read.parameters)
    try:
        derived = points.differentiated(read, part.of, parameters)
        for gradient in derived.bars:
            derived.regions[0].value(gradient)
    except NoValue as error:
        message = f"the procedure does not run: {error}"
        raise Faulty(config.lines.located(("procedures", part.procedure, "steps"), message)) from None
    return derived


def returned(program: bytes, beside: Mapping[str, bytes], derived: Differentiated, config: Config) -> Program:
    """What ``backward(v)`` of a student's program returns on each trial, or the finding that says why nothing."""
    from grader import sandbox

    limits = sandbox.Limits(config.limits.python_seconds, config.limits.python_megabytes)
    required = config.python_answers.isolation
    inputs = program_inputs(derived) if system.FORKS else []  # where no process can be started, none are needed
    outcome = sandbox.run(program, inputs, limits, required, beside=beside)
    if outcome.values is not None:
        return outcome.values
    assert outcome.reason is not None
    return outcome.reason


def program_inputs(differentiated: Differentiated) -> list[dict[str, Any]]:
    """The forward values of every trial, as ``backward(v)`` of a student's program gets them."""
    from grader.checks.backward import programs

    return [run.inputs() for run in programs.trials(differentiated)]


def _members(variable: str, equation: Equation) -> tuple[Node, ...]:
    """The members of a chain of equalities; the gradient itself, said again, is none."""
    members = tuple(member for member in (*equation.others, equation.node) if member != Name(bar(variable)))
    return members or (equation.node,)


def _member_by_member(
    variable: str, equation: Equation, worked_out: Sequence[Node], chain: Chain, rubric: Rubric
) -> Finding:
    """In a chain of equalities every worked-out member must be right; one that states the chain rule is set aside."""
    derived = chain.differentiated
    aside = [member for member in _members(variable, equation) if member not in worked_out]
    right = {member: _leads_there(member, variable, equation, derived) for member in aside}
    if not worked_out:
        return _chain_rule_alone(variable, equation, right, rubric)

    def instead(node: Node) -> Finding:
        others = {**chain.equations, variable: Equation(node, equation.where)}
        return _judged(variable, Chain(derived, others), rubric)

    found = _judged(variable, chain, rubric)
    otherwise = equation.read_otherwise if found.verdict is Verdict.INCORRECT else None
    if otherwise is not None and instead(otherwise).verdict is Verdict.CORRECT:
        return Finding(Verdict.REVIEW, (Paragraph(INNER),), "backward.inner")
    for member in worked_out[:-1]:
        if found.verdict is Verdict.CORRECT:
            other = instead(member)
            if other.verdict is not Verdict.CORRECT:
                block = Paragraph(f"Of the expressions that are set equal, {spelled(member)} is not right.")
                found = replace(other, blocks=(block, *other.blocks))
    messages = (
        f"{spelled(member)} states the chain rule and was set aside: what it is worked out to counts."
        if leads_there
        else f"As a chain rule {spelled(member)} is not right; what stands beside it was judged."
        for member, leads_there in right.items()
    )
    return replace(found, blocks=(*found.blocks, *map(Paragraph, messages)))


def _chain_rule_alone(variable: str, equation: Equation, right: Mapping[Node, bool], rubric: Rubric) -> Finding:
    wrong = next((member for member, way in right.items() if not way), None)
    if wrong is not None:
        message = f"As a chain rule {spelled(wrong)} is not right: it does not lead to {bar(variable)}."
        return incorrect("backward.wrong_way", Paragraph(message))
    member = next(iter(right))
    open_ = ", ".join(spelled(derivative) for derivative in equation.stated(member))
    message = f"It states the chain rule, and the way is right. Still to be worked out: {open_}."
    return Finding(
        Verdict.PARTIAL, (Paragraph(message),), "backward.chain_rule", rubric.partial.chain_rule, "chain rule alone"
    )


def _leads_there(node: Node, variable: str, equation: Equation, derived: Differentiated) -> bool:
    """Whether a member, its derivatives worked out, is the gradient of a variable.

    Where the factors stand, and which of them are transposed, is not looked at: the derivatives must lead from the
    gradient beside them to the variable.
    """
    for way in (node, _ordered(node, variable)):
        try:
            if way and proof.prove(Equation(way, equation.where), variable, TRUE, derived.regions[::5]).holds:
                return True
        except NoValue:
            continue
    return False


def _ordered(node: Node, variable: str) -> Node | None:
    """A member with its derivatives transposed, in the order that leads to the variable; None where they do not."""
    if isinstance(node, Sum):
        terms = [_ordered(term, variable) for term in node.terms]
        return None if None in terms else Sum(tuple(term for term in terms if term is not None))
    if isinstance(node, Negative):
        inner = _ordered(node.operand, variable)
        return None if inner is None else Negative(inner)
    left, others = _factors(node)
    way: list[Node] = []
    at = variable
    while left:
        step = next((derivative for derivative in left if derivative.by.name == at), None)
        if step is None:
            return None
        left.remove(step)
        way.append(Transpose(step))
        at = step.of.name
    # What stands beside the derivatives is a product of its own, pulled back as a whole.
    return _side_by_side([*way, *([_side_by_side(others)] if others else [])])


def _side_by_side(factors: Sequence[Node]) -> Node:
    beside: Sign = ""
    return Product(tuple(factors), (beside,) * (len(factors) - 1)) if len(factors) > 1 else factors[0]


def _factors(node: Node) -> tuple[list[Derivative], list[Node]]:
    """The derivatives among the factors of a product, and the other factors, gradients without their transposes."""
    bare = node.operand if isinstance(node, Transpose) else node
    if isinstance(bare, Derivative):
        return [bare], []
    if isinstance(bare, Name) and bare.name.endswith("_bar"):
        return [], [bare]
    if not isinstance(bare, Product) or "/" in bare.signs:
        return [], [node]
    found = [_factors(factor) for factor in bare.factors]
    derivatives = [one for inner, _ in found for one in inner]
    return (derivatives, [one for _, inner in found for one in inner]) if derivatives else ([], [node])


def _judged(variable: str, chain: Chain, rubric: Rubric) -> Finding:
    premise = chain.premise(variable)
    if premise is not None:
        return incorrect(premise.code, Paragraph(premise.message))
    equation, derived = chain.equations[variable], chain.differentiated
    try:
        views = chain.with_true(variable)
        for view in views:
            shown = _proved(equation, variable, view, derived)
            if shown.holds:
                messages = (RIGHT, ROWS if view.rows else "", BY_ENTRIES if shown.by_entries else "")
                return correct("backward.right", *map(Paragraph, filter(None, messages)), canonical="right")
        if _with_own(equation, variable, chain):
            return ALONG_CHAIN
        refuted = _refuted(equation, variable, views[0], derived)
        if refuted is None:
            shown = _proved(equation, variable, views[0], derived)
            code = "backward.limit" if shown.limit else "backward.open"
            return Finding(Verdict.REVIEW, (Paragraph(_open_reason(shown)),), code)
    except ShapeError as error:
        if _with_own(equation, variable, chain):
            return ALONG_CHAIN
        slips = diagnosis.named(variable, equation, TRUE, derived)
        refuted = _wrong(slips, "backward.misfit", Paragraph(f"{error}."), *_named(slips))
    except Unplaced as error:
        return Finding(Verdict.INVALID, (Paragraph(str(error)),), "backward.unplaced")
    except (Limit, RecursionError) as error:
        reason = str(error) if isinstance(error, Limit) else "It is nested too deeply."
        return Finding(Verdict.REVIEW, (Paragraph(f"A limit was reached: {reason}"),), "backward.limit")
    if rubric.reveal_equations:
        right = Paragraph(f"A right equation: {bar(variable)} = {spelled(derived.rules[variable])}.", hint="")
        return replace(refuted, blocks=(*refuted.blocks, right))
    return refuted


def _wrong(slips: Sequence[Mistake], plain: str, *blocks: Block) -> Finding:
    """The finding for a wrong equation, under its slips or, where it has none, a plain code."""
    code = slips[0].code if slips else plain
    return incorrect(code, *blocks, canonical=" + ".join(slip.code for slip in slips) or plain)


def _with_own(equation: Equation, variable: str, chain: Chain) -> bool:
    """Whether the student's own equations, followed from the top, arrive at the gradient."""
    view = chain.with_own(variable)
    with suppress(ShapeError, Unplaced):
        return view is not None and _proved(equation, variable, view, chain.differentiated).holds
    return False


@lru_cache(maxsize=KEPT)
def _refuted(equation: Equation, variable: str, view: View, derived: Differentiated) -> Finding | None:
    """The finding for an equation with an example against it; None where none is found."""
    places = (*derived.places, *derived.around(equation))
    example = proof.example(equation, variable, view, derived, places)
    if example is None:
        return None
    slips = diagnosis.named(variable, equation, view, derived)
    by_hand = _by_hand(variable, equation, example)
    if not slips and example.numbers.at_kink:
        return _wrong(slips, "backward.kink", Paragraph(KINK), by_hand)
    return _wrong(slips, "backward.differs", *_reasons(variable, example, slips), by_hand)


@lru_cache(maxsize=KEPT)
def _proved(equation: Equation, variable: str, view: View, derived: Differentiated) -> Proof:
    followed = (*view.followed.values(), equation)
    places = dict.fromkeys(place for one in followed for place in derived.around(one))
    shown = proof.prove(equation, variable, view, (*derived.regions, *map(derived.region, places)))
    # A net below the net: what is proved must also be so in numbers, none of them too large to be computed with.
    for point in derived.numbers if shown.holds else ():
        point.reals.exceeded = False
        if proof.example_at(point, equation, variable, view) or point.reals.exceeded:
            return replace(shown, holds=False)
    return shown


# What a wrong equation is told

MOST = 30
"""Digits that are shown at most to tell two numbers apart."""

NOISE = Decimal("1e-45")
"""Of the largest entry: far above what rounding to 50 digits leaves, and far below anything typed."""

KINK = (
    "Beside the kink it is right. At the kink itself, at 0, the derivative of relu may be taken as any number from 0 "
    "to 1, but as no other; here it is another."
)


def _reasons(variable: str, example: Example, slips: Sequence[Mistake]) -> Iterator[Block]:
    fed = f"Fed the right upstream gradients, it does not give the one of {variable}."
    given, gradient = example.value.shape, example.gradient.shape
    if given not in (gradient, gradient[::-1] if matrices.is_vector(gradient) else gradient):
        here = matrices.described(given)
        article = here if given == matrices.NUMBER else f"something of shape {here}"
        yield Paragraph(
            f"It gives {article}, but {bar(variable)} has the shape of {variable}: {matrices.described(gradient)}."
        )
        fed = ""
    elif not slips:
        yield Paragraph(fed)
    yield from _named(slips, fed)


def _named(slips: Sequence[Mistake], hint: str = "") -> Iterator[Block]:
    """The slips in one paragraph. To name one tells how to mend it, so a ``hint`` stands there instead."""
    if slips:
        yield Paragraph(" ".join(dict.fromkeys(slip.message for slip in slips)), hint)


def _by_hand(variable: str, equation: Equation, example: Example) -> Table:
    """The example: the values of the names that the equation uses, what it gives and what is right."""
    numbers = example.numbers
    digits = 4
    # What rounding leaves of a 0 is 0.
    noise = numbers.reals.context.multiply(max(largest(example.value), largest(example.gradient)), NOISE)
    given, right = (
        matrices.mapped(lambda entry: entry if entry is None or entry.copy_abs() > noise else Decimal(0), matrix)
        for matrix in (example.value, example.gradient)
    )
    while digits < MOST and rounded(given, digits) == rounded(right, digits):
        digits += 2
    problem, used = numbers.problem, equation.uses - {bar(variable)}
    sized = {name: (place, matrices.length(size, numbers.sizes)) for name, (place, size) in numbers.labels.items()}
    labels = ((name, f"class {place + 1} of {count}") for name, (place, count) in sized.items() if name in used)
    names = [name for name in (*problem.given, *problem.procedure.steps, *problem.bars) if name in used]
    values = ((name, rounded(numbers[name])) for name in names)
    results = (("your equation gives", rounded(given, digits)), ("the gradient is", rounded(right, digits)))
    here = f"with {listed(numbers.sizes)}"
    hint = f"On an example {here}, it gives {rounded(given, digits)}, and the gradient there is another."
    return Table(("", ""), (*labels, *values, *results), f"To check by hand, {here}:", hint)


def _open_reason(proof: Proof) -> str:
    if proof.limit:
        return f"A limit was reached: {proof.limit}"
    if proof.conditions:
        asked = ", ".join(dict.fromkeys(spelled(condition) for condition in proof.conditions))
        return (
            "It gives the right gradient at every point that was tried, but not whatever the sign of "
            f"{asked}, and no point was found where that sign is the other one."
        )
    return "It gives the right gradient at every point that was tried, but that it does so everywhere was not shown."
