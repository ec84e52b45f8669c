"""The forward procedure, its backward equations by reverse-mode differentiation, and a student's, all as nodes.

For a step s = f(v, …), the rule of each operation carries s̄ down to the names that f reads; a variable's equation is
the sum over the steps that read it (Griewank and Walther, Evaluating Derivatives, chapter 3). The result is nodes, so
that it is evaluated, compared and written as a student's equation is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property

from grader.assignment import config
from grader.assignment.faults import Faulty, Lines
from grader.frozen import frozen
from grader.gradients import matrices
from grader.gradients.matrices import NUMBER, Axis, Shape
from grader.language import nodes, reading, writing
from grader.language.nodes import Call, Meaning, Name, Negative, Node, Number, Power, Product, Sign, Sum, Transpose


@dataclass(frozen=True, eq=False)
class Procedure:
    """A procedure is itself and no other: what is computed from it is kept by identity.

    Shapes are over the names of the sizes; a label is its name and the size that counts its classes."""

    sizes: tuple[str, ...]
    inputs: Mapping[str, tuple[str, ...]]
    labels: Mapping[str, str]
    parameters: Mapping[str, tuple[str, ...]]
    steps: Mapping[str, Node]

    @property
    def variables(self) -> tuple[str, ...]:
        """Inputs, labels and steps, in forward order: what the computation graph is over."""
        return (*self.inputs, *self.labels, *self.steps)

    @property
    def edges(self) -> tuple[tuple[str, str], ...]:
        """The computation graph: an edge from each variable to each step that reads it. Parameters are left out."""
        return tuple(
            (read, step) for step, node in self.steps.items() for read in self.variables if read in nodes.names(node)
        )

    def behind(self, variable: str) -> frozenset[str]:
        """Every variable and parameter that a variable is computed from."""
        known = {*self.variables, *self.parameters}
        parents = {step: nodes.names(node) & known for step, node in self.steps.items()}
        return reached(parents.get(variable, ()), lambda name: parents.get(name, ()))


_NOWHERE = Lines()


def read(stated: config.Procedure, name: str = "", lines: Lines = _NOWHERE) -> Procedure:
    """A procedure with its steps read; ``name`` is what the config calls it, and ``lines`` where.

    Raises ``config.Faulty`` for a step that cannot be read.
    """
    known = [*stated.sizes, *stated.inputs, *stated.label, *stated.parameters]
    steps: dict[str, Node] = {}
    for step, text in stated.steps.items():
        try:
            steps[step] = reading.equation(text, [*known, *steps]).node
        except reading.Unreadable as error:
            raise Faulty(lines.located(("procedures", name, "steps", step), str(error))) from None
    return Procedure(tuple(stated.sizes), stated.inputs, stated.label, stated.parameters, steps)


LONGEST = 60


def spelled(node: Node) -> str:
    """A part of an equation as a message quotes it; what is long is cut."""
    text = writing.text(node)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def bar(variable: str) -> str:
    """The name of a variable's gradient."""
    return f"{variable}_bar"


def jacobian(node: nodes.Derivative) -> str:
    """The name under which a student defines a Jacobian: ``∂y'/∂y``."""
    return f"∂{node.of.name}/∂{node.by.name}"


@frozen
class Mistake:
    """What is wrong with an equation: its code, and the message that tells the student."""

    code: str
    message: str


