"""Lexemes turned into the tokens of the grammar, for one kind of answer and its declared names: brackets and signs.

Numbers and words are read in ``wording``, what only equations have in ``calculus``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import field
from functools import lru_cache
from typing import NamedTuple

from lark import Token

from grader.frozen import frozen
from grader.language import lexemes, words
from grader.language.cleaning import Typed
from grader.language.lexemes import Lexeme, braced, partner, scan
from grader.language.nodes import Span
from grader.language.unreadable import Unreadable, quoted
from grader.language.words import listed

_CANONICAL = re.compile(r"([A-Za-z_]*?[A-Za-z]|[^\W\d_])_?(\d*)('*)(_bar)?")


class Stem(NamedTuple):
    """A name in parts: ``y'_bar`` is stem y, no number, one prime, a bar; ``W1`` is stem W, number 1."""

    letters: str
    number: str = ""
    primes: int = 0


def parts(name: str) -> Stem:
    """The parts of a canonical name; a bar at its end is left off."""
    match = _CANONICAL.fullmatch(name)
    return Stem(name) if match is None else Stem(match[1], match[2], len(match[3]))


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
        return self.table.get(stem) or (None if stem.letters == "T" else self.folded.get(_lower(stem)))


def _lower(stem: Stem) -> Stem:
    return stem._replace(letters=stem.letters.lower())


@lru_cache(maxsize=64)
def declared(names: frozenset[str], bars: bool = False, exact: bool = False) -> Symbols:
    """The table of spellings of the declared names."""
    table = {parts(name): name.removesuffix("_bar") if bars else name for name in sorted(names)}
    often = Counter(map(_lower, table))
    folded = {_lower(stem): name for stem, name in table.items() if not exact and often[_lower(stem)] == 1}
    return Symbols(names, table, folded, bars, exact)


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
class Context:
    """What kind of answer is read, and which names it may use."""

    kind: str
    symbols: Symbols
    tokens: int = 1500
    scope: Scope = field(default_factory=Scope)


DEPTH = 40
"""How deep brackets may be nested."""

_OPERANDS = listed(
    """NUMBER NAME CONSTANT TRUTH CLOSE LCLOSE BAREND FLOOREND MATRIXEND CASESEND TRANSPOSE PRIME BANG WORD SUBSCRIPT
    DERIVATIVE"""
)
"""Tokens that can end an operand."""
_ENDS = {
    "OPEN": "CLOSE", "LOPEN": "LCLOSE", "FLOOR": "FLOOREND", "BAR": "BAREND", "MATRIX": "MATRIXEND",
    "CASES": "CASESEND",
}  # fmt: skip
"""Tokens that open something, and what closes it."""

KINDS = {
    **dict.fromkeys("+-", "SIGN"), **dict.fromkeys("*∘@/⊗", "TIMES"), **dict.fromkeys("=<>≤≥≠", "RELATION"),
    **dict.fromkeys("∈∉", "IN"), **dict.fromkeys("⇒⇐⇔", "ARROW"), ",": "COMMA", ";": "ROW", ":": "COLON", "^": "CARET",
    "∧": "AND", "∨": "OR", "¬": "NOT", "=>": "SLOPPY", "≈": "APPROX", ":=": "ASSIGN", "_": "UNDERSCORE", "#": "WORD",
    "'": "PRIME",
}  # fmt: skip
_REFUSED = {
    "...": ("read.ellipsis", "An ellipsis leaves open what is meant."),
    "±": ("read.plus-minus", "“±” states two values."),
    "∑": ("read.big-operator", "Sums over an index are not read."),
    "∏": ("read.big-operator", "Products over an index are not read."),
    "∫": ("read.big-operator", "Integrals are not read."),
    "∂": ("read.derivative", "Partial derivatives are not read."),
    "∇": ("read.derivative", "Gradients are not read."),
    "≪": ("read.much-less", "“Much less than” is not exact."),
    "≫": ("read.much-greater", "“Much greater than” is not exact."),
    "%": ("read.modulo", "“%” has no meaning here."),
    "⊤": ("read.transpose", "There is nothing to transpose in a formula of numbers."),
}
_OPPOSITES = {"<": "≥", ">": "≤", "≤": ">", "≥": "<", "∈": "∉"}
_READERS = {
    "number": "_number", "word": "_word", "accent": "_word", "open": "_open", "close": "_close",
    "begin": "_environment", "end": "_environment", "row": "_separator", "column": "_separator",
    "structure": "_structure", "|": "_bar", "^": "_caret", ".": "_point", "!": "_exclamation",
}  # fmt: skip
"""The method that reads each kind of lexeme, and some signs; ``_sign`` reads all others."""
_STRUCTURES = {"\\sqrt": "ROOT", "\\binom": "CHOOSE", "\\dbinom": "CHOOSE", "\\tbinom": "CHOOSE"}

