"""How high the degree of an equation may be, as a function of the entries it is made of: it bounds a proof's error."""

from __future__ import annotations

from grader.gradients.equation import Equation, jacobian
from grader.gradients.shapes import Limit
from grader.language import nodes
from grader.language.nodes import Call, Meaning, Name, Node

HIGHEST = 2**40

OF_A_NAME = 2**7
"""Of all entries of a value of the procedure, in inputs, parameters and the exponentials that it is made of."""

AXIS, ENTRIES = 2**2, 2**4
"""As many entries as an axis and an array have in the regions that every proof looks at."""

LINEAR = frozenset(
    {"sum", "diag", "onehot", "ones", "zeros", "eye", "identity", "relu", "abs", "step", "sign", "max", "min"}
)
"""Functions that are no higher in degree than their arguments."""


def bounded(equation: Equation) -> None:
    """Refuses an equation of a degree beyond any that a proof is good for.

    Raises:
        Limit: its degree may be too high.
    """
    if _Degree(equation).of(equation.node) > HIGHEST:
        raise Limit("The degree of its powers and products is too high.")


class _Degree(Meaning[int]):
    """An upper bound for the degrees of the entries of a value over their common denominator, and of that one.

    Sums and products add these. Where the entries are turned over, or each gets a denominator of its own, the common
    one is the product of all.
    """

    def __init__(self, equation: Equation) -> None:
        self._where = equation.where
        self._known: dict[str, int] = {}

    def other(self, node: Node) -> int:
        return sum(map(self.of, nodes.children(node)))

    def number_(self, node: nodes.Number) -> int:
        return 1

    def indicator_(self, node: nodes.Indicator) -> int:
        return 1

    def choice_(self, node: nodes.Choice) -> int:
        return self.of(node.otherwise) + sum(self.of(value) for _, value in node.branches)

    def name_(self, node: Name) -> int:
        return self._defined(node.name, OF_A_NAME)

    def derivative_(self, node: nodes.Derivative) -> int:
        return self._defined(jacobian(node), OF_A_NAME)

    def product_(self, node: nodes.Product) -> int:
        signs = ("", *node.signs)
        return sum((ENTRIES if sign == "/" else 1) * self.of(factor) for sign, factor in zip(signs, node.factors))

    def power_(self, node: nodes.Power) -> int:
        exponent, turned = node.exponent, 1
        while isinstance(exponent, nodes.Negative):
            exponent, turned = exponent.operand, ENTRIES
        if isinstance(exponent, nodes.Number):
            return self.of(node.base) * turned * (1 + abs(int(exponent.value)))
        return ENTRIES * self.other(node)

    def total_(self, node: nodes.Total) -> int:
        return AXIS * self.of(node.body)

    def entries_(self, node: nodes.Entries) -> int:
        return ENTRIES * self.of(node.body)

    def call_(self, node: Call) -> int:
        inner = max(self.other(node), 1)
        for name in (node.function + "'" * primes for primes in range(node.derivative + 1)):
            if name in self._where:
                return inner * self._defined(name, 1)
        if node.function in LINEAR:
            return inner
        if node.function in ("exp", "sigmoid", "tanh", "softmax"):
            # A power of e is a variable of its own.
            return max(inner, ENTRIES**2)
        return ENTRIES * inner

    def function_(self, node: nodes.Function) -> int:
        return ENTRIES * self.of(node.body)

    def _defined(self, name: str, otherwise: int) -> int:
        if name not in self._where:
            return otherwise
        if name not in self._known:
            # A name in its own definition has the problem's meaning.
            self._known[name] = OF_A_NAME
            self._known[name] = self.of(self._where[name])
        return self._known[name]
