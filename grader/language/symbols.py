"""The declared names of a problem in all the spellings people give them, and their one canonical spelling."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

_CANONICAL = re.compile(r"([A-Za-z_]*?[A-Za-z]|[^\W\d_])_?(\d*)('*)(_bar)?")


@dataclass(frozen=True)
class Stem:
    """A name in parts: ``y'_bar`` is stem y, no index, one prime, a bar; ``W1`` is stem W, index 1."""

    letters: str
    index: str = ""
    primes: int = 0


@dataclass(frozen=True)
class Symbols:
    """The names that an answer may use.

    ``bars`` says whether the error signal of a name (``x_bar``) is a name too: so in backward equations. In these names
    are ``exact``: a capital is no small letter.
    """

    names: frozenset[str]
    table: dict[Stem, str]
    folded: dict[Stem, str]
    bars: bool = False
    exact: bool = False

    def find(self, stem: Stem) -> str | None:
        """The canonical name; unless ``exact``, the case of a letter is ignored where only one case is declared."""
        # A T is a transpose that lost its sign before it is another name's capital.
        if self.exact or stem.letters == "T":
            return self.table.get(stem)
        return self.table.get(stem) or self.folded.get(Stem(stem.letters.lower(), stem.index, stem.primes))

    @property
    def letters(self) -> frozenset[str]:
        return frozenset(stem.letters for stem in self.table)


@lru_cache(maxsize=64)
def declared(names: frozenset[str], bars: bool = False, exact: bool = False) -> Symbols:
    """The table of spellings of the declared names."""
    table: dict[Stem, str] = {}
    for name in sorted(names):
        stem = parts(name)
        if stem is not None:
            table[stem] = name.removesuffix("_bar") if bars else name
    lower: dict[Stem, list[str]] = {}
    for stem, name in table.items():
        lower.setdefault(Stem(stem.letters.lower(), stem.index, stem.primes), []).append(name)
    folded = {stem: found[0] for stem, found in lower.items() if len(found) == 1}
    return Symbols(names, table, folded, bars, exact)


def of(names: Iterable[str], bars: bool = False, exact: bool = False) -> Symbols:
    """The table for any collection of names."""
    return declared(frozenset(names), bars, exact)


def parts(name: str) -> Stem | None:
    """The parts of a canonical name; a bar at its end is left off."""
    match = _CANONICAL.fullmatch(name)
    if match is None:
        return None
    letters, index, primes, _ = match.groups()
    return Stem(letters, index, len(primes))
