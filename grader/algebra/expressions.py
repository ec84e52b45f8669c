"""Formulas beyond quotients of polynomials, as expressions of sympy: equal or not, and how they grow.

Only for small formulas, and only inside ``bounded.run``: some of sympy's rules may take for ever. Every rule used here
is an identity wherever both sides are defined, so what is called equal is.
"""

from __future__ import annotations

import contextlib
from fractions import Fraction
from functools import lru_cache, reduce
from itertools import permutations, product
from math import lcm
from typing import Any

from grader.algebra import newton, polynomials
from grader.algebra.newton import Growth
from grader.language import exact, nodes
from grader.language.nodes import Meaning

Expression = Any
_SIZE = 120
_TOWER = 2
_EXPONENT = 100
_CASES = 36


class Refused(Exception):
    """A formula that is not handed to sympy; the message says why."""


def refusal(node: nodes.Node) -> str:
    """Why a formula is not handed to sympy, or nothing."""
    if nodes.size(node) > _SIZE:
        return "it is too large to expand"
    try:
        _Guard().of(node)
    except Refused as error:
        return str(error)
    return ""


def equal(one: nodes.Node, two: nodes.Node) -> bool:
    """Whether two formulas are shown equal for all positive integers. Raises ``Refused``."""
    import sympy

    left, right = _Expression().of(one), _Expression().of(two)
    if left.has(sympy.zoo, sympy.nan) or right.has(sympy.zoo, sympy.nan):
        return False
    return all(_zero(case) for case in _by_remainders(left - right))


def growth(one: nodes.Node, two: nodes.Node, names: tuple[str, ...]) -> Growth | None:
    """How ``one`` grows beside ``two``; None where that cannot be told. Raises ``Refused``."""
    smooth = _Smooth()
    first, second = (smooth.of(node) or node for node in (one, two))
    with contextlib.suppress(polynomials.NotRational, polynomials.TooLarge, ZeroDivisionError):
        return newton.compare(*polynomials.crossed(*polynomials.quotients((first, second), names)))
    left, right = _Expression().of(first), _Expression().of(second)
    if left == 0 or right == 0:
        return Growth.SAME if left == right else Growth.OTHER
    return _growth(left, right, [_symbol(name) for name in names])


def below(node: nodes.Node) -> nodes.Node | None:
    """What a tower of powers is never below: n^n for n^(n^(n^n)). None for other formulas."""
    if isinstance(node, nodes.Power) and isinstance(node.exponent, nodes.Power) and _at_least_one(node):
        return nodes.Power(node.base, node.exponent.base)
    return None


def _at_least_one(node: nodes.Node) -> bool:
    if isinstance(node, nodes.Power):
        return _at_least_one(node.base) and _at_least_one(node.exponent)
    return isinstance(node, nodes.Name) or (isinstance(node, nodes.Number) and node.value >= 1)


@lru_cache(maxsize=1)
def warm() -> None:
    """Have sympy compute once what it keeps for all that follows, so that each process of a fork need not."""
    n = nodes.Name("n")
    logarithm = nodes.Product((n, nodes.Call("log", (n, nodes.Number(Fraction(2))))), ("*",))
    exponential = nodes.Power(nodes.Number(Fraction(2)), n)
    for one, two in ((nodes.Sum((logarithm, n)), logarithm), (exponential, n)):
        equal(one, two)
        growth(one, two, ("n",))


class _Guard(Meaning[int]):
    """The height of the powers of a formula that sympy can be trusted with."""

    def power_(self, node: nodes.Power) -> int:
        height = max(self.of(node.base), self.of(node.exponent) + 1 if nodes.names(node.exponent) else 0)
        if height > _TOWER:
            raise Refused("it holds a tower of powers")
        if not nodes.names(node.exponent):
            self._small(node.exponent, _EXPONENT)
        return height

    def call_(self, node: nodes.Call) -> int:
        if node.derivative or node.function not in (*_FUNCTIONS, "abs", "max", "min"):
            raise Refused(f"it holds the function {node.function}")
        if node.function == "factorial":
            for argument in node.arguments:
                if not nodes.names(argument):
                    self._small(argument, _EXPONENT)
            if any(isinstance(part, nodes.Call) for argument in node.arguments for part in nodes.parts(argument)):
                raise Refused("it holds a factorial of a function")
        return self.other(node) + (node.function in ("exp", "factorial"))

    def _small(self, node: nodes.Node, most: int) -> None:
        try:
            value = exact.value(node)
        except exact.Unknown:
            value = Fraction(0)  # irrational, so made of few and small numbers
        except exact.Undefined as error:
            raise Refused(str(error)) from None
        if max(abs(value.numerator), value.denominator) > most:
            raise Refused("it holds a number that is too large")

    def number_(self, node: nodes.Number) -> int:
        if max(abs(node.value.numerator), node.value.denominator).bit_length() > 200:
            raise Refused("it holds a number that is too large")
        return 0

    def name_(self, node: nodes.Name) -> int:
        return 0

    def other(self, node: nodes.Node) -> int:
        if not isinstance(node, (nodes.Sum, nodes.Product, nodes.Negative, nodes.Call)):
            raise Refused(f"it holds {type(node).__name__.lower()}")
        return max(map(self.of, nodes.children(node)), default=0)


