"""The values of a procedure's names at a point: sizes, labels, signs at the kinks, and numbers in a domain.

A point of residues stands for a whole region: the sign of each entry under relu and the like is given, and beside these
signs nothing is known of the order of the residues. A point of real numbers is one input of the procedure.
"""

from __future__ import annotations

import random
from abc import abstractmethod
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cached_property, lru_cache, partial
from itertools import cycle, product
from typing import Any

from grader.frozen import frozen
from grader.gradients import matrices
from grader.gradients.evaluation import Attempt, Evaluation, Values
from grader.gradients.matrices import (
    FIELDS,
    PRIMES,
    Matrix,
    Shape,
    ShapeError,
    arranged,
    length,
    mapped,
    zipped,
)
from grader.gradients.procedure import Equation, NotDifferentiable, Procedure, backward_equations, bar
from grader.language import nodes
from grader.language.nodes import Call, Name, Node, Sum

SMALL, MOST = (1, 2, 3), 3
"""Sizes that an equation names are tried in every combination of these, up to so many sizes."""

FARTHEST = 12
"""Numbers that an equation types are tried as sizes up to here."""

SIGNS = ((1, -1), (-1, 1, 1), (1,), (-1,))
"""Signs that the entries under kinks get in turn."""

Fixed = Mapping[tuple[str, int], Decimal]
"""Values that entries have."""

FREE: Fixed = {}


