"""The equations of one submission together: premises that earn nothing, rows for columns, their own upstream."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from grader.gradients import attempt
from grader.gradients.attempt import TRUE, Attempt, Tape, View
from grader.gradients.equation import Equation, Mistake, bar, circle, reached
from grader.gradients.instances import Differentiated
from grader.gradients.shapes import Limit, NoValue, Shape, ShapeError, Unplaced, is_vector


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
                shape = attempt.value(self.equations[variable], variable, names).shape
            except NoValue as error:
                shape = error
            if names.by_entries and view.rows and view not in self._in_rows[1:]:
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
