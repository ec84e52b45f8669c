"""Naming the slip in a wrong equation: which change of the right rule gives the student's values everywhere.

In the order to read in: the slips that have a name, and the search. Read forwards (``made``) a slip changes the right
rule, and explains an equation that gives the same values, however it is written. Read backwards (``mended``) it changes
the typed equation, and explains one that is right without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import islice, product

from grader.gradients import evaluation, procedure
from grader.gradients.evaluation import TRUE, Attempt, Budget, View
from grader.gradients.matrices import FIELDS, Matrix, NoValue, mapped
from grader.gradients.points import Differentiated, Residues
from grader.gradients.procedure import Equation, Mistake, bar
from grader.gradients.proof import aligned
from grader.language import nodes
from grader.language.nodes import ONE, TWO, Call, Name, Negative, Node, Power, Product, Sum, Transpose, names
from grader.slips import term_turned, without_factor, without_term

Change = tuple[tuple[Mistake, ...], Node]
"""Slips, and a node with them or without them."""

Edit = tuple[Mistake, Node]

ONEHOT = Mistake(
    "backward.onehot", "The one-hot vector is missing: only the entry of the true class counts, the others are 0."
)

MATRIX_PRODUCT = Mistake("backward.product", "A matrix product stands where an entrywise product (∘) belongs.")


def everywhere(node: Node, edit: Callable[[Node], Iterator[Edit]]) -> Iterator[Change]:
    """Every result of applying an edit at one place of a node; indices and what derivatives are of stay names."""
    made: list[Mistake] = []

    def rule(part: Node) -> Iterator[Node]:
        for slip, changed in edit(part):
            made.append(slip)
            yield changed

    for changed in nodes.changed_somewhere(node, rule):
        # The walker takes one change at a time from the rule, so the last slip is the one that made this change.
        slip = made.pop()
        entries = [part for part in nodes.parts(changed) if isinstance(part, nodes.Entry)]
        if all(isinstance(index, (Name, nodes.Number)) for entry in entries for index in entry.indices):
            yield (slip,), changed


def _only_there(node: Node, here: Node) -> Iterator[Edit]:
    """An entry, or a term of it, in the place of the true class alone."""
    if isinstance(node, nodes.Entries):
        yield ONEHOT, replace(node, body=Product((node.body, here), ("*",)))
    if isinstance(node, Sum):
        for place, term in enumerate(node.terms):
            changed = Product((term, here), ("*",))
            yield ONEHOT, replace(node, terms=(*node.terms[:place], changed, *node.terms[place + 1 :]))


def transposed(node: Node) -> Iterator[Edit]:
    """One transpose more or less."""
    if isinstance(node, Transpose):
        yield Mistake("backward.transpose", f"There is a transpose too many{_at(node.operand)}."), node.operand
    elif isinstance(node, (Name, Call, Sum)):
        yield Mistake("backward.transpose", f"A transpose is missing{_at(node)}."), Transpose(node)


def _sign(node: Node) -> Iterator[Edit]:
    if isinstance(node, Sum):
        for place, term in enumerate(node.terms):
            message = f"The sign of one term is the other way round: the one with {_among(term)}."
            yield Mistake("backward.sign", message), term_turned(node, place)


def _minus(node: Node) -> Iterator[Edit]:
    if isinstance(node, Negative):
        slip = Mistake("backward.sign", f"There is a minus sign too many, before {_among(node.operand)}.")
        yield slip, node.operand


def _forgotten(node: Node) -> Iterator[Edit]:
    if isinstance(node, Transpose):
        yield Mistake("backward.transpose", f"A transpose is missing{_at(node.operand)}."), node.operand
    for part, rest in _shorter(node):
        message = f"A term is missing: nothing comes from {_among(part)}. Each step that reads it adds one."
        yield _missing(part) if isinstance(node, Product) else Mistake("backward.term", message), rest
    if isinstance(node, Call) and node.function == "onehot":
        yield ONEHOT, Call("ones", ())


def _missing(factor: Node) -> Mistake:
    if any(name.endswith("_bar") for name in names(factor)):
        message = "The upstream gradient is missing: the local derivative alone is not the gradient."
        return Mistake("backward.upstream_missing", message)
    if isinstance(factor, Call) and factor.function == "onehot":
        return ONEHOT
    if isinstance(factor, Call) and factor.derivative:
        return Mistake("backward.derivative_missing", f"The derivative of {factor.function} is missing.")
    return Mistake("backward.factor_missing", "A factor is missing.")


def _joined(node: Node) -> Iterator[Edit]:
    if not isinstance(node, Product) or len(node.factors) != 2:
        return
    left, right = node.factors
    if node.signs == ("∘",):
        for one, other in ((Transpose(left), right), (left, Transpose(right)), (right, Transpose(left))):
            yield MATRIX_PRODUCT, Product((one, other), ("",))
    elif node.signs == ("/",):
        message = f"A quotient is the wrong way round, or a product: look at {_among(right)}."
        slip = Mistake("backward.quotient", message)
        yield slip, Product((left, right), ("∘",))
        yield slip, Product((right, left), ("/",))
        yield slip, Product((left, Power(right, TWO)), ("/",))


def _rejoined(node: Node) -> Iterator[Edit]:
    if not isinstance(node, Product):
        return
    for place, sign in enumerate(node.signs):
        if sign in ("∘", "*"):
            slip = Mistake("backward.product", "An entrywise product stands where a matrix product belongs.")
            yield slip, replace(node, signs=(*node.signs[:place], "@", *node.signs[place + 1 :]))
        if sign in ("", "@", "*"):
            yield MATRIX_PRODUCT, replace(node, signs=(*node.signs[:place], "∘", *node.signs[place + 1 :]))
    for place in range(len(node.factors) - 1):
        left, right = node.factors[place : place + 2]
        turned = (*node.factors[:place], right, left, *node.factors[place + 2 :])
        yield Mistake("backward.order", "Two factors stand in the wrong order."), replace(node, factors=turned)


def surplus(node: Node) -> Iterator[Edit]:
    """A factor or a term less."""
    for part, rest in _shorter(node):
        kind, where = ("factor", _at(part)) if isinstance(node, Product) else ("term", f": the one with {_among(part)}")
        yield Mistake("backward.surplus", f"There is a {kind} too many{where}."), rest


def _shorter(node: Node) -> Iterator[tuple[Node, Node]]:
    """Each factor or term, and what is left without it."""
    if isinstance(node, Product):
        yield from ((factor, without_factor(node, place)) for place, factor in enumerate(node.factors))
    elif isinstance(node, Sum):
        yield from ((term, without_term(node, place)) for place, term in enumerate(node.terms))


def _at(node: Node) -> str:
    """What a message can point at: a name, or a sum by the names in it."""
    if isinstance(node, Sum):
        return f": the bracket with {_among(node)}"
    return f": {node.name}" if isinstance(node, Name) else ""


def _among(node: Node) -> str:
    """The names in a part of an equation, gradients alone where there are some."""
    inside = sorted(names(node))
    gradients = [name for name in inside if name.endswith("_bar")]
    return ", ".join(gradients or inside) or "the number"


LARGEST = 200
"""Nodes of an equation that is still searched."""

SEARCHED = 1500
"""Changed equations that are tried, at most, in each of the searches."""

STEPS = 100_000
"""Of the evaluations of one search together."""

REGIONS = 3
"""Regions on which a changed equation must give the student's values."""

