"""A procedure ready to judge with: its derivative, the regions of a proof, and points to try real numbers at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import product
from typing import Union

from grader.gradients import adjoint
from grader.gradients.equation import Equation
from grader.gradients.evaluation.walk import Signs
from grader.gradients.points import Bounds, Numbers, Place, Problem, Residues
from grader.gradients.procedure import Procedure
from grader.gradients.proof import Region
from grader.gradients.shapes import Limit, ShapeError, Unplaced
from grader.language.nodes import Name, Node

SMALL, MOST = (1, 2, 3), 3
"""Sizes that an equation names are tried in every combination of these, up to so many sizes."""

FARTHEST = 12
"""Numbers that an equation types are tried as sizes up to here."""

PATTERNS = 24
"""Signs at the kinks that are tried at one choice of sizes, at most."""


class NoInstance(Exception):
    """The procedure cannot be run or differentiated."""


@dataclass(frozen=True, eq=False)
class Differentiated:
    """A procedure and the backward equation of all that ``of`` is computed from."""

    procedure: Procedure
    of: str
    rules: Mapping[str, Node]
    _kept: dict[tuple[int, ...], Place] = field(default_factory=dict, repr=False)
    _regions_kept: dict[Place, Region] = field(default_factory=dict, repr=False)

    @cached_property
    def problem(self) -> Problem:
        return Problem(self.procedure, self.rules)

    @cached_property
    def regions(self) -> tuple[Region, ...]:
        """What a proof looks at: every sign, and one 0, at the kinks of a small run; every label; several sizes."""
        return tuple(self.region(place) for place in self._regions())

    def region(self, place: Place) -> Region:
        """One region with both derivatives at its kink."""
        if place not in self._regions_kept:
            low = Residues(self.problem, place)
            self._regions_kept[place] = (low, low if place.zero is None else Residues(self.problem, place, slope=1))
        return self._regions_kept[place]

    def around(self, equation: Equation) -> tuple[Place, ...]:
        """Places with other sizes, for an equation that may mean sizes and places by numbers.

        At and around every number that it types; where it names sizes, small ones in every combination.
        """
        named = sorted(equation.uses() & set(self.procedure.sizes))
        if not named and not equation.places(self.procedure.labels):
            return ()
        typed = [int(number) for number in equation.numbers() if number.denominator == 1 and 0 <= number <= FARTHEST]
        found: dict[Place, None] = {}
        for counts in product(SMALL, repeat=len(named[:MOST])) if named else ():
            found[self._kept_place({**self.sizes(0), **dict(zip(named, counts))}, 0)] = None
        for size in self.procedure.sizes:
            for count_ in sorted({near for number in typed for near in (number - 1, number, number + 1) if near > 0}):
                sizes = {**self.sizes(0), size: count_}
                for turn in range(self._classes(sizes) if size in self.procedure.labels.values() else 1):
                    found[self._kept_place(sizes, turn)] = None
        return tuple(found)

    def _kept_place(self, sizes: Mapping[str, int], turn: int) -> Place:
        key = (*sizes.values(), turn)
        if key not in self._kept:
            self._kept[key] = Place(sizes, self.labels(sizes, turn), seed=1000 + turn)
        return self._kept[key]

    @cached_property
    def numbers(self) -> tuple[Numbers, ...]:
        """Two points of real numbers that every proof is held against."""
        return Numbers(self.problem, self.places[0]), Numbers(self.problem, self.places[-1])

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Where real numbers are tried first: the small point that feedback shows, zeros, other sizes and labels."""
        small = self.sizes(0)
        found = [Place(small, self.labels(small, seed), seed=seed) for seed in range(2)]
        found += [Place(small, self.labels(small, 1), zero=zero, seed=3) for zero in self._zeros(small)]
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
        return {name: turn % count(sizes, size) for name, size in self.procedure.labels.items()}

    def _classes(self, sizes: Mapping[str, int]) -> int:
        return max((count(sizes, size) for size in self.procedure.labels.values()), default=1)

    def _kinks(self, sizes: Mapping[str, int]) -> Mapping[Node, Signs]:
        return Bounds(self.problem, Place(sizes, self.labels(sizes, 0))).kinks

    def _zeros(self, sizes: Mapping[str, int]) -> list[tuple[str, int]]:
        """Entries of steps that stand under a kink and can be made 0."""
        kinks = self._kinks(sizes)
        return [(step, i) for step in sorted(self.problem.kinked) for i in range(min(_entries(kinks[Name(step)]), 3))]

    def _regions(self) -> Iterator[Place]:
        turns = [self.sizes(turn) for turn in range(max(len(self.procedure.sizes), 3))]
        entries = [sum(map(_entries, self._kinks(sizes).values())) for sizes in turns]
        for turn, sizes in enumerate(turns):
            patterns = self._patterns(sizes, entries[turn], entries[turn] == min(entries))
            for place in range(max(len(patterns), self._classes(sizes))):
                signs, zero = patterns[place % len(patterns)]
                yield Place(sizes, self.labels(sizes, place), signs, zero, 100 * turn + place)

    def _patterns(self, sizes: Mapping[str, int], entries: int, all_: bool) -> list[tuple[Pattern, Zero]]:
        """Signs at the kinks: all of them where they are few, with and without a zero, else some."""
        zeros: list[Zero] = [None, *self._zeros(sizes)]
        if not entries:
            return [((1,), None)]
        if all_ and 2**entries * len(zeros) <= PATTERNS:
            # The entry that is 0 gets no sign.
            return [
                (signs or (1,), zero)
                for zero in zeros
                for signs in product((1, -1), repeat=entries - (zero is not None))
            ]
        return [((1, -1), None), ((-1, 1, 1), None), *(((-1, 1), zero) for zero in zeros[1:])][
            : PATTERNS if all_ else 2
        ]


Pattern = tuple[int, ...]
Zero = Union[tuple[str, int], None]


def count(sizes: Mapping[str, int], size: str) -> int:
    """How many a size is: by its name, or a number in the config."""
    return int(size) if size.isdigit() else sizes[size]


def _entries(signs: Signs) -> int:
    return sum(map(len, signs))


@lru_cache(maxsize=16)
def differentiated(procedure: Procedure, of: str, parameters: tuple[str, ...] = ()) -> Differentiated:
    """The derivative of a procedure, kept for the next call.

    Raises:
        NoInstance: the procedure cannot be run or differentiated.
    """
    bare = Differentiated(procedure, of, {})
    sizes = bare.sizes(0)
    try:
        names = Bounds(bare.problem, Place(sizes, bare.labels(sizes, 0)))
        found = Differentiated(procedure, of, adjoint.equations(procedure, of, names.shape, parameters))
        for low, _ in found.regions[:1]:
            for name in found.problem.bars:
                low.value(name)
    except (ShapeError, Unplaced, Limit, adjoint.NotDifferentiable) as error:
        raise NoInstance(f"the procedure does not run: {error}") from error
    return found