_NOTHING = Lexeme("nothing", "", 0, 0, " ")
"""What stands before the first lexeme, and behind the last."""


class Lexing:
    """One pass over the lexemes, left to right; what reads something returns the place where the next one starts.

    Raises ``Unreadable`` where a piece means nothing in this kind of answer. ``out`` are the tokens made so far,
    ``remarks`` say what was read as what.
    """

    def __init__(self, typed: Typed, context: Context) -> None:
        self.lexemes = braced(scan(typed, context.tokens))
        self.context = context
        self.symbols = context.symbols
        self.remarks = ["A letter that only looks like a Latin one was read as the Latin one."] * typed.lookalikes
        self.out: list[Token] = []
        self.array = context.kind == "array"
        self.equation = context.kind == "equation"
        self.logic = context.kind in ("condition", "predicate", "activation", "equation")
        self.partners = partner(self.lexemes)
        matrices = {name for name, shape in context.scope.shapes.items() if len(shape) == 2}
        self._matrices = {stem.letters for stem, name in self.symbols.table.items() if name in matrices}
        self.open: list[int] = []
        """The tokens that opened what is not closed yet."""
        self.aligned = any(one.kind == "begin" and one.text in lexemes.ALIGNMENTS for one in self.lexemes)

    def run(self) -> list[Token]:
        """The tokens of all the lexemes."""
        self.between(0, len(self.lexemes))
        if self.open:
            opening = self.out[self.open[-1]]
            message = f"The bracket {quoted(opening)} is never closed."
            expected = "a closing bracket before the end"
            span = (opening.start_pos or 0, opening.end_pos or 0)
            raise Unreadable("read.unbalanced", message, span, expected=expected)
        return self.out

    def between(self, index: int, end: int) -> None:
        """Reads the lexemes from one place to another, and what the white space before them says."""
        while index < end:
            lexeme = self.lexemes[index]
            if self.array:
                self._parted(index, lexeme)
            elif lexeme.gap == "\n" and self.after_operand:
                self.put("NEWLINE", "", (lexeme.start, lexeme.start))
            index = self.one(index, lexeme)

    def one(self, index: int, lexeme: Lexeme) -> int:
        """Reads what starts at this lexeme."""
        kind = lexeme.text if lexeme.kind == "sign" else lexeme.kind
        found: int = getattr(self, _READERS.get(kind, "_sign"))(index, lexeme)
        return found

    def put(self, kind: str, value: str, span: Span) -> None:
        self.out.append(Token(kind, value, start_pos=span[0], end_pos=span[1]))

    def made(self, kind: str, value: str, index: int, count: int = 1) -> int:
        """Puts a token for so many lexemes from one on; returns where it goes on."""
        self.put(kind, value, self.span(index, index + count))
        return index + count

    def span(self, start: int, end: int) -> Span:
        """Where the lexemes from one place to another stand in the text."""
        return (self.lexemes[start].start, self.lexemes[min(end, len(self.lexemes)) - 1].end)

    def lexeme(self, index: int) -> Lexeme:
        return self.lexemes[index] if 0 <= index < len(self.lexemes) else _NOTHING

    def text(self, index: int) -> str:
        return self.lexeme(index).text

    def texts(self, start: int, end: int) -> list[str]:
        return [self.text(index) for index in range(start, end)]

    def numbered(self, index: int) -> bool:
        """Whether a number stands here, directly behind what is before it."""
        return self.lexeme(index).kind == "number" and not self.lexeme(index).gap

    @property
    def last(self) -> str:
        """The kind of the token before."""
        return self.out[-1].type if self.out else ""

    @property
    def inner(self) -> str:
        """The kind of the token that opened what is closed next."""
        return self.out[self.open[-1]].type if self.open else ""

    @property
    def after_operand(self) -> bool:
        return self.last in _OPERANDS

    # Brackets, environments and what parts the entries of a list

    def opened(self, kind: str, index: int, value: str = "") -> int:
        """Puts a token that waits for its partner."""
        if len(self.open) >= DEPTH:
            span = self.lexemes[index].span
            raise Unreadable("read.too-deep", f"Brackets are nested more than {DEPTH} deep.", span)
        self.open.append(len(self.out))
        return self.made(kind, value or self.text(index), index)

    def _structure(self, index: int, lexeme: Lexeme) -> int:
        return self.made(_STRUCTURES.get(lexeme.text, "FRACTION"), lexeme.text, index)

    def _open(self, index: int, lexeme: Lexeme) -> int:
        owner = index - 1 if self.text(index - 1) != "}" else self.partners.get(index - 1, 0) - 1
        inline = self.text(index - 1) in ("^", "_") or self.lexeme(owner).kind == "structure"
        listing = self.array and lexeme.text in ("[", "{", "⟨") and not (inline and lexeme.text == "{")
        if listing or (self.text(index - 1) == "\\sqrt" and lexeme.text == "["):
            return self.opened("LOPEN", index)
        return self.opened("FLOOR" if lexeme.text in "⌊⌈" else "OPEN", index)

    def _close(self, index: int, lexeme: Lexeme) -> int:
        if not self.open:
            raise Unreadable("read.unbalanced", f"The bracket {quoted(lexeme.text)} was never opened.", lexeme.span)
        opening = self.out[self.open[-1]]
        interval = self.out[self.open[-1] - 1].type == "IN" and {str(opening), lexeme.text} <= set("()[]")
        if lexemes.OPENING.get(lexeme.text) != opening and not interval:
            message = f"The bracket {quoted(opening)} is closed by {quoted(lexeme.text)}, which is of another kind."
            raise Unreadable("read.unbalanced", message, lexeme.span)
        self.open.pop()
        return self.made(_ENDS[opening.type], lexeme.text, index)

    def _environment(self, index: int, lexeme: Lexeme) -> int:
        name = lexeme.text
        if name in lexemes.ALIGNMENTS:
            return index + 1
        if name in lexemes.DETERMINANTS:
            raise Unreadable("read.determinant", "Bars around a matrix mean its determinant.", lexeme.span)
        if name not in lexemes.MATRICES and name not in lexemes.CASES:
            raise Unreadable("read.unknown-macro", f"The environment {quoted(name)} is not known here.", lexeme.span)
        if lexeme.kind == "begin":
            return self.opened("CASES" if name in lexemes.CASES else "MATRIX", index)
        if not self.open or self.out[self.open[-1]] != name:
            raise Unreadable("read.unbalanced", f"\\end{{{name}}} has no \\begin{{{name}}}.", lexeme.span)
        return self.made(_ENDS[self.out[self.open.pop()].type], name, index)

    def _separator(self, index: int, lexeme: Lexeme) -> int:
        inside = self.inner in ("MATRIX", "CASES")
        if lexeme.kind == "row":
            self.put("ROW" if inside or self.array else "NEWLINE", "", lexeme.span)
        elif inside or (self.array and self.after_operand):
            if self.last == "COMMA":
                self.out.pop()
            self.put("COMMA", "&", lexeme.span)
        elif not self.aligned and self.context.kind in ("condition", "predicate", "activation"):
            self.put("AND", "&", lexeme.span)
        elif not self.aligned and not self.equation:
            raise Unreadable("read.unknown-character", "“&” has no meaning here.", lexeme.span)
        return index + 1

    def _parted(self, index: int, lexeme: Lexeme) -> None:
        """Puts what parts the entries and rows of an array where only white space, or nothing, stands between them."""
        here = (lexeme.start, lexeme.start)
        if lexeme.gap == "\n" and self.last == "COMMA" and self.out[-1] == ",":
            # Whether the line break after a comma starts a row is seen when all of them are there.
            self.out[-1] = self.out[-1].update(value=",\n")
        if lexeme.gap and self._separates(index, lexeme):
            # numpy breaks a long row of [[1 2 …]] over lines; a line of its own at the top or in [1 2 \n 3 4] is a row.
            broken = lexeme.gap == "\n" and (len(self.open) < 2 or self.last == "LCLOSE")
            self.put("ROW" if broken else "COMMA", "", here)
        elif lexeme.text == "[" and self.text(index - 1) == "]" and self.last == "LCLOSE" and self.inner == "LOPEN":
            # [[1, 2][3, 4]]: the comma between two rows was forgotten.
            self.put("COMMA", ",", here)

    def _separates(self, index: int, lexeme: Lexeme) -> bool:
        """Whether the white space before this lexeme parts two entries of an array."""
        if not self.after_operand or lexeme.kind in ("row", "column", "close", "end") or lexeme.text in "^_':;,!":
            return False
        if lexeme.gap == "\n" and not self.open:
            return lexeme.kind != "sign" or lexeme.text in "-+"
        if self.inner in ("MATRIX", "CASES"):
            return False
        if lexeme.kind == "sign":
            following = self.lexeme(index + 1)
            tight = not following.gap and following.kind in ("number", "open", "structure")
            listed = bool(self.open) or any(one.type in ("COMMA", "ROW") for one in self.out)
            return lexeme.text in ("-", "+") and tight and listed
        if lexeme.kind == "open":
            return lexeme.text in "[{⟨(" and self.last == "LCLOSE" and self.text(index - 1) in ("]", "}", "⟩")
        return lexeme.kind in ("number", "structure") and self.last in ("NUMBER", "CLOSE", "BANG")

    # Signs: operators, relations, bars, carets, points

    def _sign(self, index: int, lexeme: Lexeme) -> int:
        sign = lexeme.text
        if sign in "'⊤∂∇" and self.array:
            # ∂ or ∇ starts a label, ∇²L = […]; alone it is refused like any other name.
            return self.made("TRANSPOSE" if sign in "'⊤" else "WORD", sign, index)
        if sign == "∞" and self.logic:
            return self.made("CONSTANT", "inf", index)
        if sign in _REFUSED:
            raise Unreadable(*_REFUSED[sign], lexeme.span)
        bars = any(self.out[at].type == "BAR" for at in self.open)
        if sign == "∨" and lexeme.end - lexeme.start == 2 and (bars or not self.after_operand):
            self._bar(index, lexeme)
            return self._bar(index, lexeme)
        if sign in ("√", "∛"):
            return self.made("FUNCTION", "sqrt" if sign == "√" else "cbrt", index)
        if sign == "?" and self.context.kind == "activation":
            return self.made("QUERY", "?", index)
        if self.array and sign == "<":
            return self.opened("LOPEN", index)
        if self.array and sign == ">":
            del self.open[-1:]
            return self.made("LCLOSE", sign, index)
        if sign in "@∘" and self.context.kind in ("formula", "order", "condition", "predicate", "number"):
            return self.made("TIMES", "*", index)
        following = self.text(index + 1)
        if sign == "∈" and not self.logic and words.FUNCTIONS.get(following, following) in words.ORDERS:
            return self.made("RELATION", "=", index)  # T(n) ∈ O(n^5) says T(n) = O(n^5)
        if sign not in KINDS:
            raise Unreadable("read.unknown-character", f"{quoted(sign)} has no meaning here.", lexeme.span)
        return self.made(KINDS[sign], sign, index)

    def _exclamation(self, index: int, lexeme: Lexeme) -> int:
        following = self.lexeme(index + 1)
        opposite = _OPPOSITES.get(following.text) if self.logic and self.after_operand and not following.gap else None
        if opposite is None:
            return self.made("BANG" if self.after_operand else "NOT", "!", index)
        if not lexeme.gap:
            message = "This sign may be a factorial, or say “not”."
            hint = "Write the condition without it: p > 5 for not (p <= 5)."
            raise Unreadable("read.exclamation", message, lexeme.span, hint=hint)
        return self.made(KINDS[opposite], opposite, index, 2)

    def _bar(self, index: int, lexeme: Lexeme) -> int:
        if self.array and self.after_operand and self.inner in ("LOPEN", "OPEN"):
            return self.made("COMMA", "|", index)
        if self.array:
            raise Unreadable("read.unknown-character", "“|” has no meaning in a list of numbers.", lexeme.span)
        if self.inner == "BAR" and self.after_operand:
            self.open.pop()
            return self.made("BAREND", "|", index)
        if self.after_operand and self.logic and self.inner != "BAR":
            return self.made("OR", "|", index)
        return self.opened("BAR", index, "|")

    def raised(self, index: int) -> tuple[str, int, bool]:
        """The lexeme behind this caret, how many it takes with its braces and the caret, and whether it has braces."""
        first, second, third = self.texts(index + 1, index + 4)
        braced = first in ("{", "(") and third in ("}", ")")
        return (second, 4, True) if braced else (first, 2, False)

    def _caret(self, index: int, lexeme: Lexeme) -> int:
        inner, size, braced = self.raised(index)
        transposes = inner in ("T", "⊤", "transpose") or (inner == "'" and (self.array or braced))
        named = any(stem.letters == "T" for stem in self.symbols.table)
        if transposes and not named and (self.array or self.equation):
            return self.made("TRANSPOSE", "T", index, size)
        return self.made("CARET", "^", index)

    def _point(self, index: int, lexeme: Lexeme) -> int:
        following = self.lexeme(index + 1)
        abbreviated = self.last == "WORD" and (following.gap or following.text in "e,:")
        if following.kind in ("nothing", "end", "row") or abbreviated:
            return index + 1
        if self.context.kind in ("array", "equation") and following.kind == "word" and self.after_operand:
            if following.text in ("T", "mT"):
                return self.made("TRANSPOSE", "T", index, 2)
            if following.text in ("transpose", "t") and self.texts(index + 2, index + 4) == ["(", ")"]:
                self.made("TRANSPOSE", "T", index, 2)
                return index + 4
            if following.text in ("dot", "matmul", "mm", "mv") and self.text(index + 2) == "(":
                return self.made("TIMES", "@", index, 2)
            closing = self.partners.get(index + 2) if self.text(index + 2) == "(" else None
            # int() rounds, but for whole numbers without a quotient between them.
            rounds = any(one == "/" or (one.type == "NUMBER" and not one.isdigit()) for one in self.out)
            cast = following.text in ("astype", "float", "double") or (following.text in ("int", "long") and not rounds)
            if cast and closing is not None:
                return closing + 1
        if following.text == "^" and not following.gap:
            return index + 1  # MATLAB's .^
        if following.text in ("*", "/") and not following.gap:
            times = "*" if not self.logic else "∘"
            return self.made("TIMES", times if following.text == "*" else "/", index, 2)
        if self._idle(following):
            return index + 1
        raise Unreadable("read.point", "A point stands where it has no meaning.", lexeme.span)

    def _idle(self, following: Lexeme) -> bool:
        """Whether a point before this lexeme says nothing."""
        return self.array and following.text == "'" and not following.gap and self.after_operand