RARE = frozenset({"backward.derivative_wrong", "backward.derivative_other"})
"""Two of these at once explain much and happen to nobody."""


def named(variable: str, equation: Equation, view: View, differentiated: Differentiated) -> tuple[Mistake, ...]:
    """The slips that a wrong equation comes from; none where no change of the table explains its values."""
    search = _Search(variable, equation, differentiated)
    typed = _inlined(equation)
    runs = [*search.runs(equation.node, view, equation.where)]
    given = [value for value, _ in runs if value is not None]
    open_ = frozenset[int]().union(*(asked for _, asked in runs))
    if len(given) < len(runs):
        return search.correction(search.twice(typed))
    if search.is_right(given):
        # What is wrong shows at a kink, beyond a threshold or at other sizes: none of the slips.
        return ()
    rule = differentiated.rules[variable]
    unused = {name: node for name, node in differentiated.bars.items() if name not in equation.uses}
    found = (
        (search.plain(given) if not open_ else ())
        or search.mistake(given, search.made(rule), open_)
        or search.mistake(given, search.made(_written_out(rule, unused)), open_)
    )
    if found or open_:
        # Where its value hangs on what a region leaves open, little can be held against it.
        return found or search.correction(everywhere(typed, surplus))
    return (
        search.correction(search.mended(typed))
        or search.scaled
        or search.mistake(given, search.double(rule), open_)
        or search.correction(search.twice(typed))
        or search.scaled
    )


