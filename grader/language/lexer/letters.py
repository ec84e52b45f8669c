"""Runs of letters cut into names of one letter, and the letter x where it is a cross."""

from __future__ import annotations

from grader.language.lexer.state import State
from grader.language.symbols import Stem


class Letters(State):
    """The part of the lexer that cuts words into factors."""

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
                function = next(
                    (
                        one
                        for one in ("log", "ln")
                        if word.startswith(one, at) and (pieces or len(word) > len(one) == 3)
                    ),
                    None,
                )
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
                    self.remarks.append(f"{word} was read as {word.lower()}.")
                return pieces
        return None

    def _crosses(self, index: int, spaced: bool) -> bool:
        """Whether an x here can only be a cross: no name of the problem, between two factors, alike on both sides."""
        if self.context.kind not in ("formula", "order", "condition", "array", "number") or not self.after_operand:
            return False
        following = self.lexemes[index + 1] if index + 1 < len(self.lexemes) else None
        if following is None or bool(following.gap) != spaced or self.out[-1].type == "WORD":
            return False
        if not spaced and (self.array or self.out[-1] == "0"):
            return False
        if following.kind == "word":
            return self.context.symbols.table.get(Stem(following.text)) is not None or (
                self._split(following.text) is not None
            )
        return following.kind in ("number", "open", "structure")

    def _cross(self, span: tuple[int, int]) -> None:
        self.put("TIMES", "*", span)
        self.remarks.append("x was read as a times sign.")

    def _crossed(self, index: int, word: str) -> list[tuple[str, str]] | None:
        """The factors of ``nxn``, or of ``xn`` after a number: names with crosses between them."""
        parts = word.replace("X", "x").split("x")
        if len(parts) < 2 or self.context.kind not in ("formula", "order", "condition") or len(word) > 64:
            return None
        if not parts[0] and not (self.after_operand and not self.lexemes[index].gap and self.out[-1] != "0"):
            return None
        following = self.lexemes[index + 1] if index + 1 < len(self.lexemes) else None
        beyond = following is not None and not following.gap and following.kind in ("number", "open")
        found: list[tuple[str, str]] = []
        for number, part in enumerate(parts):
            pieces = self._split(part) if part else []
            if pieces is None or (not part and not (number == 0 or (number == len(parts) - 1 and beyond))):
                return None
            found += [("TIMES", "*")] * (number > 0) + pieces
        self.remarks.append("x was read as a times sign.")
        return found
