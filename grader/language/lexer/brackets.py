"""Brackets, environments and what parts the entries of a list, as tokens."""

from __future__ import annotations

from grader.language import macros
from grader.language.lexemes import Lexeme, closes
from grader.language.lexer.calculus import Calculus
from grader.language.lexer.state import DEPTH
from grader.language.unreadable import Unreadable, quoted


class Brackets(Calculus):
    """The part of the lexer that reads brackets and separators."""

    def _open(self, index: int, lexeme: Lexeme) -> int:
        if len(self.brackets) >= DEPTH:
            raise Unreadable("read.too-deep", f"Brackets are nested more than {DEPTH} deep.", lexeme.span)
        if self.context.kind == "equation" and lexeme.text == "[" and (after := self._in_brackets(index)) is not None:
            return after
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