def _inlined(equation: Equation) -> Node:
    """The equation with its definitions written out; a gap, in which nothing can be changed, where that gets long."""
    plain = {name: meaning for name, meaning in equation.where.items() if not isinstance(meaning, nodes.Function)}
    if any(nodes.size(meaning) > LARGEST or name in nodes.names(meaning) for name, meaning in plain.items()):
        return nodes.Gap()
    node = _written_out(equation.node, plain)
    return node if nodes.size(node) <= LARGEST else nodes.Gap()


def _written_out(node: Node, meanings: Mapping[str, Node]) -> Node:
    """A node with the meanings of names in their places, and so on in these; where that gets long it is left."""
    while meanings.keys() & nodes.names(node) and nodes.size(node) <= LARGEST:
        node = nodes.replaced(node, meanings)
    return node


class _Search:
    """One wrong equation, the changes that may explain it, and the regions on which these are held against it.

    The changes are over the names that it may use; what stands where another name belongs is one that was typed.
    """

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
        names = (*procedure.inputs, *procedure.parameters, *procedure.steps, *sorted(bars))
        self._shapes = {name: value.shape for name in names if (value := first.value(name)) is not None}
        self._parameters, self._labels, self._typed = procedure.parameters, procedure.labels, equation.uses
        self.scaled: tuple[Mistake, ...] = ()

    def made(self, rule: Node) -> Iterator[Change]:
        """The right rule with one slip in it, in every way."""
        for edit in (_sign, _forgotten, self._derivative, self._jacobian, _joined, self._other_made):
            yield from everywhere(rule, edit)

    def mended(self, typed: Node) -> Iterator[Change]:
        """A typed equation with one thing changed, in every way."""
        for edit in (transposed, _sign, _minus, self._function, _rejoined, surplus, self._other_mended):
            yield from everywhere(typed, edit)
        for bound, label in product(typed.indices if isinstance(typed, nodes.Entries) else (), self._labels):
            here = nodes.Indicator(nodes.Comparison((Name(bound), Name(label)), ("=",)))
            yield from everywhere(typed, partial(_only_there, here=here))

    # Another name, a function or its derivative, another place

    def _alike(self, node: Node) -> list[str]:
        """The other names of a name's shape: gradients for a gradient and values for a value."""
        if not isinstance(node, Name) or node.name not in self._shapes:
            return []
        shape, gradient = self._shapes[node.name], node.name.endswith("_bar")
        others = [name for name, other in self._shapes.items() if other == shape and name != node.name]
        return [name for name in others if name.endswith("_bar") == gradient]

    def _wrong(self, name: str) -> Mistake:
        if name.endswith("_bar"):
            return Mistake("backward.upstream", f"{name} is not the upstream gradient that belongs there.")
        kind = "parameter" if name in self._parameters else "variable"
        return Mistake("backward.variable", f"{name} stands where another {kind} belongs.")

    def _other_made(self, node: Node) -> Iterator[Edit]:
        yield from ((self._wrong(other), Name(other)) for other in self._alike(node) if other in self._typed)

    def _other_mended(self, node: Node) -> Iterator[Edit]:
        if isinstance(node, Name):
            yield from ((self._wrong(node.name), Name(other)) for other in self._alike(node))

    def _derivative(self, node: Node) -> Iterator[Edit]:
        if not isinstance(node, Call) or node.derivative != 1 or node.function not in procedure.ENTRYWISE:
            return
        function = node.function
        plain = replace(node, derivative=0)
        yield Mistake("backward.derivative", f"{function} itself stands where its derivative belongs."), plain
        yield from self._elsewhere(node)
        wrong = Mistake("backward.derivative_wrong", f"What stands there is not the derivative of {function}.")
        square = Power(plain, TWO)
        for other in ((ONE, Negative(plain)), (plain, square), (ONE, Negative(square)), (ONE, Negative(node))):
            yield wrong, Sum(other)
        for name in sorted(procedure.ENTRYWISE - {function}):
            slip = Mistake("backward.derivative_other", f"This is the derivative of {name}, not of {function}.")
            yield slip, replace(node, function=name)

    def _jacobian(self, node: Node) -> Iterator[Edit]:
        if not isinstance(node, Call) or node.derivative != 1 or node.function in procedure.ENTRYWISE:
            return
        name = node.function
        plain = Call(name, node.arguments)
        outer = Product((plain, Transpose(plain)), ("",))
        diagonal = Mistake(
            "backward.diagonal",
            f"Only the diagonal of the Jacobian of {name} is there. Every output depends on every input, "
            "so the entries off the diagonal count too.",
        )
        yield diagonal, Call("diag", (Call("diag", (node,)),))
        yield diagonal, Call("diag", (plain,))
        wrong = Mistake("backward.jacobian", f"What stands there is not the Jacobian of {name}.")
        minus = Negative(outer)
        for other in (outer, minus, Sum((Call("diag", (plain,)), outer)), Sum((Call("identity", ()), minus))):
            yield wrong, other
        yield from self._elsewhere(node)

    def _elsewhere(self, node: Call) -> Iterator[Edit]:
        place = node.arguments[0]
        shape = self._shapes.get(place.name) if isinstance(place, Name) else None
        for other in [name for name, fits in self._shapes.items() if fits == shape and Name(name) != place]:
            message = f"The derivative of {node.function} is taken at the wrong place: at {other}."
            yield Mistake("backward.place", message), replace(node, arguments=(Name(other),))

    def _function(self, node: Node) -> Iterator[Edit]:
        if not isinstance(node, Call) or len(node.arguments) != 1:
            return
        function = node.function
        if function == "softmax" and not node.derivative:
            message = "softmax itself stands where its derivative belongs."
            yield Mistake("backward.derivative", message), replace(node, derivative=1)
        if function not in procedure.ENTRYWISE or node.derivative > 1:
            return
        message = "has a prime too many" if node.derivative else "itself stands where its derivative belongs"
        yield Mistake("backward.derivative", f"{function} {message}."), replace(node, derivative=1 - node.derivative)
        where, prime = _at(node.arguments[0]), "'" * node.derivative
        for other in self._alike(node.arguments[0]):
            slip = Mistake("backward.place", f"{function}{prime} is taken at the wrong place{where}.")
            yield slip, replace(node, arguments=(Name(other),))

    def double(self, rule: Node) -> Iterator[Change]:
        """The right rule with two slips in it, of which neither is rare."""
        common = ((first, once) for first, once in self.made(rule) if first[0].code not in RARE)
        for first, once in common:
            yield from ((first + second, twice) for second, twice in self.made(once) if second[0].code not in RARE)

    def twice(self, typed: Node) -> Iterator[Change]:
        """A typed equation with one thing changed, and with a transpose and another thing."""
        yield from self.mended(typed)
        for first, once in everywhere(typed, transposed):
            yield from ((first + second, twice) for second, twice in self.mended(once))

    # Values

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
        return self._factor(given, self._gradients) == 1 and any(map(any, (value.entries for value in given)))

    def plain(self, given: list[Matrix]) -> tuple[Mistake, ...]:
        """Zero everywhere, or the right gradient but for a factor."""
        if all(entry == 0 for value in given for entry in value.entries):
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

    def mistake(self, given: list[Matrix], changes: Iterable[Change], open_: Set[int]) -> tuple[Mistake, ...]:
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

    def correction(self, changes: Iterable[Change]) -> tuple[Mistake, ...]:
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
