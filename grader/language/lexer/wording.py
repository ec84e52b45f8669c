"""Numbers and words as tokens: names, functions, connectives, units, and what is none of these.

First what all parts of the lexer share: the answer's context, the lexemes, and the tokens made so far.
"""

from __future__ import annotations

from dataclasses import field, replace

from lark import Token

from grader.frozen import frozen
from grader.language import words
from grader.language.cleaning import INDICATOR
from grader.language.lexemes import ALIGNMENTS, Lexeme, partner
from grader.language.names import Scope, Speller, Stem, Symbols
from grader.language.nodes import Span
from grader.language.unreadable import Unreadable

DEPTH = 40
"""How deep brackets may be nested."""

OPERANDS = words.listed(
    """NUMBER NAME CONSTANT TRUTH CLOSE LCLOSE BAREND FLOOREND MATRIXEND CASESEND TRANSPOSE PRIME BANG WORD SUBSCRIPT
    DERIVATIVE"""
)
"""Tokens that can end an operand."""

SIMPLE = {
    "+": "SIGN", "-": "SIGN", "*": "TIMES", "∘": "TIMES", "@": "TIMES", "/": "TIMES", ",": "COMMA", ";": "ROW",
    ":": "COLON",
    "^": "CARET",
    "=": "RELATION", "<": "RELATION", ">": "RELATION", "≤": "RELATION", "≥": "RELATION", "≠": "RELATION", "∈": "IN",
    "∉": "IN",
    "∧": "AND", "∨": "OR", "¬": "NOT", "⇒": "ARROW", "⇐": "ARROW", "⇔": "ARROW", "=>": "SLOPPY", "≈": "APPROX",
    ":=": "ASSIGN", "_": "UNDERSCORE", "#": "WORD", "'": "PRIME", "⊤": "TRANSPOSE", "⊗": "TIMES",
}  # fmt: skip


@frozen
class Context:
    """What kind of answer is read, and which names it may use."""

    kind: str
    symbols: Symbols
    tokens: int = 1500
    scope: Scope = field(default_factory=Scope)

    @property
    def functions(self) -> frozenset[str]:
        return words.ALLOWED[self.kind]

    @property
    def matrices(self) -> frozenset[str]:
        """The names whose stated shape has two sizes."""
        return frozenset(name for name, shape in self.scope.shapes.items() if len(shape) == 2)


Lexed = tuple[list[Token], tuple[str, ...]]
"""The tokens of an answer, and remarks on what was read as what."""


def token(kind: str, value: str, span: Span) -> Token:
    """A token with its place in the text as typed."""
    return Token(kind, value, start_pos=span[0], end_pos=span[1])


_NOTHING = Lexeme("nothing", "", 0, 0, " ")
"""What stands before the first lexeme, and behind the last."""


