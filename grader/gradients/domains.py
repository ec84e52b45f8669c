"""What an entry of an equation's value may be: a residue, a real number to many digits, or a range (``Ranges``).

The evaluation of an equation asks a domain for the arithmetic of entries. None stands for
an entry without a value, and what is computed from it has none either.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from fractions import Fraction
from hashlib import blake2b
from itertools import pairwise
from typing import Any, NamedTuple, Protocol, TypeVar, Union

S = TypeVar("S")


class Domain(Protocol[S]):
    """Arithmetic of entries.

    ``over`` gives no value for a divisor that is 0, and ``power`` and ``function`` (log, sqrt, floor, ceil, or a power
    with a variable exponent) none where there is no real one. ``exponential`` is asked only through the evaluation,
    which knows where exponents live.
    """

    zero: S
    one: S

    def number(self, value: Fraction) -> S: ...
    def add(self, a: S | None, b: S | None) -> S | None: ...
    def negative(self, a: S | None) -> S | None: ...
    def times(self, a: S | None, b: S | None) -> S | None: ...
    def over(self, a: S | None, b: S | None) -> S | None: ...
    def power(self, a: S | None, exponent: Fraction) -> S | None: ...
    def function(self, name: str, a: S | None, exponent: S | None = None) -> S | None: ...
    def exponential(self, a: Any) -> S | None: ...

    def minus(self, a: S | None, b: S | None) -> S | None:
        """a - b."""
        return self.add(a, self.negative(b))

    def total(self, entries: Sequence[S | None]) -> S | None:
        """The sum of entries."""
        found: S | None = self.zero
        for entry in entries:
            found = self.add(found, entry)
        return found

    def dot(self, left: Sequence[S | None], right: Sequence[S | None]) -> S | None:
        """The sum of the products of entries."""
        return self.total([self.times(a, b) for a, b in zip(left, right)])

    def logistic(self, power: S | None) -> S | None:
        """1 / (1 + e^-u), from e^u."""
        return self.over(power, self.add(power, self.one))

    def shares(self, powers: Sequence[S | None]) -> list[S | None]:
        """Each entry over the sum of all."""
        share = self.over(self.one, self.total(powers))
        return [self.times(power, share) for power in powers]

    def chosen(self, first: bool | None, a: S | None, b: S | None) -> S | None:
        """a or b, or what is known of either where it is not known which."""
        return None if first is None else a if first else b

    def signed(self, value: S, sign: int) -> S:
        """A value of which the sign is known besides."""
        return value

    def unsure(self, name: str, derivative: int, value: S) -> S | None:
        """What is known of relu, abs, sign, step or a derivative of one, where the sign of its argument is not."""
        return None


PRIMES = (
    153093218416530310706444147,
    10935229886895022193317439,
    287769207549869005087301,
    2877692075498690050873,
    119903836479112085453,
    2305843009213693951,
)
"""A chain of primes: each is a multiple of the next one, plus 1. The last is 2^61 - 1."""


def _generator(prime: int, order: int) -> int:
    """An element of the multiplicative group modulo a prime whose order is the given prime."""
    return next(g for base in range(2, 100) if (g := pow(base, (prime - 1) // order, prime)) != 1)


GENERATORS = tuple(_generator(prime, order) for prime, order in pairwise(PRIMES))


KNOWN = {("log", 1): 0, ("root", 0): 0, ("root", 1): 1, ("floor", 0): 0, ("ceil", 0): 0, ("exp", 0): 1}
"""Values of functions that are no atoms, the same modulo every prime."""


class Field(Domain[int]):
    """Residues modulo the prime of a level; e^u is g^(u modulo the prime of the next level).

    g has the order of the next prime, so e^(u + v) = e^u e^v holds exactly. On the last level, and for log, sqrt and
    the like, a value is an atom: a fixed number drawn from what it is a function of. Equal arguments give equal
    atoms, and no other identity of theirs is known.
    """

    zero, one = 0, 1

    def __init__(self, level: int) -> None:
        self.level = level
        self.prime = PRIMES[level]

    def number(self, value: Fraction) -> int:
        if value.denominator == 1:
            return value.numerator % self.prime
        return value.numerator * pow(value.denominator, -1, self.prime) % self.prime

    def add(self, a: int | None, b: int | None) -> int | None:
        return None if a is None or b is None else (a + b) % self.prime

    def negative(self, a: int | None) -> int | None:
        return None if a is None else -a % self.prime

    def times(self, a: int | None, b: int | None) -> int | None:
        return None if a is None or b is None else a * b % self.prime

    def over(self, a: int | None, b: int | None) -> int | None:
        return None if a is None or not b else a * pow(b, -1, self.prime) % self.prime

    def power(self, a: int | None, exponent: Fraction) -> int | None:
        if a is None or (not a and exponent < 0):
            return None
        if exponent.denominator == 1:
            return pow(a, exponent.numerator, self.prime)
        root = self.function("root", a, exponent.denominator)
        return None if root is None or (not root and exponent < 0) else pow(root, exponent.numerator, self.prime)

    def function(self, name: str, a: int | None, exponent: int | None = None) -> int | None:
        if name == "sqrt":
            return self.power(a, Fraction(1, 2))
        if a is None or (name == "log" and not a):
            return None
        if (name, a) in KNOWN:
            return KNOWN[name, a]
        drawn = blake2b(f"{name} {a} {exponent} {self.level}".encode(), digest_size=16).digest()
        return int.from_bytes(drawn, "big") % self.prime

    def exponential(self, a: int | None) -> int | None:
        if a is None or self.level == len(GENERATORS):
            return self.function("exp", a)
        return pow(GENERATORS[self.level], a, self.prime)

    def total(self, entries: Sequence[int | None]) -> int | None:
        return None if None in entries else sum(entries) % self.prime  # type: ignore[arg-type]  # no None is in it

    def dot(self, left: Sequence[int | None], right: Sequence[int | None]) -> int | None:
        if None in left or None in right:
            return None
        return sum(a * b for a, b in zip(left, right) if a is not None and b is not None) % self.prime

    def small(self, value: int) -> Fraction | None:
        """The fraction with a small numerator and denominator that a residue stands for; None where there is none.

        Rational reconstruction (Wang 1981). Of all residues only one in 2^20 and less is a fraction that small.
        """
        largest = 1 << 33
        high, low = self.prime, value
        before, now = 0, 1
        while low > largest:
            quotient = high // low
            high, low = low, high - quotient * low
            before, now = now, before - quotient * now
        return Fraction(low, now) if now and abs(now) <= largest else None


FIELDS = tuple(map(Field, range(len(PRIMES))))
"""Values are in the first; the exponents of e in these, in the next one."""

LARGEST = 4 * 10**8
"""The exponent of the largest number: the same where Python's is of 32 bits."""


