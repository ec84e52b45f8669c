"""An equation tried at a point: its names as the student sees them, its value, and whether that is the gradient.

A sign that nothing on a region decides is chosen: every way to choose is one path of a ``Tape``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from decimal import Decimal
from functools import cached_property, partial
from typing import Any

from grader.frozen import frozen
from grader.gradients.domains import Domain, Field, Range, Reals
from grader.gradients.equation import Equation
from grader.gradients.evaluation import Evaluation
from grader.gradients.evaluation.walk import Budget, Names, Walk
from grader.gradients.points import Residues, Values
from grader.gradients.shapes import Limit, Matrix, is_vector, mapped, zipped
from grader.language.nodes import Node

PATHS = 100
"""Ways to decide the conditions of an equation that are tried on one region, at most."""


@frozen
class View:
    """Which vectors come as rows, ``onehot`` among them, and the gradients of the student's own equations."""

    rows: frozenset[str] = frozenset()
    followed: Mapping[str, Equation] = field(default_factory=dict, hash=False)


TRUE = View()
"""Every gradient is the true one, and every vector a column."""


class Tape:
    """The signs of what a region does not decide, chosen one after the other: every way to choose is one path."""

    def __init__(self) -> None:
        self._choices: list[int] = []
        self._asked: dict[int, int] = {}
        self.conditions: dict[Node, None] = {}

    def sign(self, residue: int, prime: int, condition: Node) -> int:
        """The sign of a residue on this path; of -r the other one."""
        key, flip = (residue, 1) if 2 * residue < prime else (prime - residue, -1)
        self.conditions[condition] = None
        if key not in self._asked:
            if len(self._asked) == len(self._choices):
                self._choices.append(0)
            self._asked[key] = (1, -1, 0)[self._choices[len(self._asked)]]
        return flip * self._asked[key]

    def paths(self) -> Iterator[None]:
        """Every path, one after the other.

        Raises:
            Limit: there are too many.
        """
        for _ in range(PATHS):
            self._asked = {}
            yield
            while self._choices and self._choices[-1] == 2:
                self._choices.pop()
            if not self._choices:
                return
            self._choices[-1] += 1
        raise Limit("Its conditions can hold in too many ways.")


class Attempt(Names):
    """The values at a point, in the view of a student."""

    def __init__(
        self,
        values: Values,
        view: View = TRUE,
        tape: Tape | None = None,
        top: Attempt | None = None,
        budget: Budget | None = None,
    ) -> None:
        self.values, self.view, self.tape, self.budget, self.rows = values, view, tape, budget, view.rows
        self.domain, self.sizes, self.labels, self.slope = values.domain, values.sizes, values.labels, values.slope
        self.top = top or self
        self.by_entries = False
        self._own: dict[str, Matrix] = {}

    @cached_property
    def deeper(self) -> Attempt:
        deeper = self.values.deeper
        assert isinstance(deeper, Values)
        return self if deeper is self.values else Attempt(deeper, self.view, self.tape, self.top, self.budget)

    @cached_property
    def ranges(self) -> Attempt:
        """The same names as ranges."""
        assert isinstance(self.values, Residues)
        return Attempt(self.values.ranges, self.view, budget=self.budget)

    def value(self, name: str) -> Matrix | None:
        if name in self.view.followed:
            if name not in self._own:
                equation = self.view.followed[name]
                self._own[name] = Evaluation(self, equation.where, self.values[name].shape).whole(equation.node)
            return self._own[name]
        found = self.values.value(name)
        return found.transposed if found is not None and name in self.view.rows else found

    def jacobian(self, of: str, by: str) -> Matrix | None:
        return self.values.jacobian(of, by)

    def logarithmic(self, name: str) -> Node | None:
        return None if name in self.view.rows else self.values.problem.logarithmic.get(name)

    def signs(self, node: Node, matrix: Matrix, walk: Walk) -> Matrix:
        values, top = self.values, self.top.values
        if not isinstance(values, Residues) or not isinstance(top, Residues):
            return values.signs(node, matrix, walk)
        if values.level:
            matrix = walk.at(self.top).array(node)
        if all(entry is None or entry in top.decided for entry in matrix.entries):
            return mapped(top.decided.get, matrix)
        return zipped(partial(self._sign, node, top), matrix, walk.at(self.top.ranges).array(node))

    def _sign(self, node: Node, top: Residues, entry: int | None, bounds: Range | None) -> int | None:
        if entry is None or entry in top.decided:
            return None if entry is None else top.decided[entry]
        if bounds is not None and bounds.sign is not None:
            return bounds.sign
        for residue, sign in top.decided.items():
            share = top.field.over(entry, residue)
            ratio = None if share is None else top.field.small(share)
            if ratio is not None and ratio > 0:
                return sign
        assert self.tape is not None
        return self.tape.sign(entry, top.field.prime, node)


def value(equation: Equation, variable: str, names: Attempt) -> Matrix:
    """What an equation gives for the gradient of a variable.

    Raises:
        NoValue: it gives nothing.
    """
    evaluation = Evaluation(names, equation.where, names.values[variable].shape)
    try:
        result = evaluation.whole(equation.node)
    except RecursionError:
        raise Limit("It is nested too deeply.") from None
    names.by_entries |= evaluation.by_entries
    return result


MARGIN = Decimal("1e-30")
"""Of the largest entry. With 50 digits rounding stays far below it, and so does no error that somebody types."""


def aligned(value: Matrix, gradient: Matrix) -> Matrix | None:
    """The value in the shape of the gradient; a row is the same vector as a column. None where the shapes differ."""
    if value.shape == gradient.shape:
        return value
    turned = value.transposed
    return turned if turned.shape == gradient.shape and is_vector(gradient.shape) else None


def agrees(value: Matrix, gradient: Matrix, other: Matrix, domain: Domain[Any]) -> bool:
    """Whether a value is the gradient.

    ``gradient`` and ``other`` are the gradients with the derivative at a kink taken as 0 and as 1. Where they differ,
    the value may be any mixture of the two, the same for all entries, or nothing at all.
    """
    turned = aligned(value, gradient)
    if turned is None:
        return False
    scale = largest(gradient) if isinstance(domain, Reals) else None
    mixture: Any = None
    for entry, low, high in zip(turned.entries, gradient.entries, other.entries):
        if _equal(low, high, scale):
            if entry is None or low is None or not _equal(entry, low, scale):
                return False
        elif entry is not None:
            if low is None or high is None:
                return False
            minus = domain.negative(low)
            share = domain.over(domain.add(entry, minus), domain.add(high, minus))
            if mixture is None and _between(share, domain):
                mixture = share
            elif mixture is None or not _equal(share, mixture, Decimal(1)):
                return False
    return True


def largest(matrix: Matrix) -> Decimal:
    """The largest size of an entry."""
    return max((abs(entry) for entry in matrix.entries if entry is not None), default=Decimal(0))


def _equal(a: Any, b: Any, scale: Decimal | None) -> bool:
    if a is None or b is None or isinstance(a, int):
        return bool(a == b)
    return bool(abs(a - b) <= MARGIN * (scale or 0))


def _between(share: Any, domain: Domain[Any]) -> bool:
    """Whether a share is at least 0 and at most 1."""
    if isinstance(domain, Field):
        number = domain.small(share)
        return number is not None and 0 <= number <= 1
    return bool(-MARGIN <= share <= 1 + MARGIN)
