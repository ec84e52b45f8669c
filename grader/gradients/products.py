"""Products of shaped values: which product two shapes take, and how a chain of factors is bracketed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Union

import numpy as np

from grader.gradients.shapes import NUMBER, Flexible, Matrix, Shape, Value, of
from grader.language.nodes import Sign

Way = Literal["scale", "entrywise", "divide", "matrix", "inner", "identity"]


@dataclass(frozen=True)
class Join:
    """Two factors or brackets with the sign between them."""

    left: Bracket
    sign: Sign
    right: Bracket


Bracket = Union[int, Join]
"""A factor by its place in the chain, or a product of two brackets."""


def joined(left: Shape, sign: Sign, right: Shape) -> tuple[Way, Shape] | None:
    """The way two shapes multiply and the shape of the result; None where they do not fit.

    Two columns side by side do not fit: whether their inner, outer or entrywise product is meant, the sign must say.
    ``a @ b`` and ``dot(a, b)`` of two vectors are the inner product, as in numpy.
    """
    if sign == "/":
        return _divided(left, right)
    if left == NUMBER or right == NUMBER:
        return "scale", right if left == NUMBER else left
    if sign == "@" and left == right and not isinstance(left, str) and left[1] == 1:
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
    return _multiplied(left, right)


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
        assert not isinstance(right, str)
        if left == "ones^T":
            return "matrix", (1, right[1])
        # ones v^T is square: nothing else can be meant where the size is left open.
        return ("matrix", (right[1], right[1])) if right[0] == 1 else None
    if isinstance(right, str):
        if right == "ones":
            return "matrix", (left[0], 1)
        return ("matrix", (left[0], left[0])) if left[1] == 1 else None
    return ("matrix", (left[0], right[1])) if left[1] == right[0] else None


def product(left: Value, sign: Sign, right: Value) -> Value | None:
    """The product as ``joined`` has it; None where the shapes do not fit."""
    fit = joined(of(left), sign, of(right))
    if fit is None:
        return None
    way = fit[0]
    if way == "divide":
        return _over(left, right)
    if way in ("scale", "identity") and (isinstance(left, Flexible) or isinstance(right, Flexible)):
        return _scaled(left, right)
    if way == "matrix":
        return _matrix(left, right)
    if way == "inner":
        return _number(left).T @ _number(right)
    return _number(left) * _number(right)


def _number(value: Value) -> Matrix:
    return np.full((1, 1), value.scale) if isinstance(value, Flexible) else value


def _scaled(left: Value, right: Value) -> Value:
    if isinstance(left, Flexible) and isinstance(right, Flexible):
        return Flexible(right.kind if left.kind == "identity" else left.kind, left.scale * right.scale)
    open_, other = (left, right) if isinstance(left, Flexible) else (right, left)
    assert isinstance(open_, Flexible)
    assert not isinstance(other, Flexible)
    if of(other) == NUMBER:
        return Flexible(open_.kind, open_.scale * other.item())
    return open_.scale * other


def _over(left: Value, right: Value) -> Value:
    with np.errstate(all="ignore"):
        if isinstance(left, Flexible) and of(right) in (NUMBER, "ones"):
            return Flexible(left.kind, left.scale / _number(right).item())
        return _number(left) / _number(right)


def _matrix(left: Value, right: Value) -> Matrix:
    if isinstance(left, Flexible):
        assert not isinstance(right, Flexible)
        size = right.shape[0] if left.kind == "ones^T" else right.shape[1]
        return left.scale * np.ones((1, size) if left.kind == "ones^T" else (size, 1)) @ right
    if isinstance(right, Flexible):
        size = left.shape[1] if right.kind == "ones" else left.shape[0]
        return right.scale * left @ np.ones((size, 1) if right.kind == "ones" else (1, size))
    return left @ right


Fit = Callable[[Bracket], Shape]


def brackets(shapes: Sequence[Shape], signs: Sequence[Sign]) -> Bracket:
    """How a chain of factors is read: the first of four usual readings whose products all fit, else the first.

    Matrix products first and then the rest left to right (``A^T u ∘ v``); strictly left to right; matrix products
    first and then right to left (``v * A^T * u``); entrywise products first (``A^T relu'(v) ∘ u``).
    """
    first = _tight(signs, ("", "@"), _leftwards)
    if len(signs) == 1 or misfit(first, shapes) is None:
        return first
    others: tuple[Callable[[], Bracket], ...] = (
        lambda: _leftwards(list(range(len(shapes))), list(signs)),
        lambda: _tight(signs, ("", "@"), _rightwards),
        lambda: _tight(signs, ("∘", "/"), _leftwards),
    )
    return next((reading for other in others if misfit(reading := other(), shapes) is None), first)


def misfit(bracket: Bracket, shapes: Sequence[Shape]) -> Join | None:
    """The first product in a bracket that does not fit."""
    found = _shape(bracket, shapes)
    return found if isinstance(found, Join) else None


def shape(bracket: Bracket, shapes: Sequence[Shape]) -> Shape:
    """The shape of a bracket that fits."""
    found = _shape(bracket, shapes)
    if isinstance(found, Join):
        raise ValueError("the factors do not fit")
    return found


def _shape(bracket: Bracket, shapes: Sequence[Shape]) -> Shape | Join:
    # By hand rather than by recursion: a chain of thousands of factors is a bracket of that depth.
    results: list[Shape] = []
    pending: list[tuple[Bracket, bool]] = [(bracket, False)]
    while pending:
        current, visited = pending.pop()
        if isinstance(current, int):
            results.append(shapes[current])
        elif not visited:
            pending += [(current, True), (current.right, False), (current.left, False)]
        else:
            right, left = results.pop(), results.pop()
            fit = joined(left, current.sign, right)
            if fit is None:
                return current
            results.append(fit[1])
    return results[0]


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
