"""Numbers and words as tokens: names in all their spellings, functions, connectives, and what is none of these."""

from __future__ import annotations

from typing import NamedTuple

from grader.language import words
from grader.language.cleaning import INDICATOR, MACRON
from grader.language.lexemes import Lexeme
from grader.language.lexer import KINDS, Lexing, Stem, parts
from grader.language.nodes import Span
from grader.language.unreadable import Unreadable
from grader.language.words import listed

DERIVED = listed("""relu sigmoid tanh softmax exp log step abs square""")
"""Functions that a prime makes the derivative of."""
_PRIMES = (["'"], ["^", "'"], ["^", "{", "'", "}"], ["_", "prime"], ["_", "p"])
_ENDINGS = (
    ("", 0, False), ("bar", 0, True), ("prime", 1, False), ("p", 1, False), ("primebar", 1, True), ("pbar", 1, True),
)  # fmt: skip
"""What may end a word: how many primes it stands for, and whether for a bar."""


class Found(NamedTuple):
    """A name that ends before lexeme ``after``, and what was found around it.

    ``rest`` is what is left of the word that it was cut from. ``indices`` are those that stand in or between the dress
    of the name: ``W_{3,ij}``, ``y_k'``.
    """

    stem: Stem
    after: int
    bar: bool = False
    transposed: bool = False
    indices: tuple[str, ...] = ()
    rest: Lexeme | None = None
    name: str = ""


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