@frozen
class Equation:
    """``variable_bar = node``; ``where`` are the student's own names, of which the node may use some.

    In a chain of equalities the node is the last member, and ``others`` are the ones before it; ``read_otherwise`` is
    what the last one says where its text may be read in two ways. A name that occurs in its own definition has the
    problem's meaning there.
    """

    node: Node
    where: Mapping[str, Node] = field(default_factory=dict, hash=False)
    others: tuple[Node, ...] = ()
    read_otherwise: Node | None = None

    @cached_property
    def uses(self) -> frozenset[str]:
        """Every name that the equation comes down to, through its definitions."""
        return reached(_named(self.node), lambda name: _named(self.where[name]) if name in self.where else ())

    def numbers(self) -> frozenset[Fraction]:
        """Every number that the equation and the definitions that it uses type."""
        return frozenset(node.value for node in self._nodes() if isinstance(node, nodes.Number))

    def places(self, labels: Collection[str]) -> bool:
        """Whether a place along an axis may occur as a number: by entries, or as a class label."""
        return any(
            isinstance(node, (nodes.Entry, nodes.Entries)) or (isinstance(node, nodes.Name) and node.name in labels)
            for node in self._nodes()
        )

    def stated(self, member: Node) -> tuple[nodes.Derivative, ...]:
        """The derivatives in a member, and in the definitions that it uses, that the student leaves as they are."""
        found = (part for part in replace(self, node=member)._nodes() if isinstance(part, nodes.Derivative))
        return tuple(dict.fromkeys(part for part in found if jacobian(part) not in self.where))

    def _nodes(self) -> Iterator[Node]:
        for root in (self.node, *(self.where[name] for name in sorted(self.uses & self.where.keys()))):
            yield from nodes.parts(root)

    def circle(self, known: Collection[str]) -> tuple[str, ...]:
        """A definition that comes down to itself, by way of others, and itself again; empty where none does.

        In its own definition a name that is ``known`` to the problem has the problem's meaning.
        """
        asks = {
            name: frozenset(_named(node)) - ({name} if name in known or isinstance(node, nodes.Function) else set())
            for name, node in self.where.items()
            if name in self.uses
        }
        return next((around for name in sorted(self.uses) if (around := circle(asks, name))), ())


def _named(node: Node) -> Iterator[str]:
    """Names, functions and Jacobians that occur in a node."""
    pending = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, nodes.Name):
            yield current.name
        elif isinstance(current, nodes.Derivative):
            yield jacobian(current)
            continue
        elif isinstance(current, nodes.Call):
            yield from (current.function + "'" * primes for primes in range(current.derivative + 1))
        pending.extend(nodes.children(current))


def reached(names: Iterable[str], asks: Callable[[str], Iterable[str]]) -> frozenset[str]:
    """Some names, and all that these come down to."""
    found: set[str] = set()
    pending = [*names]
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending.extend(asks(name))
    return frozenset(found)


def circle(asks: Mapping[str, frozenset[str]], start: str) -> tuple[str, ...]:
    """The shortest way from a name back to itself; empty where there is none."""
    ways: dict[str, tuple[str, ...]] = {start: (start,)}
    pending = [start]
    for name in pending:
        for asked in sorted(asks.get(name, ())):
            if asked == start:
                return (*ways[name], start)
            if asked not in ways:
                ways[asked] = (*ways[name], asked)
                pending.append(asked)
    return ()


# Reverse mode

KINKED = frozenset({"relu", "step", "sign", "abs"})
"""Functions with a place where the derivative is a matter of taste."""

SMOOTH = frozenset({"identity", "square", "cube", "sqrt", "sigmoid", "tanh", "exp", "log"})

ENTRYWISE = KINKED | SMOOTH
"""Functions that act on each entry alone and have a derivative here."""

WHOLE = frozenset({"softmax", "sum", "diag", "onehot", "ones", "zeros", "eye", "identity"})
"""Functions of a vector or matrix as a whole."""

LARGEST = 500
"""Nodes of a function that is differentiated: its derivative may have that many squared."""


class NotDifferentiable(Exception):
    """Something that there is no rule for."""


def backward_equations(
    procedure: Procedure, of: str, shape: Callable[[Node], Shape], parameters: tuple[str, ...] = ()
) -> Mapping[str, Node]:
    """The backward equation of every variable that ``of`` is computed from, from ``of`` (1) down, and of parameters.

    ``shape`` says what the parts of the steps give. Raises ``NotDifferentiable`` for an operation without a rule.
    """
    behind = procedure.behind(of)
    wanted = [v for v in procedure.variables if v in behind and v not in procedure.labels]
    shares: dict[str, list[Node]] = {name: [] for name in (*parameters, *wanted)}
    for step, node in procedure.steps.items():
        if step in behind or step == of:
            for name, share in _Pullback(shape, Name(bar(step))).of(node):
                if name in shares:
                    shares[name].append(share)
    return {of: nodes.ONE, **{name: nodes.added(shares[name]) for name in (*reversed(wanted), *parameters)}}


