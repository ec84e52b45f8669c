"""Two words that a config may use in a condition on the inputs of a network, written out in the language.

``permutation(a, b; c, d)``: the entries after the semicolon are those before it, in some order.
``distinct(a, b, c)``: no two of them are equal.
"""

from __future__ import annotations

import re
from itertools import combinations, permutations

_NAMES = r"\s*\w+\s*(?:,\s*\w+\s*)*"
_DISTINCT = re.compile(rf"\bdistinct\(({_NAMES})\)")
_PERMUTATION = re.compile(rf"\bpermutation\(({_NAMES});({_NAMES})\)")
_MOST = 6


def written_out(condition: str) -> str:
    """The condition without these words; what is not of their form, or longer than can be checked, stays as it is."""
    return _PERMUTATION.sub(_permutation, _DISTINCT.sub(_distinct, condition))


def _distinct(found: re.Match[str]) -> str:
    names = _split(found[1])
    pairs = [f"{first} != {second}" for first, second in combinations(names, 2)]
    return f"({' and '.join(pairs)})" if pairs and len(names) <= _MOST else found[0]


def _permutation(found: re.Match[str]) -> str:
    first, second = _split(found[1]), _split(found[2])
    if len(first) != len(second) or len(first) > _MOST:
        return found[0]
    orders = [" and ".join(f"{a} = {b}" for a, b in zip(first, order)) for order in permutations(second)]
    return f"({' or '.join(f'({order})' for order in orders)})"


def _split(names: str) -> list[str]:
    return [name.strip() for name in names.split(",")]
