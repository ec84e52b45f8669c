"""Lexemes turned into the tokens of the grammar, for one kind of answer and its declared names."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lark import Token

from grader.language import macros, words
from grader.language.characters import INDICATOR, Typed
from grader.language.lexemes import Lexeme, closes, partner, scan
from grader.language.nodes import Span
from grader.language.spelling import Speller
from grader.language.symbols import Stem, Symbols
from grader.language.unreadable import Unreadable, quoted

DEPTH = 40
"""How deep brackets may be nested."""

OPERANDS = frozenset(
    (
        "NUMBER",
        "NAME",
        "CONSTANT",
        "TRUTH",
        "CLOSE",
        "LCLOSE",
        "BAREND",
        "FLOOREND",
        "MATRIXEND",
        "CASESEND",
        "TRANSPOSE",
        "PRIME",
        "BANG",
        "WORD",
    )
)
"""Tokens that can end an operand."""

_REFUSED = {
    "...": ("read.ellipsis", "An ellipsis leaves open what is meant.", "Write every term out."),
    "∞": ("read.not-finite", "Infinity is not a number here.", ""),
    "±": ("read.plus-minus", "“±” states two values.", "Give one."),
    "∑": ("read.big-operator", "Sums over an index are not read.", "Write the closed form, such as n(n+1)/2."),
    "∏": ("read.big-operator", "Products over an index are not read.", "Write the closed form."),
    "∫": ("read.big-operator", "Integrals are not read.", ""),
    "∂": ("read.derivative", "Partial derivatives are not read.",
    "Write what the derivative is equal to."),
    "∇": ("read.derivative", "Gradients are not read.", "Write the expression that the gradient is equal to."),
    "≪": ("read.much-less", "“Much less than” is not exact.", "Use < or <=."),
    "≫": ("read.much-greater", "“Much greater than” is not exact.", "Use > or >=."),
    "%": ("read.modulo", "“%” has no meaning here.", ""),
}  # fmt: skip
_SIMPLE = {
    "+": "SIGN", "-": "SIGN", "*": "TIMES", "∘": "TIMES", "@": "TIMES", "/": "TIMES", ",": "COMMA", ";": "ROW",
    ":": "COLON",
    "=": "RELATION", "<": "RELATION", ">": "RELATION", "≤": "RELATION", "≥": "RELATION", "≠": "RELATION", "∈": "IN",
    "∉": "IN",
    "∧": "AND", "∨": "OR", "¬": "NOT", "⇒": "ARROW", "⇐": "ARROW", "⇔": "ARROW", "=>": "SLOPPY", "≈": "APPROX",
    ":=": "ASSIGN", "_": "UNDERSCORE", "#": "WORD", "'": "PRIME", "⊤": "TRANSPOSE", "⊗": "TIMES",
}  # fmt: skip


@dataclass(frozen=True)
class Context:
    """What kind of answer is read, and which names it may use."""

    kind: str
    symbols: Symbols
    tokens: int = 1500

    @property
    def functions(self) -> frozenset[str]:
        return words.ALLOWED[self.kind]


@dataclass(frozen=True)
class Lexed:
    """The tokens of an answer and what was noticed on the way, as sentences."""

    tokens: list[Token]
    notes: tuple[str, ...]


def lex(typed: Typed, context: Context) -> Lexed:
    """The tokens of the cleaned text. Raises ``Unreadable`` where a piece means nothing in this kind of answer."""
    lexemes = _braced(scan(typed, context.tokens))
    notes = ("A letter that only looks like a Latin one was read as the Latin one.",) if typed.lookalikes else ()
    lexing = _Lexing(lexemes, context, list(notes))
    return Lexed(lexing.run(), tuple(dict.fromkeys(lexing.notes)))


def token(kind: str, value: str, span: Span) -> Token:
    """A token with its place in the text as typed."""
    return Token(kind, value, start_pos=span[0], end_pos=span[1])


def _braced(found: list[Lexeme]) -> list[Lexeme]:
    """With braces around every argument of a fraction or root: ``\\frac12`` and ``\\frac n2`` have none."""
    result = list(found)
    for index in range(len(found) - 1, -1, -1):
        lexeme = found[index]
        if lexeme.kind != "structure":
            continue
        at = index + 1
        if lexeme.text == "\\sqrt" and at < len(result) and result[at].text == "[":
            at = _after(result, at)
        for _ in range(1 if lexeme.text == "\\sqrt" else 2):
            at = _wrap(result, at, lexeme)
    return result


def _wrap(result: list[Lexeme], at: int, owner: Lexeme) -> int:
    if at >= len(result) or result[at].kind not in ("open", "number", "word"):
        raise Unreadable(
            "read.missing-argument", f"{quoted(owner.text)} needs its arguments in braces.", owner.span, expected="{…}"
        )
    first = result[at]
    if first.kind == "open":
        return _after(result, at)
    single = first.text.isdigit() if first.kind == "number" else not first.whole
    size = 1 if single else len(first.text)
    head = replace(first, text=first.text[:size])
    tail = [replace(first, text=first.text[size:], gap="")] if size < len(first.text) else []
    opening, closing = Lexeme("open", "{", first.start, first.start), Lexeme("close", "}", first.end, first.end)
    result[at : at + 1] = [opening, head, closing, *tail]
    return at + 3


def _after(lexemes: list[Lexeme], at: int) -> int:
    depth = 0
    for index in range(at, len(lexemes)):
        depth += {"open": 1, "close": -1}.get(lexemes[index].kind, 0)
        if depth == 0:
            return index + 1
    raise Unreadable("read.unbalanced", f"The bracket {quoted(lexemes[at].text)} is never closed.", lexemes[at].span)


class _Lexing:
    """One pass over the lexemes, left to right."""

    def __init__(self, lexemes: list[Lexeme], context: Context, notes: list[str]) -> None:
        self.lexemes = lexemes
        self.context = context
        self.notes = notes
        self.out: list[Token] = []
        self.array = context.kind == "array"
        self.logic = context.kind in ("condition", "predicate", "activation", "equation")
        self.speller = Speller(lexemes, context.symbols)
        self.partners = partner(lexemes)
        self.brackets: list[tuple[str, Lexeme]] = []
        self.inline: set[int] = set()
        self.aligned = any(one.kind == "begin" and one.text in macros.ALIGNMENTS for one in lexemes)

    def run(self) -> list[Token]:
        index = 0
        while index < len(self.lexemes):
            index = self._one(index)
        if self.brackets:
            opening = self.brackets[-1][1]
            raise Unreadable(
                "read.unbalanced",
                f"The bracket {quoted(opening.text)} is never closed.",
                opening.span,
                expected="a closing bracket before the end",
            )
        return self.out

    def put(self, kind: str, value: str, span: Span) -> None:
        self.out.append(token(kind, value, span))

    def text(self, index: int) -> str:
        return self.lexemes[index].text if 0 <= index < len(self.lexemes) else ""

    @property
    def after_operand(self) -> bool:
        return bool(self.out) and self.out[-1].type in OPERANDS

    def _one(self, index: int) -> int:
        lexeme = self.lexemes[index]
        if self.array and lexeme.gap and self._separates(index, lexeme):
            self.put("ROW" if lexeme.gap == "\n" and self._row_break() else "COMMA", "", (lexeme.start, lexeme.start))
        elif lexeme.gap == "\n" and self.after_operand and not self.array:
            self.put("NEWLINE", "", (lexeme.start, lexeme.start))
        if lexeme.kind == "number":
            return self._number(index, lexeme)
        if lexeme.kind in ("word", "accent"):
            return self._word(index, lexeme)
        if lexeme.kind == "open":
            return self._open(index, lexeme)
        if lexeme.kind == "close":
            return self._close(index, lexeme)
        if lexeme.kind == "structure":
            kinds = {"\\sqrt": "ROOT", "\\binom": "CHOOSE", "\\dbinom": "CHOOSE", "\\tbinom": "CHOOSE"}
            self.inline |= self._arguments(index, lexeme)
            self.put(kinds.get(lexeme.text, "FRACTION"), lexeme.text, lexeme.span)
            return index + 1
        if lexeme.kind in ("begin", "end"):
            return self._environment(index, lexeme)
        if lexeme.kind in ("row", "column"):
            return self._separator(index, lexeme)
        return self._sign(index, lexeme)

    # Numbers and words

    def _number(self, index: int, lexeme: Lexeme) -> int:
        if lexeme.text == "1" and self._of_set(index + 1):
            return index
        transposed = {"T", "⊤"} & {self.text(index + 2), self.text(index + 3)}
        if lexeme.text == "1" and self.context.kind == "equation" and self.text(index + 1) == "^" and transposed:
            self.put("CONSTANT", "ones", lexeme.span)
            return index + 1
        if lexeme.text == "1" and self._indicates(index + 1):
            self.put("FUNCTION", "I", lexeme.span)
            return self._subscripted_set(index + 1)
        if self.out and self.out[-1].type == "NUMBER" and self.out[-1].end_pos == lexeme.start:
            raise Unreadable("read.number", "This is not a number: it has two decimal points.", lexeme.span)
        self.put("NUMBER", lexeme.text, lexeme.span)
        return index + 1

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
        if close is None or self.partners.get(at + 2) != close - 1:
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
        # 1_{z > 0} is I(z > 0): the subscript sign falls away.
        return index + 1 if self.text(index) == "_" else index

    def _word(self, index: int, lexeme: Lexeme) -> int:
        if lexeme.kind == "accent" or self.context.kind == "equation" or self._dressed(index):
            found = self.speller.at(index)
            keyword = lexeme.text.lower() in words.FUNCTIONS or lexeme.text.lower() in words.CONNECTIVES
            if found is not None and not (found.rest is not None and keyword):
                end = self.lexemes[found.after - 1].end if found.rest is None else found.rest.start
                self.put("NAME", found.name, (lexeme.start, end))
                if found.transposed:
                    self.put("TRANSPOSE", "T", (end, end))
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
            and self.context.kind in ("predicate", "condition")
        )

    def _plain_word(self, index: int, lexeme: Lexeme) -> int:
        word, lower = lexeme.text, lexeme.text.lower()
        symbols = self.context.symbols
        if word == "T" and self.context.kind == "equation" and self._matrix_before() and not lexeme.gap:
            self.put("TRANSPOSE", "T", lexeme.span)
            return index + 1
        exact = symbols.table.get(Stem(word))
        if exact is not None:
            self.put("NAME", exact, lexeme.span)
            return index + 1
        if self.array and lower in ("t", "transpose") and self.out and self.out[-1].type == "CARET":
            self.out[-1] = token("TRANSPOSE", "T", lexeme.span)
            return index + 1
        if (
            lower in ("np", "numpy", "torch", "jnp", "math", "scipy", "sp", "sympy", "nn", "f", "tf")
            and self.text(index + 1) == "."
        ):
            return index + 2
        called = lower == "where" and self.text(index + 1) == "("
        if (self.logic and lower in words.CONNECTIVES and not called and not lexeme.text[:1].isupper()) or lower in (
            "and",
            "or",
        ):
            if lower == "not" and self.text(index + 1) == "in":
                self.put("IN", "∉", (lexeme.start, self.lexemes[index + 1].end))
                return index + 2
            kind = words.CONNECTIVES[lower]
            self.put(kind, {"always": "true", "never": "false", "in": "∈"}.get(lower, lower), lexeme.span)
            return index + 1
        if word == "e" and self.text(index + 1) == "^" and self.context.kind in ("activation", "equation"):
            self.put("CONSTANT", "e", lexeme.span)
            return index + 1
        if word == "e" and self.text(index + 1) == "_" and self.context.kind == "equation":
            return self._basis_vector(index + 1, lexeme)
        function = self._function(index, lexeme)
        if function is not None:
            return function
        if lower in words.OPERATORS and self.after_operand:
            return self._operator(index, words.OPERATORS[lower], lexeme)
        pieces = self._split(word)
        if pieces is not None:
            at = lexeme.start
            for piece in pieces:
                kind, value = piece
                end = min(at + 1, lexeme.end) if kind == "NAME" else min(at + 3, lexeme.end)
                self.put(kind, value, (at, max(end, at)))
                at = end
            return index + 1
        following = self.lexemes[index + 1] if index + 1 < len(self.lexemes) else None
        if (
            self.context.kind == "equation"
            and following is not None
            and following.kind == "number"
            and not following.gap
        ):
            self.put("WORD", word + following.text, (lexeme.start, following.end))
            return index + 2
        self.put("WORD", word, lexeme.span)
        return index + 1

    def _operator(self, index: int, operator: str, lexeme: Lexeme) -> int:
        if operator[0] == "^":
            self.put("CARET", "^", lexeme.span)
            self.put("NUMBER", operator[1], lexeme.span)
        else:
            self.put(_SIMPLE[operator], operator, lexeme.span)
        return index + 1

    def _function(self, index: int, lexeme: Lexeme) -> int | None:
        word = lexeme.text
        if word in (INDICATOR, "I", "χ") and self._of_set(index + 1):
            self.put("FUNCTION", "I", lexeme.span)
            return index + 1
        name = (
            words.LETTERS.get(word)
            or words.FUNCTIONS.get(word)
            or words.FUNCTIONS.get(word.lower() if len(word) > 1 else "")
        )
        after = index + 1
        bracket = self.text(after)[:1] in ("(", "[", "{")
        if name is None or name not in self.context.functions:
            return None
        if name in ("I", *words.ORDERS) and not bracket and not (name == "I" and self._indicates(after)):
            if word != INDICATOR:
                return None
            if self.text(after) != "_" and self.context.kind == "equation":
                self.put("CONSTANT", "ones", lexeme.span)
                return after
            if self.context.kind != "equation":
                return None
            name = "onehot"
        if name == "I" and self.text(after) == "_":
            after += 1
        if name == "log" and self.text(after) == "_" and self.text(after + 1) in ("2", "10", "{"):
            base = self.text(after + 1) if self.text(after + 1) != "{" else self.text(after + 2)
            if base not in ("2", "10"):
                raise Unreadable("read.log-base", "The base of a logarithm must be 2 or 10.", lexeme.span)
            name, after = f"log_{base}", after + (2 if self.text(after + 1) != "{" else 4)
        if name == "onehot" and self.text(after) == "_":
            return self._basis_vector(after, lexeme)
        primes = 0
        while (size := self._prime(after)) and name in (
            "relu",
            "sigmoid",
            "tanh",
            "softmax",
            "exp",
            "log",
            "step",
            "abs",
            "square",
        ):
            primes += 1
            after += size
        if name == "ones" and self.text(after)[:1] not in ("(", "["):
            self.put("CONSTANT", "ones", lexeme.span)
            return after
        self.put("FUNCTION", name + "'" * primes, (lexeme.start, self.lexemes[after - 1].end))
        return after

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

    def _split(self, word: str) -> list[tuple[str, str]] | None:
        """The word as one-letter names side by side, perhaps a logarithm too: ``mn``, ``nlogn``."""
        if len(word) > 64:
            return None
        # A T in an equation is a transpose that lost its place, never the label t.
        for fold in (False, True) if not (self.context.kind == "equation" and "T" in word) else (False,):
            pieces: list[tuple[str, str]] = []
            at = 0
            while at < len(word):
                stem = Stem(word[at].lower() if fold else word[at])
                name = (self.context.symbols.folded if fold else self.context.symbols.table).get(stem)
                function = next((one for one in ("log", "ln") if word.startswith(one, at) and pieces), None)
                if function and self.context.kind in ("formula", "order"):
                    pieces.append(("FUNCTION", "log"))
                    at += len(function)
                elif name is not None:
                    pieces.append(("NAME", name))
                    at += 1
                else:
                    break
            else:
                if fold and any(letter.isupper() for letter in word):
                    self.notes.append(f"{word} was read as {word.lower()}.")
                return pieces
        return None

    # Brackets and environments

    def _open(self, index: int, lexeme: Lexeme) -> int:
        if len(self.brackets) >= DEPTH:
            raise Unreadable("read.too-deep", f"Brackets are nested more than {DEPTH} deep.", lexeme.span)
        indexed = self.context.kind == "equation" and lexeme.text == "[" and not lexeme.gap
        if indexed and self.out and self.out[-1].type == "NAME" and self.partners.get(index) == index + 2:
            # x[t] is an entry of x, as in programs.
            self.put("UNDERSCORE", "_", lexeme.span)
            self.lexemes[index + 2] = replace(self.lexemes[index + 2], kind="sign", text="$")
            return index + 1
        inline = index in self.inline or self.text(index - 1) in ("^", "_")
        listing = self.array and lexeme.text in ("[", "{", "⟨") and not (inline and lexeme.text == "{")
        if self.text(index - 1) == "\\sqrt" and lexeme.text == "[":
            listing = True
        kind = "LOPEN" if listing else {"⌊": "FLOOR", "⌈": "FLOOR"}.get(lexeme.text, "OPEN")
        self.brackets.append((kind, lexeme))
        self.put(kind, lexeme.text, lexeme.span)
        return index + 1

    def _close(self, index: int, lexeme: Lexeme) -> int:
        if not self.brackets:
            raise Unreadable("read.unbalanced", f"The bracket {quoted(lexeme.text)} was never opened.", lexeme.span)
        kind, opening = self.brackets.pop()
        if not closes(opening.text, lexeme.text) and not self._interval(opening, lexeme):
            raise Unreadable(
                "read.unbalanced",
                f"The bracket {quoted(opening.text)} is closed by {quoted(lexeme.text)}, which is of another kind.",
                lexeme.span,
            )
        if self.array and self.out and self.out[-1].type == "COMMA" and not self.out[-1].value:
            self.out.pop()
        self.put({"LOPEN": "LCLOSE", "FLOOR": "FLOOREND", "OPEN": "CLOSE"}[kind], lexeme.text, lexeme.span)
        return index + 1

    def _interval(self, opening: Lexeme, closing: Lexeme) -> bool:
        before = next(
            (self.out[k - 1] for k in range(len(self.out) - 1, 0, -1) if self.out[k].start_pos == opening.start), None
        )
        return before is not None and before.type == "IN" and {opening.text, closing.text} <= set("()[]")

    def _arguments(self, index: int, lexeme: Lexeme) -> set[int]:
        at, found = index + 1, set()
        for _ in range(2):
            if self.text(at) == "{" and at in self.partners:
                found.add(at)
                at = self.partners[at] + 1
        return found

    def _environment(self, index: int, lexeme: Lexeme) -> int:
        name = lexeme.text
        if name in macros.ALIGNMENTS:
            return index + 1
        if name in macros.DETERMINANTS:
            raise Unreadable(
                "read.determinant",
                "Bars around a matrix mean its determinant.",
                lexeme.span,
                hint="Use pmatrix or bmatrix for the matrix itself.",
            )
        if name not in macros.MATRICES and name not in macros.CASES:
            raise Unreadable("read.unknown-macro", f"The environment {quoted(name)} is not known here.", lexeme.span)
        if lexeme.kind == "begin":
            if len(self.brackets) >= DEPTH:
                raise Unreadable("read.too-deep", f"Brackets are nested more than {DEPTH} deep.", lexeme.span)
            kind = "CASES" if name in macros.CASES else "MATRIX"
            self.brackets.append((kind, lexeme))
            self.put(kind, name, lexeme.span)
            return index + 1
        if not self.brackets or self.brackets[-1][1].kind != "begin" or self.brackets[-1][1].text != name:
            raise Unreadable("read.unbalanced", f"\\end{{{name}}} has no \\begin{{{name}}}.", lexeme.span)
        self.put(self.brackets.pop()[0] + "END", name, lexeme.span)
        return index + 1

    # Separators and signs

    def _separator(self, index: int, lexeme: Lexeme) -> int:
        inside = bool(self.brackets) and self.brackets[-1][0] in ("MATRIX", "CASES")
        if lexeme.kind == "row":
            self.put("ROW" if inside or self.array else "NEWLINE", "", lexeme.span)
        elif inside:
            if self.out[-1].type == "COMMA":
                self.out.pop()
            self.put("COMMA", "&", lexeme.span)
        elif lexeme.kind == "column" and self.context.kind in ("condition", "predicate") and not self.aligned:
            self.put("AND", "&", lexeme.span)
        elif not self.aligned and self.context.kind != "equation":
            raise Unreadable("read.unknown-character", "“&” has no meaning here.", lexeme.span)
        return index + 1

    def _separates(self, index: int, lexeme: Lexeme) -> bool:
        """Whether the white space before this lexeme parts two entries of an array."""
        if not self.after_operand or lexeme.kind in ("row", "column", "close", "end") or lexeme.text in "^_':;,!":
            return False
        if lexeme.gap == "\n" and not self.brackets:
            return not (lexeme.kind == "sign" and lexeme.text not in "-+")
        if self.brackets and self.brackets[-1][0] in ("MATRIX", "CASES"):
            return False
        if lexeme.kind == "sign":
            following = self.lexemes[index + 1] if index + 1 < len(self.lexemes) else None
            tight = following is not None and not following.gap and following.kind in ("number", "open", "structure")
            return lexeme.text in ("-", "+") and tight and bool(self.brackets or self._listed())
        if lexeme.kind == "number" or lexeme.kind == "structure":
            return self.out[-1].type in ("NUMBER", "CLOSE", "BANG")
        if lexeme.kind == "open" and lexeme.text in "[{⟨(":
            return self.out[-1].type == "LCLOSE" and self.text(index - 1) in ("]", "}", "⟩")
        return False

    def _listed(self) -> bool:
        return any(one.type in ("COMMA", "ROW") for one in self.out)

    def _row_break(self) -> bool:
        # numpy breaks a long row of [[1 2 …]] over lines; a line of its own at the top or in [1 2 \n 3 4] is a row.
        return len(self.brackets) < 2 or self.out[-1].type == "LCLOSE"

    def _sign(self, index: int, lexeme: Lexeme) -> int:
        sign = lexeme.text
        if sign == "$":
            return index + 1
        if sign in _REFUSED:
            note, reason, hint = _REFUSED[sign]
            raise Unreadable(note, reason, lexeme.span, hint=hint)
        if sign == "|":
            return self._bar(index, lexeme)
        bars = any(kind == "BAR" for kind, _ in self.brackets)
        if sign == "∨" and lexeme.end - lexeme.start == 2 and (bars or not self.after_operand):
            self._bar(index, lexeme)
            return self._bar(index, lexeme)
        if sign == "^":
            return self._caret(index, lexeme)
        if sign == ".":
            return self._point(index, lexeme)
        if sign == "!":
            self.put("BANG" if self.after_operand else "NOT", "!", lexeme.span)
            return index + 1
        if sign in ("√", "∛"):
            self.put("FUNCTION", "sqrt" if sign == "√" else "cbrt", lexeme.span)
            return index + 1
        if sign == "?" and self.context.kind == "activation":
            self.put("QUERY", "?", lexeme.span)
            return index + 1
        if self.array and sign in "<>":
            self.put("LOPEN" if sign == "<" else "LCLOSE", sign, lexeme.span)
            self.brackets.append(("LOPEN", lexeme)) if sign == "<" else self.brackets and self.brackets.pop()
            return index + 1
        if sign == "'" and (self.array or (self.context.kind == "equation" and self._matrix_before())):
            self.put("TRANSPOSE", "'", lexeme.span)
            return index + 1
        if sign in "@∘" and self.context.kind in ("formula", "order", "condition", "predicate", "number"):
            self.put("TIMES", "*", lexeme.span)
            return index + 1
        if sign not in _SIMPLE:
            raise Unreadable("read.unknown-character", f"{quoted(sign)} has no meaning here.", lexeme.span)
        self.put(_SIMPLE[sign], sign, lexeme.span)
        return index + 1

    def _matrix_before(self) -> bool:
        last = self.out[-1] if self.out else None
        return last is not None and (
            last.type in ("CLOSE", "TRANSPOSE") or (last.type == "NAME" and last.value[:1].isupper())
        )

    def _bar(self, index: int, lexeme: Lexeme) -> int:
        opened = bool(self.brackets) and self.brackets[-1][0] == "BAR"
        if self.array:
            raise Unreadable("read.unknown-character", "“|” has no meaning in a list of numbers.", lexeme.span)
        if opened and self.after_operand:
            self.brackets.pop()
            self.put("BAREND", "|", lexeme.span)
        elif self.after_operand and self.logic and not opened:
            self.put("OR", "|", lexeme.span)
        else:
            if len(self.brackets) >= DEPTH:
                raise Unreadable("read.too-deep", f"Brackets are nested more than {DEPTH} deep.", lexeme.span)
            self.brackets.append(("BAR", lexeme))
            self.put("BAR", "|", lexeme.span)
        return index + 1

    def _caret(self, index: int, lexeme: Lexeme) -> int:
        following = [self.text(index + k) for k in (1, 2, 3)]
        if self.context.kind in ("array", "equation") and "T" not in self.context.symbols.letters:
            if following[0] in ("T", "⊤", "transpose") or (self.array and following[0] == "'"):
                self.put("TRANSPOSE", "T", (lexeme.start, self.lexemes[index + 1].end))
                return index + 2
            if (
                following[0] in ("{", "(")
                and following[1] in ("T", "⊤", "transpose", "'")
                and following[2] in ("}", ")")
            ):
                self.put("TRANSPOSE", "T", (lexeme.start, self.lexemes[index + 3].end))
                return index + 4
        if following[0][:1] == "T" and self.context.kind == "equation" and self.lexemes[index + 1].kind == "word":
            # W^Tx: the T ends the power, what is left is a factor.
            word = self.lexemes[index + 1]
            self.put("TRANSPOSE", "T", (lexeme.start, word.start + 1))
            self.lexemes[index + 1] = replace(word, text=word.text[1:], start=word.start + 1, gap="")
            return index + 1
        if following[0] == "⊤":
            raise Unreadable("read.transpose", "There is nothing to transpose in a formula of numbers.", lexeme.span)
        self.put("CARET", "^", lexeme.span)
        return index + 1

    def _point(self, index: int, lexeme: Lexeme) -> int:
        following = self.lexemes[index + 1] if index + 1 < len(self.lexemes) else None
        abbreviated = bool(self.out) and self.out[-1].type == "WORD"
        if following is None or (abbreviated and (following.gap or following.text in ("e", ",", ":"))):
            return index + 1
        if self.context.kind in ("array", "equation") and following.kind == "word" and self.after_operand:
            if following.text in ("T", "mT"):
                self.put("TRANSPOSE", "T", (lexeme.start, following.end))
                return index + 2
            empty = self.text(index + 2) == "(" and self.text(index + 3) == ")"
            if following.text in ("transpose", "t") and empty:
                self.put("TRANSPOSE", "T", (lexeme.start, following.end))
                return index + 4
            if following.text in ("dot", "matmul", "mm", "mv") and self.text(index + 2) == "(":
                self.put("TIMES", "@", (lexeme.start, following.end))
                return index + 2
        if following.text in ("*", "/", "^") and not following.gap and self.logic:
            return self._elementwise(index, lexeme, following)
        raise Unreadable(
            "read.point",
            "A point stands where it has no meaning.",
            lexeme.span,
            hint="For a product write *; for a decimal put the point between digits.",
        )

    def _elementwise(self, index: int, lexeme: Lexeme, following: Lexeme) -> int:
        # MATLAB's .* ./ .^
        if following.text == "^":
            return index + 1
        self.put("TIMES", "∘" if following.text == "*" else "/", (lexeme.start, following.end))
        return index + 2
