"""The slips that have a name in a backward equation: what they do to the right rule, and what puts them right.

Read forwards (``made``) a slip changes the right rule, and explains an equation that gives the same values, however it
is written. Read backwards (``mended``) it changes the typed equation, and explains one that is right without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from grader import slips
from grader.frozen import frozen
from grader.gradients import adjoint
from grader.gradients.adjoint import ONE, TWO
from grader.gradients.procedure import Mistake
from grader.gradients.shapes import Shape
from grader.language import nodes
from grader.language.nodes import Call, Name, Negative, Node, Power, Product, Sign, Sum, Transpose, names

Change = tuple[Mistake, Node]

ONEHOT = Mistake(
    "backward.onehot", "The one-hot vector is missing: only the entry of the true class counts, the others are 0."
)

ENTRYWISE = Mistake("backward.product", "A matrix product stands where an entrywise product (∘) belongs.")


def everywhere(node: Node, edit: Callable[[Node], Iterator[Change]]) -> Iterator[Change]:
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
            yield slip, changed


@frozen
class Changes:
    """The slips over some names: those that an equation may use, with their shapes in one run.

    What stands where another name belongs is one that was ``typed``.
    """

    shapes: Mapping[str, Shape]
    parameters: frozenset[str]
    typed: frozenset[str] = frozenset()

    def made(self, rule: Node) -> Iterator[Change]:
        """The right rule with one slip in it, in every way."""
        for edit in (_sign, _forgotten, self._derivative, self._jacobian, _joined, self._other_made):
            yield from everywhere(rule, edit)

    def mended(self, typed: Node) -> Iterator[Change]:
        """A typed equation with one thing changed, in every way."""
        for edit in (transposed, _sign, _minus, self._function, _rejoined, surplus, self._other_mended):
            yield from everywhere(typed, edit)

    # Another name, a function or its derivative, another place

    def _alike(self, node: Node) -> list[str]:
        """The other names of a name's shape: gradients for a gradient and values for a value."""
        if not isinstance(node, Name) or node.name not in self.shapes:
            return []
        shape, gradient = self.shapes[node.name], node.name.endswith("_bar")
        others = [name for name, other in self.shapes.items() if other == shape and name != node.name]
        return [name for name in others if name.endswith("_bar") == gradient]

    def _wrong(self, name: str) -> Mistake:
        if name.endswith("_bar"):
            return Mistake("backward.upstream", f"{name} is not the upstream gradient that belongs there.")
        kind = "parameter" if name in self.parameters else "variable"
        return Mistake("backward.variable", f"{name} stands where another {kind} belongs.")

    def _other_made(self, node: Node) -> Iterator[Change]:
        yield from ((self._wrong(other), Name(other)) for other in self._alike(node) if other in self.typed)

    def _other_mended(self, node: Node) -> Iterator[Change]:
        if isinstance(node, Name):
            yield from ((self._wrong(node.name), Name(other)) for other in self._alike(node))

    def _derivative(self, node: Node) -> Iterator[Change]:
        if not isinstance(node, Call) or node.derivative != 1 or node.function not in adjoint.ENTRYWISE:
            return
        function = node.function
        plain = replace(node, derivative=0)
        yield Mistake("backward.derivative", f"{function} itself stands where its derivative belongs."), plain
        yield from self._elsewhere(node)
        wrong = Mistake("backward.derivative_wrong", f"What stands there is not the derivative of {function}.")
        square = Power(plain, TWO)
        for other in ((ONE, Negative(plain)), (plain, square), (ONE, Negative(square)), (ONE, Negative(node))):
            yield wrong, Sum(other)
        for name in sorted(adjoint.ENTRYWISE - {function}):
            slip = Mistake("backward.derivative_other", f"This is the derivative of {name}, not of {function}.")
            yield slip, replace(node, function=name)

    def _jacobian(self, node: Node) -> Iterator[Change]:
        if not isinstance(node, Call) or node.derivative != 1 or node.function in adjoint.ENTRYWISE:
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

    def _elsewhere(self, node: Call) -> Iterator[Change]:
        place = node.arguments[0]
        shape = self.shapes.get(place.name) if isinstance(place, Name) else None
        for other in [name for name, fits in self.shapes.items() if fits == shape and Name(name) != place]:
            message = f"The derivative of {node.function} is taken at the wrong place: at {other}."
            yield Mistake("backward.place", message), replace(node, arguments=(Name(other),))

    def _function(self, node: Node) -> Iterator[Change]:
        if not isinstance(node, Call) or len(node.arguments) != 1:
            return
        function = node.function
        if function == "softmax" and not node.derivative:
            message = "softmax itself stands where its derivative belongs."
            yield Mistake("backward.derivative", message), replace(node, derivative=1)
        if function not in adjoint.ENTRYWISE or node.derivative > 1:
            return
        message = "has a prime too many" if node.derivative else "itself stands where its derivative belongs"
        yield Mistake("backward.derivative", f"{function} {message}."), replace(node, derivative=1 - node.derivative)
        where, prime = _at(node.arguments[0]), "'" * node.derivative
        for other in self._alike(node.arguments[0]):
            slip = Mistake("backward.place", f"{function}{prime} is taken at the wrong place{where}.")
            yield slip, replace(node, arguments=(Name(other),))