def derivative(function: nodes.Function, times: int) -> Node:
    """The derivative of a function of one parameter, of each entry alone or another name for a known function.

    Raises ``NotDifferentiable`` for an operation without a rule and for what acts on a vector as a whole, ``Limit``
    where it gets too long.
    """
    (parameter,), body = function.parameters, function.body
    if isinstance(body, Call) and body.arguments == (Name(parameter),):
        body, times = replace(body, derivative=body.derivative + 1), times - 1
    alone = entrywise(body) if times else body
    if alone is None:
        raise NotDifferentiable("it is a function of a whole vector")
    for _ in range(times):
        if nodes.size(alone) > LARGEST:
            raise matrices.Limit("A derivative of a function gets too long.")
        alone = nodes.added(
            [share for name, share in _Pullback(lambda _: NUMBER, nodes.ONE).of(alone) if name == parameter]
        )
    calls = [part for part in nodes.parts(alone) if isinstance(part, Call)]
    if any(call.derivative > 1 and call.function in ENTRYWISE for call in calls):
        raise NotDifferentiable("it has a second derivative in it")
    return alone


def entrywise(body: Node) -> Node | None:
    """A formula in numbers with its products by entries, so that it acts on a vector; None where it is none."""
    for part in nodes.parts(body):
        if isinstance(part, (Transpose, nodes.Array, nodes.Entry, nodes.Entries, nodes.Total)):
            return None
        if isinstance(part, Call) and part.function in WHOLE - {"identity"}:
            return None

    def by_entries(node: Node) -> Node:
        if isinstance(node, Product):
            return replace(node, signs=tuple("/" if sign == "/" else "∘" for sign in node.signs))
        return node

    return nodes.changed_everywhere(body, by_entries)


Shares = list[tuple[str, Node]]
"""Names, each with a part of its gradient."""


