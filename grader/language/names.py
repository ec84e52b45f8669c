"""The names that an answer may use, in all the spellings people give them: plain text, TeX and Unicode."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from grader.frozen import frozen
from grader.language.cleaning import MACRON
from grader.language.lexemes import Lexeme, partner

_CANONICAL = re.compile(r"([A-Za-z_]*?[A-Za-z]|[^\W\d_])_?(\d*)('*)(_bar)?")


@frozen
class Stem:
    """A name in parts: ``y'_bar`` is stem y, no index, one prime, a bar; ``W1`` is stem W, index 1."""

    letters: str
    index: str = ""
    primes: int = 0


@frozen
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


def parts(name: str) -> Stem | None:
    """The parts of a canonical name; a bar at its end is left off."""
    match = _CANONICAL.fullmatch(name)
    if match is None:
        return None
    letters, index, primes, _ = match.groups()
    return Stem(letters, index, len(primes))


LOSSES = ("L", "ℒ", "ℓ", "l", "loss", "Loss", "E", "C", "cost", "Cost")
"""What people call the objective where they differentiate it."""


@frozen
class Scope:
    """Beside the names of the problem: which are labels and sizes, what shapes are stated, of what the gradients are.

    ``of`` is the gradient that an equation is for: a derivative that it takes of the objective by that very variable is
    the local one.

    ``own`` holds every name of the student's own as its lexemes, ``("J", "_", "s")``; a function is among them with its
    primes, ``("f", "'")``. ``functions`` maps the name of each function of the student's own to its parameters.
    """

    labels: frozenset[str] = frozenset()
    sizes: frozenset[str] = frozenset()
    shapes: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    objective: str = ""
    of: str = ""
    own: Mapping[tuple[str, ...], str] = field(default_factory=dict, hash=False)
    functions: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)


@frozen
class Found:
    """A name that ends before lexeme ``after``; ``rest`` is what is left of the word that it was cut from.

    ``indices`` are those that stand in or between the dress of the name: ``W_{3,ij}``, ``y_k'``.
    """

    name: str
    after: int
    transposed: bool = False
    rest: Lexeme | None = None
    indices: tuple[str, ...] = ()


def indices(texts: list[str]) -> tuple[str, ...] | None:
    """The indices that a subscript lists, from its lexemes: ``ij``, ``i,j``, ``1``, ``j'``; None if it is none."""
    found: list[str] = []
    for text in texts:
        if text == "'" and found and found[-1].isalpha():
            found[-1] += "'"
        elif text.isdigit():
            found.append(text)
        elif text.isalpha() and text.isascii() and len(text) <= 2 and "T" not in text:
            found.extend(text)
        elif text != ",":
            return None
    return tuple(found) or None


@dataclass
class _Dress:
    stem: Stem
    bar: bool = False
    transposed: bool = False
    indices: tuple[str, ...] = ()


_SUFFIXES = (
    ("", 0, False), ("bar", 0, True), ("prime", 1, False), ("p", 1, False), ("primebar", 1, True), ("pbar", 1, True),
)  # fmt: skip
"""What may end a word: how many primes it stands for, and whether for a bar."""


