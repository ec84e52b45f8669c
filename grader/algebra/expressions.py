"""Formulas beyond quotients of polynomials, as expressions of sympy: equal or not, and how they grow.

Only for small formulas, and only inside ``pool.bounded``: some of sympy's rules may take for ever. Every rule used here
is an identity wherever both sides are defined, so what is called equal is.
"""

from __future__ import annotations

import contextlib
from functools import lru_cache
from itertools import permutations
from typing import Any

from grader.algebra import polynomials
from grader.algebra.polynomials import Growth
from grader.language import exact, nodes

Expression = Any
_SIZE = 120
_TOWER = 2
_EXPONENT = 100
_KINDS = (nodes.Number, nodes.Name, nodes.Sum, nodes.Negative, nodes.Product, nodes.Power, nodes.Call)
_FUNCTIONS = {
    "e": "E", "pi": "pi", "sqrt": "sqrt", "exp": "exp", "floor": "floor", "ceil": "ceiling", "factorial": "factorial",
    "log": "log", "abs": "Abs", "max": "Max", "min": "Min",
}  # fmt: skip
"""The functions that are handed to sympy, by its names for them."""


def refusal(node: nodes.Node) -> str:
    """Why a formula is not handed to sympy, or nothing."""
    if nodes.size(node) > _SIZE:
        return "it is too large to expand"
    for part in nodes.parts(node):
        if not isinstance(part, _KINDS):
            return f"it holds {type(part).__name__.lower()}"
        inner: nodes.Node = part
        most = 2**200
        if isinstance(part, nodes.Power):
            inner, most = part.exponent, _EXPONENT
        if isinstance(part, nodes.Call):
            if part.derivative or part.function not in _FUNCTIONS:
                return f"it holds the function {part.function}"
            if part.function == "factorial":
                inner, most = part.arguments[0], _EXPONENT
                if any(isinstance(one, nodes.Call) for one in nodes.parts(inner)):
                    return "it holds a factorial of a function"
        if not nodes.names(inner) and (reason := _too_large(inner, most)):
            return reason
    return "it holds a tower of powers" if _height(node) > _TOWER else ""


def _height(node: nodes.Node) -> int:
    """How many powers with names in the exponent, or functions that grow like these, stand upon one another."""
    if isinstance(node, nodes.Power):
        return max(_height(node.base), _height(node.exponent) + 1 if nodes.names(node.exponent) else 0)
    high = isinstance(node, nodes.Call) and node.function in ("exp", "factorial")
    return high + max(map(_height, nodes.children(node)), default=0)


def _too_large(node: nodes.Node, most: int) -> str:
    try:
        value = exact.value(node)
    except exact.Unknown:
        return ""  # irrational, so made of few and small numbers
    except exact.Undefined as error:
        return str(error)
    return "it holds a number that is too large" if max(abs(value.numerator), value.denominator) > most else ""


def equal(one: nodes.Node, two: nodes.Node) -> bool:
    """Whether two formulas are shown equal for all positive integers."""
    import sympy

    gap = _expression(one) - _expression(two)
    if gap.has(sympy.zoo, sympy.nan):
        return False
    if sympy.expand(gap) == 0:
        return True
    logs = sympy.expand_log(gap, force=True)
    if sympy.expand(logs) == 0 or sympy.combsimp(gap) == 0 or sympy.simplify(logs) == 0:
        return True
    return bool(sympy.radsimp(sympy.factor(gap, deep=True)) == 0)


def growth(one: nodes.Node, two: nodes.Node, names: tuple[str, ...]) -> Growth | None:
    """How ``one`` grows beside ``two``; None where that cannot be told."""
    first, second = map(_smooth, (one, two))
    with contextlib.suppress(polynomials.NotRational, ZeroDivisionError):
        return polynomials.growth(*polynomials.crossed(first, second, names))
    left, right = _expression(first), _expression(second)
    if left == 0 or right == 0:
        return Growth.SAME if left == right else Growth.OTHER
    return _growth(left, right, [_symbol(name) for name in names])


@lru_cache(maxsize=1)
def warm() -> None:
    """Have sympy compute once what it keeps for all that follows, so that each process of a fork need not."""
    n = nodes.Name("n")
    logarithm = nodes.Product((n, nodes.Call("log", (n, nodes.TWO))), ("*",))
    exponential = nodes.Power(nodes.TWO, n)
    for one, two in ((nodes.Sum((logarithm, n)), logarithm), (exponential, n)):
        equal(one, two)
        growth(one, two, ("n",))


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

        found = getattr(sympy, _FUNCTIONS[node.function])
        return found(*map(self.of, node.arguments)) if node.arguments else found


def _expression(node: nodes.Node) -> Expression:
    """Maxima and minima as distances, of which constant and positive factors are taken out."""
    import sympy

    made = _Expression().of(node).rewrite(sympy.Abs)
    return made.replace(sympy.Abs, lambda inner: sympy.Abs(sympy.factor(inner)))


def _smooth(node: nodes.Node) -> nodes.Node:
    """A formula of the same growth without maximum and minimum, where these stand in sums, products and powers only.

    max(a, b) <= a + b <= 2 max(a, b) and ab/(a + b) <= min(a, b) <= 2ab/(a + b) for positive a and b. In an exponent a
    factor of 2 is no constant factor.
    """
    for part in nodes.parts(node):
        signed = isinstance(part, nodes.Negative) or (isinstance(part, nodes.Number) and part.value <= 0)
        outer = isinstance(part, nodes.Call) and not _extreme(part)
        powered = isinstance(part, nodes.Power) and nodes.names(part.exponent)
        if signed or ((outer or powered) and any(map(_extreme, nodes.parts(part)))):
            return node
    return nodes.changed_everywhere(node, _summed)


def _extreme(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Call) and node.function in ("max", "min")


def _summed(node: nodes.Node) -> nodes.Node:
    """A maximum as a sum, a minimum as a quotient."""
    if not isinstance(node, nodes.Call) or not _extreme(node):
        return node
    total, *others = node.arguments
    for other in others:
        both = nodes.Sum((total, other))
        total = both if node.function == "max" else nodes.Product((total, other, both), ("*", "/"))
    return total


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

    def stirling(of: Expression) -> Expression:
        grows = sympy.limit(of, real, sympy.oo) == sympy.oo
        return sympy.sqrt(2 * sympy.pi * of) * (of / sympy.E) ** of if grows else sympy.factorial(of)

    limit = sympy.limit(ratio.subs(name, real).replace(sympy.factorial, stirling), real, sympy.oo)
    if limit == 0:
        return Growth.SLOWER
    if limit in (sympy.oo, -sympy.oo):
        return Growth.FASTER if limit == sympy.oo else Growth.OTHER
    return Growth.SAME if limit.is_positive else Growth.OTHER if limit.is_negative else None


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
    return polynomials.growth(*(made.from_dict(dict(part.rep.to_dict())) for part in parts))
