"""Naming the slip in a wrong equation: which change of the right rule gives the student's values everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import islice

import numpy as np

from grader.gradients import chain, evaluation, shapes
from grader.gradients.chain import Outcome, same
from grader.gradients.equation import Equation, bar
from grader.gradients.instances import Differentiated
from grader.gradients.shapes import Matrix, Unfit
from grader.gradients.slips import edits
from grader.gradients.slips.corrections import Corrections
from grader.gradients.slips.edits import Names, Slip
from grader.gradients.slips.mistakes import Mistakes
from grader.language import nodes
from grader.language.nodes import Node

LARGEST = 200
"""Nodes of an equation that is still searched."""

SEARCHED = 1500
"""Changed equations that are tried, at most, in each of the searches."""

RARE = frozenset({"backward.derivative_wrong", "backward.derivative_other"})

Changed = tuple[tuple[Slip, ...], Node]


def named(variable: str, equation: Equation, fed: Outcome, differentiated: Differentiated) -> tuple[Slip, ...]:
    """The slips that a wrong equation comes from; none where no change of the table explains its values."""
    search = _Search(variable, differentiated)
    typed = _inlined(equation)
    if isinstance(fed, Unfit):
        return search.correction(typed, pairs=True) if typed is not None else ()
    rule = differentiated.rules[variable]
    return (
        search.plain(fed)
        or search.mistake(fed, _single(search.mistakes, rule))
        or search.mistake(fed, _single(search.mistakes, search.merged(rule, equation)))
        or (search.correction(typed, pairs=False) if typed is not None else ())
        or search.scaled
        or search.mistake(fed, _double(search.mistakes, rule))
        or (search.correction(typed, pairs=True) if typed is not None else ())
        or search.scaled
    )


def _single(mistakes: Mistakes, rule: Node) -> Iterator[Changed]:
    return (((slip,), changed) for slip, changed in mistakes.of(rule))


def _double(mistakes: Mistakes, rule: Node) -> Iterator[Changed]:
    # Two wrong derivatives at once explain much and happen to nobody.
    for first, once in mistakes.of(rule):
        if first.code not in RARE:
            yield from (((first, second), twice) for second, twice in mistakes.of(once) if second.code not in RARE)


def _inlined(equation: Equation) -> Node | None:
    """The equation with its definitions written out; None where that gets long."""
    node = equation.node
    if any(edits.size(meaning) > LARGEST for meaning in equation.where.values()):
        return None
    while equation.where.keys() & nodes.names(node):
        if edits.size(node) > LARGEST:
            return None
        node = edits.substituted(node, equation.where)
    return node if edits.size(node) <= LARGEST else None


class _Search:
    def __init__(self, variable: str, differentiated: Differentiated) -> None:
        self._variable = variable
        self._differentiated = differentiated
        self._scopes = [instance.upstream for instance in differentiated.instances]
        self._gradients = [instance.gradients[bar(variable)] for instance in differentiated.instances]
        first = self._scopes[0].values
        known = Names(
            {name: shapes.of(array) for name, array in first.items()}, frozenset(differentiated.procedure.parameters)
        )
        self.mistakes = Mistakes(known)
        self.scaled: tuple[Slip, ...] = ()
        self.corrections = Corrections(known)

    def plain(self, fed: tuple[Matrix, ...]) -> tuple[Slip, ...]:
        """Zero everywhere, or the right gradient but for a factor."""
        if not any(value.any() for value in fed):
            return (Slip("backward.zero", f"It is 0 whatever the values are, and {bar(self._variable)} is not."),)
        factor = _factor(fed, self._gradients)
        if factor is not None:
            return (_scale(factor),)
        for size in self._differentiated.procedure.sizes:
            counts = [scope.sizes[size] for scope in self._scopes]
            for says, numbers in (("multiplied", counts), ("divided", [1 / count for count in counts])):
                if _factor(fed, [number * array for number, array in zip(numbers, self._gradients)]) == 1:
                    return (Slip("backward.factor", f"It is {says} by {size}, and no step does that."),)
        return ()

    def merged(self, rule: Node, equation: Equation) -> Node:
        """The rule in terms of the upstream gradients that the equation uses, the steps in between written out."""
        used = equation.uses()
        rules = {bar(name): node for name, node in self._differentiated.rules.items() if bar(name) not in used}
        while rules.keys() & nodes.names(rule) and edits.size(rule) <= LARGEST:
            rule = edits.substituted(rule, rules)
        return rule

    def mistake(self, fed: tuple[Matrix, ...], changes: Iterable[Changed]) -> tuple[Slip, ...]:
        """The first slips of the right rule that give the student's values; ``scaled`` keeps those but for a factor."""
        for slips, node in islice(changes, SEARCHED):
            start = self._value(node, 0)
            if start is None or (fed[0].any() and _factor(fed[:1], [start]) is None):
                continue
            values = [value for place in range(len(fed)) if (value := self._value(node, place)) is not None]
            factor = _factor(fed, values) if len(values) == len(fed) else None
            if factor == 1:
                return slips
            if factor is not None and not self.scaled:
                self.scaled = (*slips, _scale(factor))
        return ()

    def correction(self, typed: Node, *, pairs: bool) -> tuple[Slip, ...]:
        """The first change of the typed equation, or two, that make it right."""
        for slips, node in islice(self._corrected(typed, pairs), SEARCHED):
            if all(self._right(node, place) for place in range(len(self._scopes))):
                return slips
        return ()

    def _corrected(self, typed: Node, pairs: bool) -> Iterator[Changed]:
        for slip, once in self.corrections.of(typed):
            yield (slip,), once
        if pairs:
            for first, once in self.corrections.transposes(typed):
                for second, twice in self.corrections.of(once):
                    yield (first, second), twice

    def _right(self, node: Node, place: int) -> bool:
        value = self._value(node, place)
        return value is not None and same(value, self._gradients[place])

    def _value(self, node: Node, place: int) -> Matrix | None:
        try:
            result = evaluation.value(node, self._scopes[place])
        except Unfit:
            return None
        return None if isinstance(result, shapes.Flexible) else result


def _factor(values: Iterable[Matrix], others: Iterable[Matrix]) -> float | None:
    """The one number that takes the others to the values; None where there is none, 1 where they are the same."""
    factor: float | None = None
    for value, other in zip(values, others):
        if value.shape != other.shape and value.shape != other.T.shape:
            return None
        aligned = other if value.shape == other.shape else other.T
        if not np.isfinite(value).all() or not np.isfinite(aligned).all() or value.any() != aligned.any():
            return None
        if not value.any():
            continue
        place = np.unravel_index(np.abs(aligned).argmax(), aligned.shape)
        here = float(value[place] / aligned[place]) if factor is None else factor
        if not here or not same(value, here * aligned):
            return None
        factor = here
    return 1.0 if factor is not None and abs(factor - 1) <= chain.TOLERANCE else factor


def _scale(factor: float) -> Slip:
    if abs(factor + 1) <= chain.TOLERANCE:
        return Slip("backward.sign", "The sign is the other way round.")
    fraction = Fraction(factor).limit_denominator(1000)
    said = str(fraction) if abs(fraction - Fraction(factor)) <= 1e-9 * abs(factor) else f"{factor:.4g}"
    return Slip("backward.factor", f"It is {said} times what it should be.")