class Reals(Domain[Decimal]):
    """Real numbers to a number of digits, enough that what rounding leaves is far below any difference that counts.

    ``exceeded`` says whether some number got too large to be computed with.
    """

    zero, one = Decimal(0), Decimal(1)

    def __init__(self, digits: int = 50) -> None:
        self.exceeded = False
        traps = [InvalidOperation, DivisionByZero, Overflow]
        self.context = Context(prec=digits, Emax=LARGEST, Emin=-LARGEST, traps=traps)

    def number(self, value: Fraction) -> Decimal:
        return self.context.divide(Decimal(value.numerator), Decimal(value.denominator))

    def add(self, a: Decimal | None, b: Decimal | None) -> Decimal | None:
        return None if a is None or b is None else self._tried(self.context.add, a, b)

    def negative(self, a: Decimal | None) -> Decimal | None:
        return None if a is None else a.copy_negate()

    def times(self, a: Decimal | None, b: Decimal | None) -> Decimal | None:
        return None if a is None or b is None else self._tried(self.context.multiply, a, b)

    def over(self, a: Decimal | None, b: Decimal | None) -> Decimal | None:
        return None if a is None or not b else self._tried(self.context.divide, a, b)

    def power(self, a: Decimal | None, exponent: Fraction) -> Decimal | None:
        if a is None or (not a and exponent < 0) or (a < 0 and exponent.denominator != 1):
            return None
        if not exponent:
            return self.one
        if abs(exponent) > LARGEST_EXPONENT:
            self.exceeded = True
            return None
        return self._tried(self.context.power, a, self.number(exponent))

    def function(self, name: str, a: Decimal | None, exponent: Decimal | None = None) -> Decimal | None:
        if a is None:
            return None
        if name == "log":
            return self._tried(self.context.ln, a) if a > 0 else None
        if name == "sqrt":
            return self._tried(self.context.sqrt, a) if a >= 0 else None
        if name in ("floor", "ceil"):
            return a.to_integral_value(ROUND_FLOOR if name == "floor" else ROUND_CEILING, self.context)
        if name == "power" and exponent is not None and a > 0:
            return self.exponential(self.times(exponent, self.function("log", a)))
        return None

    def exponential(self, a: Decimal | None) -> Decimal | None:
        if a is None or abs(a) > LARGEST_EXPONENT:
            self.exceeded |= a is not None
            return None
        return self._tried(self.context.exp, a)

    def _tried(self, operation: Callable[..., Decimal], *operands: Decimal) -> Decimal | None:
        try:
            return operation(*operands)
        except (InvalidOperation, Overflow):
            self.exceeded = True
            return None