class State:
    """The lexemes on one side, the tokens made so far on the other."""

    def __init__(self, lexemes: list[Lexeme], context: Context, remarks: list[str]) -> None:
        self.lexemes = lexemes
        self.context = context
        self.remarks = remarks
        self.out: list[Token] = []
        self.array = context.kind == "array"
        self.equation = context.kind == "equation"
        self.logic = context.kind in ("condition", "predicate", "activation", "equation")
        self.speller = Speller(lexemes, context.symbols, context.matrices)
        self.partners = partner(lexemes)
        self.brackets: list[tuple[str, Lexeme]] = []
        self.inline: set[int] = set()
        self.members: set[int] = set()
        self.aligned = any(one.kind == "begin" and one.text in ALIGNMENTS for one in lexemes)

    def put(self, kind: str, value: str, span: Span) -> None:
        self.out.append(token(kind, value, span))

    def made(self, kind: str, value: str, index: int, count: int = 1) -> int:
        """Puts a token for so many lexemes from one on; returns where it goes on."""
        self.put(kind, value, (self.lexemes[index].start, self.lexemes[index + count - 1].end))
        return index + count

    def lexeme(self, index: int) -> Lexeme:
        return self.lexemes[index] if 0 <= index < len(self.lexemes) else _NOTHING

    def numbered(self, index: int) -> bool:
        """Whether a number stands here, directly behind what is before it."""
        return self.lexeme(index).kind == "number" and not self.lexeme(index).gap

    def text(self, index: int) -> str:
        return self.lexeme(index).text

    def _prime(self, at: int) -> int:
        """How many lexemes a prime here takes: ``'``, ``^'``, ``^{'}``, ``_prime``."""
        if self.text(at) == "'":
            return 1
        if self.text(at) == "^" and self.text(at + 1) == "'":
            return 2
        if self.text(at) == "^" and [self.text(at + k) for k in (1, 2, 3)] == ["{", "'", "}"]:
            return 4
        if self.text(at) == "_" and self.text(at + 1) in ("prime", "p"):
            return 2
        return 0

    @property
    def after_operand(self) -> bool:
        return bool(self.out) and self.out[-1].type in OPERANDS

    def matrix_before(self) -> bool:
        """Whether what stands before can be transposed."""
        last = self.out[-1] if self.out else None
        return last is not None and (
            last.type in ("CLOSE", "TRANSPOSE")
            or (last.type == "NAME" and (last.value[:1].isupper() or last.value.endswith(("'", "_bar"))))
        )


DERIVED = words.listed("""relu sigmoid tanh softmax exp log step abs square""")
"""Functions that a prime makes the derivative of."""


