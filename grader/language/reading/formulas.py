"""Counts and orders: from a typed text to nodes."""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import pairwise

from lark import Token

from grader.language import exact, slips, trimming, validity
from grader.language.nodes import Name, Node, Order, Sum
from grader.language.parsing import single
from grader.language.parts import CONDITIONS
from grader.language.reading import remarks
from grader.language.reading.source import Reading, Text, located, remembered
from grader.language.unreadable import Unreadable, quoted


@remembered
def formula(text: str, names: Collection[str]) -> Reading:
    """A count in the declared symbols, such as ``5(n + 2)``; an order, such as ``O(n^5)``, is read too."""
    with located(text):
        return _formula(Text(text, "formula", names))


@remembered
def order(text: str, names: Collection[str]) -> Reading:
    """An order of growth; a bare formula is read as it stands."""
    with located(text):
        return _formula(Text(text, "order", names))


def _formula(source: Text) -> Reading:
    if zero := re.match(r"\s*\$?\s*(0)\s*\(", source.text):
        raise Unreadable(
            "read.zero",
            "A zero stands before a bracket.",
            zero.span(1),
            hint="For an order write the letter O.",
        )
    lexed = source.lexed()
    trimmed = trimming.formula(lexed.tokens, source.text)
    typed = [part for member in trimmed.members for part in remarks.parted(member, source, trimmed.remarks)]
    members = [_member(part, source) for part in typed]
    _own_name(members)
    if trimmed.arrows:
        _steps(members, trimmed.arrows[0], source.text)
    exact_ones = [one for one in members if not isinstance(one, Order)]
    chosen = exact_ones[-1] if exact_ones and source.context.kind == "formula" else members[-1]
    return Reading(chosen, tuple(members), (*lexed.remarks, *trimmed.remarks))


def _member(tokens: list[Token], source: Text) -> Node:
    slips.check(tokens, source.context, source.text)
    found = _one_order(single(tokens, source.end))
    if isinstance(found, CONDITIONS):
        slips.not_a_formula(found)
    validity.countable(found, source.context.kind)
    validity.bounded(found)
    return found


def _one_order(found: Node) -> Node:
    """O(n^5) + O(n^4) is O(n^5 + n^4), and likewise for Θ."""
    if not isinstance(found, Sum):
        return found
    orders = [one for one in found.terms if isinstance(one, Order)]
    if len(orders) < len(found.terms) or orders[0].kind not in "OΘ" or len({one.kind for one in orders}) > 1:
        return found
    return Order(orders[0].kind, Sum(tuple(one.argument for one in orders), span=found.span), span=found.span)


def _steps(members: list[Node], arrow: Token, text: str) -> None:
    """An arrow may stand for an equality; between two different formulas it means something else."""
    counts = [one for one in members if not isinstance(one, Order)]
    if not all((one != two or arrow == "⇔") and exact.alike(one, two) for one, two in pairwise(counts)):
        span = (arrow.start_pos or 0, arrow.end_pos or 0)
        raise Unreadable(
            "read.arrow",
            f"What stands before {quoted(text[slice(*span)])} is not equal to what stands after it.",
            span,
            hint="Give the final formula alone.",
        )


def _own_name(members: list[Node]) -> None:
    # "m = 2n" is an equation between two symbols of the problem, not an amount: say so rather than mark it wrong.
    first = members[0]
    if (
        len(members) > 1
        and isinstance(first, Name)
        and all(first.name not in validity.names(one) for one in members[1:])
    ):
        raise Unreadable(
            "read.equation",
            f"{first.name} is a symbol of the problem, so this is an equation and not an amount.",
            first.span,
            hint="Leave out what stands before the = sign.",
        )
