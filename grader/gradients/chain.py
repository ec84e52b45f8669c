"""The equations of one submission together: premises that earn nothing, rows for columns, their own upstream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from grader.gradients import attempt
from grader.gradients.attempt import TRUE, Attempt, Tape, View
from grader.gradients.equation import Equation, bar, circle
from grader.gradients.instances import Differentiated
from grader.gradients.shapes import Limit, Matrix, Shape, ShapeError, Unplaced, is_vector


@dataclass(frozen=True)
class Premise:
    """Why an equation stands on nothing: it goes in a circle, or uses what can only be known after it."""

    code: str
    message: str


class Chain:
    """The equations of one submission, by variable."""

    def __init__(self, differentiated: Differentiated, equations: Mapping[str, Equation]) -> None:
        self.differentiated = differentiated
        self.equations = equations
        self._fit: dict[tuple[str, View], bool] = {}
        self._faulty = {name: fault for name in equations if (fault := self._alone(name)) is not None}

    def instead(self, variable: str, equation: Equation) -> Chain:
        """The chain with another equation for a variable; what is known of the others is kept."""
        other = Chain(self.differentiated, {**self.equations, variable: equation})
        other._fit = {key: fits for key, fits in self._fit.items() if key[0] != variable}
        return other

    def premise(self, variable: str) -> Premise | None:
        """What makes an equation no answer before any value is looked at."""
        if variable in self._faulty:
            return self._faulty[variable]
        asks = {bar(name): other.uses() for name, other in self.equations.items() if name not in self._faulty}
        around = circle(asks, bar(variable))
        if around:
            names = " -> ".join((*around, around[0]))
            return Premise("backward.circular", f"These equations go in a circle: {names}.")
        return None

    def _alone(self, variable: str) -> Premise | None:
        """What makes an equation no answer whatever the others are."""
        equation = self.equations[variable]
        procedure = self.differentiated.procedure
        known = {*procedure.sizes, *procedure.variables, *procedure.parameters, *self.differentiated.problem.bars}
        around = equation.circle(known)
        if around:
            names = " -> ".join((*around, around[0]))
            return Premise("backward.circular_definition", f"The definitions under where go in a circle: {names}.")
        uses, own = equation.uses(), bar(variable)
        if own in uses:
            return Premise("backward.circular", f"{own} is defined through itself, so it cannot be computed.")
        before = procedure.behind(variable)
        for earlier in (*procedure.variables, *procedure.parameters):
            if bar(earlier) in uses and earlier in before:
                return Premise(
                    "backward.downstream",
                    f"{own} uses {bar(earlier)}. But {variable} is computed from {earlier}, so the backward pass "
                    f"reaches {variable} first: {bar(earlier)} is not known yet.",
                )
        return None

    def with_true(self, variable: str) -> tuple[View, ...]:
        """The views in which an equation may be fed the true upstream gradients, the usual one first.

        They come as columns. Where that does not fit, those that the student's own equations give as rows come as rows.
        An answer that nowhere needs
        columns may be in rows throughout: its gradients, or all of its vectors. Where an equation fits as columns
        too, another one must show that it is.

        Raises:
            ShapeError, Unplaced: it has no value in any.
        """
        views, unfit = [], None
        try:
            self._shape(variable, TRUE)
            views.append(TRUE)
        except ShapeError as error:
            rows = frozenset(filter(self._is_row, self._used(variable) - {bar(variable)}))
            if rows and self._fits(variable, View(rows)):
                views.append(View(rows))
            unfit = error
        columns = self._fitting(TRUE) - {variable}
        if unfit is None and columns >= self._vectors - {variable}:
            return (TRUE,)
        in_rows = frozenset[str]().union(*map(self._fitting, self._in_rows)) - {variable}
        if columns <= in_rows and (in_rows - columns or (in_rows and unfit is not None)):
            views += [view for view in self._in_rows if variable in self._fitting(view)]
        if not views and unfit is not None:
            raise unfit
        return tuple(dict.fromkeys(views))

    @cached_property
    def _in_rows(self) -> tuple[View, ...]:
        """Every gradient as a row, every vector of the problem, and what is one-hot as well."""
        values, procedure = self.differentiated.regions[0][0], self.differentiated.procedure
        named = [*self.differentiated.problem.bars, *procedure.variables, *procedure.parameters]
        vectors = [name for name in named if (found := values.value(name)) is not None and is_vector(found.shape)]
        gradients = frozenset(name for name in vectors if name in self.differentiated.problem.bars)
        return View(gradients), View(frozenset(vectors)), View(frozenset((*vectors, "onehot")))

    def _fitting(self, view: View) -> frozenset[str]:
        """The variables whose equations give a vector in a view."""
        return frozenset(name for name in self.equations if self._fits(name, view))

    @cached_property
    def _vectors(self) -> frozenset[str]:
        return frozenset(name for name in self.equations if is_vector(self._true(name).shape))

    def _true(self, variable: str) -> Matrix:
        value = self.differentiated.regions[0][0].value(variable)
        assert value is not None
        return value

    def _fits(self, variable: str, view: View) -> bool:
        if variable not in self._vectors:
            return False
        if (variable, view) not in self._fit:
            shape = self._true(variable).shape
            try:
                self._fit[variable, view] = self._shape(variable, view) in (shape, shape[::-1])
            except (ShapeError, Unplaced, Limit, RecursionError):
                self._fit[variable, view] = False
        return self._fit[variable, view]

    def with_own(self, variable: str) -> View | None:
        """The view in which an equation is fed what the student's own equations give; None where they give nothing."""
        reached, pending = set(), [variable]
        while pending:
            current = pending.pop()
            if current not in reached and current in self.equations:
                if self.premise(current) is not None:
                    return None
                reached.add(current)
                pending += [name[: -len("_bar")] for name in self.equations[current].uses() if name.endswith("_bar")]
        if reached == {variable}:
            return None
        return View(followed={bar(name): self.equations[name] for name in reached - {variable}})

    def _shape(self, variable: str, view: View) -> Shape:
        """The shape that an equation gives.

        Raises:
            ShapeError, Unplaced, Limit: it gives nothing; a gradient that is a row beside a value that is a column is
                not multiplied by entries without a sign that says so.
        """
        names = Attempt(self.differentiated.regions[0][0], view, Tape())
        value = attempt.value(self.equations[variable], variable, names)
        if names.by_entries and view.rows and view not in self._in_rows[1:]:
            raise ShapeError(f"{bar(variable)}: two rows side by side")
        return value.shape

    def _used(self, variable: str) -> frozenset[str]:
        """The gradients that an equation uses."""
        return self.equations[variable].uses() & self.differentiated.problem.bars.keys()

    def _is_row(self, gradient: str) -> bool:
        """Whether the student's own equation gives a gradient as a row, of columns or of rows."""
        variable = gradient[: -len("_bar")]
        for view in (TRUE, View(self._used(variable))) if variable in self.equations else ():
            try:
                shape = self._shape(variable, view)
            except (ShapeError, Unplaced, Limit, RecursionError):
                continue
            if is_vector(shape):
                return shape[0] == 1
        return False
