"""Whether an equation gives the gradient for all values: identity testing modulo a chain of primes.

The claim. Fed the true upstream gradients, both sides of an equation are functions of the inputs, the parameters and
the label, built by + - · / from these and from exponentials of such functions, and by relu and the like, which on a
region of signs are 0 or the identity. So on a region the difference D of the two sides is a quotient of polynomials
in the entries of inputs and parameters and in exponentials e^u, where each u is such a function again.

The test. Draw the entries at random modulo p0; let e^u be g^u, where u itself is evaluated with the entries drawn
anew modulo p1, p0 = c p1 + 1 and g has order p1 modulo p0; and so on down the chain (Gonnet, Determining equivalence
of expressions in random polynomial time, 1984; New results for random determination of equivalence of expressions,
1986). g^(u + v) = g^u g^v and g^0 = 1, so every identity between the two sides that follows from the rules of
rational functions and of e^(u + v) = e^u e^v holds for the residues. Other identities there are none: if u1, …, um
are linearly independent over the rationals up to constants, e^u1, …, e^um are algebraically independent over the
functions in the entries (Ax, On Schanuel's conjectures, 1971). So a difference of residues is a difference of
functions, and D ≠ 0 as a function is a polynomial Q(entries, e^u1, …, e^um) ≠ 0 with independent e^ui after the
common exponents are collected: e^z may be treated as a variable of its own.

The bound. Let D ≠ 0 with numerator of degree at most d in entries and exponentials together. By the Chinese remainder
theorem the residues of an entry modulo the primes of the chain are independent and (but for a zero that is left out)
uniform. If every ui contains a parameter of its own that it is linear in (in the homework z2 has b2 and y has b3;
sums of them are linear forms in these), then u1, …, um modulo p1 are uniform and independent of each other and of the
entries modulo p0, each g^ui is uniform on a group of p1 elements, and by Schwartz and Zippel Q vanishes with
probability at most d / p1. The primes are at least 2^61 - 1 and equations with d > 2^40 are refused (``HIGHEST``), so a
wrong equation of this kind passes at one point with probability below 2^-20, and at all of the regions, drawn
independently, below 2^-200. The seeds are fixed: one submission always gets one verdict. For other exponents (e^(x^2)
beside e^x) no such bound is known here; whatever passes is besides tried on real numbers to 50 digits.

Atoms. log, roots and exponentials below the last prime are numbers drawn from their argument's residue. Equal
arguments give equal atoms, so a proof with atoms is a proof; identities between atoms are lost, never invented.

Signs. What the region gives, what interval arithmetic says on it, and positive rational multiples of what is given
are decided. Any other sign that an equation asks for is decided in every way, and the identity must hold in each.

Sizes and labels. Shapes are checked by the names of the sizes, so what fits fits for all sizes. An equation that does
not name a size or a place as a number is one formula in sums over whole axes; it is tried at several pairwise
different sizes, with every label. Where it names one, sizes at and around every number that it types are tried as
well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from functools import cached_property, lru_cache
from itertools import chain, islice, product
from typing import Any

from grader.frozen import frozen
from grader.gradients import evaluation, matrices
from grader.gradients.evaluation import TRUE, Attempt, Budget, View
from grader.gradients.matrices import Limit, Matrix, NoValue, Shape, ShapeError, Unplaced, is_vector
from grader.gradients.points import Differentiated, Numbers, Place, Residues
from grader.gradients.procedure import Equation, Mistake, bar, circle, jacobian, reached
from grader.language import nodes
from grader.language.nodes import Call, Meaning, Name, Node

HIGHEST = 2**40

OF_A_NAME = 2**7
"""Of all entries of a value of the procedure, in inputs, parameters and the exponentials that it is made of."""

ENTRIES = 2**4
"""As many entries as an array has in the regions that every proof looks at: these are added, or turned over."""

EXPONENTIAL = frozenset({"exp", "sigmoid", "tanh", "softmax"})
"""Functions of a power of e, which is a variable of its own."""


class _Degree(Meaning[int]):
    """An upper bound for the degrees of the entries of a value over their common denominator, and of that one.

    Sums and products add these. Where the entries are turned over, or each gets a denominator of its own, the common
    one is the product of all.
    """

    def __init__(self, equation: Equation) -> None:
        self._where = equation.where
        self._known: dict[str, int] = {}

    def other(self, node: Node) -> int:
        turned = isinstance(node, (nodes.Total, nodes.Entries, nodes.Function, nodes.Power))
        turned |= isinstance(node, nodes.Product) and "/" in node.signs
        return (ENTRIES if turned else 1) * max(1, sum(map(self.of, nodes.children(node))))

    def name_(self, node: Name) -> int:
        return self._defined(node.name, OF_A_NAME)

    def derivative_(self, node: nodes.Derivative) -> int:
        return self._defined(jacobian(node), OF_A_NAME)

    def power_(self, node: nodes.Power) -> int:
        exponent = node.exponent.operand if isinstance(node.exponent, nodes.Negative) else node.exponent
        times = abs(int(exponent.value)) if isinstance(exponent, nodes.Number) else 0
        return (1 + times) * self.other(node)

    def call_(self, node: Call) -> int:
        inner = self.other(node)
        names = (node.function + "'" * primes for primes in range(node.derivative + 1))
        own = next((name for name in names if name in self._where), None)
        if own is not None:
            return inner * self._defined(own, 1)
        return max(inner, ENTRIES**2) if node.function in EXPONENTIAL else ENTRIES * inner

    def _defined(self, name: str, otherwise: int) -> int:
        if name not in self._where:
            return otherwise
        if name not in self._known:
            # A name in its own definition has the problem's meaning.
            self._known[name] = OF_A_NAME
            self._known[name] = self.of(self._where[name])
        return self._known[name]


STEPS = 120_000
"""Of the evaluations of one proof together."""


@frozen
class Proof:
    """Whether the identity was shown; the conditions that nothing on a region decides; what stopped the proof."""

    holds: bool
    conditions: tuple[Node, ...] = ()
    limit: str = ""
    by_entries: bool = False


def prove(equation: Equation, variable: str, view: View, regions: Sequence[Residues]) -> Proof:
    """Whether an equation gives the gradient of a variable on every region. Raises ``NoValue`` where it gives none."""
    budget = Budget(STEPS)
    attempt = Attempt(view, budget)
    try:
        if any(_Degree(one).of(one.node) > HIGHEST for one in (equation, *view.followed.values())):
            raise Limit("The degree of its powers and products is too high.")
        for region in regions:
            attempt = Attempt(view, budget)
            gradients = region[bar(variable)], region.from_above[bar(variable)]
            for _ in attempt.paths():
                value = evaluation.value(equation, region, attempt, region[variable].shape)
                if not agrees(value, *gradients, region.domains[0]):
                    return Proof(False, tuple(attempt.conditions))
    except (Limit, RecursionError) as error:
        reason = str(error) if isinstance(error, Limit) else "It is nested too deeply."
        return Proof(False, tuple(attempt.conditions), reason)
    return Proof(True, tuple(attempt.conditions), by_entries=budget.by_entries)


MARGIN = Decimal("1e-30")
"""Of the largest entry. With 50 digits rounding stays far below it, and so does no error that somebody types."""


def aligned(value: Matrix, gradient: Matrix) -> Matrix | None:
    """The value in the shape of the gradient; a row is the same vector as a column. None where the shapes differ."""
    if value.shape == gradient.shape:
        return value
    turned = value.transposed
    return turned if turned.shape == gradient.shape and is_vector(gradient.shape) else None


def agrees(value: Matrix, gradient: Matrix, other: Matrix, domain: matrices.Domain[Any]) -> bool:
    """Whether a value is the gradient.

    ``gradient`` and ``other`` are the gradients with the derivative at a kink taken as 0 and as 1. Where they differ,
    the value may be any mixture of the two, the same for all entries, or nothing at all.
    """
    turned = aligned(value, gradient)
    if turned is None:
        return False
    scale = largest(gradient) if isinstance(domain, matrices.Reals) else None
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
    return max((entry.copy_abs() for entry in matrix.entries if entry is not None), default=Decimal(0))


def _equal(a: Any, b: Any, scale: Decimal | None) -> bool:
    if a is None or b is None or isinstance(a, int):
        return bool(a == b)
    return bool(abs(a - b) <= MARGIN * (scale or 0))


def _between(share: Any, domain: matrices.Domain[Any]) -> bool:
    """Whether a share is at least 0 and at most 1."""
    if isinstance(domain, matrices.Field):
        number = domain.small(share)
        return number is not None and 0 <= number <= 1
    return bool(-MARGIN <= share <= 1 + MARGIN)


# Numbers for which it is wrong

PLAIN = Decimal("1e-5")
"""An error of this share of the largest entry is plain to see: no better example is looked for."""

TRIED = 400
"""Points along entries, at most."""

SEARCH_STEPS = 100_000
"""Of the evaluations of one search together."""

FARTHEST = 10**6
"""Numbers that an equation types are tried up to here."""

NEAR_AND_FAR = tuple(Decimal(text) for text in ("0", "1e-6", "1e-3", "0.01", "0.05", "0.5", "1", "2", "5", "10", "40"))


@dataclass(frozen=True, eq=False)
class Example:
    """A point at which an equation gives something else than the gradient, by a share of the largest entry."""

    numbers: Numbers
    value: Matrix
    gradient: Matrix
    error: Decimal


def example(
    equation: Equation, variable: str, view: View, problem: Differentiated, places: Sequence[Place]
) -> Example | None:
    """The plainest example found, if any. Raises ``NoValue`` where the equation gives none."""
    best: Example | None = None
    budget = Budget(SEARCH_STEPS)
    with suppress(Limit):
        for place in chain(places, _moved(equation, problem, places[0])):
            found = example_at(Numbers(problem, place), equation, variable, view, budget)
            if found is None or (best is not None and found.error <= 10 * best.error):
                continue
            if example_at(Numbers(problem, place, digits=200), equation, variable, view, budget) is not None:
                best = found
            if best is not None and best.error >= PLAIN:
                break
    return best


def example_at(
    numbers: Numbers, equation: Equation, variable: str, view: View, budget: Budget | None = None
) -> Example | None:
    """A point as an example; None where the equation gives the gradient, or nothing that can be held against it."""
    value = evaluation.value(equation, numbers, Attempt(view, budget), numbers[variable].shape)
    gradient = numbers[bar(variable)]
    if None in gradient.entries:
        return None
    turned = aligned(value, gradient)
    if turned is None:
        return Example(numbers, value, gradient, Decimal(1))
    other = numbers.from_above[bar(variable)]
    there = [i for i, entry in enumerate(turned.entries) if entry is not None]
    with localcontext(numbers.reals.context):
        given, true = _only(turned, there), _only(gradient, there)
        if not agrees(given, true, _only(other, there), numbers.reals):
            error = max(abs(a - b) for a, b in zip(given.entries, true.entries))
            return Example(numbers, turned, gradient, error / max(largest(given), largest(true)))
    # A missing value is a fault at an ordinary point, where no number was too large.
    ordinary = not (numbers.place.fixed or numbers.at_kink or numbers.reals.exceeded)
    missing = len(there) < len(turned.entries)
    return Example(numbers, turned, gradient, Decimal(1)) if missing and ordinary else None


def _only(matrix: Matrix, places: Sequence[int]) -> Matrix:
    entries = matrix.entries
    return Matrix([[entries[i]] for i in places], (len(places), 1))


def _moved(equation: Equation, problem: Differentiated, place: Place) -> Iterator[Place]:
    """A place with some of its entries moved, close and far."""
    for entries, number in islice(product(_lines(problem, place), _grid(equation)), TRIED):
        yield replace(place, fixed=dict.fromkeys(entries, number))


def _grid(equation: Equation) -> tuple[Decimal, ...]:
    found = dict.fromkeys(NEAR_AND_FAR)
    for number in sorted(equation.numbers())[:12]:
        typed = Decimal(number.numerator) / Decimal(number.denominator)
        if abs(typed) < FARTHEST:
            sides = (typed, typed * Decimal("0.99"), typed * Decimal("1.01"), typed / 2, typed - 1, typed + 1)
            found.update(dict.fromkeys(sides))
    return tuple(dict.fromkeys(signed for number in found for signed in (number, -number)))


def _lines(problem: Differentiated, place: Place) -> Iterator[tuple[tuple[str, int], ...]]:
    """Entries that are moved together: one of a step that can take any value or of an input, or all of it."""
    given = [name for name in problem.given if name not in problem.steering.values()]
    values = Numbers(problem, place)
    for name in (*problem.steering, *given):
        count = len(values[name].entries)
        if len(problem.given.get(name, ())) < 2:
            yield from (((name, i),) for i in range(min(count, 2)))
        yield tuple((name, i) for i in range(count))


# What an equation is fed

KEPT = 500
"""Equations whose shape is kept, or what is known of them: many of a class type the same."""


class Chain:
    """The equations of one submission, by variable."""

    def __init__(self, differentiated: Differentiated, equations: Mapping[str, Equation]) -> None:
        self.differentiated = differentiated
        self.equations = equations
        self._run = differentiated.regions[0]
        self._faulty = {name: fault for name in equations if (fault := self._alone(name)) is not None}

    def premise(self, variable: str) -> Mistake | None:
        """What makes an equation no answer before any value is looked at."""
        asks = {bar(name): other.uses for name, other in self.equations.items() if name not in self._faulty}
        around = circle(asks, bar(variable))
        if variable in self._faulty or not around:
            return self._faulty.get(variable)
        return Mistake("backward.circular", f"These equations go in a circle: {' -> '.join(around)}.")

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
        equation fits as columns too, another one must show that it is. Raises ``NoValue`` where it has none in any.
        """
        shape = self._shape(variable, TRUE)
        if isinstance(shape, (Unplaced, Limit)):
            raise shape.with_traceback(None)
        views = [TRUE]
        if isinstance(shape, NoValue):
            view = View(frozenset(filter(self._is_row, self._used(variable) - {bar(variable)})))
            views = [view] if view.rows and variable in self._fitting(view) else []
        columns = self._fitting(TRUE) - {variable}
        if views == [TRUE] and columns == {*self._vectors(self.equations)} - {variable}:
            return (TRUE,)
        in_rows = frozenset[str]().union(*map(self._fitting, self._in_rows)) - {variable}
        if columns < in_rows or (TRUE not in views and in_rows and columns == in_rows):
            views += [view for view in self._in_rows if variable in self._fitting(view)]
        if not views and isinstance(shape, NoValue):
            raise shape.with_traceback(None)
        return tuple(dict.fromkeys(views))

    def _vectors(self, names: Iterable[str]) -> list[str]:
        return [name for name in names if (value := self._run.value(name)) is not None and is_vector(value.shape)]

    @cached_property
    def _in_rows(self) -> tuple[View, ...]:
        """Every gradient as a row, every vector of the problem, and what is one-hot as well."""
        procedure = self.differentiated.procedure
        vectors = self._vectors((*self.differentiated.bars, *procedure.variables, *procedure.parameters))
        gradients = self._vectors(self.differentiated.bars)
        return View(frozenset(gradients)), View(frozenset(vectors)), View(frozenset((*vectors, "onehot")))

    def _fitting(self, view: View) -> frozenset[str]:
        """The variables whose equations give a vector in a view."""
        right = {name: self._run[name].shape for name in self._vectors(self.equations)}
        return frozenset(name for name, axes in right.items() if self._shape(name, view) in (axes, axes[::-1]))

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
        shape, by_entries = _shape_in(view, self.equations[variable], variable, self.differentiated)
        if by_entries and view.rows and view not in self._in_rows[1:]:
            return ShapeError(f"{bar(variable)}: two rows side by side")
        return shape

    def _used(self, variable: str) -> frozenset[str]:
        return self.equations[variable].uses.intersection(self.differentiated.bars)

    def _is_row(self, gradient: str) -> bool:
        """Whether the student's own equation gives a gradient as a row, of columns or of rows."""
        variable = gradient[: -len("_bar")]
        for view in (TRUE, View(self._used(variable))) if variable in self.equations else ():
            shape = self._shape(variable, view)
            if not isinstance(shape, NoValue) and is_vector(shape):
                return shape[0] == 1
        return False


@lru_cache(maxsize=KEPT)
def _shape_in(view: View, equation: Equation, variable: str, derived: Differentiated) -> tuple[Shape | NoValue, bool]:
    """The shape that an equation gives, or why none; and whether vectors side by side were multiplied by entries."""
    run, attempt = derived.regions[0], Attempt(view)
    try:
        return evaluation.value(equation, run, attempt, run[variable].shape).shape, attempt.budget.by_entries
    except NoValue as error:
        return error.with_traceback(None), attempt.budget.by_entries