@lru_cache(maxsize=64)
def _symbol(name: str) -> Any:
    import sympy

    return sympy.Symbol(name, positive=True, integer=True)


class _Expression(exact.Arithmetic[Expression]):
    def number_(self, node: nodes.Number) -> Expression:
        import sympy

        return sympy.Rational(node.value.numerator, node.value.denominator)

    def name_(self, node: nodes.Name) -> Expression:
        return _symbol(node.name)

    def power_(self, node: nodes.Power) -> Expression:
        return self.of(node.base) ** self.of(node.exponent)

    def call_(self, node: nodes.Call) -> Expression:
        import sympy

        arguments = list(map(self.of, node.arguments))
        if node.function in ("max", "min"):
            return reduce(_larger if node.function == "max" else _smaller, arguments)
        if node.function == "abs":
            return _size(*arguments)
        found = getattr(sympy, _FUNCTIONS[node.function])
        return found(*arguments) if arguments else found

    def other(self, node: nodes.Node) -> Expression:
        raise Refused(f"it holds {type(node).__name__.lower()}")


_FUNCTIONS = {
    "e": "E", "pi": "pi", "sqrt": "sqrt", "exp": "exp", "floor": "floor", "ceil": "ceiling", "factorial": "factorial",
    "log": "log",
}  # fmt: skip
"""The functions that are handed to sympy, by its names for them."""


def _size(argument: Expression) -> Expression:
    """The absolute value, of which constant and positive factors are taken out."""
    import sympy

    return sympy.Abs(sympy.factor(argument))


def _larger(one: Expression, two: Expression) -> Expression:
    """max(a, b) = (a + b + |a - b|)/2, and min(a, b) likewise."""
    return (one + two + _size(one - two)) / 2


def _smaller(one: Expression, two: Expression) -> Expression:
    return (one + two - _size(one - two)) / 2


def _by_remainders(gap: Expression) -> list[Expression]:
    """What must be 0 for all positive integers: where something is rounded, for each remainder of each name."""
    import sympy

    rounded = gap.atoms(sympy.floor, sympy.ceiling)
    if not rounded:
        return [gap]
    divisor = lcm(*(int(number.q) for each in rounded for number in each.args[0].atoms(sympy.Rational)))
    names = sorted(set().union(*(each.free_symbols for each in rounded)), key=str)
    if divisor ** len(names) > _CASES:
        return [gap]
    whole = [sympy.Symbol(f"q_{name}", integer=True, nonnegative=True) for name in names]
    return [
        gap.subs({name: divisor * k + own for name, k, own in zip(names, whole, rest)}, simultaneous=True)
        for rest in product(range(1, divisor + 1), repeat=len(names))
    ]


def _zero(gap: Expression) -> bool:
    import sympy

    if sympy.expand(gap) == 0:
        return True
    logs: Expression = sympy.expand_log(gap, force=True)
    if sympy.expand(logs) == 0 or sympy.combsimp(gap) == 0 or sympy.simplify(logs) == 0:
        return True
    return bool(sympy.radsimp(sympy.factor(gap, deep=True)) == 0)


class _Smooth(Meaning["nodes.Node | None"]):
    """A formula of the same growth, in which nothing is rounded and no maximum or minimum is taken.

    max(a, b) <= a + b <= 2 max(a, b) and ab/(a + b) <= min(a, b) <= 2ab/(a + b) for positive a and b, and what grows is
    of the size of its whole part. So this is done in formulas without a subtraction only, and not in an exponent, where
    a factor of 2 is no constant factor. None where these rules do not do.
    """

    def number_(self, node: nodes.Number) -> nodes.Node | None:
        return node if node.value > 0 else None

    def name_(self, node: nodes.Name) -> nodes.Node | None:
        return node

    def power_(self, node: nodes.Power) -> nodes.Node | None:
        base = self.of(node.base)
        return None if base is None or nodes.names(node.exponent) else nodes.Power(base, node.exponent)

    def sum_(self, node: nodes.Sum) -> nodes.Node | None:
        parts = self._all(node.terms)
        return nodes.Sum(parts) if parts else None

    def product_(self, node: nodes.Product) -> nodes.Node | None:
        parts = self._all(node.factors)
        return nodes.Product(parts, node.signs) if parts else None

    def call_(self, node: nodes.Call) -> nodes.Node | None:
        parts = self._all(node.arguments)
        if not parts or node.derivative:
            return None
        if node.function in ("floor", "ceil"):
            return parts[0] if nodes.names(node) and _grows(parts[0]) else None
        if node.function not in ("max", "min"):
            return nodes.Call(node.function, parts) if parts == node.arguments else None
        total = parts[0]
        for other in parts[1:]:
            both = nodes.Sum((total, other))
            total = both if node.function == "max" else nodes.Product((total, other, both), ("*", "/"))
        return total

    def other(self, node: nodes.Node) -> None:
        return None

    def _all(self, parts: tuple[nodes.Node, ...]) -> tuple[nodes.Node, ...]:
        found = [part for part in map(self.of, parts) if part is not None]
        return tuple(found) if len(found) == len(parts) else ()


