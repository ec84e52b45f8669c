"""What a wrong backward equation is told: the slip by its name, and an example small enough to check by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from grader.gradients import shapes
from grader.gradients.chain import Chain, Outcome, same
from grader.gradients.equation import bar
from grader.gradients.instances import Differentiated, Instance
from grader.gradients.shapes import Matrix, Unfit
from grader.gradients.slips.edits import Slip
from grader.gradients.spelling import spelled
from grader.report import Block, Paragraph, Table


def blocks(variable: str, chain: Chain, fed: Outcome, named: Sequence[Slip], reveal: bool) -> tuple[Block, ...]:
    """The feedback on an equation that does not give the gradient of a variable."""
    derived = chain.differentiated
    used = chain.equations[variable].uses()
    return (
        *_reason(variable, derived, fed, named),
        *_example(variable, derived, used, fed),
        *_shown(variable, derived, reveal),
    )


def _reason(variable: str, derived: Differentiated, fed: Outcome, named: Sequence[Slip]) -> Iterator[Block]:
    if isinstance(fed, Unfit):
        yield Paragraph(unfit(fed))
    else:
        given, gradient = fed[0], derived.instances[0].gradients[bar(variable)]
        sizes = derived.instances[0].scope.sizes
        if not _alike(given, gradient):
            wrong, wanted = (shapes.said(shapes.of(array), sizes) for array in (given, gradient))
            yield Paragraph(f"It gives {_article(wrong)}, but {bar(variable)} has the shape of {variable}: {wanted}.")
        elif not named:
            yield Paragraph(f"Fed the right upstream gradients, it does not give the one of {variable}.")
    if named:
        yield Paragraph(" ".join(dict.fromkeys(slip.message for slip in named)))


def unfit(error: Unfit) -> str:
    """Why an equation has no value, in one sentence: ``W3: N×k, y_bar: N``."""
    operands = ", ".join(f"{text}: {shape}" for text, shape in error.operands)
    return f"{error.reason}: {operands}." if operands else f"{error.reason}."


def _alike(given: Matrix, gradient: Matrix) -> bool:
    return given.shape == gradient.shape or (given.shape == gradient.T.shape and 1 in given.shape)


def _article(shape: str) -> str:
    return shape if shape == "a number" else f"something of shape {shape}"


def _example(variable: str, derived: Differentiated, used: frozenset[str], fed: Outcome) -> Iterator[Block]:
    if isinstance(fed, Unfit):
        return
    wanted = bar(variable)
    pairs = zip(derived.instances, fed)
    instance, given = next((i, g) for i, g in pairs if not same(g, i.gradients[wanted]))
    rows = [(name, value) for name, value in _values(instance, used) if name != wanted]
    rows += [("your equation gives", number(given)), ("the gradient is", number(instance.gradients[wanted]))]
    sizes = ", ".join(f"{name} = {count}" for name, count in instance.scope.sizes.items())
    yield Table(("", ""), tuple(rows), caption=f"To check by hand, with {sizes}:")


def _values(instance: Instance, used: frozenset[str]) -> Iterator[tuple[str, str]]:
    scope = instance.scope
    for name, (place, _) in scope.labels.items():
        if name in used:
            yield name, f"class {place + 1} of {scope.sizes[scope.labels[name][1]]}"
    known: Mapping[str, Matrix] = {**scope.values, **instance.gradients}
    for name, array in known.items():
        if name in used:
            yield name, number(array)


def number(array: Matrix) -> str:
    """An array in four digits: ``-1``, ``(0.5, -1.2)``, ``[1 2; 3 4]``."""
    if array.size == 1:
        return _digits(array.item())
    if 1 in array.shape:
        row = ", ".join(_digits(entry) for entry in array.ravel())
        return f"({row})" if array.shape[1] == 1 else f"[{row}]"
    return "[" + "; ".join(" ".join(_digits(entry) for entry in row) for row in array) + "]"


def _digits(entry: complex) -> str:
    value = float(np.real(entry))
    return f"{value:.4g}" if value else "0"


def _shown(variable: str, derived: Differentiated, reveal: bool) -> Iterator[Block]:
    if reveal:
        yield Paragraph(f"A right equation: {bar(variable)} = {spelled(derived.rules[variable])}.")