class Wording(State):
    """The part of the lexer that reads numbers and words."""

    def _number(self, index: int, lexeme: Lexeme) -> int:
        if lexeme.text == "1" and self._of_set(index + 1):
            return index
        transposed = {"T", "⊤"} & {self.text(index + 2), self.text(index + 3)}
        if lexeme.text == "1" and self.equation and self.text(index + 1) == "^" and transposed:
            return self.made("CONSTANT", "ones", index)
        if lexeme.text == "1" and self._indicates(index + 1):
            self.put("FUNCTION", "I", lexeme.span)
            return self._subscripted_set(index + 1)
        if self.out and self.out[-1].type == "NUMBER" and self.out[-1].end_pos == lexeme.start:
            raise Unreadable("read.number", "This is not a number: it has two decimal points.", lexeme.span)
        return self.made("NUMBER", lexeme.text, index)

    def _indicates(self, index: int) -> bool:
        """Whether the bracket here holds a condition: then a 1 before it is an indicator."""
        if self.context.kind not in ("activation", "equation"):
            return False
        at = index + 1 if self.text(index) == "_" else index
        if at not in self.partners or self.lexemes[at].kind != "open":
            return False
        return any(one.text in "<>≤≥=≠∈∉" for one in self.lexemes[at : self.partners[at]])

    def _of_set(self, at: int) -> bool:
        """Turns ``1_{[-1, 1]}(z)`` into ``1(z ∈ [-1, 1])``, where that is what is written."""
        inner = self.lexemes[at + 2] if self.context.kind == "activation" and at + 2 < len(self.lexemes) else None
        if inner is None or self.text(at) != "_" or self.text(at + 1) != "{" or inner.kind != "open":
            return False
        close = self.partners.get(at + 1)
        if close is None or self.partners.get(at + 2) != close - 1 or self._indicates(at + 1):
            return False
        after = close + 1
        argument = [replace(inner, kind="word", text="z", gap="")]
        if self.text(after) == "(" and after in self.partners:
            argument, after = self.lexemes[after : self.partners[after] + 1], self.partners[after] + 1
        opening, closing, member = (
            replace(inner, kind="open", text="("),
            replace(inner, kind="close", text=")"),
            replace(inner, kind="sign", text="∈"),
        )
        self.lexemes[at:after] = [opening, *argument, member, *self.lexemes[at + 2 : close], closing]
        self.partners = partner(self.lexemes)
        self.speller = Speller(self.lexemes, self.context.symbols)
        return True

    def _subscripted_set(self, index: int) -> int:
        # 1_{z > 0} is I(z > 0): the subscript sign falls away, and so do the outer of two braces.
        if self.text(index) != "_":
            return index
        close = self.partners.get(index + 1)
        if close is not None and self.text(index + 2) == "{" and self.partners.get(index + 2) == close - 1:
            self.lexemes[close] = replace(self.lexemes[close], kind="sign", text="$")
            return index + 2
        return index + 1

    def _word(self, index: int, lexeme: Lexeme) -> int:
        if lexeme.text.lower() in words.MODULES and self.text(index + 1) == ".":
            return index + 2
        if lexeme.kind == "accent" or self.equation or self._dressed(index):
            found = self.speller.at(index)
            keyword = lexeme.text.lower() in words.FUNCTIONS or lexeme.text.lower() in words.CONNECTIVES
            cut = found is not None and found.rest is not None
            if found is not None and not (cut and (keyword or self.context.kind in ("formula", "order"))):
                end = self.lexemes[found.after - 1].end if found.rest is None else found.rest.start
                self.put("NAME", found.name, (lexeme.start, end))
                if found.transposed:
                    self.put("TRANSPOSE", "T", (end, end))
                if found.indices:
                    self.put("SUBSCRIPT", ",".join(found.indices), (lexeme.start, end))
                if found.rest is None:
                    return found.after
                self.lexemes[index] = found.rest
                return index
        if lexeme.kind == "accent":
            raise Unreadable("read.unknown-name", "There is no declared name under this bar.", lexeme.span)
        return self._plain_word(index, lexeme)

    def _dressed(self, index: int) -> bool:
        name = self.context.symbols.find(Stem(self.text(index)))
        following = self.text(index + 1)
        return (
            name is None
            and (following == "_" or following[:1].isdigit())
            and self.context.kind in ("predicate", "condition", "formula", "order")
        )

    def _plain_word(self, index: int, lexeme: Lexeme) -> int:
        word, lower = lexeme.text, lexeme.text.lower()
        symbols = self.context.symbols
        if word == "T" and self.equation and self.matrix_before() and not lexeme.gap:
            return self.made("TRANSPOSE", "T", index)
        exact = symbols.table.get(Stem(word))
        if exact is not None:
            return self.made("NAME", exact, index)
        if self.array and lower in ("t", "transpose") and self.out and self.out[-1].type == "CARET":
            self.out[-1] = token("TRANSPOSE", "T", lexeme.span)
            return index + 1
        if self.logic and lower in ("inf", "infinity", "infty", "oo") and not self.context.symbols.find(Stem(word)):
            return self.made("CONSTANT", "inf", index)
        called = lower == "where" and self.text(index + 1) == "("
        if (self.logic and lower in words.CONNECTIVES and not called and not lexeme.text[:1].isupper()) or lower in (
            "and",
            "or",
        ):
            if lower == "not" and self.text(index + 1) == "in":
                return self.made("IN", "∉", index, 2)
            kind = words.CONNECTIVES[lower]
            return self.made(kind, {"always": "true", "never": "false", "in": "∈"}.get(lower, lower), index)
        if word == "e" and self.text(index + 1) == "^" and self.context.kind in ("activation", "equation"):
            return self.made("CONSTANT", "e", index)
        if word == "e" and self.text(index + 1) == "_" and self.equation:
            return self._basis_vector(index + 1, lexeme)
        if lower == "x" and self._crosses(index, bool(lexeme.gap)):
            self.remarks.append("x was read as a times sign.")
            return self.made("TIMES", "*", index)
        function = self._function(index, lexeme)
        if function is not None:
            return function
        if lower in words.OPERATORS and self.after_operand:
            operator, power = words.OPERATORS[lower][0], words.OPERATORS[lower][1:]
            self.put(SIMPLE[operator], operator, lexeme.span)
            return self.made("NUMBER", power, index) if power else index + 1
        if (
            lower in words.NUMBERS
            and self.context.kind in ("formula", "order", "condition")
            and self._counts(index + 1)
        ):
            return self.made("NUMBER", words.NUMBERS[lower], index)
        pieces = self._split(word) or self._crossed(index, word)
        if pieces is not None:
            at = lexeme.start
            for kind, value in pieces:
                end = min(at + (3 if kind == "FUNCTION" else 1), lexeme.end)
                self.put(kind, value, (at, max(end, at)))
                at = end
            return index + 1
        if self.equation and self.numbered(index + 1):
            return self.made("WORD", word + self.text(index + 1), index, 2)
        index_letter = self.equation and len(word) == 1 and word.islower() and word.isascii()
        # Whether it is the index of something is seen when all is read.
        return self.made("NAME" if index_letter else "WORD", word, index)

    def _counts(self, at: int) -> bool:
        """Whether the number in words before this place is a factor or a term: no word but a name follows it."""
        word = self.text(at)
        if (self.after_operand and self.out[-1].type != "WORD") or (word == "-" and not self.lexeme(at).gap):
            return False
        return self.lexeme(at).kind != "word" or word.lower() in words.OPERATORS or self._split(word) is not None

    def _function(self, index: int, lexeme: Lexeme) -> int | None:
        word = lexeme.text
        if word in (INDICATOR, "I", "χ") and self._of_set(index + 1):
            return self.made("FUNCTION", "I", index)
        if word in ("θ", "Θ") and self.equation and self.text(index + 1) == "(":
            self.remarks.append(f"{word} was read as the step function.")
            return self.made("FUNCTION", "step", index)
        name = (
            words.LETTERS.get(word)
            or words.FUNCTIONS.get(word)
            or words.FUNCTIONS.get(word.lower() if len(word) > 1 else "")
        )
        after = index + 1
        bracket = self.text(after)[:1] in ("(", "[", "{")
        if word == "C" and self._chooses(after):
            name = "binomial"
        if name is None or name not in self.context.functions or (word == "If" and not bracket):
            return None
        longer = word + self.text(after)
        if self.numbered(after) and longer.lower() in self.context.functions:
            name, after = words.FUNCTIONS[longer.lower()], after + 1
        elif self.numbered(after) and self.context.kind == "activation" and name not in ("I", "log"):
            # relu6 is another function than relu, and no product.
            return self.made("WORD", longer, index, 2)
        if name in ("I", *words.ORDERS) and not bracket and not (name == "I" and self._indicates(after)):
            below = self.text(after) == "_"
            if self.equation and word == "I" and (not below or self.speller.subscript(after) is not None):
                # The identity matrix, of the size that its place asks for.
                return self.made("CONSTANT", "eye", index)
            if not self.equation or word != INDICATOR:
                return None
            if not below:
                return self.made("CONSTANT", "ones", index)
            name = "onehot"
        if name == "I":
            after = self._subscripted_set(after)
        if name == "log" and self.text(after) == "_" and self.text(after + 1) in ("2", "10", "{"):
            braces = self.text(after + 1) == "{"
            base = self.text(after + 1 + braces)
            if base not in ("2", "10"):
                raise Unreadable("read.log-base", "The base of a logarithm must be 2 or 10.", lexeme.span)
            name, after = f"log_{base}", after + 2 + 2 * braces
        if name == "log" and self._glued_base(after):
            name, after = f"log_{self.text(after)}", after + 1
        if name == "onehot" and self.text(after) == "_":
            return self._basis_vector(after, lexeme)
        primes = 0
        while (size := self._prime(after)) and name in DERIVED:
            primes, after = primes + 1, after + size
        if name in ("ones", "eye") and self.text(after)[:1] not in ("(", "["):
            self.put("CONSTANT", name, lexeme.span)
            return after
        self.put("FUNCTION", name + "'" * primes, (lexeme.start, self.lexemes[after - 1].end))
        return after

    def _chooses(self, at: int) -> bool:
        """Whether the bracket here is that of C(n, k), and no label such as C(n, m) = …"""
        if self.text(at) != "(" or at not in self.partners or self.text(self.partners[at] + 1) in ("=", ":", ":=", "∈"):
            return False
        depth, commas = 0, 0
        for one in self.lexemes[at : self.partners[at]]:
            depth += {"open": 1, "close": -1}.get(one.kind, 0)
            commas += depth == 1 and one.text == ","
        return commas == 1

    def _glued_base(self, at: int) -> bool:
        """Whether a base stands here as in ``log2(n)`` or ``log10 n``; ``log 4n`` is the logarithm of 4n."""
        if self.text(at) not in ("2", "10") or self.lexemes[at].gap or at + 1 >= len(self.lexemes):
            return False
        return self.text(at + 1) == "(" or bool(self.lexemes[at + 1].gap)

    def _basis_vector(self, at: int, lexeme: Lexeme) -> int:
        # e_t, with the label below: the one-hot vector of t.
        inside = at + 2 if self.text(at + 1) == "{" else at + 1
        found = self.speller.at(inside) if inside < len(self.lexemes) else None
        if found is None or found.rest is not None:
            raise Unreadable("read.subscript", "Only the label can stand below a unit vector.", lexeme.span)
        span = (lexeme.start, self.lexemes[inside].end)
        for kind, value in (("FUNCTION", "onehot"), ("OPEN", "("), ("NAME", found.name), ("CLOSE", ")")):
            self.put(kind, value, span)
        return found.after + (1 if inside == at + 2 else 0)

    # Runs of letters cut into names of one letter, and the letter x where it is a cross

    def _split(self, word: str) -> list[tuple[str, str]] | None:
        """The word as one-letter names side by side, perhaps a logarithm too: ``mn``, ``nlogn``."""
        if len(word) > 64:
            return None
        for fold in (False, True) if not self.context.symbols.exact else (False,):
            pieces: list[tuple[str, str]] = []
            at = 0
            while at < len(word):
                stem = Stem(word[at].lower() if fold else word[at])
                name = (self.context.symbols.folded if fold else self.context.symbols.table).get(stem)
                function = "log" if word.startswith("log", at) else "ln" if pieces and word.startswith("ln", at) else ""
                if function and word != "log" and self.context.kind in ("formula", "order"):
                    pieces.append(("FUNCTION", "log"))
                    at += len(function)
                elif name is not None:
                    pieces.append(("NAME", name))
                    at += 1
                else:
                    break
            else:
                if fold and any(letter.isupper() for letter in word):
                    self.remarks.append(f"{word} was read as {word.lower()}.")
                return pieces
        return None

    def _crosses(self, index: int, spaced: bool) -> bool:
        """Whether an x here can only be a cross: no name of the problem, between two factors, alike on both sides."""
        if self.context.kind not in ("formula", "order", "condition", "array", "number") or not self.after_operand:
            return False
        following = self.lexeme(index + 1)
        if bool(following.gap) != spaced or self.out[-1].type == "WORD":
            return False
        if not spaced and (self.array or self.out[-1] == "0"):
            return False
        if following.kind == "word":
            return self.context.symbols.table.get(Stem(following.text)) is not None or (
                self._split(following.text) is not None
            )
        return following.kind in ("number", "open", "structure")

    def _crossed(self, index: int, word: str) -> list[tuple[str, str]] | None:
        """The factors of ``nxn``, or of ``xn`` after a number: names with crosses between them."""
        parts = word.replace("X", "x").split("x")
        if len(parts) < 2 or self.context.kind not in ("formula", "order", "condition") or len(word) > 64:
            return None
        if not parts[0] and not (self.after_operand and not self.lexemes[index].gap and self.out[-1] != "0"):
            return None
        following = self.lexeme(index + 1)
        beyond = not following.gap and following.kind in ("number", "open")
        found: list[tuple[str, str]] = []
        for number, part in enumerate(parts):
            pieces = self._split(part) if part else []
            if pieces is None or (not part and not (number == 0 or (number == len(parts) - 1 and beyond))):
                return None
            found += [("TIMES", "*")] * (number > 0) + pieces
        self.remarks.append("x was read as a times sign.")
        return found
