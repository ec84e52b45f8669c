"""What the parts of the lexer share: the answer's context, the lexemes, and the tokens made so far."""

from __future__ import annotations

from dataclasses import dataclass, field

from lark import Token

from grader.language import macros, words
from grader.language.lexemes import Lexeme, partner
from grader.language.names import Scope, Speller, Symbols
from grader.language.nodes import Span

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
        "SUBSCRIPT",
        "DERIVATIVE",
    )
)
"""Tokens that can end an operand."""

SIMPLE = {
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
    scope: Scope = field(default_factory=Scope)

    @property
    def functions(self) -> frozenset[str]:
        return words.ALLOWED[self.kind]

    @property
    def matrices(self) -> frozenset[str]:
        """The names whose stated shape has two sizes."""
        return frozenset(name for name, shape in self.scope.shapes.items() if len(shape) == 2)


@dataclass(frozen=True)
class Lexed:
    """The tokens of an answer and what was noticed on the way, as sentences."""

    tokens: list[Token]
    remarks: tuple[str, ...]


def token(kind: str, value: str, span: Span) -> Token:
    """A token with its place in the text as typed."""
    return Token(kind, value, start_pos=span[0], end_pos=span[1])


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
        self.aligned = any(one.kind == "begin" and one.text in macros.ALIGNMENTS for one in lexemes)

    def put(self, kind: str, value: str, span: Span) -> None:
        self.out.append(token(kind, value, span))

    def made(self, kind: str, value: str, index: int, count: int = 1) -> int:
        """Puts a token for so many lexemes from one on; returns where it goes on."""
        self.put(kind, value, (self.lexemes[index].start, self.lexemes[index + count - 1].end))
        return index + count

    def lexeme(self, index: int) -> Lexeme | None:
        return self.lexemes[index] if 0 <= index < len(self.lexemes) else None

    def text(self, index: int) -> str:
        return self.lexemes[index].text if 0 <= index < len(self.lexemes) else ""

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
