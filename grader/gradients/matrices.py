"""What values are made of: matrices over axes with names, and the domains that their entries are from.

An entry is a residue, a real number to many digits, or a range; the evaluation of an equation asks a domain for the
arithmetic of entries. None stands for an entry without a value, and what is computed from it has none either.

Every value has rows and columns: a number is 1×1, a vector a column n×1, a row 1×n. An axis is the name of a size or a
whole number that was typed, and axes fit where these are the same: that two sizes are equal in some run never makes a
product fit. ``ones`` and the identity matrix, written without a size, take the size that their place asks for: till
then their axis is ``OPEN``, and their one entry stands for all that are not 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from fractions import Fraction
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise
from typing import Any, Literal, NamedTuple, Protocol, TypeVar, Union

from grader.frozen import frozen
from grader.language.nodes import Node, Product, Sign

S = TypeVar("S")


class Domain(Protocol[S]):
    """Arithmetic of entries.

    ``over`` gives no value for a divisor that is 0, and ``power``, ``log`` and ``raised`` (with a variable exponent)
    none where there is no real one. ``exponential`` is asked only through the evaluation, which knows where exponents
    live.
    """

    zero: S
    one: S

    def number(self, value: Fraction) -> S | None: ...
    def add(self, a: S | None, b: S | None) -> S | None: ...
    def negative(self, a: S | None) -> S | None: ...
    def times(self, a: S | None, b: S | None) -> S | None: ...
    def over(self, a: S | None, b: S | None) -> S | None: ...
    def power(self, a: S | None, exponent: Fraction) -> S | None: ...
    def log(self, a: S | None) -> S | None: ...
    def raised(self, a: S | None, exponent: S | None) -> S | None: ...
    def exponential(self, a: Any) -> S | None: ...

    def minus(self, a: S | None, b: S | None) -> S | None:
        return self.add(a, self.negative(b))

    def total(self, entries: Sequence[S | None]) -> S | None:
        found: S | None = self.zero
        for entry in entries:
            found = self.add(found, entry)
        return found

    def dot(self, left: Sequence[S | None], right: Sequence[S | None]) -> S | None:
        return self.total([self.times(a, b) for a, b in zip(left, right)])

    def logistic(self, power: S | None) -> S | None:
        """1 / (1 + e^-u), from e^u."""
        return self.over(power, self.add(power, self.one))

    def shares(self, powers: Sequence[S | None]) -> list[S | None]:
        """Each entry over the sum of all."""
        share = self.over(self.one, self.total(powers))
        return [self.times(power, share) for power in powers]

    def signed(self, value: S | None, sign: int) -> S | None:
        """A value of which the sign is known besides."""
        return value


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

KNOWN = {("log", 1): 0, ("root", 0): 0, ("root", 1): 1, ("exp", 0): 1}
"""Values of functions that are no atoms, the same modulo every prime."""


class Field(Domain[int]):
    """Residues modulo the prime of a level; e^u is g^(u modulo the prime of the next level).

    g has the order of the next prime, so e^(u + v) = e^u e^v holds exactly. On the last level, and for log, roots and
    the like, a value is an atom: a fixed number drawn from what it is a function of. Equal arguments give equal
    atoms, and no other identity of theirs is known.
    """

    zero, one = 0, 1

    def __init__(self, level: int) -> None:
        self.level = level
        self.prime = PRIMES[level]

    def number(self, value: Fraction) -> int | None:
        whole = value.numerator % self.prime
        return whole if value.denominator == 1 else self.over(whole, value.denominator % self.prime)

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
        return pow(self._atom("root", a, exponent.denominator), exponent.numerator, self.prime)

    def log(self, a: int | None) -> int | None:
        return self._atom("log", a) if a else None

    def raised(self, a: int | None, exponent: int | None) -> int | None:
        return None if a is None or exponent is None else self._atom("power", a, exponent)

    def _atom(self, name: str, a: int, exponent: int | None = None) -> int:
        if (name, a) in KNOWN:
            return KNOWN[name, a]
        drawn = blake2b(f"{name} {a} {exponent} {self.level}".encode(), digest_size=16).digest()
        return int.from_bytes(drawn, "big") % self.prime

    def exponential(self, a: int | None) -> int | None:
        if a is None:
            return None
        if self.level == len(GENERATORS):
            return self._atom("exp", a)
        return pow(GENERATORS[self.level], a, self.prime)

    def dot(self, left: Sequence[int | None], right: Sequence[int | None]) -> int | None:
        known = [a * b for a, b in zip(left, right) if a is not None and b is not None]
        return sum(known) % self.prime if len(known) == len(left) else None

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
        return None if a is None or b is None else self._tried(self.context.divide, a, b)

    def power(self, a: Decimal | None, exponent: Fraction) -> Decimal | None:
        if a is None or not exponent:
            return None if a is None else self.one
        moderate = self._moderate(self.number(exponent))
        return None if moderate is None else self._tried(self.context.power, a, moderate)

    def log(self, a: Decimal | None) -> Decimal | None:
        return None if a is None else self._tried(self.context.ln, a)

    def raised(self, a: Decimal | None, exponent: Decimal | None) -> Decimal | None:
        return self.exponential(self.times(exponent, self.log(a)))

    def exponential(self, a: Decimal | None) -> Decimal | None:
        moderate = self._moderate(a)
        return None if moderate is None else self._tried(self.context.exp, moderate)

    def _moderate(self, exponent: Decimal | None) -> Decimal | None:
        if exponent is None or abs(exponent) <= LARGEST_EXPONENT:
            return exponent
        self.exceeded = True
        return None

    def _tried(self, operation: Callable[..., Decimal], *operands: Decimal) -> Decimal | None:
        """What an operation gives; None where it gives no finite number."""
        try:
            found = operation(*operands)
        except (InvalidOperation, DivisionByZero):
            return None
        except Overflow:
            self.exceeded = True
            return None
        return found if found.is_finite() else None


LARGEST_EXPONENT = 10**6
"""Powers of e beyond this have no value among the reals here: no example is looked for there."""


INFINITY = float("inf")
Bound = Union[Fraction, float]


class Range(NamedTuple):
    """The real numbers between two bounds, which may be infinite and are not reached; or one number, twice."""

    low: Bound
    high: Bound

    @property
    def sign(self) -> int | None:
        """-1, 0 or 1 where all numbers in it have that sign, else None."""
        if self.low == self.high:
            return (self.low > 0) - (self.low < 0)
        return 1 if self.low >= 0 else -1 if self.high <= 0 else None


LONGEST_BOUND = 2**500
"""Of numerators and denominators of bounds: below it a bound is a float too, neither 0 nor infinite."""

POSITIVE = Range(Fraction(0), INFINITY)
NEGATIVE = Range(-INFINITY, Fraction(0))
UNIT = Range(Fraction(0), Fraction(1))


def _rounded(low: Bound, high: Bound) -> Range | None:
    """The range between two bounds, or where one of these is long all numbers of its sign; None where it has none."""
    fractions = [end for end in (low, high) if isinstance(end, Fraction)]
    if all(max(abs(end.numerator), end.denominator) <= LONGEST_BOUND for end in fractions):
        return Range(low, high)
    return {1: POSITIVE, -1: NEGATIVE}.get(Range(low, high).sign or 0)


class Ranges(Domain[Range]):
    """Interval arithmetic (Moore, Interval Analysis, 1966). No result is narrower than what it stands for.

    None stands for a number of which nothing is known.
    """

    zero, one = Range(Fraction(0), Fraction(0)), Range(Fraction(1), Fraction(1))

    def number(self, value: Fraction) -> Range | None:
        return _rounded(value, value)

    def add(self, a: Range | None, b: Range | None) -> Range | None:
        return None if a is None or b is None else _rounded(a.low + b.low, a.high + b.high)

    def negative(self, a: Range | None) -> Range | None:
        return None if a is None else Range(-a.high, -a.low)

    def times(self, a: Range | None, b: Range | None) -> Range | None:
        if a is None or b is None:
            return None
        # 0 · ∞ is 0: an infinite end is never reached.
        corners = [x * y if x and y else Fraction(0) for x in a for y in b]
        return _rounded(min(corners), max(corners))

    def over(self, a: Range | None, b: Range | None) -> Range | None:
        if b is None or not b.sign:
            return None
        low, high = (1 / end if end else b.sign * INFINITY for end in (b.high, b.low))
        return self.times(a, Range(low, high))

    def power(self, a: Range | None, exponent: Fraction) -> Range | None:
        if not exponent:
            return self.one
        if a is None or a.sign is None:
            return None
        if a.sign == 1:
            return self.raised(a, self.number(exponent))
        if exponent.denominator != 1 or (a == self.zero and exponent < 0):
            return None
        return self.zero if a == self.zero else NEGATIVE if exponent % 2 else POSITIVE

    def log(self, a: Range | None) -> Range | None:
        if a is None or a.sign != 1:
            return None
        if a == self.one:
            return self.zero
        return POSITIVE if a.low >= 1 else NEGATIVE if a.high <= 1 else None

    def raised(self, a: Range | None, exponent: Range | None) -> Range | None:
        return self.exponential(self.times(exponent, self.log(a))) if a is not None and a.sign == 1 else None

    def exponential(self, a: Range | None) -> Range | None:
        sign = None if a is None else a.sign
        return POSITIVE if sign is None else (UNIT, self.one, Range(Fraction(1), INFINITY))[sign + 1]

    def logistic(self, power: Range | None) -> Range | None:
        if power is None or power.sign != 1:
            return UNIT  # a power of e is positive, where it has a value
        low, high = (Fraction(1) if end == INFINITY else end / (1 + end) for end in power)
        return _rounded(low, high)

    def shares(self, powers: Sequence[Range | None]) -> list[Range | None]:
        return [self.one if len(powers) == 1 else UNIT for _ in powers]

    def signed(self, value: Range | None, sign: int) -> Range | None:
        known = value is not None and value.sign is not None
        return value if known else (self.zero, POSITIVE, NEGATIVE)[sign]


Axis = Union[str, int]
Shape = tuple[Axis, Axis]

NUMBER: Shape = (1, 1)
OPEN = "?"
ONES: Shape = (OPEN, 1)
IDENTITY: Shape = (OPEN, OPEN)


class Matrix(NamedTuple):
    """Entries of a domain by rows, None for one without a value (0/0, a case left out), with the axes they stand on."""

    rows: list[list[Any]]
    shape: Shape

    @property
    def transposed(self) -> Matrix:
        """Rows for columns."""
        return Matrix([list(column) for column in zip(*self.rows)], (self.shape[1], self.shape[0]))

    @property
    def entries(self) -> list[Any]:
        """All entries, row after row."""
        return [entry for row in self.rows for entry in row]


def length(axis: Axis, sizes: Mapping[str, int]) -> int:
    """How many entries stand along an axis: a number, or a size."""
    return axis if isinstance(axis, int) else int(axis) if axis.isdigit() else sizes[axis]


def is_vector(shape: Shape) -> bool:
    """Whether a shape is a column or a row."""
    return shape != NUMBER and 1 in shape and OPEN not in shape


def described(shape: Shape) -> str:
    """``N×k``, ``N`` for a column, ``1×N`` for a row, ``a number``."""
    if shape == NUMBER:
        return "a number"
    rows, columns = shape
    if OPEN in shape:
        return "a square matrix" if shape == IDENTITY else "a column" if columns == 1 else "a row"
    return str(rows) if columns == 1 else f"{rows}×{columns}"


class NoValue(Exception):
    """An equation gives nothing: one of three reasons."""


class ShapeError(NoValue):
    """Shapes that do not fit (``W3: N×k, y_bar: N``), or what has no value in an equation: the equation is wrong."""


class Unplaced(NoValue):
    """An index whose range cannot be told, or a label where an array is meant: the equation is not understood."""


class Limit(NoValue):
    """Evaluating takes more steps than are allowed."""


def single(entry: Any, shape: Shape = NUMBER) -> Matrix:
    """A number, or what has one entry till its size is known."""
    return Matrix([[entry]], shape)


def arranged(entries: Sequence[Any], columns: int, shape: Shape) -> Matrix:
    """A matrix of so many columns from its entries, row after row."""
    return Matrix([list(entries[at : at + columns]) for at in range(0, len(entries), columns)], shape)


def mapped(function: Callable[[Any], Any], matrix: Matrix) -> Matrix:
    """A function of each entry."""
    return Matrix([[function(entry) for entry in row] for row in matrix.rows], matrix.shape)


def zipped(function: Callable[[Any, Any], Any], left: Matrix, right: Matrix) -> Matrix:
    """A function of each pair of entries; a number, or what is of an open size, goes with every entry of the other.

    Raises ``ShapeError`` where the shapes differ, and neither is a number.
    """
    if left.shape != right.shape:
        if right.shape == NUMBER or OPEN in right.shape:
            right = spread(right, left)
        elif left.shape == NUMBER or OPEN in left.shape:
            left = spread(left, right)
        else:
            raise ShapeError("A condition compares things of different shapes")
    return Matrix([[function(x, y) for x, y in zip(*pair)] for pair in zip(left.rows, right.rows)], left.shape)


def spread(matrix: Matrix, like: Matrix) -> Matrix:
    """A matrix with as many rows and columns as another: a single entry everywhere, a vector in every row."""
    if matrix.shape == like.shape:
        return matrix
    row = matrix.entries if len(matrix.rows) > 1 else matrix.rows[0] * len(like.rows[0])
    return Matrix([list(row) for _ in like.rows], like.shape)


def inverse(domain: Domain[Any], matrix: Matrix) -> Matrix:
    """By elimination; all entries are without a value where the matrix has no inverse, or has such entries."""
    size = len(matrix.rows)
    times, over, minus, one = domain.times, domain.over, domain.minus, domain.one
    unit = [[one if i == j else domain.zero for j in range(size)] for i in range(size)]
    rows = [[*left, *right] for left, right in zip(matrix.rows, unit)]
    for place in range(size):
        pivot = next((i for i in range(place, size) if over(one, rows[i][place]) is not None), None)
        if pivot is None:
            return mapped(lambda entry: None, matrix)
        rows[place], rows[pivot] = rows[pivot], rows[place]
        head = rows[place][place]
        rows[place] = [over(entry, head) for entry in rows[place]]
        for i in range(size):
            if i != place:
                factor = rows[i][place]
                rows[i] = [minus(a, times(factor, b)) for a, b in zip(rows[i], rows[place])]
    return Matrix([row[size:] for row in rows], matrix.shape)


def diagonal(domain: Domain[Any], vector: Matrix) -> Matrix:
    """The square matrix with the entries of a vector along its diagonal."""
    entries, axis = vector.entries, vector.shape[0] if vector.shape[1] == 1 else vector.shape[1]
    rows = [[entry if i == j else domain.zero for j in range(len(entries))] for i, entry in enumerate(entries)]
    return Matrix(rows, (axis, axis))


Way = Literal["entrywise", "beside", "divide", "matrix", "row", "inner", "identity"]


@frozen
class Join:
    """Two sides of a product with the sign between them, the product they take, and its shape.

    A side is a place among the factors, or a join. ``way`` is None where they do not fit.
    """

    left: Side
    sign: Sign
    right: Side
    way: Way | None = None
    shape: Shape = NUMBER


Side = Union[int, Join]


def joined(left: Shape, sign: Sign, right: Shape, lenient: bool = False) -> tuple[Way, Shape] | None:
    """The way two shapes multiply and the shape of the result; None where they do not fit.

    Two columns side by side do not fit: whether their inner, outer or entrywise product is meant, the sign must say.
    Only where nothing else fits (``lenient``) are they multiplied by entries. ``a @ b`` and ``dot(a, b)`` of two
    vectors are the inner product, and ``a @ B`` takes the vector for a row and gives a vector again, as in numpy.
    """
    if sign == "/":
        return _divided(left, right)
    if left == NUMBER or right == NUMBER:
        return "entrywise", right if left == NUMBER else left
    if sign == "@" and left == right and is_vector(left) and left[1] == 1:
        return "inner", NUMBER
    if sign in ("∘", "*"):
        if (OPEN in left) != (OPEN in right) and IDENTITY not in (left, right):
            array = right if OPEN in left else left
            if sign == "∘" or 1 in array:
                return "entrywise", array
        if left == right and OPEN not in left:
            return "entrywise", left
        if sign == "∘":
            return None
    fit = _multiplied(left, right)
    if fit is None and sign == "@" and left[1] == 1 and left[0] == right[0] != OPEN:
        return "row", (right[1], 1)
    if fit is None and lenient and sign == "" and left == right and is_vector(left):
        return "beside", left
    return fit


def _divided(left: Shape, right: Shape) -> tuple[Way, Shape] | None:
    if IDENTITY in (left, right) or right == ONES[::-1]:
        return None
    if right in (NUMBER, ONES):
        return "divide", left
    if left in (NUMBER, ONES, right):
        return "divide", right
    return None


def _multiplied(left: Shape, right: Shape) -> tuple[Way, Shape] | None:
    if IDENTITY in (left, right):
        return "identity", right if left == IDENTITY else left
    if (OPEN in left and OPEN in right) or (left[1] != right[0] and OPEN not in (left[1], right[0])):
        return None
    # ones v^T is square: nothing else can be meant where the size is left open.
    rows, columns = left[0], right[1]
    return "matrix", (columns if rows == OPEN else rows, rows if columns == OPEN else columns)


_USUAL: Sequence[tuple[tuple[Sign, ...], bool]] = (
    (("", "@"), False),
    ((), False),
    (("", "@"), True),
    (("∘", "/"), False),
    ((), True),
)
"""Ways to read a chain of factors: the signs that bind first, and whether the rest goes from right to left."""


@lru_cache(maxsize=4096)
def joined_up(shapes: tuple[Shape, ...], signs: tuple[Sign, ...]) -> Join:
    """How a chain of factors is read; where it cannot be, the first join that does not fit.

    It is the first of the usual readings whose products all fit: matrix products first and then the rest left to right
    (``A^T u ∘ v``); strictly left to right; matrix products first and then right to left (``v * A^T * u``); entrywise
    products first (``A^T relu'(v) ∘ u``); side by side from the right (``A^T (u v)``). Where none fits, the same with
    two vectors side by side multiplied by entries.
    """
    readings = (_read(shapes, signs, *way, lenient=lenient) for lenient in (False, True) for way in _USUAL)
    first = next(readings)
    return first if first.way else next((found for found in readings if found.way), first)


def _read(
    shapes: Sequence[Shape], signs: Sequence[Sign], tight: tuple[Sign, ...], rightwards: bool, lenient: bool
) -> Join:
    """Runs joined by the tight signs, and then the runs; or the first join that does not fit."""

    def join(left: Side, sign: Sign, right: Side) -> Join:
        for side in (left, right):
            if isinstance(side, Join) and side.way is None:
                return side
        a, b = (side.shape if isinstance(side, Join) else shapes[side] for side in (left, right))
        way, shape = joined(a, sign, b, lenient) or (None, NUMBER)
        return Join(left, sign, right, way, shape)

    runs, between = list[Side]([0]), list[Sign]()
    for place, sign in enumerate(signs, start=1):
        if sign in tight:
            runs[-1] = join(runs[-1], sign, place)
        else:
            runs.append(place)
            between.append(sign)
    waiting, later = runs[:1], list[Sign]()
    for sign, run in zip(between, runs[1:]):
        # A quotient keeps its divisor: a * b / c * d is a * ((b / c) * d).
        if sign == "/" or not rightwards:
            waiting[-1] = join(waiting[-1], sign, run)
        else:
            waiting.append(run)
            later.append(sign)
    last = waiting.pop()
    while waiting:
        last = join(waiting.pop(), later.pop(), last)
    assert isinstance(last, Join)
    return last


def written(side: Side, node: Product) -> Node:
    """A side of a join as a node, products of products as one chain where they read the same."""
    parts: list[tuple[Sign, Node]] = []
    while isinstance(side, Join):
        parts.insert(0, (side.sign, written(side.right, node)))
        side = side.left
    first = node.factors[side]
    return Product((first, *(part for _, part in parts)), tuple(sign for sign, _ in parts)) if parts else first
