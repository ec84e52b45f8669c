"""Signs as tokens: operators, relations, bars, carets, points; some are refused by name."""

from __future__ import annotations

from dataclasses import replace

from grader.language.lexemes import Lexeme
from grader.language.lexer.calculus import Calculus, unread
from grader.language.lexer.state import DEPTH, SIMPLE
from grader.language.unreadable import Unreadable, quoted

_REFUSED = {
    "...": ("read.ellipsis", "An ellipsis leaves open what is meant.", "Write every term out."),
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


class Signs(Calculus):
    """The part of the lexer that reads signs."""

    def _sign(self, index: int, lexeme: Lexeme) -> int:
        sign = lexeme.text
        if sign == "$":
            return index + 1
        if sign == "∑" and self.context.kind == "equation" and self.text(index + 1) != "_":
            self.put("FUNCTION", "sum", lexeme.span)
            return index + 1
        if sign in "∂∇" and self.array:
            # The start of a label, ∇²L = […]; alone it is refused like any other name.
            self.put("WORD", sign, lexeme.span)
            return index + 1
        if sign == "∞" and self.logic:
            self.put("INFINITY", sign, lexeme.span)
            return index + 1
        if self.context.kind == "equation":
            if sign == "_" and self.after_operand:
                return self._subscript(index)
            if sign == "...":
                self.put("DOTS", sign, lexeme.span)
                return index + 1
            if sign in "∂∇":
                raise unread(lexeme)
        if sign in _REFUSED:
            code, reason, hint = _REFUSED[sign]
            raise Unreadable(code, reason, lexeme.span, hint=hint)
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
            return self._exclamation(index, lexeme)
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
        if sign == "'" and (self.array or (self.context.kind == "equation" and self.matrix_before())):
            self.put("TRANSPOSE", "'", lexeme.span)
            return index + 1
        if sign in "@∘" and self.context.kind in ("formula", "order", "condition", "predicate", "number"):
            self.put("TIMES", "*", lexeme.span)
            return index + 1
        if sign not in SIMPLE:
            raise Unreadable("read.unknown-character", f"{quoted(sign)} has no meaning here.", lexeme.span)
        self.put(SIMPLE[sign], sign, lexeme.span)
        return index + 1

    def _exclamation(self, index: int, lexeme: Lexeme) -> int:
        following = self.lexemes[index + 1] if index + 1 < len(self.lexemes) else None
        if self.logic and self.after_operand and following is not None and not following.gap:
            opposite = {"<": "≥", ">": "≤", "≤": ">", "≥": "<", "∈": "∉"}.get(following.text)
            if opposite and not lexeme.gap:
                raise Unreadable(
                    "read.exclamation",
                    "This sign may be a factorial, or say “not”.",
                    lexeme.span,
                    hint="Write the condition without it: p > 5 for not (p <= 5).",
                )
            if opposite:
                self.put(SIMPLE[opposite], opposite, (lexeme.start, following.end))
                return index + 2
        self.put("BANG" if self.after_operand else "NOT", "!", lexeme.span)
        return index + 1

    def _bar(self, index: int, lexeme: Lexeme) -> int:
        opened = bool(self.brackets) and self.brackets[-1][0] == "BAR"
        if self.array and self.after_operand and self.brackets and self.brackets[-1][0] in ("LOPEN", "OPEN"):
            self.put("COMMA", "|", lexeme.span)
            return index + 1
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
        if self.context.kind == "equation" and self.out and self.out[-1].type in ("NAME", "CLOSE"):
            # The label is no number: nothing is raised to it.
            size = 4 if following[0] == "{" and following[2] == "}" else 2
            if following[size // 4].lower() in ("t", "tr"):
                self.put("TRANSPOSE", "T", (lexeme.start, self.lexemes[index + size - 1].end))
                return index + size
        if following[0][:1] == "T" and self.context.kind == "equation" and self.lexemes[index + 1].kind == "word":
            # W^Tx: the T ends the power, what is left is a factor.
            word = self.lexemes[index + 1]
            self.put("TRANSPOSE", "T", (lexeme.start, word.start + 1))
            self.lexemes[index + 1] = replace(word, text=word.text[1:], start=word.start + 1, gap="")
            return index + 1
        if self.context.kind == "equation" and following[:2] == ["{", "("] and self.text(index + 4) == ")":
            raise Unreadable(
                "read.index",
                "What this number or letter in brackets above it says is not clear.",
                (lexeme.start, self.lexemes[index + 4].end),
                hint="Put an index below: x_i. A power has no brackets: x^2.",
            )
        if following[0] == "⊤":
            raise Unreadable("read.transpose", "There is nothing to transpose in a formula of numbers.", lexeme.span)
        self.put("CARET", "^", lexeme.span)
        return index + 1

    def _point(self, index: int, lexeme: Lexeme) -> int:
        following = self.lexemes[index + 1] if index + 1 < len(self.lexemes) else None
        abbreviated = bool(self.out) and self.out[-1].type == "WORD"
        if (
            following is None
            or following.kind in ("end", "row")
            or (abbreviated and (following.gap or following.text in ("e", ",", ":")))
        ):
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
            if following.text == "astype" and (closing := self.partners.get(index + 2)) is not None:
                return closing + 1
        if following.text in ("*", "/", "^") and not following.gap:
            return self._elementwise(index, lexeme, following)
        if self.context.kind == "equation" and not following.gap and following.text in ("+", "-", *"<>≤≥=≠"):
            return index + 1  # Julia's .- and .>
        matrix = bool(self.out) and (self.out[-1].type == "CLOSE" or self.matrix_before())
        if self.context.kind == "equation" and matrix and following.kind in ("word", "open"):
            return index + 1  # Mathematica's A.b
        if following.text == "'" and not following.gap and self.after_operand and (self.array or self.matrix_before()):
            return index + 1
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
        times = "*" if not self.logic else "∘"
        self.put("TIMES", times if following.text == "*" else "/", (lexeme.start, following.end))
        return index + 2
