"""Lexemes turned into the tokens of the grammar, for one kind of answer and its declared names."""

from __future__ import annotations

from lark import Token

from grader.language.characters import Typed
from grader.language.lexemes import scan
from grader.language.lexer.braces import braced
from grader.language.lexer.brackets import Brackets
from grader.language.lexer.calculus import Calculus
from grader.language.lexer.signs import Signs
from grader.language.lexer.state import OPERANDS, Context, Lexed, token
from grader.language.lexer.wording import Wording
from grader.language.unreadable import Unreadable, quoted


def lex(typed: Typed, context: Context) -> Lexed:
    """The tokens of the cleaned text. Raises ``Unreadable`` where a piece means nothing in this kind of answer."""
    lexemes = braced(scan(typed, context.tokens))
    remarks = ("A letter that only looks like a Latin one was read as the Latin one.",) if typed.lookalikes else ()
    lexing = _Lexing(lexemes, context, list(remarks))
    return Lexed(_unbounded(lexing.run()), tuple(dict.fromkeys(lexing.remarks)))


def _unbounded(tokens: list[Token]) -> list[Token]:
    """``p ∈ (5, ∞)`` as ``p > (5)``; a comparison with infinity at the end of a chain, ``5 < p < ∞``, falls away.

    Raises ``Unreadable`` where infinity stands anywhere else.
    """
    for at in [index for index, one in enumerate(tokens) if one.type == "INFINITY"][::-1]:
        made = _half_line(tokens, at)
        if made is None:
            one = tokens[at]
            raise Unreadable(
                "read.not-finite", "Infinity is not a number here.", (one.start_pos or 0, one.end_pos or 0)
            )
        tokens = made
    return tokens


def _half_line(tokens: list[Token], at: int) -> list[Token] | None:
    first = at - 1 if tokens[at - 1].type == "SIGN" and tokens[at - 2].type in ("OPEN", "COMMA", "RELATION") else at
    positive = first == at or tokens[first] == "+"
    before, after = tokens[first - 1 : first], tokens[at + 1 : at + 2]
    if [one.type for one in before] == ["RELATION"] and not after and positive and before[0] in ("<", "≤"):
        chained = sum(one.type == "RELATION" for one in tokens) > 1
        return tokens[: first - 1] if chained else None
    if [one.type for one in before + after] == ["COMMA", "CLOSE"] and positive:
        start = next((k for k in range(first - 2, 0, -1) if tokens[k].type in ("OPEN", "COMMA")), 0)
        if tokens[start].type != "OPEN" or tokens[start - 1] != "∈":
            return None
        sign, opening = "≥" if tokens[start] == "[" else ">", tokens[start]
        bound, rest = tokens[start + 1 : first - 1], tokens[at + 2 :]
    elif [one.type for one in before + after] == ["OPEN", "COMMA"] and not positive and tokens[first - 2] == "∈":
        start = first - 1
        close = next((k for k in range(at + 2, len(tokens)) if tokens[k].type == "CLOSE"), 0)
        if not close:
            return None
        sign, opening = "≤" if tokens[close] == "]" else "<", tokens[start]
        bound, rest = tokens[at + 2 : close], tokens[close + 1 :]
    else:
        return None
    span = (opening.start_pos or 0, opening.end_pos or 0)
    return [
        *tokens[: start - 1],
        token("RELATION", sign, span),
        token("OPEN", "(", span),
        *bound,
        token("CLOSE", ")", span),
        *rest,
    ]


class _Lexing(Wording, Brackets, Signs, Calculus):
    """One pass over the lexemes, left to right."""

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

    def _one(self, index: int) -> int:
        lexeme = self.lexemes[index]
        if self.array and lexeme.gap == "\n" and self.out and self.out[-1] == "," and self.out[-1].type == "COMMA":
            # Whether the line break after a comma starts a row is seen when all of them are there.
            self.out[-1] = self.out[-1].update(value=",\n")
        if self.array and lexeme.gap and self._separates(index, lexeme):
            self.put("ROW" if lexeme.gap == "\n" and self._row_break() else "COMMA", "", (lexeme.start, lexeme.start))
        elif self.array and lexeme.kind == "open" and self.brackets and self.out[-1].type == "LCLOSE":
            # [[1, 2][3, 4]]: the comma between two rows was forgotten.
            if self.brackets[-1][0] == "LOPEN" and self.text(index - 1) == "]" and lexeme.text == "[":
                self.put("COMMA", ",", (lexeme.start, lexeme.start))
        elif lexeme.gap == "\n" and self.after_operand and not self.array:
            self.put("NEWLINE", "", (lexeme.start, lexeme.start))
        if self.context.kind == "equation" and (after := self._calculus(index, lexeme)) is not None:
            return after
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


__all__ = ["OPERANDS", "Context", "Lexed", "lex", "token"]
