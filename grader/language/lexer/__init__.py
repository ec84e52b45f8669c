"""Lexemes turned into the tokens of the grammar, for one kind of answer and its declared names."""

from __future__ import annotations

from dataclasses import replace

from lark import Token

from grader.language import lexemes, words
from grader.language.cleaning import Typed
from grader.language.lexemes import Lexeme, braced, closes, scan
from grader.language.lexer.calculus import Calculus, unread
from grader.language.lexer.wording import DEPTH, SIMPLE, Context, Lexed, Wording, token
from grader.language.unreadable import Unreadable, quoted


def lex(typed: Typed, context: Context) -> Lexed:
    """The tokens of the cleaned text. Raises ``Unreadable`` where a piece means nothing in this kind of answer."""
    lexemes = braced(scan(typed, context.tokens))
    remarks = ("A letter that only looks like a Latin one was read as the Latin one.",) if typed.lookalikes else ()
    lexing = _Lexing(lexemes, context, list(remarks))
    return lexing.run(), tuple(dict.fromkeys(lexing.remarks))


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
}


class _Lexing(Wording, Calculus):
    """One pass over the lexemes, left to right."""

    def run(self) -> list[Token]:
        index = 0
        while index < len(self.lexemes):
            index = self._one(index)
        if self.brackets:
            opening = self.brackets[-1][1]
            message = f"The bracket {quoted(opening.text)} is never closed."
            expected = "a closing bracket before the end"
            raise Unreadable("read.unbalanced", message, opening.span, expected=expected)
        return self.out

    def _one(self, index: int) -> int:
        lexeme = self.lexemes[index]
        if self.array and lexeme.gap == "\n" and self.out and self.out[-1] == "," and self.out[-1].type == "COMMA":
            # Whether the line break after a comma starts a row is seen when all of them are there.
            self.out[-1] = self.out[-1].update(value=",\n")
        if self.array and lexeme.gap and self._separates(index, lexeme):
            # numpy breaks a long row of [[1 2 …]] over lines; a line of its own at the top or in [1 2 \n 3 4] is a row.
            broken = lexeme.gap == "\n" and (len(self.brackets) < 2 or self.out[-1].type == "LCLOSE")
            self.put("ROW" if broken else "COMMA", "", (lexeme.start, lexeme.start))
        elif self.array and lexeme.kind == "open" and self.brackets and self.out[-1].type == "LCLOSE":
            # [[1, 2][3, 4]]: the comma between two rows was forgotten.
            if self.brackets[-1][0] == "LOPEN" and self.text(index - 1) == "]" and lexeme.text == "[":
                self.put("COMMA", ",", (lexeme.start, lexeme.start))
        elif lexeme.gap == "\n" and self.after_operand and not self.array:
            self.put("NEWLINE", "", (lexeme.start, lexeme.start))
        if self.equation and (after := self._calculus(index, lexeme)) is not None:
            return after
        readers = {
            "number": self._number, "word": self._word, "accent": self._word, "open": self._open, "close": self._close,
            "structure": self._structure, "begin": self._environment, "end": self._environment, "row": self._separator,
            "column": self._separator,
        }  # fmt: skip
        return readers.get(lexeme.kind, self._sign)(index, lexeme)

    # Brackets, environments and what parts the entries of a list

    def _open(self, index: int, lexeme: Lexeme) -> int:
        if self.equation and lexeme.text in "[(" and (after := self._in_brackets(index)) is not None:
            return after
        if (
            self.equation
            and lexeme.text == "["
            and "range" in map(self.text, range(index, self.partners.get(index, 0)))
        ):
            self._ranged(index, self.partners[index])
        inline = index in self.inline or self.text(index - 1) in ("^", "_")
        listing = self.array and lexeme.text in ("[", "{", "⟨") and not (inline and lexeme.text == "{")
        if self.text(index - 1) == "\\sqrt" and lexeme.text == "[":
            listing = True
        kind = "LOPEN" if listing else {"⌊": "FLOOR", "⌈": "FLOOR"}.get(lexeme.text, "OPEN")
        self._deeper(kind, lexeme)
        if self.equation and lexeme.text == "⟨":
            self.put("FUNCTION", "dot", lexeme.span)
        if self.out and self.out[-1].type == "IN":
            self.members.add(lexeme.start)
        return self.made(kind, lexeme.text, index)

    def _close(self, index: int, lexeme: Lexeme) -> int:
        if not self.brackets:
            raise Unreadable("read.unbalanced", f"The bracket {quoted(lexeme.text)} was never opened.", lexeme.span)
        kind, opening = self.brackets.pop()
        interval = opening.start in self.members and {opening.text, lexeme.text} <= set("()[]")
        if not closes(opening.text, lexeme.text) and not interval:
            message = (
                f"The bracket {quoted(opening.text)} is closed by {quoted(lexeme.text)}, which is of another kind."
            )
            raise Unreadable("read.unbalanced", message, lexeme.span)
        if self.array and self.out and self.out[-1].type == "COMMA" and not self.out[-1].value:
            self.out.pop()
        return self.made({"LOPEN": "LCLOSE", "FLOOR": "FLOOREND", "OPEN": "CLOSE"}[kind], lexeme.text, index)

    def _structure(self, index: int, lexeme: Lexeme) -> int:
        at = index + 1
        for _ in range(2):
            if self.text(at) == "{" and at in self.partners:
                self.inline.add(at)
                at = self.partners[at] + 1
        kinds = {"\\sqrt": "ROOT", "\\binom": "CHOOSE", "\\dbinom": "CHOOSE", "\\tbinom": "CHOOSE"}
        return self.made(kinds.get(lexeme.text, "FRACTION"), lexeme.text, index)

    def _environment(self, index: int, lexeme: Lexeme) -> int:
        name = lexeme.text
        if name in lexemes.ALIGNMENTS:
            return index + 1
        if name in lexemes.DETERMINANTS:
            raise Unreadable("read.determinant", "Bars around a matrix mean its determinant.", lexeme.span)
        if name not in lexemes.MATRICES and name not in lexemes.CASES:
            raise Unreadable("read.unknown-macro", f"The environment {quoted(name)} is not known here.", lexeme.span)
        if lexeme.kind == "begin":
            kind = "CASES" if name in lexemes.CASES else "MATRIX"
            self._deeper(kind, lexeme)
            return self.made(kind, name, index)
        if not self.brackets or self.brackets[-1][1].kind != "begin" or self.brackets[-1][1].text != name:
            raise Unreadable("read.unbalanced", f"\\end{{{name}}} has no \\begin{{{name}}}.", lexeme.span)
        return self.made(self.brackets.pop()[0] + "END", name, index)

    def _separator(self, index: int, lexeme: Lexeme) -> int:
        inside = bool(self.brackets) and self.brackets[-1][0] in ("MATRIX", "CASES")
        if lexeme.kind == "row":
            self.put("ROW" if inside or self.array else "NEWLINE", "", lexeme.span)
        elif inside or (self.array and self.after_operand):
            if self.out[-1].type == "COMMA":
                self.out.pop()
            self.put("COMMA", "&", lexeme.span)
        elif (
            lexeme.kind == "column"
            and self.context.kind in ("condition", "predicate", "activation")
            and not self.aligned
        ):
            self.put("AND", "&", lexeme.span)
        elif not self.aligned and not self.equation:
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
            following = self.lexeme(index + 1)
            tight = not following.gap and following.kind in ("number", "open", "structure")
            listed = bool(self.brackets) or any(one.type in ("COMMA", "ROW") for one in self.out)
            return lexeme.text in ("-", "+") and tight and listed
        if lexeme.kind == "number" or lexeme.kind == "structure":
            return self.out[-1].type in ("NUMBER", "CLOSE", "BANG")
        if lexeme.kind == "open" and lexeme.text in "[{⟨(":
            return self.out[-1].type == "LCLOSE" and self.text(index - 1) in ("]", "}", "⟩")
        return False

    # Signs: operators, relations, bars, carets, points

    def _sign(self, index: int, lexeme: Lexeme) -> int:
        sign = lexeme.text
        if sign == "$":
            return index + 1
        if sign == "∑" and self.equation and self.text(index + 1) != "_":
            return self.made("FUNCTION", "sum", index)
        if sign in "∂∇" and self.array:
            # The start of a label, ∇²L = […]; alone it is refused like any other name.
            return self.made("WORD", sign, index)
        if sign == "∞" and self.logic:
            return self.made("CONSTANT", "inf", index)
        if self.equation:
            if sign == "_" and self.after_operand:
                return self._subscript(index)
            if sign == "...":
                return self.made("DOTS", sign, index)
            if sign in "∂∇":
                raise unread(lexeme)
        inner = self.brackets[-1][1] if self.brackets else lexeme
        if sign == "..." and self.context.kind == "condition" and inner.text == "{" and inner.start in self.members:
            return self.made("DOTS", sign, index)
        if sign in _REFUSED:
            raise Unreadable(*_REFUSED[sign], lexeme.span)
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
            return self.made("FUNCTION", "sqrt" if sign == "√" else "cbrt", index)
        if sign == "?" and self.context.kind == "activation":
            return self.made("QUERY", "?", index)
        if self.array and sign in "<>":
            self.put("LOPEN" if sign == "<" else "LCLOSE", sign, lexeme.span)
            self.brackets.append(("LOPEN", lexeme)) if sign == "<" else self.brackets and self.brackets.pop()
            return index + 1
        if sign == "'" and (self.array or (self.equation and self.matrix_before())):
            name = str(self.out[-1]) if self.out else ""
            if f"{name.removesuffix('_bar')}'" in self.context.symbols.names and name.endswith("_bar"):
                self.remarks.append(f"{name}' was read as the transpose of {name}, since a matrix follows.")
            return self.made("TRANSPOSE", "'", index)
        if sign in "@∘" and self.context.kind in ("formula", "order", "condition", "predicate", "number"):
            return self.made("TIMES", "*", index)
        following = self.text(index + 1)
        if sign == "∈" and not self.logic and words.FUNCTIONS.get(following, following) in words.ORDERS:
            return self.made("RELATION", "=", index)  # T(n) ∈ O(n^5) says T(n) = O(n^5)
        if sign not in SIMPLE:
            raise Unreadable("read.unknown-character", f"{quoted(sign)} has no meaning here.", lexeme.span)
        return self.made(SIMPLE[sign], sign, index)

    def _exclamation(self, index: int, lexeme: Lexeme) -> int:
        following = self.lexeme(index + 1)
        if self.logic and self.after_operand and not following.gap:
            opposite = {"<": "≥", ">": "≤", "≤": ">", "≥": "<", "∈": "∉"}.get(following.text)
            if opposite and not lexeme.gap:
                message = "This sign may be a factorial, or say “not”."
                hint = "Write the condition without it: p > 5 for not (p <= 5)."
                raise Unreadable("read.exclamation", message, lexeme.span, hint=hint)
            if opposite:
                return self.made(SIMPLE[opposite], opposite, index, 2)
        return self.made("BANG" if self.after_operand else "NOT", "!", index)

    def _bar(self, index: int, lexeme: Lexeme) -> int:
        opened = bool(self.brackets) and self.brackets[-1][0] == "BAR"
        if self.array and self.after_operand and self.brackets and self.brackets[-1][0] in ("LOPEN", "OPEN"):
            return self.made("COMMA", "|", index)
        if self.array:
            raise Unreadable("read.unknown-character", "“|” has no meaning in a list of numbers.", lexeme.span)
        if opened and self.after_operand:
            self.brackets.pop()
            return self.made("BAREND", "|", index)
        if self.after_operand and self.logic and not opened:
            return self.made("OR", "|", index)
        self._deeper("BAR", lexeme)
        return self.made("BAR", "|", index)

    def _deeper(self, kind: str, lexeme: Lexeme) -> None:
        """One more bracket that waits for its partner."""
        if len(self.brackets) >= DEPTH:
            raise Unreadable("read.too-deep", f"Brackets are nested more than {DEPTH} deep.", lexeme.span)
        self.brackets.append((kind, lexeme))

    def _caret(self, index: int, lexeme: Lexeme) -> int:
        following = [self.text(index + k) for k in (1, 2, 3)]
        braced = following[0] in ("{", "(") and following[2] in ("}", ")")
        inner, size = (following[1], 4) if braced else (following[0], 2)
        named = any(stem.letters == "T" for stem in self.context.symbols.table)
        transposes = self.context.kind in ("array", "equation") and not named
        if transposes and (inner in ("T", "⊤", "transpose") or (inner == "'" and (self.array or braced))):
            return self.made("TRANSPOSE", "T", index, size)
        last = self.out[-1].type if self.out else ""
        if self.equation and last in ("NAME", "CLOSE") and following[0] != "(" and inner.lower() in ("t", "tr"):
            # The label is no number: nothing is raised to it.
            return self.made("TRANSPOSE", "T", index, size)
        if following[0][:1] == "T" and self.equation and self.lexemes[index + 1].kind == "word":
            # W^Tx: the T ends the power, what is left is a factor.
            word = self.lexemes[index + 1]
            self.put("TRANSPOSE", "T", (lexeme.start, word.start + 1))
            self.lexemes[index + 1] = replace(word, text=word.text[1:], start=word.start + 1, gap="")
            return index + 1
        if self.equation and following[:2] == ["{", "("] and self.text(index + 4) == ")":
            message = "What this number or letter in brackets above it says is not clear."
            hint = "Put an index below: x_i. A power has no brackets: x^2."
            raise Unreadable("read.index", message, (lexeme.start, self.lexemes[index + 4].end), hint=hint)
        if following[0] == "⊤":
            raise Unreadable("read.transpose", "There is nothing to transpose in a formula of numbers.", lexeme.span)
        return self.made("CARET", "^", index)

    def _point(self, index: int, lexeme: Lexeme) -> int:
        following = self.lexeme(index + 1)
        abbreviated = bool(self.out) and self.out[-1].type == "WORD"
        if following.kind in ("nothing", "end", "row") or (abbreviated and (following.gap or following.text in "e,:")):
            return index + 1
        if self.context.kind in ("array", "equation") and following.kind == "word" and self.after_operand:
            if following.text in ("T", "mT"):
                return self.made("TRANSPOSE", "T", index, 2)
            empty = self.text(index + 2) == "(" and self.text(index + 3) == ")"
            if following.text in ("transpose", "t") and empty:
                self.put("TRANSPOSE", "T", (lexeme.start, following.end))
                return index + 4
            if following.text in ("dot", "matmul", "mm", "mv") and self.text(index + 2) == "(":
                return self.made("TIMES", "@", index, 2)
            closing = self.partners.get(index + 2)
            rounds = following.text in ("int", "long") and not self._whole()
            if following.text in ("astype", "float", "double", "int", "long") and closing is not None and not rounds:
                return closing + 1
            if following.text == "sum" and empty and self.equation:
                return self._summed(index)
            if following.text == "grad" and self.equation and self.out[-1].type == "NAME":
                self.out[-1] = self.out[-1].update(value=f"{self.out[-1]}_bar")
                return index + 2
        if following.text in ("*", "/", "^") and not following.gap:
            if following.text == "^":
                return index + 1  # MATLAB's .* ./ .^
            times = "*" if not self.logic else "∘"
            return self.made("TIMES", times if following.text == "*" else "/", index, 2)
        if self.equation and not following.gap and following.text in ("+", "-", *"<>≤≥=≠"):
            return index + 1  # Julia's .- and .>
        if self.equation and following.text == "(" and self.out and self.out[-1].type in ("FUNCTION", "WORD"):
            return index + 1  # Julia's f.(x)
        matrix = bool(self.out) and (self.out[-1].type == "CLOSE" or self.matrix_before())
        if self.equation and matrix and following.kind in ("word", "open"):
            return index + 1  # Mathematica's A.b
        if following.text == "'" and not following.gap and self.after_operand and (self.array or self.matrix_before()):
            return index + 1
        raise Unreadable("read.point", "A point stands where it has no meaning.", lexeme.span)

    def _whole(self) -> bool:
        """Whether the numbers so far are whole ones without a quotient between them."""
        return not any(one == "/" or (one.type == "NUMBER" and not one.isdigit()) for one in self.out)

    def _summed(self, index: int) -> int:
        """``(a * b).sum()``: the sum of what stands before the point."""
        depth, at = 0, len(self.out)
        while at and (at == len(self.out) or depth):
            at -= 1
            depth += (self.out[at].type == "CLOSE") - (self.out[at].type == "OPEN")
        at -= at > 0 and self.out[at - 1].type == "FUNCTION"
        span = self.lexemes[index + 1].span
        self.out[at:] = [token("FUNCTION", "sum", span), token("OPEN", "(", span), *self.out[at:]]
        self.put("CLOSE", ")", span)
        return index + 4