def _grows(node: nodes.Node) -> bool:
    """Whether a formula of positive terms surely grows beyond every bound: nothing that grows is divided by."""
    if isinstance(node, nodes.Product):
        divisors = [factor for sign, factor in zip(node.signs, node.factors[1:]) if sign == "/"]
        return not any(map(nodes.names, divisors)) and all(_grows(f) for f in node.factors if nodes.names(f))
    if isinstance(node, nodes.Power):
        return isinstance(node.exponent, nodes.Number) and node.exponent.value > 0 and _grows(node.base)
    if isinstance(node, nodes.Call):
        return node.function in ("log", "sqrt") and _grows(node.arguments[0])
    if isinstance(node, nodes.Sum):
        return all(_grows(term) for term in node.terms if nodes.names(term))
    return bool(nodes.names(node))


def _growth(one: Expression, two: Expression, names: list[Any]) -> Growth | None:
    import sympy

    ratio = sympy.combsimp(one / two)
    used = [name for name in names if name in ratio.free_symbols]
    if not used:
        return Growth.SAME if ratio.is_positive else Growth.OTHER if ratio.is_negative else None
    if len(used) == 1:
        return _by_limit(ratio, used[0])
    # Along these paths alone they grow differently, or they may be alike everywhere.
    for kept, other in permutations(used, 2):
        for path in (kept, 2 * kept, kept**2, 2**kept):
            rest = {name: kept for name in used if name not in (kept, other)}
            found = _growth(one.subs({other: path, **rest}), two.subs({other: path, **rest}), [kept])
            if found is not None and found is not Growth.SAME:
                return Growth.OTHER
    found = _by_atoms(ratio)
    return found if found is Growth.SAME else None


def _by_limit(ratio: Expression, name: Any) -> Growth | None:
    import sympy

    real = sympy.Symbol("x", positive=True)
    factors = sympy.Mul.make_args(ratio.subs(name, real))
    limit = sympy.limit(sympy.Mul(*(_by_stirling(factor, real) for factor in factors)), real, sympy.oo)
    if limit == 0:
        return Growth.SLOWER
    if limit in (sympy.oo, -sympy.oo):
        return Growth.FASTER if limit == sympy.oo else Growth.OTHER
    return Growth.SAME if limit.is_positive else Growth.OTHER if limit.is_negative else None


def _by_stirling(factor: Expression, real: Any) -> Expression:
    """x! as sqrt(x) (x/e)^x, which grows alike, for x that grows like a multiple of the name."""
    import sympy

    base, exponent = factor.as_base_exp()
    if not isinstance(base, sympy.factorial):
        return factor
    inner = base.args[0]
    if not inner.is_polynomial(real) or sympy.degree(inner, real) != 1 or not inner.coeff(real).is_positive:
        return factor
    return (sympy.sqrt(inner) * (inner / sympy.E) ** inner) ** exponent


def _by_atoms(ratio: Expression) -> Growth | None:
    """Growth where log n, 2^n and their likes are taken for symbols of their own, which grow independently.

    What is of the same growth then is so where they depend on one another; nothing else follows.
    """
    import sympy

    above, below = sympy.fraction(sympy.together(sympy.powsimp(sympy.expand_log(ratio))))
    generators = sorted({own for part in (above, below) for own in sympy.Poly(part).gens}, key=str)
    for own in generators:
        if not own.is_Symbol and (len(own.free_symbols) != 1 or _by_limit(own, *own.free_symbols) is not Growth.FASTER):
            return None
    made = polynomials.ring(tuple(f"g{number}" for number in range(len(generators))))
    parts = [sympy.Poly(part, *generators, domain=sympy.QQ) for part in (above, below)]
    return newton.compare(*(made.from_dict(dict(part.rep.to_dict())) for part in parts))