@frozen
class Place:
    """Sizes, labels (places from 0), the signs that kinks get in turn, and entries with a given value.

    Entries are those of steps that can take any value, and among real numbers of inputs and parameters.
    """

    sizes: Mapping[str, int] = field(hash=False)
    labels: Mapping[str, int] = field(hash=False)
    signs: tuple[int, ...] = (1, -1)
    fixed: Fixed = field(default_factory=dict, hash=False)
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Differentiated:
    """A procedure with the backward equation of every variable, and where to look at it."""

    procedure: Procedure
    rules: Mapping[str, Node]
    _kept: dict[Place, Residues] = field(default_factory=dict, repr=False)

    @cached_property
    def bars(self) -> Mapping[str, Node]:
        return {bar(name): rule for name, rule in self.rules.items()}

    @cached_property
    def logarithmic(self) -> Mapping[str, Node]:
        """The steps in which a logarithm stands, and those that read one of these."""
        found: dict[str, Node] = {}
        for step, node in self.procedure.steps.items():
            own = any(isinstance(part, Call) and part.function == "log" for part in nodes.parts(node))
            if own or found.keys() & nodes.names(node):
                found[step] = node
        return found

    @cached_property
    def given(self) -> Mapping[str, tuple[str, ...]]:
        """The shapes of inputs and parameters, by the names of the sizes."""
        return {**self.procedure.inputs, **self.procedure.parameters}

    @cached_property
    def steering(self) -> Mapping[str, str]:
        """Steps that a bias of their own is added to, with the bias: by it the step can take any value."""
        counts = Counter(
            part.name for node in self.procedure.steps.values() for part in nodes.parts(node) if isinstance(part, Name)
        )
        found = {}
        for step, node in self.procedure.steps.items():
            terms = [term.name for term in node.terms if isinstance(term, Name)] if isinstance(node, Sum) else []
            own = [name for name in terms if counts[name] == 1 and len(self.given.get(name, ())) == 1]
            if own:
                found[step] = own[0]
        return found

    @cached_property
    def bounds(self) -> Bounds:
        """The ranges of a small run."""
        return Bounds(self, Place(dict.fromkeys(self.procedure.sizes, 2), dict.fromkeys(self.procedure.labels, 0)))

    @cached_property
    def kinked(self) -> frozenset[str]:
        """Steps under a kink that can take any value."""
        return frozenset(step for step in self.steering if Name(step) in self.bounds.kinks)

    @cached_property
    def regions(self) -> tuple[Residues, ...]:
        """What a proof looks at: every sign, and one 0, at the kinks of a small run; every label; several sizes."""
        turns = [self.sizes(turn) for turn in range(max(len(self.procedure.sizes), 3))]
        kinks = [signs.shape for signs in self.bounds.kinks.values()]
        entries = [sum(length(rows, sizes) * length(columns, sizes) for rows, columns in kinks) for sizes in turns]
        found = []
        for turn, sizes in enumerate(turns):
            patterns = [*product([FREE], SIGNS[:2])]
            if entries[turn] == min(entries):
                patterns += [*product([FREE], SIGNS[2:]), *product(self._zeros(sizes), SIGNS[:2])]
            for place in range(max(len(patterns), self._classes(sizes))):
                fixed, signs = patterns[place % len(patterns)]
                found.append(self.region(Place(sizes, self.labels(sizes, place), signs, fixed, 100 * turn + place)))
        return tuple(found)

    def region(self, place: Place) -> Residues:
        """The point of residues at a place, kept for the next call."""
        if place not in self._kept:
            self._kept[place] = Residues(self, place)
        return self._kept[place]

    def around(self, equation: Equation) -> tuple[Place, ...]:
        """Places with other sizes, for an equation that may mean sizes and places by numbers.

        At and around every number that it types; where it names sizes, small ones in every combination.
        """
        named = sorted(equation.uses & set(self.procedure.sizes))
        if not named and not equation.places(self.procedure.labels):
            return ()
        typed = [int(number) for number in equation.numbers() if number.denominator == 1 and 0 <= number <= FARTHEST]
        near = sorted({number + step for number in typed for step in (-1, 0, 1)} - {-1, 0})
        small = product(SMALL, repeat=len(named[:MOST])) if named else ()
        found = [self._place({**self.sizes(0), **dict(zip(named, counts))}, 0) for counts in small]
        for size, count in product(self.procedure.sizes, near):
            sizes = {**self.sizes(0), size: count}
            turns = self._classes(sizes) if size in self.procedure.labels.values() else 1
            found += [self._place(sizes, turn) for turn in range(turns)]
        return tuple(dict.fromkeys(found))

    def _place(self, sizes: Mapping[str, int], turn: int) -> Place:
        return Place(sizes, self.labels(sizes, turn), seed=1000 + turn)

    @cached_property
    def numbers(self) -> tuple[Numbers, ...]:
        """Two points of real numbers that every proof is held against."""
        return Numbers(self, self.places[0]), Numbers(self, self.places[-1])

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Where real numbers are tried first: the small point that feedback shows, zeros, other sizes and labels."""
        small = self.sizes(0)
        found = [Place(small, self.labels(small, seed), seed=seed) for seed in range(2)]
        found += [Place(small, self.labels(small, 1), fixed=zero, seed=3) for zero in self._zeros(small)]
        for turn in range(1, 4):
            sizes = self.sizes(turn)
            found += [Place(sizes, self.labels(sizes, label), seed=turn + 4) for label in range(self._classes(sizes))]
        return tuple(found)

    def sizes(self, turn: int) -> dict[str, int]:
        """Pairwise different sizes from 2 on, in another order for every turn."""
        names = self.procedure.sizes
        return {name: 2 + (place + turn) % max(len(names), 3) for place, name in enumerate(names)}

    def labels(self, sizes: Mapping[str, int], turn: int) -> dict[str, int]:
        """A class for every label, another one for every turn."""
        return {name: turn % length(size, sizes) for name, size in self.procedure.labels.items()}

    def _classes(self, sizes: Mapping[str, int]) -> int:
        return max((length(size, sizes) for size in self.procedure.labels.values()), default=1)

    def _zeros(self, sizes: Mapping[str, int]) -> list[Fixed]:
        """Entries of steps that stand under a kink and can be made 0."""
        axes = {step: self.bounds.kinks[Name(step)].shape[0] for step in sorted(self.kinked)}
        return [{(step, i): Decimal(0)} for step, axis in axes.items() for i in range(min(length(axis, sizes), 3))]


@lru_cache(maxsize=64)
def differentiated(procedure: Procedure, of: str, parameters: tuple[str, ...] = ()) -> Differentiated:
    """The derivative of a procedure, kept. Raises ``NoValue`` where it cannot be run or differentiated."""
    shape = Differentiated(procedure, {}).bounds.shape
    try:
        return Differentiated(procedure, backward_equations(procedure, of, shape, parameters))
    except NotDifferentiable as error:
        raise ShapeError(str(error)) from error


class Point(Values):
    """The values of one problem at one place, each worked out when it is first asked for."""

    def __init__(self, problem: Differentiated, place: Place) -> None:
        self.problem, self.place = problem, place
        self.sizes = place.sizes
        self.labels = {name: (place.labels[name], size) for name, size in problem.procedure.labels.items()}
        self.logarithmic = problem.logarithmic
        self._known: dict[tuple[int, str], Matrix | None] = {}

    def value(self, name: str, level: int = 0) -> Matrix | None:
        if (level, name) not in self._known:
            self._known[level, name] = self._worked_out(name, level)
        return self._known[level, name]

    def __getitem__(self, name: str) -> Matrix:
        """The value of a name that has one."""
        found = self.value(name)
        if found is None:
            raise KeyError(name)
        return found

    def assume(self, name: str, value: Matrix) -> None:
        """Another value for a name, before anything is worked out from it."""
        self._known[0, name] = value

    def shape(self, node: Node) -> Shape:
        """The shape of what a node gives."""
        return Evaluation(self).of(node).shape

    def _worked_out(self, name: str, level: int) -> Matrix | None:
        problem = self.problem
        if name in problem.given:
            return self._given(name, problem.given[name], level)
        if name in problem.procedure.steps:
            if name in problem.steering:
                self.value(problem.steering[name], level)  # which may bring the step to given values
            return self._known.get((level, name)) or self._step(name, level)
        if name in problem.bars:
            like = self.value(name[: -len("_bar")], level)
            evaluation = Evaluation(self, like=None if like is None else like.shape, level=level)
            return evaluation.whole(problem.bars[name])
        return None

    def _step(self, name: str, level: int) -> Matrix:
        try:
            return Evaluation(self, level=level).array(self.problem.procedure.steps[name])
        except ShapeError as error:
            raise ShapeError(f"in step {name}: {error}") from error

    def _given(self, name: str, shape: tuple[str, ...], level: int) -> Matrix:
        # A number, a vector or a matrix; a size may be a number.
        rows, columns = (int(size) if size.isdigit() else size for size in (*shape, "1", "1")[:2])
        width = length(columns, self.sizes)
        entries = self.drawn(name, length(rows, self.sizes) * width, level)
        base = arranged(entries, width, (rows, columns))
        step = next((step for step, bias in self.problem.steering.items() if bias == name), "")
        targets = self._targets(step, len(entries)) if step else {}
        if not targets:
            return base
        # The bias by which entries of its step have given values; the step is known from then on.
        self._known[level, name] = base
        before = self._step(step, level)
        after = [targets.get(i, entry) for i, entry in enumerate(before.entries)]
        self._known[level, step] = arranged(after, 1, before.shape)
        add, minus = self.domains[level].add, self.domains[level].minus
        moved = [add(entry, minus(new, old)) for entry, new, old in zip(entries, after, before.entries)]
        return arranged(moved, 1, base.shape)

    @abstractmethod
    def drawn(self, name: str, count: int, level: int = 0) -> list[Any]:
        """The entries of an input or a parameter, row after row."""

    def _targets(self, step: str, count: int) -> Mapping[int, Any]:
        """The entries of a step, a vector of so many, that its bias brings to given values."""
        number = self.domains[0].number
        return {i: number(Fraction(value)) for (name, i), value in self.place.fixed.items() if name == step}


class Bounds(Point):
    """Ranges: what is known of every value from the signs at the kinks.

    ``kinks`` are the parts of the procedure whose signs its steps ask for, with the sign of every entry.
    """

    domains = (matrices.Ranges(),)
    slope = None

    def __init__(self, problem: Differentiated, place: Place) -> None:
        super().__init__(problem, place)
        self.kinks: dict[Node, Matrix] = {}
        self._signs = cycle(place.signs)
        self._complete = False
        for step in problem.procedure.steps:
            self.value(step)
        self._complete = True

    def drawn(self, name: str, count: int, level: int = 0) -> list[matrices.Range | None]:
        return [None] * count

    def signs(self, node: Node, matrix: Matrix, evaluation: Evaluation) -> Matrix:
        known = mapped(lambda entry: None if entry is None else entry.sign, matrix)
        if self._complete:
            return self.kinks.get(node, known) if evaluation.is_plain else known
        if node not in self.kinks:
            name, signs = node.name if isinstance(node, Name) else "", known.entries
            for place, sign in enumerate(signs):
                if (name, place) in self.place.fixed:
                    signs[place] = 0
                elif sign is None:
                    signs[place] = next(self._signs)
            self.kinks[node] = arranged(signs, len(known.rows[0]), known.shape)
            if self._known.get((0, name)):
                self._known[0, name] = zipped(self.domains[0].signed, matrix, self.kinks[node])
        return self.kinks[node]


class Residues(Point):
    """Residues modulo the prime of a level; all levels of a place share its signs."""

    domains = FIELDS

    def __init__(self, problem: Differentiated, place: Place, slope: int = 0) -> None:
        super().__init__(problem, place)
        self.slope = slope

    def jacobian(self, of: str, by: str, level: int) -> Matrix:
        """∂of_i/∂by_j in row i and column j. Raises ``ShapeError`` for matrices, and where there is no rule."""
        above, below = self.value(of, level), self.value(by, level)
        if above is None or below is None or 1 not in above.shape or 1 not in below.shape:
            raise ShapeError(f"∂{of}/∂{by} is no derivative of two variables")
        procedure = self.problem.procedure
        parameters = (by,) if by in procedure.parameters else ()
        problem = self.problem if of == by else differentiated(procedure, of, parameters)
        forward = {(at, name): value for (at, name), value in self._known.items() if name not in self.problem.bars}
        count, width = len(above.entries), len(above.rows[0])
        rows = []
        for place in range(count):
            unit = arranged([int(i == place) for i in range(count)], width, above.shape)
            run = Residues(problem, self.place, self.slope)
            run.ranges, run._known = self.ranges, {**forward, (level, bar(of)): unit}
            found = run.value(bar(by), level)
            rows.append([0] * len(below.entries) if found is None else found.entries)
        return Matrix(rows, (above.shape[0], below.shape[0]))

    @cached_property
    def ranges(self) -> Bounds:
        """The ranges of the values on the region that the place stands for."""
        return Bounds(self.problem, self.place)

    def drawn(self, name: str, count: int, level: int = 0) -> list[int]:
        generator = random.Random(f"{self.place.seed} {level} {name}")
        return [generator.randrange(1, PRIMES[level]) for _ in range(count)]

    @cached_property
    def from_above(self) -> Residues:
        """The same point with the derivative at a kink from above, 1 for relu; itself where there is none."""
        return Residues(self.problem, self.place, slope=1) if self.place.fixed else self

    def signs(self, node: Node, matrix: Matrix, evaluation: Evaluation) -> Matrix:
        """What the region gives or interval arithmetic says; the sign of anything else is chosen."""
        if evaluation.is_plain and node in self.ranges.kinks:
            return self.ranges.kinks[node]
        if evaluation.level:
            matrix = evaluation.at(self).array(node)
        if all(entry is None or entry in self.decided for entry in matrix.entries):
            return mapped(self.decided.get, matrix)
        bounds = evaluation.at(self.ranges).array(node)
        return zipped(partial(self._sign, node, evaluation.attempt), matrix, bounds)

    def _sign(self, node: Node, attempt: Attempt, entry: int | None, bounds: matrices.Range | None) -> int | None:
        if entry is None or entry in self.decided:
            return None if entry is None else self.decided[entry]
        if bounds is not None and bounds.sign is not None:
            return bounds.sign
        field = self.domains[0]
        for residue, sign in self.decided.items():
            share = field.over(entry, residue)
            ratio = None if share is None else field.small(share)
            if ratio is not None and ratio > 0:
                return sign
        return attempt.sign(entry, field.prime, node)

    @cached_property
    def decided(self) -> Mapping[int, int]:
        """The residues whose sign is given, with the sign; so is that of their positive rational multiples."""
        found = {0: 0, 1: 1, PRIMES[0] - 1: -1}
        for node, signs in self.ranges.kinks.items():
            for entry, sign in zip(Evaluation(self).array(node).entries, signs.entries):
                if entry and sign:
                    found[entry], found[PRIMES[0] - entry] = sign, -sign
        return found


class Numbers(Point):
    """Real numbers: tenths between 0.1 and 1.5 of either sign, easy to copy into a check by hand."""

    def __init__(self, problem: Differentiated, place: Place, slope: int = 0, digits: int = 50) -> None:
        super().__init__(problem, place)
        self.reals = matrices.Reals(digits)
        self.domains = (self.reals,)
        self.slope = Decimal(slope)

    def drawn(self, name: str, count: int, level: int = 0) -> list[Decimal]:
        generator = random.Random(f"{self.place.seed} {name}")
        entries = [generator.choice((-1, 1)) * Decimal(generator.randint(1, 15)) / 10 for _ in range(count)]
        return [self.place.fixed.get((name, i), entry) for i, entry in enumerate(entries)]

    def _targets(self, step: str, count: int) -> Mapping[int, Decimal]:
        targets = dict(super()._targets(step, count))
        if step not in self.problem.kinked:
            return targets
        # Away from the kink, of either sign.
        signs = self.place.signs
        return {i: abs(entry) * signs[i % len(signs)] for i, entry in enumerate(self.drawn(step, count))} | targets

    @cached_property
    def from_above(self) -> Numbers:
        """The same point with the derivative at a kink from above, 1 for relu; itself where there is none."""
        return Numbers(self.problem, self.place, 1, self.reals.context.prec) if self.at_kink else self

    @cached_property
    def at_kink(self) -> bool:
        """Whether a number under a kink is 0."""
        return any(0 in Evaluation(self).array(node).entries for node in self.problem.bounds.kinks)

    def signs(self, node: Node, matrix: Matrix, evaluation: Evaluation) -> Matrix:
        return mapped(lambda entry: None if entry is None else (entry > 0) - (entry < 0), matrix)


def listed(sizes: Mapping[str, int]) -> str:
    """Sizes as a person reads them: ``d = 2, k = 3``."""
    return ", ".join(f"{name} = {count}" for name, count in sizes.items())


def rounded(matrix: Matrix, digits: int = 4) -> str:
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
