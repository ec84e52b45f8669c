"""Whether a value is the gradient at a point, up to what is free at a kink."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from grader.gradients.domains import Domain, Field, Reals
from grader.gradients.shapes import Matrix, is_vector

MARGIN = Decimal("1e-30")
"""Of the largest entry. With 50 digits rounding stays far below it, and so does no error that somebody types."""


def aligned(value: Matrix, gradient: Matrix) -> Matrix | None:
    """The value in the shape of the gradient; a row is the same vector as a column. None where the shapes differ."""
    if value.shape == gradient.shape:
        return value
    turned = value.transposed
    return turned if turned.shape == gradient.shape and is_vector(gradient.shape) else None


def agrees(value: Matrix, gradient: Matrix, other: Matrix, domain: Domain[Any]) -> bool:
    """Whether a value is the gradient.

    ``gradient`` and ``other`` are the gradients with the derivative at a kink taken as 0 and as 1. Where they differ,
    the value may be any mixture of the two, the same for all entries, or nothing at all.
    """
    turned = aligned(value, gradient)
    if turned is None:
        return False
    scale = largest(gradient) if isinstance(domain, Reals) else None
    mixture: Any = None
    for entry, low, high in zip(turned.entries, gradient.entries, other.entries):
        free = not _equal(low, high, scale)
        if entry is None or low is None or high is None:
            if entry is None and free:
                continue
            return False
        if not free:
            if not _equal(entry, low, scale):
                return False
            continue
        minus = domain.negative(low)
        share = domain.over(domain.add(entry, minus), domain.add(high, minus))
        if mixture is None:
            mixture = share
            if not _between(share, domain):
                return False
        elif not _equal(share, mixture, Decimal(1)):
            return False
    return True


def largest(matrix: Matrix) -> Decimal:
    """The largest size of an entry."""
    return max((abs(entry) for entry in matrix.entries if entry is not None), default=Decimal(0))


def _equal(a: Any, b: Any, scale: Decimal | None) -> bool:
    if a is None or b is None or isinstance(a, int):
        return bool(a == b)
    return bool(abs(a - b) <= MARGIN * (scale or 0))


def _between(share: Any, domain: Domain[Any]) -> bool:
    """Whether a share is at least 0 and at most 1."""
    if isinstance(domain, Field):
        number = domain.small(share)
        return number is not None and 0 <= number <= 1
    return bool(-MARGIN <= share <= 1 + MARGIN)
