"""The value of a formula where its names are positive integers: exact where it is rational, else an interval.

Whatever does not fit into some hundred digits is enclosed too, so that every value costs a bounded time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import reduce
from itertools import product
from typing import Any, Union

from grader.language import exact, nodes
from grader.language.exact import Arithmetic, Undefined, Unknown

_PRECISION = 256
_WHOLE = 2**64
_DIGITS = 60
"""Numbers with more digits are shown by their size."""

Arb = Any
"""A real number, given by an interval that holds it (an arb of python-flint)."""
Value = Union[Fraction, Arb]


def points(names: tuple[str, ...]) -> Iterator[dict[str, int]]:
    """Positive integers for the names: by their sum, then by the first, the second, and so on."""
    if not names:
        yield {}
        return
    total = len(names)
    while True:
        for head in product(range(1, total - len(names) + 2), repeat=len(names) - 1):
            if sum(head) < total:
                yield dict(zip(names, (*head, total - sum(head))))
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
            return found if whole is None else Fraction(int(whole))


def sign(left: Value, right: Value) -> int | None:
    """The sign of left - right; None where it cannot be told."""
    if not (isinstance(left, Fraction) and isinstance(right, Fraction)):
        left, right = _arb(left), _arb(right)
        if left.overlaps(right):
            return None
    return int(left > right) - int(left < right)


def text(number: Value) -> str:
    """A value as a person reads it."""
    if isinstance(number, Fraction):
        digits = len(str(abs(number.numerator) // number.denominator))
        if max(len(str(abs(number.numerator))), len(str(number.denominator))) <= _DIGITS:
            return str(number)
        return f"a number of {digits} digits" if digits > 1 else f"about {float(number):.6g}"
    if abs(number) > _arb(Fraction(10**exact.DIGITS)):
        return f"more than 10^{exact.DIGITS}" if number > 0 else f"less than -10^{exact.DIGITS}"
    return f"about {number.mid().str(7, radius=False)}"


def _arb(number: Value) -> Arb:
    import flint

    return flint.arb(flint.fmpq(number.numerator, number.denominator)) if isinstance(number, Fraction) else number


class _Enclosure(Arithmetic[Arb]):
    """An arb that holds the value. Parts that are rational are taken exactly, so that 1/0 and 0^0 are seen."""

    def __init__(self, values: Mapping[str, Fraction]) -> None:
        self.values = values

    def of(self, node: nodes.Node) -> Arb:
        try:
            return _arb(exact.value(node, self.values))
        except Unknown:
            found = super().of(node)
        if not found.is_finite():
            raise Unknown("no finite value")
        return found

    def power_(self, node: nodes.Power) -> Arb:
        base, exponent = self.of(node.base), self.of(node.exponent)
        if exponent == 0:
            return _arb(Fraction(1))
        if base == 0 and exponent > 0:
            return base
        if not base > 0 and not exponent.is_integer():
            raise (Undefined if base < 0 or base == 0 else Unknown)("a power of something that is not positive")
        return base**exponent

    def call_(self, node: nodes.Call) -> Arb:
        import flint

        function = node.function
        if node.derivative:
            return self.other(node)
        if not node.arguments:
            if function not in ("e", "pi"):
                raise Unknown(f"the name {function}")
            return flint.arb(1).exp() if function == "e" else flint.arb.pi()
        first, *others = arguments = [self.of(argument) for argument in node.arguments]
        if function == "log":
            if not first > 0:
                raise (Undefined if first < 0 else Unknown)("a logarithm of something that is not positive")
            return first.log() / others[0].log() if others else first.log()
        if function in ("max", "min"):
            return reduce(lambda one, two: getattr(one, function)(two), arguments)
        if function == "factorial":
            return (first + 1).gamma()
        if function not in ("floor", "ceil", "sqrt", "abs", "exp"):
            raise Unknown(f"the function {function}")
        return abs(first) if function == "abs" else getattr(first, function)()

    def other(self, node: nodes.Node) -> Arb:
        raise Unknown(f"{type(node).__name__.lower()} is not a number")
