"""What puts a typed equation right: one change, and the name of the mistake that it mends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from grader import slips
from grader.gradients import functions
from grader.gradients.diagnosis import edits
from grader.gradients.diagnosis.edits import Known, Slip
from grader.gradients.diagnosis.mistakes import ONEHOT
from grader.gradients.spelling import spelled
from grader.language import nodes
from grader.language.nodes import Call, Name, Negative, Node, Product, Sign, Sum, Transpose


class Corrections:
    """The corrections of equations over some names."""

    def __init__(self, known: Known) -> None:
        self._names = known

    def of(self, typed: Node) -> Iterator[tuple[Slip, Node]]:
        """A typed equation with one thing changed, in every way."""
        for edit in (_transposes, _signs, self._functions, _products, self._taken, _surplus, self._indices):
            yield from edits.everywhere(typed, edit)
        if isinstance(typed, nodes.Entries):
            for bound in typed.indices:
                for label in sorted(self._names.labels):
                    here = nodes.Indicator(nodes.Comparison((Name(bound), Name(label)), ("=",)))
                    yield from edits.everywhere(typed, partial(_only_there, here=here))

    def transposes(self, typed: Node) -> Iterator[tuple[Slip, Node]]:
        """A typed equation with one transpose more or less."""
        yield from edits.everywhere(typed, _transposes)

    def _functions(self, node: Node) -> Iterator[tuple[Slip, Node]]:
        if not isinstance(node, Call) or len(node.arguments) != 1:
            return
        function = node.function
        if function == "softmax" and not node.derivative:
            says = "softmax itself stands where its derivative belongs."
            yield Slip("backward.derivative", says), replace(node, derivative=1)
        if function not in functions.ENTRYWISE or node.derivative > 1:
            return
        says = "has a prime too many" if node.derivative else "itself stands where its derivative belongs"
        yield Slip("backward.derivative", f"{function} {says}."), replace(node, derivative=1 - node.derivative)
        where, prime = edits.at(node.arguments[0]), "'" * node.derivative
        for other in self._names.alike(node.arguments[0]):
            slip = Slip("backward.place", f"{function}{prime} is taken at the wrong place{where}.")
            yield slip, replace(node, arguments=(Name(other),))

    def _taken(self, node: Node) -> Iterator[tuple[Slip, Node]]:
        if isinstance(node, Name):
            for other in self._names.alike(node):
                yield self._names.wrong(node.name), Name(other)

    def _indices(self, node: Node) -> Iterator[tuple[Slip, Node]]:
        if isinstance(node, nodes.Entry):
            if len(node.indices) == 2:
                slip = Slip("backward.index", f"The indices of {spelled(node)} stand the other way round.")
                yield slip, replace(node, indices=node.indices[::-1])
            for place, index in enumerate(node.indices):
                for label in sorted(self._names.labels - nodes.names(index)):
                    says = f"{spelled(node)} stands where the entry of the true class {label} belongs."
                    taken = (*node.indices[:place], Name(label), *node.indices[place + 1 :])
                    yield Slip("backward.label", says), replace(node, indices=taken)
        elif isinstance(node, nodes.Entries):
            for bound in node.indices:
                if isinstance(node.body, nodes.Total):
                    turned: dict[str, Node] = {bound: Name(node.body.index), node.body.index: Name(bound)}
                    slip = Slip("backward.index", f"The sum over {node.body.index} runs along the wrong axis.")
                    yield slip, replace(node, body=replace(node.body, body=nodes.replaced(node.body.body, turned)))


def _only_there(node: Node, here: Node) -> Iterator[tuple[Slip, Node]]:
    if isinstance(node, nodes.Entries):
        yield ONEHOT, replace(node, body=Product((node.body, here), ("*",)))
    elif isinstance(node, Sum):
        for place, term in enumerate(node.terms):
            changed = Product((term, here), ("*",))
            yield ONEHOT, replace(node, terms=(*node.terms[:place], changed, *node.terms[place + 1 :]))


def _transposes(node: Node) -> Iterator[tuple[Slip, Node]]:
    if isinstance(node, Transpose):
        yield Slip("backward.transpose", f"There is a transpose too many{edits.at(node.operand)}."), node.operand
    elif isinstance(node, (Name, Call)):
        yield Slip("backward.transpose", f"A transpose is missing{edits.at(node)}."), Transpose(node)


def _signs(node: Node) -> Iterator[tuple[Slip, Node]]:
    yield from edits.signs(node)
    if isinstance(node, Negative):
        yield (
            Slip("backward.sign", f"There is a minus sign too many, before {edits.among(node.operand)}."),
            node.operand,
        )


def _products(node: Node) -> Iterator[tuple[Slip, Node]]:
    if not isinstance(node, Product):
        return
    for place, sign in enumerate(node.signs):
        if sign in ("∘", "*"):
            slip = Slip("backward.product", "An entrywise product stands where a matrix product belongs.")
            yield slip, replace(node, signs=_with(node.signs, place, "@"))
        if sign in ("", "@", "*"):
            slip = Slip("backward.product", "A matrix product stands where an entrywise product (∘) belongs.")
            yield slip, replace(node, signs=_with(node.signs, place, "∘"))
    for place in range(len(node.factors) - 1):
        left, right = node.factors[place : place + 2]
        turned = (*node.factors[:place], right, left, *node.factors[place + 2 :])
        yield Slip("backward.order", "Two factors stand in the wrong order."), replace(node, factors=turned)


def _surplus(node: Node) -> Iterator[tuple[Slip, Node]]:
    if isinstance(node, Product):
        for place, factor in enumerate(node.factors):
            slip = Slip("backward.surplus", f"There is a factor too many{edits.at(factor)}.")
            yield slip, slips.without_factor(node, place)
    elif isinstance(node, Sum):
        for place, term in enumerate(node.terms):
            slip = Slip("backward.surplus", f"There is a term too many: the one with {edits.among(term)}.")
            yield slip, slips.without_term(node, place)


def _with(signs: tuple[Sign, ...], place: int, sign: Sign) -> tuple[Sign, ...]:
    return (*signs[:place], sign, *signs[place + 1 :])
