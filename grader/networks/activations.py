"""What may be an activation, and its value at a real number.

A number is known exactly (a ``Fraction``), or within rigorous bounds (a ``Ball``: what exp, log or a root gave). A
comparison that the bounds leave open raises ``Imprecise``; a higher working precision may decide it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import isqrt
from typing import Any, Union, cast

from grader.language import nodes, reading
from grader.language.exact import Arithmetic, Holds, Undefined
from grader.language.nodes import Node
from grader.language.reading import Reading

_MOST_BITS = 60_000


class Undecided(Exception):
    """A number cannot be followed, or not be told apart from another; the message says so to a person."""


class Imprecise(Undecided):
    """A ball contains the number that it is compared with: more digits may decide."""


@dataclass(frozen=True, eq=False)
class Ball:
    """A real number enclosed at the working precision (an ``arb`` of flint). A ball equals itself only."""

    enclosure: Any

    def __neg__(self) -> Ball:
        return Ball(-self.enclosure)

    def __add__(self, other: Real | int) -> Ball:
        return Ball(self.enclosure + enclosed(other))

    def __sub__(self, other: Real | int) -> Ball:
        return Ball(self.enclosure - enclosed(other))

    def __rsub__(self, other: Real | int) -> Ball:
        return Ball(enclosed(other) - self.enclosure)

    def __mul__(self, other: Real | int) -> Any:
        if not isinstance(other, Ball) and not other:
            return Fraction(0)
        return Ball(self.enclosure * enclosed(other))

    def __truediv__(self, other: Real) -> Any:
        return self * inverse(other)

    def __rtruediv__(self, other: Fraction) -> Any:
        return inverse(self) * other

    def __pow__(self, exponent: int) -> Ball:
        return Ball(self.enclosure**exponent)

    __radd__ = __add__
    __rmul__ = __mul__

    def sign(self) -> int:
        """-1, 0 or 1. Raises ``Imprecise``."""
        if self.enclosure > 0 or self.enclosure < 0:
            return 1 if self.enclosure > 0 else -1
        if self.enclosure == 0:
            return 0
        raise Imprecise("two numbers could not be told apart within 4096 binary digits")


Real = Union[Fraction, Ball]


def enclosed(number: Real | int) -> Any:
    """An ``arb`` around a number, at the working precision."""
    if not isinstance(number, (Fraction, int)):
        return number.enclosure
    import flint

    if number.denominator == 1:
        return flint.arb(number.numerator)
    return flint.arb(flint.fmpq(number.numerator, number.denominator))


def sign(number: Real) -> int:
    """-1, 0 or 1. Raises ``Imprecise``."""
    if isinstance(number, Fraction):
        return (number.numerator > 0) - (number.numerator < 0)
    return number.sign()


def inverse(number: Real) -> Real:
    """1 over a number. Raises ``Undefined`` for 0, ``Imprecise``."""
    if sign(number) == 0:
        raise Undefined("a division by zero")
    return 1 / number if isinstance(number, Fraction) else Ball(1 / number.enclosure)


def exp(number: Real) -> Real:
    """e to the power of a number."""
    return Fraction(1) if number == 0 else Ball(enclosed(number).exp())


def log(number: Real, base: Real | None = None) -> Real:
    """The logarithm, the natural one without a base. Raises ``Undefined`` outside the positive numbers."""
    if base is not None:
        return cast(Real, log(number) * inverse(log(base)))
    if sign(number) <= 0:
        raise Undefined("a logarithm of a number that is not positive")
    return Fraction(0) if number == 1 else Ball(enclosed(number).log())


def power(base: Real, exponent: Real) -> Real:
    """A real power; rational where that is quickly seen. Raises ``Undefined`` for what has no real value."""
    if isinstance(exponent, Fraction) and exponent.denominator == 1:
        return _whole_power(base, int(exponent))
    positive = sign(base)
    if positive < 0:
        raise Undefined("a root or power of a negative number")
    if positive == 0:
        if sign(exponent) < 0:
            raise Undefined("a division by zero")
        return Fraction(int(sign(exponent) == 0))
    if isinstance(base, Fraction) and isinstance(exponent, Fraction) and exponent.denominator == 2:
        root = Fraction(isqrt(base.numerator), isqrt(base.denominator))
        if root * root == base:
            return _whole_power(root, exponent.numerator)
    return Fraction(1) if base == 1 else Ball((enclosed(base).log() * enclosed(exponent)).exp())


def _whole_power(base: Real, exponent: int) -> Real:
    if exponent < 0:
        return _whole_power(inverse(base), -exponent)
    if isinstance(base, Fraction):
        if base in (-1, 0, 1):
            return base ** (exponent % 2 or min(exponent, 2))
        if (base.numerator.bit_length() + base.denominator.bit_length()) * exponent <= _MOST_BITS:
            return base**exponent
        base = Ball(enclosed(base))
    return base**exponent


def approximate(number: Real) -> str:
    """A decimal reading of a number, for people."""
    import flint

    with flint.ctx.workprec(128):
        return str(enclosed(number).str(10, radius=False))


# -- activations -------------------------------------------------------------------------------------------------------

DEFINED: Mapping[str, str] = {
    "identity": "z",
    "relu": "max(0, z)",
    "step": "1 if z >= 0 else 0",
    "sign": "1 if z > 0 else -1 if z < 0 else 0",
    "abs": "z if z >= 0 else -z",
    "square": "z^2",
    "cube": "z^3",
    "sqrt": "z^(1/2)",
    "sigmoid": "1/(1 + exp(-z))",
    "tanh": "1 - 2/(1 + exp(2z))",
}
"""The functions of one number that an activation may call, as expressions in that number."""

_OTHERS = frozenset({"max", "min", "exp", "log"})


@lru_cache(maxsize=4096)
def read(text: str) -> Reading:
    """A typed activation. Raises ``Unreadable``, and ``ValueError`` for an expression that has no place in one."""
    found = reading.activation(text)
    for part in nodes.parts(found.node):
        strange = ""
        if isinstance(part, nodes.Name) and part.name not in ("z", "e"):
            strange = f"the name {part.name}"
        elif isinstance(part, nodes.Call) and (part.derivative or part.function not in (*DEFINED, *_OTHERS)):
            strange = f"the function {part.function}" + "'" * part.derivative
        elif isinstance(part, (nodes.Array, nodes.Transpose, nodes.Order)):
            strange = f"a {type(part).__name__.lower()}"
        if strange:
            raise ValueError(f"an activation is an expression in z; {strange} is not known in one")
    return found


def value(node: Node, z: Any) -> Any:
    """An activation at a number z, or at what is one for all that is asked of it.

    Raises ``Undefined`` and ``Undecided``.
    """
    return _Value(z).of(node)


class _Value(Arithmetic[Real]):
    """An expression in z as a number."""

    def __init__(self, z: Real) -> None:
        self.z = z
        self.holds = Holds(self.of, lambda left, right: sign(_difference(left, right)))

    def number_(self, node: nodes.Number) -> Real:
        return node.value

    def name_(self, node: nodes.Name) -> Real:
        return exp(Fraction(1)) if node.name == "e" else self.z

    def power_(self, node: nodes.Power) -> Real:
        named = isinstance(node.base, nodes.Name) and node.base.name == "e"
        exponent = self.of(node.exponent)
        return exp(exponent) if named else power(self.of(node.base), exponent)

    def indicator_(self, node: nodes.Indicator) -> Real:
        return Fraction(self.holds.of(node.condition))

    def choice_(self, node: nodes.Choice) -> Real:
        chosen = (branch for condition, branch in node.branches if self.holds.of(condition))
        return self.of(next(chosen, node.otherwise))

    def call_(self, node: nodes.Call) -> Real:
        best, *others = [self.of(argument) for argument in node.arguments]
        if node.function in ("max", "min"):
            for other in others:
                if (sign(_difference(other, best)) > 0) == (node.function == "max"):
                    best = other
            return best
        if node.derivative or node.function not in (*DEFINED, "exp", "log"):
            return self.other(node)
        if node.function in DEFINED:
            return _Value(best).of(read(DEFINED[node.function]).node)
        return exp(best) if node.function == "exp" else log(best, *others)

    def other(self, node: Node) -> Real:
        raise Undefined(f"{type(node).__name__.lower()} is no activation")


def _difference(left: Any, right: Any) -> Real:
    return Fraction(0) if left is right else cast(Real, left - right)
