"""A procedure ready to judge with: its derivative, the regions of a proof, and points to try real numbers at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import product

from grader.gradients import adjoint
from grader.gradients.equation import Equation
from grader.gradients.points import Bounds, Numbers, Place, Problem, Residues
from grader.gradients.procedure import Procedure
from grader.gradients.proof import Region
from grader.gradients.shapes import Matrix, NoValue, length
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
class Differentiated(Problem):
    """A problem with where to look at it."""

    _kept: dict[Place, Region] = field(default_factory=dict, repr=False)

    @cached_property
    def regions(self) -> tuple[Region, ...]:
        """What a proof looks at: every sign, and one 0, at the kinks of a small run; every label; several sizes."""
        return tuple(self.region(place) for place in self._regions())

    def region(self, place: Place) -> Region:
        """One region with both derivatives at its kink."""
        if place not in self._kept:
            low = Residues(self, place)
            self._kept[place] = (low, low if place.zero is None else Residues(self, place, slope=1))
        return self._kept[place]

    def around(self, equation: Equation) -> tuple[Place, ...]:
        """Places with other sizes, for an equation that may mean sizes and places by numbers.

        At and around every number that it types; where it names sizes, small ones in every combination.
        """
        named = sorted(equation.uses & set(self.procedure.sizes))
        if not named and not equation.places(self.procedure.labels):
            return ()
        typed = [int(number) for number in equation.numbers() if number.denominator == 1 and 0 <= number <= FARTHEST]
        found: dict[Place, None] = {}
        for counts in product(SMALL, repeat=len(named[:MOST])) if named else ():
            found[self._place({**self.sizes(0), **dict(zip(named, counts))}, 0)] = None
        for size in self.procedure.sizes:
            for count in sorted({near for number in typed for near in (number - 1, number, number + 1) if near > 0}):
                sizes = {**self.sizes(0), size: count}
                for turn in range(self._classes(sizes) if size in self.procedure.labels.values() else 1):
                    found[self._place(sizes, turn)] = None
        return tuple(found)

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
        return {name: turn % length(size, sizes) for name, size in self.procedure.labels.items()}

    def _classes(self, sizes: Mapping[str, int]) -> int:
        return max((length(size, sizes) for size in self.procedure.labels.values()), default=1)

    def _kinks(self, sizes: Mapping[str, int]) -> Mapping[Node, Matrix]:
        return Bounds(self, Place(sizes, self.labels(sizes, 0))).kinks

    def _zeros(self, sizes: Mapping[str, int]) -> list[tuple[str, int]]:
        """Entries of steps that stand under a kink and can be made 0."""
        kinks = self._kinks(sizes)
        return [(step, i) for step in sorted(self.kinked) for i in range(min(len(kinks[Name(step)].entries), 3))]

    def _regions(self) -> Iterator[Place]:
        turns = [self.sizes(turn) for turn in range(max(len(self.procedure.sizes), 3))]
        entries = [sum(len(signs.entries) for signs in self._kinks(sizes).values()) for sizes in turns]
        for turn, sizes in enumerate(turns):
            patterns = self._patterns(sizes, entries[turn], entries[turn] == min(entries))
            for place in range(max(len(patterns), self._classes(sizes))):
                signs, zero = patterns[place % len(patterns)]
                yield Place(sizes, self.labels(sizes, place), signs, zero, 100 * turn + place)

    def _patterns(
        self, sizes: Mapping[str, int], entries: int, all_: bool
    ) -> list[tuple[tuple[int, ...], tuple[str, int] | None]]:
        """Signs at the kinks: all of them where they are few, with and without a zero, else some."""
        zeros: list[tuple[str, int] | None] = [None, *self._zeros(sizes)]
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


@lru_cache(maxsize=16)
def differentiated(procedure: Procedure, of: str, parameters: tuple[str, ...] = ()) -> Differentiated:
    """The derivative of a procedure, kept for the next call.

    Raises:
        NoInstance: the procedure cannot be run or differentiated.
    """
    try:
        shape = Problem(procedure, {}).bounds.shape
        found = Differentiated(procedure, adjoint.equations(procedure, of, shape, parameters))
        for low, _ in found.regions[:1]:
            for name in found.bars:
                low.value(name)
    except (NoValue, adjoint.NotDifferentiable) as error:
        raise NoInstance(f"the procedure does not run: {error}") from error
    return found
