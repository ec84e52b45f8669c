"""Naming the slip in a wrong equation: which change of the right rule gives the student's values everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from fractions import Fraction
from functools import partial
from itertools import islice

from grader.gradients import evaluation
from grader.gradients.diagnosis.changes import Change, Changes, everywhere, surplus, transposed
from grader.gradients.domains import FIELDS
from grader.gradients.evaluation import TRUE, Attempt, Budget, View
from grader.gradients.points import Differentiated, Residues
from grader.gradients.procedure import Equation, Mistake, bar
from grader.gradients.proof import aligned
from grader.gradients.shapes import Matrix, NoValue, mapped
from grader.language import nodes
from grader.language.nodes import Node

LARGEST = 200
"""Nodes of an equation that is still searched."""

SEARCHED = 1500
"""Changed equations that are tried, at most, in each of the searches."""

STEPS = 100_000
"""Of the evaluations of one search together."""

REGIONS = 3
"""Regions on which a changed equation must give the student's values."""

NOTHING = nodes.Gap()
"""Stands for an equation that is too long to be searched: nothing in it can be changed."""

RARE = frozenset({"backward.derivative_wrong", "backward.derivative_other"})

Changed = tuple[tuple[Mistake, ...], Node]


def named(variable: str, equation: Equation, view: View, differentiated: Differentiated) -> tuple[Mistake, ...]:
    """The slips that a wrong equation comes from; none where no change of the table explains its values."""
    search = _Search(variable, equation, differentiated)
    typed = _inlined(equation) or NOTHING
    runs = [*search.runs(equation.node, view, equation.where)]
    given = [value for value, _ in runs if value is not None]
    open_ = frozenset[int]().union(*(asked for _, asked in runs))
    if len(given) < len(runs):
        return search.correction(_twice(search.changes, typed))
    if search.is_right(given):
        # What is wrong shows at a kink, beyond a threshold or at other sizes: none of the slips.
        return ()
    rule = differentiated.rules[variable]
    unused = {name: node for name, node in differentiated.bars.items() if name not in equation.uses}
    found = (
        (search.plain(given) if not open_ else ())
        or search.mistake(given, _alone(search.changes.made(rule)), open_)
        or search.mistake(given, _alone(search.changes.made(_written_out(rule, unused))), open_)
    )
    if found or open_:
        # Where its value hangs on what a region leaves open, little can be held against it.
        return found or search.correction(_alone(everywhere(typed, surplus)))
    return (
        search.correction(_alone(search.changes.mended(typed)))
        or search.scaled
        or search.mistake(given, _double(search.changes, rule), open_)
        or search.correction(_twice(search.changes, typed))
        or search.scaled
    )


def _alone(changes: Iterable[Change]) -> Iterator[Changed]:
    return (((slip,), changed) for slip, changed in changes)


def _double(changes: Changes, rule: Node) -> Iterator[Changed]:
    # Two wrong derivatives at once explain much and happen to nobody.
    for first, once in changes.made(rule):
        if first.code not in RARE:
            yield from (((first, second), twice) for second, twice in changes.made(once) if second.code not in RARE)


def _twice(changes: Changes, typed: Node) -> Iterator[Changed]:
    """A typed equation with one thing changed, and with a transpose and another thing."""
    yield from _alone(changes.mended(typed))
    for first, once in everywhere(typed, transposed):
        yield from (((first, second), twice) for second, twice in changes.mended(once))


def _inlined(equation: Equation) -> Node | None:
    """The equation with its definitions written out; None where that gets long, or a function is among them."""
    plain = {name: meaning for name, meaning in equation.where.items() if not isinstance(meaning, nodes.Function)}
    if any(nodes.size(meaning) > LARGEST or name in nodes.names(meaning) for name, meaning in plain.items()):
        return None
    node = _written_out(equation.node, plain)
    return node if nodes.size(node) <= LARGEST else None


def _written_out(node: Node, meanings: Mapping[str, Node]) -> Node:
    """A node with the meanings of names in their places, and so on in these; where that gets long it is left."""
    while meanings.keys() & nodes.names(node) and nodes.size(node) <= LARGEST:
        node = nodes.replaced(node, meanings)
    return node


