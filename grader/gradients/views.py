"""An equation in the view of a student: gradients as they are or as its own equations give them, columns or rows.

``Attempt`` are the names at a point in such a view, and ``value`` is what an equation gives there; a sign that nothing
on a region decides is chosen, and every way to choose is one path of a ``Tape``. ``Chain`` are the equations of one
submission together: premises that earn nothing, and the views that each may be seen in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from decimal import Decimal
from functools import cached_property, partial
from typing import Any

from grader.frozen import frozen
from grader.gradients.arithmetic import Arithmetic, Budget, Names
from grader.gradients.domains import Domain, Field, Range, Reals
from grader.gradients.evaluation import Evaluation
from grader.gradients.points import Differentiated, Residues, Values
from grader.gradients.procedure import Equation, Mistake, bar, circle, reached
from grader.gradients.shapes import Limit, Matrix, NoValue, Shape, ShapeError, Unplaced, is_vector, mapped, zipped
from grader.language import nodes
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
        self.asked: dict[int, int] = {}
        self.conditions: dict[Node, None] = {}

    def sign(self, residue: int, prime: int, condition: Node) -> int:
        """The sign of a residue on this path; of -r the other one."""
        key, flip = (residue, 1) if 2 * residue < prime else (prime - residue, -1)
        self.conditions[condition] = None
        if key not in self.asked:
            if len(self.asked) == len(self._choices):
                self._choices.append(0)
            self.asked[key] = (1, -1, 0)[self._choices[len(self.asked)]]
        return flip * self.asked[key]

    def paths(self) -> Iterator[None]:
        """Every path, one after the other.

        Raises:
            Limit: there are too many.
        """
        for _ in range(PATHS):
            self.asked = {}
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
        self.values, self.view, self.tape, self.rows = values, view, tape, view.rows
        self.domain, self.sizes, self.labels, self.slope = values.domain, values.sizes, values.labels, values.slope
        self.top = top or self
        self.budget: Budget = budget or Budget()
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
        step = self.values.problem.logarithmic.get(name)
        return None if step is None or {name, "onehot", *nodes.names(step)} & self.view.rows else step

    def signs(self, node: Node, matrix: Matrix, evaluation: Arithmetic) -> Matrix:
        values, top = self.values, self.top.values
        if not isinstance(values, Residues) or not isinstance(top, Residues):
            return values.signs(node, matrix, evaluation)
        if values.level:
            matrix = evaluation.at(self.top).array(node)
        if all(entry is None or entry in top.decided for entry in matrix.entries):
            return mapped(top.decided.get, matrix)
        return zipped(partial(self._sign, node, top), matrix, evaluation.at(self.top.ranges).array(node))

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
    try:
        return Evaluation(names, equation.where, names.values[variable].shape).whole(equation.node)
    except RecursionError:
        raise Limit("It is nested too deeply.") from None


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
            share = domain.over(domain.minus(entry, low), domain.minus(high, low))
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


class Chain:
    """The equations of one submission, by variable."""

    def __init__(self, differentiated: Differentiated, equations: Mapping[str, Equation]) -> None:
        self.differentiated = differentiated
        self.equations = equations
        self._run = differentiated.regions[0][0]
        self._shapes: dict[tuple[str, View], Shape | NoValue] = {}
        self._faulty = {name: fault for name in equations if (fault := self._alone(name)) is not None}

    def instead(self, variable: str, equation: Equation) -> Chain:
        """The chain with another equation for a variable; what is known of the others is kept."""
        other = Chain(self.differentiated, {**self.equations, variable: equation})
        other._shapes = {key: shape for key, shape in self._shapes.items() if key[0] != variable}
        return other

    def premise(self, variable: str) -> Mistake | None:
        """What makes an equation no answer before any value is looked at."""
        if variable in self._faulty:
            return self._faulty[variable]
        asks = {bar(name): other.uses for name, other in self.equations.items() if name not in self._faulty}
        around = circle(asks, bar(variable))
        if around:
            return Mistake("backward.circular", f"These equations go in a circle: {' -> '.join(around)}.")
        return None

    def _alone(self, variable: str) -> Mistake | None:
        """What makes an equation no answer whatever the others are."""
        equation = self.equations[variable]
        procedure = self.differentiated.procedure
        known = {*procedure.sizes, *procedure.variables, *procedure.parameters, *self.differentiated.bars}
        around = equation.circle(known)
        if around:
            message = f"The definitions under where go in a circle: {' -> '.join(around)}."
            return Mistake("backward.circular_definition", message)
        uses, own = equation.uses, bar(variable)
        if own in uses:
            return Mistake("backward.circular", f"{own} is defined through itself, so it cannot be computed.")
        before = procedure.behind(variable)
        for earlier in (*procedure.variables, *procedure.parameters):
            if bar(earlier) in uses and earlier in before:
                return Mistake(
                    "backward.downstream",
                    f"{own} uses {bar(earlier)}. But {variable} is computed from {earlier}, so the backward pass "
                    f"reaches {variable} first: {bar(earlier)} is not known yet.",
                )
        return None

    def with_true(self, variable: str) -> tuple[View, ...]:
        """The views in which an equation may be fed the true upstream gradients, the usual one first.

        They come as columns. Where that does not fit, those that the student's own equations give as rows come as rows.
        An answer that nowhere needs columns may be in rows throughout: its gradients, or all of its vectors. Where an
        equation fits as columns too, another one must show that it is.

        Raises:
            NoValue: it has none in any.
        """
        shape = self._shape(variable, TRUE)
        if isinstance(shape, (Unplaced, Limit)):
            raise shape
        columns = self._fitting(TRUE) - {variable}
        if not isinstance(shape, NoValue):
            views = [TRUE]
            if columns >= self._vectors - {variable}:
                return (TRUE,)
        else:
            rows = frozenset(filter(self._is_row, self._used(variable) - {bar(variable)}))
            views = [View(rows)] if rows and self._fits(variable, View(rows)) else []
        in_rows = frozenset[str]().union(*map(self._fitting, self._in_rows)) - {variable}
        if columns < in_rows or (TRUE not in views and in_rows and columns == in_rows):
            views += [view for view in self._in_rows if variable in self._fitting(view)]
        if not views and isinstance(shape, NoValue):
            raise shape
        return tuple(dict.fromkeys(views))

    @cached_property
    def _in_rows(self) -> tuple[View, ...]:
        """Every gradient as a row, every vector of the problem, and what is one-hot as well."""
        procedure = self.differentiated.procedure
        named = [*self.differentiated.bars, *procedure.variables, *procedure.parameters]
        vectors = [name for name in named if (found := self._run.value(name)) is not None and is_vector(found.shape)]
        gradients = frozenset(name for name in vectors if name in self.differentiated.bars)
        return View(gradients), View(frozenset(vectors)), View(frozenset((*vectors, "onehot")))

    def _fitting(self, view: View) -> frozenset[str]:
        """The variables whose equations give a vector in a view."""
        return frozenset(name for name in self.equations if self._fits(name, view))

    @cached_property
    def _vectors(self) -> frozenset[str]:
        return frozenset(name for name in self.equations if is_vector(self._run[name].shape))

    def _fits(self, variable: str, view: View) -> bool:
        right = self._run[variable].shape
        return is_vector(right) and self._shape(variable, view) in (right, right[::-1])

    def with_own(self, variable: str) -> View | None:
        """The view in which an equation is fed what the student's own equations give; None where they give nothing."""

        def asks(name: str) -> list[str]:
            return [other for other in self.equations if bar(other) in self.equations[name].uses]

        found = reached([variable], asks)
        if found == {variable} or any(self.premise(name) is not None for name in found):
            return None
        return View(followed={bar(name): self.equations[name] for name in found - {variable}})

    def _shape(self, variable: str, view: View) -> Shape | NoValue:
        """The shape that an equation gives, or why it gives nothing.

        A gradient that is a row is not multiplied by entries beside a value that is a column without a sign for it.
        """
        if (variable, view) not in self._shapes:
            names = Attempt(self._run, view, Tape())
            shape: Shape | NoValue
            try:
                shape = value(self.equations[variable], variable, names).shape
            except NoValue as error:
                shape = error
            if names.budget.by_entries and view.rows and view not in self._in_rows[1:]:
                shape = ShapeError(f"{bar(variable)}: two rows side by side")
            self._shapes[variable, view] = shape
        return self._shapes[variable, view]

    def _used(self, variable: str) -> frozenset[str]:
        """The gradients that an equation uses."""
        return self.equations[variable].uses.intersection(self.differentiated.bars)

    def _is_row(self, gradient: str) -> bool:
        """Whether the student's own equation gives a gradient as a row, of columns or of rows."""
        variable = gradient[: -len("_bar")]
        for view in (TRUE, View(self._used(variable))) if variable in self.equations else ():
            shape = self._shape(variable, view)
            if not isinstance(shape, NoValue) and is_vector(shape):
                return shape[0] == 1
        return False
