"""The value of a formula where its names are positive integers: exact where it is rational, else an interval.

Whatever does not fit into some hundred digits is enclosed too, so that every value costs a bounded time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import product
from typing import Any, Union

from grader.frozen import frozen
from grader.language import exact, nodes
from grader.language.exact import Arithmetic, Undefined, Unknown

_PRECISION = 256
_WHOLE = 2**64
_DIGITS = 60
"""Numbers with more digits are shown by their size."""


@frozen
class Ball:
    """A real number, given by an interval that holds it (an arb of python-flint)."""

    arb: Any


Value = Union[Fraction, Ball]


def points(count: int) -> Iterator[tuple[int, ...]]:
    """Tuples of positive integers by their sum, then by the first, the second, and so on."""
    if count == 0:
        yield ()
        return
    total = count
    while True:
        for head in product(range(1, total - count + 2), repeat=count - 1):
            if sum(head) < total:
                yield (*head, total - sum(head))
        total += 1


def value(node: nodes.Node, point: Mapping[str, int]) -> Value:
    """The value of a formula at a point.

    Raises:
        Undefined: it has none there, as 1/0 has none.
        Unknown: whether it has one, or which, is beyond the bounds.
    """
    values = {name: Fraction(number) for name, number in point.items()}
    try:
        return exact.value(node, values)
    except Unknown:
        import flint  # only what is not rational, or huge, needs it

        with flint.ctx.workprec(_PRECISION):
            found = _Enclosure(values).of(node)
            whole = found.unique_fmpz() if found.is_exact() and abs(found) < _WHOLE else None
            return Ball(found) if whole is None else Fraction(int(whole))


def sign(left: Value, right: Value) -> int | None:
    """The sign of left - right; None where it cannot be told."""
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return (left > right) - (left < right)
    one, two = _arb(left), _arb(right)
    return None if one.overlaps(two) else 1 if one > two else -1


def text(number: Value) -> str:
    """A value as a person reads it."""
    if isinstance(number, Fraction):
        digits = len(str(abs(number.numerator) // number.denominator))
        if max(len(str(abs(number.numerator))), len(str(number.denominator))) <= _DIGITS:
            return str(number)
        return f"a number of {digits} digits" if digits > 1 else f"about {float(number):.6g}"
    if abs(number.arb) > _arb(Fraction(10**exact.DIGITS)):
        return f"more than 10^{exact.DIGITS}" if number.arb > 0 else f"less than -10^{exact.DIGITS}"
    return f"about {number.arb.mid().str(7, radius=False)}"


def _arb(number: Value) -> Any:
    import flint

    if isinstance(number, Ball):
        return number.arb
    return flint.arb(flint.fmpq(number.numerator, number.denominator))


class _Enclosure(Arithmetic[Any]):
    """An arb that holds the value. Parts that are rational are taken exactly, so that 1/0 and 0^0 are seen."""

    def __init__(self, values: Mapping[str, Fraction]) -> None:
        self.values = values

    def of(self, node: nodes.Node) -> Any:
        try:
            return _arb(exact.value(node, self.values))
        except Unknown:
            found = super().of(node)
        if not found.is_finite():
            raise Unknown("no finite value")
        return found

    def power_(self, node: nodes.Power) -> Any:
        base, exponent = self.of(node.base), self.of(node.exponent)
        if exponent == 0:
            return _arb(Fraction(1))
        if base == 0 and exponent > 0:
            return base
        if not base > 0 and not exponent.is_integer():
            raise (Undefined if base < 0 or base == 0 else Unknown)("a power of something that is not positive")
        return base**exponent

    def call_(self, node: nodes.Call) -> Any:
        if node.derivative:
            return self.other(node)
        return _call(node.function, [self.of(argument) for argument in node.arguments])

    def other(self, node: nodes.Node) -> Any:
        raise Unknown(f"{type(node).__name__.lower()} is not a number")


def _call(function: str, arguments: list[Any]) -> Any:
    import flint

    if not arguments:
        if function in ("e", "pi"):
            return flint.arb(1).exp() if function == "e" else flint.arb.pi()
        raise Unknown(f"the name {function}")
    first = arguments[0]
    if function == "log":
        if not first > 0:
            raise (Undefined if first < 0 else Unknown)("a logarithm of something that is not positive")
        return first.log() if len(arguments) == 1 else first.log() / arguments[1].log()
    if function in ("max", "min"):
        for other in arguments[1:]:
            first = first.max(other) if function == "max" else first.min(other)
        return first
    if function == "factorial":
        return (first + 1).gamma()
    if function not in ("floor", "ceil", "sqrt", "abs", "exp"):
        raise Unknown(f"the function {function}")
    return abs(first) if function == "abs" else getattr(first, function)()
