"""Products of shaped values: which product two shapes take, and how a chain of factors is bracketed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Literal, Union

from grader.frozen import frozen
from grader.gradients.shapes import NUMBER, Shape, is_vector
from grader.language.nodes import Node, Product, Sign

Way = Literal["scale", "entrywise", "beside", "divide", "matrix", "inner", "identity"]


@frozen
class Join:
    """Two factors or brackets with the sign between them, the product they take, and its shape."""

    left: Bracket
    sign: Sign
    right: Bracket
    way: Way = "matrix"
    shape: Shape = NUMBER


Bracket = Union[int, Join]
"""A factor by its place in the chain, or a product of two brackets."""


@frozen
class Misfit:
    """The first product in a bracket that does not fit, and the shapes of its two sides."""

    join: Join
    left: Shape
    right: Shape


def joined(left: Shape, sign: Sign, right: Shape, lenient: bool = False) -> tuple[Way, Shape] | None:
    """The way two shapes multiply and the shape of the result; None where they do not fit.

    Two columns side by side do not fit: whether their inner, outer or entrywise product is meant, the sign must say.
    Only where nothing else fits (``lenient``) are they multiplied by entries. ``a @ b`` and ``dot(a, b)`` of two
    vectors are the inner product, as in numpy.
    """
    if sign == "/":
        return _divided(left, right)
    if left == NUMBER or right == NUMBER:
        return "scale", right if left == NUMBER else left
    if sign == "@" and left == right and is_vector(left) and left[1] == 1:
        return "inner", NUMBER
    if sign in ("∘", "*"):
        if isinstance(left, str) != isinstance(right, str) and "identity" not in (left, right):
            array = right if isinstance(left, str) else left
            if sign == "∘" or 1 in array:
                return "scale", array
        if left == right and not isinstance(left, str):
            return "entrywise", left
        if sign == "∘":
            return None
    fit = _multiplied(left, right)
    if fit is None and lenient and sign == "" and left == right and is_vector(left):
        return "beside", left
    return fit


def _divided(left: Shape, right: Shape) -> tuple[Way, Shape] | None:
    if "identity" in (left, right) or right == "ones^T":
        return None
    if right in (NUMBER, "ones"):
        return "divide", left
    if left in (NUMBER, "ones", right):
        return "divide", right
    return None


def _multiplied(left: Shape, right: Shape) -> tuple[Way, Shape] | None:
    if left == "identity" or right == "identity":
        return "identity", right if left == "identity" else left
    if isinstance(left, str) and isinstance(right, str):
        return None
    if isinstance(left, str):
        if left == "ones^T":
            return "matrix", (1, right[1])
        # ones v^T is square: nothing else can be meant where the size is left open.
        return ("matrix", (right[1], right[1])) if right[0] == 1 else None
    if isinstance(right, str):
        if right == "ones":
            return "matrix", (left[0], 1)
        return ("matrix", (left[0], left[0])) if left[1] == 1 else None
    return ("matrix", (left[0], right[1])) if left[1] == right[0] else None


@lru_cache(maxsize=4096)
def brackets(shapes: tuple[Shape, ...], signs: tuple[Sign, ...]) -> tuple[Bracket, ...] | Misfit:
    """How a chain of factors is read: its factors and brackets, each bracket after its two sides.

    It is the first of the usual readings whose products all fit.

    Matrix products first and then the rest left to right (``A^T u ∘ v``); strictly left to right; matrix products
    first and then right to left (``v * A^T * u``); entrywise products first (``A^T relu'(v) ∘ u``); side by side from
    the right (``A^T (u v)``). Where none fits, the same with two vectors side by side multiplied by entries.
    """
    readings: tuple[Callable[[], Bracket], ...] = (
        lambda: _tight(signs, ("", "@"), _leftwards),
        lambda: _leftwards(list(range(len(shapes))), list(signs)),
        lambda: _tight(signs, ("", "@"), _rightwards),
        lambda: _tight(signs, ("∘", "/"), _leftwards),
        lambda: _rightwards(list(range(len(shapes))), list(signs)),
    )
    first: Misfit | None = None
    for lenient in (False, True):
        for reading in readings:
            found = _fitted(reading(), shapes, lenient)
            if not isinstance(found, Misfit):
                return tuple(_inside_out(found))
            first = first or found
    assert first is not None
    return first


def _fitted(bracket: Bracket, shapes: Sequence[Shape], lenient: bool) -> Bracket | Misfit:
    results: list[tuple[Bracket, Shape]] = []
    for current in _inside_out(bracket):
        if isinstance(current, int):
            results.append((current, shapes[current]))
            continue
        (right, right_shape), (left, left_shape) = results.pop(), results.pop()
        fit = joined(left_shape, current.sign, right_shape, lenient)
        if fit is None:
            return Misfit(Join(left, current.sign, right), left_shape, right_shape)
        results.append((Join(left, current.sign, right, *fit), fit[1]))
    return results[0][0]


def _inside_out(bracket: Bracket) -> Iterator[Bracket]:
    """A bracket's factors and brackets, each after its two sides.

    By hand rather than by recursion: a chain of thousands of factors is a bracket of that depth.
    """
    pending: list[tuple[Bracket, bool]] = [(bracket, False)]
    while pending:
        current, visited = pending.pop()
        if isinstance(current, int) or visited:
            yield current
        else:
            pending += [(current, True), (current.right, False), (current.left, False)]


def written(bracket: Bracket, node: Product) -> Node:
    """A bracket of a product's factors as a node, products of products as one chain where they read the same."""
    if isinstance(bracket, int):
        return node.factors[bracket]
    parts: list[tuple[Sign, Bracket]] = []
    current: Bracket = bracket
    while isinstance(current, Join):
        parts.append((current.sign, current.right))
        current = current.left
    factors = (node.factors[current], *(written(part, node) for _, part in reversed(parts)))
    return Product(factors, tuple(sign for sign, _ in reversed(parts)))


_Order = Callable[[list[Bracket], list[Sign]], Bracket]


def _tight(signs: Sequence[Sign], tight: tuple[Sign, ...], order: _Order) -> Bracket:
    """Runs joined by the tight signs first, then the runs in an order."""
    runs: list[Bracket] = [0]
    between: list[Sign] = []
    for place, sign in enumerate(signs, start=1):
        if sign in tight:
            runs[-1] = Join(runs[-1], sign, place)
        else:
            runs.append(place)
            between.append(sign)
    return order(runs, between)


def _leftwards(parts: list[Bracket], signs: list[Sign]) -> Bracket:
    bracket = parts[0]
    for sign, part in zip(signs, parts[1:]):
        bracket = Join(bracket, sign, part)
    return bracket


def _rightwards(parts: list[Bracket], signs: list[Sign]) -> Bracket:
    # A quotient keeps its divisor: a * b / c * d is a * ((b / c) * d).
    quotients: list[Bracket] = [parts[0]]
    between: list[Sign] = []
    for sign, part in zip(signs, parts[1:]):
        if sign == "/":
            quotients[-1] = Join(quotients[-1], sign, part)
        else:
            quotients.append(part)
            between.append(sign)
    bracket = quotients[-1]
    for sign, part in zip(reversed(between), reversed(quotients[:-1])):
        bracket = Join(part, sign, bracket)
    return bracket