LARGEST_EXPONENT = 10**6
"""Powers of e beyond this have no value among the reals here: no example is looked for there."""


INFINITY = float("inf")
Bound = Union[Fraction, float]

LARGEST_POWER = 16
"""Powers of ranges are multiplied out up to here."""


class Range(NamedTuple):
    """The real numbers between two bounds, which may be infinite; an open bound is not reached."""

    low: Bound
    high: Bound
    low_open: bool = True
    high_open: bool = True

    @property
    def sign(self) -> int | None:
        """-1, 0 or 1 where all numbers in it have that sign, else None."""
        if self.low > 0 or (self.low == 0 and self.low_open and self.high != 0):
            return 1
        if self.high < 0 or (self.high == 0 and self.high_open and self.low != 0):
            return -1
        return 0 if self.low == self.high == 0 else None


ANY = Range(-INFINITY, INFINITY)
POSITIVE = Range(Fraction(0), INFINITY)
NEGATIVE = Range(-INFINITY, Fraction(0))
UNIT = Range(Fraction(0), Fraction(1))


class Ranges(Domain[Range]):
    """Interval arithmetic (Moore, Interval Analysis, 1966). No result is narrower than what it stands for."""

    zero, one = Range(Fraction(0), Fraction(0), False, False), Range(Fraction(1), Fraction(1), False, False)

    def number(self, value: Fraction) -> Range:
        return Range(value, value, False, False)

    def add(self, a: Range | None, b: Range | None) -> Range | None:
        if a is None or b is None:
            return None
        return Range(a.low + b.low, a.high + b.high, a.low_open or b.low_open, a.high_open or b.high_open)

    def negative(self, a: Range | None) -> Range | None:
        return None if a is None else Range(-a.high, -a.low, a.high_open, a.low_open)

    def times(self, a: Range | None, b: Range | None) -> Range | None:
        if a is None or b is None:
            return None
        corners = [
            _corner(x, x_open, y, y_open)
            for x, x_open in ((a.low, a.low_open), (a.high, a.high_open))
            for y, y_open in ((b.low, b.low_open), (b.high, b.high_open))
        ]
        # Of two corners of one value the one that is reached counts.
        low, low_open = min(corners)
        high, high_open = max(corners, key=lambda corner: (corner[0], not corner[1]))
        return Range(low, high, low_open, high_open)

    def over(self, a: Range | None, b: Range | None) -> Range | None:
        if a is None or b is None or b == self.zero:
            return None
        if not b.sign:
            return ANY
        low, high = (_inverse(b.high, b.sign), _inverse(b.low, b.sign))
        return self.times(a, Range(low, high, b.high_open or b.high in (0, INFINITY), b.low_open or b.low == 0))

    def power(self, a: Range | None, exponent: Fraction) -> Range | None:
        if a is None:
            return None
        if exponent < 0:
            return self.over(self.one, self.power(a, -exponent))
        if exponent.denominator != 1 or exponent > LARGEST_POWER:
            return POSITIVE if a.sign == 1 else Range(Fraction(0), INFINITY, False) if exponent % 2 == 0 else ANY
        if exponent % 2 == 0 and a.sign is None:
            return Range(Fraction(0), max(-a.low, a.high) ** int(exponent), False, False)
        found: Range | None = self.one
        for _ in range(int(exponent)):
            found = self.times(found, a)
        return found

    def function(self, name: str, a: Range | None, exponent: Range | None = None) -> Range | None:
        if a is None:
            return None
        if name == "log":
            if a.low >= 1:
                return Range(Fraction(0), INFINITY, a.low_open or a.low > 1)
            return Range(-INFINITY, Fraction(0), True, a.high_open or a.high < 1) if a.high <= 1 else ANY
        if name in ("sqrt", "power"):
            return POSITIVE if a.sign == 1 else Range(Fraction(0), INFINITY, False)
        return ANY

    def exponential(self, a: Range | None) -> Range | None:
        if a is None:
            return None
        if a == self.zero:
            return self.one
        if a.low >= 0:
            return Range(Fraction(1), INFINITY, a.low_open or a.low > 0)
        return Range(Fraction(0), Fraction(1), True, a.high_open or a.high < 0) if a.high <= 0 else POSITIVE

    def logistic(self, power: Range | None) -> Range | None:
        if power is None:
            return None
        low, high = (Fraction(1) if end == INFINITY else end / (1 + Fraction(end)) for end in (power.low, power.high))
        return Range(low, high, power.low_open, power.high_open)

    def shares(self, powers: Sequence[Range | None]) -> list[Range | None]:
        return [self.one if len(powers) == 1 else UNIT for _ in powers]

    def chosen(self, first: bool | None, a: Range | None, b: Range | None) -> Range | None:
        if first is not None:
            return a if first else b
        if a is None or b is None:
            return None
        low, low_open = min((a.low, a.low_open), (b.low, b.low_open))
        high, closed = max((a.high, not a.high_open), (b.high, not b.high_open))
        return Range(low, high, low_open, not closed)

    def signed(self, value: Range, sign: int) -> Range:
        return value if value.sign is not None else {1: POSITIVE, -1: NEGATIVE, 0: self.zero}[sign]

    def unsure(self, name: str, derivative: int, value: Range) -> Range | None:
        if not derivative and name in ("relu", "abs"):
            return Range(Fraction(0), max(value.high, -value.low if name == "abs" else 0), False, False)
        return Range(Fraction(-1 if name in ("sign", "abs") else 0), Fraction(1), False, False)


def _corner(x: Bound, x_open: bool, y: Bound, y_open: bool) -> tuple[Bound, bool]:
    # 0 · ∞ is 0: an infinite end is never reached. A reached 0 is reached whatever the other end is.
    if (x == 0 and not x_open) or (y == 0 and not y_open):
        return Fraction(0), False
    return (Fraction(0), True) if x == 0 or y == 0 else (x * y, x_open or y_open)


def _inverse(end: Bound, sign: int) -> Bound:
    return sign * INFINITY if end == 0 else Fraction(0) if abs(end) == INFINITY else 1 / Fraction(end)