class Wording(Lexing):
    """The lexer of every answer but an equation."""

    # Names

    def spelled(self, index: int) -> Found | None:
        """The longest declared name that starts at the lexeme, if there is one."""
        lexeme = self.lexeme(index)
        following = self.text(index + 1)
        if lexeme.kind == "accent" or (lexeme.text in ("bar", "overline") and following in ("(", "{")):
            return self._accented(index)
        if lexeme.text == "bar" and following == "_" and (found := self._accented(index + 1)) is not None:
            return found
        if lexeme.kind != "word":
            return None
        return self._joined(index) or self._whole(index) or self._prefix(index)

    def _accented(self, index: int) -> Found | None:
        if self.text(index + 1) not in ("{", "("):
            barred = self.lexeme(index + 1).kind == "word"
            return (self._whole(index + 1, bar=True) or self._prefix(index + 1, bar=True)) if barred else None
        close = self.partners.get(index + 1)
        if close is None:
            return None
        alone = close == index + 3 and self.lexemes[index + 2].kind == "word"
        # The index may follow the bar: \bar{z}_1.
        dressed = self._named(Found(Stem(self.text(index + 2)), close + 1, bar=True)) if alone else None
        if dressed is not None:
            return dressed
        inner = self.spelled(index + 2)
        if inner is not None and not inner.indices and (below := self.subscript(inner.after)) is not None:
            inner = inner._replace(indices=below[0], after=below[1])
        if inner is None or inner.after != close or inner.rest is not None or inner.bar:
            return None
        return self._named(Found(inner.stem, close + 1, bar=True, indices=inner.indices))

    def _joined(self, index: int) -> Found | None:
        # A name of the student's own may hold underscores and digits: the longest run that spells one exactly.
        best: Found | None = None
        text = self.text(index)
        for after in range(index + 1, min(index + 8, len(self.lexemes))):
            lexeme = self.lexemes[after]
            if lexeme.gap or not (lexeme.text == "_" or lexeme.kind in ("word", "number")):
                break
            text += lexeme.text
            if text in self.symbols.names and not text.endswith("_bar"):
                best = Found(parts(text), after + 1)
        return best and self._named(best)

    def _whole(self, index: int, bar: bool = False) -> Found | None:
        word = self.text(index)
        for ending, primes, barred in _ENDINGS:
            if word.lower().endswith(ending) and len(word) > len(ending) and not (bar and barred):
                stem = Stem(word[: len(word) - len(ending)], primes=primes)
                if (found := self._named(Found(stem, index + 1, bar or barred))) is not None:
                    return found
        return None

    def _prefix(self, index: int, bar: bool = False) -> Found | None:
        # "hx" is h times x: the first letter alone is a name, and what is left is read on its own.
        lexeme = self.lexemes[index]
        stem = Stem(lexeme.text[0])
        name = self.symbols.find(stem)
        if lexeme.whole or not 2 <= len(lexeme.text) <= 12 or name is None:
            return None
        rest = lexeme._replace(text=lexeme.text[1:], start=min(lexeme.start + 1, lexeme.end), gap="")
        return Found(stem, index + 1, bar, rest=rest, name=name + "_bar" * bar)

    def _named(self, found: Found) -> Found | None:
        """The name with every index, prime and bar that follows, as long as a declared one can come of it."""
        while (longer := self._longer(found) or self._held(found)) is not None:
            found = longer
        name = self.symbols.find(found.stem)
        if name is None or (found.bar and not self.symbols.bars):
            return None
        return found._replace(name=name + "_bar" * found.bar)

    def subscript(self, at: int) -> tuple[tuple[str, ...], int] | None:
        """The indices below a name, where a ``_`` stands at this lexeme, and where they end."""
        if self.text(at) != "_" or at + 1 >= len(self.lexemes):
            return None
        inner, after = self.script(at)
        found = indices(self.texts(*inner))
        return None if found is None else (found, after)

    def script(self, at: int) -> tuple[Span, int]:
        """From where to where lexemes stand below or above at this sign, and where it goes on behind their brackets."""
        close = self.partners.get(at + 1) if self.text(at + 1) in ("{", "(", "[") else None
        return ((at + 1, at + 2), at + 2) if close is None else ((at + 2, close), close + 1)

    def _held(self, found: Found) -> Found | None:
        """Where indices stand before the last of the dress, ``y_k'`` or ``W_{ij}^{(1)}``: both are taken."""
        below = None if found.indices or found.transposed or not self.symbols.bars else self.subscript(found.after)
        if below is None or self.text(below[1]) not in ("'", "^", "_"):
            return None
        longer = self._longer(found._replace(after=below[1]))
        return None if longer is None or longer.transposed else longer._replace(indices=below[0])

    def _longer(self, found: Found) -> Found | None:
        at, lexeme = found.after, self.lexeme(found.after)
        if found.transposed:
            return None
        if lexeme.text == MACRON and not found.bar:
            return found._replace(bar=True, after=at + 1)
        behind = at + 1 + (self.text(at + 1) in ("*", "@"))
        # Before a matrix, a prime behind a bar transposes.
        if lexeme.text == "'" and not (found.bar and self.text(behind) in self._matrices):
            return self._with(found, at + 1, primes=1)
        if self.numbered(at):
            return self._with(found, at + 1, number=lexeme.text)
        if lexeme.kind == "word" and not lexeme.gap and not lexeme.whole:
            return self._worded(found, lexeme.text, at + 1)
        return self._scripted(found) if lexeme.text in ("_", "^") else None

    def _with(self, found: Found, after: int, number: str = "", primes: int = 0) -> Found | None:
        """The name with a number or with primes, where a declared one can come of it: its number may still come."""
        if number and (found.stem.number or not number.isdigit()):
            return None
        stem = found.stem._replace(number=number or found.stem.number, primes=found.stem.primes + primes)
        fold = str if self.symbols.exact else str.lower
        possible = any(
            fold(stem.letters) == fold(known.letters)
            and known.primes >= stem.primes
            and stem.number in ("", known.number)
            for known in self.symbols.table
        )
        return found._replace(stem=stem, after=after) if possible else None

    def _worded(self, found: Found, word: str, after: int) -> Found | None:
        word = word.lower()
        if word in ("bar", "grad") and not found.bar and self.symbols.bars:
            return found._replace(bar=True, after=after)
        return self._with(found, after, primes=1) if word in ("prime", "p", "pr") else None

    def _scripted(self, found: Found) -> Found | None:
        """An index, a prime or a bar written below (``_``) or above (``^``)."""
        at = found.after
        script = self.text(at)
        if self.text(at + 1) in ("{", "(", "[") and at + 1 not in self.partners:
            return None
        inner, after = self.script(at)
        texts = self.texts(*inner)
        if texts[:1] in (["("], ["["]) and len(texts) >= 3 and texts[2] in (")", "]"):
            texts = [texts[1], *texts[3:]]
        if texts[1:2] == ["^"]:
            texts = [texts[0], *(text for text in texts[2:] if text not in "{}")]
        transposed = len(texts) > 1 and texts[-1] in ("T", "⊤")
        tail = texts[1 : len(texts) - transposed]
        # W^{(1)} is W1 where there is no W alone; z^2 of a declared z stays a power.
        only = not found.stem.number and self.symbols.find(found.stem) is None
        taken = None
        if texts and texts[0].isdigit() and (script == "_" or only):
            taken = self._with(found, after, number=texts[0])
            entry = indices([text for text in tail if text != "_"]) if script == "_" and self.symbols.bars else None
            if taken is not None and entry is not None and not transposed:
                return taken._replace(indices=entry)
            if taken is not None and tail:
                taken = self._with(taken, after, primes=1) if tail == ["'"] else None
        elif script == "^" and texts in (["T"], ["⊤"], ["t"]) and self.text(after) == "_":
            # W^T_1: the index of the name stands behind the sign of the transpose.
            below, beyond = self.script(after)
            number = self.texts(*below)
            taken, transposed = self._with(found, beyond, number=number[0]) if len(number) == 1 else None, True
        elif texts and set(texts[:1] + tail) == {"'"}:
            taken = self._with(found, after, primes=1 + len(tail))
        elif script == "_" and len(texts) == 1:
            taken = self._worded(found, texts[0], after)
        return taken and taken._replace(transposed=transposed)

    # Numbers and words

    def primes(self, at: int) -> tuple[int, int]:
        """How many primes stand here (``'``, ``^'``, ``^{'}``, ``_prime``), and where they end."""
        count = 0
        while size := next((len(texts) for texts in _PRIMES if self.texts(at, at + len(texts)) == texts), 0):
            count, at = count + 1, at + size
        return count, at

    def _number(self, index: int, lexeme: Lexeme) -> int:
        if lexeme.text == "1" and (after := self._of_set(index)) is not None:
            return after
        if lexeme.text == "1" and self._indicates(index + 1):
            self.put("FUNCTION", "I", lexeme.span)
            return self._subscripted_set(index + 1)
        if self.last == "NUMBER" and self.out[-1].end_pos == lexeme.start:
            raise Unreadable("read.number", "This is not a number: it has two decimal points.", lexeme.span)
        return self.made("NUMBER", lexeme.text, index)

    def _indicates(self, index: int) -> bool:
        """Whether the bracket here holds a condition: then a 1 before it is an indicator."""
        at = index + 1 if self.text(index) == "_" else index
        if self.context.kind not in ("activation", "equation") or self.lexeme(at).kind != "open":
            return False
        return any(one in "<>≤≥=≠∈∉" for one in self.texts(at, self.partners.get(at, at)))

    def _of_set(self, index: int) -> int | None:
        """Reads ``1_{[-1, 1]}(z)`` as ``1(z ∈ [-1, 1])``, where that is what is written."""
        close = self.partners.get(index + 2)
        if self.context.kind != "activation" or self.texts(index + 1, index + 3) != ["_", "{"] or close is None:
            return None
        if self.partners.get(index + 3) != close - 1 or self._indicates(index + 2):
            return None
        here = self.lexemes[index + 3].span
        argument = self.partners.get(close + 1) if self.text(close + 1) == "(" else None
        self.put("FUNCTION", "I", self.lexemes[index].span)
        self.put("OPEN", "(", here)
        if argument is None:
            self.put("NAME", "z", here)
        else:
            self.between(close + 1, argument + 1)
        self.put("IN", "∈", here)
        self.between(index + 3, close)
        self.put("CLOSE", ")", here)
        return (close if argument is None else argument) + 1

    def _subscripted_set(self, index: int) -> int:
        # 1_{z > 0} is I(z > 0): the subscript sign falls away, and so do the outer of two braces.
        if self.text(index) != "_":
            return index
        close = self.partners.get(index + 1)
        if close is not None and self.text(index + 2) == "{" and self.partners.get(index + 2) == close - 1:
            self.between(index + 2, close)
            return close + 1
        return index + 1

    def _word(self, index: int, lexeme: Lexeme) -> int:
        if lexeme.text.lower() in words.MODULES and self.text(index + 1) == ".":
            return index + 2
        if lexeme.kind == "accent" or self.equation or self._dressed(index):
            found = self.spelled(index)
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
        """Whether an index stands at a word that is no name without it."""
        following = self.text(index + 1)
        kinds = ("predicate", "condition", "formula", "order")
        scripted = following == "_" or following[:1].isdigit()
        return scripted and self.context.kind in kinds and self.symbols.find(Stem(self.text(index))) is None

    def _plain_word(self, index: int, lexeme: Lexeme) -> int:
        word, lower = lexeme.text, lexeme.text.lower()
        if (exact := self.symbols.table.get(Stem(word))) is not None:
            return self.made("NAME", exact, index)
        if self.array and lower in ("t", "transpose") and self.last == "CARET":
            self.out.pop()
            return self.made("TRANSPOSE", "T", index)
        if self.logic and lower in ("inf", "infinity", "infty", "oo") and not self.symbols.find(Stem(word)):
            return self.made("CONSTANT", "inf", index)
        called = lower == "where" and self.text(index + 1) == "("
        joins = self.logic and lower in words.CONNECTIVES and not called and not word[:1].isupper()
        if joins or lower in ("and", "or"):
            if lower == "not" and self.text(index + 1) == "in":
                return self.made("IN", "∉", index, 2)
            value = {"always": "true", "never": "false", "in": "∈"}.get(lower, lower)
            return self.made(words.CONNECTIVES[lower], value, index)
        if word == "e" and self.text(index + 1) == "^" and self.context.kind in ("activation", "equation"):
            return self.made("CONSTANT", "e", index)
        if lower == "x" and self._crosses(index, bool(lexeme.gap)):
            self.remarks.append("x was read as a times sign.")
            return self.made("TIMES", "*", index)
        if (after := self._function(index, lexeme)) is not None:
            return after
        counting = self.context.kind in ("formula", "order", "condition")
        if lower in words.OPERATORS and self.after_operand:
            operator, power = words.OPERATORS[lower][0], words.OPERATORS[lower][1:]
            self.put(KINDS[operator], operator, lexeme.span)
            return self.made("NUMBER", power, index) if power else index + 1
        if lower in words.NUMBERS and counting and self._counts(index + 1):
            return self.made("NUMBER", words.NUMBERS[lower], index)
        pieces = self._split(word) or self._crossed(index, word)
        if pieces is None:
            return self._unknown(index, lexeme)
        at = lexeme.start
        for kind, value in pieces:
            end = min(at + (3 if kind == "FUNCTION" else 1), lexeme.end)
            self.put(kind, value, (at, max(end, at)))
            at = end
        return index + 1

    def _unknown(self, index: int, lexeme: Lexeme) -> int:
        return self.made("WORD", lexeme.text, index)

    def _counts(self, at: int) -> bool:
        """Whether the number in words before this place is a factor or a term: no word but a name follows it."""
        word = self.text(at)
        if (self.after_operand and self.last != "WORD") or (word == "-" and not self.lexeme(at).gap):
            return False
        return self.lexeme(at).kind != "word" or word.lower() in words.OPERATORS or self._split(word) is not None

    def _function(self, index: int, lexeme: Lexeme) -> int | None:
        word, after = lexeme.text, index + 1
        if word in (INDICATOR, "I", "χ") and (beyond := self._of_set(index)) is not None:
            return beyond
        name = words.LETTERS.get(word) or words.FUNCTIONS.get(word)
        if name is None and len(word) > 1:
            name = words.FUNCTIONS.get(word.lower())
        bracket = self.text(after)[:1] in ("(", "[", "{")
        if word == "C" and self._chooses(after):
            name = "binomial"
        if name not in words.ALLOWED[self.context.kind] or (word == "If" and not bracket):
            return None
        longer = word + self.text(after)
        if self.numbered(after) and longer.lower() in words.ALLOWED[self.context.kind]:
            name, after = words.FUNCTIONS[longer.lower()], after + 1
        elif self.numbered(after) and self.context.kind == "activation" and name not in ("I", "log"):
            # relu6 is another function than relu, and no product.
            return self.made("WORD", longer, index, 2)
        if name in ("I", *words.ORDERS) and not bracket and not (name == "I" and self._indicates(after)):
            return self._letter(index, lexeme)
        if name == "I":
            self.put("FUNCTION", "I", lexeme.span)
            return self._subscripted_set(after)
        if name == "log" and self.text(after) == "_" and self.text(after + 1) in ("2", "10", "{"):
            braces = self.text(after + 1) == "{"
            base = self.text(after + 1 + braces)
            if base not in ("2", "10"):
                raise Unreadable("read.log-base", "The base of a logarithm must be 2 or 10.", lexeme.span)
            name, after = f"log_{base}", after + 2 + 2 * braces
        based = name == "log" and self.text(after) in ("2", "10") and self.numbered(after)
        if based and after + 1 < len(self.lexemes) and (self.text(after + 1) == "(" or self.lexemes[after + 1].gap):
            name, after = f"log_{self.text(after)}", after + 1  # log2(n), log10 n; log 4n is the logarithm of 4n
        count, after = self.primes(after) if name in DERIVED else (0, after)
        if name in ("ones", "eye") and self.text(after)[:1] not in ("(", "["):
            return self.made("CONSTANT", name, index)
        self.put("FUNCTION", name + "'" * count, self.span(index, after))
        return after

    def _letter(self, index: int, lexeme: Lexeme) -> int | None:
        """A letter that could be a function, and has no bracket behind it."""
        return None

    def _chooses(self, at: int) -> bool:
        """Whether the bracket here is that of C(n, k), and no label such as C(n, m) = …"""
        if self.text(at) != "(" or at not in self.partners or self.text(self.partners[at] + 1) in ("=", ":", ":=", "∈"):
            return False
        depth, commas = 0, 0
        for one in self.lexemes[at : self.partners[at]]:
            depth += (one.kind == "open") - (one.kind == "close")
            commas += depth == 1 and one.text == ","
        return commas == 1

    # Runs of letters cut into names of one letter, and the letter x where it is a cross

    def _split(self, word: str) -> list[tuple[str, str]] | None:
        """The word as one-letter names side by side, perhaps a logarithm too: ``mn``, ``nlogn``."""
        if len(word) > 64:
            return None
        for names, letters in ((self.symbols.table, word), (self.symbols.folded, word.lower())):
            pieces: list[tuple[str, str]] = []
            at = 0
            while at < len(word):
                function = "log" if word.startswith("log", at) else "ln" if pieces and word.startswith("ln", at) else ""
                if function and word != "log" and self.context.kind in ("formula", "order"):
                    pieces.append(("FUNCTION", "log"))
                    at += len(function)
                elif (name := names.get(Stem(letters[at]))) is not None:
                    pieces.append(("NAME", name))
                    at += 1
                else:
                    break
            else:
                if letters != word:
                    self.remarks.append(f"{word} was read as {letters}.")
                return pieces
        return None

    def _crosses(self, index: int, spaced: bool) -> bool:
        """Whether an x here can only be a cross: no name of the problem, between two factors, alike on both sides."""
        if self.context.kind not in ("formula", "order", "condition", "array", "number") or not self.after_operand:
            return False
        following = self.lexeme(index + 1)
        if bool(following.gap) != spaced or self.last == "WORD" or (not spaced and (self.array or self.out[-1] == "0")):
            return False
        if following.kind == "word":
            return Stem(following.text) in self.symbols.table or self._split(following.text) is not None
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