class _Pullback(Meaning[Shares]):
    """What an operation passes down of its own gradient, ``up``: its vector-Jacobian product."""

    def __init__(self, shape: Callable[[Node], Shape], up: Node) -> None:
        self._shape, self._up = shape, up

    def _down(self, node: Node, up: Node) -> Shares:
        return _Pullback(self._shape, up).of(node)

    def other(self, node: Node) -> Shares:
        raise NotDifferentiable(f"no rule for {type(node).__name__}")

    def name_(self, node: Name) -> Shares:
        return [(node.name, self._up)]

    def _constant(self, node: Node) -> Shares:
        return []

    number_ = indicator_ = gap_ = _constant

    def negative_(self, node: Negative) -> Shares:
        return self._down(node.operand, nodes.negated(self._up))

    def transpose_(self, node: Transpose) -> Shares:
        return self._down(node.operand, _transpose(self._up))

    def sum_(self, node: Sum) -> Shares:
        whole = self._shape(node)
        return [share for term in node.terms for share in self._down(term, self._narrowed(self._up, whole, term))]

    def _narrowed(self, up: Node, whole: Shape, part: Node) -> Node:
        """What reaches a number or vector that was added to, or multiplied with, every entry or row of something."""
        shape = self._shape(part)
        if whole in (shape, NUMBER) or matrices.OPEN in whole:
            return up
        if shape == NUMBER:
            return Call("sum", (up,))
        if matrices.is_vector(shape) and not matrices.is_vector(whole):
            return _times(Transpose(up), "", Call("ones", (_size(whole[0]),)))
        return up

    def product_(self, node: Product) -> Shares:
        join = matrices.joined_up(tuple(self._shape(factor) for factor in node.factors), node.signs)
        if join.way is None:
            raise NotDifferentiable("a product that does not fit")
        return self._joined(node, join, self._up)

    def _joined(self, node: Product, join: matrices.Side, up: Node) -> Shares:
        if not isinstance(join, matrices.Join):
            return self._down(node.factors[join], up)
        left, right = (matrices.written(side, node) for side in (join.left, join.right))
        if join.way == "identity":
            raise NotDifferentiable("a product with the identity matrix")
        if join.way == "matrix":
            to_left, to_right = _times(up, "", _transpose(right)), _times(_transpose(left), "", up)
        elif join.way == "row":
            to_left, to_right = _times(right, "", up), _times(left, "", _transpose(up))
        elif join.way == "divide":
            to_left = _times(up, "/", right)
            to_right = nodes.negated(_times(_times(up, "∘", left), "/", Power(right, nodes.TWO)))
        else:
            to_left, to_right = _times(up, "∘", right), _times(up, "∘", left)
        return [
            *self._joined(node, join.left, self._narrowed(to_left, join.shape, left)),
            *self._joined(node, join.right, self._narrowed(to_right, join.shape, right)),
        ]

    def power_(self, node: Power) -> Shares:
        shape = self._shape(node.base)
        if (
            not isinstance(node.exponent, Number)
            or matrices.OPEN in shape
            or (shape[0] == shape[1] and shape != NUMBER)
        ):
            raise NotDifferentiable("a power is differentiated where the exponent is a number and the base not square")
        exponent = node.exponent.value
        slope = _times(node.exponent, "∘", Power(node.base, Number(exponent - 1)))
        return self._down(
            node.base, _times(self._up, "∘", slope if exponent != 2 else _times(node.exponent, "", node.base))
        )

    def choice_(self, node: nodes.Choice) -> Shares:
        whole = self._shape(node)
        shares: Shares = []
        for chosen, value in enumerate([*(value for _, value in node.branches), node.otherwise]):
            branches = tuple(
                (condition, self._up if place == chosen else nodes.ZERO)
                for place, (condition, _) in enumerate(node.branches)
            )
            left = self._up if chosen == len(branches) else nodes.ZERO
            reached = nodes.Choice(branches, node.otherwise if isinstance(node.otherwise, nodes.Gap) else left)
            shares += self._down(value, self._narrowed(reached, whole, value))
        return shares

    def call_(self, node: Call) -> Shares:
        name, up = node.function, self._up
        if not node.arguments or name in ("onehot", "ones", "zeros", "eye"):
            return []
        if name in ("max", "min") and len(node.arguments) == 2 and not node.derivative:
            # max(a, b) is b + relu(a - b), and min(a, b) is a - relu(a - b).
            a, b = node.arguments
            above = Call("relu", (Sum((a, Negative(b))),))
            return self.of(Sum((b, above) if name == "max" else (a, Negative(above))))
        known = name in ENTRYWISE | WHOLE
        if (node.derivative and known) or len(node.arguments) != 1:
            raise NotDifferentiable(f"no rule for {name}")
        (argument,) = node.arguments
        if name == "log":
            return self._down(argument, _times(up, "/", argument))
        if name == "exp":
            return self._down(argument, _times(node, "∘", up))
        if name == "softmax":
            return self._down(argument, self._softmax(node, argument))
        if name == "sum":
            return self._down(argument, Sum((_times(nodes.ZERO, "", argument), up)))
        if name == "diag":
            return self._down(argument, Call("diag", (up,)))
        if name in ENTRYWISE or not known:
            return self._down(argument, _times(Call(name, node.arguments, node.derivative + 1), "∘", up))
        raise NotDifferentiable(f"no rule for {name}")

    def _softmax(self, node: Call, argument: Node) -> Node:
        shape = self._shape(argument)
        if shape[1] == 1:
            return _times(Transpose(Call("softmax", (argument,), derivative=1)), "", self._up)
        # By rows: each row less its mean under the row's own probabilities.
        ones = Call("ones", (_size(shape[1]),))
        means = _times(_times(_times(node, "∘", self._up), "", ones), "", Transpose(ones))
        return _times(node, "∘", Sum((self._up, Negative(means))))


def _size(axis: Axis) -> Node:
    return Number(Fraction(axis)) if isinstance(axis, int) else Name(axis)


def _transpose(node: Node) -> Node:
    return node.operand if isinstance(node, Transpose) else Transpose(node)


def _times(left: Node, sign: Sign, right: Node) -> Node:
    """A product of two, the minus signs of either in front."""
    product = Product((_bare(left), _bare(right)), (sign,))
    return Negative(product) if isinstance(left, Negative) != isinstance(right, Negative) else product


def _bare(node: Node) -> Node:
    return node.operand if isinstance(node, Negative) else node
