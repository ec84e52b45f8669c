"""The names of a problem as a student's equation sees them, and the signs that nothing on a region decides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from grader.gradients.equation import Equation, bar
from grader.gradients.evaluation import Evaluation
from grader.gradients.evaluation.walk import Budget, Names, Signs, Walk
from grader.gradients.points import Residues, Values
from grader.gradients.shapes import Limit, Matrix
from grader.language.nodes import Node

PATHS = 100
"""Ways to decide the conditions of an equation that are tried on one region, at most."""


@dataclass(frozen=True)
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
        self._own: dict[str, Matrix | None] = {}

    @cached_property
    def deeper(self) -> Names:
        if self.values.deeper is self.values:
            return self
        assert isinstance(self.values.deeper, Values)
        return Attempt(self.values.deeper, self.view, self.tape, self.top, self.budget)

    @cached_property
    def ranges(self) -> Attempt:
        """The same names as ranges."""
        assert isinstance(self.values, Residues)
        return Attempt(self.values.ranges, self.view, budget=self.budget)

    def value(self, name: str) -> Matrix | None:
        if name in self.view.followed:
            if name not in self._own:
                self._own[name] = self._followed(name)
            return self._own[name]
        found = self.values.value(name)
        return found.transposed if found is not None and name in self.view.rows else found

    def logarithmic(self, name: str) -> Node | None:
        return None if name in self.view.rows else self.values.problem.logarithmic.get(name)

    def _followed(self, name: str) -> Matrix:
        equation = self.view.followed[name]
        like = self.values.value(name)
        assert like is not None
        return Evaluation(self, equation.where, like.shape).whole(equation.node)

    def signs(self, node: Node, matrix: Matrix, walk: Walk) -> Signs:
        values = self.values
        if not isinstance(values, Residues):
            return values.signs(node, matrix, walk)
        if values.level:
            matrix = walk.at(self.top).array(node)
        top = self.top.values
        assert isinstance(top, Residues)
        return [
            [None if entry is None else self._sign(entry, (i, j), node, walk, top) for j, entry in enumerate(row)]
            for i, row in enumerate(matrix.rows)
        ]

    def _sign(self, entry: int, place: tuple[int, int], node: Node, walk: Walk, top: Residues) -> int:
        if not entry:
            return 0
        if entry in top.decided:
            return top.decided[entry]
        bounds = walk.at(self.top.ranges).array(node).rows[place[0]][place[1]]
        if bounds is not None and bounds.sign is not None:
            return int(bounds.sign)
        number = top.field.small(entry)
        if number is not None:
            return 1 if number > 0 else -1
        for residue, sign in top.decided.items():
            ratio = top.field.small(entry * pow(residue, -1, top.field.prime) % top.field.prime)
            if ratio is not None and ratio > 0:
                return sign
        assert self.tape is not None
        return self.tape.sign(entry, top.field.prime, node)


def value(equation: Equation, variable: str, names: Attempt) -> Matrix:
    """What an equation gives for the gradient of a variable.

    Raises:
        ShapeError, Unplaced, Limit: it gives nothing.
    """
    like = names.values.value(variable)
    assert like is not None
    evaluation = Evaluation(names, equation.where, like.shape)
    result = evaluation.whole(equation.node)
    names.by_entries |= evaluation.by_entries
    return result


def gradient(values: Values, variable: str) -> Matrix:
    """The true gradient of a variable at a point."""
    found: Any = values.value(bar(variable))
    assert isinstance(found, Matrix)
    return found