class _Search:
    """One wrong equation and the regions on which changed equations are held against it."""

    def __init__(self, variable: str, equation: Equation, differentiated: Differentiated) -> None:
        self._variable = variable
        self._differentiated = differentiated
        self._where = equation.where
        self._budget = Budget(STEPS)
        # Where nothing is 0 at a kink: every value is there, and none is free.
        regions = [region for region in differentiated.regions if not region.place.fixed]
        self._regions: Sequence[Residues] = regions[:: max(1, len(regions) // REGIONS)][:REGIONS]
        self._gradients = [region[bar(variable)] for region in self._regions]
        first = self._regions[0]
        procedure = differentiated.procedure
        # Its own gradient, and those that can only be known after it, make nothing right.
        later = {bar(name) for name in (variable, *procedure.behind(variable))}
        bars = differentiated.bars.keys() - later
        names = (*procedure.inputs, *procedure.parameters, *differentiated.steps, *sorted(bars))
        self.changes = Changes(
            {name: value.shape for name in names if (value := first.value(name)) is not None},
            frozenset(procedure.parameters),
            equation.uses,
        )
        self.scaled: tuple[Mistake, ...] = ()

    def runs(self, node: Node, view: View, where: Mapping[str, Node]) -> Iterator[tuple[Matrix | None, Set[int]]]:
        """What an equation gives on one region after the other, None for nothing.

        With it the residues whose signs it asks for and the region does not decide: it is one value of several.
        """
        for region in self._regions:
            attempt = Attempt(view, self._budget)
            value: Matrix | None = None
            with suppress(NoValue):
                value = evaluation.value(Equation(node, where), region, attempt, region[self._variable].shape)
            yield value, attempt.asked.keys()

    def _values(self, node: Node, open_: Set[int], where: Mapping[str, Node]) -> Iterator[Matrix | None]:
        """What a changed equation gives, where it leaves nothing open but the signs of some residues."""
        return (value if asked <= open_ else None for value, asked in self.runs(node, TRUE, where))

    def is_right(self, given: list[Matrix]) -> bool:
        """Whether an equation gives the gradient on the regions of the search."""
        return self._factor(given, self._gradients) == 1 and any(map(any, (value.entries for value in given)))

    def plain(self, given: list[Matrix]) -> tuple[Mistake, ...]:
        """Zero everywhere, or the right gradient but for a factor."""
        if not any(entry for value in given for entry in value.entries):
            return (Mistake("backward.zero", f"It is 0 whatever the values are, and {bar(self._variable)} is not."),)
        factor = self._factor(given, self._gradients)
        if factor is not None:
            return (_scale(factor),)
        field = FIELDS[0]
        for size in self._differentiated.procedure.sizes:
            counts = [field.number(Fraction(region.sizes[size])) for region in self._regions]
            for done, operation in (("multiplied", field.times), ("divided", field.over)):
                scaled = [mapped(partial(operation, b=count), each) for count, each in zip(counts, self._gradients)]
                if self._factor(given, scaled) == 1:
                    return (Mistake("backward.factor", f"It is {done} by {size}, and no step does that."),)
        return ()

    def mistake(self, given: list[Matrix], changes: Iterable[Changed], open_: Set[int]) -> tuple[Mistake, ...]:
        """The first slips of the right rule that give the student's values; ``scaled`` keeps those but for a factor."""
        if not any(entry for value in given for entry in value.entries):
            return ()
        for slips, node in islice(changes, SEARCHED):
            factor = self._factor(given, self._values(node, open_, {}))
            if factor == 1:
                return slips
            if factor is not None and not self.scaled:
                self.scaled = (*slips, _scale(factor))
        return ()

    def correction(self, changes: Iterable[Changed]) -> tuple[Mistake, ...]:
        """The slips of the first changed equation that is right."""
        for slips, node in islice(changes, SEARCHED):
            if self._factor(self._values(node, frozenset(), self._where), self._gradients) == 1:
                return slips
        return ()

    def _factor(self, values: Iterable[Matrix | None], others: Iterable[Matrix | None]) -> Fraction | None:
        """The one number that takes the others to the values; None where there is none, 1 where they are the same."""
        field = FIELDS[0]
        factor: int | None = None
        for value, other in zip(values, others):
            turned = None if value is None or other is None else aligned(value, other)
            if turned is None or other is None:
                return None
            for a, b in zip(turned.entries, other.entries):
                if a is None or b is None or bool(a) != bool(b):
                    return None
                if factor is None and b:
                    factor = field.over(a, b)
                if b and a != field.times(factor, b):
                    return None
        return Fraction(1) if factor is None else field.small(factor)


def _scale(factor: Fraction) -> Mistake:
    if factor == -1:
        return Mistake("backward.sign", "The sign is the other way round.")
    return Mistake("backward.factor", f"It is {factor} times what it should be.")
