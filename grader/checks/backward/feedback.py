"""What a backward equation that is not right is told: the slip by its name, and an example to check by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from grader.gradients import matrices
from grader.gradients.matrices import Matrix
from grader.gradients.procedure import Equation, Mistake, bar, spelled
from grader.gradients.proof import Example, Proof, largest
from grader.report import Block, Paragraph, Table

MOST = 30
"""Digits that are shown at most to tell two numbers apart."""

NOISE = Decimal("1e-45")
"""Of the largest entry: far above what rounding to 50 digits leaves, and far below anything typed."""

KINK = (
    "Beside the kink it is right. At the kink itself, at 0, the derivative of relu may be taken as any number from 0 "
    "to 1, but as no other; here it is another."
)


def reasons(variable: str, example: Example, slips: Sequence[Mistake]) -> Iterator[Block]:
    """Why an equation with a counterexample is wrong."""
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
    yield from named(slips, fed)


def named(slips: Sequence[Mistake], hint: str = "") -> Iterator[Block]:
    """The slips in one paragraph. To name one tells how to mend it, so a ``hint`` stands there instead."""
    if slips:
        yield Paragraph(" ".join(dict.fromkeys(slip.message for slip in slips)), hint)


def by_hand(variable: str, equation: Equation, example: Example) -> Table:
    """The example: the values of the names that the equation uses, what it gives and what is right."""
    numbers = example.numbers
    digits = 4
    # What rounding leaves of a 0 is 0.
    noise = numbers.reals.context.multiply(max(largest(example.value), largest(example.gradient)), NOISE)
    given, right = (
        matrices.mapped(lambda entry: entry if entry is None or entry.copy_abs() > noise else Decimal(0), matrix)
        for matrix in (example.value, example.gradient)
    )
    while digits < MOST and number(given, digits) == number(right, digits):
        digits += 2
    problem, used = numbers.problem, equation.uses - {bar(variable)}
    sized = {name: (place, matrices.length(size, numbers.sizes)) for name, (place, size) in numbers.labels.items()}
    labels = ((name, f"class {place + 1} of {count}") for name, (place, count) in sized.items() if name in used)
    names = [name for name in (*problem.given, *problem.procedure.steps, *problem.bars) if name in used]
    values = ((name, number(numbers[name])) for name in names)
    results = (("your equation gives", number(given, digits)), ("the gradient is", number(right, digits)))
    here = f"with {sizes(numbers.sizes)}"
    hint = f"On an example {here}, it gives {number(given, digits)}, and the gradient there is another."
    return Table(("", ""), (*labels, *values, *results), f"To check by hand, {here}:", hint)


def sizes(counts: Mapping[str, int]) -> str:
    """``d = 2, k = 3``."""
    return ", ".join(f"{name} = {count}" for name, count in counts.items())


def number(matrix: Matrix, digits: int = 4) -> str:
    """An array in a few digits: ``-1``, ``(0.5, -1.2)``, ``[1 2; 3 4]``."""
    if matrix.shape == matrices.NUMBER:
        return _digits(matrix.rows[0][0], digits)
    if 1 in matrix.shape:
        row = ", ".join(_digits(entry, digits) for entry in matrix.entries)
        return f"({row})" if matrix.shape[1] == 1 else f"[{row}]"
    return "[" + "; ".join(" ".join(_digits(entry, digits) for entry in row) for row in matrix.rows) + "]"


def _digits(entry: Decimal | None, digits: int) -> str:
    if entry is None:
        return "none"
    if digits <= 15 and 1e-300 < entry.copy_abs() < 1e300:
        return f"{float(entry):.{digits}g}"
    return f"{entry:.{digits}g}" if entry else "0"


def open_reason(proof: Proof) -> str:
    """Why an equation was neither shown right nor refuted."""
    if proof.limit:
        return f"A limit was reached: {proof.limit}"
    if proof.conditions:
        asked = ", ".join(dict.fromkeys(spelled(condition) for condition in proof.conditions))
        return (
            "It gives the right gradient at every point that was tried, but not whatever the sign of "
            f"{asked}, and no point was found where that sign is the other one."
        )
    return "It gives the right gradient at every point that was tried, but that it does so everywhere was not shown."
