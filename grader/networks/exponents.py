"""Activations that are exponentials of an input: which base, which exponent, which factor."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from grader.language import nodes
from grader.language.nodes import Node
from grader.networks import exponential_sums, pieces
from grader.networks.pieces import NotPiecewise

_MOST_BITS = 4000


@dataclass(frozen=True)
class Law:
    """``constant + factor · base^(rate · x + shift)`` at every integer x, with ``factor`` and ``rate`` not 0.

    ``base`` is ``None`` for e; a rational base is positive, not 1, and has ``rate`` 1 and ``shift`` 0.
    """

    constant: Fraction
    factor: Fraction
    base: Fraction | None
    rate: Fraction
    shift: Fraction


class _Other(Exception):
    """No exponential of this form."""


def law(activation: Node, scale: Fraction, offset: Fraction) -> Law | None:
    """The activation at z = scale · x + offset as an exponential of the integer x; ``None`` where it is none."""
    try:
        found = _law(activation, scale, offset)
        return found if found.base is None else _normal(found.base, found)
    except (_Other, NotPiecewise):
        return None


def _law(node: Node, scale: Fraction, offset: Fraction) -> Law:
    if isinstance(node, nodes.Call) and node.function == "exp" and not node.derivative:
        return _power(None, node.arguments[0], scale, offset)
    if isinstance(node, nodes.Power):
        named = isinstance(node.base, nodes.Name) and node.base.name == "e"
        return _power(None if named else _constant(node.base, scale, offset), node.exponent, scale, offset)
    if isinstance(node, nodes.Negative):
        return _scaled(_law(node.operand, scale, offset), Fraction(-1))
    if isinstance(node, nodes.Product):
        return _product(node, scale, offset)
    if isinstance(node, nodes.Sum):
        return _sum(node, scale, offset)
    raise _Other


def _power(base: Fraction | None, exponent: Node, scale: Fraction, offset: Fraction) -> Law:
    runs = pieces.of(exponent, scale, offset)
    if runs.cuts or len(runs.values[0]) != 2 or (base is not None and (base <= 0 or base == 1)):
        raise _Other
    shift, rate = runs.values[0]
    return Law(Fraction(0), Fraction(1), base, rate, shift)


def _constant(node: Node, scale: Fraction, offset: Fraction) -> Fraction:
    runs = pieces.of(node, scale, offset)
    if runs.cuts or len(runs.values[0]) > 1:
        raise _Other
    return runs.values[0][0] if runs.values[0] else Fraction(0)


def _scaled(one: Law, factor: Fraction) -> Law:
    if not factor:
        raise _Other
    return replace(one, constant=one.constant * factor, factor=one.factor * factor)


def _product(node: nodes.Product, scale: Fraction, offset: Fraction) -> Law:
    found: Law | None = None
    factor = Fraction(1)
    for sign, part in zip(("*", *node.signs), node.factors):
        try:
            number = _constant(part, scale, offset)
        except NotPiecewise:
            if found is not None:
                raise _Other from None
            found = _law(part, scale, offset)
            if sign == "/":
                if found.constant:
                    raise _Other from None
                found = replace(found, factor=1 / found.factor, rate=-found.rate, shift=-found.shift)
            continue
        if sign == "/" and not number:
            raise _Other
        factor = factor / number if sign == "/" else factor * number
    if found is None:
        raise _Other
    return _scaled(found, factor)


def _sum(node: nodes.Sum, scale: Fraction, offset: Fraction) -> Law:
    found: Law | None = None
    constant = Fraction(0)
    for term in node.terms:
        try:
            constant += _constant(term, scale, offset)
        except NotPiecewise:
            if found is not None:
                raise _Other from None
            found = _law(term, scale, offset)
    if found is None:
        raise _Other
    return replace(found, constant=found.constant + constant)


def _normal(base: Fraction, one: Law) -> Law:
    """base^(rate x + shift) = (base^rate)^x · base^shift, where both powers are rational."""
    grown, factor = _rational(base, one.rate), _rational(base, one.shift)
    return replace(one, factor=one.factor * factor, base=grown, rate=Fraction(1), shift=Fraction(0))


def _rational(base: Fraction, exponent: Fraction) -> Fraction:
    bits = base.numerator.bit_length() + base.denominator.bit_length()
    if abs(exponent) * bits > _MOST_BITS:
        raise _Other
    if exponent.denominator == 1:
        return base ** int(exponent)
    terms = exponential_sums.radical(base, exponent)
    if terms is None:
        raise _Other
    (((_, roots), value),) = terms.items()
    if roots:
        raise _Other
    return value