def transposed(node: Node) -> Iterator[Change]:
    """One transpose more or less."""
    if isinstance(node, Transpose):
        yield Mistake("backward.transpose", f"There is a transpose too many{_at(node.operand)}."), node.operand
    elif isinstance(node, (Name, Call, Sum)):
        yield Mistake("backward.transpose", f"A transpose is missing{_at(node)}."), Transpose(node)


def _sign(node: Node) -> Iterator[Change]:
    if isinstance(node, Sum):
        for place, term in enumerate(node.terms):
            message = f"The sign of one term is the other way round: the one with {_among(term)}."
            yield Mistake("backward.sign", message), slips.term_turned(node, place)


def _minus(node: Node) -> Iterator[Change]:
    if isinstance(node, Negative):
        slip = Mistake("backward.sign", f"There is a minus sign too many, before {_among(node.operand)}.")
        yield slip, node.operand


def _forgotten(node: Node) -> Iterator[Change]:
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


def _joined(node: Node) -> Iterator[Change]:
    if not isinstance(node, Product) or len(node.factors) != 2:
        return
    left, right = node.factors
    if node.signs == ("∘",):
        for one, other in ((Transpose(left), right), (left, Transpose(right)), (right, Transpose(left))):
            yield ENTRYWISE, Product((one, other), ("",))
    elif node.signs == ("/",):
        message = f"A quotient is the wrong way round, or a product: look at {_among(right)}."
        slip = Mistake("backward.quotient", message)
        yield slip, Product((left, right), ("∘",))
        yield slip, Product((right, left), ("/",))
        yield slip, Product((left, Power(right, TWO)), ("/",))


def _rejoined(node: Node) -> Iterator[Change]:
    if not isinstance(node, Product):
        return
    for place, sign in enumerate(node.signs):
        if sign in ("∘", "*"):
            slip = Mistake("backward.product", "An entrywise product stands where a matrix product belongs.")
            yield slip, replace(node, signs=_with(node.signs, place, "@"))
        if sign in ("", "@", "*"):
            yield ENTRYWISE, replace(node, signs=_with(node.signs, place, "∘"))
    for place in range(len(node.factors) - 1):
        left, right = node.factors[place : place + 2]
        turned = (*node.factors[:place], right, left, *node.factors[place + 2 :])
        yield Mistake("backward.order", "Two factors stand in the wrong order."), replace(node, factors=turned)


def surplus(node: Node) -> Iterator[Change]:
    """A factor or a term less."""
    for part, rest in _shorter(node):
        kind, where = ("factor", _at(part)) if isinstance(node, Product) else ("term", f": the one with {_among(part)}")
        yield Mistake("backward.surplus", f"There is a {kind} too many{where}."), rest


def _shorter(node: Node) -> Iterator[tuple[Node, Node]]:
    """Each factor or term, and what is left without it."""
    if isinstance(node, Product):
        yield from ((factor, slips.without_factor(node, place)) for place, factor in enumerate(node.factors))
    elif isinstance(node, Sum):
        yield from ((term, slips.without_term(node, place)) for place, term in enumerate(node.terms))


def _with(signs: tuple[Sign, ...], place: int, sign: Sign) -> tuple[Sign, ...]:
    return (*signs[:place], sign, *signs[place + 1 :])


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
