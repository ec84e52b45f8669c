"""Two words that a config may use in a condition on the inputs of a network, written out in the language.

``permutation(a, b; c, d)``: the entries after the semicolon are those before it, in some order.
``distinct(a, b, c)``: no two of them are equal.
"""

from __future__ import annotations

import re
from itertools import combinations, permutations

_NAMES = r"(\s*\w+\s*(?:,\s*\w+\s*)*)"
_WORD = re.compile(rf"\bdistinct\({_NAMES}\)|\bpermutation\({_NAMES};{_NAMES}\)")
_MOST = 6


def written_out(condition: str) -> str:
    """The condition without these words; what is not of their form, or longer than can be checked, stays as it is."""
    return _WORD.sub(_written, condition)


def _written(found: re.Match[str]) -> str:
    apart, first, second = (re.findall(r"\w+", names or "") for names in found.groups())
    if 1 < len(apart) <= _MOST:
        return f"({' and '.join(f'{one} != {other}' for one, other in combinations(apart, 2))})"
    if apart or len(first) != len(second) or len(first) > _MOST:
        return found[0]
    orders = (" and ".join(f"{a} = {b}" for a, b in zip(first, order)) for order in permutations(second))
    return f"({' or '.join(f'({order})' for order in orders)})"