class Speller:
    """Finds declared names in a list of lexemes."""

    def __init__(self, lexemes: list[Lexeme], symbols: Symbols, matrices: frozenset[str] = frozenset()) -> None:
        self._lexemes = lexemes
        self._symbols = symbols
        self._partners = partner(lexemes)
        self._matrices = {stem.letters for stem, name in symbols.table.items() if name in matrices}

    def at(self, index: int) -> Found | None:
        """The longest declared name that starts at the lexeme, if there is one."""
        lexeme = self._lexemes[index]
        if lexeme.kind == "accent" or (lexeme.text in ("bar", "overline") and self._text(index + 1) in ("(", "{")):
            return self._accented(index)
        if lexeme.text == "bar" and self._text(index + 1) == "_" and (found := self._accented(index + 1)) is not None:
            return found
        if lexeme.kind != "word":
            return None
        return self._joined(index) or self._whole(index) or self._prefix(index)

    def _text(self, index: int) -> str:
        return self._lexemes[index].text if index < len(self._lexemes) else ""

    def _accented(self, index: int) -> Found | None:
        if self._text(index + 1) in ("{", "("):
            close = self._partners.get(index + 1)
            if close == index + 3 and self._lexemes[index + 2].kind == "word" and self._symbols.bars:
                # The index may follow the bar: \bar{z}_1.
                dressed = self._dressed(_Dress(Stem(self._text(index + 2)), bar=True), close + 1)
                if dressed is not None:
                    return dressed
            inner = None if close is None else self.at(index + 2)
            if inner is not None and not inner.indices and (below := self.subscript(inner.after)) is not None:
                inner = replace(inner, indices=below[0], after=below[1])
            if inner is None or inner.after != close or inner.rest is not None or inner.name.endswith("_bar"):
                return None
            if (stem := parts(inner.name)) is None:
                return None
            return self._dressed(_Dress(stem, True, indices=inner.indices), close + 1)
        if index + 1 < len(self._lexemes) and self._lexemes[index + 1].kind == "word":
            return self._whole(index + 1, bar=True) or self._prefix(index + 1, bar=True)
        return None

    def _joined(self, index: int) -> Found | None:
        # A name of the student's own may hold underscores and digits: the longest run that spells one exactly.
        best: Found | None = None
        text = self._lexemes[index].text
        for after in range(index + 1, min(index + 8, len(self._lexemes))):
            lexeme = self._lexemes[after]
            if lexeme.gap or not (lexeme.text == "_" or lexeme.kind in ("word", "number")):
                break
            text += lexeme.text
            if text in self._symbols.names and not text.endswith("_bar"):
                best = Found(text, after + 1)
        stem = None if best is None else parts(best.name)
        if best is None or stem is None:
            return best
        return self._dressed(_Dress(stem), best.after)

    def _whole(self, index: int, bar: bool = False) -> Found | None:
        word = self._lexemes[index].text
        for suffix, primes, barred in _SUFFIXES:
            if word.lower().endswith(suffix) and len(word) > len(suffix) and not (bar and barred):
                dress = _Dress(Stem(word[: len(word) - len(suffix)], primes=primes), bar or barred)
                if (found := self._dressed(dress, index + 1)) is not None:
                    return found
        return None

    def _prefix(self, index: int, bar: bool = False) -> Found | None:
        # "hx" is h times x: the first letter alone is a name, and what is left is read on its own.
        lexeme = self._lexemes[index]
        if lexeme.whole or len(lexeme.text) < 2 or len(lexeme.text) > 12:
            return None
        name = self._symbols.find(Stem(lexeme.text[0]))
        if name is None:
            return None
        middle = lexeme.start + 1
        rest = replace(lexeme, text=lexeme.text[1:], start=min(middle, lexeme.end), gap="")
        return Found(name + "_bar" if bar else name, index + 1, rest=rest)

    def _dressed(self, dress: _Dress, after: int) -> Found | None:
        """Takes every index, prime and bar that follows, as long as a declared name can come of it."""
        while (longer := self._one_more(dress, after) or self._held(dress, after)) is not None:
            after = longer
        name = self._symbols.find(dress.stem)
        if name is None or (dress.bar and not self._symbols.bars):
            return None
        return Found(name + "_bar" if dress.bar else name, after, dress.transposed, indices=dress.indices)

    def subscript(self, at: int) -> tuple[tuple[str, ...], int] | None:
        """The indices below a name, where a ``_`` stands at this lexeme, and where they end."""
        if self._text(at) != "_" or at + 1 >= len(self._lexemes):
            return None
        inner, after = self._script(at)
        found = indices(inner)
        return None if found is None else (found, after)

    def _script(self, at: int) -> tuple[list[str], int]:
        """What stands below or above at this sign, and where it ends."""
        close = self._partners.get(at + 1) if self._text(at + 1) in ("{", "(", "[") else None
        first, after = (at + 1, at + 2) if close is None else (at + 2, close + 1)
        return list(map(self._text, range(first, after - 1 if close else after))), after

    def _held(self, dress: _Dress, at: int) -> int | None:
        """Where indices stand before the last of the dress, ``y_k'`` or ``W_{ij}^{(1)}``: both are taken."""
        below = None if dress.indices or dress.transposed or not self._symbols.bars else self.subscript(at)
        if below is None or self._text(below[1]) not in ("'", "^", "_"):
            return None
        after = self._one_more(dress, below[1])
        if after is not None and not dress.transposed:
            dress.indices = below[0]
            return after
        return None

    def _one_more(self, dress: _Dress, at: int) -> int | None:
        if at >= len(self._lexemes) or dress.transposed:
            return None
        lexeme = self._lexemes[at]
        if lexeme.text == MACRON and not dress.bar:
            dress.bar = True
            return at + 1
        if lexeme.text == "'" and self._possible(dress, primes=1) and not (dress.bar and self._multiplied(at + 1)):
            dress.stem = replace(dress.stem, primes=dress.stem.primes + 1)
            return at + 1
        if lexeme.kind == "number" and not lexeme.gap:
            return self._indexed(dress, lexeme.text, at + 1)
        if lexeme.kind == "word" and not lexeme.gap and not lexeme.whole and at:
            return self._worded(dress, lexeme.text, at + 1)
        if lexeme.text in ("_", "^"):
            return self._scripted(dress, at)
        return None

    def _multiplied(self, at: int) -> bool:
        """Whether a matrix stands here, after a sign of multiplication or none: the prime before it transposes."""
        return self._text(at + (self._text(at) in ("*", "@"))) in self._matrices

    def _possible(self, dress: _Dress, primes: int = 0) -> bool:
        # The index may still come: any declared name of this stem with at least so many primes will do.
        own, fold = dress.stem, (str if self._symbols.exact else str.lower)
        return any(
            fold(own.letters) == fold(stem.letters)
            and stem.primes >= own.primes + primes
            and own.index in ("", stem.index)
            for stem in self._symbols.table
        )

    def _indexed(self, dress: _Dress, index: str, after: int) -> int | None:
        indexed = replace(dress.stem, index=index)
        if dress.stem.index or not index.isdigit() or not self._possible(_Dress(indexed)):
            return None
        dress.stem = indexed
        return after

    def _worded(self, dress: _Dress, word: str, after: int) -> int | None:
        word = word.lower()
        if word in ("bar", "grad") and not dress.bar and self._symbols.bars:
            dress.bar = True
            return after
        if word in ("prime", "p", "pr") and self._possible(dress, primes=1):
            dress.stem = replace(dress.stem, primes=dress.stem.primes + 1)
            return after
        return None

    def _scripted(self, dress: _Dress, at: int) -> int | None:
        """An index, a prime or a bar written below (``_``) or above (``^``)."""
        script, following = self._text(at), self._text(at + 1)
        if following in ("{", "(", "[") and at + 1 not in self._partners:
            return None
        words, after = self._script(at)
        if words[:1] in (["("], ["["]) and len(words) >= 3 and words[2] in (")", "]"):
            words = [words[1], *words[3:]]
        tail = words[1:] if words[1:2] != ["^"] else [word for word in words[2:] if word not in "{}"]
        # W^{(1)} is W1 where there is no W alone; z^2 of a declared z stays a power.
        only = not dress.stem.index and self._symbols.find(dress.stem) is None
        if words and words[0].isdigit() and (script == "_" or only):
            below = indices([one for one in tail if one != "_"]) if script == "_" and self._symbols.bars else None
            if below is not None and (taken := self._indexed(dress, words[0], after)) is not None:
                dress.indices = below
                return taken
            if len(tail) > 1 or (tail and tail[0] not in ("T", "⊤", "'")):
                return None
            taken = self._indexed(dress, words[0], after)
            if taken is not None and tail:
                dress.transposed = tail[0] in ("T", "⊤")
                dress.stem = replace(dress.stem, primes=dress.stem.primes + (tail[0] == "'"))
            return taken
        if script == "^" and words in (["T"], ["⊤"], ["t"]) and self._text(after) == "_" and not dress.stem.index:
            # W^T_1: the index of the name stands behind the sign of the transpose.
            number, beyond = self._script(after)
            taken = self._indexed(dress, number[0], beyond) if len(number) == 1 else None
            dress.transposed = taken is not None
            return taken
        primes = len(words) - 1
        if script == "^" and primes > 0 and words[-1] in ("T", "⊤") and words[:-1] == ["'"] * primes:
            dress.transposed = self._possible(dress, primes=primes)
            dress.stem = replace(dress.stem, primes=dress.stem.primes + primes * dress.transposed)
            return after if dress.transposed else None
        if words and all(word == "'" for word in words) and self._possible(dress, primes=len(words)):
            dress.stem = replace(dress.stem, primes=dress.stem.primes + len(words))
            return after
        if script == "_" and len(words) == 1:
            return self._worded(dress, words[0], after)
        return None
