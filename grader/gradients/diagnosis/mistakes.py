"""What a slip does to the right rule: the table of the mistakes that have a name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from grader import slips
from grader.gradients import functions
from grader.gradients.diagnosis import edits
from grader.gradients.diagnosis.edits import Known, Slip
from grader.gradients.functions import ONE, TWO
from grader.language.nodes import Call, Name, Negative, Node, Power, Product, Sum, Transpose, names

ONEHOT = Slip(
    "backward.onehot", "The one-hot vector is missing: only the entry of the true class counts, the others are 0."
)


class Mistakes:
    """The slips in equations over some names."""

    def __init__(self, known: Known) -> None:
        self._names = known

    def of(self, rule: Node) -> Iterator[tuple[Slip, Node]]:
        """The right rule with one slip in it, in every way."""
        for edit in (edits.signs, _forgotten, self._derivative, self._jacobian, _products, self._taken):
            yield from edits.everywhere(rule, edit)

    def _derivative(self, node: Node) -> Iterator[tuple[Slip, Node]]:
        if not isinstance(node, Call) or node.derivative != 1 or node.function not in functions.ENTRYWISE:
            return
        function = node.function
        plain = replace(node, derivative=0)
        yield Slip("backward.derivative", f"{function} itself stands where its derivative belongs."), plain
        yield from self._elsewhere(node)
        wrong = Slip("backward.derivative_wrong", f"What stands there is not the derivative of {function}.")
        square = Power(plain, TWO)
        for other in ((ONE, Negative(plain)), (plain, square), (ONE, Negative(square)), (ONE, Negative(node))):
            yield wrong, Sum(other)
        for name in sorted(functions.ENTRYWISE - {function}):
            slip = Slip("backward.derivative_other", f"This is the derivative of {name}, not of {function}.")
            yield slip, replace(node, function=name)

    def _jacobian(self, node: Node) -> Iterator[tuple[Slip, Node]]:
        if not isinstance(node, Call) or node.derivative != 1 or node.function in functions.ENTRYWISE:
            return
        name = node.function
        plain = Call(name, node.arguments)
        outer = Product((plain, Transpose(plain)), ("",))
        diagonal = Slip(
            "backward.diagonal",
            f"Only the diagonal of the Jacobian of {name} is there. Every output depends on every input, "
            "so the entries off the diagonal count too.",
        )
        yield diagonal, Call("diag", (Call("diag", (node,)),))
        yield diagonal, Call("diag", (plain,))
        wrong = Slip("backward.jacobian", f"What stands there is not the Jacobian of {name}.")
        for other in (outer, Negative(outer), Sum((Call("diag", (plain,)), outer))):
            yield wrong, other
        yield wrong, Sum((Call("identity", ()), Negative(outer)))
        yield from self._elsewhere(node)

    def _elsewhere(self, node: Call) -> Iterator[tuple[Slip, Node]]:
        for other in self._names.alike(node.arguments[0]):
            says = f"The derivative of {node.function} is taken at the wrong place: at {other}."
            yield Slip("backward.place", says), replace(node, arguments=(Name(other),))

    def _taken(self, node: Node) -> Iterator[tuple[Slip, Node]]:
        if isinstance(node, Name):
            for other in self._names.alike(node):
                yield self._names.wrong(other), Name(other)


def _forgotten(node: Node) -> Iterator[tuple[Slip, Node]]:
    if isinstance(node, Transpose):
        yield Slip("backward.transpose", f"A transpose is missing{edits.at(node.operand)}."), node.operand
    elif isinstance(node, Sum):
        for place, term in enumerate(node.terms):
            says = f"A term is missing: nothing comes from {edits.among(term)}. Each step that reads it adds one."
            yield Slip("backward.term", says), slips.without_term(node, place)
    elif isinstance(node, Product):
        for place, factor in enumerate(node.factors):
            yield _missing(factor), slips.without_factor(node, place)
    elif isinstance(node, Call) and node.function == "onehot":
        yield ONEHOT, Call("ones", ())


def _missing(factor: Node) -> Slip:
    if any(name.endswith("_bar") for name in names(factor)):
        says = "The upstream gradient is missing: the local derivative alone is not the gradient."
        return Slip("backward.upstream_missing", says)
    if isinstance(factor, Call) and factor.function == "onehot":
        return ONEHOT
    if isinstance(factor, Call) and factor.derivative:
        return Slip("backward.derivative_missing", f"The derivative of {factor.function} is missing.")
    return Slip("backward.factor_missing", "A factor is missing.")


def _products(node: Node) -> Iterator[tuple[Slip, Node]]:
    if not isinstance(node, Product) or len(node.factors) != 2:
        return
    left, right = node.factors
    if node.signs == ("∘",):
        slip = Slip("backward.product", "A matrix product stands where an entrywise product (∘) belongs.")
        yield slip, Product((Transpose(left), right), ("",))
        yield slip, Product((left, Transpose(right)), ("",))
        yield slip, Product((right, Transpose(left)), ("",))
    elif node.signs == ("/",):
        says = f"A quotient is the wrong way round, or a product: look at {edits.among(right)}."
        slip = Slip("backward.quotient", says)
        yield slip, Product((left, right), ("∘",))
        yield slip, Product((right, left), ("/",))
        yield slip, Product((left, Power(right, TWO)), ("/",))
